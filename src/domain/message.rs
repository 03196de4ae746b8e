//! A mail that is ready to go: composed once, sent from the outbox.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

/// One message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is; also the folder and file prefix of the file channel.
    pub product: Product,
    /// Says what this message is about, once and for all: a second message with the same key is never queued.
    pub key: String,
    /// Address of the recipient.
    pub to: String,
    /// Subject line; carries the news.
    pub subject: String,
    /// Plain text part, complete in itself.
    pub text: String,
    /// HTML part, complete in itself, without remote content.
    pub html: String,
    /// Pictures that the HTML shows as `cid:NAME`; what they say stands in their alt texts too.
    pub images: Vec<Image>,
    /// When it was composed; the `Date` header.
    pub composed: Timestamp,
}

/// A picture within a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Content-ID, without brackets.
    pub name: String,
    /// The picture, as PNG.
    pub png: Vec<u8>,
}

impl Message {
    /// The HTML as a file that stands alone: its pictures are in it.
    #[must_use]
    pub fn html_alone(&self) -> String {
        let mut html = self.html.clone();
        for image in &self.images {
            let data = format!("src=\"data:image/png;base64,{}\"", STANDARD.encode(&image.png));
            html = html.replace(&format!("src=\"cid:{}\"", image.name), &data);
        }
        html
    }
}

/// The products that are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Weekly trendrapportage.
    Digest,
    /// Attendering on a rule.
    Alert,
    /// Concept bestuurlijk signaal.
    Signal,
    /// Notice about sources, for those who run us.
    Notice,
}

impl Product {
    /// Name in the store, in file names and in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Alert => "attendering",
            Self::Signal => "signaal",
            Self::Notice => "beheer",
        }
    }

    /// The product of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::Digest, Self::Alert, Self::Signal, Self::Notice].into_iter().find(|product| product.name() == name)
    }
}
