//! Random expressions and catalogs over few words, so that tests of both kinds, those that hold and
//! those that do not, are frequent.

use marquee_core::{
    AvailabilityWindow, CreatorId, Item, ItemId, ItemKind, Seconds, Timestamp, User, UserId,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    Columns, Expr, Field,
    expr::{Anchor, Comparison, Leaf, Membership, Node, Operand, OrderTest, Presence, TextTest},
    kind,
    literal::{Scalar, time},
};

/// Words with what makes texts hard: case, letters that fold to two, quotes, one inside another.
const WORDS: [&str; 12] = [
    "", "a", "A", "ab", "abab", "Ab b", "ΟΔΟΣ", "οδοσ", "İi", "a\"b\\", "en-US", "EN-us",
];

/// The moments that records and dates lie around.
const DAY_MS: i64 = 86_400_000;

fn word() -> impl Strategy<Value = String> {
    select(&WORDS[..]).prop_map(str::to_owned)
}

fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![
        select(&[i64::MIN, -DAY_MS, -1, 0, 1, DAY_MS - 1, DAY_MS, i64::MAX][..]),
        -20 * DAY_MS..800 * DAY_MS,
    ]
}

/// A record with the id `id`; every field is missing now and then.
fn item(id: String) -> impl Strategy<Value = Item> {
    let texts = (
        word(),
        vec(word(), 0..3),
        vec(word(), 0..3),
        vec(word(), 0..3),
        option::of(word()),
        option::of(word()),
    );
    let numbers = (
        option::of(moment()),
        option::of(0.0..100.0),
        option::of(0_u8..20),
        option::of(1_u32..5),
    );
    let window = (option::of(-5_i64..5), option::of(-5_i64..5));
    let kinds = kind::NAMES.map(|(_, kind)| kind);
    (texts, numbers, select(kinds.to_vec()), vec(window, 0..3)).prop_map(
        move |(texts, numbers, kind, windows)| {
            let moment = |seconds: Option<i64>| seconds.map(Timestamp::from_seconds);
            let mut item = Item::new(ItemId::new(&id).unwrap());
            item.kind = kind;
            item.title = texts.0;
            item.genres = texts.1;
            item.tags = texts.2;
            let ids = texts.3.iter().filter_map(|id| CreatorId::new(id).ok());
            item.creators = ids.collect();
            item.language = texts.4;
            item.series = texts.5.and_then(|id| ItemId::new(id).ok());
            item.released = numbers.0.map(Timestamp::from_millis);
            item.duration = numbers.1.map(Seconds);
            item.minimum_age = numbers.2;
            item.episode = numbers.3;
            let windows = windows.into_iter().map(|(start, end)| AvailabilityWindow {
                start: moment(start),
                end: moment(end),
            });
            item.availability = windows.collect();
            item
        },
    )
}

/// Up to 150 records, so that a bitmap has a word that is full and one that is not.
pub(crate) fn items() -> impl Strategy<Value = Vec<Item>> {
    (0_usize..150).prop_flat_map(|count| {
        let ids = (0..count).map(|at| match at {
            1 => "A".to_owned(),
            2 => "ab".to_owned(),
            at => format!("item {at}"),
        });
        ids.map(item).collect::<Vec<_>>()
    })
}

/// The columns of `items`.
pub(crate) fn columns(items: &[Item]) -> Columns {
    Columns::new(items.iter().map(|item| (item.id.as_str(), Some(item))))
}

pub(crate) fn user() -> impl Strategy<Value = User> {
    let texts = (
        option::of(word()),
        option::of(word()),
        option::of(word()),
        option::of(word()),
    );
    (option::of(0_u8..20), texts, option::of(moment())).prop_map(|(age, texts, joined)| User {
        id: UserId::new("u").unwrap(),
        age,
        gender: texts.0,
        occupation: texts.1,
        country: texts.2,
        language: texts.3,
        joined: joined.map(Timestamp::from_millis),
    })
}

/// The moment of a request, near the borders of windows.
pub(crate) fn now() -> impl Strategy<Value = Timestamp> {
    (-6000_i64..6000).prop_map(Timestamp::from_millis)
}

