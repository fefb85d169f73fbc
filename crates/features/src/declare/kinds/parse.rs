//! Each kind of feature read from its keys.

use super::{Kind, Norm, Prior, Since, Vectors, With};
use crate::{
    DeclarationFault, Result,
    declare::{
        Combine, Field, FieldType, Measure, Owner, Reader, Scale, Scope, Signal, Span, Trait, Word,
    },
    entities::text_hash,
    observed::Marks,
};

/// The longest list of ids or events, and the longest vector.
const MOST: u32 = 4096;

type Parse = fn(&mut Reader<'_>) -> Result<Kind>;

const KINDS: [(&str, Parse); 15] = [
    ("raw", raw),
    ("since", since),
    ("bucketed", bucketed),
    ("hashed", hashed),
    ("category", category),
    ("crossed", crossed),
    ("counter", counter),
    ("rate", rate),
    ("affinity", affinity),
    ("tie", tie),
    ("sequence", sequence),
    ("embedding", embedding),
    ("similarity", similarity),
    ("overlap", overlap),
    ("position", position),
];

/// Reads the kind of a feature and everything that belongs to it.
pub(crate) fn kind(reader: &mut Reader<'_>) -> Result<Kind> {
    let word = reader.required("kind")?;
    let parse = choice(reader, "kind of feature", &word, &KINDS)?;
    parse(reader)
}

/// The meaning of a word among those that are known.
fn choice<T: Copy>(
    reader: &Reader<'_>,
    what: &'static str,
    word: &Word,
    known: &[(&str, T)],
) -> Result<T> {
    let found = known.iter().find(|(name, _)| *name == word.text);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let expected: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        unknown(reader, what, word, expected.join(", "))
    })
}

fn unknown(reader: &Reader<'_>, what: &'static str, word: &Word, expected: String) -> crate::Error {
    let fault = DeclarationFault::Unknown {
        what,
        found: word.text.clone(),
        expected,
    };
    reader.fault(word.at, fault)
}

fn option<T: Copy>(
    reader: &mut Reader<'_>,
    key: &'static str,
    known: &[(&str, T)],
    default: T,
) -> Result<T> {
    match reader.word(key)? {
        None => Ok(default),
        Some(word) => choice(reader, key, &word, known),
    }
}

fn field(reader: &mut Reader<'_>, of: &[FieldType]) -> Result<Field> {
    let word = reader.required("field")?;
    let found = Field::from_name(&word.text).filter(|field| of.contains(&field.holds()));
    found.ok_or_else(|| unknown(reader, "field of that type", &word, Field::names(of)))
}

fn scale(reader: &mut Reader<'_>) -> Result<Scale> {
    let known = [("linear", Scale::Linear), ("log1p", Scale::Log1p)];
    option(reader, "scale", &known, Scale::Linear)
}

fn combine(reader: &mut Reader<'_>) -> Result<Combine> {
    let known = [
        ("mean", Combine::Mean),
        ("max", Combine::Max),
        ("sum", Combine::Sum),
    ];
    option(reader, "combine", &known, Combine::Mean)
}

fn size(reader: &mut Reader<'_>) -> Result<u32> {
    let size = reader.whole("size", 2, 1 << 26)?;
    size.ok_or_else(|| reader.missing("size"))
}

fn last(reader: &mut Reader<'_>) -> Result<u32> {
    let last = reader.whole("last", 1, MOST)?;
    last.ok_or_else(|| reader.missing("last"))
}

fn marks(reader: &mut Reader<'_>, key: &'static str) -> Result<Marks> {
    let words = reader.words(key)?.ok_or_else(|| reader.missing(key))?;
    let mut marks = Marks::NONE;
    for word in &words {
        let found = Marks::from_name(&word.text).ok_or_else(|| {
            let expected = "impression, open, play, finish, pause, rewatch, rate, thumb, thumb_up, \
                            thumb_down, like, comment, share, save, follow, hide, report, search";
            unknown(reader, "event", word, expected.to_owned())
        })?;
        marks = marks.or(found);
    }
    Ok(marks)
}

/// A viewer's pairs by the name of the trait, `viewer_genre`.
fn scope_of(name: &str) -> Option<Scope> {
    match name {
        "viewer" => Some(Scope::Viewer),
        "item" => Some(Scope::Item),
        "creator" => Some(Scope::Creator),
        _ => {
            let rest = name.strip_prefix("viewer_")?;
            let found = Trait::ALL.iter().find(|(name, _)| *name == rest)?;
            Some(Scope::Pair(found.1))
        }
    }
}

