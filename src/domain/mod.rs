//! The words that every room shares. No I/O, no SQL, no HTTP: plain values that say what things are.

pub mod drift;
pub mod exchange;
pub mod fenomeen;
pub mod figure;
pub mod health;
pub mod item;
pub mod judgment;
pub mod message;
pub mod pace;
pub mod place;
pub mod reader;
pub mod record;
pub mod signal;
pub mod source;
pub mod subscription;
pub mod trend;
pub mod verdict;
pub mod week;
