//! The weekly trendrapportage: what is up, down and new, with how sure we are and the stories behind it, and how complete
//! our view was.

use askama::Template;

use crate::domain::{
    message::{Message, Product},
    trend::Sureness,
    week::Week,
};

/// One digest, ready to be shown.
#[derive(Debug, Clone)]
pub struct Digest {
    /// Name of the region.
    pub region: String,
    /// The week.
    pub week: Week,
    /// Rises, surest first.
    pub up: Vec<Finding>,
    /// Falls.
    pub down: Vec<Finding>,
    /// New terms.
    pub terms: Vec<NewTerm>,
    /// Judgments of the week that matter.
    pub judgments: Vec<CaseLine>,
    /// Open concept signals.
    pub signals: Vec<SignalLine>,
    /// How complete the view was.
    pub complete: Completeness,
}

/// A rise or fall of one fenomeen, with the places that carry it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Label.
    pub label: String,
    /// Short name for the subject.
    pub short: String,
    /// Names of gemeenten that stand out.
    pub places: Vec<String>,
    /// One line of numbers for the whole, and one for each place.
    pub lines: Vec<NumberLine>,
    /// How sure.
    pub sureness: Sureness,
    /// Week since when.
    pub since: Week,
    /// Counts of the last weeks, this one last.
    pub bars: Vec<Bar>,
    /// Text that says the same as the bars.
    pub alt: String,
    /// Steps of the barrièremodel.
    pub steps: String,
    /// Who can act.
    pub partners: String,
    /// The stories.
    pub stories: Vec<StoryRef>,
    /// Stories that are not shown.
    pub more: usize,
}

/// Numbers of one series.
#[derive(Debug, Clone)]
pub struct NumberLine {
    /// Where: a gemeente, or all sources.
    pub place: String,
    /// Stories seen.
    pub seen: u32,
    /// Expected, in words.
    pub expected: String,
    /// Interval, in words.
    pub interval: String,
    /// How many times as many, in words.
    pub ratio: String,
    /// Publishers.
    pub publishers: u32,
}

/// One bar of a chart.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Height in pixels, 1 to 36.
    pub height: u32,
    /// The judged week.
    pub now: bool,
}

/// A story with its link.
#[derive(Debug, Clone)]
pub struct StoryRef {
    /// Title.
    pub title: String,
    /// Address.
    pub link: String,
    /// Name of the source.
    pub source: String,
    /// Day.
    pub day: String,
    /// Further tellings.
    pub copies: u32,
}

/// A new term with its stories.
#[derive(Debug, Clone)]
pub struct NewTerm {
    /// The term.
    pub term: String,
    /// Stories of the last weeks.
    pub recent: u32,
    /// Stories of the year before.
    pub before: u32,
    /// Publishers.
    pub publishers: u32,
    /// Stories.
    pub stories: Vec<StoryRef>,
}

/// A judgment.
#[derive(Debug, Clone)]
pub struct CaseLine {
    /// Court and date.
    pub court: String,
    /// ECLI.
    pub ecli: String,
    /// Address.
    pub link: String,
    /// Procedure, instruments and fenomenen, in words.
    pub about: String,
    /// Inhoudsindicatie.
    pub summary: String,
    /// Sentences that point at a gap, with their paragraph.
    pub quotes: Vec<String>,
}

/// An open concept signal.
#[derive(Debug, Clone)]
pub struct SignalLine {
    /// Number.
    pub number: i64,
    /// Title.
    pub title: String,
    /// Judgments behind it.
    pub sources: usize,
}

/// How complete the view was.
#[derive(Debug, Clone, Default)]
pub struct Completeness {
    /// Items of the week.
    pub items: i64,
    /// Sources that brought them.
    pub sources: usize,
    /// Records that could not be read, with reasons.
    pub rejected: Vec<String>,
    /// Silent sources.
    pub silent: Vec<String>,
    /// Sources with a problem.
    pub broken: Vec<String>,
    /// Sources that are followed too short to count.
    pub young: Vec<String>,
    /// Sources that no longer look like what the model knows.
    pub strange: Vec<String>,
    /// What must be known of the model: a new one, or items that it has not judged.
    pub model: Vec<String>,
    /// Sources in the panel.
    pub panel: usize,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct Html<'a> {
    digest: &'a Digest,
    brief: &'a [String],
    preheader: &'a str,
    span: String,
}

#[derive(Template)]
#[template(path = "digest.txt", escape = "none")]
struct Text<'a> {
    digest: &'a Digest,
    brief: &'a [String],
    span: String,
}

