use std::{collections::BTreeMap, fs, io::Write};

use proptest::prelude::{any, prop, proptest};

use super::*;
use crate::{Choice, Format, Reason, RecordKind, Selection};

struct Scene {
    tmp: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self {
            tmp: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.tmp.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn folder(&self) -> DataFolder {
        DataFolder::open_or_create(self.tmp.path().join("data")).unwrap()
    }

    fn import(&self, paths: &[&Path], bad_rows: BadRows) -> Result<ImportReport> {
        let request = ImportRequest {
            paths: paths.iter().map(|path| path.to_path_buf()).collect(),
            options: ReadOptions::default(),
            bad_rows,
        };
        self.folder().import(&request, &mut |_| {})
    }

    /// Every file below the data folder, and every folder.
    fn bytes(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.tmp.path().join("data")];
        while let Some(dir) = folders.pop() {
            let Ok(entries) = fs::read_dir(&dir) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                    all.insert(path, None);
                } else {
                    all.insert(path.clone(), Some(fs::read(path).unwrap()));
                }
            }
        }
        all
    }

    fn n_events(&self) -> u64 {
        self.folder().stats().unwrap().events
    }
}

const GOOD: &str = "user,item,rating,timestamp\na,x,5,10\nb,y,3,20\n";
const MIXED: &str =
    "user,item,rating,timestamp\na,x,5,10\n,y,3,20\nc,z,high,30\nd,w,4\ne,v,4,soon\n";

#[test]
fn lenient_takes_the_good_rows_and_tells_the_bad_ones() {
    let scene = Scene::new();
    let path = scene.file("r.csv", MIXED);
    let report = scene.import(&[&path], BadRows::Skip).unwrap();
    assert_eq!(report.number, Some(1));
    assert_eq!((report.counts.events, report.counts.rejected()), (1, 4));
    assert_eq!(
        report.rejections.counts(),
        [
            (Reason::ColumnCount, 1),
            (Reason::NotANumber, 1),
            (Reason::EmptyId, 1),
            (Reason::BadTime, 1),
        ]
    );
    let told: Vec<String> = report
        .rejections
        .first()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        told[0].ends_with("r.csv:3: user: empty id: expected an id of 1 to 256 bytes, found \"\""),
        "{}",
        told[0]
    );
    assert!(
        told[1].ends_with("r.csv:4: rating: not a number: expected a number, found \"high\""),
        "{}",
        told[1]
    );
    assert!(told[2].contains("r.csv:5: wrong number of columns: expected 4 columns (user, item, rating, timestamp), found \"3 in d,w,4\""), "{}", told[2]);
    assert!(
        told[3].contains("r.csv:6: timestamp: not a time"),
        "{}",
        told[3]
    );
    assert_eq!(scene.n_events(), 1);
    let manifest = scene.folder().manifest().clone();
    assert_eq!(manifest.imports[0].counts, report.counts);
}

#[test]
fn strict_refuses_all_and_leaves_the_folder_byte_for_byte() {
    let scene = Scene::new();
    let (good, mixed) = (scene.file("g.csv", GOOD), scene.file("m.csv", MIXED));
    let items = scene.file("items.csv", "item,title\nx,X\n");

    let error = scene
        .import(&[&items, &mixed], BadRows::Refuse)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Refused {
                rejected: 4,
                rows: 6,
                ..
            }
        ),
        "{error}"
    );
    assert!(!scene.tmp.path().join("data").exists());

    scene.import(&[&good], BadRows::Refuse).unwrap();
    let before = scene.bytes();
    scene
        .import(&[&items, &mixed], BadRows::Refuse)
        .unwrap_err();
    assert_eq!(scene.bytes(), before);
    assert_eq!(scene.n_events(), 2);
}

