//! A digest as one reader sees it: what the templates show.

use jiff::civil::Date;

use super::{
    lead::{self, Thing},
    parts::{CorrectionLine, Digest, Finding, Level, Note, NumberLine, StoryRef, TileView, Why},
    select::tiles,
};
use crate::{
    domain::{reader::Reader, week::Week},
    report::words,
};

/// Stories shown with a finding.
const MOST_STORIES: usize = 6;
/// Notes of one kind shown about completeness.
const MOST_NOTES: usize = 8;

/// What the templates show.
pub struct View<'a> {
    /// The digest, already only what the reader asked for.
    pub digest: &'a Digest,
    /// The reader.
    pub reader: &'a Reader,
    /// Things to know.
    pub brief: Vec<Thing>,
    /// What a mail program shows beside the subject.
    pub preheader: String,
    /// Rises.
    pub up: Vec<Shown<'a>>,
    /// Falls.
    pub down: Vec<Shown<'a>>,
    /// The map, row by row.
    pub rows: Vec<Vec<Option<TileView>>>,
    /// Its tiles with something on them, most first.
    pub tiles: Vec<TileView>,
    /// Content-ID and width of a true map.
    pub map_picture: Option<(String, u32)>,
}

/// A finding with its place in the mail.
pub struct Shown<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Name of its place.
    pub anchor: String,
    /// Content-ID of its chart.
    pub picture: Option<String>,
}

impl<'a> View<'a> {
    /// The view of a digest that was selected for a reader.
    #[must_use]
    pub fn of(digest: &'a Digest, reader: &'a Reader) -> Self {
        let brief = lead::brief(digest);
        let shown = |findings: &'a [Finding], name: &str| -> Vec<Shown<'a>> {
            let numbered = findings.iter().zip(1..);
            numbered.map(|(finding, n)| Shown { finding, anchor: format!("{name}-{n}"), picture: None }).collect()
        };
        let rows = tiles(&digest.map, reader);
        let mut listed: Vec<TileView> =
            rows.iter().flatten().flatten().filter(|tile| tile.level > Level::None).cloned().collect();
        listed.sort_by(|a, b| (b.count, &a.name).cmp(&(a.count, &b.name)));
        Self {
            preheader: lead::preheader(digest, brief.len()),
            up: shown(&digest.up, "groei"),
            down: shown(&digest.down, "daling"),
            tiles: listed,
            map_picture: None,
            digest,
            reader,
            brief,
            rows,
        }
    }

    /// The days of the week.
    #[must_use]
    pub fn span(&self) -> String {
        words::span_in(self.reader.dates, self.digest.week)
    }

    /// A day, in the reader's language of dates.
    #[must_use]
    pub fn day(&self, day: &Date) -> String {
        words::date_in(self.reader.dates, *day)
    }

    /// `Zaanstad 9`, and what stands out there.
    #[must_use]
    pub fn tile(&self, tile: &TileView) -> String {
        let news = if tile.level == Level::News { ", meer dan normaal" } else { "" };
        format!(
            "{}: {}{news}",
            tile.name,
            words::counted(tile.count.try_into().unwrap_or(0), "gebeurtenis", "gebeurtenissen")
        )
    }

    /// A gemeente by its name, with the code that its tile bears.
    #[must_use]
    pub fn named(&self, tile: &TileView) -> String {
        if self.map_picture.is_some() { tile.name.clone() } else { format!("{} ({})", tile.name, tile.short) }
    }

    /// The map in one sentence.
    #[must_use]
    pub fn map_alt(&self) -> String {
        let listed: Vec<String> = self.tiles.iter().map(|tile| format!("{} {}", tile.name, tile.count)).collect();
        if listed.is_empty() {
            return "Kaart van de regio: nergens een gebeurtenis.".to_owned();
        }
        let news: Vec<String> =
            self.tiles.iter().filter(|tile| tile.level == Level::News).map(|tile| tile.name.clone()).collect();
        let news = if news.is_empty() { String::new() } else { format!(" Meer dan normaal: {}.", words::list(&news)) };
        format!("Kaart van de regio. Gebeurtenissen per gemeente: {}.{news}", listed.join(", "))
    }

