//! Training: a tree after the other, until the validation table is judged no better.

use std::{ops::ControlFlow, time::Instant};

use marquee_features::{Head, TrainingRows};

use super::{
    NAME, Objective, TreesConfig, TreesModel, bins,
    grow::{Derivatives, Grower},
    objective::Targets,
};
use crate::{
    Error, Ranker as _, Result, Step, Watch,
    check::{check_finite, narrow, row},
};

/// Trains trees for one head on the current rayon pool; the same data and configuration give the same bits on any
/// number of threads. Nothing is drawn, so there is no seed.
///
/// With a validation table the number of trees is that after which it was judged best, by its loss or, for
/// [`Objective::Order`], its nDCG.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoSuchHead`] where a table has no labels of the head, [`Error::NoLabels`],
/// [`Error::Nothing`] without rows, [`Error::Schema`] for a validation table of other columns,
/// [`Error::NotFinite`], [`Error::Stopped`].
pub fn train(
    (rows, head): (&TrainingRows<'_>, &Head),
    validation: Option<&TrainingRows<'_>>,
    config: &TreesConfig,
    watch: &mut dyn Watch,
) -> Result<TreesModel> {
    config.validate()?;
    let features = rows.features();
    if features.n_rows() == 0 {
        return Err(Error::Nothing {
            model: NAME,
            rows: 0,
            heads: rows.n_heads(),
        });
    }
    let targets = targets_of(rows, head, config)?;
    let judged_by = validation
        .map(|rows| targets_of(rows, head, config))
        .transpose()?;
    let n_rows = features.n_rows();
    let mut grower = Grower::new(bins::columns(&features, config.bins), n_rows, config);
    let mut model = TreesModel {
        head: head.clone(),
        objective: config.objective,
        schema: features.schema().fingerprint(),
        base: match config.objective {
            Objective::Chance => narrow(targets.base_chance()),
            Objective::Order => 0.0,
        },
        starts: Vec::new(),
        nodes: Vec::new(),
    };
    let mut scores = vec![model.base; n_rows];
    let mut derivatives = Derivatives {
        slopes: vec![0.0; n_rows],
        curvatures: vec![0.0; n_rows],
    };
    let mut judge = Judge::new(validation, judged_by, &model)?;
    for number in 1..=config.trees {
        let started = Instant::now();
        let loss = targets.derive(config.objective, &scores, &mut derivatives);
        check_finite(NAME, number, &[narrow(loss)])?;
        let mut nodes = grower.grow(&derivatives, &mut scores);
        let first = row(model.nodes.len());
        for node in &mut nodes {
            node.left += first;
        }
        model.starts.push(first);
        model.nodes.append(&mut nodes);
        let seconds = started.elapsed().as_secs_f64();
        let judged = judge.see(&model)?;
        let step = Step {
            iteration: number,
            total: config.trees,
            loss,
            judged,
            seconds,
            rate: n_rows as f64 / seconds.max(1e-9),
        };
        if watch.step(&step) == ControlFlow::Break(()) {
            return Err(Error::Stopped {
                model: NAME,
                iteration: number,
            });
        }
        if judge.waited >= config.patience {
            break;
        }
    }
    judge.cut(&mut model);
    Ok(model)
}

fn targets_of(rows: &TrainingRows<'_>, head: &Head, config: &TreesConfig) -> Result<Targets> {
    let column = rows.place_of(head).ok_or_else(|| Error::NoSuchHead {
        model: NAME,
        head: head.to_string(),
    })?;
    let features = rows.features();
    let requests = 0..features.n_requests();
    let requests = requests.map(|request| features.rows_of(request)).collect();
    let targets = Targets::new(rows.label(column), rows.weight(), requests, config.places);
    if targets.labels.iter().all(|label| label.is_nan()) {
        return Err(Error::NoLabels {
            model: NAME,
            head: head.clone(),
        });
    }
    let wrong = |label: &&f32| match config.objective {
        Objective::Chance => !(0.0..=1.0).contains(*label),
        Objective::Order => !(0.0..=64.0).contains(*label),
    };
    let known = targets.labels.iter().filter(|label| !label.is_nan());
    if let Some(&label) = known.clone().find(wrong) {
        return Err(Error::Config {
            model: NAME,
            field: "label",
            found: f64::from(label),
            expected: match config.objective {
                Objective::Chance => "0 to 1",
                Objective::Order => "a grade from 0 to 64",
            },
        });
    }
    Ok(targets)
}

/// Follows how good the model is on the validation table.
struct Judge<'r, 'a> {
    rows: Option<(&'r TrainingRows<'a>, Targets)>,
    scores: Vec<f32>,
    best: f64,
    best_trees: usize,
    waited: usize,
}

impl<'r, 'a> Judge<'r, 'a> {
    fn new(
        rows: Option<&'r TrainingRows<'a>>,
        targets: Option<Targets>,
        model: &TreesModel,
    ) -> Result<Self> {
        let n_rows = rows.map_or(0, |rows| rows.features().n_rows());
        let mut scores = vec![0.0; n_rows];
        if let Some(rows) = rows {
            // Also refuses other columns.
            model.score(&rows.features(), &mut scores)?;
        }
        Ok(Self {
            rows: rows.zip(targets),
            scores,
            best: f64::NEG_INFINITY,
            best_trees: 0,
            waited: 0,
        })
    }

    fn see(&mut self, model: &TreesModel) -> Result<Option<f64>> {
        let Some((rows, targets)) = &self.rows else {
            return Ok(None);
        };
        let last = TreesModel {
            base: 0.0,
            starts: vec![0],
            nodes: last_tree(model),
            ..model.clone_without_trees()
        };
        let mut added = vec![0.0; self.scores.len()];
        last.score(&rows.features(), &mut added)?;
        for (score, added) in self.scores.iter_mut().zip(added) {
            *score += added;
        }
        let judged = match model.objective {
            Objective::Order => targets.ndcg(&self.scores, targets.places.min(JUDGED_PLACES)),
            Objective::Chance => {
                let n = self.scores.len();
                let mut unused = Derivatives {
                    slopes: vec![0.0; n],
                    curvatures: vec![0.0; n],
                };
                -targets.chance(&self.scores, &mut unused)
            }
        };
        if judged > self.best {
            (self.best, self.best_trees, self.waited) = (judged, model.n_trees(), 0);
        } else {
            self.waited += 1;
        }
        Ok(Some(judged))
    }

    /// Takes off the trees after the best one.
    fn cut(&self, model: &mut TreesModel) {
        if self.rows.is_none() {
            return;
        }
        if let Some(&start) = model.starts.get(self.best_trees) {
            model.nodes.truncate(start as usize);
            model.starts.truncate(self.best_trees);
        }
    }
}

/// Places of a list by which an order is judged.
const JUDGED_PLACES: usize = 5;

/// The nodes of the last tree, counted from 0.
fn last_tree(model: &TreesModel) -> Vec<super::Node> {
    let start = model.starts.last().copied().unwrap_or(0);
    let mut nodes = model.nodes[start as usize..].to_vec();
    for node in &mut nodes {
        node.left -= start;
    }
    nodes
}

impl TreesModel {
    fn clone_without_trees(&self) -> Self {
        Self {
            head: self.head.clone(),
            objective: self.objective,
            schema: self.schema,
            base: self.base,
            starts: Vec::new(),
            nodes: Vec::new(),
        }
    }
}
