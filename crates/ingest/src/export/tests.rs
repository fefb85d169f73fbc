use std::fs;

use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::ImportRequest;

fn import(folder: &mut DataFolder, name: &str, text: &[u8]) {
    let file = folder.dir().with_file_name(name);
    fs::write(&file, text).unwrap();
    folder
        .import(&ImportRequest::new(file), &mut |_| {})
        .unwrap();
}

fn events_of(folder: &DataFolder, which: Retracted) -> Vec<Event> {
    let mut all = Vec::new();
    folder
        .each_event(which, &mut |event| {
            all.push(event);
            Ok(())
        })
        .unwrap();
    all
}

fn action() -> impl Strategy<Value = String> {
    let seconds = 0.0_f64..1e6;
    prop_oneof![
        "[a-c]".prop_map(|i| format!("{{\"kind\":\"impression\",\"item\":\"{i}\"}}")),
        ("[a-c]", seconds.clone(), prop::option::of(seconds.clone())).prop_map(|(i, w, d)| {
            let duration = d.map_or(String::new(), |d| format!(",\"duration\":{d}"));
            format!("{{\"kind\":\"play\",\"item\":\"{i}\",\"watched\":{w}{duration}}}")
        }),
        ("[a-c]", seconds)
            .prop_map(|(i, p)| format!("{{\"kind\":\"pause\",\"item\":\"{i}\",\"position\":{p}}}")),
        ("[a-c]", -5.0_f32..5.0)
            .prop_map(|(i, r)| format!("{{\"kind\":\"rate\",\"item\":\"{i}\",\"rating\":{r}}}")),
        (
            "[a-c]",
            prop::sample::select(vec!["down", "up", "double_up"])
        )
            .prop_map(|(i, d)| {
                format!("{{\"kind\":\"thumb\",\"item\":\"{i}\",\"direction\":\"{d}\"}}")
            }),
        ("[a-c]", "[a-z é]{0,8}").prop_map(|(i, t)| format!(
            "{{\"kind\":\"comment\",\"item\":\"{i}\",\"text\":\"{t}\"}}"
        )),
        "[a-c]".prop_map(|c| format!("{{\"kind\":\"follow\",\"creator\":\"{c}\"}}")),
        "[a-c]{0,3}".prop_map(|q| format!("{{\"kind\":\"search\",\"query\":\"{q}\"}}")),
        "[a-c]".prop_map(|e| format!("{{\"kind\":\"retract\",\"event\":\"{e}\"}}")),
        "[a-c]".prop_map(|i| format!("{{\"kind\":\"report\",\"item\":\"{i}\",\"reason\":\"\"}}")),
    ]
}

fn event() -> impl Strategy<Value = String> {
    let actor = prop_oneof![
        "[a-c]".prop_map(|u| format!("{{\"user\":\"{u}\"}}")),
        "[a-c]".prop_map(|s| format!("{{\"session\":\"{s}\"}}")),
    ];
    let rest = prop::sample::select(vec![
        "",
        ",\"device\":\"tv\"",
        ",\"session\":\"s1\",\"recommendation\":\"r1\"",
        ",\"surface\":{\"page\":\"home\",\"row\":2,\"position\":3,\"artwork\":\"w\"}",
    ]);
    (actor, any::<i64>(), action(), rest).prop_map(|(actor, time, action, rest)| {
        format!("{{\"actor\":{actor},\"time\":{time},\"action\":{action}{rest}}}")
    })
}

proptest! {
    // Each case waits for the disk some dozen times.
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn events_come_back_to_the_last_bit(lines in prop::collection::vec(event(), 1..30)) {
        let tmp = tempfile::tempdir().unwrap();
        let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
        import(&mut folder, "events.jsonl", lines.join("\n").as_bytes());
        let want: Vec<Event> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(&events_of(&folder, Retracted::Included), &want);

        let mut exported = Vec::new();
        prop_assert_eq!(folder.export(RecordKind::Events, &mut exported).unwrap(), want.len() as u64);
        let mut again = DataFolder::open_or_create(tmp.path().join("again")).unwrap();
        import(&mut again, "exported-events.jsonl", &exported);
        prop_assert_eq!(&events_of(&again, Retracted::Included), &want);
    }
}

#[test]
fn what_holds_is_without_retracted_events_and_retractions() {
    let tmp = tempfile::tempdir().unwrap();
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    let text = "kind,event_id,user,item,device\nopen,1,u,x,tv\nopen,2,u,y,\nretract,3,u,1,\n";
    import(&mut folder, "events.csv", text.as_bytes());
    assert_eq!(events_of(&folder, Retracted::Included).len(), 3);
    let left = events_of(&folder, Retracted::LeftOut);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].action.item().unwrap().as_str(), "y");
}

#[test]
fn catalog_records_come_back() {
    let tmp = tempfile::tempdir().unwrap();
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    let item =
        "{\"id\":\"a\",\"title\":\"A\",\"kind\":\"movie\",\"genres\":[\"x\"],\"duration\":60.5}\n";
    import(&mut folder, "items.jsonl", item.as_bytes());
    let mut out = Vec::new();
    assert_eq!(folder.export(RecordKind::Items, &mut out).unwrap(), 1);
    assert_eq!(String::from_utf8(out).unwrap(), item);
    assert_eq!(
        folder.export(RecordKind::Users, &mut Vec::new()).unwrap(),
        0
    );
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let tmp = tempfile::tempdir().unwrap();
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    import(&mut folder, "a.csv", b"user,item\nu,i\n");
    assert!(matches!(
        folder.export(RecordKind::Events, &mut Full),
        Err(Error::Export { .. })
    ));
}
