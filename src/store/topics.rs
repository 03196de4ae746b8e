//! New topics that a person silenced or adopted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Store, StoreError};
use crate::domain::trend::Topic;

/// What a person decides about a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicChoice {
    /// Not told any more.
    Silenced,
    /// Made a fenomeen.
    Adopted,
}

impl TopicChoice {
    fn name(self) -> &'static str {
        match self {
            Self::Silenced => "silenced",
            Self::Adopted => "adopted",
        }
    }
}

impl Store {
    /// Topics of the week that was watched last, as they were told then.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_topics(&self) -> Result<Vec<Topic>, StoreError> {
        #[derive(Deserialize)]
        struct Findings {
            #[serde(default)]
            topics: Vec<Topic>,
        }
        let row: Option<(String,)> = sqlx::query_as("select findings from watch order by week desc limit 1")
            .fetch_optional(&self.reader)
            .await?;
        let Some((findings,)) = row else { return Ok(Vec::new()) };
        let findings: Findings =
            serde_json::from_str(&findings).map_err(|error| StoreError::Content(error.to_string()))?;
        Ok(findings.topics)
    }

    /// Notes what a person decided about a topic, by its strongest term; a later decision takes the place of an earlier one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn choose_topic(
        &self,
        topic: &str,
        choice: TopicChoice,
        who: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "insert into topic_choice (topic, choice, who, at) values ($1, $2, $3, $4)
             on conflict do update set choice = $2, who = $3, at = $4",
        )
        .bind(topic)
        .bind(choice.name())
        .bind(who)
        .bind(now.as_second())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Terms of topics about which a person decided: neither a silenced nor an adopted one is new any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn silenced_topics(&self) -> Result<BTreeSet<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("select topic from topic_choice").fetch_all(&self.reader).await?;
        Ok(rows.into_iter().map(|(topic,)| topic).collect())
    }
}
