//! Titles, descriptions and comments out of the words of a genre.

use crate::draw::Draw;

use super::{
    record::Sentiment,
    words::{COMPLAINTS, GENRES, Genre, PRAISE, REMARKS, STUDIO_FIRST, STUDIO_SECOND},
};

/// A title of two to five words.
pub(super) fn title(genre: u8, draw: &mut Draw) -> String {
    let genre = &GENRES[usize::from(genre)];
    let (adjective, noun, other) = words(genre, draw);
    let text = match draw.below(5) {
        0 => format!("The {adjective} {noun}"),
        1 => format!("{noun} of the {other}"),
        2 => format!("{adjective} {noun}"),
        3 => format!("{} and {}", an(noun), an(other)),
        _ => format!("{adjective} {noun}, {adjective} {other}"),
    };
    capitalized(&text)
}

/// Two sentences about both genres.
pub(super) fn description(first: u8, second: u8, draw: &mut Draw) -> String {
    let (adjective, noun, other) = words(&GENRES[usize::from(first)], draw);
    let (their, place, thing) = words(&GENRES[usize::from(second)], draw);
    let opening = match draw.below(4) {
        0 => format!("{} {noun} meets {}.", an(adjective), an(other)),
        1 => format!("nobody expected the {noun}, least of all the {adjective} {other}."),
        2 => format!(
            "one {adjective} day, {} changes the {other} for good.",
            an(noun)
        ),
        _ => format!(
            "it begins with {} and ends with the {adjective} {other}.",
            an(noun)
        ),
    };
    let end = match draw.below(3) {
        0 => format!("with {} {place} and more than one {thing}.", an(their)),
        1 => format!(
            "for everybody who likes {} and {} {thing}.",
            an(place),
            an(their)
        ),
        _ => format!("the {thing} is {their}, and so is the {place}."),
    };
    format!("{} {}", capitalized(&opening), capitalized(&end))
}

/// Zero to three tags, each at most once.
pub(super) fn tags(first: u8, second: u8, draw: &mut Draw) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for genre in [first, first, second] {
        if draw.chance(0.7) {
            let tag = draw.pick(&GENRES[usize::from(genre)].tags);
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
    }
    tags
}

/// A comment that says `sentiment` about an item of `genre`.
pub(super) fn comment(genre: u8, sentiment: Sentiment, draw: &mut Draw) -> String {
    let pattern = match sentiment {
        Sentiment::Positive => draw.pick(&PRAISE),
        Sentiment::Neutral => draw.pick(&REMARKS),
        Sentiment::Negative => draw.pick(&COMPLAINTS),
    };
    let noun = draw.pick(&GENRES[usize::from(genre)].nouns);
    pattern.replace("{}", noun)
}

/// The name of a creator.
pub(super) fn studio(draw: &mut Draw) -> String {
    let first = draw.pick(&STUDIO_FIRST);
    format!("{first} {}", draw.pick(&STUDIO_SECOND))
}

/// An adjective and two different nouns.
fn words(genre: &Genre, draw: &mut Draw) -> (&'static str, &'static str, &'static str) {
    let first = draw.index(genre.nouns.len());
    let step = 1 + draw.index(genre.nouns.len() - 1);
    let second = (first + step) % genre.nouns.len();
    let adjective = draw.index(genre.adjectives.len());
    (
        genre.adjectives[adjective],
        genre.nouns[first],
        genre.nouns[second],
    )
}

/// `word` after its article.
fn an(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) && !word.starts_with("uni") {
        "an"
    } else {
        "a"
    };
    format!("{article} {word}")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
