//! The chain of instances: what the metadata relate, what the text says of the ruling under appeal, and what became of it.

use std::collections::{HashSet, VecDeque};

use regex::Captures;
use serde::{Deserialize, Serialize};

use super::{
    Found, Place,
    outcome::Verdict,
    rules::Rules,
    text::{Doc, Sentence, Zone},
};
use crate::{
    citations::Citation,
    domain::judgment::{Judgment, Relation},
};

/// Which way a link points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// An earlier instance.
    #[default]
    Eerder,
    /// A later one.
    Later,
}

/// A tie to another instance of the same case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Earlier or later.
    pub direction: Direction,
    /// Its ECLI, when known.
    pub ecli: Option<String>,
    /// Its court, in the words of the text.
    pub court: Option<String>,
    /// Its date, `yyyy-mm-dd`.
    pub date: Option<String>,
    /// Its case number.
    pub case_number: Option<String>,
    /// `hoger beroep van`, `cassatie van`, ...
    pub relation: String,
    /// What this judgment did with it, or a later one with this.
    pub fate: Option<String>,
    /// Where it was read.
    #[serde(rename = "where")]
    pub place: Place,
}

impl Link {
    /// Whether the judgment is the one that the link means: the same ECLI, or else the same day and case number.
    #[must_use]
    pub fn is(&self, judgment: &Judgment) -> bool {
        if let Some(ecli) = &self.ecli {
            return ecli.eq_ignore_ascii_case(&judgment.ecli);
        }
        let numbers = |text: &str| -> HashSet<String> {
            text.split(|one: char| !one.is_alphanumeric() && !"/-.".contains(one))
                .filter(|part| part.chars().filter(char::is_ascii_digit).count() >= 4)
                .map(|part| part.to_lowercase().trim_start_matches(|one: char| one.is_alphabetic()).to_owned())
                .collect()
        };
        let own = numbers(&judgment.case_numbers.join(" "));
        self.date.as_deref() == Some(judgment.date.as_str())
            && self.case_number.as_deref().is_some_and(|number| !numbers(number).is_disjoint(&own))
    }
}

pub(super) fn read(
    doc: &Doc,
    judgment: &Judgment,
    kind: &str,
    verdict: &Verdict,
    citations: &[Citation],
    rules: &Rules,
) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for relation in judgment.relations.iter().filter(|relation| relation.ecli != judgment.ecli) {
        let link = related(relation, judgment, rules);
        if !links.iter().any(|other| other.ecli == link.ecli && other.direction == link.direction) {
            links.push(link);
        }
    }
    let passages = doc.sentences(|zone| zone != Zone::Tail);
    for sentence in passages.iter().filter(|sentence| about_this_case(doc, sentence, rules)) {
        for link in told(doc, sentence, judgment, citations, rules) {
            merge(&mut links, link);
        }
    }
    settle(&mut links, kind, verdict, rules);
    links
}

/// Reasons are full of other case law: there only a sentence that tells what was decided before counts.
fn about_this_case(doc: &Doc, sentence: &Sentence<'_>, rules: &Rules) -> bool {
    let reasons = doc.lines.get(sentence.line).is_some_and(|line| line.zone == Zone::Reasons);
    let cue = if reasons { &rules.keten.aanwijzing_overwegingen } else { &rules.keten.aanwijzing };
    cue.is_match(sentence.text)
}

fn related(relation: &Relation, judgment: &Judgment, rules: &Rules) -> Link {
    let direction = if relation.instance == "latereAanleg" { Direction::Later } else { Direction::Eerder };
    let rule = rules.keten.relatie.iter().find(|rule| rule.soort.eq_ignore_ascii_case(&relation.kind));
    let name = rule.map_or(relation.kind.as_str(), |rule| match (direction, judgment.kind.as_str()) {
        // A conclusion points to the judgment that followed it, a judgment back to the conclusion.
        (Direction::Eerder, _) => &rule.eerder,
        (Direction::Later, _) => &rule.later,
    });
    let fate = rules.keten.gevolg.iter().find(|rule| rule.patroon.is_match(&relation.outcome));
    Link {
        direction,
        ecli: Some(relation.ecli.clone()).filter(|ecli| !ecli.is_empty()),
        relation: name.to_owned(),
        fate: fate.map(|rule| rule.waarde.clone()),
        place: Place::metadata("dcterms:relation", &relation.text),
        ..Link::default()
    }
}

