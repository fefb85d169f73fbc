//! Everything about a network but its numbers: columns, heads, layers. Kept as JSON in its artifact.

use std::sync::Arc;

use marquee_features::{FeatureSchema, Head, SequenceField, SideSchema, SparseField, TrainingRows};
use serde::{Deserialize, Serialize};

use super::{
    HeadConfig, NAME, NetworkConfig, layout::Layout, outcome::Outcome, records::Plan, shape::Shape,
};
use crate::{Error, Result, dense::DenseColumn};

/// What a network is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    /// Columns that tables have.
    pub(crate) schema: Arc<FeatureSchema>,
    pub(crate) fingerprint: u64,
    pub(crate) heads: Vec<Head>,
    pub(crate) config: NetworkConfig,
    /// What layers see in place of some of them.
    pub(crate) plan: Option<Plan>,
    pub(crate) dense: Vec<DenseColumn>,
    pub(crate) shape: Shape,
}

/// The same as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    request: WrittenSide,
    row: WrittenSide,
    sequences: Vec<WrittenSequence>,
    heads: Vec<WrittenHead>,
    config: NetworkConfig,
    /// Of the request, then of the row, as layers see them.
    dense: Vec<DenseColumn>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSide {
    dense: Vec<String>,
    sparse: Vec<(String, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSequence {
    name: String,
    size: u32,
    max_len: u32,
    shares: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHead {
    name: String,
    outcome: Outcome,
}

/// The most rows of embeddings, numbers of an embedding and inputs that a description may ask for.
const MOST_ROWS: usize = 1 << 31;
const MOST_WEIGHTS: usize = 1 << 32;

impl Description {
    /// Learns what the columns of a table look like, and lays out layers for them.
    ///
    /// - `outer`: the columns of the tables that it is to score, of which `rows` are made.
    pub(crate) fn learn(
        rows: TrainingRows<'_>,
        outer: &FeatureSchema,
        config: &NetworkConfig,
    ) -> Result<Self> {
        for name in config.heads.keys() {
            if (0..rows.n_heads()).all(|place| rows.head(place).to_string() != *name) {
                return Err(Error::NoSuchHead {
                    model: NAME,
                    head: name.clone(),
                });
            }
        }
        let features = rows.features();
        let schema = features.schema();
        let fit = |values: &[f32], n_columns: usize| -> Vec<DenseColumn> {
            let columns = (0..n_columns).map(|column| {
                let values = values.iter().skip(column).step_by(n_columns).copied();
                DenseColumn::fit(values, config.knots)
            });
            columns.collect()
        };
        let mut dense = fit(features.request_dense(), schema.request.dense.len());
        dense.extend(fit(features.dense(), schema.row.dense.len()));
        let mut heads = Vec::new();
        for column in 0..rows.n_heads() {
            let head = rows.head(column);
            if config.head(&head.to_string()).loss_weight <= 0.0 {
                continue;
            }
            let labels = rows.label(column);
            if labels.iter().all(|label| label.is_nan()) {
                return Err(Error::NoLabels {
                    model: NAME,
                    head: head.clone(),
                });
            }
            let outcome = Outcome::of(head, labels, config.bins);
            heads.push((head.clone(), outcome));
        }
        if heads.is_empty() {
            return Err(Error::Nothing {
                model: NAME,
                rows: features.n_rows(),
                heads: 0,
            });
        }
        Self::new(outer.clone(), heads, config.clone(), dense)
    }

    fn new(
        schema: FeatureSchema,
        heads: Vec<(Head, Outcome)>,
        config: NetworkConfig,
        dense: Vec<DenseColumn>,
    ) -> Result<Self> {
        let named: Vec<&Head> = heads.iter().map(|(head, _)| head).collect();
        let plan = Plan::new(&schema, &named, &config)?;
        let inner = plan.as_ref().map_or(&schema, |plan| &plan.inner);
        let n_dense = inner.request.dense.len() + inner.row.dense.len();
        if dense.len() != n_dense {
            return Err(Error::Contradiction {
                model: NAME,
                what: "the number of dense columns",
                found: dense.len(),
                expected: n_dense,
            });
        }
        let layout = Layout::new(inner, &dense, (config.embedding, config.attention));
        if layout.width == 0 {
            return Err(Error::Contradiction {
                model: NAME,
                what: "the number of inputs",
                found: 0,
                expected: 1,
            });
        }
        let most = |what, found: usize, most: usize| {
            if found <= most {
                return Ok(());
            }
            Err(Error::Contradiction {
                model: NAME,
                what,
                found,
                expected: most,
            })
        };
        most("the number of embeddings", layout.table_rows(), MOST_ROWS)?;
        let (heads, outcomes): (Vec<Head>, Vec<Outcome>) = heads.into_iter().unzip();
        let shape = Shape::new(layout, &config, &outcomes);
        most("the number of weights", shape.len, MOST_WEIGHTS)?;
        Ok(Self {
            fingerprint: schema.fingerprint(),
            schema: Arc::new(schema),
            heads,
            config,
            plan,
            dense,
            shape,
        })
    }

    /// For each head its column in a table, and what is learned of it.
    pub(crate) fn places(
        &self,
        rows: TrainingRows<'_>,
        config: &NetworkConfig,
    ) -> Vec<(usize, HeadConfig)> {
        let places = self.heads.iter().map(|head| {
            let column = rows.place_of(head).expect("heads are those of the table");
            (column, config.head(&head.to_string()))
        });
        places.collect()
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let side = |side: &SideSchema| WrittenSide {
            dense: side.dense.clone(),
            sparse: side
                .sparse
                .iter()
                .map(|field| (field.name.clone(), field.size))
                .collect(),
        };
        let sequences = self.schema.sequences.iter().map(|field| WrittenSequence {
            name: field.name.clone(),
            size: field.size,
            max_len: field.max_len,
            shares: field.shares.clone(),
        });
        let heads = self.heads.iter().zip(&self.shape.heads);
        let heads = heads.map(|(head, layers)| WrittenHead {
            name: head.to_string(),
            outcome: layers.outcome,
        });
        let written = Written {
            request: side(&self.schema.request),
            row: side(&self.schema.row),
            sequences: sequences.collect(),
            heads: heads.collect(),
            config: self.config.clone(),
            dense: self.dense.clone(),
        };
        serde_json::to_vec(&written).expect("names and numbers can be written")
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self> {
        let written: Written =
            serde_json::from_slice(bytes).map_err(|source| Error::Description {
                model: NAME,
                source,
            })?;
        written.config.validate()?;
        let side = |side: WrittenSide| SideSchema {
            dense: side.dense,
            sparse: side
                .sparse
                .into_iter()
                .map(|(name, size)| SparseField { name, size })
                .collect(),
        };
        let sequences = written.sequences.into_iter().map(|field| SequenceField {
            name: field.name,
            size: field.size,
            max_len: field.max_len,
            shares: field.shares,
        });
        let schema = FeatureSchema {
            request: side(written.request),
            row: side(written.row),
            sequences: sequences.collect(),
        };
        schema.check().map_err(marquee_features::Error::from)?;
        let mut heads = Vec::new();
        for head in written.heads {
            if let Outcome::Share(bins) = head.outcome
                && !(2..=1 << 16).contains(&bins)
            {
                return Err(Error::Contradiction {
                    model: NAME,
                    what: "the number of values of a share",
                    found: bins,
                    expected: 2,
                });
            }
            let name = Head::from_name(&head.name).map_err(marquee_features::Error::from)?;
            heads.push((name, head.outcome));
        }
        Self::new(schema, heads, written.config, written.dense)
    }
}
