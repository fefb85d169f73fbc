use super::*;

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn find(names: &[&str], mapping: &str) -> Columns {
    Columns::find(&header(names), &mapping.parse().unwrap()).unwrap()
}

#[test]
fn fields_stand_in_the_order_of_their_numbers() {
    for (at, (field, name, _)) in FIELDS.iter().enumerate() {
        assert_eq!(*field as usize, at);
        assert_eq!(Field::from_name(name), Some(*field));
        assert_eq!(field.name(), *name);
        assert!(FIELD_NAMES.contains(name));
    }
}

#[test]
fn common_names_are_found_however_they_are_written() {
    for names in [
        ["userId", "movieId", "rating", "timestamp"],
        ["user_id", "item_id", "Rating", "time"],
        ["User-ID", "ITEM", "stars", "ts"],
    ] {
        let got = find(&names, "");
        for (at, field) in [Field::User, Field::Item, Field::Rating, Field::Timestamp]
            .into_iter()
            .enumerate()
        {
            assert_eq!(got.get(field), Some(at), "{names:?}");
        }
        assert_eq!(got.get(Field::Kind), None);
    }
}

#[test]
fn mapping_goes_before_common_names() {
    let got = find(
        &["user", "buyer", "item", "value"],
        "user=buyer,timestamp=value",
    );
    assert_eq!(got.get(Field::User), Some(1));
    assert_eq!(got.get(Field::Timestamp), Some(3));
    assert_eq!(got.get(Field::Item), Some(2));
}

#[test]
fn numbers_count_from_one_and_names_go_first() {
    let got = find(&["a", "b", "3"], "user=2,item=3");
    assert_eq!(got.get(Field::User), Some(1));
    assert_eq!(got.get(Field::Item), Some(2));
}

#[test]
fn an_empty_column_takes_the_field_away() {
    assert_eq!(
        find(&["user", "item", "rating"], "rating=").get(Field::Rating),
        None
    );
}

#[test]
fn wrong_mappings_say_what_is_wrong() {
    for (text, want) in [
        ("user", MappingProblem::NotAPair),
        ("usr=a", MappingProblem::UnknownField),
        ("user=a,user=b", MappingProblem::Repeated),
        ("rating=a,value=b", MappingProblem::Repeated),
    ] {
        let got = text.parse::<ColumnMapping>().unwrap_err();
        assert!(
            matches!(got, Error::Mapping { problem, .. } if problem == want),
            "{text}"
        );
    }
    let missing = Columns::find(&header(&["a"]), &"user=b".parse().unwrap());
    assert_eq!(missing, Err(NoColumn("b".to_owned())));
    let outside = Columns::find(&header(&["a"]), &"user=2".parse().unwrap());
    assert_eq!(outside, Err(NoColumn("2".to_owned())));
}
