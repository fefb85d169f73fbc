use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, biased_mf::tests::liked_and_disliked, conformance::Case, silent};

fn quick() -> SvdppConfig {
    SvdppConfig {
        factors: 4,
        iterations: 12,
        samples: 6,
        ..SvdppConfig::default()
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
fn price_of_the_implicit_part_is_checked() {
    let config = SvdppConfig {
        link_regularization: 0.0,
        ..SvdppConfig::default()
    };
    let got = config.validate();
    let named = matches!(
        got,
        Err(Error::Config {
            field: "link_regularization",
            ..
        })
    );
    assert!(named);
}
