//! Versions come and go as they should, also after crashes and with company.

use std::{collections::HashSet, thread};

use super::*;

fn registry() -> (tempfile::TempDir, Registry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path().join("models")).unwrap();
    (folder, registry)
}

fn publish(registry: &Registry, name: &str) -> ModelVersion {
    let staged = registry.stage(name).unwrap();
    fs::create_dir(staged.path().join("parts")).unwrap();
    fs::write(staged.path().join("parts/model.mqa"), name).unwrap();
    staged.publish().unwrap()
}

fn version(text: &str) -> ModelVersion {
    text.parse().unwrap()
}

/// Everything in the registry's folder but the lock.
fn entries(registry: &Registry) -> Vec<String> {
    let entries = fs::read_dir(registry.root()).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}

#[test]
fn a_version_takes_a_file_of_another_in_and_keeps_it() {
    let (_folder, registry) = registry();
    let first = publish(&registry, "ials");
    let staged = registry.stage("ranker").unwrap();
    let file = registry.path_of(&first).join("parts/model.mqa");
    staged.take_in(&file, "model.mqa").unwrap();
    assert!(staged.take_in(&file.join("none"), "other.mqa").is_err());
    let second = staged.publish().unwrap();
    registry.remove(&first).unwrap();
    let kept = fs::read(registry.path_of(&second).join("model.mqa")).unwrap();
    assert_eq!(kept, b"ials");
}

#[test]
fn a_text_is_there_whole_replaced_and_gone() {
    let (_folder, registry) = registry();
    assert_eq!(registry.text("value.toml").unwrap(), None);
    registry.put_text("value.toml", Some("open = 1\n")).unwrap();
    registry.put_text("value.toml", Some("open = 2\n")).unwrap();
    let found = registry.text("value.toml").unwrap();
    assert_eq!(found.as_deref(), Some("open = 2\n"));
    assert!(registry.versions().unwrap().is_empty());
    for _ in 0..2 {
        registry.put_text("value.toml", None).unwrap();
    }
    assert_eq!(registry.text("value.toml").unwrap(), None);
}

#[test]
fn versions_are_numbered_for_each_model() {
    let (_folder, registry) = registry();
    assert_eq!(publish(&registry, "ials"), version("ials/000001"));
    assert_eq!(publish(&registry, "ials"), version("ials/000002"));
    assert_eq!(publish(&registry, "ease"), version("ease/000001"));
    let want = ["ease/000001", "ials/000001", "ials/000002"].map(version);
    assert_eq!(registry.versions().unwrap(), want);
    assert_eq!(registry.versions_of("ials").unwrap(), want[1..]);
    assert_eq!(registry.versions_of("bpr").unwrap(), []);
    let path = registry.path_of(&want[1]).join("parts/model.mqa");
    assert_eq!(fs::read_to_string(path).unwrap(), "ials");
    assert_eq!(registry.active().unwrap(), None);
    assert_eq!(entries(&registry), ["ease", "ials"]);
}

#[test]
fn roll_back_undoes_activations() {
    let (_folder, registry) = registry();
    let [a, b] = [publish(&registry, "ials"), publish(&registry, "ials")];
    for version in [&a, &b, &b, &a] {
        registry.activate(version).unwrap();
        assert_eq!(registry.active().unwrap().as_ref(), Some(version));
    }
    let pointer = fs::read_to_string(registry.root().join("ACTIVE")).unwrap();
    assert_eq!(pointer, "ials/000001\nials/000002\nials/000001\n");
    assert_eq!(registry.roll_back().unwrap(), b);
    assert_eq!(registry.roll_back().unwrap(), a);
    assert!(matches!(
        registry.roll_back(),
        Err(Error::NothingEarlier { .. })
    ));
    assert_eq!(registry.active().unwrap(), Some(a));
}

#[test]
fn roll_back_passes_over_versions_deleted_by_hand() {
    let (_folder, registry) = registry();
    let all = [(); 3].map(|()| publish(&registry, "ials"));
    for version in &all {
        registry.activate(version).unwrap();
    }
    fs::remove_dir_all(registry.path_of(&all[1])).unwrap();
    assert_eq!(registry.roll_back().unwrap(), all[0]);
    assert_eq!(registry.history().unwrap(), all[..1]);
}

#[test]
fn only_published_versions_are_activated() {
    let (_folder, registry) = registry();
    let missing = version("ials/000009");
    let outcome = registry.activate(&missing);
    assert!(matches!(outcome, Err(Error::VersionMissing { version, .. }) if version == missing));
    assert_eq!(registry.active().unwrap(), None);
}

