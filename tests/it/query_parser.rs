//! The parser of queries without the service: the laws that fuzzing holds it to, on made-up texts.
//!
//! What fuzzing finds becomes a test here, named for what it broke.

#[path = "../../fuzz/fuzz_targets/query/laws.rs"]
mod laws;

use proptest::prelude::*;

/// Text with much syntax in it.
fn query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[甲乙丙a1]{1,2}",
        3 => "[ 　\t]",
        6 => "[-+－＋(（)）|｜\"＂“”‘’「」『』《》〈〉〔〕\\[\\]:：\\\\，○⼈]",
        1 => prop::sample::select(&["标题:", "來源：", "文号:", " OR ", "国发〔2024〕1号", "(2024)2号"][..])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_obeys_the_laws(text: String) {
        laws::check(&text);
    }

    #[test]
    fn texts_full_of_syntax_obey_the_laws(text in query()) {
        laws::check(&text);
    }
}
