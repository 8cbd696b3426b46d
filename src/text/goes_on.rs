//! Long work that can be given up between two steps.

use std::convert::Infallible;

/// Asked between the steps of long work, which are many, and for each line at least one; work is given up when it fails.
pub type GoesOn<'a, E> = &'a dyn Fn() -> Result<(), E>;

/// Does work that nobody gives up.
pub fn to_the_end<T>(work: impl FnOnce(GoesOn<'_, Infallible>) -> Result<T, Infallible>) -> T {
    match work(&|| Ok(())) {
        Ok(done) => done,
    }
}
