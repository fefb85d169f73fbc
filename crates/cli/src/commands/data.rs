//! Options and steps that several commands share: which data, and how it is read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use marquee_core::{Dataset, Repeats};
use marquee_engine::loading;
use marquee_eval::{Fold, GivenSplit, ItemGenres, NextItem, next_item_fold};
use marquee_ingest::{
    Catalog, HeldOut, Loaded, ReadOptions, Selection, SplitFiles, Values, read_sessions, read_split,
};

/// Which data, and which part of it counts.
#[derive(Debug, Parser)]
pub(crate) struct DataArgs {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Ratings below it do not count as a sign of liking
    #[arg(long, value_name = "R")]
    min_rating: Option<f32>,
    /// Users with fewer items are left out
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_per_user: usize,
    /// Items with fewer users are left out
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_per_item: usize,
    /// Let interactions count by the rating itself, for models of explicit ratings; evaluate then
    /// prints rmse and mae for the models that predict ratings
    #[arg(long)]
    explicit: bool,
}

impl DataArgs {
    /// Whether weights are the ratings themselves.
    pub(crate) fn is_explicit(&self) -> bool {
        self.explicit
    }

    fn selection(&self) -> Selection {
        Selection {
            min_rating: self.min_rating,
            min_per_user: self.min_per_user,
            min_per_item: self.min_per_item,
            values: self.values(),
            repeats: if self.explicit {
                Repeats::KeepLast
            } else {
                Repeats::Sum
            },
            ..Selection::default()
        }
    }

    /// What ratings weigh in training.
    pub(crate) fn values(&self) -> Values {
        if self.explicit {
            Values::Rating
        } else {
            Values::KindWeight
        }
    }
}

/// Makes the pool of threads that all work shares.
///
/// # Errors
///
/// When `threads` is zero or they cannot be started.
pub(crate) fn use_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else {
        return Ok(());
    };
    anyhow::ensure!(threads > 0, "--threads must be at least 1");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global().context("cannot start the threads")
}

/// The interactions of a data folder, and its catalog.
///
/// # Errors
///
/// When the folder cannot be read.
pub(crate) fn load(folder: &Path, args: &DataArgs) -> Result<(Loaded, Catalog)> {
    Ok(loading::load(folder, &args.selection())?)
}

/// Genres of the items of a dataset, if the catalog knows any.
pub(crate) fn genres(loaded: &Loaded, catalog: &Catalog) -> Option<ItemGenres> {
    let genres: Vec<&[String]> = loaded
        .items
        .ids()
        .map(|id| {
            catalog
                .item(id)
                .map(|item| &item.genres[..])
                .unwrap_or_default()
        })
        .collect();
    let any = genres.iter().any(|genres| !genres.is_empty());
    any.then(|| ItemGenres::new(&genres))
}

/// The one fold of two files of sessions.
///
/// # Errors
///
/// When a file cannot be read or no session has anything to find.
pub(crate) fn session_fold(
    train: &Path,
    test: &Path,
    options: &ReadOptions,
    which: NextItem,
) -> Result<Fold> {
    let sessions = read_sessions(train, test, options)?;
    Ok(next_item_fold(sessions.train, &sessions.test, which)?)
}

/// The one fold of a published split.
///
/// # Errors
///
/// When a file cannot be read or the parts do not fit together.
pub(crate) fn given_fold(files: SplitFiles, args: &DataArgs) -> Result<Fold> {
    let split = read_split(&SplitFiles {
        values: args.values(),
        ..files
    })?;
    let part = |held: HeldOut| Dataset::from_rows(held.rows);
    let fold = GivenSplit {
        train: split.train,
        validation: split.valid.map(part),
        test: part(split.test),
    };
    Ok(fold.fold()?)
}
