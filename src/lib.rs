//! Uitkijk: a lookout over open Dutch sources for new and growing forms of organised, subversive crime.
//!
//! Data runs one way: source → fetch → read → normalise → classify → store (and dedupe) → trend → report → deliver. Stages
//! do not know one another; they share the words in [`domain`], and only `pipeline` knows the order. The rooms below
//! stand in reading order, from the ground up.

pub mod clock;
pub mod domain;

pub mod adapters;
pub mod assets;
pub mod changes;
pub mod citations;
pub mod classify;
pub mod dedupe;
pub mod deliver;
pub mod fetch;
pub mod health;
pub mod law;
pub mod mask;
pub mod normalise;
pub mod places;
pub mod report;
pub mod rulings;
pub mod signals;
pub mod store;
pub mod stories;
pub mod trend;

pub mod settings;

pub mod pipeline;

pub mod schedule;
pub mod systemd;
pub mod telemetry;

pub mod daemon;
pub mod demo;

pub mod cli;
