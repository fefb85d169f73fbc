//! An expression as text that parses to it again.

use std::fmt::{self, Display, Write};

use crate::{
    Expr, Field,
    expr::{Anchor, Comparison, Leaf, Membership, Node, Operand, OrderTest, Presence, TextTest},
    kind,
    literal::Written,
};

impl Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => join(f, parts, " and "),
            Self::Any(parts) => join(f, parts, " or "),
            Self::Not(inner) => {
                f.write_str("not ")?;
                unit(f, inner)
            }
            Self::Leaf(leaf) => leaf.fmt(f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Node], word: &str) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            f.write_str(word)?;
        }
        // `and` binds closer than `or`, so a chain of it needs no parentheses between two `or`.
        match part {
            Node::All(_) if word == " or " => part.fmt(f)?,
            part => unit(f, part)?,
        }
    }
    Ok(())
}

/// A node where only a test, a `not` or parentheses may stand.
fn unit(f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::All(_) | Node::Any(_) => write!(f, "({node})"),
        Node::Not(_) | Node::Leaf(_) => node.fmt(f),
    }
}

impl Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Available => f.write_str(Field::Available.name()),
            Self::Presence(field, Presence::Set) => write!(f, "{} is set", field.name()),
            Self::Presence(field, Presence::Missing) => write!(f, "{} is missing", field.name()),
            Self::Text(field, test) => {
                write!(f, "{} ", field.name())?;
                test.fmt(f)
            }
            Self::Kind(membership, kinds) => {
                write!(f, "{} ", Field::Kind.name())?;
                among(f, *membership, kinds.iter().map(|&one| kind::name(one)))
            }
            Self::Order(field, test) => {
                write!(f, "{} ", field.name())?;
                test.fmt(f)
            }
        }
    }
}

impl Display for TextTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Among(membership, texts) => {
                among(f, *membership, texts.iter().map(|text| Quoted(text)))
            }
            Self::Viewer(Membership::In, field) => write!(f, "= {}", field.name()),
            Self::Viewer(Membership::NotIn, field) => write!(f, "!= {}", field.name()),
            Self::StartsWith(text) => write!(f, "starts with {}", Quoted(text)),
            Self::Contains(text) => write!(f, "contains {}", Quoted(text)),
        }
    }
}

impl Display for OrderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(comparison, operand) => write!(f, "{comparison} {operand}"),
            Self::Among(membership, values) => among(f, *membership, values.iter()),
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::Viewer(field) => f.write_str(field.name()),
            Self::Moved(anchor, by) => {
                f.write_str(match anchor {
                    Anchor::Now => "now",
                    Anchor::Joined => Field::ViewerJoined.name(),
                })?;
                match by {
                    0 => Ok(()),
                    1.. => write!(f, " + {}", Written(by)),
                    _ => write!(f, " - {}", Written(-by)),
                }
            }
        }
    }
}

/// `= one` or `in [one, two]`, and their opposites.
fn among<T: Display>(
    f: &mut fmt::Formatter<'_>,
    membership: Membership,
    values: impl ExactSizeIterator<Item = T>,
) -> fmt::Result {
    let single = values.len() == 1;
    f.write_str(match (membership, single) {
        (Membership::In, true) => "= ",
        (Membership::NotIn, true) => "!= ",
        (Membership::In, false) => "in [",
        (Membership::NotIn, false) => "not in [",
    })?;
    for (place, value) in values.enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        value.fmt(f)?;
    }
    if single { Ok(()) } else { f.write_str("]") }
}

/// A text in quotes, with escapes.
struct Quoted<'t>(&'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            if matches!(letter, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(letter)?;
        }
        f.write_char('"')
    }
}
