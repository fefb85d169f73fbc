//! The network in a file: `items` `[n_items, factors]`, `item_scales` `[n_items]` and `dense` (the layers'
//! parameters one after the other, in the order of the shape) of `f32`, and `shape`, `[6]` of `u64`:
//! factors, layers, heads, hidden, window, and 1 where outputs are brought to length one, else 0.

use std::sync::Arc;

use marquee_store::{Artifact, ArtifactBuilder};

use super::{
    NAME, SasrecModel, SasrecView,
    shape::{Parameters, Shape},
};
use crate::{Error, Result, check::Checks};

const FORMAT_VERSION: u32 = 1;
const ITEMS: &str = "items";
const ITEM_SCALES: &str = "item_scales";
const DENSE: &str = "dense";
const SHAPE: &str = "shape";

/// What no size can be above: products of a few of them stay below 2⁶³.
const LARGEST: u64 = 1 << 20;

impl SasrecModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        let Shape {
            n_items,
            factors,
            layers,
            heads,
            hidden,
            window,
        } = self.shape;
        let of_items = [n_items as u64, factors as u64];
        artifact.section(ITEMS, &of_items, &self.items);
        artifact.section(ITEM_SCALES, &of_items[..1], &self.item_scales);
        artifact.section(DENSE, &[self.dense.len() as u64], &self.dense);
        let sizes = [
            factors,
            layers,
            heads,
            hidden,
            window,
            usize::from(self.cosine),
        ];
        let sizes: Vec<u64> = sizes.map(|size| size as u64).to_vec();
        artifact.section_owned(SHAPE, &[6], sizes);
        artifact
    }
}

impl<'a> SasrecView<'a> {
    /// Borrows the model from `artifact`; nothing is copied.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] or
    /// [`Error::Config`] when its sections do not fit each other.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let item_scales = artifact.section::<f32>(ITEM_SCALES)?.data;
        let items = artifact.section::<f32>(ITEMS)?.data;
        let dense = artifact.section::<f32>(DENSE)?.data;
        let sizes = artifact.section::<u64>(SHAPE)?.data;
        let (shape, cosine) = read_shape(sizes, item_scales.len())?;
        check_len(ITEMS, items.len(), shape.n_items * shape.factors)?;
        check_len(DENSE, dense.len(), shape.dense_len())?;
        Ok(Self {
            parameters: Parameters {
                shape,
                items,
                dense,
            },
            item_scales,
            cosine,
            memo: Arc::default(),
        })
    }
}

fn check_len(section: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(wrong_len(section, found, expected))
}

fn wrong_len(section: &'static str, found: usize, expected: usize) -> Error {
    Error::SectionShape {
        model: NAME,
        section,
        found,
        expected,
    }
}

fn read_shape(sizes: &[u64], n_items: usize) -> Result<(Shape, bool)> {
    let &[factors, layers, heads, hidden, window, cosine] = sizes else {
        return Err(wrong_len(SHAPE, sizes.len(), 6));
    };
    let checks = Checks(NAME);
    let size = |field, found: u64| -> Result<usize> {
        let fits = (1..=LARGEST).contains(&found);
        checks.holds(field, found as f64, "1 to 1048576", fits)?;
        Ok(usize::try_from(found).unwrap_or(usize::MAX))
    };
    let shape = Shape {
        n_items,
        factors: size("factors", factors)?,
        layers: size("layers", layers)?,
        heads: size("heads", heads)?,
        hidden: size("hidden", hidden)?,
        window: size("window", window)?,
    };
    let even = shape.factors.is_multiple_of(shape.heads);
    checks.holds("factors", factors as f64, "a multiple of heads", even)?;
    checks.holds("cosine", cosine as f64, "0 or 1", cosine <= 1)?;
    Ok((shape, cosine == 1))
}