/// The rulings that a sentence names with court, date and number: "de uitspraak van de rechtbank Noord-Holland van 3
/// februari 2024 in zaak nr. 23/1234".
fn told(doc: &Doc, sentence: &Sentence<'_>, judgment: &Judgment, citations: &[Citation], rules: &Rules) -> Vec<Link> {
    let keten = &rules.keten;
    let text = sentence.text;
    let mut found = Vec::new();
    for date in keten.datum.regex().captures_iter(text) {
        let Some(span) = date.get(0) else { continue };
        let before = text.get(..span.start()).unwrap_or_default();
        let after = text.get(span.end()..).unwrap_or_default();
        let Some(day) = iso(&date).filter(|day| recent(day, &judgment.date, keten.jaren)) else { continue };
        let Some(document) = keten.stuk.regex().find_iter(before).last() else { continue };
        // The date must belong to the document: no other date and no decision of a body in between.
        let between = before.get(document.end()..).unwrap_or_default();
        let lead = before.get(..document.start()).unwrap_or_default();
        if between.len() > 170
            || keten.datum.is_match(between)
            || keten.andere_datum.is_match(between)
            || keten.vergelijk.is_match(lead)
        {
            continue;
        }
        let court = keten
            .gerecht
            .regex()
            .captures_iter(between)
            .last()
            .or_else(|| by_whom(lead, rules))
            .or_else(|| keten.gerecht.regex().captures(head(after, 160)))
            .and_then(|found| court(&found, rules));
        let number = keten.zaaknummer.regex().captures(head(after, 70)).filter(|found| {
            // The number follows the date at once, or a little later after the word for it.
            found.get(0).is_some_and(|whole| {
                let named = whole.as_str().chars().take(3).all(char::is_alphabetic);
                whole.start() < if named { 40 } else { 12 }
            })
        });
        let number = number.or_else(|| keten.zaaknummer.regex().captures(between));
        let number = number.and_then(|found| found.name("nr").map(|nr| nr.as_str().trim().to_owned()));
        let byte = sentence.from + span.end();
        let ecli = ecli_after(doc, citations, (byte, head(after, 90).chars().count()), judgment, rules);
        found.push(Link {
            court: ecli.as_deref().and_then(|ecli| named_by(ecli, rules)).or(court),
            ecli,
            date: Some(day),
            case_number: number,
            place: doc.place_of(sentence),
            ..Link::default()
        });
    }
    found.retain(|link| link.court.is_some() || link.ecli.is_some());
    found
}

/// Before the judgment, and not so long ago that it must be history.
fn recent(day: &str, judged: &str, years: i32) -> bool {
    let year = |date: &str| date.get(..4).and_then(|year| year.parse::<i32>().ok());
    day <= judged && year(day).zip(year(judged)).is_none_or(|(then, now)| now - then <= years)
}

/// "door de rechtbank Rotterdam bij vonnis van": the court stands before the ruling.
fn by_whom<'t>(lead: &'t str, rules: &Rules) -> Option<Captures<'t>> {
    let lead = lead.trim_end();
    let lead =
        lead.strip_suffix("bij").or_else(|| lead.strip_suffix("in haar")).or_else(|| lead.strip_suffix("bij haar"))?;
    let found = rules.keten.gerecht.regex().captures_iter(lead).last()?;
    let end = found.get(0)?.end();
    (lead.trim_end().len() <= end + 1).then_some(found)
}

