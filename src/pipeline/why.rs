//! Why was an item reported, or why not? Per rule the first condition that failed, what the model made of the text, and
//! whether the item counts in the trends.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    alerts::{
        WINDOW,
        rules::{Miss, meets},
    },
    watch::find,
};
use crate::{
    domain::{
        pace::Interval,
        verdict::{Label, Outcome},
        week::amsterdam,
    },
    report::words,
    settings::{AlertRule, Settings},
    store::{
        Store, StoreError,
        waiting::{Candidate, FullItem, Noted},
    },
};

/// Words that are shown for and against.
const WORDS: usize = 8;

/// The whole answer.
#[derive(Debug, Serialize)]
pub struct Why {
    /// Item number.
    pub item: i64,
    /// Title.
    pub title: String,
    /// Name of the source.
    pub source: String,
    /// Publication.
    pub published: Timestamp,
    /// `gemeld`, `wacht` or `niet gemeld`.
    pub outcome: &'static str,
    /// Title and number of the first telling, when this is a copy.
    pub copy_of: Option<String>,
    /// What holds for all rules: a muted source, a withdrawn text, seen too late.
    pub notes: Vec<String>,
    /// Each rule with its answer.
    pub rules: Vec<RuleAnswer>,
    /// Fenomenen that were given or asked.
    pub fenomenen: Vec<FenomeenAnswer>,
    /// Whether it counts in the trends, and why.
    pub trends: TrendAnswer,
}

/// What one rule made of it.
#[derive(Debug, Serialize)]
pub struct RuleAnswer {
    /// Rule.
    pub rule: String,
    /// `gemeld`, `wacht` or `niet gemeld`.
    pub outcome: &'static str,
    /// In Dutch.
    pub why: String,
}

/// What the model made of it.
#[derive(Debug, Serialize)]
pub struct FenomeenAnswer {
    /// Fenomeen id.
    pub id: String,
    /// Probability.
    pub p: f64,
    /// Threshold of "ja".
    pub threshold: f64,
    /// `ja`, `twijfel` or `nee`.
    pub verdict: String,
    /// A person said so.
    pub person: bool,
    /// Words that spoke for it, with their weights.
    pub words_for: Vec<(String, f64)>,
    /// Words that spoke against it.
    pub words_against: Vec<(String, f64)>,
}

/// Whether it counts in the trends.
#[derive(Debug, Serialize)]
pub struct TrendAnswer {
    /// It counts as a story of a fenomeen.
    pub counts: bool,
    /// In Dutch.
    pub why: String,
}

/// Answers for an item by its number, key, ECLI or link; none when it is not held.
///
/// # Errors
/// When the store fails.
pub async fn why(store: &Store, settings: &Settings, name: &str, now: Timestamp) -> Result<Option<Why>, StoreError> {
    let Some(item) = store.named(name).await? else { return Ok(None) };
    let asked = Asked::of(store, settings, item).await?;
    let noted = store.noted_of(asked.item.story).await?;
    let mut rules = Vec::new();
    for rule in &settings.knowledge.rules {
        let own: Vec<&Noted> = noted.iter().filter(|one| one.rule == rule.id).collect();
        rules.push(asked.rule(store, settings, rule, &own, now).await?);
    }
    let is = |outcome: &str| rules.iter().any(|rule| rule.outcome == outcome);
    let outcome = if is(TOLD) {
        TOLD
    } else if is(WAITS) {
        WAITS
    } else {
        NOT
    };
    let published = Timestamp::from_second(asked.item.published).unwrap_or_default();
    Ok(Some(Why {
        item: asked.item.id,
        title: asked.item.title.clone(),
        source: asked.source_name(settings),
        published,
        outcome,
        copy_of: asked.first.as_ref().map(|first| format!("{} (nummer {})", first.title, first.id)),
        notes: asked.notes(settings),
        fenomenen: asked.fenomenen(settings),
        trends: asked.trends(store, settings).await?,
        rules,
    }))
}

const TOLD: &str = "gemeld";
const WAITS: &str = "wacht";
const NOT: &str = "niet gemeld";

