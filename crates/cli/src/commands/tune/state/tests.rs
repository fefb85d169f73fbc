use serde_json::json;

use super::*;

fn settings(seed: u64) -> Settings {
    serde_json::from_value(json!({
        "cut": "given",
        "folds": 1,
        "fingerprint": "00ff",
        "metric": "ndcg@20",
        "race": "2",
        "seed": seed,
        "models": { "ease": { "fixed": "ease", "space": { "regularization": "[1, 2]" } } },
    }))
    .unwrap()
}

fn trial(number: usize) -> Trial {
    serde_json::from_value(json!({
        "number": number,
        "spec": format!("ease:regularization={number}.5"),
        "values": [[0.25, 0.1]],
        "n_folds": 1,
        "seconds": 0.5,
    }))
    .unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("state.jsonl")
    }

    fn open(&self, seed: u64) -> Result<State> {
        State::open(&self.path(), &settings(seed))
    }

    /// A state of two trials, as bytes.
    fn two(&self) -> Vec<u8> {
        let mut state = self.open(1).unwrap();
        state.append(&trial(1)).unwrap();
        state.append(&trial(2)).unwrap();
        fs::read(self.path()).unwrap()
    }

    #[track_caller]
    fn check_refused(&self, seed: u64, want: &str) {
        let error = format!("{:#}", self.open(seed).unwrap_err());
        assert!(error.contains(want), "{error}");
        assert!(error.contains("state.jsonl"), "{error}");
    }
}

#[test]
fn trials_are_there_again() {
    let folder = Folder::new();
    folder.two();
    let mut state = folder.open(1).unwrap();
    assert_eq!(state.take_trials(), [trial(1), trial(2)]);
    state.append(&trial(3)).unwrap();
    drop(state);
    assert_eq!(folder.open(1).unwrap().take_trials().len(), 3);
}

#[test]
fn line_that_was_cut_off_is_dropped_wherever_it_was_cut() {
    let folder = Folder::new();
    let whole = folder.two();
    let ends: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] == b'\n').collect();
    let near_ends = ends.iter().flat_map(|&end| [end, end + 1]);
    for length in (0..whole.len()).step_by(29).chain(near_ends) {
        fs::write(folder.path(), &whole[..length]).unwrap();
        let n_left = ends.iter().filter(|&&end| end < length).count();
        let mut state = folder.open(1).unwrap();
        let trials = state.take_trials();
        assert_eq!(trials.len(), n_left.saturating_sub(1), "{length} bytes");
        // What is added after it can be read.
        let next = trials.len() + 1;
        state.append(&trial(next)).unwrap();
        drop(state);
        assert_eq!(folder.open(1).unwrap().take_trials().len(), next);
    }
}

#[test]
fn state_of_other_settings_is_refused_and_left_alone() {
    let folder = Folder::new();
    let whole = folder.two();
    folder.check_refused(2, "its seed is 1, not 2");
    assert_eq!(fs::read(folder.path()).unwrap(), whole);
}

#[test]
fn files_that_are_no_state_are_refused_with_the_line() {
    let folder = Folder::new();
    fs::write(folder.path(), "user,item\n1,2\n").unwrap();
    folder.check_refused(1, "line 1 is not the first line");
    let whole = String::from_utf8(Folder::two(&Folder::new())).unwrap();
    fs::write(
        folder.path(),
        whole.replacen("\"number\":1", "\"number\":x", 1),
    )
    .unwrap();
    folder.check_refused(1, "line 2 is no trial");
    fs::write(
        folder.path(),
        whole.replacen("\"marquee_tune\":1", "\"marquee_tune\":9", 1),
    )
    .unwrap();
    folder.check_refused(1, "version 9, expected 1");
}

#[test]
fn two_searches_cannot_share_a_state() {
    let folder = Folder::new();
    let _first = folder.open(1).unwrap();
    folder.check_refused(1, "used by another search");
}
