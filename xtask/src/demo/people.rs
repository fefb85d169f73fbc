//! Who is in the data and what they like: read from the raw files, so that the answers can be
//! judged against something the binary did not say.

mod layout;
mod taste;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};

pub(super) use layout::Layout;

use self::taste::Shares;
use super::Source;

/// Titles a person is described by.
const NAMED: usize = 6;
/// Likes that make somebody a good example: enough to have a taste, few enough to look at.
const EXAMPLE_LIKES: std::ops::RangeInclusive<usize> = 20..=80;

/// Titles and who liked which of them.
#[derive(Debug, Default)]
pub(super) struct People {
    titles: BTreeMap<String, Title>,
    viewers: Vec<Viewer>,
    n_events: usize,
}

/// A record of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Title {
    name: String,
    genres: Vec<String>,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Viewer {
    /// As the data names the person.
    pub(super) id: String,
    /// Ids of the items liked, oldest first.
    likes: Vec<String>,
}

/// One person liked one item.
#[derive(Debug, Clone, PartialEq)]
struct Like {
    user: String,
    item: String,
    time: f64,
}

impl People {
    /// Reads the files of `source`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or a line in it has another form than it should.
    pub(super) fn read(source: &Source) -> anyhow::Result<Self> {
        let raw = source.layout.read(&source.folder)?;
        let mut by_user: BTreeMap<String, Vec<Like>> = BTreeMap::new();
        for like in raw.likes {
            by_user.entry(like.user.clone()).or_default().push(like);
        }
        let viewers = by_user.into_iter().map(|(id, mut likes)| {
            likes.sort_by(|a, b| a.time.total_cmp(&b.time));
            let likes = likes.into_iter().map(|like| like.item).collect();
            Viewer { id, likes }
        });
        Ok(Self {
            titles: raw.titles,
            viewers: viewers.collect(),
            n_events: raw.n_events,
        })
    }

    /// How much there is, in a sentence.
    pub(super) fn summary(&self) -> String {
        let n_likes: usize = self.viewers.iter().map(|viewer| viewer.likes.len()).sum();
        format!(
            "{} events; {} people liked something, {} likes in all; {} titles",
            self.n_events,
            self.viewers.len(),
            n_likes,
            self.titles.len()
        )
    }

    /// Two people whose tastes point away from each other as far as any two people's do.
    ///
    /// # Errors
    ///
    /// When fewer than two people liked enough titles with genres.
    pub(super) fn contrasting_pair(&self) -> anyhow::Result<[&Viewer; 2]> {
        let everybody = self.shares_of_everybody();
        let tastes: Vec<(&Viewer, Shares)> = self
            .viewers
            .iter()
            .filter(|viewer| EXAMPLE_LIKES.contains(&viewer.likes.len()))
            .map(|viewer| (viewer, self.shares(viewer).minus(&everybody)))
            .collect();
        ensure!(
            tastes.len() > 1,
            "nobody in this data liked 20 to 80 titles"
        );
        let mut best = (f64::INFINITY, [tastes[0].0, tastes[1].0]);
        for (at, (first, taste)) in tastes.iter().enumerate() {
            for (second, other) in &tastes[at + 1..] {
                let agreement = taste.dot(other);
                if agreement < best.0 {
                    best = (agreement, [first, second]);
                }
            }
        }
        Ok(best.1)
    }

    /// The item with the most likes, and its name.
    ///
    /// # Errors
    ///
    /// When nobody liked anything that the catalog knows.
    pub(super) fn most_liked(&self) -> anyhow::Result<(&str, &str)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for item in self.viewers.iter().flat_map(|viewer| &viewer.likes) {
            *counts.entry(item).or_default() += 1;
        }
        counts
            .into_iter()
            .filter_map(|(item, count)| Some((count, item, &self.titles.get(item)?.name)))
            .max_by_key(|(count, ..)| *count)
            .map(|(_, item, name)| (item, name.as_str()))
            .context("nobody liked anything in this data")
    }

    /// What a person likes, in sentences.
    pub(super) fn describe(&self, viewer: &Viewer) -> String {
        let everybody = self.shares_of_everybody();
        let own = self.shares(viewer);
        let genres: Vec<String> = own
            .minus(&everybody)
            .largest(3)
            .into_iter()
            .map(|genre| {
                format!(
                    "{genre} {:.0} % (everybody: {:.0} %)",
                    100.0 * own.of(genre),
                    100.0 * everybody.of(genre)
                )
            })
            .collect();
        let names: BTreeSet<&str> = viewer
            .likes
            .iter()
            .rev()
            .filter_map(|item| Some(self.titles.get(item)?.name.as_str()))
            .take(NAMED)
            .collect();
        format!(
            "Viewer {} liked {} titles. More than others: {}.\nThe latest: {}.",
            viewer.id,
            viewer.likes.len(),
            genres.join(", "),
            names.into_iter().collect::<Vec<_>>().join("; ")
        )
    }

    fn shares(&self, viewer: &Viewer) -> Shares {
        Shares::of_titles(viewer.likes.iter().filter_map(|item| self.genres(item)))
    }

    fn shares_of_everybody(&self) -> Shares {
        let likes = self.viewers.iter().flat_map(|viewer| &viewer.likes);
        Shares::of_titles(likes.filter_map(|item| self.genres(item)))
    }

    fn genres(&self, item: &str) -> Option<&[String]> {
        self.titles.get(item).map(|title| title.genres.as_slice())
    }
}

#[cfg(test)]
mod tests;