/// An item with all that is known of it.
struct Asked {
    item: FullItem,
    candidate: Candidate,
    /// What the model makes of the text as it is held now.
    model: Vec<Label>,
    /// What stands in the store: fenomeen, probability, answer, said by a person.
    stored: Vec<(String, f64, String, bool)>,
    /// The first telling, when this is a further one.
    first: Option<FullItem>,
}

impl Asked {
    async fn of(store: &Store, settings: &Settings, item: FullItem) -> Result<Self, StoreError> {
        let classifier = &settings.knowledge.classifier;
        let stored = store.labels_of(item.id, classifier.version()).await?;
        let mut axes = Vec::new();
        for axis in ["gebied", "instrument", "branche"] {
            axes.extend(store.axis(item.id, axis).await?.into_iter().map(|value| (axis.to_owned(), value)));
        }
        let yes = stored.iter().filter(|(_, _, outcome, _)| outcome == Outcome::Ja.name());
        let candidate = Candidate {
            id: item.id,
            story: item.story,
            source: item.source.clone(),
            kind: item.kind.clone(),
            key: item.key.clone(),
            version: 0,
            came: Timestamp::from_second(item.first_seen).unwrap_or_default(),
            labels: yes.map(|(fenomeen, p, _, _)| (fenomeen.clone(), *p)).collect(),
            axes,
        };
        let model = classifier.judge(&item.title, &item.text, &item.language);
        let first = if item.story == item.id { None } else { store.full_item(item.story).await? };
        Ok(Self { candidate, model, stored, first, item })
    }

    fn source_name(&self, settings: &Settings) -> String {
        settings.source(&self.item.source).map_or(self.item.source.clone(), |entry| entry.source.title.clone())
    }

    /// What stands above all rules.
    fn notes(&self, settings: &Settings) -> Vec<String> {
        let mut notes = Vec::new();
        if self.item.withdrawn != 0 {
            notes.push("ingetrokken bij de bron: de tekst is weg".to_owned());
        }
        if settings.source(&self.item.source).is_some_and(|entry| entry.source.muted) {
            notes.push(format!("bron gedempt (muted in sources/{}.toml)", self.item.source));
        }
        if self.item.backfill != 0 {
            let late =
                self.candidate.came.duration_since(Timestamp::from_second(self.item.published).unwrap_or_default());
            notes.push(format!(
                "te oud: pas {} na verschijnen gelezen, op {}",
                words::lasting(late),
                moment(self.candidate.came)
            ));
        }
        notes
    }

    /// The answer of one rule.
    async fn rule(
        &self,
        store: &Store,
        settings: &Settings,
        rule: &AlertRule,
        noted: &[&Noted],
        now: Timestamp,
    ) -> Result<RuleAnswer, StoreError> {
        let answer = |outcome, why| Ok(RuleAnswer { rule: rule.id.clone(), outcome, why });
        if let Some((outcome, why)) = self.told(rule, noted) {
            return answer(outcome, why);
        }
        if rule.off {
            return answer(NOT, self.missed(settings, rule, Miss::Off));
        }
        if let Err(miss) = meets(store, settings, rule, &self.candidate).await? {
            return answer(NOT, self.missed(settings, rule, miss));
        }
        let why = if self.item.withdrawn != 0 {
            "voldoet, maar is ingetrokken bij de bron".to_owned()
        } else if self.item.backfill != 0 {
            "voldoet, maar is te oud: het verscheen lang voordat wij het lazen".to_owned()
        } else if now.duration_since(self.candidate.came) > WINDOW {
            format!(
                "voldoet nu, maar is te oud: gezien op {}, meer dan 48 uur geleden; de regel of het fenomeen kwam later",
                moment(self.candidate.came)
            )
        } else {
            return answer(WAITS, "voldoet; wordt bij de volgende ronde gemeld".to_owned());
        };
        answer(NOT, why)
    }

