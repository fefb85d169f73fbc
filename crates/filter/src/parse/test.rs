//! One test: a field, an operator that it takes, and values of its type.

use marquee_core::ItemKind;

use crate::{
    Field, Type,
    error::{Expected, Help, Problem},
    expr::{Anchor, Comparison, Leaf, Membership, Operand, OrderTest, Presence, TextTest},
    field::nearest,
    kind,
    lex::Token,
    literal::{self, Fault, Scalar},
};

use super::{Parser, Result};

/// Signs of comparisons.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("=", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];

impl Parser<'_> {
    /// `field operator value`, or a field that is a statement by itself.
    pub(super) fn test(&mut self) -> Result<Leaf> {
        let Token::Word(word) = self.current.token else {
            return Err(self.unexpected(Expected::Test));
        };
        let Some(field) = Field::from_name(word) else {
            return Err(self.no_field(word));
        };
        self.advance()?;
        match field.ty() {
            Type::Flag => Ok(Leaf::Available),
            Type::Kind => self.kind_test(field),
            Type::Text | Type::Texts => self.text_test(field),
            Type::Number | Type::Duration | Type::Time => self.order_test(field),
        }
    }

    fn text_test(&mut self, field: Field) -> Result<Leaf> {
        if let Some(presence) = self.presence()? {
            return Ok(Leaf::Presence(field, presence));
        }
        if let Some(membership) = self.membership(field)? {
            let texts = self.list(|parser| parser.text(field))?;
            return Ok(Leaf::Text(field, TextTest::Among(membership, texts)));
        }
        if self.take_word("starts")? {
            if !self.take_word("with")? {
                return Err(self.unexpected(Expected::Words("`with` after `starts`")));
            }
            return Ok(Leaf::Text(field, TextTest::StartsWith(self.text(field)?)));
        }
        if self.take_word("contains")? {
            return Ok(Leaf::Text(field, TextTest::Contains(self.text(field)?)));
        }
        let membership = self.equality(field)?;
        let test = match self.current.token {
            Token::Text(_) => TextTest::Among(membership, vec![self.text(field)?]),
            Token::Word(word) => match viewer_text(word) {
                Some(other) => {
                    self.advance()?;
                    TextTest::Viewer(membership, other)
                }
                None => return Err(self.unexpected(Expected::Value(field))),
            },
            _ => return Err(self.unexpected(Expected::Value(field))),
        };
        Ok(Leaf::Text(field, test))
    }

    fn kind_test(&mut self, field: Field) -> Result<Leaf> {
        if let Some(membership) = self.membership(field)? {
            return Ok(Leaf::Kind(membership, self.list(Self::kind)?));
        }
        let membership = self.equality(field)?;
        Ok(Leaf::Kind(membership, vec![self.kind()?]))
    }

    fn order_test(&mut self, field: Field) -> Result<Leaf> {
        if let Some(presence) = self.presence()? {
            return Ok(Leaf::Presence(field, presence));
        }
        if let Some(membership) = self.membership(field)? {
            let values = self.list(|parser| parser.scalar(field, Expected::Literal(field)))?;
            let test = match (values.as_slice(), membership) {
                // A list of one is the same as an equality, and is kept as one.
                ([one], Membership::In) => {
                    OrderTest::Compare(Comparison::Equal, Operand::Scalar(*one))
                }
                ([one], Membership::NotIn) => {
                    OrderTest::Compare(Comparison::NotEqual, Operand::Scalar(*one))
                }
                _ => OrderTest::Among(membership, values),
            };
            return Ok(Leaf::Order(field, test));
        }
        let Token::Sign(sign) = self.current.token else {
            return Err(self.unexpected(Expected::Operator(field)));
        };
        let Some(&(_, comparison)) = COMPARISONS.iter().find(|(name, _)| *name == sign) else {
            return Err(self.unexpected(Expected::Operator(field)));
        };
        self.advance()?;
        let operand = self.operand(field)?;
        Ok(Leaf::Order(field, OrderTest::Compare(comparison, operand)))
    }

    /// `is set` or `is missing`, if the current word is `is`.
    fn presence(&mut self) -> Result<Option<Presence>> {
        if !self.take_word("is")? {
            return Ok(None);
        }
        if self.take_word("set")? {
            return Ok(Some(Presence::Set));
        }
        if self.take_word("missing")? {
            return Ok(Some(Presence::Missing));
        }
        Err(self.unexpected(Expected::Words("`set` or `missing` after `is`")))
    }

    /// `in` or `not in`, if the current word is one of their first.
    fn membership(&mut self, field: Field) -> Result<Option<Membership>> {
        if self.take_word("in")? {
            return Ok(Some(Membership::In));
        }
        if !self.take_word("not")? {
            return Ok(None);
        }
        if self.take_word("in")? {
            return Ok(Some(Membership::NotIn));
        }
        Err(self.unexpected(Expected::Operator(field)))
    }

    /// `=` or `!=`.
    fn equality(&mut self, field: Field) -> Result<Membership> {
        if self.take_sign("=")? {
            return Ok(Membership::In);
        }
        if self.take_sign("!=")? {
            return Ok(Membership::NotIn);
        }
        Err(self.unexpected(Expected::Operator(field)))
    }

    /// `"[" value ("," value)* "]"`
    fn list<T>(&mut self, mut value: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        if !self.take_sign("[")? {
            return Err(self.unexpected(Expected::Words("a list that begins with `[`")));
        }
        let mut values = Vec::new();
        loop {
            self.n_values += 1;
            if self.n_values > self.limits.max_values {
                let limit = self.limits.max_values;
                return Err(self.here(Problem::TooManyValues { limit }));
            }
            values.push(value(self)?);
            if self.take_sign("]")? {
                return Ok(values);
            }
            if !self.take_sign(",")? {
                return Err(self.unexpected(Expected::Words("`,` or `]`")));
            }
        }
    }

    fn text(&mut self, field: Field) -> Result<String> {
        match &mut self.current.token {
            Token::Text(text) => {
                let text = std::mem::take(text);
                self.advance()?;
                Ok(text)
            }
            _ => Err(self.unexpected(Expected::Literal(field))),
        }
    }

    fn kind(&mut self) -> Result<ItemKind> {
        let name = match &self.current.token {
            Token::Word(word) => Some(*word),
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        };
        match name.and_then(kind::from_name) {
            Some(kind) => {
                self.advance()?;
                Ok(kind)
            }
            None => Err(self.unexpected(Expected::Literal(Field::Kind))),
        }
    }

    /// The right side of a comparison.
    fn operand(&mut self, field: Field) -> Result<Operand> {
        if let Token::Word(word) = self.current.token {
            if field.ty() == Type::Number && word == Field::ViewerAge.name() {
                self.advance()?;
                return Ok(Operand::Viewer(Field::ViewerAge));
            }
            if field.ty() == Type::Time
                && let Some(anchor) = anchor(word)
            {
                self.advance()?;
                return Ok(Operand::Moved(anchor, self.moved_by()?));
            }
        }
        let expected = Expected::Value(field);
        Ok(Operand::Scalar(self.scalar(field, expected)?))
    }

    /// `("+" | "-") duration` in milliseconds, or nothing.
    fn moved_by(&mut self) -> Result<i64> {
        let sign = if self.take_sign("-")? {
            -1
        } else if self.take_sign("+")? {
            1
        } else {
            return Ok(0);
        };
        match self.scalar(Field::Duration, Expected::Words("a duration such as `30d`"))? {
            Scalar::Duration(millis) => Ok(sign * millis),
            Scalar::Number(_) | Scalar::Calendar(..) | Scalar::Moment(_) => Ok(0),
        }
    }

    /// A literal of the type of `field`.
    fn scalar(&mut self, field: Field, expected: Expected) -> Result<Scalar> {
        let start = self.current.start;
        let negative = field.ty() == Type::Number && self.take_sign("-")?;
        let Token::Digits(word) = self.current.token else {
            return Err(self.unexpected(expected));
        };
        let read = match field.ty() {
            Type::Duration => literal::duration(word).map(Scalar::Duration),
            Type::Time => literal::time(word),
            _ => literal::number(word)
                .map(|number| Scalar::Number(if negative { -number } else { number })),
        };
        match read {
            Ok(scalar) => {
                self.advance()?;
                Ok(scalar)
            }
            Err(Fault::Form) => {
                self.current.start = start;
                Err(self.unexpected(expected))
            }
            Err(Fault::Range(expected)) => {
                self.current.start = start;
                let found = self.found();
                Err(self.here(Problem::OutOfRange { expected, found }))
            }
        }
    }
}

