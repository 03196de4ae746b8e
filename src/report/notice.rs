//! A notice to those who run us: what is wrong with sources since the last one, and what is over.

use std::hash::Hasher;

use askama::Template;
use jiff::Timestamp;
use siphasher::sip::SipHasher13;

use super::words;
use crate::domain::message::{Message, Product};

/// What began and what ended: title of the source, and the words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// New.
    pub begun: Vec<(String, String)>,
    /// Over.
    pub ended: Vec<(String, String)>,
    /// How much is wrong now, this included.
    pub still: usize,
}

impl Notice {
    /// Nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.begun.is_empty() && self.ended.is_empty()
    }

    /// The substance, for the subject line.
    fn subject(&self) -> String {
        match (self.begun.as_slice(), self.ended.as_slice()) {
            ([(title, detail)], []) => format!("{title}: {detail}"),
            ([], [(title, _)]) => format!("{title} doet het weer"),
            (begun, ended) => {
                let count = |list: &[(String, String)]| i64::try_from(list.len()).unwrap_or(i64::MAX);
                format!(
                    "{} met een probleem, {} weer goed",
                    words::counted(count(begun), "bron", "bronnen"),
                    count(ended)
                )
            }
        }
    }
}

#[derive(Template)]
#[template(path = "notice.txt")]
struct Text<'a> {
    notice: &'a Notice,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Html<'a> {
    notice: &'a Notice,
    subject: &'a str,
}

/// Composes the notice for one recipient. Its key is its content: the same news is never sent twice at one moment.
///
/// # Errors
/// When a template fails.
pub fn compose(notice: &Notice, to: &str, region: &str, now: Timestamp) -> Result<Message, askama::Error> {
    let mut subject: String = format!("[Uitkijk {region}] {}", notice.subject()).chars().take(150).collect();
    subject = subject.trim_end().to_owned();
    let mut hasher = SipHasher13::new_with_keys(5, 23);
    for (title, detail) in notice.begun.iter().chain(&notice.ended) {
        hasher.write(title.as_bytes());
        hasher.write(detail.as_bytes());
    }
    Ok(Message {
        product: Product::Notice,
        key: format!("beheer-{}-{:016x}", now.as_second(), hasher.finish()),
        to: to.to_owned(),
        text: Text { notice }.render()?,
        html: Html { notice, subject: &subject }.render()?,
        subject,
        images: Vec::new(),
        composed: now,
    })
}
