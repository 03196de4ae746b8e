//! The seeded generator of the fictional archive, with its plot. The same options give the same archive.

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::texts::{Judgment, Texts};
use crate::domain::week::Week;

/// Size and seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Weeks of archive.
    pub weeks: u32,
    /// Items per week over all sources together.
    pub items_per_week: u32,
    /// Seed.
    pub seed: u64,
    /// Extra judgments of full length, for measuring.
    pub judgments: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { weeks: 60, items_per_week: 200, seed: 1, judgments: 0 }
    }
}

/// The form in which a source publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Rss,
    Atom,
    Json,
    /// Always answers with an error.
    Broken,
}

/// One fictional source.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    pub(super) slug: &'static str,
    pub(super) title: &'static str,
    pub(super) form: Form,
    /// Share of its items that are about crime.
    crime: f64,
    /// First week in which it publishes, counted from the start; and the last, counted from the end.
    from: u32,
    until: u32,
}

/// One published item.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) id: usize,
    pub(super) at: Timestamp,
    pub(super) title: String,
    pub(super) text: String,
}

/// One published judgment.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub(super) ecli: String,
    pub(super) at: Timestamp,
    /// None: the ECLI is listed, but its document has been withdrawn.
    pub(super) judgment: Option<Judgment>,
}

/// Everything that the fictional world has published, newest first per source.
pub struct Archive {
    pub(super) outlets: Vec<Outlet>,
    pub(super) items: Vec<Vec<Published>>,
    pub(super) judgments: Vec<Decided>,
}

/// Gemeenten of the fictional news, with their weights.
const PLACES: [(&str, u32); 14] = [
    ("Zaandam", 8),
    ("Purmerend", 8),
    ("Alkmaar", 10),
    ("Haarlem", 12),
    ("Hoorn", 7),
    ("Den Helder", 6),
    ("IJmuiden", 6),
    ("Beverwijk", 5),
    ("Heerhugowaard", 5),
    ("Schagen", 4),
    ("Hilversum", 5),
    ("Enkhuizen", 3),
    ("Castricum", 3),
    ("Hoofddorp", 8),
];
const FENOMENEN: [&str; 20] = [
    "hennepteelt",
    "synthetische-drugs",
    "cocaine-havens",
    "drugshandel",
    "mensenhandel",
    "mensensmokkel",
    "witwassen",
    "vastgoedmisbruik",
    "faillissementsfraude",
    "zorgfraude",
    "subsidiefraude",
    "milieucriminaliteit",
    "cybercrime",
    "wapens-explosies",
    "criminele-motorbendes",
    "intimidatie-bestuur",
    "illegaal-gokken",
    "jonge-aanwas",
    "illegale-tabak",
    "ladingdiefstal",
];
const ORDINARY: [&str; 12] = [
    "sport",
    "verkeer",
    "weer",
    "cultuur",
    "gemeenteraad",
    "onderwijs",
    "economie",
    "zorg",
    "natuur",
    "wonen",
    "klein-leed",
    "onschuldig",
];
/// The ECLI whose document brings a DTD of its own.
pub(super) const HOSTILE: &str = "ECLI:NL:RBLIM:2026:9301";
/// Stories of the wave, in the last four weeks, oldest first.
const WAVE: [u32; 4] = [2, 4, 6, 9];
/// Sites that copy the press release.
const COPIES: usize = 12;
/// Weeks before the end in which the holiday news swells.
const HOLIDAY_WEEKS: u32 = 3;

fn outlets(weeks: u32) -> Vec<Outlet> {
    let site = |slug, title, form| Outlet { slug, title, form, crime: 0.18, from: 0, until: 0 };
    let mut outlets = vec![
        site("de-kop", "De Kop van Noord", Form::Rss),
        site("zaanse-bode", "Zaanse Bode", Form::Atom),
        site("waterlands-nieuws", "Waterlands Nieuws", Form::Rss),
        site("kennemer-koerier", "Kennemer Koerier", Form::Json),
        site("west-fries-dagblad", "West-Fries Dagblad", Form::Rss),
        site("omroep-duin", "Omroep Duin", Form::Atom),
        site("haven-post", "De Havenpost", Form::Rss),
        site("alkmaars-blad", "Alkmaars Blad", Form::Rss),
        site("gooi-actueel", "Gooi Actueel", Form::Json),
        site("meer-nieuws", "Meer Nieuws", Form::Rss),
        site("ijmond-vandaag", "IJmond Vandaag", Form::Atom),
        site("polder-journaal", "Polderjournaal", Form::Rss),
        Outlet { crime: 0.7, ..site("politie-berichten", "Politieberichten (fictief)", Form::Rss) },
        Outlet { crime: 0.25, ..site("gemeente-nieuws", "Gemeentenieuws (fictief)", Form::Atom) },
    ];
    // Added half-way, and full of crime: no trend.
    outlets.push(Outlet { crime: 0.9, from: weeks / 2, ..site("misdaad-monitor", "Misdaadmonitor", Form::Rss) });
    // Falls silent five weeks before the end: no fall.
    outlets.push(Outlet { crime: 0.35, until: 5, ..site("stadsblad-noord", "Stadsblad Noord", Form::Rss) });
    outlets.push(site("storing", "Radio Storing", Form::Broken));
    outlets
}

