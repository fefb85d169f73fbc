//! Where the data of a search comes from, and how it is cut.

use anyhow::{Context, Result};
use marquee_core::Dataset;
use marquee_engine::tune::Cut;
use marquee_ingest::{ReadOptions, SplitFiles, read_interactions, read_split};

use super::Args;
use crate::commands::data;

/// The cut that trials are judged on.
///
/// # Errors
///
/// When data cannot be read or cut.
pub(super) fn cut(args: &Args) -> Result<Cut> {
    if let (Some(train), Some(valid)) = (&args.train, &args.valid) {
        anyhow::ensure!(
            args.folds.is_none_or(|n| n == 1),
            "--folds is {}, but --valid is one fold",
            args.folds.unwrap_or(1)
        );
        // To the search, validation is what is to be found.
        let split = read_split(&SplitFiles {
            values: args.data.values(),
            ..SplitFiles::new(train, valid)
        })?;
        let validation = Dataset::from_rows(split.test.rows);
        return Ok(Cut::given(split.train, validation)?);
    }
    if let Some(train) = &args.train {
        let loaded = read_interactions(train, &ReadOptions::default(), args.data.values())?;
        let cut = Cut::random(&loaded.dataset, args.seed, args.folds.unwrap_or(1));
        return cut.with_context(|| format!("{}", train.display()));
    }
    let folder = args.data.data.as_ref();
    let folder = folder.context("either --data DIR or --train FILE is needed")?;
    let (loaded, _) = data::load(folder, &args.data)?;
    let n_folds = args
        .folds
        .unwrap_or_else(|| Cut::usual_folds(args.protocol));
    let cut = Cut::nested(&loaded.dataset, args.protocol, args.seed, n_folds);
    cut.with_context(|| format!("{} with protocol {}", folder.display(), args.protocol))
}

/// How the data is cut, in words.
pub(super) fn described(args: &Args) -> String {
    match (&args.train, &args.valid) {
        (Some(_), Some(_)) => "given".to_owned(),
        (Some(_), None) => "random fifth of each user's items".to_owned(),
        _ => format!("training part of {}, cut again", args.protocol),
    }
}
