//! The whole service, tested as its callers meet it.

mod documents;
mod exporting;
mod importing;
mod layering;
mod matching;
mod ordering;
mod searching;
mod support;
mod views;
