//! How a message leaves: to files or by SMTP, both through lettre. Sending the same message twice gives the same file and
//! the same Message-ID.

mod mail;

use std::path::{Path, PathBuf};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor, message::Mailbox, transport::smtp::authentication::Credentials,
};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::domain::{message::Message, subscription::Subscription};

/// How to send.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sender, as `Name <address>`.
    pub from: String,
    /// Address behind which one click stops a subscription, with {token} in it; empty for none.
    pub unsubscribe_url: String,
    /// Which way.
    pub channel: ChannelSettings,
}

/// The ways.
#[derive(Debug, Clone)]
pub enum ChannelSettings {
    /// `.eml` and `.html` files in a folder.
    Files {
        /// The folder.
        directory: PathBuf,
    },
    /// A mail server.
    Smtp(SmtpSettings),
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption.
    pub security: Security,
    /// User; empty for none.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// Encryption of the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Plain first, then encrypted; refused when the server does not.
    StartTls,
    /// Encrypted from the first byte.
    Tls,
    /// Not at all: only for a server on this machine.
    None,
}

/// Why a message did not leave.
#[derive(Debug, Error)]
pub enum DeliverError {
    /// The message cannot be a mail; trying again will not help.
    #[error("het bericht kan geen mail worden: {0}")]
    Message(String),
    /// The server refused it for good (5xx).
    #[error("de mailserver weigert het bericht: {0}")]
    Refused(String),
    /// Anything that may pass: no connection, 4xx, a full disk.
    #[error("verzenden lukt nu niet: {0}")]
    Passing(String),
}

/// Who sends, and where a reader stops it.
pub struct Sender {
    from: Mailbox,
    unsubscribe_url: String,
}

/// An open way out.
pub enum Channel {
    /// To files.
    Files {
        /// Sender.
        sender: Sender,
        /// The folder.
        directory: PathBuf,
    },
    /// To a mail server.
    Smtp {
        /// Sender.
        sender: Sender,
        /// The server.
        transport: AsyncSmtpTransport<Tokio1Executor>,
    },
}

/// True for what can stand in a From or To header.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

impl Channel {
    /// Opens a way out; no connection is made yet.
    ///
    /// # Errors
    /// When the sender or the server's name cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, DeliverError> {
        let from: Mailbox =
            settings.from.parse().map_err(|_| DeliverError::Message(format!("afzender '{}'", settings.from)))?;
        let sender = Sender { from, unsubscribe_url: settings.unsubscribe_url.clone() };
        let smtp = match &settings.channel {
            ChannelSettings::Files { directory } => return Ok(Self::Files { sender, directory: directory.clone() }),
            ChannelSettings::Smtp(smtp) => smtp,
        };
        type Smtp = AsyncSmtpTransport<Tokio1Executor>;
        let builder = match smtp.security {
            Security::StartTls => {
                Smtp::starttls_relay(&smtp.host).map_err(|error| DeliverError::Passing(error.to_string()))?
            }
            Security::Tls => Smtp::relay(&smtp.host).map_err(|error| DeliverError::Passing(error.to_string()))?,
            Security::None => Smtp::builder_dangerous(&smtp.host),
        };
        let mut builder = builder.port(smtp.port).timeout(Some(std::time::Duration::from_secs(30)));
        if !smtp.user.is_empty() {
            builder =
                builder.credentials(Credentials::new(smtp.user.clone(), smtp.password.expose_secret().to_owned()));
        }
        Ok(Self::Smtp { sender, transport: builder.build() })
    }

    /// Sends one message and gives back what to note: the file, or the server's answer. A mail of a subscription says how
    /// to stop it.
    ///
    /// # Errors
    /// See [`DeliverError`]: only what may pass is worth another try.
    pub async fn send(
        &self,
        message_id: &str,
        message: &Message,
        subscription: Option<&Subscription>,
    ) -> Result<String, DeliverError> {
        match self {
            Self::Files { sender, directory } => {
                let mail = mail::build(sender, message_id, message, subscription)?;
                let name = file_name(message_id, message);
                let eml = directory.join(format!("{name}.eml"));
                write(&eml, &mail.formatted()).await?;
                write(&directory.join(format!("{name}.html")), message.html_alone().as_bytes()).await?;
                Ok(eml.display().to_string())
            }
            Self::Smtp { sender, transport } => {
                let mail = mail::build(sender, message_id, message, subscription)?;
                let answer = transport.send(mail).await.map_err(|error| {
                    if error.is_permanent() {
                        DeliverError::Refused(error.to_string())
                    } else {
                        DeliverError::Passing(error.to_string())
                    }
                })?;
                Ok(answer.message().collect::<Vec<_>>().join(" "))
            }
        }
    }
}

/// A name that a person can read and that is the same for the same message.
fn file_name(message_id: &str, message: &Message) -> String {
    let readable: String =
        message.key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).take(80).collect();
    let tail: String = message_id.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{}-{tail}", readable.trim_matches('-'))
}

/// Writes beside the place and moves it there, so that a crash leaves no half file under the name.
async fn write(path: &Path, bytes: &[u8]) -> Result<(), DeliverError> {
    let passing = |error: std::io::Error| DeliverError::Passing(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(passing)?;
    }
    let beside = path.with_extension("tmp");
    tokio::fs::write(&beside, bytes).await.map_err(passing)?;
    tokio::fs::rename(&beside, path).await.map_err(passing)
}
