//! Where a list goes on, as callers carry it from page to page.
//!
//! A token names a place in the order of arrival and the list that it belongs to. It holds no secret and gives no right:
//! its checksum finds damage, not forgery, and a forged one could name a place that its caller may ask for anyway.

use crate::rpc::{convert::Invalid, failure::Failure};

/// The field that it comes in.
const FIELD: &str = "page_token";
/// Hexadecimal digits of each of its parts: the place, the list's digest, the checksum over both.
const PART_DIGITS: usize = 16;

/// The token for the page after a sequence. `list` is what all pages of the list have in common.
pub(super) fn token(after: u64, list: &[u8]) -> String {
    let list = digest(list);
    format!("{after:016x}{list:016x}{:016x}", checksum(after, list))
}

/// The sequence after which the page begins; `None` for the first page, which has no token.
pub(super) fn after(token: &str, list: &[u8]) -> Result<Option<u64>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let parts = parts(token).filter(|&[after, list, check]| check == checksum(after, list));
    let Some([after, of, _]) = parts else {
        let message = "is not as this service gave it out; begin anew without one";
        return Err(Failure::TokenInvalid(Invalid::new(FIELD, message)));
    };
    if of != digest(list) {
        let message = "belongs to a list with another filter; send that one, or begin anew without a token";
        return Err(Failure::TokenMismatch(Invalid::new(FIELD, message)));
    }
    Ok(Some(after))
}

/// The parts of a token that has the form of one.
fn parts(token: &str) -> Option<[u64; 3]> {
    let is_ours = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if token.len() != 3 * PART_DIGITS || !token.bytes().all(is_ours) {
        return None;
    }
    let part = |number: usize| u64::from_str_radix(&token[number * PART_DIGITS..][..PART_DIGITS], 16).ok();
    Some([part(0)?, part(1)?, part(2)?])
}

fn checksum(after: u64, list: u64) -> u64 {
    digest(&[after.to_be_bytes(), list.to_be_bytes()].concat())
}

fn digest(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(*blake3::hash(bytes).as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(token: &str, reason: &str) {
        assert_eq!(after(token, b"list").expect_err("must be refused").reason(), reason, "{token}");
    }

    #[test]
    fn a_token_is_good_for_its_list_only() {
        for place in [0, 1, u64::MAX] {
            assert_eq!(after(&token(place, b"list"), b"list").unwrap(), Some(place));
        }
        assert_eq!(after("", b"list").unwrap(), None);
        check_refused(&token(7, b"another"), "TOKEN_MISMATCH");
    }

    #[test]
    fn every_damage_is_found() {
        let good = token(7, b"list");
        for at in 0..good.len() {
            let other = if &good[at..=at] == "0" { "1" } else { "0" };
            check_refused(&format!("{}{other}{}", &good[..at], &good[at + 1..]), "TOKEN_INVALID");
        }
        let shorter = &good[..good.len() - 1];
        for damaged in [shorter, &format!("{good}0"), &good.to_uppercase(), "页", &"页".repeat(16), "7"] {
            check_refused(damaged, "TOKEN_INVALID");
        }
    }
}