    /// What was noted of the story, by whichever of its tellings.
    fn told(&self, rule: &AlertRule, noted: &[&Noted]) -> Option<(&'static str, String)> {
        let first = noted.first()?;
        let copy = match &self.first {
            Some(telling) if first.item != self.item.id => format!("kopie van '{}', ", telling.title),
            _ if first.item != self.item.id => "door een andere vertelling, ".to_owned(),
            _ => String::new(),
        };
        let told: Vec<&&Noted> = noted.iter().filter(|one| one.state == "told").collect();
        if let Some(at) = told.iter().filter_map(|one| one.told).min() {
            let to = words::counted(i64::try_from(told.len()).unwrap_or(0), "ontvanger", "ontvangers");
            return Some((TOLD, format!("{copy}gemeld op {} aan {to}", moment(at))));
        }
        if let Some(one) = noted.iter().find(|one| one.state == "waiting") {
            let at = moment(one.due);
            let why = match rule.interval {
                _ if one.over => format!(
                    "wacht op de verzamelmail van {at}: het hoogste aantal van {} per dag was bereikt",
                    words::counted(i64::from(rule.most_per_day), "mail", "mails")
                ),
                Interval::AtOnce => format!("wacht op het einde van de stille uren, {at}"),
                Interval::Hour | Interval::Day | Interval::Week => {
                    format!("wacht op de mail van {at} (een per {})", rule.interval.name())
                }
            };
            return Some((WAITS, format!("{copy}{why}")));
        }
        let why = first.why.as_deref().unwrap_or("vervallen");
        Some((NOT, format!("{copy}voldeed op {}, maar is vervallen: {why}", moment(first.found))))
    }

    /// The condition that failed, in words.
    fn missed(&self, settings: &Settings, rule: &AlertRule, miss: Miss) -> String {
        let knowledge = &settings.knowledge;
        let own = |axis: &str, name: &dyn Fn(&str) -> String| {
            let values: Vec<String> =
                self.candidate.axes.iter().filter(|(own, _)| own == axis).map(|(_, value)| name(value)).collect();
            if values.is_empty() { "geen".to_owned() } else { words::list(&values) }
        };
        match miss {
            Miss::Off => "de regel staat uit (off = true)".to_owned(),
            Miss::Muted => "bron gedempt".to_owned(),
            Miss::Source => format!("andere bron: {}", self.source_name(settings)),
            Miss::Court if self.item.kind != "judgments" => {
                "geen uitspraak, en de regel vraagt een instantie".to_owned()
            }
            Miss::Court => format!("andere instantie dan {}", words::list(&rule.instanties)),
            Miss::Fenomeen => self.too_low(settings, rule),
            Miss::Gebied => {
                format!(
                    "ander gebied; dit bericht: {}",
                    own("gebied", &|code| knowledge.gazetteer.name(code).to_owned())
                )
            }
            Miss::Instrument => {
                format!("ander instrument; dit bericht: {}", own("instrument", &|id| knowledge.listed(id).to_owned()))
            }
            Miss::Branche => {
                format!("andere branche; dit bericht: {}", own("branche", &|id| knowledge.listed(id).to_owned()))
            }
            Miss::Words => format!("geen van de woorden: {}", rule.woorden.join(", ")),
            Miss::Phrases => format!("geen van de zinnen: {}", rule.zinnen.join(", ")),
        }
    }

    /// "hennepteelt 0,41 < 0,60": the fenomeen of the rule that came nearest.
    fn too_low(&self, settings: &Settings, rule: &AlertRule) -> String {
        let wanted = |id: &str| rule.fenomenen.is_empty() || rule.fenomenen.iter().any(|own| own == id);
        let best = self.model.iter().filter(|label| wanted(&label.fenomeen)).max_by(|a, b| a.p.total_cmp(&b.p));
        let Some(best) = best else { return "het model kent geen fenomeen van deze regel".to_owned() };
        let id = &best.fenomeen;
        let threshold = settings.knowledge.classifier.threshold(id).unwrap_or(1.0);
        let (p, least) = (self.p(best), rule.at_least.unwrap_or(0.0).max(threshold));
        if p < least {
            // Three decimals where two would show the same number twice.
            let (low, high) = (words::probability(p), words::probability(least));
            let (low, high) = if low == high { (format!("{p:.3}"), format!("{least:.3}")) } else { (low, high) };
            return format!("{id} {} < {}", low.replace('.', ","), high.replace('.', ","));
        }
        if self.item.language == "nl" {
            format!("{id} klopt niet volgens een mens (het model gaf {})", words::probability(p))
        } else {
            format!("{id}: de tekst is niet Nederlands ('{}'), en daarvan is het model niet zeker", self.item.language)
        }
    }

