//! The text chain without the service: the laws that fuzzing holds it to, on made-up texts.
//!
//! What fuzzing finds becomes a test here, named for what it broke.

#[path = "../../fuzz/fuzz_targets/text_chain/laws.rs"]
mod laws;

use proptest::prelude::*;

use crate::support::texts;

proptest! {
    #[test]
    fn any_text_obeys_the_laws(text: String) {
        laws::check(&text);
    }

    #[test]
    fn damaged_texts_obey_the_laws(text in texts(0..120)) {
        laws::check(&text);
    }
}
