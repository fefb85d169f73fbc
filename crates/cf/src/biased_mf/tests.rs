use marquee_core::{Dataset, SparseRows};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, conformance::Case, silent};

/// The touches of `data` as ratings of 1, and every other pair as a rating of -1: what the suite's
/// worlds look like to a model of ratings.
pub(crate) fn liked_and_disliked(data: &Dataset) -> Dataset {
    let n_items = u32::try_from(data.n_items()).unwrap();
    let mut rows = SparseRows {
        n_columns: data.n_items(),
        offsets: vec![0],
        weights: Some(Vec::new()),
        ..SparseRows::default()
    };
    let weights = rows.weights.as_mut().unwrap();
    for row in data.by_user().rows() {
        let liked = |item: &u32| row.columns.contains(item);
        rows.columns.extend(0..n_items);
        weights.extend((0..n_items).map(|item| if liked(&item) { 1.0 } else { -1.0 }));
        rows.offsets.push(rows.columns.len() as u64);
    }
    Dataset::from_rows(rows)
}

fn quick() -> BiasedMfConfig {
    BiasedMfConfig {
        factors: 4,
        iterations: 20,
        samples: 10,
        ..BiasedMfConfig::default()
    }
}

#[test]
fn conforms() {
    let case = Case {
        train: |data, seed| train(&liked_and_disliked(data), &quick(), seed, &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: RatingModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

#[test]
fn conforms_by_least_squares() {
    let case = Case {
        train: |data, seed| {
            let config = BiasedMfConfig {
                samples: 0,
                ..quick()
            };
            train(&liked_and_disliked(data), &config, seed, &mut silent())
        },
        view: |model| Ok(Box::new(model.view())),
        save: RatingModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

#[test]
fn each_field_is_checked() {
    type Change = fn(&mut BiasedMfConfig);
    let wrong: [(&str, Change); 5] = [
        ("factors", |config| config.factors = 0),
        ("iterations", |config| config.iterations = 0),
        ("samples", |config| config.samples = 10_001),
        ("regularization", |config| config.regularization = 0.0),
        ("bias_regularization", |config| {
            config.bias_regularization = f32::NAN
        }),
    ];
    for (field, spoil) in wrong {
        let mut config = BiasedMfConfig::default();
        config.validate().unwrap();
        spoil(&mut config);
        let got = config.validate();
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}

#[test]
fn sections_that_do_not_fit_are_named() {
    let mut artifact = ArtifactBuilder::new(NAME, 1);
    artifact
        .section("designs", &[2, 1, 3], &[0.0_f32; 6])
        .section("biases", &[1, 1], &[0.0_f32; 1])
        .section("scale", &[2], &[0.0_f32; 2]);
    let artifact = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let got = open(&artifact);
    let named = matches!(
        got,
        Err(Error::SectionShape {
            section: "biases",
            ..
        })
    );
    assert!(named, "{got:?}");
}
