use std::fs;

use marquee_core::{ItemKind, Timestamp};

use super::*;
use crate::{Catalog, DataFolder, ImportReport, ImportRequest, Reason};

/// Writes files of one folder, imports the folder and gives what came of it.
fn imported(files: &[(&str, &[u8])]) -> (ImportReport, Catalog, Vec<String>) {
    let tmp = tempfile::tempdir().unwrap();
    let from = tmp.path().join("from");
    fs::create_dir(&from).unwrap();
    for (name, bytes) in files {
        fs::write(from.join(name), bytes).unwrap();
    }
    let path = match files {
        [(name, _)] => from.join(name),
        _ => from,
    };
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    let report = folder
        .import(&ImportRequest::new(path), &mut |_| {})
        .unwrap();
    let mut events = Vec::new();
    folder
        .each_event(crate::Retracted::Included, &mut |event| {
            events.push(serde_json::to_string(&event).unwrap());
            Ok(())
        })
        .unwrap();
    (report, folder.catalog().unwrap(), events)
}

fn format_of(name: &str, text: &str) -> Result<Format> {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join(name);
    fs::write(&path, text).unwrap();
    detect(&path)
}

#[test]
fn formats_are_told_by_name_or_by_content() {
    for (name, text, want) in [
        ("a.csv", "", Format::Csv),
        ("a.CSV.gz", "", Format::Csv),
        ("a.tsv.zst", "", Format::Tsv),
        ("ml.inter", "", Format::RecBole),
        ("u.data", "", Format::MovieLens100K),
        ("ratings.dat", "", Format::MovieLens1M),
        ("a.ndjson", "", Format::Jsonl),
        ("a.parquet", "", Format::Parquet),
        ("a.txt", "PAR1....", Format::Parquet),
        ("a.txt", "{\"actor\":1}", Format::Jsonl),
        ("a.txt", "user_id:token\titem_id:token\n", Format::RecBole),
        ("a.txt", "user\titem\n", Format::Tsv),
        ("a.txt", "user,item\n", Format::Csv),
        ("a.txt", "0 5 6 7\n1 2\n2\n", Format::Adjacency),
        ("a.txt", "1 1 2\n1 2 4\n1 3 3.5\n", Format::Tsv),
        (
            "a.txt",
            "1::2::3::978300760\n1::3::3::978300760\n",
            Format::Tsv,
        ),
    ] {
        assert_eq!(format_of(name, text).unwrap(), want, "{name} {text}");
    }
    for text in ["", "one\ntwo words\none\n", "\u{1}\n"] {
        let error = format_of("a.bin", text).unwrap_err();
        assert!(
            matches!(error, Error::UnknownFormat { .. }),
            "{text:?} {error}"
        );
        assert!(error.to_string().contains("movielens-100k"), "{error}");
    }
}

#[test]
fn an_unknown_folder_says_what_it_lacks() {
    let tmp = tempfile::tempdir().unwrap();
    assert!(matches!(
        detect(tmp.path()),
        Err(Error::UnknownFormat { .. })
    ));
    let options = ReadOptions {
        format: Choice::Given(Format::MovieLens1M),
        ..ReadOptions::default()
    };
    let error = plan(tmp.path(), &options).unwrap_err();
    assert!(error.to_string().contains("ratings.dat"), "{error}");
}

#[test]
fn movielens_100k() {
    let item = b"1|Mis\xe9rables, Les (1995)|01-Jan-1995||http://x|0|0|1|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n\
        2|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n";
    let (report, catalog, events) = imported(&[
        (
            "u.data",
            b"196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
        ),
        ("u.item", item),
        ("u.user", b"1|24|M|technician|85711\n"),
    ]);
    assert_eq!(report.files.len(), 3);
    assert!(
        report
            .files
            .iter()
            .all(|file| file.format == Format::MovieLens100K)
    );
    assert_eq!((report.counts.events, report.rejections.total()), (2, 0));
    assert_eq!(
        events[0],
        r#"{"actor":{"user":"196"},"time":881250949000,"action":{"kind":"rate","item":"242","rating":3.0}}"#
    );
    let film = catalog.item("1").unwrap();
    assert_eq!(film.title, "Misérables, Les (1995)");
    assert_eq!(film.genres, ["Adventure", "Children's"]);
    assert_eq!(film.kind, ItemKind::Movie);
    assert_eq!(film.released, Some(Timestamp::from_seconds(788_918_400)));
    assert!(catalog.item("2").unwrap().genres.is_empty());
    let user = catalog.user("1").unwrap();
    assert_eq!((user.age, user.gender.as_deref()), (Some(24), Some("M")));
    assert_eq!(user.occupation.as_deref(), Some("technician"));
}

