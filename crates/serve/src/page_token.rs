//! Where a page starts, as an opaque text.
//!
//! Hexadecimal digits of: the version (1 byte), a check over call, version and what follows (8 bytes),
//! and what the call needs to go on: for a list in the order of ids the id after which the page
//! starts, for a ranked list hashes of what earlier pages have shown. The check tells a damaged or
//! invented token, and one of another call, from ours; a token grants nothing, so it need not be
//! secret.

use marquee_core::{ItemId, id::MAX_ID_BYTES};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

/// Another layout takes another number.
const VERSION: u8 = 1;
const CHECK_BYTES: usize = 8;

/// Most items that the pages of one ranked list show: as many as a token of 8,192 bytes remembers.
pub(crate) const MAX_SHOWN: usize = 1000;

/// The calls that have pages.
#[derive(Debug, Clone, Copy)]
enum Call {
    ListItems,
    Recommend,
}

impl Call {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::ListItems => b"marquee.v1.CatalogService/ListItems",
            Self::Recommend => b"marquee.v1.RecommendationService/Recommend",
        }
    }

    /// Most bytes of what the call needs.
    const fn longest(self) -> usize {
        match self {
            Self::ListItems => MAX_ID_BYTES,
            Self::Recommend => 4 * MAX_SHOWN,
        }
    }
}

/// The token of the page after `last`.
pub(crate) fn write(last: &str) -> String {
    token(Call::ListItems, last.as_bytes())
}

/// The id after which the page of `token` starts.
///
/// # Errors
///
/// [`Refusal::InvalidPageToken`] when [`write`] did not make it.
pub(crate) fn read(token: &str) -> Result<ItemId, Refusal> {
    let id = payload(Call::ListItems, token).and_then(|bytes| String::from_utf8(bytes).ok());
    let id = id.and_then(|id| ItemId::new(id).ok());
    id.ok_or(Refusal::InvalidPageToken)
}

/// The token of the page after those that have shown `shown`, which rise; none when that is more than
/// a token remembers.
pub(crate) fn write_shown(shown: &[u32]) -> Option<String> {
    let bytes: Vec<u8> = shown.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    (shown.len() <= MAX_SHOWN).then(|| token(Call::Recommend, &bytes))
}

/// What the pages before that of `token` have shown, rising.
///
/// # Errors
///
/// [`Refusal::InvalidPageToken`] when [`write_shown`] did not make it.
pub(crate) fn read_shown(token: &str) -> Result<Vec<u32>, Refusal> {
    let bytes = payload(Call::Recommend, token).ok_or(Refusal::InvalidPageToken)?;
    let (hashes, []) = bytes.as_chunks::<4>() else {
        return Err(Refusal::InvalidPageToken);
    };
    Ok(hashes.iter().copied().map(u32::from_le_bytes).collect())
}

fn token(call: Call, payload: &[u8]) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(check(call, payload));
    bytes.extend(payload);
    hex(&bytes)
}

fn payload(call: Call, token: &str) -> Option<Vec<u8>> {
    if token.len() > 2 * (1 + CHECK_BYTES + call.longest()) {
        return None;
    }
    let bytes = unhex(token)?;
    let (&version, rest) = bytes.split_first()?;
    let (found, payload) = rest.split_at_checked(CHECK_BYTES)?;
    let ours = version == VERSION && found == check(call, payload);
    ours.then(|| payload.to_vec())
}

fn check(call: Call, payload: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update(call.name());
    hasher.update([VERSION]);
    hasher.update(payload);
    let digest: [u8; 32] = hasher.finalize().into();
    std::array::from_fn(|place| digest[place])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?))
        .collect()
}

/// Lower case only, so that each page has one token.
fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn longest_token_fits_the_limit_of_the_request() {
        let token = write(&"x".repeat(MAX_ID_BYTES));
        assert!(read(&token).is_ok());
        assert!(token.len() <= crate::convert::MAX_PAGE_TOKEN_BYTES);
        let shown: Vec<u32> = (0..1000).collect();
        let token = write_shown(&shown).unwrap();
        assert_eq!(read_shown(&token), Ok(shown));
        assert!(token.len() <= crate::convert::MAX_SHOWN_TOKEN_BYTES);
        assert_eq!(write_shown(&[0; MAX_SHOWN + 1]), None);
    }

    #[test]
    fn token_of_another_call_is_refused() {
        assert!(read_shown(&write("abcd")).is_err());
        assert!(read(&write_shown(&[0x6463_6261]).unwrap()).is_err());
    }

    #[test]
    fn tokens_of_another_version_are_refused() {
        let token = write("m1");
        let later = format!("02{}", &token[2..]);
        assert_eq!(read(&later), Err(Refusal::InvalidPageToken));
    }

    proptest! {
        #[test]
        fn token_leads_back_to_its_id(id in "\\PC{1,60}") {
            let back = read(&write(&id)).unwrap();
            prop_assert_eq!(back.as_str(), id);
        }

        #[test]
        fn one_changed_letter_is_refused(id in "\\PC{1,60}", at in 0_usize..1000, to in "[0-9a-fA-Fg]") {
            let token = write(&id);
            let at = at % token.len();
            let mut changed = token.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != token);
            prop_assert_eq!(read(&changed), Err(Refusal::InvalidPageToken));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = read(&text);
        }
    }
}
