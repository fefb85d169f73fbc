//! A taste: which share of the liked titles has each genre.

use std::collections::BTreeMap;

/// Share of titles for each genre, or a difference of two such.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shares(BTreeMap<String, f64>);

impl Shares {
    /// Shares of titles given by their genres; a title with two genres counts for both.
    pub(super) fn of_titles<'a>(titles: impl Iterator<Item = &'a [String]>) -> Self {
        let mut shares: BTreeMap<String, f64> = BTreeMap::new();
        let mut n_titles = 0.0;
        for genres in titles {
            n_titles += 1.0;
            for genre in genres {
                *shares.entry(genre.clone()).or_default() += 1.0;
            }
        }
        for share in shares.values_mut() {
            *share /= n_titles;
        }
        Self(shares)
    }

    /// The share of `genre`; zero for one that never occurs.
    pub(super) fn of(&self, genre: &str) -> f64 {
        self.0.get(genre).copied().unwrap_or_default()
    }

    /// How much each share is above the one in `others`.
    pub(super) fn minus(&self, others: &Self) -> Self {
        let genres = self.0.keys().chain(others.0.keys());
        let differences = genres.map(|genre| (genre.clone(), self.of(genre) - others.of(genre)));
        Self(differences.collect())
    }

    /// Sum over genres of the product; negative where tastes point away from each other.
    pub(super) fn dot(&self, other: &Self) -> f64 {
        let products = self.0.iter().map(|(genre, share)| share * other.of(genre));
        products.sum()
    }

    /// The `n` genres with the largest values, largest first.
    pub(super) fn largest(&self, n: usize) -> Vec<&str> {
        let mut genres: Vec<(&String, &f64)> = self.0.iter().collect();
        genres.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        genres
            .into_iter()
            .take(n)
            .map(|(genre, _)| genre.as_str())
            .collect()
    }
}
