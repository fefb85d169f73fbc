//! An expression, checked: every test in it fits the field that it tests.

use std::{collections::BTreeSet, str::FromStr};

use marquee_core::ItemKind;

use crate::{Field, Limits, ParseError, literal::Scalar, parse};

/// A filter as an operator or an app writes it, parsed and checked.
///
/// It says of an item, a viewer and a moment whether the item passes. The only way to make one is to
/// parse text, so that it keeps to the [`Limits`] and every test in it fits its field; printing it and
/// parsing the text again gives an equal one.
///
/// # Example
///
/// ```
/// use marquee_filter::Expr;
///
/// let expr: Expr = r#"genre in ["Anime", "Drama"] and released >= 2020"#.parse()?;
/// assert_eq!(expr.n_leaves(), 2);
/// assert_eq!(expr.to_string().parse::<Expr>()?, expr);
/// # Ok::<(), marquee_filter::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expr {
    pub(crate) root: Node,
    /// Of all nodes, how many are tests; at least 1.
    pub(crate) n_leaves: usize,
}

impl Expr {
    /// Parses `text`, which keeps to `limits`.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the place, what was expected there and what was found.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, ParseError> {
        parse::parse(text, limits)
    }

    /// Number of tests in it.
    pub fn n_leaves(&self) -> usize {
        self.n_leaves
    }

    /// The fields that it names, on either side of a test, each once, in the order of [`Field::ALL`].
    pub fn fields(&self) -> Vec<Field> {
        let mut found = BTreeSet::new();
        self.root.visit(&mut |leaf| leaf.collect_fields(&mut found));
        found.into_iter().collect()
    }
}

impl FromStr for Expr {
    type Err = ParseError;

    /// [`Expr::parse`] under the default limits.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text, &Limits::default())
    }
}

/// A node of an expression. What is nested in it is at most as deep as the limits allow, so functions
/// over it may recurse.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// At least two.
    All(Vec<Node>),
    /// At least two.
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(Leaf),
}

impl Node {
    pub(crate) fn visit(&self, see: &mut impl FnMut(&Leaf)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.visit(see)),
            Self::Not(node) => node.visit(see),
            Self::Leaf(leaf) => see(leaf),
        }
    }
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Leaf {
    /// The item may be shown now.
    Available,
    /// The field has a value, or has none.
    Presence(Field, Presence),
    /// A field of texts.
    Text(Field, TextTest),
    /// The kind.
    Kind(Membership, Vec<ItemKind>),
    /// A field of numbers, durations or moments.
    Order(Field, OrderTest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Presence {
    Set,
    Missing,
}

/// Whether a value is to be among others or not to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Membership {
    In,
    NotIn,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TextTest {
    /// Equal to one of these, or set and equal to none. One text in it was written with `=` or `!=`.
    Among(Membership, Vec<String>),
    /// Equal to, or set and other than, a field of the viewer.
    Viewer(Membership, Field),
    StartsWith(String),
    Contains(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum OrderTest {
    Compare(Comparison, Operand),
    /// At least two, or one that stands for a list of one.
    Among(Membership, Vec<Scalar>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The right side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    Scalar(Scalar),
    /// A number of the viewer.
    Viewer(Field),
    /// A moment of the request or the viewer, moved by milliseconds.
    Moved(Anchor, i64),
}

/// A moment that an expression does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    Now,
    Joined,
}

impl Leaf {
    fn collect_fields(&self, found: &mut BTreeSet<Field>) {
        match self {
            Self::Available => {
                found.insert(Field::Available);
            }
            Self::Kind(..) => {
                found.insert(Field::Kind);
            }
            Self::Presence(field, _) => {
                found.insert(*field);
            }
            Self::Text(field, test) => {
                found.insert(*field);
                if let TextTest::Viewer(_, other) = test {
                    found.insert(*other);
                }
            }
            Self::Order(field, test) => {
                found.insert(*field);
                match test {
                    OrderTest::Compare(_, Operand::Viewer(other)) => {
                        found.insert(*other);
                    }
                    OrderTest::Compare(_, Operand::Moved(Anchor::Joined, _)) => {
                        found.insert(Field::ViewerJoined);
                    }
                    OrderTest::Compare(..) | OrderTest::Among(..) => {}
                }
            }
        }
    }
}