impl Archive {
    /// Makes the archive that ends with the given week.
    #[must_use]
    pub fn generate(options: Options, last: Week) -> Self {
        let texts = Texts::load();
        let outlets = outlets(options.weeks);
        let mut maker = Maker {
            random: ChaCha8Rng::seed_from_u64(options.seed),
            items: vec![Vec::new(); outlets.len()],
            next: 0,
            outlets: &outlets,
            texts: &texts,
        };
        for back in (0..options.weeks).rev() {
            maker.week(options, last.plus(-i64::from(back)), back);
        }
        let mut items = maker.items;
        for list in &mut items {
            list.sort_by(|a, b| b.at.cmp(&a.at).then(b.id.cmp(&a.id)));
        }
        let judgments = judgments(&texts, options, last);
        Self { outlets, items, judgments }
    }

    /// Number of items and judgments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.iter().map(Vec::len).sum::<usize>() + self.judgments.len()
    }

    /// True when nothing was made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

struct Maker<'a> {
    random: ChaCha8Rng,
    items: Vec<Vec<Published>>,
    next: usize,
    outlets: &'a [Outlet],
    texts: &'a Texts,
}

impl Maker<'_> {
    fn week(&mut self, options: Options, week: Week, back: u32) {
        let age = options.weeks - 1 - back;
        let sites: Vec<usize> = self
            .outlets
            .iter()
            .enumerate()
            .filter(|(_, outlet)| outlet.form != Form::Broken)
            .map(|(place, _)| place)
            .collect();
        let each = f64::from(options.items_per_week) / f64::from(u32::try_from(sites.len()).unwrap_or(1));
        for outlet in sites {
            let Some((crime, active)) =
                self.outlets.get(outlet).map(|outlet| (outlet.crime, age >= outlet.from && back >= outlet.until))
            else {
                continue;
            };
            if !active {
                continue;
            }
            // A little more or less each week, as real desks have it.
            let spread: f64 = self.random.gen_range(0.85..1.15);
            for _ in 0..whole(each * spread) {
                self.ordinary_or_crime(outlet, week, crime);
            }
        }
        if back < HOLIDAY_WEEKS {
            self.holidays(options.items_per_week / 4, week);
        }
        if let Some(count) = WAVE.iter().rev().nth(back as usize) {
            self.wave(*count, week);
        }
        if back == 0 {
            self.press_release(week);
        }
    }

    fn ordinary_or_crime(&mut self, outlet: usize, week: Week, crime: f64) {
        let theme = if self.random.gen_bool(crime) {
            FENOMENEN.choose(&mut self.random)
        } else {
            ORDINARY.choose(&mut self.random)
        };
        let place = self.place();
        self.story(theme.copied().unwrap_or("sport"), place, week, &[outlet]);
    }

    fn holidays(&mut self, count: u32, week: Week) {
        for _ in 0..count {
            let place = self.place();
            let outlet = self.random.gen_range(0..12);
            self.story("vakantie", place, week, &[outlet]);
        }
    }

    /// The plot: explosions at shops grow in two gemeenten, each told by one to three sites in their own words.
    fn wave(&mut self, count: u32, week: Week) {
        for turn in 0..count {
            let place = if turn % 5 < 3 { "Zaandam" } else { "Purmerend" };
            let mut sites: Vec<usize> = (0..12).collect();
            sites.shuffle(&mut self.random);
            let tellings = self.random.gen_range(1..=3);
            sites.truncate(tellings);
            self.story("plot", place, week, &sites);
        }
    }

    /// The plot: one press release on twelve sites is one event.
    fn press_release(&mut self, week: Week) {
        let release = self.texts.press_release.clone();
        let at = self.moment(week);
        for (outlet, tail) in (0..COPIES).zip(&release.tails) {
            let delay = SignedDuration::from_mins(i64::try_from(outlet).unwrap_or(0) * 17);
            let text = format!("{}\n{tail}", release.text.trim());
            self.publish(outlet, at.saturating_add(delay).unwrap_or(at), release.title.clone(), text);
        }
    }

    /// One event: the first site writes it, the others copy it.
    fn story(&mut self, theme: &str, place: &str, week: Week, outlets: &[usize]) {
        let (title, text) = self.texts.item(theme, place, &mut self.random);
        let at = self.moment(week);
        for (copy, outlet) in (0_i64..).zip(outlets) {
            let delay = SignedDuration::from_mins(copy * 23);
            self.publish(*outlet, at.saturating_add(delay).unwrap_or(at), title.clone(), text.clone());
        }
    }

    fn publish(&mut self, outlet: usize, at: Timestamp, title: String, text: String) {
        self.next += 1;
        let item = Published { id: self.next, at, title, text };
        if let Some(list) = self.items.get_mut(outlet) {
            list.push(item);
        }
    }

    fn place(&mut self) -> &'static str {
        let total: u32 = PLACES.iter().map(|(_, weight)| weight).sum();
        let mut ticket = self.random.gen_range(0..total);
        for (place, weight) in PLACES {
            if ticket < weight {
                return place;
            }
            ticket -= weight;
        }
        "Haarlem"
    }

    /// A moment in the week, in the daytime, not in its last hours.
    fn moment(&mut self, week: Week) -> Timestamp {
        let (day, minute) = (self.random.gen_range(0..7_i64), self.random.gen_range(7 * 60..20 * 60_i64));
        let span = SignedDuration::from_mins(day * 24 * 60 + minute);
        week.start().saturating_add(span).unwrap_or_else(|_| week.start())
    }
}

