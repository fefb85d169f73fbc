//! The file of what was found, for `--config` of the other commands.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use anyhow::{Context, Result};
use marquee_engine::tune::Search;

use super::Args;

/// Writes a `[models.NAME]` table with the best parameters of each search, in place of what `path` held.
///
/// # Errors
///
/// When a search has no best trial or the disk refuses.
pub(super) fn write(path: &Path, args: &Args, searches: &[Search<'_>]) -> Result<()> {
    let mut models = toml::Table::new();
    let mut text = format!(
        "# Written by `marquee tune`: best {} on the {}, seed {}.\n",
        args.metric,
        super::source::described(args),
        args.seed
    );
    for search in searches {
        let best = search.best().context("no trial was complete")?;
        let mean = best.mean().unwrap_or_default();
        text += &format!(
            "# {}: {mean:.4}, trial {} of {}\n",
            search.model(),
            best.number,
            search.trials().len()
        );
        let params = toml::Value::Table(best.spec.params().clone());
        models.insert(search.model().to_owned(), params);
    }
    let file: toml::Table = [("models".to_owned(), toml::Value::Table(models))]
        .into_iter()
        .collect();
    text += "\n";
    text += &toml::to_string(&file)?;
    let temporary = path.with_extension("toml.tmp");
    replace(&temporary, path, &text).with_context(|| format!("{}", path.display()))
}

fn replace(temporary: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, path)
}
