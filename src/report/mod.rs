//! What readers get: pure composition of values into mails. All text for readers is Dutch, at B1 level, with the numbers
//! first and the evidence one click away.

pub mod alert;
pub mod chart;
pub mod digest;
pub mod feed;
pub mod map;
pub mod metrics;
pub mod notice;
pub mod picture;
pub mod signal;
pub mod tiles;
pub mod words;
