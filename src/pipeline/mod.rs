//! The only rooms that know the order of the stages; each reads like a recipe.

pub mod alerts;
pub mod dispatch;
pub mod health;
pub mod ingest;
pub mod judge;
mod keep;
pub mod reconcile;
pub mod review;
pub mod watch;
pub mod why;
