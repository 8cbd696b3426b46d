use super::*;
use crate::query::{MetadataKey, parse};

#[test]
fn what_is_written_is_printed_in_one_form() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let query = parse(text).query;
        assert_eq!(query.to_string(), expected);
        assert_eq!(parse(expected).query, query, "{expected}");
    }
    check("　问题导向　干部", "问题导向 干部");
    check("甲 “乙” 丙 －丁 ＋戊", "\"乙\" +戊 甲 丙 -丁");
    check("+(甲 乙) -(丙 丁)", "+(甲 乙) -(丙 丁)");
    check("-(甲 (乙 +丙) 《丁》 戊)", "-(+丙 甲 乙 戊 《丁》)");
    check("-标题:(甲 乙 | 丙 -(丁))", "-(标题:甲 标题:乙 | 标题:丙 -标题:丁)");
    check("-(国发\\(2024\\) 1号)", r"-(国发\(2024\) 1号)");
    check("丙\\(2024)2号国发〔2024〕1号", r"丙\(2024\)2 号国发〔2024〕1号");
    check("甲 OR 乙 丙", "甲 | 乙 丙");
    check("甲 | (-乙) 丙", "甲 | -乙 丙");
    check("+甲 | 乙 丙 | +“丁”", "+甲 | 乙 丙 | \"丁\"");
    check("+甲 | +乙 丙", "+甲 | +乙 丙");
    check("+(甲 | +乙) “丙”|“丁”", "+(甲 | +乙) \"丙\" | \"丁\"");
    check("甲 ｜ （乙 丙） ｜ （＋丁）", "甲 | (乙 丙) | +丁");
    check("title:甲 標題:「乙」 標題:(丙 丁)", "标题:\"乙\" 标题:甲 标题:(丙 丁)");
    check("source:甲 -来源:(乙 丙)", "来源:\"甲\" -来源:\"乙 丙\"");
    check("学习《关于《办法》的通知》", "学习 《关于《办法》的通知》");
    check("国发[2024] 1号文", "国发〔2024〕1号");
    check("村（社区）干部 C++ 中-俄", "村（社区）干部 C++ 中-俄");
    check("“甲 - （一）总则 \\OR \\标题:乙", r"\“甲 \- \（一\）总则 \OR 标题\:乙");
    check(r"国发\(2024)1号", r"国发\(2024\)1号");
    check("「甲\"」", r#""甲\"""#);
}

#[test]
fn what_is_required_by_the_request_is_written_as_if_it_were_wanted() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let query = parse(text).query.requiring_all();
        assert_eq!(RequiringAll(&query).to_string(), expected);
        assert_eq!(parse(expected).query.requiring_all(), query, "{expected}");
    }
    check("的 机制", "的 机制");
    check("三 来源:甲 运会", "来源:\"甲\" 三 运会");
    check("甲 “乙” 丙 －丁 ＋戊", "\"乙\" +戊 甲 丙 -丁");
    check("+甲 +乙", "+甲 乙");
    check("+甲 来源:乙", "+甲 来源:\"乙\"");
    check("+(甲 乙) 《丙》 丁 +《戊》", "+(甲 乙) 《戊》 《丙》 丁");
    check("标题:(甲 乙) 标题:丙 +标题:丁", "标题:丁 标题:(甲 乙) 标题:丙");
    check("标题:(甲 乙)", "标题:(甲 乙)");
    check("(甲 乙) | +丙 丁", "(甲 乙) | 丙 丁");
    check("(甲 “乙”) | “丙” 丁", "(\"乙\" 甲) | \"丙\" 丁");
    check("+(甲 | 乙) “丙” 丁 | 戊", "+(甲 | 乙) \"丙\" 丁 | 戊");
    check("+(甲 -乙) 丙 -(丁 +戊)", "+(甲 -乙) 丙 -(+戊 丁)");
    check("甲 | -(乙 丙)", "甲 | -(乙 丙)");
    check("”， +”，", r"”， \+”，");
}

#[test]
fn what_is_at_the_limits_is_printed_too() {
    #[track_caller]
    fn check(text: &str) {
        let query = parse(text).query;
        let printed = query.to_string();
        assert_eq!(parse(&printed).query, query, "{printed}");
        let query = query.requiring_all();
        let printed = RequiringAll(&query).to_string();
        assert_eq!(parse(&printed).query.requiring_all(), query, "{printed}");
    }
    for open in ["-(", "+(", "(", "甲 | (", "甲 | -(", "甲 -(乙 "] {
        for inside in ["甲 乙", "-甲 乙", "甲 | 乙", "“甲” 乙"] {
            for levels in 1..20 {
                check(&format!("{}{inside}{}", open.repeat(levels), ")".repeat(levels)));
            }
        }
    }
    for clause in ["甲|乙 ", "-(甲 乙) ", "-标题:(甲 乙) ", "+甲 ", "“甲”", "标题:甲 ", "+(甲 | 乙) "]
    {
        for times in [50, 80, 100, 125, 130, 255, 256, 300] {
            check(&clause.repeat(times));
            check(&format!("-({})", clause.repeat(times)));
        }
    }
}