    /// The probability that counts: that of the store, where one stands there.
    fn p(&self, label: &Label) -> f64 {
        self.stored.iter().find(|(id, ..)| *id == label.fenomeen).map_or(label.p, |(_, p, ..)| *p)
    }

    /// Fenomenen that are not "nee"; the surest one where all are.
    fn fenomenen(&self, settings: &Settings) -> Vec<FenomeenAnswer> {
        let classifier = &settings.knowledge.classifier;
        let mut labels: Vec<&Label> = self.model.iter().collect();
        labels.sort_by(|a, b| self.p(b).total_cmp(&self.p(a)));
        let given = |label: &&Label| self.stored.iter().any(|(id, ..)| *id == label.fenomeen);
        let count = labels.iter().filter(|label| given(label)).count();
        let shown = labels.iter().enumerate().filter(|(place, label)| given(label) || (*place == 0 && count == 0));
        shown
            .map(|(_, label)| {
                let stored = self.stored.iter().find(|(id, ..)| *id == label.fenomeen);
                let reasons = classifier.explain(&self.item.title, &self.item.text, &label.fenomeen, WORDS);
                let (good, bad): (Vec<_>, Vec<_>) = reasons
                    .into_iter()
                    .map(|reason| (reason.word, reason.weight))
                    .partition(|(_, weight)| *weight > 0.0);
                FenomeenAnswer {
                    id: label.fenomeen.clone(),
                    p: self.p(label),
                    threshold: classifier.threshold(&label.fenomeen).unwrap_or(1.0),
                    verdict: stored.map_or("nee", |(_, _, outcome, _)| outcome).to_owned(),
                    person: stored.is_some_and(|(_, _, _, person)| *person),
                    words_for: good,
                    words_against: bad,
                }
            })
            .collect()
    }

    /// Whether it counts, and if not, the first reason.
    async fn trends(&self, store: &Store, settings: &Settings) -> Result<TrendAnswer, StoreError> {
        let not = |why: String| Ok(TrendAnswer { counts: false, why });
        if !matches!(self.item.kind.as_str(), "feed" | "page") {
            return not(format!("telt niet mee: alleen nieuws staat in de reeksen, en dit is '{}'", self.item.kind));
        }
        if self.item.withdrawn != 0 {
            return not("telt niet mee: ingetrokken bij de bron".to_owned());
        }
        let model = settings.knowledge.classifier.version();
        if !store.is_judged(self.item.id, model).await? {
            return not(format!("telt nog niet mee: model {model} heeft dit bericht nog niet beoordeeld"));
        }
        let week = self.item.week.parse().map_err(StoreError::Content)?;
        let found = find(store, settings, week).await?;
        if !found.counted.panel.contains(&self.item.source) {
            let name = self.source_name(settings);
            return not(format!(
                "telt niet mee: {name} zit in week {week} niet in het panel, want die bron is er niet de hele tijd bij"
            ));
        }
        if self.candidate.labels.is_empty() {
            return not(format!("telt in week {week} alleen mee als gelezen bericht: het heeft zelf geen fenomeen"));
        }
        let labels: Vec<String> = self.candidate.labels.iter().map(|(id, _)| id.clone()).collect();
        Ok(TrendAnswer { counts: true, why: format!("telt mee in week {week} bij {}", words::list(&labels)) })
    }
}

/// `5 oktober 2026 07.12`.
fn moment(at: Timestamp) -> String {
    let local = at.to_zoned_datetime(amsterdam().clone());
    format!("{} {}", words::date(local.date()), local.strftime("%H.%M"))
}