#[test]
fn movielens_1m() {
    let (report, catalog, events) = imported(&[
        (
            "ratings.dat",
            b"1::1193::5::978300760\n1::661::x::978302109\n",
        ),
        (
            "movies.dat",
            b"1::Toy Story: The First (1995)::Animation|Comedy\n",
        ),
        ("users.dat", b"1::F::1::10::48067\n2::M::56::16::70072\n"),
        (
            "tags.dat",
            b"15::1::funny::1215184630\n16::1::funny::1\n16::1::Pixar::1\n",
        ),
    ]);
    assert_eq!(events.len(), 1);
    assert_eq!(report.rejections.counts(), [(Reason::NotANumber, 1)]);
    assert_eq!(report.rejections.first()[0].line, 2);
    assert_eq!(report.rejections.first()[0].found, "x");
    let film = catalog.item("1").unwrap();
    assert_eq!(film.title, "Toy Story: The First (1995)");
    assert_eq!(film.tags, ["funny", "Pixar"]);
    assert_eq!(film.released, Some(Timestamp::from_seconds(788_918_400)));
    let (young, old) = (catalog.user("1").unwrap(), catalog.user("2").unwrap());
    assert_eq!((young.age, old.age), (None, Some(56)));
    assert_eq!(young.occupation.as_deref(), Some("student (school)"));
    assert_eq!(old.occupation.as_deref(), Some("self-employed"));
}

#[test]
fn movielens_csv() {
    let (report, catalog, events) = imported(&[
        (
            "ratings.csv",
            b"userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n",
        ),
        (
            "movies.csv",
            "movieId,title,genres\n11,\"American President, The (1995)\",Comedy|Drama\n\
             12,\"Café \"\"Noir\"\" (2010)\",(no genres listed)\n"
                .as_bytes(),
        ),
        (
            "tags.csv",
            b"userId,movieId,tag,timestamp\n1,11,\"witty, warm\",1\n",
        ),
        ("links.csv", b"movieId,imdbId,tmdbId\n11,1,2\n"),
    ]);
    assert_eq!((report.files.len(), events.len()), (2, 1));
    let film = catalog.item("11").unwrap();
    assert_eq!(film.title, "American President, The (1995)");
    assert_eq!(
        (&*film.genres, &*film.tags),
        (
            &["Comedy", "Drama"].map(String::from)[..],
            &["witty, warm".to_owned()][..]
        )
    );
    let film = catalog.item("12").unwrap();
    assert_eq!(film.title, "Café \"Noir\" (2010)");
    assert!(film.genres.is_empty());
}

#[test]
fn recbole() {
    let (report, catalog, events) = imported(&[
        (
            "x.inter",
            b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949.5\n",
        ),
        (
            "x.item",
            b"item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n\
              1\tToy Story\t1995\tAnimation Children's Comedy\n",
        ),
        (
            "x.user",
            b"user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n\
              1\t24\tM\ttechnician\t85711\n",
        ),
        ("x.kg", b"head_id:token\n1\n"),
    ]);
    assert_eq!((report.files.len(), report.rejections.total()), (3, 0));
    assert!(events[0].contains("\"time\":881250949500"), "{}", events[0]);
    let film = catalog.item("1").unwrap();
    assert_eq!(film.title, "Toy Story");
    assert_eq!(film.genres, ["Animation", "Children's", "Comedy"]);
    assert_eq!(film.released, Some(Timestamp::from_seconds(788_918_400)));
    assert_eq!(catalog.user("1").unwrap().age, Some(24));
}

#[test]
fn tables_without_header() {
    for (name, text) in [
        ("a.csv", "ann,heat,4,10\nbob,heat,3,20\n"),
        ("a.tsv", "ann\theat\t4\t10\nbob\theat\t3\t20\n"),
        ("a.csv", "ann;heat;4;10\nbob;heat;3;20\n"),
    ] {
        let (report, _, events) = imported(&[(name, text.as_bytes())]);
        assert_eq!((report.rejections.total(), events.len()), (0, 2), "{text}");
        assert!(
            events[0].contains("\"item\":\"heat\",\"rating\":4.0"),
            "{}",
            events[0]
        );
        assert!(events[1].contains("\"time\":20000"), "{}", events[1]);
    }
}