/// The text field of the viewer called `word`.
fn viewer_text(word: &str) -> Option<Field> {
    let field = Field::from_name(word)?;
    (field.is_of_viewer() && field.ty() == Type::Text).then_some(field)
}

/// A moment that the request or the viewer brings.
fn anchor(word: &str) -> Option<Anchor> {
    if word.eq_ignore_ascii_case("now") {
        return Some(Anchor::Now);
    }
    (word == Field::ViewerJoined.name()).then_some(Anchor::Joined)
}

/// What `word` was probably meant to be, where a value of `field` is expected.
pub(super) fn help_with_value(field: Field, word: &str) -> Option<Help> {
    if Field::from_name(word).is_some() {
        return None;
    }
    let of_viewer = Field::ALL.iter().filter(|other| {
        let same =
            other.ty() == field.ty() || field.ty() == Type::Texts && other.ty() == Type::Text;
        other.is_of_viewer() && same
    });
    let names = of_viewer.map(|field| field.name());
    let near = match field.ty() {
        Type::Kind => nearest(word, kind::NAMES.iter().map(|(name, _)| *name)),
        _ => nearest(word, names),
    };
    let quotes = matches!(field.ty(), Type::Text | Type::Texts).then_some(Help::Quotes);
    near.map(Help::DidYouMean).or(quotes)
}
