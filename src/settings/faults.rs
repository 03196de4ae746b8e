//! What is wrong in files that people write: file, line, key and remedy, in one Dutch sentence each, all at once.

use std::fmt;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File, as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub text: String,
}

impl Fault {
    /// A fault of a whole file.
    #[must_use]
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, text: text.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}  {}", self.file, self.text),
            None => write!(f, "{}  {}", self.file, self.text),
        }
    }
}

/// All faults of a configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{fault}")?;
        }
        let mut files: Vec<&str> = self.0.iter().map(|fault| fault.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        let plural = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        write!(
            f,
            "{} in {}. Er is niets gestart.",
            plural(self.0.len(), "fout", "fouten"),
            plural(files.len(), "bestand", "bestanden")
        )
    }
}

impl std::error::Error for Faults {}

/// A fault of the TOML reader, in Dutch, with its line and, for a key that does not exist, the one that was meant.
#[must_use]
pub fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Fault {
    let line = error.span().map(|span| line_of(text, span.start));
    let message = error.message();
    let said = if let Some(rest) = message.strip_prefix("unknown field ") {
        let quoted = between_backticks(rest);
        let key = quoted.first().copied().unwrap_or_default();
        unknown_key(key, quoted.get(1..).unwrap_or_default())
    } else if let Some(rest) = message.strip_prefix("missing field ") {
        let key = between_backticks(rest).first().copied().unwrap_or_default().to_owned();
        format!("'{key}' ontbreekt: vul deze sleutel in")
    } else if let Some(rest) = message.strip_prefix("unknown variant ") {
        let quoted = between_backticks(rest);
        let value = quoted.first().copied().unwrap_or_default();
        format!("'{value}' kan hier niet; kies uit: {}", quoted.get(1..).unwrap_or_default().join(", "))
    } else if let Some(rest) = message.strip_prefix("invalid type: ") {
        wrong_type(rest, text, line)
    } else {
        format!("geen geldige TOML of waarde: {message}")
    };
    Fault { file: file.to_owned(), line, text: said }
}

/// The sentence for a value of the wrong type, with the key that stands on its line and the type that is wanted.
fn wrong_type(said: &str, text: &str, line: Option<usize>) -> String {
    let written = line.and_then(|line| text.lines().nth(line.saturating_sub(1))).unwrap_or_default();
    let wanted = match said.rsplit_once("expected ").map_or("", |(_, wanted)| wanted) {
        "a string" => "tekst tussen aanhalingstekens",
        "a sequence" => "een lijst tussen [ en ]",
        "a boolean" => "true of false",
        number if number.starts_with(['u', 'i', 'f']) => "een getal",
        _ => return format!("verkeerd soort waarde ({said}): pas de waarde aan"),
    };
    match written.split_once('=') {
        Some((key, _)) => format!("'{}' verwacht {wanted}: pas de waarde aan", key.trim()),
        None => format!("verkeerd soort waarde, hier hoort {wanted}: pas de waarde aan"),
    }
}

/// The known name that was probably meant.
#[must_use]
pub fn meant<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    nearest(name, &known.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The sentence for a key that does not exist.
#[must_use]
pub fn unknown_key(key: &str, known: &[&str]) -> String {
    match nearest(key, known) {
        Some(meant) => format!("'{key}' bestaat niet; bedoelt u '{meant}'?"),
        None => format!("'{key}' bestaat niet: haal de regel weg (bekend zijn: {})", known.join(", ")),
    }
}

/// Line of a byte offset, from 1.
#[must_use]
pub fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn between_backticks(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The known word with the fewest edits, when those are few.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let best = known.iter().map(|candidate| (distance(word, candidate), *candidate)).min()?;
    (best.0 <= 2.max(word.chars().count() / 3)).then_some(best.1)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let replace = row.get(j).copied().unwrap_or(0) + usize::from(left != *right);
            let insert = next.last().copied().unwrap_or(0) + 1;
            let delete = row.get(j + 1).copied().unwrap_or(0) + 1;
            next.push(replace.min(insert).min(delete));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_told_with_its_line_and_the_key_that_was_meant() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(rename = "every")]
            _every: String,
            #[serde(rename = "title")]
            _title: String,
        }
        let text = "title = 'AT5'\nevry = '30m'\n";
        let error = toml::from_str::<File>(text).expect_err("a typo");
        assert_eq!(
            of_toml("sources/at5.toml", text, &error).to_string(),
            "sources/at5.toml:2  'evry' bestaat niet; bedoelt u 'every'?"
        );
        let error = toml::from_str::<File>("title = 'AT5'").expect_err("a missing key");
        assert!(of_toml("f", "", &error).text.contains("'every' ontbreekt"));
    }
}
