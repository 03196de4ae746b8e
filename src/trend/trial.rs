//! Detectors on series whose outbreaks are known: reading the table of such series, judging every scored week from the weeks
//! up to it, and the scores of the alarms by family.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Deserialize;

use super::{farrington, weigh::judge};

/// Weeks that a short series needs before it is judged.
const LEAST_WEEKS: usize = 6;
/// The rate of false alarms at which detectors are compared.
const MATCHED: f64 = 0.01;

/// Which detector is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detector {
    /// Ours: regression or rate, a window of two weeks, and a memory.
    Uitkijk,
    /// Farrington Flexible alone, five years, exposure as offset.
    Farrington,
}

/// A row of the table; a detector sees series, week, count and exposure only.
#[derive(Debug, Deserialize)]
struct Row {
    series_id: String,
    week_index: usize,
    count: f64,
    exposure: f64,
    #[serde(default)]
    family: String,
    #[serde(default)]
    outbreak_flag: u8,
    #[serde(default)]
    outbreak_id: String,
    evaluate: Option<u8>,
}

/// One series with its truth, as far as the table tells it.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Its name.
    pub id: String,
    /// Group for scoring.
    pub family: String,
    counts: Vec<f64>,
    exposure: Vec<f64>,
    weeks: Vec<Truth>,
}

#[derive(Debug, Clone, Default)]
struct Truth {
    index: usize,
    scored: bool,
    flag: bool,
    outbreak: String,
}

/// What was said of one week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Said {
    /// Small is alarming.
    pub p: f64,
    /// Whether it is an alarm at nominally 1%.
    pub alarm: bool,
}

/// Scores of one family.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Score {
    /// Family, or "all".
    pub family: String,
    /// Series.
    pub series: usize,
    /// Share of scored weeks with an opinion.
    pub covered: f64,
    /// Alarms per scored week without outbreak.
    pub fpr: f64,
    /// Share of series without outbreak that alarm at least once.
    pub clean_series_alarmed: Option<f64>,
    /// Outbreaks.
    pub outbreaks: usize,
    /// Share of outbreaks with an alarm.
    pub pod: Option<f64>,
    /// Median weeks to the first alarm.
    pub median_delay: Option<f64>,
    /// Over weeks.
    pub precision: Option<f64>,
    /// Over weeks.
    pub recall: Option<f64>,
    /// Over weeks.
    pub f1: Option<f64>,
    /// Share of outbreaks found where p gives at most 1% false alarms.
    pub pod_at_1_percent: Option<f64>,
}

/// Reads the table: a CSV with `series_id,week_index,count,exposure` and, for scores, `family,outbreak_flag,outbreak_id,
/// evaluate`. Without `evaluate` every week is judged.
///
/// # Errors
/// What is wrong, with its line.
pub fn read(from: impl Read) -> Result<Vec<Series>, String> {
    let mut all: Vec<Series> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (line, row) in csv::Reader::from_reader(from).deserialize::<Row>().enumerate() {
        let row = row.map_err(|error| format!("regel {}: {error}", line + 2))?;
        if !row.count.is_finite() || row.count < 0.0 || !row.exposure.is_finite() || row.exposure < 0.0 {
            return Err(format!("regel {}: count en exposure moeten getallen vanaf 0 zijn", line + 2));
        }
        let place = *places.entry(row.series_id.clone()).or_insert_with(|| {
            all.push(Series { id: row.series_id.clone(), family: row.family.clone(), ..Series::default() });
            all.len() - 1
        });
        if let Some(series) = all.get_mut(place) {
            series.counts.push(row.count);
            series.exposure.push(row.exposure);
            series.weeks.push(Truth {
                index: row.week_index,
                scored: row.evaluate.unwrap_or(1) == 1,
                flag: row.outbreak_flag == 1,
                outbreak: row.outbreak_id,
            });
        }
    }
    Ok(all)
}

/// Judges every scored week of every series on all cores; None where there is no opinion.
#[must_use]
pub fn run(all: &[Series], detector: Detector) -> Vec<Vec<Option<Said>>> {
    let next = AtomicUsize::new(0);
    let said: Mutex<Vec<(usize, Vec<Option<Said>>)>> = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((place, series)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    all.get(place).map(|series| (place, series))
                } {
                    let judged = series.judged(detector);
                    if let Ok(mut said) = said.lock() {
                        said.push((place, judged));
                    }
                }
            });
        }
    });
    let mut said = said.into_inner().unwrap_or_default();
    said.sort_by_key(|(place, _)| *place);
    said.into_iter().map(|(_, said)| said).collect()
}

impl Series {
    /// Weeks that are scored.
    #[must_use]
    pub fn scored(&self) -> usize {
        self.weeks.iter().filter(|week| week.scored).count()
    }

    fn judged(&self, detector: Detector) -> Vec<Option<Said>> {
        // Weeks of an outbreak are judged too where they are not scored: they tell when it was first seen.
        let wanted = self.weeks.iter().enumerate();
        wanted.map(|(week, truth)| if truth.scored || truth.flag { self.said(week, detector) } else { None }).collect()
    }

