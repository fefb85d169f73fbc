//! Where a page starts, as an opaque text.
//!
//! Hexadecimal digits of: the version (1 byte), a check over version and id (8 bytes), the id after
//! which the page starts. The check tells a damaged or invented token from ours; a token grants
//! nothing, so it need not be secret.

use marquee_core::{ItemId, id::MAX_ID_BYTES};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

/// What tokens of `CatalogService.ListItems` start with; another layout takes another number.
const VERSION: u8 = 1;
const CHECK_BYTES: usize = 8;
const LARGEST: usize = 2 * (1 + CHECK_BYTES + MAX_ID_BYTES);

/// The token of the page after `last`.
pub(crate) fn write(last: &str) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(check(last));
    bytes.extend(last.as_bytes());
    hex(&bytes)
}

/// The id after which the page of `token` starts.
///
/// # Errors
///
/// [`Refusal::InvalidPageToken`] when [`write`] did not make it.
pub(crate) fn read(token: &str) -> Result<ItemId, Refusal> {
    id_of(token).ok_or(Refusal::InvalidPageToken)
}

fn id_of(token: &str) -> Option<ItemId> {
    if token.len() > LARGEST {
        return None;
    }
    let bytes = unhex(token)?;
    let (&version, rest) = bytes.split_first()?;
    let (found, id) = rest.split_at_checked(CHECK_BYTES)?;
    let id = std::str::from_utf8(id).ok()?;
    let ours = version == VERSION && found == check(id);
    if ours { ItemId::new(id).ok() } else { None }
}

fn check(id: &str) -> [u8; CHECK_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update(b"marquee.v1.CatalogService/ListItems");
    hasher.update([VERSION]);
    hasher.update(id.as_bytes());
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
        assert_eq!(token.len(), LARGEST);
        const { assert!(LARGEST <= crate::convert::MAX_PAGE_TOKEN_BYTES) };
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
