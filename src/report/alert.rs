//! An attendering: one story that meets a rule, with why it met it.

use askama::Template;

use crate::domain::{
    message::{Message, Product},
    verdict::Reason,
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
    /// Short name of the fenomeen.
    pub short: String,
    /// Labels with probabilities, in words.
    pub labels: String,
    /// Probability, in words.
    pub p: String,
    /// Names of gemeenten.
    pub places: Vec<String>,
    /// The words that counted.
    pub reasons: Vec<Reason>,
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

impl Alert {
    fn places_words(&self) -> String {
        super::words::list(&self.places)
    }

    fn reason_words(&self) -> String {
        let words: Vec<String> =
            self.reasons.iter().filter(|reason| reason.weight > 0.0).map(|reason| reason.word.clone()).collect();
        words.join(", ")
    }
}

/// Composes the mail for one recipient.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn compose(alert: &Alert, to: &str, composed: jiff::Timestamp) -> Result<Message, askama::Error> {
    let place = if alert.places.is_empty() { String::new() } else { format!(", {}", alert.places_words()) };
    Ok(Message {
        product: Product::Alert,
        key: format!("attendering-{}-{}", alert.rule, alert.story),
        to: to.to_owned(),
        subject: format!("Attendering: {}{place} (zekerheid {})", alert.short, alert.p),
        text: Text { alert }.render()?,
        html: Html { alert }.render()?,
        images: Vec::new(),
        composed,
    })
}
