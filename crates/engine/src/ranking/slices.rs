//! Slices of rows in which probabilities are judged apart: by age of the item, activity of the viewer, genre.

use std::collections::HashMap;

use marquee_core::{Item, Timestamp};
use marquee_features::{Entities, NONE, TrainingRows};
use marquee_ingest::Catalog;
use serde::Serialize;

/// Genres told apart, those of most rows; all others are one slice.
const GENRES: usize = 12;
const UNKNOWN: &str = "unknown";
/// Ages, each below so many hours.
const AGES: [(&str, f64); 5] = [
    ("under a day", 24.0),
    ("under a week", 168.0),
    ("under 30 days", 720.0),
    ("under a year", 8766.0),
    ("older", f64::INFINITY),
];
/// Activities, each below so many answers.
const ACTIVITIES: [(&str, u32); 5] = [
    ("new", 1),
    ("1 to 9 answers", 10),
    ("10 to 99", 100),
    ("100 to 999", 1000),
    ("1000 and more", u32::MAX),
];

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SliceBy {
    /// Time from the release of the item to the request.
    Age,
    /// How many requests of the viewer were answered before the first of the rows.
    Activity,
    /// The first genre in the record of the item.
    Genre,
}

/// One way to tell rows apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sliced {
    pub(super) by: SliceBy,
    pub(super) names: Vec<String>,
    /// The place of each row's slice among the names.
    pub(super) of_row: Vec<usize>,
}

/// Slices of `rows`, the last ones of `all`.
pub(super) fn slices(
    rows: &TrainingRows<'_>,
    all: &TrainingRows<'_>,
    (catalog, entities): (&Catalog, &Entities),
) -> Vec<Sliced> {
    let features = rows.features();
    let record = |row: usize| {
        let item = rows.item()[row];
        let id = (item != NONE).then(|| entities.item_id(item)).flatten();
        id.and_then(|id| catalog.item(id))
    };
    let requests = 0..features.n_requests();
    let ages = requests.clone().flat_map(|request| {
        let time = rows.time(request);
        let each = features.rows_of(request);
        each.map(move |row| age(record(row), time))
    });
    let before = all.features().n_requests() - features.n_requests();
    let mut answers: HashMap<u32, u32> = HashMap::new();
    for &viewer in &all.viewer()[..before] {
        *answers.entry(viewer).or_default() += 1;
    }
    let activities = requests.flat_map(|request| {
        let viewer = rows.viewer()[request];
        let n = answers.get(&viewer).copied().unwrap_or_default();
        let activity = match viewer {
            NONE => ACTIVITIES.len(),
            _ => place(&ACTIVITIES, |limit| n < limit),
        };
        features.rows_of(request).map(move |_| activity)
    });
    let genres = (0..features.n_rows()).map(|row| {
        let genres = record(row).map(|item| &item.genres);
        genres.and_then(|genres| genres.first()).map(String::as_str)
    });
    vec![
        Sliced {
            by: SliceBy::Age,
            names: names(&AGES),
            of_row: ages.collect(),
        },
        Sliced {
            by: SliceBy::Activity,
            names: names(&ACTIVITIES),
            of_row: activities.collect(),
        },
        by_genre(&genres.collect::<Vec<_>>()),
    ]
}

/// The first of `limits` that holds; the last one where none does.
fn place<T: Copy>(limits: &[(&str, T)], below: impl Fn(T) -> bool) -> usize {
    let first = limits.iter().position(|&(_, limit)| below(limit));
    first.unwrap_or(limits.len() - 1)
}

fn names<T>(limits: &[(&str, T)]) -> Vec<String> {
    let known = limits.iter().map(|&(name, _)| name);
    known.chain([UNKNOWN]).map(str::to_owned).collect()
}

fn age(item: Option<&Item>, now: Timestamp) -> usize {
    let Some(released) = item.and_then(|item| item.released) else {
        return AGES.len();
    };
    let hours = (now - released).0 / 3600.0;
    place(&AGES, |limit| hours < limit)
}

/// Rows by genre, the most frequent first; equally frequent ones by name.
fn by_genre(of_row: &[Option<&str>]) -> Sliced {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for genre in of_row.iter().flatten() {
        *counts.entry(genre).or_default() += 1;
    }
    let mut told: Vec<(&str, usize)> = counts.into_iter().collect();
    told.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    told.truncate(GENRES);
    let (others, unknown) = (told.len(), told.len() + 1);
    let at: HashMap<&str, usize> = told.iter().map(|genre| genre.0).zip(0..).collect();
    let slice = |genre: &Option<&str>| match genre {
        Some(genre) => at.get(genre).copied().unwrap_or(others),
        None => unknown,
    };
    let known = told.iter().map(|genre| genre.0);
    Sliced {
        by: SliceBy::Genre,
        of_row: of_row.iter().map(slice).collect(),
        names: known
            .chain(["others", UNKNOWN])
            .map(str::to_owned)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_activities_have_limits() {
        let mut item = Item::new(marquee_core::ItemId::new("a").unwrap());
        let now = Timestamp::from_seconds(1_736_169_600);
        assert_eq!(age(Some(&item), now), AGES.len());
        assert_eq!(age(None, now), AGES.len());
        let check = |item: &mut Item, hours: f64, want: &str| {
            item.released = Some(now.plus(marquee_core::Seconds(-3600.0 * hours)));
            assert_eq!(names(&AGES)[age(Some(item), now)], want);
        };
        check(&mut item, 23.9, "under a day");
        check(&mut item, 24.0, "under a week");
        // Shown before it came out.
        check(&mut item, -5.0, "under a day");
        check(&mut item, 1e6, "older");
        let activity = |n: u32| place(&ACTIVITIES, |limit| n < limit);
        assert_eq!([0, 1, 9, 10, 5000].map(activity), [0, 1, 1, 2, 4]);
    }

    #[test]
    fn rare_genres_share_a_slice() {
        let many: Vec<String> = (10..24).map(|genre| format!("g{genre}")).collect();
        let mut rows: Vec<Option<&str>> = many.iter().map(|genre| Some(&**genre)).collect();
        rows.extend([Some("g23"), None]);
        let sliced = by_genre(&rows);
        assert_eq!(sliced.names.len(), GENRES + 2);
        assert_eq!(sliced.names[0], "g23");
        let name = |row: usize| sliced.names[sliced.of_row[row]].as_str();
        assert_eq!(
            [name(0), name(10), name(11), name(12)],
            ["g10", "g20", "others", "others"]
        );
        assert_eq!([name(13), name(14), name(15)], ["g23", "g23", UNKNOWN]);
    }
}