/// Fifteen judgments over the archive, the three of the plot 9 weeks, 4 weeks and 0 weeks before the end, one ECLI whose
/// document was withdrawn and one whose document must be refused.
fn judgments(texts: &Texts, options: Options, last: Week) -> Vec<Decided> {
    let mut decided = Vec::new();
    let mut add = |number: usize, back: i64, court: &str, judgment: Option<Judgment>| {
        let week = last.plus(-back);
        let year = week.monday().year();
        let ecli = format!("ECLI:NL:{court}:{year}:{}", 9000 + number);
        let at = week
            .start()
            .saturating_add(SignedDuration::from_mins(2_000 + i64::try_from(number).unwrap_or(0) % 5_000))
            .unwrap_or_else(|_| week.start());
        decided.push(Decided { ecli, at, judgment });
    };
    let spread = (i64::from(options.weeks) - 2).max(1);
    for (number, judgment) in texts.judgments.gewoon.iter().enumerate() {
        let back = i64::try_from(number).unwrap_or(0) * spread / 12;
        add(number + 1, back, &judgment.ecli_court, Some(judgment.clone()));
    }
    for ((number, judgment), back) in texts.judgments.uitspraak.iter().enumerate().zip([9, 4, 0]) {
        add(number + 101, back.min(spread), &judgment.ecli_court, Some(judgment.clone()));
    }
    add(201, 2.min(spread), "RBLIM", None);
    add(301, 1, "RBLIM", texts.judgments.gewoon.first().cloned());
    for (number, ordinary) in (0..options.judgments as usize).zip(texts.judgments.gewoon.iter().cycle()) {
        let long = ordinary.overwegingen.iter().cycle().take(ordinary.overwegingen.len() * 8).cloned().collect();
        let judgment = Judgment { overwegingen: long, ..ordinary.clone() };
        add(20_000 + number, 3.min(spread), &ordinary.ecli_court, Some(judgment));
    }
    decided.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.ecli.cmp(&b.ecli)));
    decided
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number of items")]
fn whole(value: f64) -> u32 {
    value.round().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_archive_and_a_larger_one_is_larger() {
        let week: Week = "2026-W31".parse().expect("a week");
        let small = Options { weeks: 12, items_per_week: 50, seed: 1, judgments: 0 };
        let (first, second) = (Archive::generate(small, week), Archive::generate(small, week));
        let texts =
            |archive: &Archive| archive.items.iter().flatten().map(|item| item.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&first), texts(&second));
        assert_ne!(texts(&first), texts(&Archive::generate(Options { seed: 2, ..small }, week)));
        assert!(Archive::generate(Options { items_per_week: 100, ..small }, week).len() > first.len() * 3 / 2);
        assert!(first.items.iter().flatten().all(|item| item.at < week.end()));
    }
}
