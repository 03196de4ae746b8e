//! Context beside our own counts: figures of others, and registrations of companies by branch and gemeente.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{Sqlite, Transaction};

use super::{Store, StoreError};
use crate::domain::{
    figure::{Figure, Registration},
    source::SourceId,
};

/// A registration with its key and, where the gazetteer knows the place, its gemeente.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Key at the source, or a digest of it.
    pub key: String,
    /// What is kept of it.
    pub registration: Registration,
    /// CBS code.
    pub gemeente: Option<String>,
}

/// How many companies of a branch a gemeente has in a source.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BranchCount {
    /// SBI code of the main activity.
    pub sbi: String,
    /// CBS code; empty when the place is not known.
    pub gemeente: String,
    /// Registrations.
    pub companies: i64,
    /// Of these, ended.
    pub ended: i64,
}

pub(super) async fn keep_figures(
    tx: &mut Transaction<'static, Sqlite>,
    source: &SourceId,
    figures: &[Figure],
) -> Result<(), StoreError> {
    for figure in figures {
        sqlx::query(
            "insert into figure (source, \"table\", period, region, category, measure, borders, value)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (source, \"table\", region, category, measure, period) do update set
                 borders = excluded.borders, value = excluded.value",
        )
        .bind(&source.0)
        .bind(&figure.table)
        .bind(&figure.period)
        .bind(&figure.region)
        .bind(&figure.category)
        .bind(&figure.measure)
        .bind(figure.borders.map(i64::from))
        .bind(figure.value)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// A key that cannot be traced to a person without this very database: eight digits can all be tried, a salt cannot.
async fn pseudonym(tx: &mut Transaction<'static, Sqlite>, key: &str) -> Result<String, StoreError> {
    let (salt,): (String,) = sqlx::query_as("select value from salt").fetch_one(&mut **tx).await?;
    let digest = Sha256::digest(format!("{salt}{key}"));
    Ok(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// True when the registration was not known yet.
pub(super) async fn keep_registration(
    tx: &mut Transaction<'static, Sqlite>,
    source: &SourceId,
    registered: &Registered,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let kept = &registered.registration;
    let key = if kept.natural { pseudonym(tx, &registered.key).await? } else { registered.key.clone() };
    let (first_seen,): (i64,) = sqlx::query_as(
        "insert into registration (source, key, sbi, gemeente, place, started, ended, legal_form, event, first_seen)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (source, key) do update set
             sbi = excluded.sbi, gemeente = excluded.gemeente, place = excluded.place, started = excluded.started,
             ended = excluded.ended, legal_form = excluded.legal_form, event = excluded.event
         returning first_seen",
    )
    .bind(&source.0)
    .bind(key)
    .bind(kept.sbi.first().cloned().unwrap_or_default())
    .bind(&registered.gemeente)
    .bind(kept.place.clone().unwrap_or_default())
    .bind(&kept.started)
    .bind(&kept.ended)
    .bind(&kept.legal_form)
    .bind(&kept.event)
    .bind(now.as_second())
    .fetch_one(&mut **tx)
    .await?;
    Ok(first_seen == now.as_second())
}

impl Store {
    /// Companies per branch and gemeente, as a source knows them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn branch_counts(&self, source: &SourceId) -> Result<Vec<BranchCount>, StoreError> {
        Ok(sqlx::query_as(
            "select sbi, coalesce(gemeente, '') as gemeente, count(*) as companies, sum(ended is not null) as ended
             from registration where source = $1 group by sbi, coalesce(gemeente, '') order by sbi, gemeente",
        )
        .bind(&source.0)
        .fetch_all(&self.reader)
        .await?)
    }

    /// A context series: value per period of one region, category and measure, in the order of the periods.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn figures(
        &self,
        table: &str,
        region: &str,
        category: &str,
        measure: &str,
    ) -> Result<Vec<(String, Option<f64>)>, StoreError> {
        Ok(sqlx::query_as(
            "select period, value from figure where \"table\" = $1 and region = $2 and category = $3 and measure = $4 order by period",
        )
        .bind(table)
        .bind(region)
        .bind(category)
        .bind(measure)
        .fetch_all(&self.reader)
        .await?)
    }
}
