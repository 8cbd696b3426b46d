//! The parser of queries on any text: its laws hold, and nothing panics.

#![no_main]

mod laws;

libfuzzer_sys::fuzz_target!(|text: &str| laws::check(text));
