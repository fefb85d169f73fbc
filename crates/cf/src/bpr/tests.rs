use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, conformance::Case, silent};

fn quick() -> BprConfig {
    BprConfig {
        factors: 20,
        epochs: 60,
        batch: 64,
        ..BprConfig::default()
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
fn each_field_is_checked() {
    type Change = fn(&mut BprConfig);
    let wrong: [(&str, Change); 8] = [
        ("factors", |config| config.factors = 5000),
        ("epochs", |config| config.epochs = 0),
        ("batch", |config| config.batch = 0),
        ("learning_rate", |config| config.learning_rate = 0.0),
        ("regularization", |config| config.regularization = -1.0),
        ("init_std", |config| config.init_std = f32::NAN),
        ("popularity_power", |config| config.popularity_power = 3.0),
        ("length_exponent", |config| config.length_exponent = 1.5),
    ];
    for (field, spoil) in wrong {
        let mut config = BprConfig::default();
        config.validate().unwrap();
        spoil(&mut config);
        let got = config.validate();
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}