    /// How a cluster stands out.
    #[must_use]
    pub fn cluster(&self, cluster: &super::parts::ClusterLine) -> String {
        let names: Vec<String> = cluster.places.iter().map(|(_, name)| name.clone()).collect();
        format!(
            "{}: {} samen {}, verwacht {}, in {}",
            cluster.label,
            words::list(&names),
            words::counted(cluster.seen.into(), "gebeurtenis", "gebeurtenissen"),
            words::decimal(cluster.expected),
            words::counted(cluster.weeks.into(), "week", "weken"),
        )
    }

    /// One correction, with week and effect.
    #[must_use]
    pub fn correction(&self, line: &CorrectionLine) -> String {
        let story = if line.title.is_empty() { "een bericht".to_owned() } else { format!("'{}'", line.title) };
        let why = match line.why {
            Why::Withdrawn => "is teruggenomen door de bron",
            Why::Relabelled => "gaat hier niet over, zegt een mens die het las",
            Why::Merged => "is dezelfde gebeurtenis als een ander bericht",
        };
        format!(
            "Week {}, {}: {story} {why}. Wij telden {}; het {}.",
            line.week.number(),
            line.label,
            line.told,
            if line.now == 1 { "is er 1".to_owned() } else { format!("zijn er {}", line.now) },
        )
    }

    /// A note about a source: `Stadsblad Noord sinds 19 juni 2026 (normaal elke dag)`.
    #[must_use]
    pub fn note(&self, note: &Note) -> String {
        match (&note.since, note.said.as_str()) {
            (Some(since), "") => format!("{} sinds {}", note.source, self.day(since)),
            (Some(since), said) => format!("{} sinds {} ({said})", note.source, self.day(since)),
            (None, "") => note.source.clone(),
            (None, said) => format!("{}: {said}", note.source),
        }
    }

    /// What there is to say about completeness: a heading with its notes, in one order for both parts of the mail.
    #[must_use]
    pub fn notes(&self) -> Vec<(&'static str, Vec<String>)> {
        let complete = &self.digest.complete;
        let all = |notes: &[Note], say: &dyn Fn(&Note) -> String| -> Vec<String> {
            let mut lines: Vec<String> = notes.iter().take(MOST_NOTES).map(say).collect();
            if notes.len() > MOST_NOTES {
                lines.push(format!("en nog {}", notes.len() - MOST_NOTES));
            }
            lines
        };
        let note = |note: &Note| self.note(note);
        let young = |note: &Note| {
            let since = note.since.map(|since| format!(" (gevolgd sinds {})", self.day(&since)));
            format!("{}{}", note.source, since.unwrap_or_default())
        };
        let mut notes = vec![
            ("Geweigerd", all(&complete.rejected, &note)),
            ("Stil", all(&complete.silent, &note)),
            ("Storing", all(&complete.broken, &note)),
        ];
        let seldom = [
            ("Telt nog niet mee in de trends, te kort gevolgd", all(&complete.young, &young)),
            ("Anders dan anders", all(&complete.strange, &note)),
            ("Maand nageteld bij de bron", all(&complete.months, &note)),
            ("Model", complete.model.clone()),
        ];
        notes.extend(seldom.into_iter().filter(|(_, lines)| !lines.is_empty()));
        notes
    }

    /// `Gelezen 1.204 van 1.210 berichten uit 61 bronnen.`
    #[must_use]
    pub fn read(&self) -> String {
        lead::read(&self.digest.complete)
    }

    /// Why this mail came.
    #[must_use]
    pub fn why(&self) -> String {
        const DAYS: [&str; 7] = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"];
        let day = usize::try_from(self.reader.day.to_monday_zero_offset()).ok().and_then(|day| DAYS.get(day));
        let name = if self.reader.name.is_empty() {
            format!("de weekrapportage van {}", self.digest.region)
        } else {
            format!("het abonnement '{}'", self.reader.name)
        };
        format!("U krijgt {name}, elke {} om {} uur.", day.unwrap_or(&"week"), self.reader.hour)
    }
}

