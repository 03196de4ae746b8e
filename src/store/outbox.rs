//! The outbox: a mail is written here in the transaction that found its news, and leaves from here. A row is claimed with
//! a lease, so that several workers can send, and its Message-ID never changes: a mail that a crash sends again is
//! recognisable as the same.

use std::hash::Hasher;

use jiff::{SignedDuration, Timestamp};
use siphasher::sip128::{Hasher128, SipHasher13};
use sqlx::{FromRow, Sqlite, Transaction};

use super::{Store, StoreError, moment, subscriptions::is_stopped};
use crate::domain::{
    message::{Image, Message, Product},
    subscription::Subscription,
};

/// A claimed message.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Row in the outbox.
    pub id: i64,
    /// Left part of its Message-ID; the same for ever.
    pub message_id: String,
    /// Attempts before this one.
    pub attempts: u32,
    /// The message.
    pub message: Message,
    /// What it belongs to and how that is stopped; none for what cannot be stopped.
    pub subscription: Option<Subscription>,
}

/// Counts of the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct OutboxCounts {
    /// Waiting, or to be tried again.
    pub queued: i64,
    /// Accepted by the mail server or written to file.
    pub sent: i64,
    /// Given up.
    pub failed: i64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: String,
    product: String,
    key: String,
    recipient: String,
    subject: String,
    text: String,
    html: String,
    composed: i64,
    attempts: i64,
    rule: String,
}

impl Store {
    /// Claims the next message that is due, if any.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim(
        &self,
        holder: &str,
        now: Timestamp,
        span: SignedDuration,
    ) -> Result<Option<Outgoing>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "update outbox set holder = $1, held_until = $3
             where id = (select id from outbox where state = 'queued' and next_try <= $2 and held_until <= $2
                         order by next_try, id limit 1)
             returning id, message_id, product, key, recipient, subject, text, html, composed, attempts, rule",
        )
        .bind(holder)
        .bind(now.as_second())
        .bind(now.as_second() + span.as_secs())
        .fetch_optional(&self.writer)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let product = Product::of(&row.product)
            .ok_or_else(|| StoreError::Content(format!("onbekend product '{}' in de uitbak", row.product)))?;
        let subscription = self.subscription(&row.recipient, product, &row.rule, now).await?;
        Ok(Some(Outgoing {
            id: row.id,
            message_id: row.message_id,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            message: Message {
                product,
                key: row.key,
                to: row.recipient,
                subject: row.subject,
                text: row.text,
                html: row.html,
                images: self.images(row.id).await?,
                composed: moment(row.composed),
            },
            subscription,
        }))
    }

    async fn images(&self, message: i64) -> Result<Vec<Image>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select name, png from outbox_image where message = $1 order by place")
                .bind(message)
                .fetch_all(&self.writer)
                .await?;
        Ok(rows.into_iter().map(|(name, png)| Image { name, png }).collect())
    }

    /// True when a message with this key waits for that recipient, or has left.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_queued(&self, key: &str, to: &str) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("select id from outbox where key = $1 and recipient = $2")
            .bind(key)
            .bind(to)
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.is_some())
    }

    /// Notes that a message has left, with what the channel said.
    ///
    /// # Errors
    /// When the store fails; the message may then leave again, with the same Message-ID.
    pub async fn sent(&self, id: i64, receipt: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "update outbox set state = 'sent', sent = $2, receipt = $3, attempts = attempts + 1, holder = null, held_until = 0
             where id = $1 and state = 'queued'",
        )
        .bind(id)
        .bind(now.as_second())
        .bind(receipt)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Notes that a message did not leave, and when to try again; none gives it up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unsent(&self, id: i64, problem: &str, again: Option<Timestamp>) -> Result<(), StoreError> {
        sqlx::query(
            "update outbox set state = case when $3 is null then 'failed' else 'queued' end, next_try = coalesce($3, next_try),
                    problem = $2, attempts = attempts + 1, holder = null, held_until = 0
             where id = $1 and state = 'queued'",
        )
        .bind(id)
        .bind(problem)
        .bind(again.map(Timestamp::as_second))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// How full the outbox is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        Ok(sqlx::query_as(
            "select count(case when state = 'queued' then 1 end) as queued, count(case when state = 'sent' then 1 end) as sent,
                    count(case when state = 'failed' and coalesce(problem, '') <> 'afgemeld' then 1 end) as failed
             from outbox",
        )
        .fetch_one(&self.reader)
        .await?)
    }
}

/// Queues a message within the transaction that found its news. False when it is already there or long gone, or when its
/// recipient stopped this product.
pub(super) async fn queue(tx: &mut Transaction<'static, Sqlite>, message: &Message) -> Result<bool, StoreError> {
    queue_of(tx, message, "").await
}

/// As [`queue`], for a mail of one rule.
pub(super) async fn queue_of(
    tx: &mut Transaction<'static, Sqlite>,
    message: &Message,
    rule: &str,
) -> Result<bool, StoreError> {
    if is_stopped(tx, &message.to, message.product, rule).await? {
        return Ok(false);
    }
    let row: Option<(i64,)> = sqlx::query_as(
        "insert into outbox (message_id, product, key, recipient, subject, text, html, composed, state, next_try, rule)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $8, $9)
         on conflict (key, recipient) do nothing
         returning id",
    )
    .bind(message_id(message))
    .bind(message.product.name())
    .bind(&message.key)
    .bind(&message.to)
    .bind(&message.subject)
    .bind(&message.text)
    .bind(&message.html)
    .bind(message.composed.as_second())
    .bind(rule)
    .fetch_optional(&mut **tx)
    .await?;
    let Some((id,)) = row else { return Ok(false) };
    for (place, image) in (0_i64..).zip(&message.images) {
        sqlx::query("insert into outbox_image (message, place, name, png) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(place)
            .bind(&image.name)
            .bind(&image.png)
            .execute(&mut **tx)
            .await?;
    }
    Ok(true)
}

/// Made from what the message is about and for whom, so that a second composition gets the same one.
fn message_id(message: &Message) -> String {
    let mut hasher = SipHasher13::new_with_keys(0x6d61_696c, 1);
    hasher.write(message.key.as_bytes());
    hasher.write_u8(0);
    hasher.write(message.to.as_bytes());
    let hash = hasher.finish128();
    format!("{}.{:016x}{:016x}", message.product.name(), hash.h1, hash.h2)
}
