use std::fs;

use crate::{DataFolder, ImportRequest};

fn import(folder: &mut DataFolder, name: &str, text: &str) {
    let file = folder.dir().parent().unwrap().join(name);
    fs::write(&file, text).unwrap();
    folder
        .import(&ImportRequest::new(file), &mut |_| {})
        .unwrap();
}

#[test]
fn later_records_replace_earlier_ones_and_pages_never_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = DataFolder::open_or_create(dir.path().join("data")).unwrap();
    import(
        &mut folder,
        "items.jsonl",
        "{\"id\":\"b\",\"title\":\"B\"}\n{\"id\":\"a\",\"title\":\"A\"}\n{\"id\":\"c\"}\n",
    );
    import(
        &mut folder,
        "items2.jsonl",
        "{\"id\":\"b\",\"title\":\"new\",\"genres\":[\"x\"]}\n",
    );
    import(&mut folder, "users.jsonl", "{\"id\":\"u\",\"age\":30}\n");
    import(
        &mut folder,
        "creators.jsonl",
        "{\"id\":\"k\",\"name\":\"Kay\"}\n",
    );
    let catalog = folder.catalog().unwrap();
    assert_eq!(catalog.item("b").unwrap().title, "new");
    assert_eq!(catalog.item("a").unwrap().title, "A");
    assert_eq!(catalog.item("d"), None);
    assert_eq!(catalog.user("u").unwrap().age, Some(30));
    assert_eq!(catalog.creator("k").unwrap().name, "Kay");
    let ids = |page: &[std::sync::Arc<marquee_core::Item>]| -> Vec<String> {
        page.iter().map(|item| item.id.to_string()).collect()
    };
    assert_eq!(ids(catalog.page("", 2)), ["a", "b"]);
    assert_eq!(ids(catalog.page("b", 2)), ["c"]);
    assert_eq!(ids(catalog.page("bb", usize::MAX)), ["c"]);
    assert!(catalog.page("c", 2).is_empty());
}
