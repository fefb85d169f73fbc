//! What is trained on and who is asked for: for choosing parameters, and to report.

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Result, bail, ensure};
use marquee_core::{Dataset, Row, SparseRows};
use marquee_engine::loading;
use marquee_eval::{CaseList, Fold, GivenSplit, Protocol, StrongSplit, WeakSplit};
use marquee_ingest::{Selection, SplitFiles, read_split};
use marquee_math::derive_seed;

use crate::world;

/// Parameters are chosen by so many cases of a part at most, spread over all of them.
const MOST_CASES: usize = 3000;

/// Data, and how it is split.
#[derive(Debug, Clone)]
pub(super) struct Set {
    how: How,
    path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// People whom training never saw, ten folds.
    Strong,
    /// A fifth of everybody's items.
    Weak,
    /// Two files that somebody else made.
    Published,
}

impl FromStr for Set {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (how, path) = text.split_once('=').unwrap_or((text, ""));
        let how = match how {
            "strong" => How::Strong,
            "weak" => How::Weak,
            "published" => How::Published,
            _ => bail!("expected strong=D, weak=D or published=DIR, found {text:?}"),
        };
        ensure!(!path.is_empty(), "{text:?} says no folder");
        let path = PathBuf::from(path);
        Ok(Self { how, path })
    }
}

/// Which cases of a fold are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Validation,
    Test,
}

/// One fold, and which cases of it are judged.
pub(super) struct Part {
    pub(super) fold: Fold,
    pub(super) judged: Judged,
    /// Name of its folder.
    pub(super) name: String,
}

impl Part {
    fn new(fold: Fold, judged: Judged, name: String) -> Self {
        Self { fold, judged, name }
    }

    /// Who is asked for.
    pub(super) fn cases(&self) -> CaseList<'_> {
        match self.judged {
            Judged::Validation => self.fold.validation(),
            Judged::Test => self.fold.test(),
        }
    }
}

/// All parts of one data set.
pub(super) struct Parts {
    how: How,
    /// Where parameters are chosen.
    pub(super) search: Vec<Part>,
    /// What is reported.
    pub(super) test: Vec<Part>,
}

impl Parts {
    /// Reads the data and splits it. Ratings of four stars and more count, of people with at least five
    /// of them. People whom training never saw: parameters are chosen by the validation people of the
    /// first `n_search` folds. Otherwise by a fifth of everybody's items of the rows to train on.
    ///
    /// # Errors
    ///
    /// When the data cannot be read or is too small.
    pub(super) fn make(set: &Set, seed: u64, n_search: usize) -> Result<Self> {
        let weak = Protocol::Weak(WeakSplit::default());
        let (mut search, mut test) = (Vec::new(), Vec::new());
        if set.how == How::Strong {
            let data = liked(&set.path)?;
            let strong = StrongSplit::default();
            for number in 0..strong.n_folds {
                let fold = Protocol::Strong(strong).fold(&data, number, seed)?;
                if number < n_search.max(1) {
                    let name = format!("search-{number}");
                    search.push(Part::new(fold.clone(), Judged::Validation, name));
                }
                test.push(Part::new(fold, Judged::Test, format!("test-{number}")));
            }
        } else {
            let whole = match set.how {
                How::Published => published(&set.path)?,
                _ => weak.fold(&liked(&set.path)?, 0, seed)?,
            };
            let seed = derive_seed(seed, b"parameters");
            let cut = thinned(&weak.fold(whole.train(), 0, seed)?)?;
            search.push(Part::new(cut, Judged::Test, "search".to_owned()));
            test.push(Part::new(whole, Judged::Test, "test".to_owned()));
        }
        let how = set.how;
        Ok(Self { how, search, test })
    }

    /// Number of items.
    pub(super) fn n_items(&self) -> usize {
        self.test.first().map_or(0, |part| part.cases().n_items())
    }