/// Any expression, nested a few levels deep.
pub(crate) fn expr() -> impl Strategy<Value = Expr> {
    let node = leaf()
        .prop_map(Node::Leaf)
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(Node::All),
                vec(inner.clone(), 2..4).prop_map(Node::Any),
                inner.prop_map(|inner| Node::Not(Box::new(inner))),
            ]
        });
    node.prop_map(|root| {
        let mut n_leaves = 0;
        root.visit(&mut |_| n_leaves += 1);
        Expr { root, n_leaves }
    })
}

fn membership() -> impl Strategy<Value = Membership> {
    select(&[Membership::In, Membership::NotIn][..])
}

fn leaf() -> impl Strategy<Value = Leaf> {
    use crate::Type;
    let of_type = |wanted: &[Type]| {
        let fits = |field: &&Field| wanted.contains(&field.ty());
        let fields: Vec<Field> = Field::ALL.iter().filter(fits).copied().collect();
        select(fields)
    };
    let texts = [Type::Text, Type::Texts];
    let orders = [Type::Number, Type::Duration, Type::Time];
    let presence = select(&[Presence::Set, Presence::Missing][..]);
    let any = of_type(&[texts.as_slice(), orders.as_slice()].concat());
    let kinds = vec(select(kind::NAMES.map(|(_, kind)| kind).to_vec()), 1..4);
    prop_oneof![
        1 => Just(Leaf::Available),
        1 => (membership(), kinds).prop_map(|(is, kinds): (_, Vec<ItemKind>)| Leaf::Kind(is, kinds)),
        1 => (any, presence).prop_map(|(field, presence)| Leaf::Presence(field, presence)),
        4 => (of_type(&texts), text_test()).prop_map(|(field, test)| Leaf::Text(field, test)),
        4 => of_type(&orders).prop_flat_map(|field| {
            order_test(field).prop_map(move |test| Leaf::Order(field, test))
        }),
    ]
}

fn text_test() -> impl Strategy<Value = TextTest> {
    let fields = [
        Field::ViewerCountry,
        Field::ViewerGender,
        Field::ViewerLanguage,
        Field::ViewerOccupation,
    ];
    prop_oneof![
        (membership(), vec(word(), 1..4)).prop_map(|(is, texts)| TextTest::Among(is, texts)),
        (membership(), select(fields.to_vec())).prop_map(|(is, field)| TextTest::Viewer(is, field)),
        word().prop_map(TextTest::StartsWith),
        word().prop_map(TextTest::Contains),
    ]
}

fn order_test(field: Field) -> impl Strategy<Value = OrderTest> {
    use crate::Type;
    let comparisons = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];
    let scalar = move || match field.ty() {
        Type::Duration => (0_i64..100_000).prop_map(Scalar::Duration).boxed(),
        Type::Time => date().boxed(),
        _ => (-2_i64..20).prop_map(Scalar::Number).boxed(),
    };
    let literal = scalar().prop_map(Operand::Scalar);
    let by = prop_oneof![Just(0), -50 * DAY_MS..50 * DAY_MS];
    let anchor = select(&[Anchor::Now, Anchor::Joined][..]);
    let operand = match field.ty() {
        Type::Time => prop_oneof![
            literal,
            (anchor, by).prop_map(|(anchor, by)| Operand::Moved(anchor, by))
        ]
        .boxed(),
        Type::Number => prop_oneof![literal, Just(Operand::Viewer(Field::ViewerAge))].boxed(),
        _ => literal.boxed(),
    };
    prop_oneof![
        3 => (select(comparisons.to_vec()), operand).prop_map(|(is, operand)| OrderTest::Compare(is, operand)),
        1 => (membership(), vec(scalar(), 2..14)).prop_map(|(is, values)| OrderTest::Among(is, values)),
    ]
}

fn date() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        (1968_i64..1973).prop_map(|year| time(&year.to_string()).unwrap()),
        (1_i64..13).prop_map(|month| time(&format!("1970-{month:02}")).unwrap()),
        (1_i64..29).prop_map(|day| time(&format!("1970-01-{day:02}")).unwrap()),
        (-20 * DAY_MS..800 * DAY_MS).prop_map(Scalar::Moment),
        select(&["0001", "9999", "9999-12-31"][..]).prop_map(|word| time(word).unwrap()),
    ]
}
