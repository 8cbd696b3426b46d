//! What seals tokens.

use std::fmt;

/// The key of one index: tokens that another key sealed are no good.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey([u8; Self::BYTES]);

impl TokenKey {
    /// How long it is.
    pub const BYTES: usize = 32;

    /// Takes random bytes as a key.
    #[must_use]
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

/// Never shows the key.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}
