//! The binary as a person or a script runs it: what it prints, and how it ends.

#![cfg(test)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// Two groups of viewers with tastes of their own, ratings from 1 to 5.
fn ratings() -> String {
    let mut text = String::from("user_id,item_id,rating,timestamp\n");
    for viewer in 0..40 {
        for film in 0..30 {
            let own = film % 2 == viewer % 2;
            if (film * 7 + viewer * 5) % 3 != 0 {
                let stars = if own { 4 + film % 2 } else { 1 + viewer % 2 };
                text.push_str(&format!("v{viewer},f{film},{stars},{}\n", 1000 + film));
            }
        }
    }
    text
}

fn marquee(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marquee"));
    command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

/// What a command printed to standard output, as JSON and nothing else.
#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn done(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

fn imported() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ratings.csv"), ratings()).unwrap();
    done(&marquee(
        folder.path(),
        &["import", "--data", "d", "ratings.csv"],
    ));
    folder
}

#[test]
fn imports_trains_and_recommends() {
    let folder = imported();
    let train = ["train", "--data", "d", "--model", "item-knn", "--json"];
    let trained = marquee(folder.path(), &train);
    done(&trained);
    assert_eq!(json(&trained)["active"], "item-knn/000001");
    let ask = [
        "recommend",
        "--data",
        "d",
        "--user",
        "v3",
        "-k",
        "2",
        "--json",
    ];
    let answer = marquee(folder.path(), &ask);
    done(&answer);
    assert_eq!(json(&answer)["items"].as_array().unwrap().len(), 2);
}

#[test]
fn one_model_that_fails_does_not_cost_the_results_of_the_others() {
    let folder = imported();
    let twins = "blend:members=[\"popularity\",\"popularity\"]";
    let arguments = [
        "evaluate",
        "--data",
        "d",
        "--protocol",
        "weak",
        "--k",
        "5",
        "--model",
        "popularity",
        "--model",
        twins,
        "--model",
        "item-knn",
        "--json",
    ];
    let output = marquee(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let report = json(&output);
    let models: Vec<&str> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["model"].as_str().unwrap())
        .collect();
    assert_eq!(models, ["popularity", "item-knn"]);
    let error = report["failures"][0]["error"].as_str().unwrap();
    assert!(error.contains("name other members"), "{error}");
}

#[test]
fn ratings_are_predicted_when_they_are_explicit() {
    let folder = imported();
    let arguments = [
        "evaluate",
        "--data",
        "d",
        "--protocol",
        "random",
        "--explicit",
        "--k",
        "5",
        "--model",
        "biased-mf",
        "--json",
    ];
    let output = marquee(folder.path(), &arguments);
    done(&output);
    let metrics = &json(&output)["results"][0]["metrics"];
    let rmse = metrics["rmse"]["mean"].as_f64().unwrap();
    // Always saying the mean of these ratings is wrong by about 1.5.
    assert!(rmse < 0.8, "{metrics}");
}

#[test]
fn wrong_use_and_bad_files_end_differently() {
    let folder = imported();
    let wrong = marquee(folder.path(), &["train", "--no-such-option"]);
    assert_eq!(wrong.status.code(), Some(2));
    let bad = "user_id,item_id,rating,timestamp\nv1,f1,five,1\nv1,f2,4,2\n";
    fs::write(folder.path().join("bad.csv"), bad).unwrap();
    let strict = ["import", "--data", "d", "--strict", "bad.csv"];
    let refused = marquee(folder.path(), &strict);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("bad.csv:2: rating"), "{told}");
    let inspected = marquee(folder.path(), &["inspect", "d", "--json"]);
    assert_eq!(json(&inspected)["folder"]["stats"]["imports"], 1);
}

/// A training that is killed after it kept its state goes on from there, and ends with the bytes of one
/// that was never interrupted.
#[test]
fn killed_training_goes_on_where_it_was() {
    let folder = imported();
    let model = "lightgcn:epochs=120,patience=0,factors=16,batch_users=4";
    let arguments = [
        "train",
        "--data",
        "d",
        "--model",
        model,
        "--keep-every",
        "0",
        "--threads",
        "1",
        "--json",
    ];
    let state = folder.path().join("d/models/.unfinished-lightgcn.mqa");
    let mut killed = Command::new(env!("CARGO_BIN_EXE_marquee"))
        .current_dir(folder.path())
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !state.exists() && killed.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(state.exists(), "killed after its end");
    let resumed = marquee(folder.path(), &arguments);
    done(&resumed);
    assert!(!state.exists(), "the state is left behind");
    let whole = marquee(folder.path(), &arguments);
    done(&whole);
    let bytes = |run: &Output| {
        let version = json(run)["results"][0]["version"].clone();
        let version = version.as_str().unwrap().to_owned();
        fs::read(
            folder
                .path()
                .join("d/models")
                .join(version)
                .join("model.mqa"),
        )
        .unwrap()
    };
    assert!(bytes(&resumed) == bytes(&whole), "the bytes differ");
}