#[test]
fn removal_spares_the_active_version_and_never_reuses_a_number() {
    let (_folder, registry) = registry();
    let all = [(); 3].map(|()| publish(&registry, "ials"));
    registry.activate(&all[2]).unwrap();
    registry.activate(&all[1]).unwrap();
    registry.activate(&all[2]).unwrap();
    registry.activate(&all[0]).unwrap();
    let refused = registry.remove(&all[0]);
    assert!(matches!(refused, Err(Error::VersionActive { .. })));
    registry.remove(&all[2]).unwrap();
    assert_eq!(registry.versions().unwrap(), all[..2]);
    assert_eq!(registry.history().unwrap(), all[..2]);
    assert!(matches!(
        registry.remove(&all[2]),
        Err(Error::VersionMissing { .. })
    ));
    assert_eq!(publish(&registry, "ials").number(), 4);
    registry.remove(&all[1]).unwrap();
    assert_eq!(publish(&registry, "ials").number(), 5);
    assert_eq!(entries(&registry), ["ACTIVE", "ials"]);
}

#[test]
fn what_is_left_out_is_not_published() {
    let (_folder, registry) = registry();
    let staged = registry.stage("als").unwrap();
    for name in ["kept", "used"] {
        fs::write(staged.path().join(name), name).unwrap();
    }
    staged.leave_out("used").unwrap();
    assert!(staged.leave_out("used").is_err(), "it is gone");
    let version = staged.publish().unwrap();
    let left = fs::read_dir(registry.path_of(&version)).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["kept"]);
}

#[test]
fn staging_that_is_given_up_leaves_nothing() {
    let (_folder, registry) = registry();
    let staged = registry.stage("ials").unwrap();
    fs::write(staged.path().join("x"), "x").unwrap();
    assert_eq!(entries(&registry).len(), 1);
    drop(staged);
    assert_eq!(entries(&registry), [""; 0]);
}

#[test]
fn a_version_without_a_file_is_refused() {
    let (_folder, registry) = registry();
    let staged = registry.stage("ials").unwrap();
    fs::create_dir(staged.path().join("empty")).unwrap();
    assert!(matches!(staged.publish(), Err(Error::VersionEmpty { .. })));
    assert_eq!(registry.versions().unwrap(), []);
}

#[cfg(unix)]
#[test]
fn a_version_with_a_link_is_refused() {
    let (_folder, registry) = registry();
    let staged = registry.stage("ials").unwrap();
    fs::write(staged.path().join("x"), "x").unwrap();
    std::os::unix::fs::symlink("x", staged.path().join("y")).unwrap();
    assert!(matches!(staged.publish(), Err(Error::FileType { path }) if path.ends_with("y")));
    assert_eq!(entries(&registry), [""; 0]);
}

#[test]
fn opening_removes_what_a_crash_left_and_nothing_that_is_written() {
    let (_folder, registry) = registry();
    let live = registry.stage("ials").unwrap();
    fs::write(live.path().join("x"), "x").unwrap();
    let dead = registry.root().join(".staging-ials-1-1");
    fs::create_dir_all(dead.join("parts")).unwrap();
    fs::write(dead.join("parts/half.mqa"), "half").unwrap();
    let again = Registry::open(registry.root()).unwrap();
    assert!(!dead.exists());
    assert!(live.path().join("x").exists());
    assert_eq!(live.publish().unwrap(), version("ials/000001"));
    assert_eq!(again.versions().unwrap().len(), 1);
}