#[test]
fn nothing_good_is_an_error_and_so_is_nothing_at_all() {
    let scene = Scene::new();
    let bad = scene.file("b.csv", "user,item,rating\n,x,1\na,y,no\n");
    let error = scene.import(&[&bad], BadRows::Skip).unwrap_err();
    assert!(
        matches!(error, Error::NothingGood { rows: 2, .. }),
        "{error}"
    );
    let header = scene.file("h.csv", "user,item\n");
    assert!(matches!(
        scene.import(&[&header], BadRows::Skip),
        Err(Error::Empty { .. })
    ));
    let empty = scene.file("e.csv", "");
    assert!(matches!(
        scene.import(&[&empty], BadRows::Skip),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        scene.import(&[], BadRows::Skip),
        Err(Error::NoInput)
    ));
    let gone = scene.tmp.path().join("gone.csv");
    assert!(matches!(
        scene.import(&[&gone], BadRows::Skip),
        Err(Error::Io { .. })
    ));
    assert!(!scene.tmp.path().join("data").exists());
}

#[test]
fn the_same_content_is_imported_once_under_any_name_and_packing() {
    let scene = Scene::new();
    let path = scene.file("r.csv", GOOD);
    scene.import(&[&path], BadRows::Skip).unwrap();
    let before = scene.bytes();

    let again = scene.import(&[&path], BadRows::Skip).unwrap();
    assert_eq!((again.number, again.counts.events), (None, 0));
    assert_eq!(again.files[0].outcome, FileOutcome::Known { import: 1 });

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(GOOD.as_bytes()).unwrap();
    let packed = scene.file("other.csv.gz", packed.finish().unwrap());
    assert_eq!(
        scene.import(&[&packed], BadRows::Skip).unwrap().number,
        None
    );
    assert_eq!(scene.bytes(), before);

    let copy = scene.file("copy.csv", GOOD.replace('5', "4"));
    let twice = scene.import(&[&copy, &path, &copy], BadRows::Skip).unwrap();
    assert_eq!((twice.number, twice.counts.events), (Some(2), 2));
    assert_eq!(scene.n_events(), 4);
}

#[test]
fn new_tags_make_the_items_new() {
    let scene = Scene::new();
    let from = scene.tmp.path().join("ml");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("movies.csv"), "movieId,title,genres\n1,A,x\n").unwrap();
    fs::write(
        from.join("tags.csv"),
        "userId,movieId,tag,timestamp\n1,1,old,1\n",
    )
    .unwrap();
    scene.import(&[&from], BadRows::Skip).unwrap();
    assert_eq!(scene.import(&[&from], BadRows::Skip).unwrap().number, None);
    fs::write(
        from.join("tags.csv"),
        "userId,movieId,tag,timestamp\n1,1,new,1\n",
    )
    .unwrap();
    assert_eq!(
        scene.import(&[&from], BadRows::Skip).unwrap().number,
        Some(2)
    );
    let catalog = scene.folder().catalog().unwrap();
    assert_eq!(catalog.item("1").unwrap().tags, ["new"]);
}

#[test]
fn event_ids_are_known_across_files_and_within_one() {
    let scene = Scene::new();
    let one = scene.file(
        "1.csv",
        "event_id,user,item,rating\ne1,a,x,1\ne2,a,y,2\ne1,a,z,3\n",
    );
    let two = scene.file(
        "2.csv",
        "event_id,user,item,rating\ne2,a,y,2\ne3,b,x,4\n,b,y,5\n",
    );
    let first = scene.import(&[&one], BadRows::Refuse).unwrap();
    assert_eq!((first.counts.events, first.counts.repeated), (2, 1));
    let second = scene.import(&[&two], BadRows::Refuse).unwrap();
    assert_eq!((second.counts.events, second.counts.repeated), (2, 1));
    assert_eq!(scene.n_events(), 4);

    let none = scene.file("3.csv", "event_id,user,item,rating\ne3,b,x,4\ne1,a,x,1\n");
    let third = scene.import(&[&none], BadRows::Refuse).unwrap();
    assert_eq!((third.counts.events, third.counts.repeated), (0, 2));
    assert_eq!(third.number, Some(3));
    assert_eq!(scene.n_events(), 4);
    assert_eq!(
        scene.import(&[&none], BadRows::Refuse).unwrap().number,
        None
    );
}

