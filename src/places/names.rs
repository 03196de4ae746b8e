//! The names by which gemeenten are known: their own, those of their predecessors and places, capitals of datelines, adjectives
//! ("Alkmaarse") and well-known spots. A name may mean several gemeenten; which one, the text must tell.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{GemeenteRow, PlaatsRow, VormRow};

/// How strongly a name means a gemeente: a place in it, a predecessor, its own name.
type Strength = u8;

/// A gemeente that a name may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) code: String,
    pub(super) strength: Strength,
}

/// How a name is written, which decides where it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// In capitals: only in a dateline.
    Capitals,
    /// As an adjective: "Alkmaarse".
    Adjective,
    /// A spot or district that everybody knows: "Leidseplein".
    Spot,
}

/// A name with what it may mean.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) candidates: Vec<Candidate>,
    /// Also an ordinary word, a family name or a province: it needs a word that announces a place.
    pub(super) hard: bool,
    pub(super) form: Form,
}

/// All names, each once.
pub(super) fn names(
    gemeenten: &[GemeenteRow],
    plaatsen: &[PlaatsRow],
    vormen: &[VormRow],
    hard: &HashSet<&str>,
) -> Vec<Name> {
    let ended: HashMap<&str, &str> = gemeenten
        .iter()
        .filter(|row| !row.opgevolgd_door.is_empty())
        .map(|row| (row.code.as_str(), row.opgevolgd_door.as_str()))
        .collect();
    let today = |code: &str| ended.get(code).map_or_else(|| code.to_owned(), |next| (*next).to_owned());
    let mut found: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    let mut add = |name: &str, strength: Strength, code: String| {
        let name = written(drop_addition(name));
        if name.chars().count() < 2 {
            return;
        }
        let candidates = found.entry(name).or_default();
        match candidates.iter_mut().find(|own| own.code == code) {
            Some(own) => own.strength = own.strength.max(strength),
            None => candidates.push(Candidate { code, strength }),
        }
    };
    for plaats in plaatsen {
        add(&plaats.plaats, 1, today(&plaats.code));
    }
    for row in gemeenten {
        for former in row.vroeger.split(';').filter(|name| !name.is_empty()) {
            add(former, 2, today(&row.code));
        }
        add(&row.naam, 3, today(&row.code));
        for also in row.ook.split(';').filter(|name| !name.is_empty()) {
            add(also, 3, today(&row.code));
        }
    }
    let mut names = Vec::new();
    let mut taken: HashSet<String> = vormen.iter().map(|row| row.vorm.clone()).collect();
    taken.extend(found.keys().cloned());
    for (text, mut candidates) in found {
        if hard.contains(format!("-{text}").as_str()) {
            continue;
        }
        candidates.sort_by(|a, b| b.strength.cmp(&a.strength).then_with(|| a.code.cmp(&b.code)));
        let is_hard = hard.contains(text.as_str()) || text.chars().count() <= 3;
        let name = |text: String, hard, form| Name { text, candidates: candidates.clone(), hard, form };
        names.push(name(text.to_uppercase(), is_hard, Form::Capitals));
        // An adjective of a hard name would be one of a hard word; "Bestse" and "Echtse" are rare enough to miss.
        let strong = candidates.first().is_some_and(|own| own.strength == 3);
        if let Some(adjective) = adjective(&text).filter(|adjective| strong && !is_hard && !taken.contains(adjective)) {
            names.push(name(adjective, false, Form::Adjective));
        }
        names.push(name(text, is_hard, Form::Plain));
    }
    for row in vormen {
        let candidates = vec![Candidate { code: today(&row.code), strength: 3 }];
        let form = if row.soort == "bijvoeglijk" { Form::Adjective } else { Form::Spot };
        names.push(Name { text: row.vorm.clone(), candidates, hard: false, form });
    }
    names
}

/// `Haren GN` is Haren, `Bergen (L)` is Bergen, `Beek Gem Montferland` is Beek: the addition belongs to the table.
fn drop_addition(name: &str) -> &str {
    let name = name.split(" (").next().unwrap_or(name).trim();
    let name = name.split(" Gem ").next().unwrap_or(name);
    let tails =
        ["GN", "GLD", "Gld", "NH", "ZH", "L", "LB", "O", "OV", "NB", "Zld", "ZLD", "Fr", "FR", "Ut", "UT", "DR"];
    name.rsplit_once(' ').filter(|(_, tail)| tails.contains(tail)).map_or(name, |(head, _)| head)
}

/// The table writes "Ijmuiden", "'S Gravenmoer" and "Bergen Op Zoom"; texts write them as their people do.
fn written(name: &str) -> String {
    let words = name.split(' ').enumerate().map(|(place, word)| {
        let small =
            ["Op", "Aan", "De", "Den", "Der", "En", "Van", "Het", "In", "Bij", "Ter", "Te", "Over", "Onder", "Zee"];
        match word {
            word if word.starts_with("Ij") => word.replacen("Ij", "IJ", 1),
            "'S" => "'s".to_owned(),
            "'T" => "'t".to_owned(),
            word if place > 0 && small.contains(&word) && word != "Zee" => word.to_lowercase(),
            word => word.to_owned(),
        }
    });
    let joined = words.collect::<Vec<_>>().join(" ");
    joined.strip_prefix("'s ").map_or(joined.clone(), |rest| format!("'s-{rest}"))
}

/// The regular adjective of a name: "Alkmaarse", "Larense", "Goese".
fn adjective(name: &str) -> Option<String> {
    let last = name.rsplit([' ', '-']).next()?;
    let stem = name.strip_prefix("Den ").unwrap_or(name);
    (last.chars().count() >= 4 && !stem.contains(' '))
        .then(|| if stem.ends_with('s') { format!("{stem}e") } else { format!("{stem}se") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_in_texts() {
        assert_eq!(written(drop_addition("Ijmuiden")), "IJmuiden");
        assert_eq!(written(drop_addition("Bergen Op Zoom")), "Bergen op Zoom");
        assert_eq!(written(drop_addition("'S Gravenmoer")), "'s-Gravenmoer");
        assert_eq!(drop_addition("Beek Gem Montferland"), "Beek");
        assert_eq!(drop_addition("Hengelo OV"), "Hengelo");
        assert_eq!(adjective("Alkmaar").as_deref(), Some("Alkmaarse"));
        assert_eq!(adjective("Den Helder").as_deref(), Some("Helderse"));
        assert_eq!(adjective("Bergen op Zoom"), None);
    }
}
