//! Is this week part of an outbreak? A likelihood ratio over this week and the one before it, because an event is told in
//! more than one week: half of its stories come in its first week, most of the rest in the second.
//!
//! The statistic is how much likelier the weeks are if an outbreak began now, a week ago or two weeks ago, averaged over its
//! size, against no outbreak or one that is over. Its p is exact for the two weeks: the probability, over both counts
//! without an outbreak, of a statistic at least as large. (The matched filter of signal detection, on counts; a weekly
//! test throws away what last week said.)

use super::negbin::NegBin;

/// Share of an outbreak's stories in its first, second and third week.
pub(super) const SPREAD: [f64; 3] = [0.5, 0.417, 0.083];
/// Sizes that are averaged over, in standard deviations of the week's count.
const SIZES: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
/// Chance that an outbreak begins in a week, for "it is over".
const BEGINS: f64 = 0.1;
/// Smallest standard deviation, so that sparse series have outbreaks of a whole story.
const LEAST_DEVIATION: f64 = 0.3;
/// Probabilities below this do not matter.
const NOTHING: f64 = 1e-13;

/// A week's count with what it was expected to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Week {
    /// Stories seen.
    pub count: f64,
    /// What they are drawn from without an outbreak.
    pub law: NegBin,
}

/// One size of outbreak: how it changes last week, and what it says of this one.
struct Size {
    /// Per count of last week: ratio if it was the outbreak's first week, or its second.
    before: [Vec<f64>; 2],
    /// Per count of this week: ratio of being its second or third week and holding stories of it.
    now: [Vec<f64>; 2],
}

/// Probability of weeks that look as much like an outbreak, when there is none. `weeks` has the judged one first and
/// needs no more than four.
#[must_use]
pub fn p(weeks: &[Week]) -> f64 {
    let Some(judged) = weeks.first().filter(|week| week.count >= 1.0) else { return 1.0 };
    let quiet = Week { count: judged.law.mean.round(), law: judged.law };
    let at = |back: usize| weeks.get(back).copied().unwrap_or(quiet);
    let (this, last) = (judged.law.table(), at(1).law.table());
    let lengths = (length(&this, judged.count), length(&last, at(1).count));
    let mut starts_now = vec![0.0; lengths.0];
    let mut over = vec![1.0; lengths.1];
    let sizes: Vec<Size> = SIZES
        .iter()
        .map(|size| {
            let total = size * (judged.law.mean * judged.law.dispersion).sqrt().max(LEAST_DEVIATION);
            of_size(total, *judged, [at(1), at(2), at(3)], lengths, (&mut starts_now, &mut over))
        })
        .collect();
    let statistic = |before: usize, now: usize| -> f64 {
        let get = |table: &Vec<f64>, place: usize| table.get(place).copied().unwrap_or(0.0);
        let running: f64 = sizes
            .iter()
            .flat_map(|size| size.before.iter().zip(&size.now))
            .map(|(first, second)| get(first, before) * get(second, now))
            .sum();
        (get(&starts_now, now) + running) / get(&over, before).max(1e-300)
    };
    let seen = statistic(whole(at(1).count), whole(judged.count)) * (1.0 - 1e-9);
    let tails = tails(&this, lengths.0);
    let of_last = last.iter().enumerate().filter(|(_, chance)| **chance > NOTHING);
    let sum: f64 = of_last
        .map(|(before, chance)| {
            // The statistic rises with this week's count, so the counts that reach it are a tail.
            let least = partition(lengths.0, |now| statistic(before, now) < seen);
            chance * tails.get(least.max(1)).copied().unwrap_or(0.0)
        })
        .sum();
    sum.min(1.0)
}

fn length(table: &[f64], count: f64) -> usize {
    table.len().max(whole(count) + 1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small range of whole counts")]
fn whole(count: f64) -> usize {
    count.clamp(0.0, 1e6).round() as usize
}

/// What one size of outbreak adds: the tables of a running one, and its parts of "starts now" and "is over".
fn of_size(
    total: f64,
    judged: Week,
    [last, second, third]: [Week; 3],
    (this_length, last_length): (usize, usize),
    (starts_now, over): (&mut [f64], &mut [f64]),
) -> Size {
    let [x0, x1, x2] = SPREAD.map(|share| share * total);
    let holds = |extra: f64| -> Vec<f64> {
        let none = (-extra).exp();
        judged.law.ratios(extra, this_length).into_iter().map(|ratio| (ratio - none).max(0.0)).collect()
    };
    for (sum, ratio) in starts_now.iter_mut().zip(holds(x0)) {
        *sum += ratio;
    }
    let second_first = second.law.ln_ratio(x0, second.count).exp();
    let third_first = third.law.ln_ratio(x0, third.count).exp() * second.law.ln_ratio(x1, second.count).exp();
    let [first, next, end] = [x0, x1, x2].map(|extra| last.law.ratios(extra, last_length));
    let begins = BEGINS / f64::from(u32::try_from(SIZES.len()).unwrap_or(10));
    for (((sum, first), next), end) in over.iter_mut().zip(&first).zip(&next).zip(&end) {
        *sum += begins * (first * (-x1).exp() + second_first * next * (-x2).exp() + third_first * end);
    }
    let next = next.into_iter().map(|ratio| ratio * second_first).collect();
    Size { before: [first, next], now: [holds(x1), holds(x2)] }
}

/// Upper tails of a table, padded with zeros.
fn tails(table: &[f64], length: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let mut tails: Vec<f64> = table
        .iter()
        .rev()
        .map(|chance| {
            sum += chance;
            sum
        })
        .collect();
    tails.reverse();
    tails.resize(length + 1, 0.0);
    tails
}

/// First place of `0..length` where `below` no longer holds.
fn partition(length: usize, below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = usize::midpoint(low, high);
        if below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(count: f64, mean: f64) -> Week {
        Week { count, law: NegBin::new(mean, 1.3) }
    }

    #[test]
    fn a_second_high_week_says_more_than_the_same_week_alone() {
        let alone = p(&[week(8.0, 3.0), week(3.0, 3.0), week(3.0, 3.0), week(2.0, 3.0)]);
        let second = p(&[week(8.0, 3.0), week(9.0, 3.0), week(3.0, 3.0), week(2.0, 3.0)]);
        assert!(second < alone / 5.0, "{second} {alone}");
        assert!((p(&[week(0.0, 3.0), week(9.0, 3.0)]) - 1.0).abs() < 1e-9, "no stories, no outbreak");
    }

    #[test]
    fn p_keeps_its_promise_where_nothing_happens() {
        // All pairs of counts with their probabilities: p is at most 1 in 100 for at most 1 in 100 of them.
        let law = NegBin::new(2.5, 1.6);
        let table = law.table();
        let mut share = 0.0;
        for (before, first) in (0_u32..).zip(&table) {
            for (now, second) in (0_u32..).zip(&table) {
                let weeks =
                    [(now, 0), (before, 0), (2, 0), (3, 0)].map(|(count, _)| Week { count: f64::from(count), law });
                if p(&weeks) <= 0.01 {
                    share += first * second;
                }
            }
        }
        assert!((0.003..=0.0101).contains(&share), "{share}");
    }
}
