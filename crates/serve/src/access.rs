//! Who may call: API keys, kept as digests in a file.
//!
//! One key a line, `NAME:SHA256[:ROLE]`: a name for logs, the SHA-256 of the key in 64 hexadecimal
//! digits, and a role: `read` (what a line without one means), `write`, which includes `read`, or
//! `admin`, which includes both. Empty lines and lines that start with `#` say nothing. The key itself
//! is nowhere on the server:
//!
//! ```text
//! # printf %s "$KEY" | sha256sum
//! app:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b
//! ops:fcf730b6d95236ecd3c9fc2d92d7b6b2bb061514961aec041d6c7a7192f592e4:admin
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::{
    ServeError,
    calls::{Access, Call},
    refusal::Refusal,
};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Ask and look.
    Read,
    /// Also write events and the catalog.
    Write,
    /// Also decide which model answers, export and erase.
    Admin,
}

impl Role {
    /// As it stands in the file of keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Who calls, for logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody in particular: the call is public, or the server asks for no keys.
    Anyone,
    /// The holder of the key with this name.
    Key(Arc<str>),
}

impl Caller {
    /// The name for logs; empty for anyone.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Anyone => "",
            Self::Key(name) => name,
        }
    }
}

/// The keys that are let in.
#[derive(Debug)]
pub(crate) enum Keys {
    /// Everybody may do everything: only for a server that nobody else can reach.
    NotAsked,
    /// These, and nobody else.
    Listed(Vec<Key>),
}

/// One key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    name: Arc<str>,
    digest: [u8; 32],
    role: Role,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads a file of keys.
    ///
    /// # Errors
    ///
    /// When it cannot be read, a line is no key, a name or digest stands twice, or there is none.
    pub(crate) fn read(path: &Path) -> Result<Self, ServeError> {
        let text = fs::read_to_string(path).map_err(|source| ServeError::Read {
            path: path.to_owned(),
            source,
        })?;
        let keys = parse(&text).map_err(|problem| ServeError::Keys {
            path: path.to_owned(),
            problem,
        })?;
        Ok(Self::Listed(keys))
    }

    /// Whether calls need a key.
    pub(crate) fn are_asked_for(&self) -> bool {
        matches!(self, Self::Listed(_))
    }

    /// Lets the caller of `call` in, or says why not.
    pub(crate) fn admit(&self, call: &Call, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let Access::Needs(needed) = call.access else {
            return Ok(Caller::Anyone);
        };
        let Self::Listed(keys) = self else {
            return Ok(Caller::Anyone);
        };
        let presented = presented(headers).ok_or(Refusal::CredentialsMissing)?;
        let key = holder(keys, presented).ok_or(Refusal::CredentialsInvalid)?;
        if key.role < needed {
            return Err(Refusal::RoleMissing { needed });
        }
        Ok(Caller::Key(Arc::clone(&key.name)))
    }
}

/// The key that a call carries.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.as_bytes().split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(key)
    });
    bearer.or_else(|| headers.get("x-api-key").map(|value| value.as_bytes()))
}

/// Whose key it is. Every digest is compared, each in constant time, so that the time taken tells
/// nothing about the keys.
fn holder<'a>(keys: &'a [Key], presented: &[u8]) -> Option<&'a Key> {
    let digest: [u8; 32] = Sha256::digest(presented).into();
    let mut found = None;
    for key in keys {
        let same: Choice = key.digest.ct_eq(&digest);
        if bool::from(same) {
            found = Some(key);
        }
    }
    found
}

/// What is wrong with a file of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysProblem {
    /// A line is not `NAME:SHA256[:ROLE]`.
    #[error("line {line}: expected NAME:SHA256 or NAME:SHA256:ROLE, found {parts} parts")]
    Parts {
        /// Counted from 1.
        line: usize,
        /// How many parts it has.
        parts: usize,
    },
    /// A name is empty.
    #[error("line {line}: the name is empty")]
    Name {
        /// Counted from 1.
        line: usize,
    },
    /// A digest is not 64 hexadecimal digits.
    #[error("line {line}: expected a SHA-256 of 64 hexadecimal digits")]
    Digest {
        /// Counted from 1.
        line: usize,
    },
    /// A role that does not exist.
    #[error("line {line}: expected the role read, write or admin, found {found:?}")]
    Role {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// A name or a digest stands twice.
    #[error("line {line}: the name or the key of line {first} stands here again")]
    Repeated {
        /// Counted from 1.
        line: usize,
        /// Where it stood first.
        first: usize,
    },
    /// No key at all: nobody could call.
    #[error("holds no key")]
    Empty,
}

fn parse(text: &str) -> Result<Vec<Key>, KeysProblem> {
    let mut keys: Vec<(usize, Key)> = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let (number, line) = (place + 1, line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = parse_line(number, line)?;
        let same = |other: &Key| other.name == key.name || other.digest == key.digest;
        if let Some((first, _)) = keys.iter().find(|(_, other)| same(other)) {
            return Err(KeysProblem::Repeated {
                line: number,
                first: *first,
            });
        }
        keys.push((number, key));
    }
    if keys.is_empty() {
        return Err(KeysProblem::Empty);
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

fn parse_line(line: usize, text: &str) -> Result<Key, KeysProblem> {
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    let (name, digest, role) = match parts[..] {
        [name, digest] => (name, digest, "read"),
        [name, digest, role] => (name, digest, role),
        _ => {
            return Err(KeysProblem::Parts {
                line,
                parts: parts.len(),
            });
        }
    };
    if name.is_empty() {
        return Err(KeysProblem::Name { line });
    }
    let role = [Role::Read, Role::Write, Role::Admin]
        .into_iter()
        .find(|known| known.name() == role)
        .ok_or_else(|| KeysProblem::Role {
            line,
            found: role.to_owned(),
        })?;
    Ok(Key {
        name: Arc::from(name),
        digest: digest_of_hex(digest).ok_or(KeysProblem::Digest { line })?,
        role,
    })
}

fn digest_of_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        })
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[pair.len() - 1])
        .collect();
    if digits.len() == 64 {
        bytes.try_into().ok()
    } else {
        None
    }
}

/// Where the keys are, as configuration says it.
pub(crate) fn open(path: Option<&PathBuf>) -> Result<Keys, ServeError> {
    path.map_or(Ok(Keys::NotAsked), |path| Keys::read(path))
}

#[cfg(test)]
mod tests;
