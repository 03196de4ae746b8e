//! Names of gemeenten with their CBS codes.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::RulesError;

/// The gazetteer.
pub(super) struct Places {
    names: AhoCorasick,
    codes: Vec<String>,
}

impl Places {
    /// Columns: code, naam, provincie, inwoners, vroeger, ook. Former names point to the gemeente that followed.
    pub(super) fn new(table: &str, others: &HashMap<String, String>) -> Result<Self, RulesError> {
        let mut known: HashMap<String, String> = HashMap::new();
        for (number, row) in table.lines().enumerate().skip(1).filter(|(_, row)| !row.trim().is_empty()) {
            let cells: Vec<&str> = row.split(',').collect();
            let (Some(code), Some(name)) = (cells.first(), cells.get(1)) else {
                return Err(RulesError::Places(format!("regel {}: geen code en naam", number + 1)));
            };
            let others = [4, 5].iter().filter_map(|at| cells.get(*at)).flat_map(|cell| cell.split(';'));
            known.insert((*name).to_lowercase(), (*code).to_owned());
            for other in others.map(str::trim).filter(|other| !other.is_empty()) {
                known.entry(other.to_lowercase()).or_insert_with(|| (*code).to_owned());
            }
        }
        known.extend(others.iter().map(|(name, code)| (name.to_lowercase(), code.clone())));
        let (names, codes): (Vec<String>, Vec<String>) = known.into_iter().unzip();
        let names = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names)?;
        Ok(Self { names, codes })
    }

    /// The gemeente whose name begins the text.
    pub(super) fn at_start(&self, text: &str) -> Option<&str> {
        let lower: String = text.chars().take(60).collect::<String>().to_lowercase().replace('’', "'");
        let lower = lower.trim_start();
        let found = self.names.find(lower).filter(|found| found.start() == 0)?;
        let ends = lower.get(found.end()..)?.chars().next().is_none_or(|next| !next.is_alphanumeric());
        ends.then(|| self.codes.get(found.pattern().as_usize()).map(String::as_str)).flatten()
    }
}
