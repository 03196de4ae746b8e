//! How well tellings were put into stories, where the truth is known: B-cubed (Bagga and Baldwin 1998) and pairs.

use std::collections::HashMap;

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Rates {
    /// Of what was put together, what belongs together.
    pub precision: f64,
    /// Of what belongs together, what was put together.
    pub recall: f64,
    /// Harmonic mean.
    pub f1: f64,
}

impl Rates {
    fn of(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }
}

/// What a grouping is worth.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Grouping {
    /// Tellings.
    pub tellings: usize,
    /// Stories in truth.
    pub true_stories: usize,
    /// Stories found.
    pub stories: usize,
    /// Mean over tellings.
    pub b_cubed: Rates,
    /// Over pairs of tellings.
    pub pairs: Rates,
}

/// Holds found stories against the true ones; each telling is (true story, found story).
#[must_use]
pub fn compare(tellings: &[(String, String)]) -> Grouping {
    let (mut of_truth, mut of_found, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (truth, found) in tellings {
        *of_truth.entry(truth).or_insert(0_u32) += 1;
        *of_found.entry(found).or_insert(0_u32) += 1;
        *both.entry((truth, found)).or_insert(0_u32) += 1;
    }
    let count = f64::from(u32::try_from(tellings.len()).unwrap_or(u32::MAX)).max(1.0);
    let (mut precision, mut recall) = (0.0, 0.0);
    for ((truth, found), common) in &both {
        let common = f64::from(*common);
        precision += common * common / of_found.get(found).copied().map_or(1.0, f64::from);
        recall += common * common / of_truth.get(truth).copied().map_or(1.0, f64::from);
    }
    let pairs = |counts: &mut dyn Iterator<Item = u32>| counts.map(|n| f64::from(n) * (f64::from(n) - 1.0) / 2.0).sum();
    let right: f64 = pairs(&mut both.values().copied());
    let (told, true_pairs): (f64, f64) =
        (pairs(&mut of_found.values().copied()), pairs(&mut of_truth.values().copied()));
    Grouping {
        tellings: tellings.len(),
        true_stories: of_truth.len(),
        stories: of_found.len(),
        b_cubed: Rates::of(precision / count, recall / count),
        pairs: Rates::of(right / told.max(1.0), right / true_pairs.max(1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_right_is_one_and_one_heap_has_full_recall() {
        let right: Vec<(String, String)> = ["a", "a", "b"].map(|story| (story.to_owned(), format!("{story}1"))).into();
        assert!((compare(&right).b_cubed.f1 - 1.0).abs() < 1e-9 && (compare(&right).pairs.f1 - 1.0).abs() < 1e-9);
        let heap: Vec<(String, String)> = ["a", "a", "b"].map(|story| (story.to_owned(), "x".to_owned())).into();
        let heap = compare(&heap);
        assert!((heap.b_cubed.recall - 1.0).abs() < 1e-9 && (heap.b_cubed.precision - 5.0 / 9.0).abs() < 1e-9);
        assert!((heap.pairs.precision - 1.0 / 3.0).abs() < 1e-9);
    }
}
