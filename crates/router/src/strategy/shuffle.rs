//! Weighted shuffle: the chance to come first is the share of the weight, and so on down the list.

use crate::Candidate;

/// The order in which to try the candidates. `random` gives numbers from 0 (inclusive) to 1 (exclusive).
///
/// A candidate without weight comes after all that have one: it is a last resort, never a choice.
pub fn order(candidates: &[Candidate], mut random: impl FnMut() -> f64) -> Vec<usize> {
    if candidates.len() == 1 {
        return vec![0];
    }
    // Efraimidis and Spirakis (2006): sorting by u^(1/w) draws without replacement in proportion to weight.
    let mut keyed: Vec<(f64, usize)> = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| {
            let luck = random();
            let key = if candidate.weight > 0.0 { luck.powf(1.0 / candidate.weight) } else { luck - 1.0 };
            (key, index)
        })
        .collect();
    keyed.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    keyed.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Chance for tests: a fixed sequence (Knuth's MMIX generator).
    fn dice() -> impl FnMut() -> f64 {
        let mut state = 42u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    #[test]
    fn the_first_place_follows_the_weights() {
        let candidates = [1.0, 3.0, 0.0].map(|weight| Candidate { weight });
        let mut random = dice();
        let mut first = [0; 3];
        for _ in 0..40_000 {
            first[order(&candidates, &mut random)[0]] += 1;
        }
        assert!((9_500..10_500).contains(&first[0]), "{first:?}");
        assert_eq!(first[2], 0);
    }

    proptest! {
        #[test]
        fn everybody_has_exactly_one_place(weights in prop::collection::vec(0.0..10.0f64, 0..12)) {
            let candidates: Vec<Candidate> = weights.iter().map(|weight| Candidate { weight: *weight }).collect();
            let mut places = order(&candidates, dice());
            places.sort_unstable();
            prop_assert_eq!(places, (0..weights.len()).collect::<Vec<_>>());
        }
    }
}
