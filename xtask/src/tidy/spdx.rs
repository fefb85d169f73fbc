//! License expressions: `MIT OR (Apache-2.0 AND ISC)`.
//!
//! The grammar is that of SPDX 2.3, annex D: `AND` binds closer than `OR`, `WITH` closer than both.
//! Old manifests write `/` for `OR`, and cargo still lets them.

/// A license expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// One license, with its exception if it has one: `Apache-2.0 WITH LLVM-exception`.
    License(String),
    /// All of them hold.
    All(Vec<Expression>),
    /// The user may choose.
    Any(Vec<Expression>),
}

impl Expression {
    /// Reads an expression; none when it is malformed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let spaced = text
            .replace('(', " ( ")
            .replace(')', " ) ")
            .replace('/', " OR ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut rest = words.as_slice();
        let expression = any(&mut rest)?;
        rest.is_empty().then_some(expression)
    }

    /// Whether somebody who accepts only `allowed` licenses may use what is under this one.
    pub(super) fn is_allowed(&self, allowed: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::License(name) => allowed(name),
            Self::All(parts) => parts.iter().all(|part| part.is_allowed(allowed)),
            Self::Any(parts) => parts.iter().any(|part| part.is_allowed(allowed)),
        }
    }
}

fn any(rest: &mut &[&str]) -> Option<Expression> {
    let mut parts = vec![all(rest)?];
    while take(rest, "OR") {
        parts.push(all(rest)?);
    }
    Some(single_or(parts, Expression::Any))
}

fn all(rest: &mut &[&str]) -> Option<Expression> {
    let mut parts = vec![one(rest)?];
    while take(rest, "AND") {
        parts.push(one(rest)?);
    }
    Some(single_or(parts, Expression::All))
}

fn one(rest: &mut &[&str]) -> Option<Expression> {
    if take(rest, "(") {
        let inner = any(rest)?;
        return take(rest, ")").then_some(inner);
    }
    let name = name(rest)?;
    if take(rest, "WITH") {
        let exception = self::name(rest)?;
        return Some(Expression::License(format!("{name} WITH {exception}")));
    }
    Some(Expression::License(name.to_owned()))
}

fn name<'a>(rest: &mut &[&'a str]) -> Option<&'a str> {
    let (first, others) = rest.split_first()?;
    if matches!(*first, "(" | ")" | "AND" | "OR" | "WITH") {
        return None;
    }
    *rest = others;
    Some(first)
}

/// Skips `word` when it comes next.
fn take(rest: &mut &[&str], word: &str) -> bool {
    match rest.split_first() {
        Some((first, others)) if *first == word => {
            *rest = others;
            true
        }
        _ => false,
    }
}

fn single_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, allowed: &[&str], want: Option<bool>) {
        let verdict = Expression::parse(text)
            .map(|expression| expression.is_allowed(&|name| allowed.contains(&name)));
        assert_eq!(verdict, want, "{text}");
    }

    #[test]
    fn one_choice_is_enough() {
        check("MIT OR GPL-3.0-only", &["MIT"], Some(true));
        check("GPL-3.0-only/MIT", &["MIT"], Some(true));
        check("GPL-3.0-only OR AGPL-3.0-only", &["MIT"], Some(false));
    }

    #[test]
    fn every_part_is_needed() {
        check("MIT AND GPL-3.0-only", &["MIT"], Some(false));
        check("MIT AND ISC", &["MIT", "ISC"], Some(true));
    }

    #[test]
    fn and_binds_closer_than_or() {
        check("GPL-2.0-only AND ISC OR MIT", &["MIT"], Some(true));
        check("MIT OR ISC AND GPL-2.0-only", &["ISC"], Some(false));
        check("(MIT OR ISC) AND GPL-2.0-only", &["MIT"], Some(false));
    }

    #[test]
    fn exception_belongs_to_its_license() {
        let with = "Apache-2.0 WITH LLVM-exception";
        check(with, &["Apache-2.0"], Some(false));
        check(with, &[with], Some(true));
    }

    #[test]
    fn malformed_expressions_are_refused() {
        for text in [
            "", "MIT OR", "(MIT", "MIT)", "MIT ISC", "AND MIT", "MIT WITH",
        ] {
            check(text, &["MIT", "ISC"], None);
        }
    }
}
