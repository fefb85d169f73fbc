//! Who asks: viewers of a model version, in a seeded order.

use std::path::Path;

use anyhow::{Result, ensure};
use marquee_math::rng;
use marquee_store::Artifact;
use rand::seq::SliceRandom;

/// Viewers that are asked for, at most; more would only warm no cache.
const MOST: usize = 100_000;

/// Ids of viewers of the version in `folder`.
///
/// # Errors
///
/// When the folder holds no version, or it has no viewer.
pub(crate) fn of(folder: &Path, seed: u64) -> Result<Vec<String>> {
    let artifact = Artifact::open(folder.join("interactions.mqa"))?;
    let ids = artifact.strings("user_ids")?;
    let mut viewers: Vec<String> = ids.iter().map(str::to_owned).collect();
    ensure!(!viewers.is_empty(), "{} has no viewer", folder.display());
    viewers.shuffle(&mut rng(seed, 0));
    viewers.truncate(MOST);
    Ok(viewers)
}
