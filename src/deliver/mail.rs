//! A message as a mail: text and HTML beside each other, a Message-ID of our own that never changes (RFC 5322), and the
//! header that keeps out-of-office robots quiet (RFC 3834).

use std::time::{Duration, SystemTime};

use lettre::{
    Message as Mail,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::DeliverError;
use crate::domain::message::Message;

pub(super) fn build(from: &Mailbox, message_id: &str, message: &Message) -> Result<Mail, DeliverError> {
    let to: Mailbox =
        message.to.parse().map_err(|_| DeliverError::Message(format!("ontvanger '{}'", masked(&message.to))))?;
    let seconds = u64::try_from(message.composed.as_second()).unwrap_or(0);
    let mut mail = Mail::builder()
        .from(from.clone())
        .to(to)
        .subject(&message.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{message_id}@{}>", from.email.domain())))
        .multipart(body(message))
        .map_err(|error| DeliverError::Message(error.to_string()))?;
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    mail.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
    Ok(mail)
}

/// Text, and HTML with its pictures beside it (RFC 2387): the HTML names them by their Content-ID.
fn body(message: &Message) -> MultiPart {
    if message.images.is_empty() {
        return MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
    }
    let mut related = MultiPart::related().singlepart(SinglePart::html(message.html.clone()));
    if let Ok(png) = ContentType::parse("image/png") {
        for image in &message.images {
            let part = Attachment::new_inline(image.name.clone()).body(image.png.clone(), png.clone());
            related = related.singlepart(part);
        }
    }
    MultiPart::alternative().singlepart(SinglePart::plain(message.text.clone())).multipart(related)
}

/// `a***@e***.nl`: enough to recognise, too little to misuse.
fn masked(address: &str) -> String {
    let keep = |part: &str| part.chars().next().map(|first| format!("{first}***")).unwrap_or_default();
    match address.split_once('@') {
        Some((user, domain)) => {
            let ending = domain.rsplit_once('.').map_or("", |(_, ending)| ending);
            format!("{}@{}.{ending}", keep(user), keep(domain))
        }
        None => keep(address),
    }
}
