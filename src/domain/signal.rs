//! A concept bestuurlijk signaal: a gap in the law that sources point at, with its evidence and its doubts.

use serde::{Deserialize, Serialize};

/// A sentence in which a source points at a gap in the law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knelpunt {
    /// BWB id of the law.
    pub bwb: String,
    /// Short name of the law.
    pub law: String,
    /// Article, e.g. `13b`.
    pub article: String,
    /// The sentence, verbatim.
    pub sentence: String,
    /// Number of the paragraph it stands in, empty when there is none.
    pub paragraph: String,
    /// Which family of gap phrases it belongs to.
    pub family: String,
}

/// How well a criterion is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Support {
    /// Two or more independent sources.
    Onderbouwd,
    /// One source.
    Zwak,
    /// None; a question to the author.
    Ontbreekt,
}

impl Support {
    /// The word for readers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Onderbouwd => "onderbouwd",
            Self::Zwak => "zwak",
            Self::Ontbreekt => "ontbreekt",
        }
    }
}

/// One criterion of a bestuurlijk signaal with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// The criterion in words.
    pub name: String,
    /// How well it is answered.
    pub support: Support,
    /// What the answer rests on, or the question to the author.
    pub basis: String,
}

/// A statement with the numbers of the sources that carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// One or two sentences.
    pub text: String,
    /// Numbers in the list of sources, from 1.
    pub sources: Vec<usize>,
}

/// One entry of the list of sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is, e.g. court, date and ECLI.
    pub name: String,
    /// Where to read it.
    pub link: String,
    /// The passage, verbatim.
    pub quote: String,
    /// Paragraph number, empty when there is none.
    pub paragraph: String,
    /// Day on which we read it, `yyyy-mm-dd`.
    pub read_on: String,
}

/// States of a draft. Only a person moves it on: the daemon drafts and never issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Composed by the program.
    Drafted,
    /// Read and edited by a person.
    Reviewed,
    /// Sent by a person to the Landelijk Loket.
    Issued,
    /// Set aside by a person.
    Dropped,
}

impl State {
    /// Name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Reviewed => "reviewed",
            Self::Issued => "issued",
            Self::Dropped => "dropped",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::Drafted, Self::Reviewed, Self::Issued, Self::Dropped].into_iter().find(|state| state.name() == name)
    }

    /// The state after a person moves it to `next`, or why that cannot be.
    ///
    /// # Errors
    /// Says which step is not allowed: drafts are reviewed or dropped, reviewed ones issued or dropped, the rest is final.
    pub fn move_to(self, next: Self) -> Result<Self, String> {
        match (self, next) {
            (Self::Drafted, Self::Reviewed | Self::Dropped) | (Self::Reviewed, Self::Issued | Self::Dropped) => {
                Ok(next)
            }
            _ => Err(format!("een signaal gaat niet van '{}' naar '{}'", self.name(), next.name())),
        }
    }
}

/// A draft, ready to be shown. Every claim carries the number of at least one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Title.
    pub title: String,
    /// Labels of the fenomenen, in words.
    pub fenomenen: Vec<String>,
    /// The ministry that can change the law.
    pub ministry: String,
    /// Law and article in words.
    pub provision: String,
    /// The five criteria.
    pub criteria: Vec<Criterion>,
    /// Summary.
    pub summary: Vec<Claim>,
    /// What prompted it.
    pub occasion: Vec<Claim>,
    /// The gap.
    pub gap: Vec<Claim>,
    /// Scale and development.
    pub scale: Vec<Claim>,
    /// What is not known.
    pub unknown: Vec<String>,
    /// Another explanation of the same facts.
    pub alternatives: Vec<String>,
    /// Questions to the author.
    pub questions: Vec<String>,
    /// The sources, in the order of their numbers.
    pub sources: Vec<Evidence>,
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn only_the_drawn_steps_are_allowed() {
        let states = [State::Drafted, State::Reviewed, State::Issued, State::Dropped];
        let allowed = states
            .iter()
            .flat_map(|from| states.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| from.move_to(*to).is_ok())
            .count();
        assert_eq!(allowed, 4);
        assert!(State::Issued.move_to(State::Drafted).is_err());
    }
}
