//! What is no item but a number or a count: statistics of others, kept as context beside our own series, and company
//! registrations, of which only the phenomenon is kept.

use serde::Serialize;

/// One cell of a statistical table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Id of the table, e.g. "47018NED".
    pub table: String,
    /// Period as the source writes it: "2025JJ00", "2025MM06", "2025KW02".
    pub period: String,
    /// Region code, trimmed: "GM0363", "NL01", "PV27"; empty when the table has no region.
    pub region: String,
    /// Year of the borders, where the source tells it or the table is known to have one; none otherwise.
    pub borders: Option<i16>,
    /// Code of the other dimension that we keep (branch, kind of crime); empty when there is none.
    pub category: String,
    /// What is counted, by the source's name for it.
    pub measure: String,
    /// The number; none where the source hides or misses it.
    pub value: Option<f64>,
}

/// What is kept of one registration in a company register: never a name, an address or a number of a natural person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// SBI codes, main activity first, as the register writes them: four digits (SBI 2008) or five (SBI 2025).
    pub sbi: Vec<String>,
    /// Name of the gemeente or, failing that, of the place.
    pub place: Option<String>,
    /// Day of start, `yyyy-mm-dd`, cut off where the register states only a year or a month.
    pub started: Option<String>,
    /// Day of end, in the same form.
    pub ended: Option<String>,
    /// Legal form in words.
    pub legal_form: Option<String>,
    /// What happened, for sources that tell mutations: "NieuweInschrijving", "Beeindiging".
    pub event: Option<String>,
    /// True unless the register shows that this is a legal person: then the number itself is not kept either.
    pub natural: bool,
}
