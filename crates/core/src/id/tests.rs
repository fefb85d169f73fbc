use super::*;

#[test]
fn ids_have_one_to_256_bytes() {
    assert_eq!(ItemId::new(""), Err(IdError::Empty));
    assert!(ItemId::new("x".repeat(256)).is_ok());
    assert_eq!(
        ItemId::new("é".repeat(129)),
        Err(IdError::TooLong { bytes: 258 })
    );
}

#[test]
fn ids_keep_their_bytes() {
    let id = UserId::new(" Ünï 1 ").unwrap();
    assert_eq!(id.as_str(), " Ünï 1 ");
    assert_eq!(format!("{id:?}"), "UserId(\" Ünï 1 \")");
}