    fn said(&self, week: usize, detector: Detector) -> Option<Said> {
        let (counts, exposure) = (self.counts.get(..=week)?, self.exposure.get(..=week)?);
        match detector {
            Detector::Uitkijk => {
                let judged = judge(counts, exposure, None, LEAST_WEEKS)?;
                Some(Said { p: judged.p, alarm: judged.alarm() })
            }
            Detector::Farrington => {
                let fit = farrington::fit(counts, exposure, week, 5)?;
                let p = fit.p(week, *exposure.last()?, *counts.last()?);
                Some(Said { p, alarm: p <= MATCHED })
            }
        }
    }

    /// Rows of the alarms table: `series_id,week_index,alarm,p`, for scored weeks.
    pub fn rows<'a>(&'a self, said: &'a [Option<Said>]) -> impl Iterator<Item = (&'a str, usize, Option<Said>)> {
        let weeks = self.weeks.iter().zip(said).filter(|(truth, _)| truth.scored);
        weeks.map(|(truth, said)| (self.id.as_str(), truth.index, *said))
    }
}

/// One outbreak of a series, as it was seen.
#[derive(Clone, Copy)]
struct Found {
    first: usize,
    best: f64,
    alarm: Option<usize>,
}

/// Scores per family in their order, and over all.
#[must_use]
pub fn scores(all: &[Series], said: &[Vec<Option<Said>>]) -> Vec<Score> {
    let pairs: Vec<(&Series, &Vec<Option<Said>>)> = all.iter().zip(said).collect();
    let mut families: Vec<&str> = Vec::new();
    for series in all {
        if !families.contains(&series.family.as_str()) {
            families.push(&series.family);
        }
    }
    let of = |family: &str| pairs.iter().filter(|(series, _)| series.family == family).copied().collect::<Vec<_>>();
    let mut scores: Vec<Score> = families.iter().map(|family| score(family, &of(family))).collect();
    scores.push(score("all", &pairs));
    scores
}

#[derive(Default)]
struct Sums {
    null: usize,
    false_alarms: usize,
    hits: usize,
    missed: usize,
    covered: usize,
    scored: usize,
    clean: usize,
    clean_alarmed: usize,
    quiet: Vec<f64>,
    found: Vec<Found>,
}

fn score(family: &str, pairs: &[(&Series, &Vec<Option<Said>>)]) -> Score {
    let mut sums = Sums::default();
    for (series, said) in pairs {
        sums.add(series, said);
    }
    sums.quiet.sort_by(f64::total_cmp);
    let share = |part: usize, whole: usize| (whole > 0).then(|| number(part) / number(whole));
    let mut delays: Vec<usize> =
        sums.found.iter().filter_map(|found| found.alarm.map(|alarm| alarm - found.first)).collect();
    delays.sort_unstable();
    // The same place as Python's int(0.01 * n): alarms lie strictly below it, so that ties never exceed the rate.
    let cut = sums.quiet.get(sums.quiet.len() / 100).copied();
    let matched = cut.map(|cut| sums.found.iter().filter(|found| found.best < cut).count());
    let middle = |place: usize| delays.get(place).map(|delay| number(*delay));
    let median = middle(delays.len() / 2).map(|high| {
        if delays.len().is_multiple_of(2) {
            f64::midpoint(high, middle(delays.len() / 2 - 1).unwrap_or(high))
        } else {
            high
        }
    });
    let alarmed = delays.len();
    Score {
        family: family.to_owned(),
        series: pairs.len(),
        covered: share(sums.covered, sums.scored).unwrap_or(0.0),
        fpr: share(sums.false_alarms, sums.null).unwrap_or(0.0),
        clean_series_alarmed: share(sums.clean_alarmed, sums.clean),
        outbreaks: sums.found.len(),
        pod: share(alarmed, sums.found.len()),
        median_delay: median,
        precision: share(sums.hits, sums.hits + sums.false_alarms),
        recall: share(sums.hits, sums.hits + sums.missed),
        f1: share(2 * sums.hits, 2 * sums.hits + sums.false_alarms + sums.missed),
        pod_at_1_percent: matched.and_then(|matched| share(matched, sums.found.len())),
    }
}

impl Sums {
    fn add(&mut self, series: &Series, said: &[Option<Said>]) {
        let mut outbreaks: BTreeMap<&str, Found> = BTreeMap::new();
        let mut false_alarms = 0;
        let scored = series.weeks.iter().filter(|truth| truth.scored && truth.flag);
        let named: Vec<&str> = scored.map(|truth| truth.outbreak.as_str()).filter(|name| !name.is_empty()).collect();
        for (truth, said) in series.weeks.iter().zip(said) {
            let (p, alarm) = said.map_or((f64::INFINITY, false), |said| (said.p, said.alarm));
            if truth.scored {
                self.scored += 1;
                self.covered += usize::from(said.is_some());
                if truth.flag {
                    self.hits += usize::from(alarm);
                    self.missed += usize::from(!alarm);
                } else {
                    self.null += 1;
                    false_alarms += usize::from(alarm);
                    self.quiet.push(p);
                }
            }
            if truth.flag && named.contains(&truth.outbreak.as_str()) {
                let first = Found { first: truth.index, best: f64::INFINITY, alarm: None };
                let found = outbreaks.entry(&truth.outbreak).or_insert(first);
                found.best = found.best.min(p);
                if alarm && found.alarm.is_none() {
                    found.alarm = Some(truth.index);
                }
            }
        }
        self.false_alarms += false_alarms;
        if outbreaks.is_empty() {
            self.clean += 1;
            self.clean_alarmed += usize::from(false_alarms > 0);
        }
        self.found.extend(outbreaks.into_values());
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
