//! Where does a fenomeen concentrate? A space-time scan over gemeenten and their neighbours (Kulldorff et al. 2005, PLoS
//! Medicine 2:e59), with the expectation from each gemeente's own series, so that a new local newspaper makes no cluster.
//!
//! A cylinder is a gemeente with its nearest neighbours, over the last weeks. Its score is c ln(c/m) + m - c where c stories
//! were seen and m expected. The strongest cylinder is held against those of random weeks drawn from the same expectations.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::negbin::NegBin;

/// Most gemeenten of a cylinder, and most weeks.
const NEIGHBOURS: usize = 8;
const WEEKS: usize = 6;
/// Random worlds that the strongest cylinder is held against.
const SHUFFLES: u32 = 999;
/// Fewest stories and gemeenten of a cluster that is told: one gemeente has its own series.
const LEAST_STORIES: f64 = 5.0;
const LEAST_GEMEENTEN: usize = 2;
/// Fewest times as many as expected.
const LEAST_RATIO: f64 = 1.8;

/// One gemeente: where it lies, and what was seen and expected in the last weeks, oldest first.
#[derive(Debug, Clone)]
pub struct Place {
    /// CBS code.
    pub code: String,
    /// Degrees north and east.
    pub at: (f64, f64),
    /// Stories seen.
    pub seen: Vec<f64>,
    /// Stories expected.
    pub expected: Vec<f64>,
    /// Variance over mean.
    pub dispersion: f64,
}

/// The strongest cylinder.
#[derive(Debug, Clone, PartialEq)]
pub struct Cylinder {
    /// Codes, the centre first.
    pub gemeenten: Vec<String>,
    /// Weeks, ending in the judged one.
    pub weeks: usize,
    /// Stories seen.
    pub seen: f64,
    /// Stories expected.
    pub expected: f64,
    /// Probability of one at least as strong anywhere, by simulation.
    pub p: f64,
}

/// Finds the strongest cylinder. None where nothing concentrates enough to be told.
#[must_use]
pub fn scan(places: &[Place], seed: u64) -> Option<Cylinder> {
    let near: Vec<Vec<usize>> = places.iter().map(|place| nearest(places, place.at)).collect();
    let seen: Vec<Vec<f64>> = places.iter().map(|place| place.seen.clone()).collect();
    let (score, centre, size, weeks) = strongest(places, &near, &seen)?;
    let members: Vec<&Place> = near.get(centre)?.iter().take(size).filter_map(|place| places.get(*place)).collect();
    let sum = |of: &dyn Fn(&Place) -> &Vec<f64>| -> f64 {
        members.iter().flat_map(|place| of(place).iter().rev().take(weeks)).sum()
    };
    let (total, expected) = (sum(&|place| &place.seen), sum(&|place| &place.expected));
    // A member without a story of its own is not named.
    let told: Vec<String> = members
        .iter()
        .filter(|place| place.seen.iter().rev().take(weeks).sum::<f64>() > 0.0)
        .map(|place| place.code.clone())
        .collect();
    if total < LEAST_STORIES || total < LEAST_RATIO * expected || told.len() < LEAST_GEMEENTEN {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let tables: Vec<Vec<Vec<f64>>> = places.iter().map(tables).collect();
    let mut stronger = 0_u32;
    for _ in 0..SHUFFLES {
        let drawn: Vec<Vec<f64>> =
            tables.iter().map(|weeks| weeks.iter().map(|table| draw(table, &mut rng)).collect()).collect();
        stronger += u32::from(strongest(places, &near, &drawn).is_some_and(|(other, ..)| other >= score));
    }
    let p = f64::from(1 + stronger) / f64::from(SHUFFLES + 1);
    Some(Cylinder { gemeenten: told, weeks, seen: total, expected, p })
}

/// Places in order of distance, the nearest first: the place itself.
fn nearest(places: &[Place], (lat, lon): (f64, f64)) -> Vec<usize> {
    // At this latitude a degree east is six tenths of a degree north.
    let far = |place: &Place| ((place.at.0 - lat).powi(2) + (0.61 * (place.at.1 - lon)).powi(2)).sqrt();
    let mut order: Vec<(usize, f64)> = places.iter().enumerate().map(|(at, place)| (at, far(place))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    order.into_iter().take(NEIGHBOURS).map(|(at, _)| at).collect()
}

/// Score, centre, number of gemeenten and of weeks of the strongest cylinder.
fn strongest(places: &[Place], near: &[Vec<usize>], seen: &[Vec<f64>]) -> Option<(f64, usize, usize, usize)> {
    let mut best: Option<(f64, usize, usize, usize)> = None;
    for (centre, members) in near.iter().enumerate() {
        let mut sums = [(0.0, 0.0); WEEKS];
        for (size, member) in members.iter().enumerate() {
            let (Some(place), Some(counts)) = (places.get(*member), seen.get(*member)) else { continue };
            let (mut count, mut mean) = (0.0, 0.0);
            let weeks = counts.iter().rev().zip(place.expected.iter().rev()).zip(sums.iter_mut()).zip(1..);
            for (((one, expected), sum), weeks) in weeks {
                count += one;
                mean += expected;
                sum.0 += count;
                sum.1 += mean;
                let score = if sum.0 > sum.1 { sum.0 * (sum.0 / sum.1.max(1e-9)).ln() + sum.1 - sum.0 } else { 0.0 };
                if score > best.map_or(0.0, |(best, ..)| best) {
                    best = Some((score, centre, size + 1, weeks));
                }
            }
        }
    }
    best
}

/// Cumulated probabilities of each week's count.
fn tables(place: &Place) -> Vec<Vec<f64>> {
    let cumulated = |mean: &f64| {
        let mut sum = 0.0;
        let table = NegBin::new(*mean, place.dispersion).table();
        table
            .into_iter()
            .map(|chance| {
                sum += chance;
                sum
            })
            .collect()
    };
    place.expected.iter().map(cumulated).collect()
}

fn draw(cumulated: &[f64], rng: &mut ChaCha8Rng) -> f64 {
    let at: f64 = rng.gen_range(0.0..1.0);
    f64::from(u32::try_from(cumulated.partition_point(|sum| *sum < at)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(extra: &[(usize, f64)]) -> Vec<Place> {
        (0..20)
            .map(|n| {
                let number = f64::from(n);
                let mut seen = vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
                for (_, more) in extra.iter().filter(|(place, _)| i32::try_from(*place) == Ok(n)) {
                    seen.iter_mut().skip(3).for_each(|count| *count += more);
                }
                let at = (52.0 + 0.1 * (number / 5.0).floor(), 4.5 + 0.15 * (number % 5.0));
                Place { code: format!("GM{n:04}"), at, seen, expected: vec![0.5; 6], dispersion: 1.2 }
            })
            .collect()
    }

    #[test]
    fn neighbours_that_rise_together_are_a_cluster_and_chance_is_none() {
        let quiet = scan(&region(&[]), 1);
        assert!(quiet.is_none_or(|cylinder| cylinder.p > 0.05));
        let cluster = scan(&region(&[(6, 2.0), (7, 2.0), (11, 1.0)]), 1).expect("a cluster");
        assert!(cluster.p < 0.05, "{cluster:?}");
        assert!(cluster.gemeenten.contains(&"GM0006".to_owned()) && cluster.gemeenten.contains(&"GM0007".to_owned()));
        assert_eq!(cluster.weeks, 3);
    }
}
