//! Which tellings make one story, in one pass over a stream: each telling joins the live story that it fits best, or opens one.
//! A story is forgotten when it has had no telling for a while, so memory follows what is live and not what was read.

use std::collections::{HashMap, VecDeque};

use super::{SPAN_DAYS, Sketch};

/// From this logit on a telling joins a story, where the store holds the stream of a region.
pub const JOINS: f64 = 0.0;
/// The logit that is asked for rises with the number of live stories that could be meant by chance: at so many it is so much,
/// and each time as many again add so much.
const LIVE: f64 = 180.0;
const AT_LIVE: f64 = -0.3;
const PER_E_FOLD: f64 = 0.7;
const BOUNDS: (f64, f64) = (-3.0, 1.0);
/// Weight of the telling that fits best, against the mean of all that are remembered.
const BEST: f64 = 0.6;
/// Tellings that are remembered of a story, newest first.
const REMEMBERED: usize = 12;
/// Stories that are looked at under one key, newest first: a place in the news has many.
const UNDER_KEY: usize = 80;

/// How well a telling fits a story, from the logits of its pairs with the tellings of that story. None where there are none.
#[must_use]
pub fn fit(pairs: &[f64]) -> Option<f64> {
    let best = pairs.iter().copied().reduce(f64::max)?;
    let count = f64::from(u32::try_from(pairs.len()).unwrap_or(u32::MAX));
    Some(BEST * best + (1.0 - BEST) * pairs.iter().sum::<f64>() / count)
}

struct Story {
    tellings: VecDeque<Sketch>,
    newest: i64,
}

/// The live stories of a stream.
#[derive(Default)]
pub struct Stories {
    live: HashMap<u64, Story>,
    /// Live stories per key, oldest first.
    under: HashMap<i64, VecDeque<u64>>,
    /// Stories in the order of their last telling, for forgetting.
    order: VecDeque<(i64, u64)>,
    next: u64,
    latest: i64,
}

impl Stories {
    /// Puts a telling into a story and gives its number: that of a live one, or a new one. Numbers stay.
    pub fn tell(&mut self, telling: Sketch) -> u64 {
        self.latest = self.latest.max(telling.published());
        self.forget();
        let keys = telling.keys();
        let best = self
            .candidates(&keys)
            .into_iter()
            .filter_map(|story| {
                let logits: Vec<f64> =
                    self.live.get(&story)?.tellings.iter().map(|other| telling.same_event(other)).collect();
                Some((fit(&logits)?, story))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
            .filter(|(logit, _)| *logit >= self.asked())
            .map(|(_, story)| story);
        let number = best.unwrap_or_else(|| {
            self.next += 1;
            self.next
        });
        let published = telling.published();
        let story = self.live.entry(number).or_insert_with(|| Story { tellings: VecDeque::new(), newest: published });
        story.newest = story.newest.max(published);
        story.tellings.push_front(telling);
        story.tellings.truncate(REMEMBERED);
        self.order.push_back((story.newest, number));
        for key in keys {
            let under = self.under.entry(key).or_default();
            if !under.contains(&number) {
                under.push_back(number);
            }
            if under.len() > UNDER_KEY {
                under.pop_front();
            }
        }
        number
    }

    /// Stories that are live.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live.len()
    }

    fn asked(&self) -> f64 {
        let live = f64::from(u32::try_from(self.live.len()).unwrap_or(u32::MAX)).max(1.0);
        (AT_LIVE + PER_E_FOLD * (live / LIVE).ln()).clamp(BOUNDS.0, BOUNDS.1)
    }

    fn candidates(&self, keys: &[i64]) -> Vec<u64> {
        let mut found: Vec<u64> = keys.iter().filter_map(|key| self.under.get(key)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Forgets what can have no further telling.
    fn forget(&mut self) {
        #[expect(clippy::cast_possible_truncation, reason = "a few days in seconds")]
        let oldest = self.latest - (SPAN_DAYS * 86_400.0) as i64;
        while self.order.front().is_some_and(|(newest, _)| *newest < oldest) {
            let Some((_, number)) = self.order.pop_front() else { break };
            if self.live.get(&number).is_some_and(|story| story.newest < oldest)
                && let Some(story) = self.live.remove(&number)
            {
                self.unlist(number, &story);
            }
        }
    }

    fn unlist(&mut self, number: u64, story: &Story) {
        for key in story.tellings.iter().flat_map(Sketch::keys) {
            if let Some(under) = self.under.get_mut(&key) {
                under.retain(|other| *other != number);
                if under.is_empty() {
                    self.under.remove(&key);
                }
            }
        }
    }
}