impl Completeness {
    /// `1.204 berichten`.
    #[must_use]
    pub fn items_words(&self) -> String {
        super::words::counted(self.items, "bericht", "berichten")
    }
}

impl Finding {
    /// `in Zaanstad en Purmerend`, or nothing.
    #[must_use]
    pub fn places_words(&self) -> String {
        if self.places.is_empty() { String::new() } else { format!(" in {}", super::words::list(&self.places)) }
    }

    /// The chart as letters, for the text part.
    #[must_use]
    pub fn spark(&self) -> String {
        const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let step = |bar: &Bar| (bar.height.saturating_sub(1) * 7 / 35) as usize;
        self.bars.iter().filter_map(|bar| STEPS.get(step(bar))).collect()
    }
}

/// Composes the mail for one recipient.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn compose(digest: &Digest, to: &str, composed: jiff::Timestamp) -> Result<Message, askama::Error> {
    let brief = brief(digest);
    let preheader = preheader(digest, &brief);
    let span = super::words::span(digest.week);
    Ok(Message {
        product: Product::Digest,
        key: format!("digest-{}", digest.week),
        to: to.to_owned(),
        subject: subject(digest),
        text: Text { digest, brief: &brief, span: span.clone() }.render()?,
        html: Html { digest, brief: &brief, preheader: &preheader, span }.render()?,
        composed,
    })
}

/// The subject carries the news, not the name of the product.
fn subject(digest: &Digest) -> String {
    let mut parts: Vec<String> = Vec::new();
    for finding in digest.up.iter().filter(|finding| finding.sureness > Sureness::Aanwijzing).take(2) {
        parts.push(format!("meer {}{}", finding.short, finding.places_words()));
    }
    if let Some(term) = digest.terms.first() {
        parts.push(format!("nieuw: '{}'", term.term));
    }
    if parts.is_empty() {
        parts.push("geen nieuwe trends".to_owned());
    }
    format!("Week {}: {}", digest.week.number(), parts.join(" · "))
}

/// The three things to know.
fn brief(digest: &Digest) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for finding in &digest.up {
        let Some(numbers) = finding.lines.first() else { continue };
        let places: Vec<String> =
            finding.lines.iter().skip(1).map(|line| format!("{} {}", line.place, line.seen)).collect();
        let places =
            if places.is_empty() { String::new() } else { format!(", waarvan {}", super::words::list(&places)) };
        lines.push(format!(
            "{} ({}): {} gebeurtenissen{places}; normaal {}. {}. Sinds week {}.",
            finding.label,
            numbers.place.to_lowercase(),
            numbers.seen,
            numbers.expected,
            sureness_words(finding.sureness),
            finding.since.number(),
        ));
    }
    if let Some(term) = digest.terms.first() {
        lines.push(format!(
            "Nieuw: '{}'. {} gebeurtenissen, {} bronnen, {}. Aanwijzing, nog geen trend.",
            term.term,
            term.recent,
            term.publishers,
            if term.before == 0 { "niet eerder gezien".to_owned() } else { format!("eerder {} keer", term.before) },
        ));
    }
    if let Some(case) = digest.judgments.iter().find(|case| !case.quotes.is_empty()).or(digest.judgments.first()) {
        lines.push(format!("{}: {}", case.court, super::words::excerpt(&case.summary, 180)));
    }
    lines.truncate(3);
    if digest.up.is_empty() && digest.down.is_empty() && digest.terms.is_empty() {
        let complete = &digest.complete;
        let seen = format!(
            "Geen nieuwe trends. Wij zagen {} uit {} bronnen",
            super::words::counted(complete.items, "bericht", "berichten"),
            complete.sources
        );
        let blind = complete.items == 0 || complete.silent.len() + complete.broken.len() > complete.sources;
        let verdict = if blind {
            "wij zagen te weinig om te weten of het rustig was"
        } else {
            "het was rustig, wij waren niet blind"
        };
        lines.insert(0, format!("{seen}: {verdict}."));
    }
    lines
}

fn preheader(digest: &Digest, brief: &[String]) -> String {
    let things = brief.len();
    format!(
        "{} om te weten, vijf minuten lezen. {} gelezen.",
        if things == 1 { "1 ding".to_owned() } else { format!("{things} dingen") },
        super::words::counted(digest.complete.items, "bericht", "berichten"),
    )
}

/// A sureness with its fixed meaning.
#[must_use]
pub fn sureness_words(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::ZeerZeker => "Zeer zeker (kans op toeval kleiner dan 1 op 1.000)",
        Sureness::Waarschijnlijk => "Waarschijnlijk",
        Sureness::Aanwijzing => "Aanwijzing, nog geen trend",
    }
}
