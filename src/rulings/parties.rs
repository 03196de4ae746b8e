//! Who stands against whom, by role and by kind of public body, and the gemeente of that body. Names are never kept.

use serde::{Deserialize, Serialize};

use super::{
    Found, Place,
    places::Places,
    rules::Rules,
    text::{Doc, Zone},
};

/// A party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// `eiser`, `appellant`, `verweerder`, ... as the court says it.
    pub role: String,
    /// Kind of public body, when it is one.
    pub body: Option<String>,
    /// Where it was read. Of a line that may hold a name only the role is quoted.
    #[serde(rename = "where")]
    pub place: Place,
}

/// Parties are named before the procedure is told, in the first lines.
const MOST_LINES: usize = 60;

pub(super) fn read(doc: &Doc, rules: &Rules) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    // The body that was named last and has no role yet: the role may stand on the next line.
    let mut waiting: Option<(String, Place)> = None;
    for (at, line) in doc.lines.iter().enumerate().take(MOST_LINES).filter(|(_, line)| line.zone == Zone::Head) {
        let text = doc.text(line);
        let body = rules.partijen.orgaan.iter().find_map(|rule| {
            let (from, to) = rule.patroon.find(text)?;
            Some((rule.waarde.clone(), doc.place(at, line.from + from, line.from + to)))
        });
        let role = rules.partijen.rollen.regex().find_iter(text).last().map(|found| {
            let place = doc.place(at, line.from + found.start(), line.from + found.end());
            (found.as_str().to_lowercase().trim_start_matches("de ").to_owned(), place)
        });
        match (role, body) {
            (Some((role, place)), _) if rules.partijen.nooit_orgaan.is_match(&role) => {
                add(&mut parties, role, None, place);
            }
            (Some((role, _)), Some((body, place))) => add(&mut parties, role, Some(body), place),
            (Some((role, place)), None) => {
                let body = waiting.take();
                let short = text.chars().count() < 40;
                // "appellant," alone on a line is the role of who stands above it.
                let (body, place) = match body {
                    Some((body, above)) if short => (Some(body), above),
                    _ => (None, place),
                };
                add(&mut parties, role, body, place);
            }
            (None, Some(body)) => waiting = Some(body),
            (None, None) => {}
        }
    }
    if let Some((body, place)) = waiting {
        // In an appeal the body stands last, without a role: it is the other party.
        let role = if parties.iter().any(|party| party.body.is_some()) { "partij" } else { "bestuursorgaan" };
        add(&mut parties, role.to_owned(), Some(body), place);
    }
    parties
}

fn add(parties: &mut Vec<Party>, role: String, body: Option<String>, place: Place) {
    // A role with a body says more than the same role without one.
    match parties.iter_mut().find(|party| party.role == role) {
        Some(party) if party.body.is_none() && body.is_some() => *party = Party { role, body, place },
        Some(party) if body.is_none() || party.body == body => {}
        _ => parties.push(Party { role, body, place }),
    }
}

/// The gemeente of the body: first where parties are named, then where the decision is described, then anywhere.
pub(super) fn gemeente(
    doc: &Doc,
    parties: &[Party],
    administrative: bool,
    rules: &Rules,
    places: &Places,
) -> Option<Found<String>> {
    let municipal = |body: &str| rules.partijen.orgaan.iter().any(|rule| rule.gemeentelijk && rule.waarde == body);
    let mut bodies = parties.iter().filter_map(|party| party.body.as_deref()).peekable();
    // A minister has no gemeente, though one may be named in the case.
    if bodies.peek().is_some() && !bodies.any(municipal) {
        return None;
    }
    let reach = if administrative { 3 } else { 1 };
    let stages: [&dyn Fn(Zone) -> bool; 3] =
        [&|zone| zone == Zone::Head, &|zone| zone == Zone::Course, &|zone| zone >= Zone::Reasons && zone != Zone::Tail];
    stages.iter().take(reach).find_map(|wanted| {
        doc.lines.iter().enumerate().filter(|(_, line)| wanted(line.zone)).find_map(|(at, line)| {
            let text = doc.text(line);
            rules.gemeente.aanloop.regex().find_iter(text).find_map(|lead| {
                let code = places.at_start(text.get(lead.end()..)?)?;
                let from = line.from + lead.start();
                let name = doc.whole.get(line.from + lead.end()..line.to)?;
                let length = name.split([',', ';', '.', ' ']).next().map_or(0, str::len);
                Some(Found { value: code.to_owned(), place: doc.place(at, from, line.from + lead.end() + length) })
            })
        })
    })
}
