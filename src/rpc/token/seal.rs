//! Sealing and opening.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

use crate::rpc::{convert::Invalid, failure::Failure, token::TokenKey};

/// The form of tokens that this version makes and takes.
const FORM: u8 = 1;
/// Bytes of a digest: as many as make it hopeless to find two requests with the same one.
const DIGEST_BYTES: usize = 16;
/// Bytes of the keyed hash that are kept.
const SEAL_BYTES: usize = 16;
/// Where the place begins: behind the form, the kind and two digests.
const HEAD_BYTES: usize = 2 + 2 * DIGEST_BYTES;
/// The longest token that is looked at, in characters: several times what any place needs.
const MAX_CHARACTERS: usize = 1_024;

/// What a token goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A list, page by page.
    List = 1,
    /// A search.
    Search = 2,
    /// An export.
    Export = 3,
}

/// What a token is good for: one kind of call, one request, one caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct For {
    /// The field that it comes in.
    field: &'static str,
    kind: Kind,
    request: [u8; DIGEST_BYTES],
    caller: [u8; DIGEST_BYTES],
}

impl For {
    /// A token for `request`, which has only those fields set that all calls of one stream or list have in common, made
    /// by `caller`, whose name is empty where callers have none. It comes in `field`.
    pub(crate) fn new(kind: Kind, field: &'static str, request: &impl Message, caller: &str) -> Self {
        Self { field, kind, request: digest(&request.encode_to_vec()), caller: digest(caller.as_bytes()) }
    }

    /// The same for an answer that depends on something else as well, which has a name.
    pub(crate) fn depending_on(self, name: &str) -> Self {
        Self { request: digest(&[&self.request, name.as_bytes()].concat()), ..self }
    }

    fn head(&self) -> Vec<u8> {
        [&[FORM, self.kind as u8], self.request.as_slice(), &self.caller].concat()
    }

    fn invalid(&self, message: &str) -> Failure {
        Failure::TokenInvalid(Invalid::new(self.field, message))
    }

    fn mismatch(&self, message: &str) -> Failure {
        Failure::TokenMismatch(Invalid::new(self.field, message))
    }
}

/// Makes tokens and takes them back. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    key: TokenKey,
}

impl Tokens {
    /// Seals with a key.
    pub(crate) fn new(key: TokenKey) -> Self {
        Self { key }
    }

    /// A token that says where to go on.
    pub(crate) fn seal(&self, for_whom: &For, place: &impl Serialize) -> String {
        let mut token = for_whom.head();
        token.extend(postcard::to_stdvec(place).expect("places are numbers, which can always be written"));
        token.extend(self.seal_of(&token));
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }

    /// Where a token says to go on; `None` for the empty one.
    ///
    /// # Errors
    /// When it is damaged, was sealed with another key or by a later version (`TOKEN_INVALID`), or is for something
    /// else (`TOKEN_MISMATCH`).
    pub(crate) fn open<P: DeserializeOwned>(&self, for_whom: &For, token: &str) -> Result<Option<P>, Failure> {
        if token.is_empty() {
            return Ok(None);
        }
        let damaged = || for_whom.invalid("is not as this service gave it out; begin anew without one");
        if token.len() > MAX_CHARACTERS {
            return Err(damaged());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| damaged())?;
        if bytes.first().is_some_and(|&form| form > FORM) {
            return Err(for_whom.invalid("is of a later version of this service; begin anew without one"));
        }
        let sealed = bytes.len().checked_sub(SEAL_BYTES).filter(|&sealed| sealed >= HEAD_BYTES).ok_or_else(damaged)?;
        let (sealed, seal) = bytes.split_at(sealed);
        if !is_same(&self.seal_of(sealed), seal) {
            return Err(damaged());
        }
        let (head, place) = sealed.split_at(HEAD_BYTES);
        let (request, caller) = head.split_at(HEAD_BYTES - DIGEST_BYTES);
        let expected = for_whom.head();
        if request != &expected[..request.len()] {
            return Err(for_whom.mismatch("belongs to another request; send that one, or begin anew without a token"));
        }
        if caller != for_whom.caller {
            return Err(for_whom.mismatch("belongs to another caller; begin anew without one"));
        }
        postcard::from_bytes(place).map(Some).map_err(|_| damaged())
    }

    fn seal_of(&self, bytes: &[u8]) -> [u8; SEAL_BYTES] {
        first(&blake3::keyed_hash(self.key.bytes(), bytes))
    }
}

/// Compares in a time that does not depend on where they differ.
fn is_same(one: &[u8; SEAL_BYTES], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

fn digest(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    first(&blake3::hash(bytes))
}

fn first<const N: usize>(hash: &blake3::Hash) -> [u8; N] {
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::proto::{ListDocumentsRequest, SearchRequest};

    const PLACE: (u32, u64) = (7, u64::MAX);

    fn tokens(key: u8) -> Tokens {
        Tokens::new(TokenKey::new([key; TokenKey::BYTES]))
    }

    fn search(limit: u32, caller: &str) -> For {
        For::new(Kind::Search, "resume_token", &SearchRequest { limit, ..SearchRequest::default() }, caller)
    }

    #[track_caller]
    fn check(tokens: &Tokens, for_whom: &For, token: &str, expected: Result<Option<(u32, u64)>, &str>) {
        let opened = tokens.open(for_whom, token).map_err(|failure| failure.reason());
        assert_eq!(opened, expected, "{token}");
    }

    #[test]
    fn a_token_is_good_for_what_it_was_made_for_only() {
        let token = tokens(1).seal(&search(3, ""), &PLACE);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        check(&tokens(1), &search(3, ""), &token, Ok(Some(PLACE)));
        check(&tokens(1), &search(3, ""), "", Ok(None));
        check(&tokens(1), &search(4, ""), &token, Err("TOKEN_MISMATCH"));
        check(&tokens(1), &search(3, "desk"), &token, Err("TOKEN_MISMATCH"));
        let list = For::new(Kind::List, "page_token", &ListDocumentsRequest::default(), "");
        check(&tokens(1), &list, &token, Err("TOKEN_MISMATCH"));
        check(&tokens(2), &search(3, ""), &token, Err("TOKEN_INVALID"));
    }

    #[test]
    fn every_damage_is_found() {
        let good = tokens(1).seal(&search(3, ""), &PLACE);
        for at in 0..good.len() {
            for other in ["A", "Q", "_"].into_iter().filter(|other| *other != &good[at..=at]) {
                let damaged = format!("{}{other}{}", &good[..at], &good[at + 1..]);
                check(&tokens(1), &search(3, ""), &damaged, Err("TOKEN_INVALID"));
            }
            check(&tokens(1), &search(3, ""), &good[..at], if at == 0 { Ok(None) } else { Err("TOKEN_INVALID") });
        }
        for damaged in [format!("{good}A"), format!("{good}="), "页".repeat(16), "A".repeat(MAX_CHARACTERS + 1)] {
            check(&tokens(1), &search(3, ""), &damaged, Err("TOKEN_INVALID"));
        }
    }

    #[test]
    fn a_later_version_is_named() {
        let later = BASE64_URL_SAFE_NO_PAD.encode([&[FORM + 1], [0; 99].as_slice()].concat());
        let refused = tokens(1).open::<()>(&search(3, ""), &later).expect_err("must be refused");
        assert_eq!(refused.reason(), "TOKEN_INVALID");
        assert!(refused.to_string().contains("later version"), "{refused}");
    }
}
