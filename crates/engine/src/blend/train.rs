//! Learns the weights on a cut of the data, then trains the members on all of it.

use marquee_cf::{Progress, Recommender, Step};
use marquee_core::Dataset;
use marquee_eval::{Protocol, StrongSplit, WeakSplit};

use super::{
    BlendConfig, Cut, NAME, cases,
    search::{mean, ndcg, search},
};
use crate::{EngineError, ModelSpec, Result, TrainedModel, models};

/// Most members of a blend.
pub(super) const MAX_MEMBERS: usize = 8;

/// A trained blend.
pub struct BlendModel {
    pub(super) members: Vec<TrainedMember>,
}

/// A member that counts.
pub(super) struct TrainedMember {
    pub(super) spec: ModelSpec,
    pub(super) model: Box<dyn TrainedModel>,
    pub(super) weight: f32,
}

impl std::fmt::Debug for BlendModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = self.members.iter();
        f.debug_map()
            .entries(members.map(|member| (member.spec.to_string(), member.weight)))
            .finish()
    }
}

/// Trains a blend.
///
/// Without given weights, a part of the data is held out as `config.cut` says, the members are trained
/// on the rest, and the weights are those of the highest nDCG at `config.k` over one half of the users
/// asked. Over the other half the blend must be better than its best member by more than a standard
/// error of the difference. Members of weight zero are dropped, the others trained again on
/// everything.
///
/// Cost: two trainings of each member, and one scoring of all items for each user asked.
///
/// # Errors
///
/// [`EngineError::BlendMembers`] and [`EngineError::BlendWeights`] for settings that make no blend,
/// [`EngineError::BlendNotBetter`] when the best member is as good alone, or what a member says.
pub fn train(
    data: &Dataset,
    config: &BlendConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<BlendModel> {
    let specs = specs(config)?;
    // A state would be the blend's, and a judgment that of one member: they only tell their steps.
    let mut steps = |step: &Step| progress.step(step);
    let progress: &mut Progress<'_> = &mut steps;
    let weights = if config.weights.is_empty() {
        learn(data, config, &specs, (seed, progress))?
    } else {
        given(config, specs.len())?
    };
    let mut members = Vec::with_capacity(specs.len());
    for (spec, weight) in specs.into_iter().zip(weights) {
        if weight > 0.0 {
            let model = models::train(&spec, data, seed, progress)?;
            members.push(TrainedMember {
                spec,
                model,
                weight,
            });
        }
    }
    Ok(BlendModel { members })
}

fn specs(config: &BlendConfig) -> Result<Vec<ModelSpec>> {
    let specs: Vec<ModelSpec> = config
        .members
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_>>()?;
    let is_blend = specs.iter().any(|spec| spec.name() == NAME);
    if is_blend || !(2..=MAX_MEMBERS).contains(&specs.len()) {
        return Err(EngineError::BlendMembers {
            found: config.members.clone(),
            most: MAX_MEMBERS,
        });
    }
    for spec in &specs {
        models::check(spec)?;
    }
    Ok(specs)
}

fn given(config: &BlendConfig, n_members: usize) -> Result<Vec<f32>> {
    let weights = &config.weights;
    let is_weight = |weight: &f32| weight.is_finite() && *weight >= 0.0;
    let counts = weights.iter().filter(|weight| **weight > 0.0).count();
    if weights.len() == n_members && weights.iter().all(is_weight) && counts >= 2 {
        return Ok(weights.clone());
    }
    Err(EngineError::BlendWeights {
        found: weights.clone(),
        members: n_members,
    })
}

fn learn(
    data: &Dataset,
    config: &BlendConfig,
    specs: &[ModelSpec],
    (seed, progress): (u64, &mut Progress<'_>),
) -> Result<Vec<f32>> {
    let protocol = match config.cut {
        Cut::Items => Protocol::Weak(WeakSplit {
            held_out: config.held_out,
            validation: 0.0,
        }),
        Cut::Users => Protocol::Strong(StrongSplit {
            n_folds: 3,
            held_out: config.held_out,
            ..StrongSplit::default()
        }),
    };
    let fold = protocol.fold(data, 0, seed)?;
    let mut trained = Vec::with_capacity(specs.len());
    for spec in specs {
        trained.push(models::train(spec, fold.train(), seed, progress)?);
    }
    let views: Vec<Box<dyn Recommender + '_>> =
        trained.iter().map(|model| model.recommender()).collect();
    let views: Vec<&dyn Recommender> = views.iter().map(AsRef::as_ref).collect();
    let mut learning = cases::gather(&views, fold.test(), config.users)?;
    // Every second user, so that both halves are spread over all of them.
    let mut place = 0;
    let checking: Vec<_> = learning
        .extract_if(.., |_| {
            place += 1;
            place % 2 == 0
        })
        .collect();
    let (weights, best) = search(&learning, specs.len(), config.k);
    check(&checking, (&weights, best), config.k, specs)?;
    Ok(weights)
}

/// Fails unless the blend is better than its best member on cases that its weights have not seen.
fn check(
    cases: &[cases::Case],
    (weights, best): (&[f32], usize),
    k: usize,
    specs: &[ModelSpec],
) -> Result<()> {
    let mut alone = vec![0.0; specs.len()];
    alone[best] = 1.0;
    let (alone, blend) = (ndcg(cases, &alone, k), ndcg(cases, weights, k));
    let differences: Vec<f64> = blend.iter().zip(&alone).map(|(a, b)| a - b).collect();
    if mean(&differences) > standard_error(&differences) {
        return Ok(());
    }
    Err(EngineError::BlendNotBetter {
        best: specs[best].to_string(),
        best_ndcg: mean(&alone),
        blend_ndcg: mean(&blend),
        k,
    })
}

fn standard_error(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt()
}
