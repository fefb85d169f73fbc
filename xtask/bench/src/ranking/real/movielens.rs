//! MovieLens: whether a film that is rated gets 4 stars or more, by time.
//!
//! What is known of viewer and film is what came before: counts and means of ratings, of the viewer in
//! each genre too, and tags that films were given.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, Result};
use marquee_features::Head;
use marquee_ranking::{NetworkConfig, TreesConfig};

use super::{Columns, Growing, Numbered, log_count, narrow, read_rows};
use crate::{
    folder::{self, Cuts, Told},
    settings::{Equal, Settings, TreeIds},
};

const DENSE: [&str; 9] = [
    "year",
    "genres",
    "viewer ratings",
    "viewer mean",
    "film ratings",
    "film mean",
    "viewer mean of genres",
    "film tags",
    "viewer tags",
];
/// Genres and tags of a film that are columns.
const GENRES: usize = 3;
const TAGS: usize = 2;
/// The longest list of films that a viewer liked.
const HISTORY: u32 = 20;
/// Stars from which on a film is liked, what ratings lie around, and how many that counts for.
const LIKED: f64 = 4.0;
const MEAN: f64 = 3.5;
const SMOOTHING: f64 = 5.0;

/// Makes the data set: eight tenths of the ratings train, one judges passes, one is reported.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(super) fn make(folder: &Path, from: &Path) -> Result<()> {
    let mut known = Known::read(from)?;
    let mut ratings = Vec::new();
    for row in read_rows(&from.join("ratings.csv.gz"), 4)? {
        let stars: f64 = row[2].parse().context("stars")?;
        let time: i64 = row[3].parse().context("a time")?;
        ratings.push((
            time,
            known.viewers.of(&row[0])?,
            known.film(&row[1])?,
            stars,
        ));
    }
    ratings.sort_by_key(|&(time, viewer, film, _)| (time, viewer, film));
    let mut sparse = vec![
        ("viewer", known.viewers.size()?),
        ("film", known.films.size()?),
    ];
    let names = ["genre 1", "genre 2", "genre 3", "tag 1", "tag 2"];
    for (at, name) in names.into_iter().enumerate() {
        let words = if at < GENRES {
            &known.genres
        } else {
            &known.tags
        };
        sparse.push((name, words.size()?));
    }
    let mut growing = Growing::new(&Columns {
        dense: &DENSE,
        sparse,
        history: Some((HISTORY, 1)),
        heads: &[Head::Open],
    })?;
    for &(time, viewer, film, stars) in &ratings {
        known.tag_until(time);
        let (dense, sparse) = known.row(viewer, film);
        growing.request(Some(known.liked.entry(viewer).or_default()))?;
        let liked = stars >= LIKED;
        growing.row(&dense, &sparse, &[if liked { 1.0 } else { 0.0 }])?;
        known.rate(viewer, film, stars);
    }
    let n = ratings.len();
    let cuts = Cuts {
        validation: n * 8 / 10,
        test: n * 9 / 10,
    };
    let told = Told {
        title: format!("MovieLens latest-small, {n} ratings"),
        graded: false,
        settings: settings(),
        truth: None,
    };
    folder::write(folder, &growing.finish(), cuts, told)
}

