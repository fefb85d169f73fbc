//! A blend in a file: metadata `members`, the weight of each in section `weights` (`[members]` of
//! `f32`), and each member as an artifact of its own, nested in the section `member.N`.

use marquee_store::{Artifact, ArtifactBuilder};

use super::{
    BlendModel, BlendView, NAME,
    train::MAX_MEMBERS,
    view::{Member, Source},
};
use crate::{EngineError, Result, open_model::OpenModel};

const FORMAT_VERSION: u32 = 1;
const WEIGHTS: &str = "weights";

impl BlendModel {
    /// The model as an artifact that is still to be written.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] when a member breaks a rule of the format.
    pub fn to_artifact(&self) -> Result<ArtifactBuilder<'_>> {
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        let weights: Vec<f32> = self.members.iter().map(|member| member.weight).collect();
        artifact.section_owned(WEIGHTS, &[weights.len() as u64], weights);
        for (number, member) in self.members.iter().enumerate() {
            artifact.meta(&section(number), &member.spec);
            artifact.nest(&section(number), &member.model.to_artifact()?)?;
        }
        Ok(artifact)
    }
}

impl BlendView<'static> {
    /// Opens the members in place; they share the mapping of `artifact`.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] when the artifact holds something else or a member is damaged,
    /// [`EngineError::Shape`] when the members do not fit together.
    pub fn open(artifact: &Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let weights = artifact.section::<f32>(WEIGHTS)?.data;
        if weights.len() > MAX_MEMBERS || !weights.iter().all(|weight| weight.is_finite()) {
            return Err(shape());
        }
        let mut members = Vec::with_capacity(weights.len());
        let mut n_items = None;
        for (number, &weight) in weights.iter().enumerate() {
            let nested = artifact.nested(&section(number))?;
            if nested.kind() == NAME {
                return Err(shape());
            }
            let open = OpenModel::new(nested)?;
            let found = open.recommender().n_items();
            if *n_items.get_or_insert(found) != found {
                return Err(shape());
            }
            members.push(Member {
                model: Source::Nested(Box::new(open)),
                weight,
            });
        }
        let n_items = n_items.ok_or_else(shape)?;
        Ok(Self { members, n_items })
    }
}

fn section(number: usize) -> String {
    format!("member.{number}")
}

fn shape() -> EngineError {
    EngineError::Shape {
        file: crate::generation::MODEL_FILE,
        section: WEIGHTS,
    }
}
