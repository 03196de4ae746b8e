//! One binary for everything that needs a disk, a socket or a process. The world is small and fictional, our types and
//! servers are real: HTTP and SMTP on loopback, a SQLite file, the program itself as a process.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop, and say what it measured"
)]

mod adapters;
mod alerts;
mod cli;
mod daemon;
mod digest;
mod health;
mod hostile;
mod law;
mod mail;
mod pipeline;
mod settings;
mod support;
mod teaching;
mod tidy;
mod torture;
mod training;
mod trends;
mod upkeep;
