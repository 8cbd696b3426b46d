//! What is wrong with a field.

use crate::rpc::{limits::ECHO_BYTES, proto};

/// A field that cannot be taken.
#[derive(Debug, thiserror::Error)]
#[error("`{field}` {message}")]
pub(crate) struct Invalid {
    /// The path of the field in the request.
    pub(crate) field: String,
    /// What is wrong with it and what to do, to be read after the path.
    pub(crate) message: String,
}

impl Invalid {
    /// Says what is wrong with a field. What is too long for a status is cut, whatever a caller made it of.
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        let [mut field, mut message] = [field.into(), message.into()];
        field.truncate(echo(&field).len());
        message.truncate(echo(&message).len());
        Self { field, message }
    }
}

/// As much of what a caller sent as an answer repeats, ending at a character's end.
pub(crate) fn echo(text: &str) -> &str {
    &text[..text.floor_char_boundary(ECHO_BYTES)]
}

/// Refuses a number above its maximum.
pub(crate) fn at_most(field: &str, value: u32, maximum: u32) -> Result<u32, Invalid> {
    if value > maximum {
        return Err(Invalid::new(field, format!("is `{value}`, at most {maximum} is taken")));
    }
    Ok(value)
}

/// Reads an enumeration, refusing values that this version does not know.
pub(crate) fn enumeration<E: TryFrom<i32>>(field: &str, value: i32) -> Result<E, Invalid> {
    E::try_from(value).map_err(|_| Invalid::new(field, format!("has the unknown value `{value}`")))
}

/// Reads how many words have to match; `None` when the caller does not say.
pub(crate) fn match_mode(field: &str, value: i32) -> Result<Option<crate::query::MatchMode>, Invalid> {
    Ok(match enumeration(field, value)? {
        proto::MatchMode::Unspecified => None,
        proto::MatchMode::Any => Some(crate::query::MatchMode::Any),
        proto::MatchMode::All => Some(crate::query::MatchMode::All),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_sent_is_not_repeated_at_length() {
        let refused = Invalid::new("字".repeat(1_000), "字".repeat(1_000));
        assert_eq!((refused.field.len(), refused.message.len()), (510, 510));
        assert_eq!(echo("短"), "短");
    }
}
