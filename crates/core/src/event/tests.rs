use super::*;

#[test]
fn numbers_and_names_lead_back_to_their_kind() {
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_number(kind.number()), Some(kind));
        assert_eq!(EventKind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(EventKind::from_number(0), None);
    assert_eq!(EventKind::from_number(17), None);
}

#[cfg(feature = "serde")]
#[test]
fn event_reads_as_json() {
    let text = r#"{"id":"e1","actor":{"user":"ann"},"time":1000,
        "action":{"kind":"play","item":"m1","watched":61.5}}"#;
    let event: Event = serde_json::from_str(text).unwrap();
    assert_eq!(event.action.kind(), EventKind::Play);
    assert_eq!(event.action.item().map(ItemId::as_str), Some("m1"));
    let again: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
    assert_eq!(again, event);
}

#[cfg(feature = "serde")]
#[test]
fn unknown_fields_are_refused() {
    let text = r#"{"actor":{"user":"a"},"time":0,"action":{"kind":"like","item":"m"},"x":1}"#;
    assert!(serde_json::from_str::<Event>(text).is_err());
}
