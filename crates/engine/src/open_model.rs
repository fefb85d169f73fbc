//! A model together with the artifact that it reads from.

use marquee_cf::Recommender;
use marquee_store::Artifact;
use self_cell::self_cell;

use crate::{Result, models};

type BoxedRecommender<'a> = Box<dyn Recommender + 'a>;

self_cell!(
    struct Cell {
        owner: Artifact,

        #[covariant]
        dependent: BoxedRecommender,
    }
);

/// An open artifact and the model in it.
pub(crate) struct OpenModel(Cell);

impl OpenModel {
    /// # Errors
    ///
    /// As [`models::open`].
    pub(crate) fn new(artifact: Artifact) -> Result<Self> {
        Cell::try_new(artifact, |artifact| models::open(artifact)).map(Self)
    }

    pub(crate) fn recommender(&self) -> &dyn Recommender {
        self.0.borrow_dependent().as_ref()
    }

    pub(crate) fn artifact(&self) -> &Artifact {
        self.0.borrow_owner()
    }
}