#[test]
fn kinds_of_events_come_from_a_column() {
    let text = "user,item,kind,value,session_id,device,event_id\n\
        u,x,play,12.5,s,tv,e1\nu,x,view,,,,e2\nu,c,follow,,,,\nu,some words,search,,,,\n\
        u,x,thumb_down,,,,\nu,x,thumb,2,,,\n,x,like,,s,,\nu,e1,retract,,,,\n\
        u,x,dance,,,,\nu,x,thumb,7,,,\nu,x,rate,,,,\n,x,like,,,,\nu,x,play,-1,,,\n";
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("a.csv");
    fs::write(&file, text).unwrap();
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    let mut request = ImportRequest::new(file);
    request.options.mapping = "rating=value".parse().unwrap();
    let report = folder.import(&request, &mut |_| {}).unwrap();
    let mut events = Vec::new();
    folder.export(RecordKind::Events, &mut events).unwrap();
    let want = [
        r#"{"id":"e1","actor":{"user":"u"},"time":0,"action":{"kind":"play","item":"x","watched":12.5},"device":"tv","session":"s"}"#,
        r#"{"id":"e2","actor":{"user":"u"},"time":0,"action":{"kind":"open","item":"x"}}"#,
        r#"{"actor":{"user":"u"},"time":0,"action":{"kind":"follow","creator":"c"}}"#,
        r#"{"actor":{"user":"u"},"time":0,"action":{"kind":"search","query":"some words"}}"#,
        r#"{"actor":{"user":"u"},"time":0,"action":{"kind":"thumb","item":"x","direction":"down"}}"#,
        r#"{"actor":{"user":"u"},"time":0,"action":{"kind":"thumb","item":"x","direction":"double_up"}}"#,
        r#"{"actor":{"session":"s"},"time":0,"action":{"kind":"like","item":"x"}}"#,
        r#"{"actor":{"user":"u"},"time":0,"action":{"kind":"retract","event":"e1"}}"#,
    ];
    let got = String::from_utf8(events).unwrap();
    assert_eq!(got.lines().collect::<Vec<_>>(), want);
    let bad: Vec<_> = report
        .rejections
        .first()
        .iter()
        .map(|one| (one.line, one.reason))
        .collect();
    assert_eq!(
        bad,
        [
            (10, Reason::UnknownKind),
            (11, Reason::NotANumber),
            (12, Reason::NotANumber),
            (13, Reason::EmptyId),
            (14, Reason::NotANumber),
        ]
    );
}

#[test]
fn items_of_other_catalogs() {
    let (_, catalog, _) = imported(&[(
        "movies.csv",
        b"budget,id,genres,keywords,original_language,title,overview,release_date\n\
          5,19995,\"[{\"\"id\"\": 28, \"\"name\"\": \"\"Action\"\"}]\",[],en,Avatar,\"A plot, long\",2009-12-10\n",
    )]);
    let film = catalog.item("19995").unwrap();
    assert_eq!(
        (&*film.title, &*film.genres),
        ("Avatar", &["Action".to_owned()][..])
    );
    assert_eq!(film.description, "A plot, long");
    assert_eq!(film.language.as_deref(), Some("en"));
    assert!(film.tags.is_empty());

    let (_, catalog, _) = imported(&[(
        "shows.csv",
        b"show_id,type,title,director,release_year,duration,listed_in\n\
          81,Movie,Norm,\"Ann Lee, Bo\",2019,90 min,\"Comedies, Dramas\"\n\
          82,TV Show,Siege,,2016,2 Seasons,Crime\n",
    )]);
    let film = catalog.item("81").unwrap();
    assert_eq!(film.duration, Some(marquee_core::Seconds(5400.0)));
    assert_eq!(film.genres, ["Comedies", "Dramas"]);
    assert_eq!(film.creators.len(), 2);
    let show = catalog.item("82").unwrap();
    assert_eq!((show.kind, show.duration), (ItemKind::Series, None));
}

#[test]
fn a_table_without_users_and_items_names_its_columns() {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("a.csv");
    fs::write(&path, "buyer,thing,when\na,b,c\n").unwrap();
    let mut options = ReadOptions::default();
    let error = plan(&path, &options).unwrap_err();
    assert!(error.to_string().contains("buyer, thing, when"), "{error}");
    options.mapping = "user=buyer,item=thing".parse().unwrap();
    let plan = plan(&path, &options).unwrap();
    assert!(matches!(&plan.inputs[..], [Input::Table(table)] if table.header_lines == 1));
    options.mapping = "user=buyer,item=nothing".parse().unwrap();
    assert!(
        matches!(super::plan(&path, &options), Err(Error::Column { wanted, .. }) if wanted == "nothing")
    );
}

