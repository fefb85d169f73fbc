//! Calibration in slices of the test rows: by age of the item, activity of the viewer, genre.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use marquee_features::TrainingRows;
use marquee_ranking::calibration::{reliability, reliability_by_slice};

use crate::folder::Opened;

/// Columns of the default features.
const AGE: &str = "item.days_since_release";
const GENRE: &str = "item.genre";
/// Genres that are told apart, those of most rows.
const GENRES: usize = 8;
/// Bins of equal size in a slice.
const BINS: usize = 10;

/// Ages, each below so many days, and activities, each below so many requests.
const AGES: [(&str, f32); 4] = [
    ("item under a day", 1.0),
    ("under a week", 7.0),
    ("under 30 days", 30.0),
    ("older", f32::INFINITY),
];
const ACTIVITIES: [(&str, u32); 4] = [
    ("viewer of no request before", 1),
    ("1 to 9", 10),
    ("10 to 99", 100),
    ("100 and more", u32::MAX),
];

/// A slice of each row; rows of none are `None`. Slices are in the order of their numbers.
type Slices = Vec<Option<(usize, String)>>;

/// Prints how far a contender's probabilities are from what happened in each slice, beside what chance alone
/// explains, where the data set has the columns.
///
/// # Errors
///
/// When the data set cannot be read.
pub(crate) fn print(opened: &Opened, (name, values): (&str, &[f32])) -> Result<()> {
    let test = opened.test()?;
    let kinds = [ages(&test), activities(opened)?, genres(&test)];
    if kinds[0].is_empty() {
        return Ok(());
    }
    let heads = &opened.about.heads;
    say(&format!(
        "\nCalibration error of {name}, by slice, and what it would be by chance alone\n"
    ));
    say(&format!("| | rows | {} |", heads.join(" | ")));
    say(&format!("|---|---|{}", "---|".repeat(heads.len())));
    let n_rows = test.features().n_rows();
    for slices in kinds.iter().filter(|slices| !slices.is_empty()) {
        let mut lines: BTreeMap<(usize, String), (usize, Vec<String>)> = BTreeMap::new();
        for place in 0..heads.len() {
            let values = &values[place * n_rows..(place + 1) * n_rows];
            let found = reliability_by_slice(values, test.label(place), slices, BINS);
            for (slice, found) in found {
                let Some(slice) = slice else {
                    continue;
                };
                let line = lines.entry(slice).or_default();
                line.0 = line.0.max(found.n_rows());
                let (error, chance) = (found.expected_error(), found.chance_error());
                line.1.push(format!("{error:.4} ({chance:.4})"));
            }
        }
        for ((_, slice), (rows, errors)) in lines {
            say(&format!("| {slice} | {rows} | {} |", errors.join(" | ")));
        }
    }
    let all = (0..heads.len()).map(|place| {
        let values = &values[place * n_rows..(place + 1) * n_rows];
        let found = reliability(values, test.label(place), BINS);
        format!(
            "{:.4} ({:.4})",
            found.expected_error(),
            found.chance_error()
        )
    });
    say(&format!(
        "| all | {n_rows} | {} |",
        all.collect::<Vec<_>>().join(" | ")
    ));
    Ok(())
}

/// By the days since items came out, where the table has them; rows of unknown age are in no slice.
fn ages(rows: &TrainingRows<'_>) -> Slices {
    let features = rows.features();
    let columns = &features.schema().row.dense;
    let Some(column) = columns.iter().position(|name| name == AGE) else {
        return Vec::new();
    };
    let days = (0..features.n_rows()).map(|row| features.dense_of(row)[column].exp_m1());
    days.map(|days| (!days.is_nan()).then(|| slice(&AGES, |limit| days < limit)))
        .collect()
}

/// By the requests of viewers before the test rows.
fn activities(opened: &Opened) -> Result<Slices> {
    let all = opened.all()?;
    let mut before: HashMap<u32, u32> = HashMap::new();
    for &viewer in &all.viewer()[..opened.about.requests[1]] {
        *before.entry(viewer).or_default() += 1;
    }
    let test = opened.test()?;
    let features = test.features();
    let mut slices = Slices::new();
    for request in 0..features.n_requests() {
        let n = before.get(&test.viewer()[request]).copied();
        let found = slice(&ACTIVITIES, |limit| n.unwrap_or_default() < limit);
        slices.resize(features.rows_of(request).end, Some(found));
    }
    Ok(slices)
}

/// By hashed genre, those of most rows first.
fn genres(rows: &TrainingRows<'_>) -> Slices {
    let features = rows.features();
    let columns = &features.schema().row.sparse;
    let Some(column) = columns.iter().position(|field| field.name == GENRE) else {
        return Vec::new();
    };
    let ids = (0..features.n_rows()).map(|row| features.sparse_of(row)[column]);
    let ids: Vec<u32> = ids.collect();
    let mut counts: HashMap<u32, usize> = HashMap::new();
    ids.iter()
        .for_each(|&id| *counts.entry(id).or_default() += 1);
    let mut told: Vec<(u32, usize)> = counts.into_iter().collect();
    told.sort_unstable_by_key(|&(id, n)| (usize::MAX - n, id));
    let at: HashMap<u32, usize> = told.iter().map(|one| one.0).zip(0..GENRES).collect();
    let slice = |id: &u32| match at.get(id) {
        Some(&at) => (at, format!("genre {id}")),
        None => (GENRES, "other genres".to_owned()),
    };
    ids.iter().map(|id| Some(slice(id))).collect()
}

/// The first of `limits` that holds.
fn slice<T: Copy>(limits: &[(&str, T)], below: impl Fn(T) -> bool) -> (usize, String) {
    let first = limits.iter().position(|&(_, limit)| below(limit));
    let at = first.unwrap_or(limits.len() - 1);
    (at, limits[at].0.to_owned())
}

#[expect(clippy::print_stdout, reason = "the program's answer")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use marquee_features::{
        FeatureSchema, FeatureTable, RequestValues, SideSchema, SparseField, TrainingTable,
    };

    #[test]
    fn rows_are_told_apart_by_their_columns() {
        let schema = FeatureSchema {
            row: SideSchema {
                dense: vec!["other".into(), AGE.into()],
                sparse: vec![SparseField {
                    name: GENRE.into(),
                    size: 100,
                }],
            },
            ..FeatureSchema::default()
        };
        let mut features = FeatureTable::new(Arc::new(schema)).unwrap();
        features.push_request(RequestValues::default()).unwrap();
        for (days, genre) in [(0.5_f32, 7), (20.0, 7), (f32::NAN, 3), (400.0, 7)] {
            features.push_row(&[9.0, days.ln_1p()], &[genre]).unwrap();
        }
        let table = TrainingTable::of(features);
        let rows = table.view().unwrap();
        let places = |slices: Slices| -> Vec<Option<usize>> {
            slices
                .into_iter()
                .map(|slice| slice.map(|at| at.0))
                .collect()
        };
        assert_eq!(places(ages(&rows)), [Some(0), Some(2), None, Some(3)]);
        assert_eq!(places(genres(&rows)), [Some(0), Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn tables_without_the_columns_have_no_slices() {
        let features = FeatureTable::new(Arc::new(FeatureSchema::default())).unwrap();
        let table = TrainingTable::of(features);
        let rows = table.view().unwrap();
        assert!(ages(&rows).is_empty() && genres(&rows).is_empty());
    }
}
