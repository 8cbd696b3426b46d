//! The whole service, tested as its callers meet it.

mod analyzing;
mod command_line;
mod commands;
mod documents;
mod exporting;
mod golden;
mod importing;
mod layering;
mod matching;
mod operations;
mod ordering;
mod reflection;
mod refusals;
mod searching;
mod seeds;
mod streams;
mod support;
mod views;
