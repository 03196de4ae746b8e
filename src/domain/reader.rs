//! A reader of the weekly digest: who gets which part of it, and when.

use jiff::civil::Weekday;

use super::week::Week;

/// The language in which dates are written; the rest of a digest is Dutch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dates {
    /// Dutch.
    #[default]
    Nl,
    /// Frisian.
    Fy,
    /// English.
    En,
}

impl Dates {
    /// The language with that code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        match code {
            "nl" => Some(Self::Nl),
            "fy" => Some(Self::Fy),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// One subscription. An empty list of fenomenen, gebieden or instrumenten means all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Name for readers; empty for the one that stands for `mail.digest-to`.
    pub name: String,
    /// Addresses.
    pub to: Vec<String>,
    /// Fenomenen by id.
    pub fenomenen: Vec<String>,
    /// Gemeenten by CBS code.
    pub gebieden: Vec<String>,
    /// Instrumenten by id.
    pub instrumenten: Vec<String>,
    /// Weekday on which it leaves.
    pub day: Weekday,
    /// Hour of that day, Dutch time.
    pub hour: i8,
    /// Language of dates.
    pub dates: Dates,
}

impl Reader {
    /// A subscription to everything, for a preview or a file.
    #[must_use]
    pub fn to_all(to: Vec<String>, day: Weekday, hour: i8) -> Self {
        Self {
            name: String::new(),
            to,
            fenomenen: Vec::new(),
            gebieden: Vec::new(),
            instrumenten: Vec::new(),
            day,
            hour,
            dates: Dates::Nl,
        }
    }

    /// What a mail of this week is about, once and for all. Two subscriptions of one reader are two mails.
    #[must_use]
    pub fn key(&self, week: Week) -> String {
        if self.name.is_empty() { format!("digest-{week}") } else { format!("digest-{week}-{}", slug(&self.name)) }
    }

    /// True when that fenomeen is wanted.
    #[must_use]
    pub fn wants_fenomeen(&self, id: &str) -> bool {
        self.fenomenen.is_empty() || self.fenomenen.iter().any(|own| own == id)
    }

    /// True when that gemeente is wanted.
    #[must_use]
    pub fn wants_gebied(&self, code: &str) -> bool {
        self.gebieden.is_empty() || self.gebieden.iter().any(|own| own == code)
    }

    /// True when that instrument is wanted.
    #[must_use]
    pub fn wants_instrument(&self, id: &str) -> bool {
        self.instrumenten.is_empty() || self.instrumenten.iter().any(|own| own == id)
    }
}

/// The name in small letters, digits and hyphens.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_lowercase().next().unwrap_or('-') } else { '-' };
    let text: String = name.chars().map(plain).collect();
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_tells_the_week_and_the_subscription() {
        let week = "2026-W40".parse().expect("a week");
        let mut own = Reader::to_all(Vec::new(), Weekday::Monday, 7);
        assert_eq!(own.key(week), "digest-2026-W40");
        own.name = "Hennep, Zaanstreek & omgeving".into();
        assert_eq!(own.key(week), "digest-2026-W40-hennep-zaanstreek-omgeving");
    }
}