fn settings() -> Settings {
    Settings {
        // Most viewers and films of the test are new, and what they did before is among the numbers.
        network: NetworkConfig {
            embedding: 8,
            left_out: ["viewer", "film", "history"].map(str::to_owned).to_vec(),
            knots: 16,
            cross: Vec::new(),
            pairs: 1,
            hidden: Vec::new(),
            attention: 0,
            batch: 512,
            epochs: 8,
            embedding_rate: 0.05,
            embedding_regularization: 0.01,
            ..NetworkConfig::default()
        },
        equal: Equal {
            embedding: 8,
            hidden: vec![64, 32],
            batch: 512,
            epochs: 8,
            patience: 2,
            embedding_rate: 0.02,
            ..Equal::default()
        },
        trees: TreesConfig {
            trees: 300,
            learning_rate: 0.05,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::LeftOut,
    }
}

/// A film's record.
#[derive(Debug, Clone, Default)]
struct Film {
    year: f32,
    genres: Vec<u32>,
    /// Tags that it was given so far, and how often.
    tags: Vec<(u32, u32)>,
}

/// Ratings so far.
#[derive(Debug, Clone, Copy, Default)]
struct Ratings {
    n: f64,
    sum: f64,
}

impl Ratings {
    fn add(&mut self, stars: f64) {
        self.n += 1.0;
        self.sum += stars;
    }

    fn mean(self) -> f32 {
        narrow((self.sum + SMOOTHING * MEAN) / (self.n + SMOOTHING))
    }
}

/// Records, and what is known at a moment.
#[derive(Default)]
struct Known {
    viewers: Numbered,
    films: Numbered,
    genres: Numbered,
    tags: Numbered,
    /// By number.
    records: Vec<Film>,
    /// Time, viewer, film and tag, the latest first.
    taggings: Vec<(i64, u32, u32, u32)>,
    of_viewer: HashMap<u32, Ratings>,
    of_film: HashMap<u32, Ratings>,
    of_genre: HashMap<(u32, u32), Ratings>,
    tagged: HashMap<u32, u32>,
    liked: HashMap<u32, Vec<u32>>,
}

impl Known {
    fn read(from: &Path) -> Result<Self> {
        let mut known = Self::default();
        for row in read_rows(&from.join("movies.csv.gz"), 3)? {
            let film = known.film(&row[0])? as usize;
            let mut record = Film {
                year: year(&row[1]),
                ..Film::default()
            };
            for genre in row[2].split('|') {
                record.genres.push(known.genres.of(genre)?);
            }
            known.records[film] = record;
        }
        for row in read_rows(&from.join("tags.csv.gz"), 4)? {
            let time = row[3].parse().context("a time")?;
            let (viewer, film) = (known.viewers.of(&row[0])?, known.film(&row[1])?);
            let tag = known.tags.of(&row[2].to_lowercase())?;
            known.taggings.push((time, viewer, film, tag));
        }
        known.taggings.sort_unstable_by(|a, b| b.cmp(a));
        Ok(known)
    }

    /// The number of a film, with a place for its record.
    fn film(&mut self, id: &str) -> Result<u32> {
        let film = self.films.of(id)?;
        let n = self.records.len().max(film as usize + 1);
        self.records.resize_with(n, Film::default);
        Ok(film)
    }

    /// Takes in the tags before a moment.
    fn tag_until(&mut self, time: i64) {
        while let Some((_, viewer, film, tag)) = self.taggings.pop_if(|tagging| tagging.0 < time) {
            *self.tagged.entry(viewer).or_default() += 1;
            let tags = &mut self.records[film as usize].tags;
            match tags.iter_mut().find(|known| known.0 == tag) {
                Some(known) => known.1 += 1,
                None => tags.push((tag, 1)),
            }
            tags.sort_by_key(|&(tag, times)| (std::cmp::Reverse(times), tag));
        }
    }

    fn row(&self, viewer: u32, film: u32) -> (Vec<f32>, Vec<u32>) {
        let record = &self.records[film as usize];
        let of_viewer = self.of_viewer.get(&viewer).copied().unwrap_or_default();
        let of_film = self.of_film.get(&film).copied().unwrap_or_default();
        let mut of_genres = Ratings::default();
        for &genre in &record.genres {
            let one = self
                .of_genre
                .get(&(viewer, genre))
                .copied()
                .unwrap_or_default();
            of_genres.n += one.n;
            of_genres.sum += one.sum;
        }
        let n_tags: u32 = record.tags.iter().map(|tag| tag.1).sum();
        let tagged = self.tagged.get(&viewer).copied().unwrap_or_default();
        let dense = vec![
            record.year,
            narrow(record.genres.len() as f64),
            log_count(of_viewer.n),
            of_viewer.mean(),
            log_count(of_film.n),
            of_film.mean(),
            of_genres.mean(),
            log_count(f64::from(n_tags)),
            log_count(f64::from(tagged)),
        ];
        let mut sparse = vec![viewer, film];
        let nth = |ids: &mut dyn Iterator<Item = u32>, n: usize| -> Vec<u32> {
            ids.chain(std::iter::repeat(0)).take(n).collect()
        };
        sparse.extend(nth(&mut record.genres.iter().copied(), GENRES));
        sparse.extend(nth(&mut record.tags.iter().map(|tag| tag.0), TAGS));
        (dense, sparse)
    }

    fn rate(&mut self, viewer: u32, film: u32, stars: f64) {
        self.of_viewer.entry(viewer).or_default().add(stars);
        self.of_film.entry(film).or_default().add(stars);
        for &genre in &self.records[film as usize].genres {
            self.of_genre.entry((viewer, genre)).or_default().add(stars);
        }
        if stars >= LIKED {
            let liked = self.liked.entry(viewer).or_default();
            liked.push(film);
            let over = liked.len().saturating_sub(HISTORY as usize);
            liked.drain(..over);
        }
    }
}

/// The year at the end of a title, between brackets; NaN where there is none.
fn year(title: &str) -> f32 {
    let end = title.trim_end().strip_suffix(')');
    let digits = end.and_then(|title| title.rsplit_once('('));
    let year = digits.and_then(|(_, digits)| digits.parse().ok());
    year.unwrap_or(f32::NAN)
}
