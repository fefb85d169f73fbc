//! Entries as bytes: one byte that says which, then the record.

use marquee_core::{ItemId, SessionId, Timestamp, UserId};

use super::{Decoder, catalog, event, put_id, put_signed};
use crate::{Entry, Error, Problem, Result};

/// The largest entry, in encoded bytes.
pub(crate) const MAX_ENTRY_BYTES: usize = 1 << 20;
/// The most elements that a list in a record of an item may have.
const MAX_LIST: usize = 1 << 16;

/// What an entry is; the numbers never change.
mod tag {
    pub(super) const EVENT: u8 = 1;
    pub(super) const PUT_ITEM: u8 = 2;
    pub(super) const DELETE_ITEM: u8 = 3;
    pub(super) const PUT_USER: u8 = 4;
    pub(super) const DELETE_USER: u8 = 5;
    pub(super) const SIGN_IN: u8 = 6;
}

/// Appends `entry`, which arrived at `received`.
///
/// # Errors
///
/// [`Error::TooLarge`] when it or one of its lists is beyond the limits.
pub(crate) fn encode_entry(to: &mut Vec<u8>, entry: &Entry, received: Timestamp) -> Result<()> {
    let start = to.len();
    match entry {
        Entry::Event(event) => {
            to.push(tag::EVENT);
            event::encode(to, event, received);
        }
        Entry::PutItem(item) => {
            let lists = [item.genres.len(), item.tags.len(), item.creators.len()];
            let longest = lists.into_iter().max().unwrap_or(0);
            let longest = longest
                .max(item.availability.len())
                .max(item.artworks.len());
            check("list", longest, MAX_LIST)?;
            to.push(tag::PUT_ITEM);
            catalog::encode_item(to, item);
        }
        Entry::DeleteItem(id) => {
            to.push(tag::DELETE_ITEM);
            put_id(to, id.as_str());
        }
        Entry::PutUser(user) => {
            to.push(tag::PUT_USER);
            catalog::encode_user(to, user);
        }
        Entry::DeleteUser(id) => {
            to.push(tag::DELETE_USER);
            put_id(to, id.as_str());
        }
        Entry::SignIn {
            session,
            user,
            time,
        } => {
            to.push(tag::SIGN_IN);
            put_id(to, session.as_str());
            put_id(to, user.as_str());
            put_signed(to, time.as_millis());
        }
    }
    check("entry", to.len() - start, MAX_ENTRY_BYTES)
}

/// The entry that these bytes are, all of them.
pub(crate) fn decode_entry(bytes: &[u8], received: Timestamp) -> Result<Entry, Problem> {
    let from = &mut Decoder::new(bytes);
    let entry = match from.byte()? {
        tag::EVENT => Entry::Event(event::decode(from, received)?),
        tag::PUT_ITEM => Entry::PutItem(catalog::decode_item(from)?),
        tag::DELETE_ITEM => Entry::DeleteItem(from.id(ItemId::new)?),
        tag::PUT_USER => Entry::PutUser(catalog::decode_user(from)?),
        tag::DELETE_USER => Entry::DeleteUser(from.id(UserId::new)?),
        tag::SIGN_IN => Entry::SignIn {
            session: from.id(SessionId::new)?,
            user: from.id(UserId::new)?,
            time: Timestamp::from_millis(from.signed()?),
        },
        found => {
            return Err(Problem::Unknown {
                what: "kind of entry",
                found: found.into(),
            });
        }
    };
    from.clone().finish()?;
    Ok(entry)
}

fn check(what: &'static str, found: usize, limit: usize) -> Result<()> {
    if found > limit {
        return Err(Error::TooLarge { what, found, limit });
    }
    Ok(())
}
