//! Leases: who does what, for how long. A worker that dies loses its leases when they run out; one that comes back under
//! its own name drops its old ones first.

use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError};

impl Store {
    /// Takes or renews a lease. False when another holder has it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        span: SignedDuration,
    ) -> Result<bool, StoreError> {
        let taken: Option<(String,)> = sqlx::query_as(
            "insert into lease (name, holder, until) values ($1, $2, $3)
             on conflict (name) do update set holder = excluded.holder, until = excluded.until
             where lease.holder = excluded.holder or lease.until <= $4
             returning holder",
        )
        .bind(name)
        .bind(holder)
        .bind(now.as_second() + span.as_secs())
        .bind(now.as_second())
        .fetch_optional(&self.writer)
        .await?;
        Ok(taken.is_some())
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        sqlx::query("delete from lease where name = $1 and holder = $2")
            .bind(name)
            .bind(holder)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Drops everything that a holder of this name still claims: what a worker does when it starts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn release_all(&self, holder: &str) -> Result<(), StoreError> {
        sqlx::query("delete from lease where holder = $1").bind(holder).execute(&self.writer).await?;
        sqlx::query("update outbox set holder = null, held_until = 0 where holder = $1 and state = 'queued'")
            .bind(holder)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
