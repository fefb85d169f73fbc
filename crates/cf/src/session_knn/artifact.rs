//! Session neighbors in a file: `sessions.*` (sessions by items, in the order of time) and `latest.*`
//! (items by sessions, latest first) as compressed sparse rows without values, `item_weights`
//! `[n_items]` of `f32`, and `constants`, `[7]` of `f64`: neighbors, max_events, position_decay,
//! length_power, reach, backward, repeat.

use marquee_core::{SparseRows, SparseView};
use marquee_store::{Artifact, ArtifactBuilder};

use super::{NAME, SessionKnnConfig, SessionKnnModel, SessionKnnView, model::Constants};
use crate::{Error, Result, check::Checks};

const FORMAT_VERSION: u32 = 1;
const ITEM_WEIGHTS: &str = "item_weights";
const CONSTANTS: &str = "constants";
const SESSIONS: [&str; 3] = ["sessions", "sessions.offsets", "sessions.columns"];
const LATEST: [&str; 3] = ["latest", "latest.offsets", "latest.columns"];

impl SessionKnnModel {
    /// The model as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        add(&mut artifact, SESSIONS, &self.sessions);
        add(&mut artifact, LATEST, &self.latest);
        let n_items = self.item_weights.len() as u64;
        artifact.section(ITEM_WEIGHTS, &[n_items], &self.item_weights);
        let c = &self.constants;
        let constants = vec![
            f64::from(c.neighbors),
            f64::from(c.max_events),
            c.position_decay,
            c.length_power,
            c.reach,
            c.backward,
            c.repeat,
        ];
        artifact.section_owned(CONSTANTS, &[7], constants);
        artifact
    }
}

impl<'a> SessionKnnView<'a> {
    /// Borrows the model from `artifact`.
    ///
    /// Cost: one pass over the offsets and columns.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`],
    /// [`Error::SparseSections`] or [`Error::Config`] when its sections do not fit each other.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let item_weights = artifact.section::<f32>(ITEM_WEIGHTS)?.data;
        let n_items = item_weights.len();
        let sessions = matrix(artifact, SESSIONS, n_items)?;
        let latest = matrix(artifact, LATEST, sessions.n_rows())?;
        check_len(LATEST[1], latest.n_rows(), n_items)?;
        Ok(Self {
            sessions,
            latest,
            item_weights,
            constants: read_constants(artifact.section::<f64>(CONSTANTS)?.data)?,
        })
    }
}

fn add<'a>(artifact: &mut ArtifactBuilder<'a>, names: [&str; 3], rows: &'a SparseRows) {
    let [_, offsets, columns] = names;
    artifact.section(offsets, &[rows.offsets.len() as u64], &rows.offsets);
    artifact.section(columns, &[rows.columns.len() as u64], &rows.columns);
}

fn matrix<'a>(
    artifact: &'a Artifact,
    [matrix, offsets, columns]: [&'static str; 3],
    n_columns: usize,
) -> Result<SparseView<'a>> {
    let offsets = artifact.section::<u64>(offsets)?.data;
    let columns = artifact.section::<u32>(columns)?.data;
    SparseView::new(n_columns, offsets, columns, None, None).map_err(|source| {
        Error::SparseSections {
            model: NAME,
            matrix,
            source,
        }
    })
}

fn check_len(section: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::SectionShape {
        model: NAME,
        section,
        found,
        expected,
    })
}

fn read_constants(constants: &[f64]) -> Result<Constants> {
    let &[
        neighbors,
        max_events,
        position_decay,
        length_power,
        reach,
        backward,
        repeat,
    ] = constants
    else {
        return Err(Error::SectionShape {
            model: NAME,
            section: CONSTANTS,
            found: constants.len(),
            expected: 7,
        });
    };
    let count = |field, found: f64| -> Result<u32> {
        let whole = found.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&found);
        Checks(NAME).holds(field, found, "1 to 4294967295", whole)?;
        Ok(whole_number(found))
    };
    let constants = Constants {
        neighbors: count("neighbors", neighbors)?,
        max_events: count("max_events", max_events)?,
        position_decay,
        length_power,
        reach,
        backward,
        repeat,
    };
    let config = SessionKnnConfig {
        position_decay,
        length_power,
        reach,
        backward,
        repeat,
        ..SessionKnnConfig::default()
    };
    config.validate()?;
    Ok(constants)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller checked that it is a whole number in range"
)]
fn whole_number(number: f64) -> u32 {
    number as u32
}
