//! An attendering: one story that meets a rule, or several together, each with why it met it.

use askama::Template;

use crate::domain::{
    message::{Message, Product},
    pace::Interval,
};

/// One alert, ready to be shown.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Id of the rule.
    pub rule: String,
    /// Title of the rule.
    pub rule_title: String,
    /// The rule in words.
    pub rule_words: String,
    /// Story id.
    pub story: i64,
    /// Item id: what a reader names to say that it is wrong.
    pub item: i64,
    /// Title of the story.
    pub title: String,
    /// Start of its text.
    pub excerpt: String,
    /// Address.
    pub link: String,
    /// Name of the source.
    pub source: String,
    /// When, in words.
    pub when: String,
    /// Further tellings.
    pub copies: u32,
    /// Some of these.
    pub others: Vec<Telling>,
    /// Short name of the fenomeen; title of the rule where it asks none.
    pub short: String,
    /// Labels with probabilities, in words.
    pub labels: String,
    /// Probability, in words, where a fenomeen was asked.
    pub p: Option<String>,
    /// Names of gemeenten.
    pub places: Vec<String>,
    /// The words that counted.
    pub counted: Vec<String>,
    /// Further stories of this rule that stand in the collected mail.
    pub later: usize,
}

/// Another telling of the same story.
#[derive(Debug, Clone)]
pub struct Telling {
    /// Name of the source.
    pub source: String,
    /// Address.
    pub link: String,
}

#[derive(Template)]
#[template(path = "alert.html")]
struct Html<'a> {
    alert: &'a Alert,
}

#[derive(Template)]
#[template(path = "alert.txt", escape = "none")]
struct Text<'a> {
    alert: &'a Alert,
}

#[derive(Template)]
#[template(path = "collected.html")]
struct CollectedHtml<'a> {
    subject: &'a str,
    first: &'a Alert,
    alerts: &'a [Alert],
    why: &'a str,
}

#[derive(Template)]
#[template(path = "collected.txt", escape = "none")]
struct CollectedText<'a> {
    first: &'a Alert,
    alerts: &'a [Alert],
    why: &'a str,
}

impl Alert {
    /// Source, time, copies, labels and places, on one line.
    fn line(&self) -> String {
        let copies = match self.copies {
            0 => String::new(),
            1 => " (+ 1 overname)".to_owned(),
            more => format!(" (+ {more} overnames)"),
        };
        let mut parts = vec![format!("{}, {}{copies}", self.source, self.when)];
        parts.extend(
            [self.labels.clone(), super::words::list(&self.places)].into_iter().filter(|part| !part.is_empty()),
        );
        parts.join(" · ")
    }

    fn words(&self) -> String {
        self.counted.join(", ")
    }

    fn later_words(&self) -> String {
        match self.later {
            1 => "Vandaag nog 1 andere; die staat in uw verzamelmail.".to_owned(),
            more => format!("Vandaag nog {more} andere; die staan in uw verzamelmail."),
        }
    }
}

/// Composes the mail of one story for one recipient.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn compose(alert: &Alert, to: &str, composed: jiff::Timestamp) -> Result<Message, askama::Error> {
    let place =
        if alert.places.is_empty() { String::new() } else { format!(", {}", super::words::list(&alert.places)) };
    let subject = match &alert.p {
        Some(p) => format!("Attendering: {}{place} (zekerheid {p})", alert.short),
        None => format!("Attendering: {}{place}: {}", alert.short, super::words::excerpt(&alert.title, 60)),
    };
    Ok(Message {
        product: Product::Alert,
        key: format!("attendering-{}-{}", alert.rule, alert.story),
        to: to.to_owned(),
        subject,
        text: Text { alert }.render()?,
        html: Html { alert }.render()?,
        images: Vec::new(),
        composed,
    })
}

/// Composes one mail of several stories of a rule for one recipient. A story is told once per rule and recipient, so the
/// first one names the mail for ever.
///
/// # Errors
/// When there is no story, or a template cannot be filled, which tests exclude.
pub fn compose_collected(
    alerts: &[Alert],
    interval: Interval,
    to: &str,
    composed: jiff::Timestamp,
) -> Result<Message, askama::Error> {
    let first = alerts.first().ok_or(askama::Error::Fmt)?;
    let mut places: Vec<String> = Vec::new();
    for place in alerts.iter().flat_map(|alert| &alert.places) {
        if !places.contains(place) {
            places.push(place.clone());
        }
    }
    let place = match places.len() {
        0 => String::new(),
        1..=3 => format!(" ({})", super::words::list(&places)),
        more => format!(" ({more} gemeenten)"),
    };
    let subject = format!("Attendering: {} gebeurtenissen · {}{place}", alerts.len(), first.rule_title);
    let why = match interval {
        Interval::AtOnce => "Er waren er meer dan u op een dag apart wilt krijgen; dit is de rest.",
        Interval::Hour => "U kreeg liever een mail per uur dan een per gebeurtenis.",
        Interval::Day => "U kreeg liever een mail per dag dan een per gebeurtenis.",
        Interval::Week => "U kreeg liever een mail per week dan een per gebeurtenis.",
    };
    Ok(Message {
        product: Product::Alert,
        key: format!("attendering-{}-{}-verzamel", first.rule, first.story),
        to: to.to_owned(),
        text: CollectedText { first, alerts, why }.render()?,
        html: CollectedHtml { subject: &subject, first, alerts, why }.render()?,
        subject,
        images: Vec::new(),
        composed,
    })
}
