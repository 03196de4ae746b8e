//! Subscriptions: who gets what, the token that stops it, and the stops. A stop stays until somebody starts it again.

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::{Store, StoreError, moment};
use crate::domain::{
    message::Product,
    subscription::{Subscription, bare, can_stop},
};

/// A subscription with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The subscription.
    pub subscription: Subscription,
    /// Since when it is stopped; none while it runs.
    pub stopped: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    address: String,
    product: String,
    rule: String,
    token: String,
    stopped: Option<i64>,
}

impl TryFrom<Row> for Standing {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let Row { address, product, rule, token, stopped } = row;
        let product = Product::of(&product)
            .ok_or_else(|| StoreError::Content(format!("onbekend product '{product}' bij een abonnement")))?;
        Ok(Self { subscription: Subscription { address, product, rule, token }, stopped: stopped.map(moment) })
    }
}

impl Store {
    /// The subscription to which a mail belongs; it gets its token here, the first time that it is asked for. None for
    /// what cannot be stopped.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subscription(
        &self,
        recipient: &str,
        product: Product,
        rule: &str,
        now: Timestamp,
    ) -> Result<Option<Subscription>, StoreError> {
        if !can_stop(product) {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let row = subscribe(&mut tx, &bare(recipient), product, rule, now).await?;
        tx.commit().await?;
        Ok(Some(Standing::try_from(row)?.subscription))
    }

    /// All subscriptions that were ever used or stopped, by address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subscriptions(&self) -> Result<Vec<Standing>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select address, product, rule, token, stopped from subscription order by address, product, rule",
        )
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Standing::try_from).collect()
    }

    /// The subscription with that token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subscription_of(&self, token: &str) -> Result<Option<Standing>, StoreError> {
        let row: Option<Row> =
            sqlx::query_as("select address, product, rule, token, stopped from subscription where token = $1")
                .bind(token)
                .fetch_optional(&self.reader)
                .await?;
        row.map(Standing::try_from).transpose()
    }

    /// Stops a product for an address, or one rule of it, together with the mails that wait for it. A second stop changes
    /// nothing.
    ///
    /// # Errors
    /// When the store fails; nothing is stopped then.
    pub async fn stop(&self, address: &str, product: Product, rule: &str, now: Timestamp) -> Result<(), StoreError> {
        let address = bare(address);
        let mut tx = self.begin().await?;
        subscribe(&mut tx, &address, product, rule, now).await?;
        sqlx::query(
            "update subscription set stopped = coalesce(stopped, $4) where address = $1 and product = $2 and rule = $3",
        )
        .bind(&address)
        .bind(product.name())
        .bind(rule)
        .bind(now.as_second())
        .execute(&mut *tx)
        .await?;
        let queued: Vec<(i64, String)> = sqlx::query_as(
            "select id, recipient from outbox where state = 'queued' and product = $1 and ($2 = '' or rule = $2)",
        )
        .bind(product.name())
        .bind(rule)
        .fetch_all(&mut *tx)
        .await?;
        for (id, _) in queued.iter().filter(|(_, recipient)| bare(recipient) == address) {
            sqlx::query("update outbox set state = 'failed', problem = 'afgemeld' where id = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?;
        }
        if product == Product::Alert {
            drop_waiting(&mut tx, &address, rule).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Starts again what was stopped. With an empty rule all rules of the product start. False when nothing was stopped.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start(&self, address: &str, product: Product, rule: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update subscription set stopped = null
             where address = $1 and product = $2 and ($3 = '' or rule = $3) and stopped is not null",
        )
        .bind(bare(address))
        .bind(product.name())
        .bind(rule)
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// True when this recipient stopped the product, or this rule of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn has_stopped(&self, recipient: &str, product: Product, rule: &str) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(STOPPED)
            .bind(bare(recipient))
            .bind(product.name())
            .bind(rule)
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.is_some())
    }
}

const STOPPED: &str = "select stopped from subscription
     where address = $1 and product = $2 and rule in ('', $3) and stopped is not null limit 1";

/// As [`Store::has_stopped`], within a transaction.
pub(super) async fn is_stopped(
    tx: &mut Transaction<'static, Sqlite>,
    recipient: &str,
    product: Product,
    rule: &str,
) -> Result<bool, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as(STOPPED).bind(bare(recipient)).bind(product.name()).bind(rule).fetch_optional(&mut **tx).await?;
    Ok(row.is_some())
}

/// The row of a subscription, made when it is not there. Its token is chosen by chance, so that nobody can guess another's.
async fn subscribe(
    tx: &mut Transaction<'static, Sqlite>,
    address: &str,
    product: Product,
    rule: &str,
    now: Timestamp,
) -> Result<Row, StoreError> {
    sqlx::query(
        "insert into subscription (address, product, rule, token, since)
         values ($1, $2, $3, lower(hex(randomblob(16))), $4) on conflict (address, product, rule) do nothing",
    )
    .bind(address)
    .bind(product.name())
    .bind(rule)
    .bind(now.as_second())
    .execute(&mut **tx)
    .await?;
    Ok(sqlx::query_as(
        "select address, product, rule, token, stopped from subscription
         where address = $1 and product = $2 and rule = $3",
    )
    .bind(address)
    .bind(product.name())
    .bind(rule)
    .fetch_one(&mut **tx)
    .await?)
}

/// What waits for somebody who stopped is not told any more, also when he comes back.
async fn drop_waiting(tx: &mut Transaction<'static, Sqlite>, address: &str, rule: &str) -> Result<(), StoreError> {
    let waiting: Vec<(String, i64, String)> =
        sqlx::query_as("select rule, story, recipient from alert where state = 'waiting' and ($1 = '' or rule = $1)")
            .bind(rule)
            .fetch_all(&mut **tx)
            .await?;
    for (rule, story, recipient) in waiting.iter().filter(|(_, _, recipient)| bare(recipient) == address) {
        sqlx::query(
            "update alert set state = 'dropped', why = 'afgemeld' where rule = $1 and story = $2 and recipient = $3",
        )
        .bind(rule)
        .bind(story)
        .bind(recipient)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