#[test]
fn the_same_files_make_the_same_bytes() {
    let (one, two) = (Scene::new(), Scene::new());
    for scene in [&one, &two] {
        let ratings = scene.file("r.csv", GOOD);
        let items = scene.file("items.csv", "item,title\nx,X\n");
        scene.import(&[&ratings, &items], BadRows::Skip).unwrap();
    }
    let bytes = |scene: &Scene| scene.bytes().into_values().collect::<Vec<_>>();
    assert_eq!(bytes(&one), bytes(&two));
}

#[test]
fn a_source_that_breaks_off_leaves_nothing() {
    let scene = Scene::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    packed.write_all(GOOD.repeat(1000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let path = scene.file("r.csv.gz", &packed[..packed.len() - 100]);
    assert!(matches!(
        scene.import(&[&path], BadRows::Skip),
        Err(Error::Io { .. })
    ));
    assert!(!scene.tmp.path().join("data").exists());
}

#[test]
fn progress_ends_at_all_bytes() {
    let scene = Scene::new();
    let path = scene.file("r.csv", format!("user,item\n{}", "a,x\n".repeat(50_000)));
    let mut seen = Vec::new();
    let mut folder = scene.folder();
    folder
        .import(&ImportRequest::new(&path), &mut |at| {
            seen.push((at.bytes, at.total_bytes, at.rows));
        })
        .unwrap();
    assert!(seen.len() > 2);
    assert!(seen.is_sorted());
    let bytes = fs::metadata(&path).unwrap().len();
    assert_eq!(seen.last(), Some(&(bytes, bytes, 50_000)));
}

#[test]
fn adjacency_keeps_the_order_of_the_file() {
    let scene = Scene::new();
    let path = scene.file("train.txt", "7 3 1 2\n8\n9 2\n");
    let report = scene.import(&[&path], BadRows::Refuse).unwrap();
    assert_eq!(report.counts.events, 4);
    let loaded = scene
        .folder()
        .load_interactions(&Selection::default())
        .unwrap();
    let ids: Vec<&str> = loaded.items.ids().collect();
    assert_eq!(ids, ["3", "1", "2"]);
    assert_eq!(loaded.dataset.by_user().row(0).columns, [0, 1, 2]);
    assert_eq!(loaded.dataset.by_user().weights(), None);
    assert_eq!(loaded.dataset.by_user().times(), None);
}

proptest! {
    /// Any bytes at all, in any format, are imported in part or refused, and never panic.
    #[test]
    fn any_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        tokens in prop::collection::vec(prop::sample::select(vec![
            "user", "item", "rating", ",", "\t", "\n", "::", "|", "1", "2.5", "\"", "{", "}",
            "\"id\":", "\"actor\":{\"user\":\"u\"}", ":token", "\r\n", "PAR1", " ",
        ]), 0..60),
        format in prop::sample::select(Format::ALL.to_vec()),
        records in prop::sample::select(RecordKind::ALL.to_vec()),
    ) {
        for bytes in [bytes, tokens.concat().into_bytes()] {
            let scene = Scene::new();
            let name = match format {
                Format::MovieLens100K => "u.item",
                Format::MovieLens1M => "users.dat",
                _ => "file",
            };
            let path = scene.file(name, &bytes);
            for (format, records) in [
                (Choice::Detect, Choice::Detect),
                (Choice::Given(format), Choice::Given(records)),
                (Choice::Given(format), Choice::Detect),
            ] {
                let request = ImportRequest {
                    paths: vec![path.clone()],
                    options: ReadOptions { format, records, ..ReadOptions::default() },
                    bad_rows: BadRows::Skip,
                };
                let mut folder = scene.folder();
                if folder.import(&request, &mut |_| {}).is_ok() {
                    folder.load_interactions(&Selection::default()).unwrap();
                    folder.stats().unwrap();
                }
            }
        }
    }
}
