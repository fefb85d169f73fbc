//! Which places the items of each creator, genre or series have.

use std::collections::HashMap;

use marquee_core::ItemIdx;
use marquee_filter::Columns;

use crate::Cap;

/// Places by cap and group.
pub(super) struct Taken<'r> {
    columns: &'r Columns,
    caps: &'r [Cap],
    /// Rising.
    places: HashMap<(usize, u32), Vec<usize>>,
}

impl<'r> Taken<'r> {
    pub(super) fn new(columns: &'r Columns, caps: &'r [Cap]) -> Self {
        Self {
            columns,
            caps,
            places: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, item: ItemIdx, place: usize) {
        for (number, cap) in self.caps.iter().enumerate() {
            for &group in self.columns.groups(cap.by, item) {
                let places = self.places.entry((number, group)).or_default();
                let at = places.partition_point(|&other| other < place);
                places.insert(at, place);
            }
        }
    }

    pub(super) fn remove(&mut self, item: ItemIdx, place: usize) {
        for (number, cap) in self.caps.iter().enumerate() {
            for &group in self.columns.groups(cap.by, item) {
                if let Some(places) = self.places.get_mut(&(number, group)) {
                    places.retain(|&other| other != place);
                }
            }
        }
    }

    /// The number of the first cap that `item` at the free place `place` would break.
    pub(super) fn objection(&self, item: ItemIdx, place: usize) -> Option<usize> {
        let mut caps = self.caps.iter().enumerate();
        let broken = caps.find(|&(number, cap)| {
            let groups = self.columns.groups(cap.by, item);
            let mut taken = groups
                .iter()
                .filter_map(|&group| self.places.get(&(number, group)));
            taken.any(|taken| breaks(cap, taken, place))
        });
        broken.map(|(number, _)| number)
    }
}

/// Whether one more at `place` is one too many, beside those that are `taken`.
fn breaks(cap: &Cap, taken: &[usize], place: usize) -> bool {
    let Some(within) = cap.within else {
        return taken.len() >= cap.at_most;
    };
    // With the new one among them, any `at_most + 1` neighbors must lie `within` places apart or
    // more. Neighbors that do not include it are none of its business.
    let before = taken.partition_point(|&other| other < place);
    let first = before.saturating_sub(cap.at_most);
    (first..=before).any(|start| {
        let Some(&past) = taken.get(start + cap.at_most - 1) else {
            return false;
        };
        let low = if start == before { place } else { taken[start] };
        let high = if start + cap.at_most == before {
            place
        } else {
            past.max(place)
        };
        high - low < within
    })
}
