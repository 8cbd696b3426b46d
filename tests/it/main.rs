//! The whole service, tested as its callers meet it.

mod layering;