#[test]
fn json_lines_are_told_apart() {
    for (name, line, want) in [
        ("my-items.jsonl", "{}", RecordKind::Items),
        ("events.jsonl.gz", "{}", RecordKind::Events),
        (
            "x.jsonl",
            "{\"actor\":{\"user\":\"u\"}}",
            RecordKind::Events,
        ),
        ("x.jsonl", "{\"id\":\"u\",\"age\":3}", RecordKind::Users),
        ("x.jsonl", "{\"id\":\"i\",\"genres\":[]}", RecordKind::Items),
        (
            "x.jsonl",
            "{\"id\":\"c\",\"name\":\"K\"}",
            RecordKind::Creators,
        ),
    ] {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join(name);
        fs::write(&path, line).unwrap();
        let got = plan(&path, &ReadOptions::default()).unwrap();
        assert!(
            matches!(got.inputs[0], Input::Jsonl { records, .. } if records == want),
            "{name} {line}"
        );
    }
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("x.jsonl");
    fs::write(&path, "{\"id\":\"a\"}").unwrap();
    assert!(matches!(
        plan(&path, &ReadOptions::default()),
        Err(Error::UnknownFormat { .. })
    ));
}

#[test]
fn bad_json_is_sorted_by_reason() {
    let text = "{\"id\":\"a\"}\n{\"id\":\"b\",\"colour\":1}\n{\"title\":\"x\"}\n{\"id\":\"\"}\n\
        {\"id\":\"c\"\n{\"id\":3}\n[]\n\n{\"id\":\"d\",\"kind\":\"poem\"}\n";
    let mut bytes = text.as_bytes().to_vec();
    bytes.extend_from_slice(b"{\"id\":\"\xff\"}\n");
    let (report, catalog, _) = imported(&[("items.jsonl", &bytes)]);
    assert_eq!(catalog.items().len(), 1);
    let bad: Vec<_> = report
        .rejections
        .first()
        .iter()
        .map(|one| (one.line, one.reason))
        .collect();
    assert_eq!(
        bad,
        [
            (2, Reason::UnknownField),
            (3, Reason::MissingField),
            (4, Reason::EmptyId),
            (5, Reason::BadJson),
            (6, Reason::BadJson),
            (7, Reason::BadJson),
            (9, Reason::UnknownKind),
            (10, Reason::NotUtf8),
        ]
    );
    assert_eq!(report.rejections.first()[0].field, "colour");
}

#[test]
fn bad_events_in_json_are_refused() {
    let event =
        |action: &str| format!("{{\"actor\":{{\"user\":\"u\"}},\"time\":1,\"action\":{action}}}\n");
    let lines = [
        event(r#"{"kind":"open","item":"x"}"#),
        event(r#"{"kind":"open","item":"x","mood":"good"}"#),
        event(r#"{"kind":"dance","item":"x"}"#),
        event(r#"{"kind":"rate","item":"x","rating":1e99}"#),
        event(r#"{"kind":"play","item":"x","watched":-1}"#),
        event(r#"{"kind":"play","item":"x"}"#),
    ];
    let (report, _, events) = imported(&[("events.jsonl", lines.concat().as_bytes())]);
    assert_eq!(events.len(), 1);
    let bad: Vec<_> = report
        .rejections
        .first()
        .iter()
        .map(|one| one.reason)
        .collect();
    assert_eq!(
        bad,
        [
            Reason::UnknownField,
            Reason::UnknownKind,
            Reason::NotANumber,
            Reason::NotANumber,
            Reason::MissingField,
        ]
    );
}

#[test]
fn a_table_of_events_beside_json_lines_is_read_too() {
    let tmp = tempfile::tempdir().unwrap();
    let items = "{\"id\":\"film-1\",\"genres\":[]}\n";
    std::fs::write(tmp.path().join("items.jsonl"), items).unwrap();
    let events = "user,item,kind,timestamp\nann,film-1,play,1000\nann,maker,follow,2000\n";
    std::fs::write(tmp.path().join("events.csv"), events).unwrap();
    let plan = plan(tmp.path(), &ReadOptions::default()).unwrap();
    let names: Vec<_> = plan
        .inputs
        .iter()
        .map(|input| input.path().to_owned())
        .collect();
    let formats: Vec<_> = plan
        .inputs
        .iter()
        .map(|input| input.format(plan.format))
        .collect();
    assert_eq!(formats, [Format::Jsonl, Format::Csv]);
    assert_eq!(
        names,
        [
            tmp.path().join("items.jsonl"),
            tmp.path().join("events.csv")
        ]
    );
}