#[test]
fn a_torn_pointer_is_an_error_that_names_its_line() {
    #[track_caller]
    fn check(content: &[u8], want_line: usize) {
        let (_folder, registry) = registry();
        publish(&registry, "ials");
        fs::write(registry.root().join("ACTIVE"), content).unwrap();
        for outcome in [
            registry.active().map(|_| ()),
            registry.activate(&version("ials/000001")),
            registry.roll_back().map(|_| ()),
        ] {
            match outcome {
                Err(Error::RegistryFile { line, .. }) => assert_eq!(line, want_line),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(
            fs::read(registry.root().join("ACTIVE")).unwrap(),
            content,
            "a failed change leaves the pointer as it was"
        );
    }
    check(b"ials/00000", 1);
    check(b"ials/000001", 1);
    check(b"ials/000001\nials/0000", 2);
    check(b"ials/000001\n\n", 2);
    check(b"\xff\xfe\n", 1);
    check(b"../../etc/000001\n", 1);
}

#[test]
fn an_empty_pointer_is_no_pointer() {
    let (_folder, registry) = registry();
    fs::write(registry.root().join("ACTIVE"), "").unwrap();
    assert_eq!(registry.active().unwrap(), None);
}

#[test]
fn a_pointer_to_nowhere_is_an_error() {
    let (_folder, registry) = registry();
    fs::write(registry.root().join("ACTIVE"), "ials/000007\n").unwrap();
    assert!(matches!(
        registry.active(),
        Err(Error::VersionMissing { .. })
    ));
}

#[test]
fn a_torn_count_of_removed_versions_stops_publishing() {
    let (_folder, registry) = registry();
    publish(&registry, "ials");
    fs::write(registry.root().join("ials/LAST"), "1").unwrap();
    let staged = registry.stage("ials").unwrap();
    fs::write(staged.path().join("x"), "x").unwrap();
    assert!(matches!(
        staged.publish(),
        Err(Error::RegistryFile { line: 1, .. })
    ));
}

#[test]
fn numbers_taken_by_something_else_are_passed_over() {
    let (_folder, registry) = registry();
    fs::create_dir(registry.root().join("ials")).unwrap();
    fs::write(registry.root().join("ials/000001"), "a file").unwrap();
    assert_eq!(publish(&registry, "ials"), version("ials/000002"));
    let content = fs::read_to_string(registry.root().join("ials/000001"));
    assert_eq!(content.unwrap(), "a file");
}

#[test]
fn publishing_at_once_clobbers_nothing() {
    let (_folder, registry) = registry();
    let root = registry.root();
    let publish_some = |thread: usize| {
        // A registry of its own, as another process would have.
        let registry = Registry::open(root).unwrap();
        let mut published = Vec::new();
        for round in 0..8 {
            let staged = registry.stage("ials").unwrap();
            let content = format!("{thread} {round}");
            fs::write(staged.path().join("x"), &content).unwrap();
            published.push((staged.publish().unwrap(), content));
        }
        published
    };
    let published: Vec<_> = thread::scope(|scope| {
        let handles = [0, 1, 2, 3].map(|thread| scope.spawn(move || publish_some(thread)));
        handles.map(|handle| handle.join().unwrap()).concat()
    });
    let numbers: HashSet<_> = published.iter().map(|pair| pair.0.number()).collect();
    assert_eq!(numbers, (1..=32).collect::<HashSet<_>>());
    for (version, content) in published {
        let found = fs::read_to_string(registry.path_of(&version).join("x"));
        assert_eq!(found.unwrap(), content);
    }
}

#[test]
fn numbers_end() {
    let (_folder, registry) = registry();
    fs::create_dir_all(registry.root().join("ials/4294967295")).unwrap();
    let staged = registry.stage("ials").unwrap();
    fs::write(staged.path().join("x"), "x").unwrap();
    assert!(matches!(
        staged.publish(),
        Err(Error::VersionsExhausted { .. })
    ));
}

#[test]
fn names_stay_inside_the_folder() {
    let (_folder, registry) = registry();
    let long = "a".repeat(65);
    for name in ["", "..", "a/b", "A", "ü", ".staging-x", "a b", &long] {
        let outcome = registry.stage(name);
        assert!(matches!(outcome, Err(Error::ModelName { .. })), "{name:?}");
        assert!(ModelVersion::new(name, 1).is_err(), "{name:?}");
    }
    assert!(registry.stage(&"a".repeat(64)).is_ok());
}

#[test]
fn versions_are_read_as_they_are_shown() {
    for text in ["ials/000001", "sasrec-2/123456", "a/1234567", "0/000010"] {
        assert_eq!(version(text).to_string(), text);
    }
    for text in [
        "",
        "ials",
        "ials/",
        "ials/1",
        "ials/000000",
        "ials/+00001",
        "ials/0000001",
        "ials/000001/",
        "ials/000001\n",
        "/000001",
        "../000001",
        "ials/99999999999",
    ] {
        let outcome = text.parse::<ModelVersion>();
        assert!(matches!(outcome, Err(Error::ModelVersion { found }) if found == text));
    }
}

#[test]
fn state_of_an_unfinished_training_is_no_version_and_is_forgotten() {
    let (_folder, registry) = registry();
    let path = registry.unfinished("ials").unwrap();
    registry.forget_unfinished("ials").unwrap();
    fs::write(&path, "half").unwrap();
    let again = Registry::open(registry.root()).unwrap();
    assert!(path.exists() && again.versions().unwrap().is_empty());
    again.forget_unfinished("ials").unwrap();
    assert!(!path.exists());
    assert!(registry.unfinished("../ials").is_err());
}
