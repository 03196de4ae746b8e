//! ECLIs, also misspelt ones. A slip is repaired only when one reading is left: a known Dutch court makes the country
//! certain, a missing court or year does not come back, and then the citation stays without an identifier.

use std::collections::HashSet;

use regex::{Captures, Regex};

use super::{CitationError, Found, fold::Folded, pattern};

pub(super) struct Eclis {
    exact: Regex,
    loose: Regex,
    unprefixed: Regex,
    broken: Regex,
    courts: HashSet<&'static str>,
}

/// Courts of the Netherlands and of the Caribbean part of the kingdom as ECLIs spell them, abolished ones too.
const COURTS: &str = "HR PHR RVS CRVB CBB GHAMS GHARL GHARN GHDHA GHLEE GHSGR GHSHE RBALK RBALM RBAMS RBARN RBASS RBBRE RBDHA \
    RBDOR RBGEL RBGRO RBHAA RBLEE RBLIM RBMAA RBMID RBMNE RBNHO RBNNE RBOBR RBONE RBOVE RBROE RBROT RBSGR RBSHE RBUTR RBZLY \
    RBZUT RBZWB OGEAA OGEAC OGEAM OGEABES OGEANA OGHACMB OGHNAA ORBAACM ORBAC ORBBACM ORBANAA ORBBNAA OGAACMB RBBNE RBZWO TADRAMS TADRARL TADRSHE \
    TADRSGR TAHVD TGZRAMS TGZREIN TGZRGRO TGZRSGR TGZRZWO TGZCTG TNORAMS TNORARL TNORDHA TNORSHE TACAKN AGAMS XX";

impl Eclis {
    pub(super) fn new() -> Result<Self, CitationError> {
        Ok(Self {
            exact: pattern(r"(?i)\bECLI:([A-Z]{2}):([A-Z][A-Z0-9]{0,6}):([12]\d{3}):([A-Z0-9][A-Z0-9.]{0,24})")?,
            loose: pattern(
                r"(?i)(?:\b|_)(?:E\s?CLI|ECL[l1|!]|ELCI|ECIL|ECLIE|ECLI|ECL|ECI|EC|CLI|ELI|ECLJ|ECKI|EVLI)[\s:;.,/_-]{0,3}
                (?:([A-Z]{2,3})[\s:;.,/_-]{0,3})??
                (?:(PHR|HR|RVS|CRVB|CBB|GH[A-Z]{3}|RB[A-Z]{3}|OGEAA|OGEAC|OGEAM|OGEABES|OGHACMB|ECHR|(?:EU\s?:\s?)?[CTF]|C\s?:\s?EU)[\s:;.,/_-]{0,3})
                ([12][0-9O]{3})[\x20:;.,/_-]{1,3}
                ([A-Z]{2}[\x20:]?[0-9O]{4}\b|[A-Z]0[0-9]{4}\b|[0-9O]{1,6}\b|[0-9]{4}[A-Z]{3}[0-9]{9,11})",
            )?,
            unprefixed: pattern(
                r"\b(?:(NL):([A-Z]{2,7})|(EU):([CTF])|(CE):(ECHR)):([12]\d{3}):([A-Z0-9]{1,24})\b|
                \b(PHR|HR|RVS|CRVB|CBB|GH[A-Z]{3}|RB[A-Z]{3}):([12]\d{3}):([A-Z]{2}\d{4}|\d{1,6})\b",
            )?,
            broken: pattern(
                r"(?:\b|=)ECLI[\s:;.]{1,2}[A-Za-z]{1,7}[:;.,]{1,2}[A-Za-z0-9]{1,12}(?:[:;.,]{1,2}[A-Za-z0-9]{1,20}){0,3}",
            )?,
            courts: COURTS.split_whitespace().collect(),
        })
    }

