use proptest::prelude::*;

use super::*;

/// Monday 7 September 2026, midnight in Amsterdam.
const MONDAY: i64 = 1_788_732_000;

fn at(day: i64, hour: i64) -> Timestamp {
    Timestamp::from_second(MONDAY + day * DAY + hour * HOUR).expect("a time")
}

/// Polled every hour for some days; `news` tells by day and hour what is new.
fn hours(days: i64, news: impl Fn(i64, i64) -> i64) -> Vec<Hour> {
    let hour = |n: i64| {
        let new = news(n / 24, n % 24);
        let hour = MONDAY + n * HOUR;
        Hour { hour, polls: 1, new, known: 20, with_date: new, with_link: new, with_text: new, ..Hour::default() }
    };
    (0..days * 24).map(hour).collect()
}

/// Three items at nine on working days.
fn office(day: i64, hour: i64) -> i64 {
    if day % 7 < 5 && hour == 9 { 3 } else { 0 }
}

fn kinds(hours: &[Hour], now: Timestamp) -> Vec<Kind> {
    assess(hours, now).into_iter().map(|wrong| wrong.kind).collect()
}

#[test]
fn a_silence_is_named_once_the_usual_hours_passed_in_vain_and_ends_with_the_first_news() {
    // Nothing from Thursday of the fourth week on.
    let fault = 24;
    let silent = |day, hour| if day < fault { office(day, hour) } else { 0 };
    assert_eq!(kinds(&hours(fault, silent), at(fault, 0)), []);
    assert_eq!(kinds(&hours(fault + 1, silent), at(fault + 1, 0)), []);
    let wrong = assess(&hours(fault + 6, silent), at(fault + 6, 0));
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].kind, Kind::Silent);
    assert_eq!(wrong[0].detail, "stil sinds woensdag 30 september 9.00 uur, normaal om de 31 uur");
    let back = |day, hour| if day < fault + 6 { silent(day, hour) } else { 1 };
    assert_eq!(kinds(&hours(fault + 7, back), at(fault + 7, 0)), []);
}

#[test]
fn a_weekend_is_no_silence_and_neither_is_time_without_us() {
    assert_eq!(kinds(&hours(28, office), at(28, 6)), []);
    // We were away from Tuesday to the next Monday, and are back before nine.
    let away = hours(36, office).into_iter().filter(|hour| !(29..35).contains(&((hour.hour - MONDAY) / DAY)));
    let away: Vec<Hour> = away.filter(|hour| hour.hour < MONDAY + 35 * DAY + 8 * HOUR).collect();
    assert_eq!(kinds(&away, at(35, 8)), []);
    let failing = |mut hour: Hour| {
        if hour.hour >= MONDAY + 29 * DAY {
            (hour.failed, hour.new, hour.known) = (1, 0, 0);
        }
        hour
    };
    let failed: Vec<Hour> = hours(40, office).into_iter().map(failing).collect();
    assert_eq!(kinds(&failed, at(40, 0)), []);
}

#[test]
fn a_new_source_is_given_time_and_a_dead_one_is_named_in_the_end() {
    let dead = |day, hour| if (day, hour) == (0, 0) { 20 } else { 0 };
    for days in [1, 7, 60] {
        assert_eq!(kinds(&hours(days, dead), at(days, 0)), []);
    }
    let wrong = assess(&hours(99, dead), at(99, 0));
    assert_eq!(wrong[0].detail, "niets nieuws zolang wij kijken, sinds maandag 7 september 0.00 uur");
    assert_eq!(assess(&[], at(0, 0)), []);
}

#[test]
fn the_same_bytes_are_named_instead_of_silence() {
    let fault = 24;
    let mut cached = hours(fault + 6, |day, hour| if day < fault { office(day, hour) } else { 0 });
    let start = MONDAY + (fault - 1) * DAY;
    cached.iter_mut().filter(|hour| hour.hour > start && hour.new == 0).for_each(|hour| hour.same = 1);
    let wrong = assess(&cached, at(fault + 6, 0));
    let details: Vec<&str> = wrong.iter().map(|wrong| wrong.detail.as_str()).collect();
    let said = "steeds precies hetzelfde antwoord sinds woensdag 30 september 10.00 uur, normaal komt er iets nieuws om de 31 uur";
    assert_eq!(details, [said]);
}