#[test]
fn what_the_language_cannot_say_is_printed_too() {
    #[track_caller]
    fn check(query: &Query, expected: &str) {
        assert_eq!(query.to_string(), expected);
    }
    let phrase = Query::Phrase(Phrase { text: "甲\"".to_owned(), field: Field::Text });
    check(&Query::Substring(Substring { text: "〔甲〕".to_owned() }), "substring:\"〔甲〕\"");
    check(&Query::MatchAll, "*");
    check(&Query::Boolean(Boolean { should: vec![phrase, Query::words("乙")], ..Boolean::default() }), "\"甲\\\"\" 乙");
    check(&Query::Boolean(Boolean::default()), "");
    // Words that are all required, in one part: no sign before brackets says so.
    let all = |field| {
        Query::Words(Words { text: "甲 ， 乙".to_owned(), field, mode: Some(MatchMode::All), synonyms: Vec::new() })
    };
    check(&all(None), "+甲 +乙");
    check(&all(Some(Field::Title)), "+标题:甲 +标题:乙");
    check(&Query::Alternatives(vec![all(None), Query::words("丙")]), "(+甲 +乙) | 丙");
    let (should, must_not) = (vec![Query::words("丙")], vec![all(None)]);
    check(&Query::Boolean(Boolean { should, must_not, ..Boolean::default() }), "丙 -(+甲 +乙)");
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    /// Words in the form that the parser gives them, with signs among them that mean nothing there.
    fn text() -> impl Strategy<Value = String> {
        let chunk = "[甲乙+（(“”《|\\\\:OR〔2024〕号)）-]{0,6}[丙丁][甲）)”》+-]{0,2}";
        proptest::collection::vec(chunk, 1..4).prop_map(|chunks| chunks.join(" "))
    }

    fn plain() -> impl Strategy<Value = Query> {
        (text(), any::<Option<bool>>()).prop_map(|(text, title)| {
            let field = title.map(|title| if title { Field::Title } else { Field::Text });
            Query::Words(Words { text, field, mode: None, synonyms: Vec::new() })
        })
    }

    fn named() -> impl Strategy<Value = Query> {
        prop_oneof![
            "[甲“《》\\\\]{0,4}乙".prop_map(|title| Query::NamedDocument(NamedDocument { title })),
            "[国京]发〔20[0-9]{2}〕[1-9]号".prop_map(|number| Query::DocumentNumber(DocumentNumber { number })),
        ]
    }

    /// What is required by itself.
    fn demanded() -> impl Strategy<Value = Query> {
        let text = || "[甲 \"“”『』\\\\|(]{0,4}乙";
        let field = prop_oneof![Just(MetadataKey::Source), Just(MetadataKey::DocumentNumber)];
        prop_oneof![
            (text(), any::<bool>()).prop_map(|(text, title)| {
                Query::Phrase(Phrase { text, field: if title { Field::Title } else { Field::Text } })
            }),
            (field, text()).prop_map(|(field, value)| Query::Metadata(Metadata { field, value })),
        ]
    }

    /// What the parser makes of a part under a `-`: each word means itself, all words of it.
    fn excluded(query: Query) -> Query {
        let all = |queries: Vec<Query>| queries.into_iter().map(excluded).collect();
        match query {
            Query::Words(Words { text, field, mode: _, synonyms: _ }) => {
                let text = text.split(' ').next().unwrap_or_default().to_owned();
                Query::Words(Words { text, field, mode: Some(MatchMode::All), synonyms: Vec::new() })
            }
            Query::Boolean(Boolean { must, should, must_not }) => {
                Query::Boolean(Boolean { must: all(must), should: all(should), must_not })
            }
            Query::Alternatives(alternatives) => Query::Alternatives(all(alternatives)),
            query => query,
        }
    }

    /// Alternatives of which one at least is not required by itself.
    fn alternatives(inner: impl Strategy<Value = Query>) -> impl Strategy<Value = Query> {
        let rest = proptest::collection::vec(inner, 1..3);
        (named(), rest).prop_map(|(first, rest)| Query::Alternatives([vec![first], rest].concat()))
    }

    /// A sequence of at least two clauses: at most one node of plain words, alternatives as wanted parts.
    fn sequence(inner: impl Strategy<Value = Query> + Clone) -> impl Strategy<Value = Query> {
        let word = text().prop_map(|text| Query::words(&text));
        let should = proptest::collection::vec(prop_oneof![named(), alternatives(inner.clone())], 0..2);
        let must = proptest::collection::vec(prop_oneof![demanded(), inner.clone()], 0..2);
        let must_not = proptest::collection::vec(prop_oneof![demanded(), inner.prop_map(excluded)], 1..3);
        (must, word, should, must_not).prop_map(|(must, word, mut should, must_not)| {
            should.insert(should.len() / 2, word);
            Query::Boolean(Boolean { must, should, must_not })
        })
    }

    fn tree() -> impl Strategy<Value = Query> {
        let leaf = prop_oneof![plain(), named()].boxed();
        let inner = sequence(leaf.clone()).boxed();
        let nested = prop_oneof![leaf.clone(), inner.clone()].boxed();
        prop_oneof![leaf, demanded(), sequence(nested.clone()), alternatives(nested)]
    }

    proptest! {
        #[test]
        fn a_tree_parses_to_itself(tree in tree()) {
            let printed = tree.to_string();
            prop_assert_eq!(parse(&printed).query, tree, "{}", printed);
        }

        #[test]
        fn a_tree_parses_to_itself_where_all_of_it_is_required(tree in tree()) {
            let query = parse(&tree.to_string()).query.requiring_all();
            let printed = RequiringAll(&query).to_string();
            prop_assert_eq!(parse(&printed).query.requiring_all(), query, "{}", printed);
        }

        #[test]
        fn any_text_is_written_back_where_all_of_it_is_required(
            text in "([甲乙丙 ]|[-+|()（“”\"《》\\\\:]|标题:|来源:| OR |国发〔2024〕1号){0,24}",
        ) {
            let query = parse(&text).query.requiring_all();
            let printed = RequiringAll(&query).to_string();
            prop_assert_eq!(parse(&printed).query.requiring_all(), query, "{}", printed);
        }
    }
}