    /// What parameters are chosen by.
    pub(super) fn goal(&self) -> &'static str {
        match self.how {
            How::Strong | How::Weak => "ndcg@100",
            How::Published => "ndcg@20",
        }
    }

    /// What is reported.
    pub(super) fn shown(&self) -> &'static [&'static str] {
        match self.how {
            How::Strong | How::Weak => &["ndcg@10", "ndcg@100", "recall_min@20"],
            How::Published => &["recall@20", "ndcg@20"],
        }
    }

    /// Writes what other programs get into a folder for each part: `train` and `history` as rows of
    /// items, `rows` with the row of `train` of each case (2^32 - 1 for people whom training never saw),
    /// and `shape`: rows to train on, items, cases. What is to be found is not among it.
    ///
    /// # Errors
    ///
    /// When a folder cannot be written.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        for part in self.search.iter().chain(&self.test) {
            let folder = folder.join(&part.name);
            fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
            let train = part.fold.train().by_user();
            let columns = |row: Row<'_>| row.columns.to_vec();
            world::write(&folder, "train", train.rows().map(columns).collect())?;
            let cases = part.cases();
            let histories = cases.iter().map(|case| columns(case.history));
            world::write(&folder, "history", histories.collect())?;
            let rows = cases.iter().map(|case| case.train_row);
            let rows: Vec<u8> = rows
                .flat_map(|row| row.map_or(u32::MAX, |row| row.0).to_le_bytes())
                .collect();
            let shape = format!("{} {} {}\n", train.n_rows(), cases.n_items(), cases.len());
            let put = |name: &str, bytes: &[u8]| {
                let path = folder.join(name);
                fs::write(&path, bytes).with_context(|| format!("{}", path.display()))
            };
            put("rows", &rows)?;
            put("shape", shape.as_bytes())?;
        }
        Ok(())
    }
}

/// Ratings of four stars and more, of people with at least five of them.
fn liked(folder: &Path) -> Result<Dataset> {
    let selection = Selection {
        min_rating: Some(4.0),
        min_per_user: 5,
        ..Selection::default()
    };
    let (loaded, _) = loading::load(folder, &selection)?;
    Ok(ones(loaded.dataset.by_user().to_rows()))
}

/// The fold of two files.
fn published(folder: &Path) -> Result<Fold> {
    let [train, test] = ["train.txt.gz", "test.txt.gz"].map(|name| folder.join(name));
    let split = read_split(&SplitFiles::new(&train, &test))?;
    let given = GivenSplit {
        train: ones(split.train.by_user().to_rows()),
        validation: None,
        test: ones(split.test.rows),
    };
    Ok(given.fold()?)
}

/// Each pair for a weight of one and at no time, as other libraries get them.
fn ones(mut rows: SparseRows) -> Dataset {
    rows.weights = None;
    rows.times = None;
    Dataset::from_rows(rows)
}

/// The fold with no more than [`MOST_CASES`] cases.
fn thinned(fold: &Fold) -> Result<Fold> {
    let cases = fold.test();
    let stride = cases.len().div_ceil(MOST_CASES).max(1);
    let mut wanted = vec![Vec::new(); fold.train().n_users()];
    for case in cases.iter().step_by(stride) {
        let row = case.train_row.context("a case without a row to train on")?;
        wanted[row.index()] = case.relevant.columns.to_vec();
    }
    let mut test = SparseRows {
        n_columns: cases.n_items(),
        offsets: vec![0],
        ..SparseRows::default()
    };
    for row in wanted {
        test.columns.extend(row);
        test.offsets.push(test.columns.len() as u64);
    }
    let given = GivenSplit {
        train: fold.train().clone(),
        validation: None,
        test: Dataset::from_rows(test),
    };
    Ok(given.fold()?)
}

#[cfg(test)]
mod tests {
    use marquee_testkit::conformance::BlockWorld;

    use super::*;

    #[test]
    fn sets_say_how_and_where() {
        let set: Set = "strong=some/folder".parse().unwrap();
        assert!(set.how == How::Strong && set.path == Path::new("some/folder"));
        for wrong in ["strong", "strong=", "random=x", "=x"] {
            let error = wrong.parse::<Set>().unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn few_cases_stay_as_they_are() {
        let data = BlockWorld::small(1).data;
        let whole = Protocol::Weak(WeakSplit::default())
            .fold(&data, 0, 1)
            .unwrap();
        let thin = thinned(&whole).unwrap();
        assert_eq!(thin.train(), whole.train());
        let found = |fold: &Fold| -> Vec<Vec<u32>> {
            let cases = fold.test();
            cases
                .iter()
                .map(|case| case.relevant.columns.to_vec())
                .collect()
        };
        assert!(!found(&thin).is_empty());
        let sorted = |mut rows: Vec<Vec<u32>>| {
            rows.iter_mut().for_each(|row| row.sort_unstable());
            rows
        };
        assert_eq!(sorted(found(&thin)), sorted(found(&whole)));
    }
}
