//! What a plan makes of declarations.

use super::*;

#[test]
fn file_that_is_shipped_compiles() {
    let plan = Plan::standard();
    let schema = plan.schema();
    assert!(schema.check().is_ok());
    assert_eq!(schema.sequences[0].shares.as_deref(), Some("item.id"));
    // Models that were trained on these columns are refused with others.
    assert_eq!(
        schema.fingerprint(),
        Plan::standard().schema().fingerprint()
    );
    assert!(!schema.names().any(|name| name == "context.hour"));
}

#[test]
fn inputs_may_stand_after_what_is_made_from_them() {
    let text = "version = 1
[[feature]]
name = \"late\"
kind = \"crossed\"
from = [\"x\"]
size = 10
[[feature]]
name = \"x\"
kind = \"hashed\"
field = \"viewer.country\"
size = 10
";
    let plan = Plan::parse(text).unwrap();
    let names: Vec<_> = plan.nodes.iter().map(|node| &*node.name).collect();
    assert_eq!(names, ["x", "late"]);
    // Columns stand as in the file.
    let columns: Vec<_> = plan
        .schema
        .request
        .sparse
        .iter()
        .map(|field| &*field.name)
        .collect();
    assert_eq!(columns, ["late", "x"]);
}

#[test]
fn features_are_split_by_what_they_depend_on() {
    let plan = Plan::standard();
    let side = |name: &str| {
        plan.nodes
            .iter()
            .find(|node| node.name == name)
            .unwrap()
            .side
    };
    assert_eq!(side("viewer.open_rate"), Side::Request);
    assert_eq!(side("viewer.hour_share"), Side::Request);
    assert_eq!(side("context.part_of_day"), Side::Request);
    assert_eq!(side("item.open_rate"), Side::Row);
    assert_eq!(side("pair.tie"), Side::Row);
    assert_eq!(side("cross.country_genre"), Side::Row);
}

#[test]
fn counts_that_several_features_need_are_kept_once() {
    let counter = |name: &str, window: &str| {
        format!(
            "[[feature]]\nname = \"{name}\"\nkind = \"counter\"\nof = \"item\"\nevents = [\"open\"]\n{window}\n"
        )
    };
    let two = counter("x", "window = \"1d\"") + &counter("y", "window = \"1d\"");
    let plan = Plan::parse(&format!("version = 1\n{two}")).unwrap();
    assert_eq!(plan.tiles[1].rings.len(), 1);
    // A window of eight days and a half-life of a day both have tiles of six hours.
    let shared = counter("x", "window = \"8d\"") + &counter("y", "half_life = \"1d\"");
    let plan = Plan::parse(&format!("version = 1\n{shared}")).unwrap();
    assert_eq!(plan.tiles[1].rings.len(), 1);
}

#[test]
fn blocks_of_the_file_that_is_shipped_are_as_large_as_documented() {
    let plan = Plan::standard();
    let bytes = plan.tiles.each_ref().map(|layout| 4 * layout.words());
    assert_eq!(bytes, [792, 1452, 272]);
}
