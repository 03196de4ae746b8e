//! What a source taught us about itself, hour by hour.

use super::item::Item;

/// What new items were made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// With a date of their own.
    pub with_date: u32,
    /// With a link.
    pub with_link: u32,
    /// With more text than a title.
    pub with_text: u32,
}

impl Shape {
    /// Adds one item.
    pub fn add(&mut self, item: &Item) {
        self.with_date += u32::from(item.dated);
        self.with_link += u32::from(item.link.is_some());
        self.with_text += u32::from(!item.text.is_empty());
    }
}

/// One hour of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Start of the hour, in seconds since 1970.
    pub hour: i64,
    /// Polls.
    pub polls: i64,
    /// Polls that failed.
    pub failed: i64,
    /// Polls to which the server said "unchanged".
    pub unchanged: i64,
    /// New items.
    pub new: i64,
    /// Changed items.
    pub changed: i64,
    /// Items that were known.
    pub known: i64,
    /// Records that could not be read.
    pub rejected: i64,
    /// New items with a date.
    pub with_date: i64,
    /// New items with a link.
    pub with_link: i64,
    /// New items with text.
    pub with_text: i64,
    /// Polls that gave the same bytes as the one before.
    pub same: i64,
}
