use std::collections::HashSet;

use super::{
    series::{Stories, count},
    *,
};
use crate::domain::trend::{Labelled, Marked, Narrowing, Telling};

fn week() -> Week {
    "2026-W40".parse().expect("a week")
}

/// A small world: sources that publish every week, and `stories` about a fenomeen per week back from the judged one.
#[derive(Default)]
struct World {
    tellings: Vec<Telling>,
    labelled: Vec<Labelled>,
    marked: Vec<Marked>,
    next: i64,
}

impl World {
    fn ordinary(&mut self, source: &str, weeks: std::ops::Range<i64>, per_week: u32) {
        for back in weeks {
            for _ in 0..per_week {
                self.next += 1;
                self.tellings.push(Telling { week: week().plus(-back), story: self.next, source: source.into() });
            }
        }
    }

    fn story(&mut self, back: i64, sources: &[&str], gemeente: &str) {
        self.next += 1;
        for source in sources {
            self.tellings.push(Telling { week: week().plus(-back), story: self.next, source: (*source).into() });
        }
        self.labelled.push(Labelled { story: self.next, fenomeen: "wapens-explosies".into() });
        self.marked.push(Marked { story: self.next, axis: Narrowing::Gemeente, value: gemeente.into() });
    }

    fn trends(&self) -> Vec<Trend> {
        let region = HashSet::from(["GM0479".to_owned(), "GM0439".to_owned()]);
        let all = ["wapens-explosies".to_owned(), "witwassen".to_owned()];
        let stories = Stories { tellings: &self.tellings, labelled: &self.labelled, marked: &self.marked };
        let counted = count(stories, week(), 59, &region, &all);
        detect(&counted.series, &Params::default())
    }
}

/// Trends and their parts.
fn everything(trends: &[Trend]) -> impl Iterator<Item = &Trend> {
    trends.iter().flat_map(|trend| std::iter::once(trend).chain(&trend.parts))
}

fn quiet() -> World {
    let mut world = World::default();
    for source in ["a", "b", "c"] {
        world.ordinary(source, 0..60, 40);
    }
    for back in 0..60 {
        world.story(back, &["a", "b"], "GM0479");
        if back % 2 == 0 {
            world.story(back, &["c"], "GM0439");
        }
    }
    world
}

#[test]
fn a_quiet_world_has_no_trend_and_a_wave_has_one_with_its_place_and_beginning() {
    assert_eq!(quiet().trends(), []);
    let mut world = quiet();
    for back in 0..3 {
        for turn in 0..8 {
            world.story(back, if turn % 2 == 0 { &["a", "b"] } else { &["c"] }, "GM0479");
        }
    }
    let trends = world.trends();
    let here = everything(&trends).find(|trend| trend.key.gemeente.as_deref() == Some("GM0479")).expect("a trend");
    assert_eq!((here.seen, here.sureness), (9, Sureness::ZeerZeker));
    assert!((0.5..2.0).contains(&here.expected), "{}", here.expected);
    assert_eq!(here.since, week().plus(-2));
    assert!(everything(&trends).all(|trend| trend.key.gemeente.as_deref() != Some("GM0439")));
}

#[test]
fn a_story_told_by_everyone_counts_once() {
    let mut world = quiet();
    world.story(0, &["a", "b", "c"], "GM0479");
    assert_eq!(world.trends(), []);
}

#[test]
fn a_new_source_full_of_crime_is_no_trend() {
    let mut world = quiet();
    world.ordinary("nieuw", 0..20, 40);
    for back in 0..20 {
        for _ in 0..6 {
            world.story(back, &["nieuw"], "GM0479");
        }
    }
    assert_eq!(world.trends(), []);
}

#[test]
fn a_source_that_falls_silent_is_no_fall() {
    let mut world = quiet();
    world.ordinary("stil", 4..60, 40);
    for back in 4..60 {
        for _ in 0..8 {
            world.story(back, &["stil"], "GM0439");
        }
    }
    assert_eq!(world.trends(), []);
}

#[test]
fn a_wave_of_other_news_is_no_trend() {
    let mut world = quiet();
    world.ordinary("a", 0..4, 200);
    assert_eq!(world.trends().len(), 0);
}

#[test]
fn too_little_history_gives_no_opinion() {
    let mut world = World::default();
    world.ordinary("a", 0..6, 40);
    world.ordinary("b", 0..6, 40);
    for _ in 0..20 {
        world.story(0, &["a", "b"], "GM0479");
    }
    assert_eq!(world.trends(), []);
}

#[test]
fn false_findings_stay_rare_over_many_quiet_series() {
    // Uniform p-values: Benjamini and Hochberg reject none of the evenly spaced ones.
    let even = (1..=1000_u32).map(|place| f64::from(place) / 1000.0);
    assert!(rejected(even, 0.05) < 1e-12);
    let mut with_one: Vec<f64> = (1..=1000_u32).map(|place| f64::from(place) / 1000.0).collect();
    with_one.push(1e-6);
    assert!((rejected(with_one.into_iter(), 0.05) - 1e-6).abs() < 1e-12);
}

#[test]
fn a_week_without_any_item_gives_no_opinion() {
    let mut world = quiet();
    world.tellings.retain(|telling| telling.week != week());
    assert_eq!(world.trends(), []);
    // And after it the series goes on: a week of silence is no week of zero.
    let mut world = quiet();
    world.tellings.retain(|telling| telling.week != week().plus(-1));
    assert_eq!(world.trends(), []);
}

#[test]
fn items_of_last_year_that_come_today_count_in_last_year() {
    let mut world = quiet();
    for _ in 0..40 {
        world.story(52, &["a", "b"], "GM0479");
    }
    assert_eq!(world.trends(), []);
}

#[test]
fn five_years_that_come_in_one_night_are_no_trend() {
    let mut world = quiet();
    world.ordinary("archief", 0..260, 30);
    for back in 0..260 {
        for _ in 0..3 {
            world.story(back, &["archief"], "GM0479");
        }
    }
    assert_eq!(world.trends(), []);
}

#[test]
fn a_rise_of_one_place_is_told_there_and_once() {
    let mut world = quiet();
    for turn in 0..12 {
        world.story(0, if turn % 2 == 0 { &["a", "b"] } else { &["c"] }, "GM0479");
    }
    let trends = world.trends();
    assert_eq!(trends.len(), 1, "{trends:?}");
    assert_eq!(trends.first().and_then(|trend| trend.key.gemeente.as_deref()), Some("GM0479"));
}

#[test]
fn a_rise_of_a_branche_is_told_with_it() {
    let mut world = quiet();
    let mark = |world: &mut World| {
        let story = world.next;
        world.marked.push(Marked { story, axis: Narrowing::Branche, value: "autoverhuur".into() });
    };
    for back in 1..60 {
        world.story(back, &["a", "b"], "GM0479");
        if back % 4 == 0 {
            mark(&mut world);
        }
    }
    for _ in 0..12 {
        world.story(0, &["a", "c"], "GM0479");
        mark(&mut world);
    }
    let trends = world.trends();
    let told: Vec<_> = everything(&trends).filter(|trend| trend.key.branche.is_some()).collect();
    assert!(told.iter().any(|trend| trend.key.branche.as_deref() == Some("autoverhuur")), "{trends:?}");
    assert_eq!(trends.len(), 1, "one finding, at the level that explains most");
}
