use super::*;
use crate::ImportRequest;

fn import(folder: &mut DataFolder, name: &str, text: &str) {
    let file = folder.dir().with_file_name(name);
    fs::write(&file, text).unwrap();
    folder
        .import(&ImportRequest::new(file), &mut |_| {})
        .unwrap();
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_no_data_folder_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        DataFolder::open(dir.path()),
        Err(Error::NotADataFolder { .. })
    ));
    assert!(
        DataFolder::open_or_create(dir.path())
            .unwrap()
            .manifest()
            .imports
            .is_empty()
    );
    assert!(files(dir.path()).is_empty());
}

#[test]
fn damaged_and_newer_manifests_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(MANIFEST_FILE);
    fs::write(&path, "{\"version\": 1, \"imports\": [").unwrap();
    assert!(matches!(
        DataFolder::open(dir.path()),
        Err(Error::Manifest { .. })
    ));
    fs::write(&path, "{\"version\": 9, \"something\": \"new\"}").unwrap();
    assert!(matches!(
        DataFolder::open(dir.path()),
        Err(Error::ManifestVersion {
            found: 9,
            expected: 1,
            ..
        })
    ));
}

/// A process that is killed in the middle of an import leaves segments, a temporary segment and
/// perhaps a temporary manifest, and no manifest that names them.
#[test]
fn leftovers_of_a_killed_import_are_not_read_and_are_removed() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("data");
    let mut folder = DataFolder::open_or_create(&dir).unwrap();
    import(&mut folder, "a.csv", "user,item\nu,i\n");
    let before = files(&dir.join(EVENTS_DIR));
    let stats = folder.stats().unwrap();

    fs::copy(&before[0], dir.join("events/000002-0001.mqa")).unwrap();
    fs::write(dir.join("events/.000002-0002.mqa.77.0.tmp"), b"half").unwrap();
    fs::create_dir(dir.join(CATALOG_DIR)).unwrap();
    fs::write(dir.join("catalog/000002-0001.mqa"), b"half").unwrap();
    fs::write(dir.join(format!(".{MANIFEST_FILE}.77.0.tmp")), b"half").unwrap();
    fs::write(dir.join("events/notes.txt"), b"not ours").unwrap();

    assert_eq!(DataFolder::open(&dir).unwrap().stats().unwrap(), stats);
    let folder = DataFolder::open_or_create(&dir).unwrap();
    assert_eq!(folder.stats().unwrap(), stats);
    let mut want = before;
    want.push(dir.join("events/notes.txt"));
    assert_eq!(files(&dir.join(EVENTS_DIR)), want);
    assert!(files(&dir.join(CATALOG_DIR)).is_empty());
    assert!(!dir.join(format!(".{MANIFEST_FILE}.77.0.tmp")).exists());
}

#[test]
fn leftovers_stay_while_another_import_runs() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("data");
    let mut folder = DataFolder::open_or_create(&dir).unwrap();
    import(&mut folder, "a.csv", "user,item\nu,i\n");
    let running = dir.join("events/000002-0001.mqa");
    fs::write(&running, b"being written").unwrap();
    let lock = Lock::take(&dir).unwrap();
    DataFolder::open_or_create(&dir).unwrap();
    assert!(running.exists());
    drop(lock);
    DataFolder::open_or_create(&dir).unwrap();
    assert!(!running.exists());
}

#[test]
fn two_imports_at_once_are_refused() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("data");
    fs::create_dir(&dir).unwrap();
    let file = tmp.path().join("a.csv");
    fs::write(&file, "user,item\nu,i\n").unwrap();
    let mut folder = DataFolder::open_or_create(&dir).unwrap();
    let lock = Lock::take(&dir).unwrap();
    let error = folder
        .import(&ImportRequest::new(&file), &mut |_| {})
        .unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    drop(lock);
    folder
        .import(&ImportRequest::new(&file), &mut |_| {})
        .unwrap();
}

#[test]
fn an_import_sees_what_another_process_imported_since() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("data");
    let mut one = DataFolder::open_or_create(&dir).unwrap();
    let mut two = DataFolder::open_or_create(&dir).unwrap();
    import(&mut one, "a.csv", "user,item\nu,i\n");
    import(&mut two, "b.csv", "user,item\nu,j\n");
    assert_eq!(two.manifest().imports.len(), 2);
    assert_eq!(two.stats().unwrap().events, 2);
}
