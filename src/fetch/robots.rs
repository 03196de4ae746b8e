//! robots.txt by RFC 9309: read once a day per host; absent means welcome, unreachable means not now; at most 500 kB of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use texting_robots::Robot;
use tokio::time::Instant;

/// How long the rules of a host are kept (RFC 9309 section 2.4: at most a day).
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How much of the file is read (section 2.5 asks for at least 500 kibibytes).
pub(super) const LONGEST: usize = 512_000;
/// A longer `Crawl-delay` is no pause but a refusal, and few mean it.
const LONGEST_DELAY: Duration = Duration::from_secs(120);
/// Hosts whose rules are kept at most.
const MOST: usize = 20_000;

/// What a host says to programs.
pub(super) enum Rules {
    /// No rules: everything is allowed.
    Open,
    /// The rules for us.
    Written(Box<Robot>),
}

impl Rules {
    /// The rules in a body, for a product name such as "Uitkijk".
    pub(super) fn read(product: &str, body: &[u8]) -> Self {
        let body = body.get(..body.len().min(LONGEST)).unwrap_or(body);
        Robot::new(product, body).map_or(Self::Open, |robot| Self::Written(Box::new(robot)))
    }

    pub(super) fn allow(&self, url: &str) -> bool {
        match self {
            Self::Open => true,
            Self::Written(robot) => robot.allowed(url),
        }
    }

    pub(super) fn delay(&self) -> Duration {
        match self {
            Self::Written(robot) => robot.delay.map_or(Duration::ZERO, |seconds| {
                Duration::try_from_secs_f32(seconds).unwrap_or(Duration::ZERO).min(LONGEST_DELAY)
            }),
            Self::Open => Duration::ZERO,
        }
    }
}

/// The rules of the hosts that were asked.
#[derive(Default)]
pub(super) struct Library(Mutex<HashMap<String, (Instant, Arc<Rules>)>>);

impl Library {
    pub(super) fn known(&self, origin: &str) -> Option<Arc<Rules>> {
        let shelf = self.0.lock().ok()?;
        let (until, rules) = shelf.get(origin)?;
        (*until > Instant::now()).then(|| rules.clone())
    }

    pub(super) fn keep(&self, origin: &str, rules: Rules) -> Arc<Rules> {
        let rules = Arc::new(rules);
        if let Ok(mut shelf) = self.0.lock() {
            let now = Instant::now();
            if shelf.len() >= MOST {
                shelf.retain(|_, (until, _)| *until > now);
            }
            shelf.insert(origin.to_owned(), (now + KEPT, rules.clone()));
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_for_us_goes_before_the_group_for_all_and_the_longest_rule_wins() {
        let rules = Rules::read(
            "Uitkijk",
            b"User-agent: *\nDisallow: /\n\nUser-agent: uitkijk\nDisallow: /prive\nAllow: /prive/nieuws\nCrawl-delay: 7\n",
        );
        assert!(rules.allow("https://voorbeeld.nl/rss"));
        assert!(!rules.allow("https://voorbeeld.nl/prive/dossier"));
        assert!(rules.allow("https://voorbeeld.nl/prive/nieuws/1"));
        assert_eq!(rules.delay(), Duration::from_secs(7));
        assert!(!Rules::read("Ander", b"User-agent: *\nDisallow: /").allow("https://voorbeeld.nl/rss"));
        assert!(Rules::read("Uitkijk", b"<html>geen robots</html>").allow("https://voorbeeld.nl/rss"));
    }
}
