//! Answers as they came: kept compressed for the retention of their source, so that every claim can be traced to its
//! bytes, and then gone.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::{Sqlite, Transaction};

use super::{Store, StoreError, moment};
use crate::domain::{exchange::Response, source::SourceId};

/// Level of zstd: news shrinks to a fifth at the speed of a disk.
const LEVEL: i32 = 3;
/// Rows that one step of the sweep removes, so that no other writer waits long.
const STEP: i64 = 500;

/// An answer, packed.
#[derive(Debug, Clone)]
pub struct Raw {
    address: String,
    content_type: Option<String>,
    hash: String,
    bytes: i64,
    packed: Vec<u8>,
}

impl Raw {
    /// Packs an answer.
    ///
    /// # Errors
    /// When the compression fails, which only a lack of memory makes it do.
    pub fn of(response: &Response) -> Result<Self, StoreError> {
        let packed = zstd::bulk::compress(&response.body, LEVEL);
        Ok(Self {
            address: response.address.clone(),
            content_type: response.content_type.clone(),
            hash: Sha256::digest(&response.body).iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes: i64::try_from(response.body.len()).unwrap_or(i64::MAX),
            packed: packed.map_err(|error| StoreError::Content(format!("niet in te pakken: {error}")))?,
        })
    }
}

/// Where an item came from: the address, the time and the bytes, as long as they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Address that was asked.
    pub address: String,
    /// When.
    pub fetched: Timestamp,
    /// SHA-256 of the bytes, in hex.
    pub hash: String,
    /// The bytes.
    pub body: Vec<u8>,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Raw answers.
    pub raw: u64,
    /// Full texts.
    pub articles: u64,
}

pub(super) async fn insert(
    tx: &mut Transaction<'static, Sqlite>,
    source: &SourceId,
    raw: &Raw,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let (id,): (i64,) = sqlx::query_as(
        "insert into raw (source, address, fetched, content_type, hash, bytes, packed) values ($1, $2, $3, $4, $5, $6, $7)
         returning id",
    )
    .bind(&source.0)
    .bind(&raw.address)
    .bind(now.as_second())
    .bind(&raw.content_type)
    .bind(&raw.hash)
    .bind(raw.bytes)
    .bind(&raw.packed)
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

impl Store {
    /// The answer that an item was read from, while it is kept.
    ///
    /// # Errors
    /// When the store fails or the bytes cannot be unpacked.
    pub async fn origin(&self, item: i64) -> Result<Option<Origin>, StoreError> {
        let row: Option<(String, i64, String, i64, Vec<u8>)> = sqlx::query_as(
            "select r.address, r.fetched, r.hash, r.bytes, r.packed from item i join raw r on r.id = i.raw where i.id = $1",
        )
        .bind(item)
        .fetch_optional(&self.reader)
        .await?;
        row.map(|(address, fetched, hash, bytes, packed)| {
            let body = zstd::bulk::decompress(&packed, usize::try_from(bytes).unwrap_or_default())
                .map_err(|error| StoreError::Content(format!("niet uit te pakken: {error}")))?;
            Ok(Origin { address, fetched: moment(fetched), hash, body })
        })
        .transpose()
    }

    /// Removes raw answers and full texts that are past the retention of their source; a source that is not named any
    /// more has the usual one.
    ///
    /// # Errors
    /// When the store fails; the next sweep goes on.
    pub async fn sweep(
        &self,
        retentions: &[(SourceId, SignedDuration)],
        usual: SignedDuration,
        now: Timestamp,
    ) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let sources: Vec<(String,)> =
            sqlx::query_as("select distinct source from item union select distinct source from raw")
                .fetch_all(&self.reader)
                .await?;
        for (source,) in sources {
            let own = retentions.iter().find(|(id, _)| id.0 == source).map_or(usual, |(_, retention)| *retention);
            let before = now.saturating_sub(own).unwrap_or(Timestamp::UNIX_EPOCH).as_second();
            swept.raw += self
                .step(
                    "delete from raw where id in (select id from raw where source = $1 and fetched < $2 limit $3)",
                    &source,
                    before,
                )
                .await?;
            swept.articles += self
                .step(
                    "update item set article = null where id in
                     (select id from item where source = $1 and article is not null and first_seen < $2 limit $3)",
                    &source,
                    before,
                )
                .await?;
        }
        Ok(swept)
    }

    async fn step(&self, sql: &'static str, source: &str, before: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let done =
                sqlx::query(sql).bind(source).bind(before).bind(STEP).execute(&self.writer).await?.rows_affected();
            removed += done;
            if done < u64::try_from(STEP).unwrap_or(u64::MAX) {
                return Ok(removed);
            }
        }
    }
}
