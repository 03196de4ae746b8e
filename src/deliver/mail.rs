//! A message as a mail: text and HTML beside each other, a Message-ID of our own that never changes (RFC 5322), and the
//! header that keeps out-of-office robots quiet (RFC 3834). A mail of a subscription names its list (RFC 2919) and how to
//! stop it: by mail (RFC 2369), and with one click where an address for that is set (RFC 8058).

use std::time::{Duration, SystemTime};

use lettre::{
    Message as Mail,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::{DeliverError, Sender};
use crate::domain::{message::Message, subscription::Subscription};

pub(super) fn build(
    sender: &Sender,
    message_id: &str,
    message: &Message,
    subscription: Option<&Subscription>,
) -> Result<Mail, DeliverError> {
    let from = &sender.from;
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
    insert(&mut mail, "Auto-Submitted", "auto-generated");
    if let Some(subscription) = subscription {
        stops(&mut mail, sender, subscription);
    }
    Ok(mail)
}

/// How this subscription is named and stopped. One click is only promised with an address: RFC 8058 asks for https.
fn stops(mail: &mut Mail, sender: &Sender, subscription: &Subscription) {
    let Subscription { token, .. } = subscription;
    let by_mail = format!("<mailto:{}?subject=afmelden%20{token}>", sender.from.email);
    if sender.unsubscribe_url.is_empty() {
        insert(mail, "List-Unsubscribe", &by_mail);
    } else {
        let url = sender.unsubscribe_url.replace("{token}", token);
        insert(mail, "List-Unsubscribe", &format!("<{url}>,\r\n {by_mail}"));
        insert(mail, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
    let label = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' };
    let list: String = subscription.list().chars().map(label).collect();
    insert(mail, "List-Id", &format!("Uitkijk <{list}.uitkijk.{}>", sender.from.email.domain()));
}

/// Adds a header as it is. All that comes here is ASCII and folded where it is long: an encoder would break addresses.
fn insert(mail: &mut Mail, name: &'static str, value: &str) {
    let name = HeaderName::new_from_ascii_str(name);
    mail.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned()));
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