impl Finding {
    /// The stories that are shown.
    #[must_use]
    pub fn shown(&self) -> &[StoryRef] {
        self.stories.get(..MOST_STORIES).unwrap_or(&self.stories)
    }

    /// How many were counted beside those.
    #[must_use]
    pub fn more(&self) -> usize {
        self.counted().saturating_sub(self.shown().len())
    }

    /// The lines below the main one.
    #[must_use]
    pub fn below(&self) -> &[NumberLine] {
        self.lines.get(1..).unwrap_or_default()
    }
}

impl NumberLine {
    /// Expected stories, with a comma.
    #[must_use]
    pub fn expected_words(&self) -> String {
        words::decimal(self.expected)
    }

    /// How much it is against what was expected.
    #[must_use]
    pub fn size(&self) -> String {
        lead::size(self)
    }

    /// How sure, in word and number.
    #[must_use]
    pub fn sure(&self) -> String {
        lead::sure(self)
    }

    /// `sinds week 37, houdt aan`.
    #[must_use]
    pub fn lasting(&self) -> String {
        format!("Sinds week {}{}", self.since.number(), if self.sustained { ", houdt aan" } else { "" })
    }

    /// `6 onafhankelijke bronnen`.
    #[must_use]
    pub fn publishers_words(&self) -> String {
        words::counted(self.publishers.into(), "onafhankelijke bron", "onafhankelijke bronnen")
    }

    /// `5,8 per 100.000 inwoners`, or nothing.
    #[must_use]
    pub fn rate(&self) -> Option<String> {
        self.per_100_000.map(|rate| format!("{} per 100.000 inwoners", words::decimal(rate)))
    }

    /// The week that is told.
    fn week(&self) -> Option<Week> {
        self.weeks.last().map(|point| point.week)
    }

    /// `week 32, 2025`: the first week of the chart.
    #[must_use]
    pub fn first(&self) -> String {
        let first = self.weeks.first().map(|point| point.week);
        first.map_or_else(String::new, |week| format!("week {}, {}", week.number(), week.sunday().year()))
    }

    /// `week 31`: the last week of the chart.
    #[must_use]
    pub fn last(&self) -> String {
        self.week().map_or_else(String::new, |week| format!("week {}", week.number()))
    }

    /// Text that says the same as the chart.
    #[must_use]
    pub fn alt(&self) -> String {
        let weeks = self.weeks.len();
        let highest = self.weeks.iter().rev().skip(1).max_by_key(|point| point.seen);
        let highest = highest.map_or_else(String::new, |point| {
            format!(" Hoogste week daarvoor: {} in week {}.", point.seen, point.week.number())
        });
        format!(
            "Grafiek van {weeks} weken, {}: {} in {}, verwacht {} tot {}.{highest}",
            self.place,
            self.seen,
            self.last(),
            self.interval.0,
            self.interval.1,
        )
    }

    /// The chart as letters, for the text part.
    #[must_use]
    pub fn spark(&self) -> String {
        const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let most = self.weeks.iter().map(|point| point.seen).max().unwrap_or(1).max(1);
        let step = |seen: u32| usize::try_from(seen * 7 / most).unwrap_or(0);
        self.weeks.iter().filter_map(|point| STEPS.get(step(point.seen))).collect()
    }
}

impl StoryRef {
    /// `30-09`.
    #[must_use]
    pub fn short_day(&self) -> String {
        format!("{:02}-{:02}", self.day.day(), self.day.month())
    }
}

impl TileView {
    /// The class of its colour.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self.level {
            Level::None => "t0",
            Level::Few => "t1",
            Level::Some => "t2",
            Level::Many => "t3",
            Level::News => "tn",
        }
    }

    /// A sign that says without colour that it stands out.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        if self.level == Level::News { "▲" } else { "" }
    }
}
