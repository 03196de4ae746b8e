//! The first lines: a subject that carries the news, the three things to know, and the numbers in words.

use super::parts::{Completeness, Digest, Finding, NumberLine};
use crate::{
    domain::trend::{Direction, Sureness},
    report::words,
};

/// One thing to know, and where it is told further on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// The sentence that goes first.
    pub head: String,
    /// The rest.
    pub rest: String,
    /// Name of its place further on.
    pub anchor: String,
}

/// The subject carries the news, not the name of the product.
#[must_use]
pub fn subject(digest: &Digest) -> String {
    let sure = |finding: &&Finding| finding.surest().is_some_and(|line| line.sureness > Sureness::Aanwijzing);
    let mut parts: Vec<String> =
        digest.up.iter().filter(sure).take(2).map(|up| format!("meer {}{}", up.short, places(&up.places()))).collect();
    if let Some(down) = digest.down.first().filter(|_| parts.is_empty()) {
        parts.push(format!("minder {}{}", down.short, places(&down.places())));
    }
    if let Some(topic) = digest.topics.first() {
        parts.push(format!("nieuw: '{}'", topic.name));
    }
    if parts.is_empty() {
        parts.push("geen nieuwe trends".to_owned());
    }
    format!("Week {}: {}", digest.week.number(), parts.join(" · "))
}

/// ` in Zaanstad en Purmerend`, or nothing.
fn places(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one, two, _, rest @ ..] => format!(" in {one}, {two} en {} andere", rest.len() + 1),
        few => format!(" in {}", words::list(few)),
    }
}

/// The three things to know.
#[must_use]
pub fn brief(digest: &Digest) -> Vec<Thing> {
    let rises: Vec<Thing> = digest
        .up
        .iter()
        .zip(1..)
        .filter_map(|(finding, number)| change(finding, Direction::Up, format!("groei-{number}")))
        .collect();
    let falls = digest.down.iter().zip(1..);
    let falls = falls.filter_map(|(finding, number)| change(finding, Direction::Down, format!("daling-{number}")));
    let other: Vec<Thing> = new(digest).into_iter().chain(case(digest)).collect();
    // What is new and what judges say do not wait behind a second and third rise.
    let first = 3_usize.saturating_sub(other.len());
    let (rises, rest) = rises.split_at(first.min(rises.len()));
    let mut things: Vec<Thing> = rises.iter().cloned().chain(other).chain(rest.iter().cloned()).chain(falls).collect();
    things.truncate(3);
    if digest.up.is_empty() && digest.down.is_empty() && digest.topics.is_empty() {
        things.insert(0, quiet(&digest.complete));
    }
    things
}

fn new(digest: &Digest) -> Option<Thing> {
    let topic = digest.topics.first()?;
    let before =
        if topic.before == 0 { "niet eerder gezien".to_owned() } else { format!("eerder {} keer", topic.before) };
    Some(Thing {
        head: format!("Nieuw: '{}'.", topic.name),
        rest: format!(
            "{}, {}, {before}. Aanwijzing, nog geen trend.",
            words::counted(topic.recent.into(), "gebeurtenis", "gebeurtenissen"),
            words::counted(topic.publishers.into(), "bron", "bronnen"),
        ),
        anchor: "nieuw-1".to_owned(),
    })
}

fn case(digest: &Digest) -> Option<Thing> {
    let case = digest.judgments.iter().find(|case| !case.quotes.is_empty()).or(digest.judgments.first())?;
    Some(Thing {
        head: format!("{}:", case.court),
        rest: words::excerpt(&case.summary, 180),
        anchor: "rechtspraak".to_owned(),
    })
}

