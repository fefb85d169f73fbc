//! A replaced file is old or new, and nothing is left lying about.

use super::*;

#[track_caller]
fn check_content(folder: &Path, want: &[(&str, &str)]) {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let wanted: Vec<_> = want.iter().map(|pair| pair.0).collect();
    assert_eq!(names, wanted);
    for (name, content) in want {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), *content);
    }
}

#[test]
fn a_file_is_made_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    replace_file(&path, |file| file.write_all(b"one, longer")).unwrap();
    check_content(folder.path(), &[("a", "one, longer")]);
    replace_file(&path, |file| file.write_all(b"two")).unwrap();
    check_content(folder.path(), &[("a", "two")]);
}

#[test]
fn a_full_disk_leaves_the_old_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    replace_file(&path, |file| file.write_all(b"old")).unwrap();
    let outcome = replace_file(&path, |file| {
        file.write_all(&[0; 100_000])?;
        Err(io::Error::from_raw_os_error(
            rustix::io::Errno::NOSPC.raw_os_error(),
        ))
    });
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot write {}", path.display())
    );
    match error {
        Error::Io { source, .. } => assert_eq!(source.kind(), io::ErrorKind::StorageFull),
        other => panic!("{other}"),
    }
    check_content(folder.path(), &[("a", "old")]);
}

#[test]
fn a_folder_in_the_way_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::create_dir(&path).unwrap();
    assert!(replace_file(&path, |file| file.write_all(b"x")).is_err());
    assert!(path.is_dir());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none").join("a");
    let error = replace_file(&path, |_| Ok(())).unwrap_err();
    let want = format!("cannot create {}", path.display());
    assert_eq!(error.to_string(), want);
}

#[test]
fn leftovers_of_a_crash_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let next = TEMPORARY.load(Ordering::Relaxed);
    // Tests of this process may take numbers at the same time, so a stretch of them is occupied.
    for number in next..next + 100 {
        let name = format!(".a.{}-{number}.tmp", process::id());
        fs::write(folder.path().join(name), "leftover").unwrap();
    }
    replace_file(&path, |file| file.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 101);
}