fn head(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

fn court(found: &Captures<'_>, rules: &Rules) -> Option<String> {
    let kind = found.name("soort")?.as_str().to_lowercase();
    let kind = rules.keten.namen.get(&kind).cloned().unwrap_or(kind);
    // "de rechtbank" without a place is one that was named before.
    let place = found.name("plaats").map(|place| place.as_str());
    let place = place.filter(|place| place.starts_with(char::is_uppercase) || place.starts_with('\''));
    Some(place.map_or(kind.clone(), |place| format!("{kind} {place}")))
}

fn ecli_after(
    doc: &Doc,
    citations: &[Citation],
    (byte, reach): (usize, usize),
    judgment: &Judgment,
    rules: &Rules,
) -> Option<String> {
    let start = doc.whole.get(..byte)?.chars().count();
    // The extractor knows which misspelt ECLI is certain; a well-formed one needs no help.
    let near = head(doc.whole.get(byte..)?, reach);
    let exact = rules.keten.ecli.regex().find(near).map(|found| found.as_str().trim_end_matches('.').to_uppercase());
    if exact.is_some() {
        return exact.filter(|ecli| *ecli != judgment.ecli);
    }
    citations
        .iter()
        .filter(|citation| citation.start >= start && citation.start <= start + reach)
        .filter_map(|citation| citation.ecli.clone())
        .find(|ecli| *ecli != judgment.ecli)
}

/// The courts of which there is one are named by the ECLI itself.
fn named_by(ecli: &str, rules: &Rules) -> Option<String> {
    let mut parts = ecli.split(':').skip(1);
    let (country, code) = (parts.next()?, parts.next()?);
    let key = if country == "NL" { code.to_owned() } else { format!("{country}:{code}") };
    rules.keten.codes.get(&key).cloned()
}

fn iso(date: &Captures<'_>) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ];
    let day: u32 = date.name("dag")?.as_str().parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = date.name("maand")?.as_str().to_lowercase();
    let month = MONTHS.iter().position(|month| *month == name)? + 1;
    Some(format!("{}-{month:02}-{day:02}", date.name("jaar")?.as_str()))
}

/// One ruling may be told in the head, the course and the dictum, and be related in the metadata.
fn merge(links: &mut Vec<Link>, link: Link) {
    let rank = |court: &Option<String>| court.as_deref().map_or(0, |court| court.matches(' ').count() + 1);
    let same = links.iter_mut().find(|other| {
        let by_ecli = link.ecli.is_some() && other.ecli == link.ecli;
        let kinds =
            |court: &Option<String>| court.as_deref().and_then(|court| court.split(' ').next()).map(str::to_owned);
        let numbers = match (&other.case_number, &link.case_number) {
            (Some(one), Some(two)) => one.contains(two.as_str()) || two.contains(one.as_str()),
            _ => true,
        };
        let by_date = other.date.is_some()
            && other.date == link.date
            && numbers
            && (kinds(&other.court) == kinds(&link.court) || other.court.is_none() || link.court.is_none())
            && (other.ecli.is_none() || link.ecli.is_none());
        by_ecli || by_date || metadata_twin(other, &link)
    });
    let Some(other) = same else {
        links.push(link);
        return;
    };
    if rank(&link.court) > rank(&other.court) {
        other.court = link.court;
    }
    if other.date.is_none() {
        other.date = link.date;
        other.place = link.place;
    }
    other.ecli = other.ecli.take().or(link.ecli);
    other.case_number = other.case_number.take().or(link.case_number);
}

/// A relation of the metadata has only an ECLI: it is the ruling of the text when the year fits and the court may.
fn metadata_twin(other: &Link, link: &Link) -> bool {
    let parts: Vec<&str> = other.ecli.as_deref().unwrap_or_default().split(':').collect();
    let (Some(code), Some(year)) = (parts.get(2), parts.get(3)) else { return false };
    let kind = link.court.as_deref().unwrap_or_default();
    let fits = match *code {
        "HR" => kind.starts_with("hoge raad"),
        "PHR" => false,
        "RVS" => kind.contains("raad van state"),
        "CRVB" => kind.starts_with("centrale raad"),
        "CBB" => kind.starts_with("college van beroep"),
        code if code.starts_with("GH") => kind.starts_with("gerechtshof"),
        code if code.starts_with("RB") => kind.contains("rechtbank") || kind.contains("kantonrechter"),
        _ => false,
    };
    other.direction == Direction::Eerder
        && other.date.is_none()
        && link.ecli.is_none()
        && fits
        && link.date.as_deref().is_some_and(|date| date.starts_with(*year))
}

/// Whether what was decided was decided about that ruling: it is an earlier one of a court below. A ruling of the same
/// court is an interim one, and the Hoge Raad reviews no rechtbank where there is a hof.
fn reviewable(link: &Link, kind: &str, main: &str) -> bool {
    let court = link.court.as_deref().unwrap_or_default();
    let below = match kind {
        // A rechtbank reviews no court.
        "rechtbank" => false,
        "hof" => !court.starts_with("gerechtshof"),
        "hr" => !court.contains("rechtbank") || link.relation.starts_with("sprongcassatie"),
        "rvs" => !court.contains("raad van state"),
        "cbb" => !court.starts_with("college"),
        "crvb" => !court.starts_with("centrale raad"),
        _ => true,
    };
    // Rectification, verzet and review are about a ruling of the court itself.
    let own = ["rectificatie", "verzet", "herziening"]
        .iter()
        .any(|one| link.relation.starts_with(one) || main.starts_with(one));
    link.direction == Direction::Eerder
        && !link.relation.contains("conclusie")
        && (below || own)
        && !court.contains("justitie")
}

/// The ruling under appeal is the latest earlier one of a court below: what the dictum did, it did to that one.
fn settle(links: &mut [Link], kind: &str, verdict: &Verdict, rules: &Rules) {
    let fate = |id: &str| rules.keten.uitkomst.iter().find(|rule| rule.uitkomst == id);
    // "hoger beroep gegrond; vernietigt de uitspraak, voor zover ...": of the ruling only a part fell.
    let fallen = ["uitspraak-vernietigd", "vonnis-vernietigd"];
    let mut parts = verdict.all.iter().filter(|found| fallen.contains(&found.value.id.as_str())).peekable();
    let in_part = parts.peek().is_some() && parts.all(|found| found.value.partly);
    let by_main = verdict.main.value().and_then(|main| fate(main)).map(|rule| (rule, verdict.partly || in_part));
    // In a criminal appeal the main outcome is the conviction; what became of the ruling stands beside it.
    let rule =
        by_main.or_else(|| verdict.all.iter().find_map(|found| Some((fate(&found.value.id)?, found.value.partly))));
    let main = verdict.main.value().map_or("", String::as_str);
    let latest = links.iter().filter(|link| reviewable(link, kind, main)).filter_map(|link| link.date.clone()).max();
    for link in links.iter_mut() {
        if let Some((rule, partly)) = rule
            && reviewable(link, kind, main)
            && link.date == latest
        {
            link.fate = Some(if partly { rule.deels.clone() } else { rule.waarde.clone() });
        }
        if link.relation.is_empty() {
            let below = reviewable(link, kind, main);
            link.relation = if below { "eerdere aanleg" } else { "eerder in deze zaak" }.to_owned();
        }
    }
}

/// What the court below did with the appeal before it: "heeft de rechtbank het beroep ongegrond verklaard".
pub(super) fn earlier_result(doc: &Doc) -> Option<Found<String>> {
    let told = doc.sentences(|zone| zone < Zone::Dictum);
    let sentence = told.into_iter().rev().find(|sentence| {
        let text = sentence.text.to_lowercase();
        let reasons = doc.lines.get(sentence.line).is_some_and(|line| line.zone == Zone::Reasons);
        (!reasons || text.starts_with("bij "))
            && ["rechtbank", "beroep", "verklaard", "gegrond"].iter().all(|word| text.contains(word))
    })?;
    let text = sentence.text.to_lowercase();
    let value = if text.contains("ongegrond verklaard") { "ongegrond" } else { "gegrond" };
    Some(Found { value: value.to_owned(), place: doc.place_of(&sentence) })
}

/// One step of a walk along relations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The ECLI.
    pub ecli: String,
    /// How many relations away.
    pub distance: usize,
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Every instance of the case, the nearest first, without the one it began with.
    pub instances: Vec<Seen>,
    /// A relation led back to an instance that was met before by another way: a cycle, or both sides telling the same.
    pub met_again: usize,
    /// The walk was cut off: no real case has so many instances.
    pub cut_off: bool,
}

/// Most instances that a walk visits.
const MOST_INSTANCES: usize = 50;

/// Follows relations from one judgment. Each instance is visited once, so that relations in a circle end.
pub fn walk(start: &str, related: impl Fn(&str) -> Vec<String>) -> Walk {
    let mut found = Walk::default();
    let mut visited: HashSet<String> = HashSet::from([start.to_uppercase()]);
    let mut queue: VecDeque<(String, usize)> = VecDeque::from([(start.to_owned(), 0)]);
    while let Some((ecli, distance)) = queue.pop_front() {
        for next in related(&ecli) {
            if !visited.insert(next.to_uppercase()) {
                found.met_again += 1;
            } else if found.instances.len() >= MOST_INSTANCES {
                found.cut_off = true;
                return found;
            } else {
                found.instances.push(Seen { ecli: next.clone(), distance: distance + 1 });
                queue.push_back((next, distance + 1));
            }
        }
    }
    found
}
