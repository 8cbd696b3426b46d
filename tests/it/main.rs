//! The whole service, tested as its callers meet it.

mod analyzing;
mod command_line;
mod commands;
mod commands_about_many;
mod counting;
mod documents;
mod explaining;
mod exporting;
mod filtering;
mod golden;
mod importing;
mod layering;
mod listing;
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