#[test]
fn only_rejections_are_named_after_three_and_end_with_the_first_record() {
    let mut changed = hours(3, |_, hour| i64::from(hour == 9));
    let rejected = |hour: &mut Hour| (hour.new, hour.known, hour.rejected) = (0, 0, 20);
    changed.iter_mut().filter(|hour| hour.hour >= MONDAY + 3 * DAY - 2 * HOUR).for_each(rejected);
    assert_eq!(kinds(&changed, at(3, 0)), []);
    changed.iter_mut().filter(|hour| hour.hour >= MONDAY + 3 * DAY - 3 * HOUR).for_each(rejected);
    let wrong = assess(&changed, at(3, 0));
    assert_eq!(wrong[0].detail, "alles wordt geweigerd sinds woensdag 9 september 21.00 uur");
    changed.push(Hour { hour: MONDAY + 3 * DAY, polls: 1, known: 20, ..Hour::default() });
    assert_eq!(kinds(&changed, at(3, 1)), []);
}

#[test]
fn parts_that_items_had_and_lost_are_named() {
    let mut bare = hours(30, office);
    let strip = |hour: &mut Hour| (hour.with_date, hour.with_text) = (0, 0);
    bare.iter_mut().filter(|hour| hour.hour >= MONDAY + 24 * DAY).for_each(strip);
    let wrong = assess(&bare, at(30, 0));
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        (wrong[0].kind, wrong[0].detail.as_str()),
        (Kind::Shape, "de berichten hebben geen datum en tekst meer")
    );
    assert!(kinds(&bare[..25 * 24], at(25, 0)).is_empty());
    let mut never = hours(30, office);
    never.iter_mut().for_each(strip);
    assert_eq!(kinds(&never, at(30, 0)), []);
}

#[test]
fn half_of_the_usual_is_named_until_it_is_usual_again() {
    let steady = |day: i64, hour: i64| if (8..20).contains(&hour) { 2 + (day * 7 + hour * 3) % 3 } else { 0 };
    let half = |from: i64, to: i64| {
        move |day, hour| if (from..to).contains(&day) { steady(day, hour) / 2 } else { steady(day, hour) }
    };
    // From 16 November on, outside every vacation.
    assert_eq!(kinds(&hours(77, half(70, 99)), at(71, 0)), []);
    let wrong = assess(&hours(84, half(70, 99)), at(84, 0));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].detail.starts_with("half zoveel berichten als gewoon: "), "{wrong:?}");
    assert_eq!(kinds(&hours(100, half(70, 84)), at(100, 0)), []);
}

#[test]
fn words_for_times() {
    assert_eq!(moment(at(29, 14)), "dinsdag 6 oktober 14.00 uur");
    let said = [1800, 5 * HOUR, 47 * HOUR, 2 * DAY, 13 * DAY, 30 * DAY].map(every);
    assert_eq!(said, ["elk uur", "om de 5 uur", "om de 47 uur", "om de 2 dagen", "om de 13 dagen", "om de 4 weken"]);
}

proptest! {
    #[test]
    fn any_history_is_read(rows in prop::collection::vec((0i64..4000, 0i64..4, 0i64..4, 0i64..900, 0i64..9, 0i64..3), 0..300)) {
        let mut hours: Vec<Hour> = rows
            .into_iter()
            .map(|(hour, polls, failed, new, rejected, same)| Hour {
                hour: MONDAY + hour * HOUR, polls, failed, new, rejected, same, with_date: new / 2, ..Hour::default()
            })
            .collect();
        let now = at(167, 0);
        prop_assert!(assess(&hours, now).len() <= 2);
        hours.sort_by_key(|hour| hour.hour);
        prop_assert!(assess(&hours, now).len() <= 2);
    }
}
