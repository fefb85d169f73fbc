use std::collections::BTreeSet;

use super::*;
use crate::{FAMILIES, ModelSpec, models};

/// Families that no search suits: a blend learns its weights itself, and its members are tuned one by
/// one; predictors of ratings are judged by their errors, not by lists.
const WITHOUT_SPACE: [&str; 3] = ["blend", "biased-mf", "svdpp"];

#[test]
fn every_family_has_a_space_or_is_known_to_have_none() {
    let without: BTreeSet<&str> = WITHOUT_SPACE.into();
    for family in FAMILIES {
        let found = default_space(family.name);
        assert_eq!(
            found.is_err(),
            without.contains(family.name),
            "{}: {found:?}",
            family.name
        );
    }
    let names: BTreeSet<&str> = FAMILIES.iter().map(|family| family.name).collect();
    assert!(
        without.is_subset(&names),
        "a name that is no family any more"
    );
}

#[test]
fn spaces_hold_parameters_of_their_families() {
    // Reading asks each model for the ends of each parameter, and knows each model.
    let spaces = read_spaces(include_str!("spaces.toml")).unwrap();
    for (model, space) in spaces {
        let spec = ModelSpec::new(&model, toml::Table::new());
        let defaults = models::effective_params(&spec).unwrap();
        assert!(!space.parameters().is_empty(), "{model}");
        for one in space.parameters() {
            assert!(defaults.contains_key(&one.name), "{model}: {}", one.name);
        }
    }
}