fn scope(reader: &mut Reader<'_>) -> Result<Scope> {
    let word = reader.required("of")?;
    scope_of(&word.text).ok_or_else(|| {
        let pairs = Trait::ALL.iter().map(|(name, _)| format!("viewer_{name}"));
        let expected = format!(
            "viewer, item, creator, {}",
            pairs.collect::<Vec<_>>().join(", ")
        );
        unknown(reader, "thing with events", &word, expected)
    })
}

fn span(reader: &mut Reader<'_>) -> Result<Span> {
    let place = reader.place();
    match (reader.length("window")?, reader.length("half_life")?) {
        (None, None) => Ok(Span::Ever),
        (Some(window), None) => Ok(Span::Window(long_enough(reader, "window", window)?)),
        (None, Some(half_life)) => {
            let half_life = long_enough(reader, "half_life", half_life)?;
            Ok(Span::HalfLife(half_life))
        }
        (Some(_), Some(_)) => {
            let (first, second) = ("window", "half_life");
            Err(reader.fault(place, DeclarationFault::Both { first, second }))
        }
    }
}

/// Tiles are parts of a window, and have to be of some length themselves.
fn long_enough(reader: &Reader<'_>, key: &'static str, millis: i64) -> Result<i64> {
    if millis >= 60_000 {
        return Ok(millis);
    }
    let found = millis as f64 / 1000.0;
    Err(reader.out_of_range(key, found, reader.place(), "one minute at the least"))
}

fn measure(reader: &mut Reader<'_>) -> Result<Measure> {
    let known = [("count", Measure::Count), ("watched", Measure::Watched)];
    option(reader, "measure", &known, Measure::Count)
}

/// A share and its weight; where neither is said, nothing is assumed.
fn prior(reader: &mut Reader<'_>) -> Result<Prior> {
    let mut one = |key, most| -> Result<Option<f64>> {
        match reader.number(key)? {
            Some((found, at)) if !(0.0..=most).contains(&found) => {
                Err(reader.out_of_range(key, found, at, "a number from 0 within its limits"))
            }
            found => Ok(found.map(|(found, _)| found)),
        }
    };
    match (one("prior", 1e9)?, one("prior_weight", 1e9)?) {
        (None, None) => Ok(Prior {
            share: 0.0,
            weight: 0.0,
        }),
        (Some(share), Some(weight)) => Ok(Prior { share, weight }),
        (None, Some(_)) => Err(reader.missing("prior")),
        (Some(_), None) => Err(reader.missing("prior_weight")),
    }
}

fn raw(reader: &mut Reader<'_>) -> Result<Kind> {
    Ok(Kind::Raw {
        field: field(reader, &[FieldType::Number])?,
        scale: scale(reader)?,
    })
}

fn since(reader: &mut Reader<'_>) -> Result<Kind> {
    let units = [
        ("seconds", 1_000),
        ("minutes", 60_000),
        ("hours", 3_600_000),
        ("days", 86_400_000),
    ];
    let word = reader.required("unit")?;
    let unit_ms = choice(reader, "unit of time", &word, &units)?;
    let what = if reader.has("field") {
        Since::Field(field(reader, &[FieldType::Time])?)
    } else {
        let at = reader.place();
        let of = match scope(reader)? {
            Scope::Viewer => None,
            Scope::Pair(of) => Some(of),
            Scope::Item | Scope::Creator => {
                let fault = DeclarationFault::Input {
                    name: "of".to_owned(),
                    found: "kept in counts without times",
                    expected: "viewer or a pair such as viewer_item",
                };
                return Err(reader.fault(at, fault));
            }
        };
        Since::Event(of, marks(reader, "events")?)
    };
    Ok(Kind::Since {
        what,
        unit_ms,
        scale: scale(reader)?,
    })
}

fn bucketed(reader: &mut Reader<'_>) -> Result<Kind> {
    let (borders, at) = reader.borders("borders")?;
    Ok(Kind::Bucketed {
        input: reader.required("from")?,
        borders,
        at,
    })
}

