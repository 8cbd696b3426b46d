//! The whole service, tested as its callers meet it.

mod analyzing;
mod collapsing;
mod command_line;
mod commands;
mod documents;
mod explaining;
mod exporting;
mod golden;
mod highlighting;
mod importing;
mod layering;
mod literal_law;
mod matching;
mod operations;
mod ordering;
mod reflection;
mod refusals;
mod searching;
mod seeds;
mod strange_texts;
mod streams;
mod support;
mod text_chain;
mod views;
