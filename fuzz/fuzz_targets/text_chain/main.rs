//! The text chain on any text: its laws hold, and nothing panics.

#![no_main]

mod laws;

libfuzzer_sys::fuzz_target!(|original: &str| laws::check(original));
