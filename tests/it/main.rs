//! The whole service, tested as its callers meet it.

mod documents;
mod exporting;
mod importing;
mod layering;
mod matching;
mod operations;
mod ordering;
mod reflection;
mod refusals;
mod searching;
mod streams;
mod support;
mod views;
