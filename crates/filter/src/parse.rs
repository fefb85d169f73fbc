//! Tokens into an expression whose tests fit their fields.
//!
//! One pass: a field is read first, and with it is known which operators and values may follow, so an
//! error says at its place what would have been right there.

use crate::{
    Expr, Field, Limits, ParseError,
    error::{Expected, Found, Help, Problem},
    expr::Node,
    field::nearest,
    lex::{self, Placed, Token},
};

mod test;

type Result<T> = std::result::Result<T, ParseError>;

/// Parses `text`.
///
/// # Errors
///
/// [`ParseError`] for the first thing that is wrong.
pub(crate) fn parse(text: &str, limits: &Limits) -> Result<Expr> {
    if text.len() > limits.max_bytes {
        let problem = Problem::TooLong {
            limit: limits.max_bytes,
            found: text.len(),
        };
        return Err(ParseError::new(text, (0, 0), problem));
    }
    let mut parser = Parser {
        text,
        limits,
        current: lex::next(text, 0)?,
        n_leaves: 0,
        n_values: 0,
        depth: 0,
    };
    let root = parser.any()?;
    match parser.current.token {
        Token::End => Ok(Expr {
            root,
            n_leaves: parser.n_leaves,
        }),
        _ => Err(parser.unexpected(Expected::Continuation)),
    }
}

/// What is left of a text.
struct Parser<'t> {
    text: &'t str,
    limits: &'t Limits,
    current: Placed<'t>,
    n_leaves: usize,
    n_values: usize,
    /// Parentheses and `not`s that are open.
    depth: usize,
}

impl<'t> Parser<'t> {
    /// `all ("or" all)*`
    fn any(&mut self) -> Result<Node> {
        self.chain("or", Self::all, Node::Any)
    }

    /// `unit ("and" unit)*`
    fn all(&mut self) -> Result<Node> {
        self.chain("and", Self::unit, Node::All)
    }

    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Node>,
        join: fn(Vec<Node>) -> Node,
    ) -> Result<Node> {
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.is_word(word) {
            self.advance()?;
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    /// `"not" unit | "(" any ")" | test`
    fn unit(&mut self) -> Result<Node> {
        if self.is_word("not") {
            self.descend()?;
            let inner = self.unit()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(inner)));
        }
        if self.current.token == Token::Sign("(") {
            self.descend()?;
            let inner = self.any()?;
            if self.current.token != Token::Sign(")") {
                return Err(self.unexpected(Expected::Closing));
            }
            self.advance()?;
            self.depth -= 1;
            return Ok(inner);
        }
        self.n_leaves += 1;
        if self.n_leaves > self.limits.max_leaves {
            let limit = self.limits.max_leaves;
            return Err(self.here(Problem::TooManyLeaves { limit }));
        }
        self.test().map(Node::Leaf)
    }

    /// Past a `not` or an opening parenthesis, if that is not too deep.
    fn descend(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > self.limits.max_depth {
            let limit = self.limits.max_depth;
            return Err(self.here(Problem::TooDeep { limit }));
        }
        self.advance().map(drop)
    }

    /// Moves on, and gives the token that was current.
    fn advance(&mut self) -> Result<Token<'t>> {
        let next = lex::next(self.text, self.current.end)?;
        Ok(std::mem::replace(&mut self.current, next).token)
    }

    /// Whether the current token is the keyword `word`, in letters of any case.
    fn is_word(&self, word: &str) -> bool {
        matches!(self.current.token, Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    /// Moves on if the current token is the keyword `word`.
    fn take_word(&mut self, word: &str) -> Result<bool> {
        let taken = self.is_word(word);
        if taken {
            self.advance()?;
        }
        Ok(taken)
    }

    /// Moves on if the current token is `sign`.
    fn take_sign(&mut self, sign: &'static str) -> Result<bool> {
        let taken = self.current.token == Token::Sign(sign);
        if taken {
            self.advance()?;
        }
        Ok(taken)
    }

    fn found(&self) -> Found {
        Found::new(&self.text[self.current.start..self.current.end])
    }

    /// A problem of the current token.
    fn here(&self, problem: Problem) -> ParseError {
        let Placed { start, end, .. } = self.current;
        ParseError::new(self.text, (start, end), problem)
    }

    /// The current token is not what could stand here.
    fn unexpected(&self, expected: Expected) -> ParseError {
        self.here(Problem::Expected {
            expected,
            found: self.found(),
            help: self.help(expected),
        })
    }

    /// What the current token was probably meant to be.
    fn help(&self, expected: Expected) -> Option<Help> {
        let word = match self.current.token {
            Token::Sign(sign) => {
                return instead(sign).map(Help::DidYouMean);
            }
            Token::Word(word) => word,
            _ => return None,
        };
        let near = match expected {
            Expected::Continuation | Expected::Closing => nearest(word, ["and", "or"]),
            Expected::Operator(_) => nearest(word, ["in", "not", "starts", "contains", "is"]),
            Expected::Value(field) | Expected::Literal(field) => {
                return test::help_with_value(field, word);
            }
            Expected::Test | Expected::Words(_) => None,
        };
        near.map(Help::DidYouMean)
    }

    /// The current token names no field.
    fn no_field(&self, word: &str) -> ParseError {
        let names = Field::ALL.iter().map(|field| field.name());
        self.here(Problem::UnknownField {
            found: self.found(),
            help: nearest(word, names).map(Help::DidYouMean),
        })
    }
}

/// What is written here for a sign of other languages.
fn instead(sign: &str) -> Option<&'static str> {
    match sign {
        "==" => Some("="),
        "<>" => Some("!="),
        "&&" => Some("and"),
        "||" => Some("or"),
        "!" => Some("not"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
