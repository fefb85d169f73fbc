//! Who may use whom: a crate uses only lower layers, and heavy tools stay at the edge.

use std::collections::BTreeMap;

use crate::workspace::{Dependency, Kind, Package};

use super::Problem;

/// Crates that may be asynchronous; all below them is synchronous.
const MAY_BE_ASYNC: [&str; 4] = [
    "marquee-proto",
    "marquee-serve",
    "marquee-console",
    "marquee-cli",
];
/// Worlds and conformance suites: for tests, and for the tasks of a checkout.
const TESTKIT: &str = "marquee-testkit";
/// Tasks stand above the product, so only they may use what only development needs.
const TASK_LAYER: u64 = 7;

/// Checks the manifests of our packages.
pub(super) fn check(members: &[&Package]) -> Vec<Problem> {
    let layers: BTreeMap<&str, u64> = members
        .iter()
        .filter_map(|package| Some((package.name.as_str(), package.layer()?)))
        .collect();
    let mut problems = Vec::new();
    for package in members {
        let Some(layer) = package.layer() else {
            let message = "states no layer: add `[package.metadata.marquee]` with `layer = N`";
            problems.push(problem(package, message));
            continue;
        };
        for dependency in &package.dependencies {
            let message = match layers.get(dependency.name.as_str()) {
                Some(&lower) => layer_message(layer, dependency, lower),
                None => async_message(package, layer, dependency),
            };
            problems.extend(message.map(|message| problem(package, message)));
        }
    }
    problems
}

/// What is wrong with a crate of `layer` using one of our crates, of layer `lower`.
fn layer_message(layer: u64, dependency: &Dependency, lower: u64) -> Option<String> {
    let name = &dependency.name;
    if name == TESTKIT && dependency.kind == Kind::Dev {
        return None;
    }
    if name == TESTKIT && layer < TASK_LAYER {
        return Some(format!(
            "uses {TESTKIT} outside of tests; it belongs in [dev-dependencies]"
        ));
    }
    (lower >= layer).then(|| {
        format!(
            "(layer {layer}) uses {name} (layer {lower}): a crate uses only lower layers; \
             move what both need downwards"
        )
    })
}

/// What is wrong with `package` using a crate of others.
fn async_message(package: &Package, layer: u64, dependency: &Dependency) -> Option<String> {
    let name = &dependency.name;
    let is_async = ["tokio", "tonic"]
        .iter()
        .any(|family| name == family || name.starts_with(&format!("{family}-")));
    let may = layer >= TASK_LAYER || MAY_BE_ASYNC.contains(&package.name.as_str());
    (is_async && !may).then(|| {
        format!(
            "uses {name}: only {} may be asynchronous",
            MAY_BE_ASYNC.join(", ")
        )
    })
}

fn problem(package: &Package, message: impl Into<String>) -> Problem {
    let folder = package.folder().components().next_back();
    let folder = folder.map_or_else(String::new, |name| {
        name.as_os_str().to_string_lossy().into_owned()
    });
    let path = if package.name.starts_with("xtask") {
        format!("{}/Cargo.toml", package.name.replace('-', "/"))
    } else {
        format!("crates/{folder}/Cargo.toml")
    };
    Problem::of_file(&path, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, layer: u64, dependencies: &[(&str, Kind)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| Dependency {
                name: (*name).to_owned(),
                kind: *kind,
            })
            .collect();
        let short = name.trim_start_matches("marquee-");
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            license: None,
            description: None,
            dependencies,
            targets: Vec::new(),
            manifest_path: format!("/checkout/crates/{short}/Cargo.toml").into(),
            metadata: serde_json::json!({ "marquee": { "layer": layer } }),
        }
    }

    #[track_caller]
    fn check_user(name: &str, layer: u64, uses: (&str, Kind), want: &[&str]) {
        let packages = [
            package("marquee-core", 1, &[]),
            package("marquee-testkit", 2, &[]),
            package("marquee-ranking", 3, &[]),
            package(name, layer, &[uses]),
        ];
        let problems = check(&packages.iter().collect::<Vec<_>>());
        let got: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(got.len(), want.len(), "{got:?}");
        for (got, want) in got.iter().zip(want) {
            assert!(got.contains(want), "{got}");
        }
    }

    #[test]
    fn lower_layers_are_fine() {
        check_user("marquee-cf", 3, ("marquee-core", Kind::Normal), &[]);
    }

    #[test]
    fn algorithms_do_not_use_each_other() {
        let uses = ("marquee-ranking", Kind::Normal);
        check_user("marquee-cf", 3, uses, &["crates/cf/Cargo.toml: (layer 3)"]);
        let uses = ("marquee-ranking", Kind::Dev);
        check_user("marquee-cf", 3, uses, &["only lower layers"]);
    }

    #[test]
    fn testkit_is_for_tests_of_any_layer_and_for_tasks() {
        check_user("marquee-math", 0, ("marquee-testkit", Kind::Dev), &[]);
        check_user("xtask", 7, ("marquee-testkit", Kind::Normal), &[]);
        let uses = ("marquee-testkit", Kind::Normal);
        check_user("marquee-cf", 3, uses, &["outside of tests"]);
    }

    #[test]
    fn tokio_stays_at_the_edge() {
        check_user("marquee-serve", 5, ("tonic-health", Kind::Normal), &[]);
        check_user("marquee-cf", 3, ("tokio", Kind::Normal), &["uses tokio"]);
        check_user(
            "marquee-cf",
            3,
            ("tokio-util", Kind::Dev),
            &["uses tokio-util"],
        );
    }

    #[test]
    fn crate_without_a_layer_is_found() {
        let mut lost = package("marquee-lost", 1, &[]);
        lost.metadata = serde_json::Value::Null;
        let problems = check(&[&lost]);
        assert!(problems[0].message.contains("states no layer"));
    }
}
