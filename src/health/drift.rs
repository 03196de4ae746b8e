//! Does a source still look like what the model knows? Its newest full month is held against its own months before: words
//! that the model never read, and items about which it doubts. A rise in "ja" is no drift; that may be news.

use crate::domain::drift::MonthSeen;

/// Fewer items in a month say nothing.
const LEAST_ITEMS: u32 = 30;
/// Fewer months before it are no past.
const LEAST_MONTHS: usize = 3;
/// How many standard deviations above its past is strange.
const FAR: f64 = 3.0;
/// The least rise in the share of unknown words that anybody would notice.
const LEAST_RISE: f64 = 0.05;

/// Says in Dutch what is strange about the newest month, or nothing. The months are of one source, oldest first.
#[must_use]
pub fn drift(months: &[MonthSeen]) -> Option<String> {
    let full: Vec<&MonthSeen> = months.iter().filter(|month| month.items >= LEAST_ITEMS).collect();
    let (last, past) = full.split_last()?;
    if past.len() < LEAST_MONTHS {
        return None;
    }
    let count = f64::from(u32::try_from(past.len()).unwrap_or(u32::MAX));
    let usual = past.iter().map(|month| month.unknown).sum::<f64>() / count;
    let spread = (past.iter().map(|month| (month.unknown - usual).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    if last.unknown > usual + (FAR * spread).max(LEAST_RISE) {
        return Some(said("onbekende woorden", last.unknown, usual, &last.month));
    }
    let (items, doubt) = past.iter().fold((0, 0), |(items, doubt), month| (items + month.items, doubt + month.doubt));
    let usual = f64::from(doubt) / f64::from(items);
    let own = last.share(last.doubt);
    // Two proportions (Fleiss, Levin and Paik 2003, section 3.1), and twice as much: both sure and large.
    let pooled = f64::from(doubt + last.doubt) / f64::from(items + last.items);
    let error = (pooled * (1.0 - pooled) * (1.0 / f64::from(items) + 1.0 / f64::from(last.items))).sqrt();
    let strange = last.doubt >= 5 && own >= 2.0 * usual && error > 0.0 && (own - usual) / error > FAR;
    strange.then(|| said("berichten met twijfel", own, usual, &last.month))
}

fn said(what: &str, own: f64, usual: f64, month: &str) -> String {
    format!(
        "lijkt niet meer op wat het model kent: {:.0}% {what} in {month}, normaal {:.0}%",
        100.0 * own,
        100.0 * usual
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(shares: &[(u32, u32, f64)]) -> Vec<MonthSeen> {
        let month = |(number, (items, doubt, unknown)): (u32, &(u32, u32, f64))| MonthSeen {
            source: "bron".into(),
            month: format!("2026-{number:02}"),
            items: *items,
            yes: 0,
            doubt: *doubt,
            unknown: *unknown,
        };
        (1..).zip(shares).map(month).collect()
    }

    #[test]
    fn strange_words_and_much_doubt_are_named_and_noise_is_not() {
        let quiet = [(100, 5, 0.20), (90, 6, 0.22), (110, 4, 0.21)];
        let with = |last| drift(&months(&[&quiet[..], &[last]].concat()));
        assert_eq!(with((100, 6, 0.22)), None);
        assert!(
            with((100, 6, 0.40)).is_some_and(|said| said.contains("40% onbekende woorden in 2026-04, normaal 21%"))
        );
        assert!(with((100, 30, 0.21)).is_some_and(|said| said.contains("30% berichten met twijfel")));
        assert_eq!(with((10, 9, 0.9)), None, "ten items are no month");
        assert_eq!(drift(&months(&quiet[..2])), None, "no past");
    }
}
