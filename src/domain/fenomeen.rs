//! A form of ondermijning that is watched, as `config/fenomenen/<id>.toml` tells it.

/// One watched fenomeen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fenomeen {
    /// Stable id, equal to the file name and to the label in the model.
    pub id: String,
    /// Dutch name as readers know it.
    pub label: String,
    /// Short name for the subject line of a mail.
    pub short: String,
    /// Typical law, in words.
    pub law: String,
    /// The steps of its barrièremodel, first to last.
    pub steps: Vec<String>,
    /// Who can raise a barrier.
    pub partners: Vec<String>,
}
