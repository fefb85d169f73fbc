use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, conformance::Case, silent};

fn quick() -> WarpConfig {
    WarpConfig {
        factors: 8,
        regularization: 0.05,
        link_regularization: 3.0,
        epochs: 60,
        batch: 64,
        ..WarpConfig::default()
    }
}

#[test]
fn conforms() {
    let case = Case {
        train: |data, seed| train(data, &quick(), seed, &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: ContextModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

#[test]
fn number_of_draws_is_checked() {
    let config = WarpConfig {
        trials: 0,
        ..WarpConfig::default()
    };
    let got = config.validate();
    assert!(matches!(
        got,
        Err(Error::Config {
            field: "trials",
            ..
        })
    ));
}
