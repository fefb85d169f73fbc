//! When items may be shown.

use marquee_core::{AvailabilityWindow, Timestamp};

use super::codes::number;

/// Windows of the rows that have any; all others may always be shown.
#[derive(Debug)]
pub(crate) struct WindowColumn {
    /// Rising.
    rows: Vec<u32>,
    /// One more than there are rows.
    offsets: Vec<usize>,
    windows: Vec<AvailabilityWindow>,
}

impl WindowColumn {
    pub(crate) fn new<'r>(rows: impl Iterator<Item = &'r [AvailabilityWindow]>) -> Self {
        let mut column = Self {
            rows: Vec::new(),
            offsets: vec![0],
            windows: Vec::new(),
        };
        for (row, windows) in rows.enumerate().filter(|(_, windows)| !windows.is_empty()) {
            column.rows.push(number(row));
            column.windows.extend_from_slice(windows);
            column.offsets.push(column.windows.len());
        }
        column
    }

    /// Rows that have windows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether `row` may be shown at `now`.
    pub(crate) fn is_open(&self, row: usize, now: Timestamp) -> bool {
        let place = self.rows.binary_search(&number(row));
        place.map_or(true, |place| self.is_open_at(place, now))
    }

    /// The rows that may not be shown at `now`.
    pub(crate) fn closed(&self, now: Timestamp) -> impl Iterator<Item = u32> + '_ {
        let places = self.rows.iter().enumerate();
        places.filter_map(move |(place, &row)| (!self.is_open_at(place, now)).then_some(row))
    }

    fn is_open_at(&self, place: usize, now: Timestamp) -> bool {
        let windows = &self.windows[self.offsets[place]..self.offsets[place + 1]];
        windows.iter().any(|window| window.contains(now))
    }
}
