//! What a call brings along in its headers: its name and its time.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use http::HeaderMap;

/// The metadata that carries the name of a call, in both directions.
pub(super) const REQUEST_ID: &str = "x-request-id";
/// The longest name that a caller may give, in characters.
const REQUEST_ID_CHARACTERS: usize = 64;
/// The most digits of a `grpc-timeout`, by the protocol.
const TIMEOUT_DIGITS: usize = 8;

/// Gives names to calls that come without one: unlike others of this process by a count, unlike those of other
/// processes by a random start.
#[derive(Debug)]
pub(super) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Draws the random start.
    pub(super) fn new() -> Self {
        // The standard library's hasher is seeded by the system's randomness: enough to keep names apart.
        Self { process: RandomState::new().hash_one("request ids"), next: AtomicU64::new(1) }
    }

    /// The caller's name for the call if it gave a fit one, else a new one.
    pub(super) fn name(&self, headers: &HeaderMap) -> String {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|name| is_fit(name));
        given.map_or_else(|| self.new_name(), ToOwned::to_owned)
    }

    fn new_name(&self) -> String {
        format!("{:016x}-{:x}", self.process, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

fn is_fit(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=REQUEST_ID_CHARACTERS).contains(&name.len()) && name.bytes().all(fits)
}

/// The time that a caller gives, from its `grpc-timeout`; `None` when there is none or it is malformed.
///
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>
pub(super) fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > TIMEOUT_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_timeout_has_a_number_and_a_unit() {
        let check = |text: &str, expected: Option<Duration>| {
            assert_eq!(timeout(&with("grpc-timeout", text)), expected, "{text:?}");
        };
        check("2H", Some(Duration::from_hours(2)));
        check("3M", Some(Duration::from_mins(3)));
        check("42S", Some(Duration::from_secs(42)));
        check("250m", Some(Duration::from_millis(250)));
        check("99999999u", Some(Duration::from_micros(99_999_999)));
        check("0n", Some(Duration::ZERO));
        for malformed in ["", "S", "82", "1f", "-1S", "+1S", "123456789S", "1 S"] {
            check(malformed, None);
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }

    #[test]
    fn a_fit_name_is_kept_and_another_replaced() {
        let ids = RequestIds::new();
        for fit in ["a", "desk-7.2_b", &"x".repeat(64)] {
            assert_eq!(ids.name(&with("x-request-id", fit)), fit);
        }
        for unfit in ["", "a b", "a/b", &"x".repeat(65)] {
            assert_ne!(ids.name(&with("x-request-id", unfit)), unfit);
        }
        let (first, second) = (ids.name(&HeaderMap::new()), ids.name(&HeaderMap::new()));
        assert_ne!(first, second);
        assert!(is_fit(&first));
    }
}
