//! What one source brought in one month, as a model saw it.

/// A month of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct MonthSeen {
    /// Source id.
    pub source: String,
    /// Month, `2026-10`.
    pub month: String,
    /// Items judged.
    pub items: u32,
    /// Items with "ja" on any fenomeen.
    pub yes: u32,
    /// Items with "twijfel" and no "ja".
    pub doubt: u32,
    /// Mean share of the different words that the model had never read, 0 to 1.
    pub unknown: f64,
}

impl MonthSeen {
    /// A number of its items as a share, 0 to 1.
    #[must_use]
    pub fn share(&self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.items.max(1))
    }
}