    /// The ECLIs of a text.
    pub(super) fn find(&self, folded: &Folded) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        // Each reading is only tried where the better ones before it left something.
        let taken = |found: &[Found], start: usize, end: usize| {
            let after = found.partition_point(|one| one.end <= start);
            found.get(after).is_some_and(|one| one.start < end)
        };
        for (regex, read) in [
            (&self.exact, Self::exact as fn(&Self, &Captures) -> Option<(usize, Option<String>)>),
            (&self.loose, Self::loose),
            (&self.unprefixed, Self::unprefixed),
            (&self.broken, |_, hit| {
                let words = hit.get(0)?.as_str();
                // Without a figure it names nothing; behind "=" it is the torn address of another that is whole.
                let names = words.contains(|c: char| c.is_ascii_digit()) && !words.starts_with('=');
                names.then(|| (trimmed(words), None))
            }),
        ] {
            let mut more: Vec<Found> = Vec::new();
            for hit in regex.captures_iter(&folded.plain) {
                let Some(all) = hit.get(0) else { continue };
                let Some((length, ecli)) = read(self, &hit) else { continue };
                let start = all.start() + usize::from(all.as_str().starts_with('_'));
                let end = all.start() + length;
                if end > start && !taken(&found, start, end) {
                    more.push(Found { start, end, ecli, kind: "ecli", ..Found::default() });
                }
            }
            found.extend(more);
            found.sort_by_key(|one| one.start);
        }
        found
    }

    fn exact(&self, hit: &Captures) -> Option<(usize, Option<String>)> {
        let part = |index: usize| hit.get(index).map_or("", |part| part.as_str());
        let (country, court, year) = (part(1).to_uppercase(), part(2), part(3));
        let all = part(0);
        let length = trimmed(all);
        let number = all.get(..length)?.rsplit(':').next()?;
        if country == "NL" {
            let number = dutch_number(number)?;
            let court = court.to_uppercase();
            // A tail that is no number ("2013.De") is cut where the number ends.
            let cut = all.len() - part(4).len() + number.1;
            return Some((
                cut,
                self.courts.contains(court.as_str()).then(|| format!("ECLI:NL:{court}:{year}:{}", number.0)),
            ));
        }
        if country == "EU" && number.chars().all(|c| c.is_ascii_digit() || c == '.') {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            return Some((
                all.len() - part(4).len() + digits.len(),
                Some(format!("ECLI:EU:{}:{year}:{digits}", court.to_uppercase())),
            ));
        }
        Some((length, Some(format!("ECLI:{country}:{court}:{year}:{number}"))))
    }

    fn loose(&self, hit: &Captures) -> Option<(usize, Option<String>)> {
        let part = |index: usize| hit.get(index).map_or("", |part| part.as_str());
        let court: String =
            part(2).to_uppercase().split([' ', ':']).filter(|one| !one.is_empty()).collect::<Vec<_>>().join(":");
        let year = part(3).to_uppercase().replace('O', "0");
        let number = part(4).to_uppercase();
        let length = part(0).len();
        let ecli = match court.as_str() {
            "ECHR" => format!("ECLI:CE:ECHR:{year}:{number}"),
            "C" | "T" | "F" | "EU:C" | "EU:T" | "EU:F" | "C:EU" => {
                // Without the country only the Court of Justice has one letter.
                let letter = court.replace("EU", "").replace(':', "");
                if !matches!(part(1).to_uppercase().as_str(), "" | "EU" | "NL")
                    || !number.chars().all(|c| c.is_ascii_digit())
                {
                    return Some((length, None));
                }
                format!("ECLI:EU:{letter}:{year}:{number}")
            }
            _ if self.courts.contains(court.as_str()) => {
                let (number, _) = dutch_number(&number)?;
                format!("ECLI:NL:{court}:{year}:{number}")
            }
            _ => return Some((length, None)),
        };
        Some((length, Some(ecli)))
    }

    fn unprefixed(&self, hit: &Captures) -> Option<(usize, Option<String>)> {
        let part = |index: usize| hit.get(index).map_or("", |part| part.as_str());
        let length = part(0).len();
        if !part(9).is_empty() {
            let (number, _) = dutch_number(part(11))?;
            let known = self.courts.contains(part(9));
            return known.then(|| (length, Some(format!("ECLI:NL:{}:{}:{number}", part(9), part(10)))));
        }
        let (year, number) = (part(7), part(8));
        if part(1) == "NL" {
            let (number, _) = dutch_number(number)?;
            return self
                .courts
                .contains(part(2))
                .then(|| (length, Some(format!("ECLI:NL:{}:{year}:{number}", part(2)))));
        }
        let (country, court) = if part(3).is_empty() { (part(5), part(6)) } else { (part(3), part(4)) };
        let is_whole = country != "CE" || number.len() >= 16;
        Some((length, is_whole.then(|| format!("ECLI:{country}:{court}:{year}:{number}"))))
    }
}

/// Length without the dots that end a sentence.
fn trimmed(text: &str) -> usize {
    text.trim_end_matches(['.', ',', ':', ';']).len()
}

/// A Dutch number as it should be, and how much of the text it took: a plain sequence without zeros in front, or an LJN of
/// two letters and four figures.
fn dutch_number(text: &str) -> Option<(String, usize)> {
    let upper = text.to_uppercase();
    let mut letters = upper.chars();
    let (first, second) = (letters.next()?, letters.next());
    if first.is_ascii_alphabetic() && first != 'O' || (first == 'O' && second.is_some_and(|c| c.is_ascii_alphabetic()))
    {
        // In an LJN the second sign is a letter, so a zero there is an O.
        let second = second.map(|c| if c == '0' { 'O' } else { c }).filter(char::is_ascii_alphabetic)?;
        let joint = upper.get(2..)?;
        let gap = joint.len() - joint.trim_start_matches([':', ' ']).len();
        let figures: String = joint
            .chars()
            .skip(gap)
            .take(4)
            .map(|c| if c == 'O' { '0' } else { c })
            .take_while(char::is_ascii_digit)
            .collect();
        let is_longer = joint.get(gap + 4..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        return (figures.len() == 4 && !is_longer).then(|| (format!("{first}{second}{figures}"), 6 + gap));
    }
    let figures: String =
        upper.chars().map(|c| if c == 'O' { '0' } else { c }).take_while(char::is_ascii_digit).collect();
    let number = figures.trim_start_matches('0');
    let is_longer =
        upper.get(figures.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
    (!number.is_empty() && figures.len() <= 6 && !is_longer).then(|| (number.to_owned(), figures.len()))
}