fn hashed(reader: &mut Reader<'_>) -> Result<Kind> {
    Ok(Kind::Hashed {
        field: field(reader, &[FieldType::Text, FieldType::Texts])?,
        size: size(reader)?,
        nth: reader.whole("nth", 1, 64)?.unwrap_or(1) - 1,
    })
}

fn category(reader: &mut Reader<'_>) -> Result<Kind> {
    let field = field(reader, &[FieldType::Text])?;
    let values = reader
        .words("values")?
        .ok_or_else(|| reader.missing("values"))?;
    Ok(Kind::Category {
        field,
        values: values.iter().map(|word| text_hash(&word.text)).collect(),
    })
}

fn crossed(reader: &mut Reader<'_>) -> Result<Kind> {
    Ok(Kind::Crossed {
        inputs: reader
            .words("from")?
            .ok_or_else(|| reader.missing("from"))?,
        size: size(reader)?,
    })
}

fn counter(reader: &mut Reader<'_>) -> Result<Kind> {
    Ok(Kind::Counter {
        scope: scope(reader)?,
        signal: Signal {
            marks: marks(reader, "events")?,
            measure: measure(reader)?,
            span: span(reader)?,
        },
        scale: scale(reader)?,
        combine: combine(reader)?,
    })
}

fn rate(reader: &mut Reader<'_>) -> Result<Kind> {
    let (scope, span) = (scope(reader)?, span(reader)?);
    let signal = |marks, measure| Signal {
        marks,
        measure,
        span,
    };
    Ok(Kind::Rate {
        scope,
        top: signal(marks(reader, "events")?, measure(reader)?),
        bottom: signal(marks(reader, "per")?, Measure::Count),
        prior: prior(reader)?,
        combine: combine(reader)?,
    })
}

fn affinity(reader: &mut Reader<'_>) -> Result<Kind> {
    let word = reader.required("to")?;
    Ok(Kind::Affinity {
        of: choice(reader, "trait", &word, &Trait::ALL)?,
        signal: Signal {
            marks: marks(reader, "events")?,
            measure: measure(reader)?,
            span: span(reader)?,
        },
        prior: prior(reader)?,
        combine: combine(reader)?,
    })
}

fn tie(reader: &mut Reader<'_>) -> Result<Kind> {
    let half_life = reader.length("half_life")?;
    Ok(Kind::Tie {
        half_life_ms: half_life.ok_or_else(|| reader.missing("half_life"))?,
    })
}

fn sequence(reader: &mut Reader<'_>) -> Result<Kind> {
    Ok(Kind::Sequence {
        marks: marks(reader, "events")?,
        last: last(reader)?,
        ids: reader.required("ids")?,
    })
}

fn vectors(reader: &mut Reader<'_>, key: &'static str) -> Result<Vectors> {
    let name = reader.required(key)?.text;
    let dim = reader.whole("dim", 1, MOST)?;
    let dim = dim.ok_or_else(|| reader.missing("dim"))?;
    Ok(Vectors { name, dim })
}

fn embedding(reader: &mut Reader<'_>) -> Result<Kind> {
    let word = reader.required("of")?;
    let known = [("viewer", Owner::Viewer), ("item", Owner::Item)];
    Ok(Kind::Embedding {
        table: vectors(reader, "table")?,
        of: choice(reader, "thing with vectors", &word, &known)?,
    })
}

fn similarity(reader: &mut Reader<'_>) -> Result<Kind> {
    let items = vectors(reader, "table")?;
    let with = if reader.has("viewer_table") {
        With::Viewer(vectors(reader, "viewer_table")?)
    } else {
        With::Recent {
            marks: marks(reader, "events")?,
            last: last(reader)?,
        }
    };
    let norms = [("dot", Norm::Dot), ("cosine", Norm::Cosine)];
    Ok(Kind::Similarity {
        items,
        with,
        norm: option(reader, "norm", &norms, Norm::Cosine)?,
    })
}

fn overlap(reader: &mut Reader<'_>) -> Result<Kind> {
    let word = reader.required("of")?;
    let known = [
        ("genre", Trait::Genre),
        ("tag", Trait::Tag),
        ("creator", Trait::Creator),
    ];
    Ok(Kind::Overlap {
        list: choice(reader, "list", &word, &known)?,
        marks: marks(reader, "events")?,
        last: last(reader)?,
    })
}

fn position(_: &mut Reader<'_>) -> Result<Kind> {
    Ok(Kind::Position)
}