fn change(finding: &Finding, direction: Direction, anchor: String) -> Option<Thing> {
    let (main, surest) = (finding.main()?, finding.surest()?);
    let parts: Vec<String> = finding
        .lines
        .iter()
        .skip(1)
        .filter(|line| line.gemeente.is_some())
        .take(3)
        .map(|line| format!("{} ({})", line.place, line.seen))
        .collect();
    let place = match &main.gemeente {
        Some(_) => format!(" in {}", main.place),
        None if parts.is_empty() => String::new(),
        None => format!(", vooral in {}", words::list(&parts)),
    };
    let word = if direction == Direction::Up { "" } else { "Minder " };
    Some(Thing {
        head: format!("{word}{}:", if word.is_empty() { finding.label.clone() } else { lower(&finding.label) }),
        rest: format!(
            "{}{place}; normaal {}. {}. Sinds week {}.",
            words::counted(main.seen.into(), "gebeurtenis", "gebeurtenissen"),
            about(main.expected),
            how_sure(finding),
            surest.since.number(),
        ),
        anchor,
    })
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A week without news says whether it was quiet or we were blind.
fn quiet(complete: &Completeness) -> Thing {
    let blind = complete.items == 0 || complete.silent.len() + complete.broken.len() > complete.sources;
    let verdict = if blind {
        "wij zagen te weinig om te weten of het rustig was"
    } else {
        "het was rustig, wij waren niet blind"
    };
    Thing {
        head: "Geen nieuwe trends.".to_owned(),
        rest: format!("Wij zagen {}: {verdict}.", read(complete)),
        anchor: "volledig".to_owned(),
    }
}

/// `1.204 van 1.210 berichten uit 61 bronnen`.
#[must_use]
pub fn read(complete: &Completeness) -> String {
    let all = complete.items + complete.refused;
    format!(
        "{} van {} uit {}",
        words::whole(complete.items),
        words::counted(all, "bericht", "berichten"),
        words::counted(i64::try_from(complete.sources).unwrap_or(0), "bron", "bronnen"),
    )
}

/// What a mail program shows beside the subject.
#[must_use]
pub fn preheader(digest: &Digest, things: usize) -> String {
    format!(
        "{} om te weten, vijf minuten lezen. {} gelezen.",
        if things == 1 { "1 ding".to_owned() } else { format!("{things} dingen") },
        read(&digest.complete),
    )
}

/// `2 à 3`, `minder dan 1`, `12`: an expectation as one would say it.
#[must_use]
pub fn about(expected: f64) -> String {
    let (low, high) = (expected.floor(), expected.ceil());
    if expected < 0.95 {
        "minder dan 1".to_owned()
    } else if expected >= 10.0 || (expected - expected.round()).abs() < 0.15 {
        format!("{:.0}", expected.round())
    } else {
        format!("{low:.0} à {high:.0}")
    }
}

/// How sure a line is, in its word and as a number. Chances smaller than one in a thousand are not told apart: no model
/// of counts is that good in its tail.
#[must_use]
pub fn sure(line: &NumberLine) -> String {
    let word = words::capital(line.sureness.word());
    let odds = (1.0 / line.p.max(1e-9)).min(1000.0);
    // One digit is all that such a number is worth; rounded down, so that it is never surer than it was.
    let step = if odds >= 100.0 {
        100.0
    } else if odds >= 10.0 {
        10.0
    } else {
        1.0
    };
    let odds = format!("{:.0}", (odds / step).floor() * step);
    let odds = words::whole(odds.parse().unwrap_or(1));
    let note = if line.sureness == Sureness::Aanwijzing { ", nog geen trend" } else { "" };
    format!("{word}{note} (kans op toeval kleiner dan 1 op {odds})")
}

/// How sure a finding is: as sure as its surest part, which is named where the whole is less sure.
#[must_use]
pub fn how_sure(finding: &Finding) -> String {
    match (finding.main(), finding.surest()) {
        (Some(main), Some(surest)) if surest.sureness > main.sureness => {
            format!("{}, voor {}", sure(surest), surest.place)
        }
        (Some(main), _) => sure(main),
        (None, _) => String::new(),
    }
}

/// How much it is against what was expected.
#[must_use]
pub fn size(line: &NumberLine) -> String {
    let seen = f64::from(line.seen);
    if line.expected < 0.5 && seen > line.expected {
        "zeldzaam tot nu toe".to_owned()
    } else if seen < line.expected {
        format!("{:.0}% minder", (1.0 - seen / line.expected.max(0.1)) * 100.0)
    } else {
        format!("{} keer zoveel", words::decimal(seen / line.expected))
    }
}
