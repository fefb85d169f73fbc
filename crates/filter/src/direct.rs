//! An expression asked of one record: the meaning of every test, word by word.
//!
//! [`Filter`](crate::Filter) answers the same for all rows of [`Columns`](crate::Columns) and is tested
//! against what stands here.

use marquee_core::{Item, Seconds, Timestamp};

use crate::{
    Expr, Field, ViewerFields,
    expr::{Anchor, Comparison, Leaf, Membership, Node, Operand, OrderTest, Presence, TextTest},
    fold::fold,
    literal::{Scalar, Span},
};

impl Expr {
    /// Whether `item` passes for `viewer` at the moment `now`.
    ///
    /// A test of a missing value is false, whatever its operator; `not` turns it around like any other.
    /// Cost: proportional to the expression and the record, without any preparation.
    ///
    /// # Example
    ///
    /// ```
    /// use marquee_core::{Item, ItemId, Timestamp};
    /// use marquee_filter::{Expr, ViewerFields};
    ///
    /// let mut item = Item::new(ItemId::new("a")?);
    /// item.genres = vec!["Anime".to_owned(), "Drama".to_owned()];
    /// let holds = |text: &str| -> Result<bool, marquee_filter::ParseError> {
    ///     let expr: Expr = text.parse()?;
    ///     Ok(expr.holds(&item, &ViewerFields::default(), Timestamp::EPOCH))
    /// };
    /// assert!(holds(r#"genre = "Drama" and not genre = "Horror""#)?);
    /// assert!(!holds("duration < 30m")?, "the duration is missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn holds(&self, item: &Item, viewer: &ViewerFields<'_>, now: Timestamp) -> bool {
        Facts { item, viewer, now }.node(&self.root)
    }
}

/// What is known when an expression is asked.
struct Facts<'f> {
    item: &'f Item,
    viewer: &'f ViewerFields<'f>,
    now: Timestamp,
}

impl Facts<'_> {
    fn node(&self, node: &Node) -> bool {
        match node {
            Node::All(parts) => parts.iter().all(|part| self.node(part)),
            Node::Any(parts) => parts.iter().any(|part| self.node(part)),
            Node::Not(inner) => !self.node(inner),
            Node::Leaf(leaf) => self.leaf(leaf),
        }
    }

    fn leaf(&self, leaf: &Leaf) -> bool {
        match leaf {
            Leaf::Available => self.item.is_available(self.now),
            Leaf::Kind(membership, kinds) => {
                kinds.contains(&self.item.kind) == (*membership == Membership::In)
            }
            Leaf::Presence(field, presence) => self.is_set(*field) == (*presence == Presence::Set),
            Leaf::Text(field, test) => text_holds(test, *field, &self.texts(*field), self.viewer),
            Leaf::Order(field, test) => self
                .ordered(*field)
                .is_some_and(|value| order_holds(test, value, self.viewer, self.now)),
        }
    }

    fn is_set(&self, field: Field) -> bool {
        !self.texts(field).is_empty() || self.ordered(field).is_some()
    }

    /// The texts of a field; an empty text is none.
    fn texts(&self, field: Field) -> Vec<&str> {
        let item = self.item;
        let mut texts: Vec<&str> = match field {
            Field::Id => vec![item.id.as_str()],
            Field::Title => vec![&item.title],
            Field::Genre => item.genres.iter().map(String::as_str).collect(),
            Field::Tag => item.tags.iter().map(String::as_str).collect(),
            Field::Creator => item.creators.iter().map(|id| id.as_str()).collect(),
            Field::Language => item.language.as_deref().into_iter().collect(),
            Field::Series => item.series.iter().map(|id| id.as_str()).collect(),
            viewer => self.viewer.text(viewer).into_iter().collect(),
        };
        texts.retain(|text| !text.is_empty());
        texts
    }

    fn ordered(&self, field: Field) -> Option<i64> {
        let item = self.item;
        match field {
            Field::Duration => item.duration.map(Seconds::as_millis),
            Field::Episode => item.episode.map(i64::from),
            Field::MinimumAge => item.minimum_age.map(i64::from),
            Field::Released => item.released.map(Timestamp::as_millis),
            viewer => self.viewer.ordered(viewer),
        }
    }
}

/// Whether a test holds for a field with these texts.
pub(crate) fn text_holds(
    test: &TextTest,
    field: Field,
    texts: &[&str],
    viewer: &ViewerFields<'_>,
) -> bool {
    let equal = |left: &str, right: &str| match field.ignores_case() {
        true => fold(left) == fold(right),
        false => left == right,
    };
    let among = |membership: Membership, wanted: &[&str]| {
        let any = texts
            .iter()
            .any(|text| wanted.iter().any(|one| equal(text, one)));
        match membership {
            Membership::In => any,
            Membership::NotIn => !texts.is_empty() && !any,
        }
    };
    match test {
        TextTest::Among(membership, wanted) => {
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            among(*membership, &wanted)
        }
        TextTest::Viewer(membership, other) => viewer
            .text(*other)
            .filter(|text| !text.is_empty())
            .is_some_and(|text| among(*membership, &[text])),
        TextTest::StartsWith(start) => {
            let start = fold(start);
            texts.iter().any(|text| fold(text).starts_with(&start))
        }
        TextTest::Contains(part) => {
            let part = fold(part);
            texts.iter().any(|text| fold(text).contains(&part))
        }
    }
}

/// Whether a test holds for `value`.
pub(crate) fn order_holds(
    test: &OrderTest,
    value: i64,
    viewer: &ViewerFields<'_>,
    now: Timestamp,
) -> bool {
    match test {
        OrderTest::Compare(comparison, operand) => operand_span(*operand, viewer, now)
            .is_some_and(|span| compare(*comparison, value, span)),
        OrderTest::Among(membership, wanted) => {
            let any = wanted.iter().any(|one| Scalar::span(*one).contains(value));
            any == (*membership == Membership::In)
        }
    }
}

/// The values that an operand stands for; `None` where it is missing.
pub(crate) fn operand_span(
    operand: Operand,
    viewer: &ViewerFields<'_>,
    now: Timestamp,
) -> Option<Span> {
    match operand {
        Operand::Scalar(scalar) => Some(scalar.span()),
        Operand::Viewer(field) => viewer.ordered(field).map(Span::only),
        Operand::Moved(anchor, by) => {
            let moment = match anchor {
                Anchor::Now => now.as_millis(),
                Anchor::Joined => viewer.ordered(Field::ViewerJoined)?,
            };
            Some(Span::only(moment.saturating_add(by)))
        }
    }
}

fn compare(comparison: Comparison, value: i64, span: Span) -> bool {
    match comparison {
        Comparison::Equal => span.contains(value),
        Comparison::NotEqual => !span.contains(value),
        Comparison::Less => value < span.first,
        Comparison::LessOrEqual => value <= span.last,
        Comparison::Greater => value > span.last,
        Comparison::GreaterOrEqual => value >= span.first,
    }
}

#[cfg(test)]
mod tests;
