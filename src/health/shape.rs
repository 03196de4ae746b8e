//! What comes, apart from how much: another shape, only rejections, the same bytes for ever.

use jiff::Timestamp;

use super::past::Look;

/// What new items can have, in the words of a notice.
type Part = (&'static str, fn(&Look<'_>) -> i64);

const PARTS: [Part; 3] = [
    ("datum", |look| look.hour.with_date),
    ("link", |look| look.hour.with_link),
    ("tekst", |look| look.hour.with_text),
];
/// Share of the items in a past or recent batch below which it lacks a part.
const LACKING: f64 = 0.15;
/// Fewest past batches before something can be said, and share of the past items that must have had the part.
const LEAST_BATCHES: usize = 5;
const USUAL: f64 = 0.6;
/// Fewest items that lack it.
const LEAST_ITEMS: i64 = 2;
/// Chance below which a run of lacking batches is strange.
const STRANGE: f64 = 1e-3;
/// Polls with only rejections that make a fault.
const REJECTING: i64 = 3;
/// Same answers in a row that make a fault when they used to differ.
const SAME: i64 = 12;

/// What the latest batches lack, while the batches before them had it. Ends with the first batch that has it again, and
/// after the memory of the caller: then it is what is usual.
pub(super) fn lost(looks: &[Look<'_>]) -> Option<String> {
    let batches: Vec<&Look<'_>> = looks.iter().filter(|look| look.batch()).collect();
    let lost: Vec<&str> = PARTS.iter().filter(|part| is_lost(&batches, part.1)).map(|part| part.0).collect();
    let (last, others) = lost.split_last()?;
    let named = if others.is_empty() { (*last).to_owned() } else { format!("{} en {last}", others.join(", ")) };
    Some(format!("de berichten hebben geen {named} meer"))
}

fn is_lost(batches: &[&Look<'_>], part: fn(&Look<'_>) -> i64) -> bool {
    let lacks = |look: &&&Look<'_>| (part(look) as f64) < LACKING * look.hour.new as f64;
    let run = batches.iter().rev().take_while(lacks).count();
    let (past, recent) = batches.split_at(batches.len() - run);
    let items = |batches: &[&Look<'_>]| batches.iter().map(|look| look.hour.new).sum::<i64>();
    let having: i64 = past.iter().map(|look| part(look)).sum();
    if run < 2
        || past.len() < LEAST_BATCHES
        || items(recent) < LEAST_ITEMS
        || (having as f64) < USUAL * items(past) as f64
        || run <= longest(past.iter().map(|look| lacks(&look)))
    {
        return false;
    }
    let chance = (past.iter().filter(lacks).count() as f64 + 0.5) / (past.len() as f64 + 1.0);
    chance.powi(i32::try_from(run).unwrap_or(i32::MAX)) < STRANGE
}

/// Since when everything that came was rejected. An answer with nothing in it says nothing; "unchanged" after a rejection
/// is that rejection again. Ends with the first record that is read.
pub(super) fn rejecting(looks: &[Look<'_>]) -> Option<Timestamp> {
    let accepts = |look: &Look<'_>| look.hour.new + look.hour.changed + look.hour.known > 0;
    let start = looks.iter().rposition(accepts).map_or(0, |last| last + 1);
    let (past, recent) = looks.split_at_checked(start)?;
    let first = recent.iter().position(|look| look.hour.rejected > 0)?;
    let run = recent.get(first..)?;
    let rejected: i64 = run.iter().map(|look| look.hour.rejected).sum();
    let again = |look: &&Look<'_>| look.hour.rejected > 0 || look.hour.unchanged > 0;
    let polls: i64 = run.iter().filter(again).map(Look::polls).sum();
    let usual = longest(past.iter().filter(|look| accepts(look) || look.hour.rejected > 0).map(|look| !accepts(look)));
    (polls >= REJECTING && rejected >= REJECTING && run.len() > 2 * usual)
        .then(|| Timestamp::from_second(run.first()?.hour.hour).ok())
        .flatten()
}

/// Since when the same bytes come, though answers used to differ nearly every time. `silent` says that nothing new is
/// already strange: then it is enough that every answer in the silence was the same.
pub(super) fn same(looks: &[Look<'_>], silent: bool) -> Option<Timestamp> {
    let same = |look: &Look<'_>| look.hour.same > 0 && look.hour.same >= look.polls() && look.hour.new == 0;
    let start = looks.iter().rposition(|look| !same(look)).map_or(0, |last| last + 1);
    let (past, run) = looks.split_at_checked(start)?;
    let polls: i64 = run.iter().map(Look::polls).sum();
    let since = || Timestamp::from_second(run.first()?.hour.hour).ok();
    if silent {
        let batch = looks.iter().rposition(Look::batch).map_or(0, |last| last + 1);
        let silence = looks.get(batch..)?;
        let alike = silence.iter().filter(|look| same(look)).count();
        // The first answer after a batch often differs by what the server adds of its own.
        return (alike >= 3 && alike * 10 >= silence.len() * 9).then(since).flatten();
    }
    let usual = longest(past.iter().map(same));
    let share = past.iter().filter(|look| same(look)).count() as f64 / past.len().max(1) as f64;
    (past.len() >= 100 && share < 0.2 && polls >= SAME && run.len() > 3 * usual).then(since).flatten()
}

/// Length of the longest run of true.
fn longest(values: impl Iterator<Item = bool>) -> usize {
    let runs = values.scan(0, |run, value| {
        *run = if value { *run + 1 } else { 0 };
        Some(*run)
    });
    runs.max().unwrap_or(0)
}
