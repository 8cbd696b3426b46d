use proptest::prelude::*;

use super::*;
use crate::query::{Field, MatchMode, Metadata, Phrase, Words};

/// Writes a tree so that every difference shows: `甲` words, `甲!` all of the words, `“甲”` a phrase, `《甲》` a title,
/// `№` a number, `[+required wanted -excluded]`, `{alternatives|…}`.
fn shown(query: &Query) -> String {
    match query {
        Query::Words(Words { text, field, mode, synonyms: _ }) => format!("{}{text}{}", place(*field), all(*mode)),
        Query::Phrase(Phrase { text, field: Field::Text }) => format!("“{text}”"),
        Query::Phrase(Phrase { text, field: Field::Title }) => format!("题:“{text}”"),
        Query::NamedDocument(NamedDocument { title }) => format!("《{title}》"),
        Query::DocumentNumber(DocumentNumber { number }) => format!("№{number}"),
        Query::Metadata(Metadata { field, value }) => format!("{field:?}={value}"),
        Query::Boolean(Boolean { must, should, must_not }) => {
            let must = must.iter().map(|query| format!("+{}", shown(query)));
            let must_not = must_not.iter().map(|query| format!("-{}", shown(query)));
            format!("[{}]", must.chain(should.iter().map(shown)).chain(must_not).collect::<Vec<_>>().join(" "))
        }
        Query::Alternatives(alternatives) => {
            format!("{{{}}}", alternatives.iter().map(shown).collect::<Vec<_>>().join("|"))
        }
        Query::Substring(_) | Query::MatchAll => panic!("the parser makes none: {query:?}"),
    }
}

fn place(field: Option<Field>) -> &'static str {
    match field {
        None => "",
        Some(Field::Text) => "文:",
        Some(Field::Title) => "题:",
    }
}

fn all(mode: Option<MatchMode>) -> &'static str {
    match mode {
        None => "",
        Some(MatchMode::All) => "!",
        Some(MatchMode::Any) => "?",
    }
}

/// Checks the tree, followed by the warnings' reasons.
#[track_caller]
fn check(text: &str, expected: &str) {
    let Parsed { query, warnings } = parse(text);
    let reasons = warnings.iter().map(|warning| warning.reason().to_owned());
    assert_eq!([shown(&query)].into_iter().chain(reasons).collect::<Vec<_>>().join(" "), expected, "{text:?}");
}

#[test]
fn plain_text_is_words() {
    check("优化营商环境", "优化营商环境");
    check("　问题导向　\t干部\n", "问题导向 干部");
    check("村（社区）干部", "村（社区）干部");
    for text in [
        "C++",
        "2020-2025",
        "AT&T",
        "GB/T 1-2",
        "中-俄",
        "附件(a)",
        "a+b=c",
        "1）总则",
        "8小时",
        "or",
        "时间:2023",
        "10:30",
    ] {
        check(text, text);
    }
}

#[test]
fn quoted_text_is_required() {
    for quoted in [
        "\"两个确立\"",
        "＂两个确立＂",
        "\"两个确立＂",
        "“两个确立”",
        "‘两个确立’",
        "「两个确立」",
        "『两个确立』",
        " “两个确立” 。",
    ] {
        check(quoted, "“两个确立”");
    }
    check("“两个确立” “两个维护”", "[+“两个确立” +“两个维护”]");
    check("干部“两个确立”学习「两个维护」", "[+“两个确立” +“两个维护” 干部 学习]");
    check("「所謂『國之大者』」", "“所謂『國之大者』”");
    check("“一是(甲 | -乙) 《丙》”", "“一是(甲 | -乙) 《丙》”");
    check("\" a, b \"", "“ a, b ”");
    check("“⼈⼤”", "“⼈⼤”");
    check("“○”干部", "[+“○” 干部]");
}

#[test]
fn unclosed_quotes_are_literal() {
    for quote in ['"', '＂', '“', '‘', '「', '『'] {
        check(&format!("干部{quote}两个确立"), &format!("干部{quote}两个确立 UNCLOSED_QUOTE"));
        check(&format!("{quote}甲 +乙"), &format!("[+乙! {quote}甲] UNCLOSED_QUOTE"));
        check(&quote.to_string(), &format!("{quote} UNCLOSED_QUOTE NOTHING_TO_SEARCH"));
    }
    check("“甲”“乙 \"丙\"", "[+“甲” +“丙” “乙] UNCLOSED_QUOTE");
    check("两个确立”", "两个确立”");
    check("90’后", "90’后");
}

#[test]
fn signs_require_and_exclude() {
    check("+优化营商环境 干部", "[+优化营商环境! 干部]");
    check("＋党建 －教育", "[+党建! -教育!]");
    check("+甲", "甲!");
    check("-“甲 乙” +“丙”丁", "[+“丙” 丁 -“甲 乙”]");
    check("+(甲 乙) -（丙 | 丁）", "[+甲 乙 -{丙!|丁!}]");
    check("+《党章》 -《宪法》", "[+《党章》 -《宪法》]");
    check("-国发〔2024〕1号 甲", "[甲 -№国发〔2024〕1号]");
    check("-来源:甲 +标题:乙", "[+题:乙! -Source=甲]");
    check("甲 -乙 丙", "[甲 丙 -乙!]");
    check("+（一）总则 甲", "[+（一）总则! 甲]");
    check("-C++ 甲", "[甲 -C++!]");
}

#[test]
fn signs_that_mark_nothing_are_literal() {
    check("标题 - 网站", "标题 - 网站 LONE_SIGN");
    check("甲 +", "甲 + LONE_SIGN");
    check("--甲", "--甲 LONE_SIGN");
    check("+-甲", "+-甲 LONE_SIGN");
    check("-，甲", "[-，甲!] ONLY_EXCLUSIONS");
    check("-， 甲", "-， 甲 LONE_SIGN");
    check("“甲”-乙", "[+“甲” -乙]");
    check("甲-“乙”", "[+“乙” 甲-]");
}

#[test]
fn exclusions_alone_leave_everything_else() {
    check("-甲", "[-甲!] ONLY_EXCLUSIONS");
    check("-甲 -“乙”", "[-甲! -“乙”] ONLY_EXCLUSIONS");
    check("-(甲 乙)", "[-[甲! 乙!]] ONLY_EXCLUSIONS");
    check("+(-甲)", "[-甲!] ONLY_EXCLUSIONS");
}

#[test]
fn alternatives_bind_tighter_than_spaces() {
    for written in
        ["甲 | 乙", "甲|乙", "甲｜乙", "甲 || 乙", "甲｜｜乙", "甲 OR 乙", "甲　OR　乙", "(甲 | 乙)", "（甲|乙）"]
    {
        check(written, "{甲|乙}");
    }
    check("甲 | 乙 丙", "[{甲|乙} 丙]");
    check("丙 甲 OR 乙 丁", "[丙 丁 {甲|乙}]");
    check("甲 | 乙 | 丙", "{甲|乙|丙}");
    check("甲 | (乙 | 丙)", "{甲|乙|丙}");
    check("(甲 乙) | 丙", "{甲 乙|丙}");
    check("(甲 +乙) | 丙", "{[+乙! 甲]|丙}");
    check("甲|《乙》|标题:丙|国发〔2024〕1号", "{甲|《乙》|题:丙|№国发〔2024〕1号}");
}

#[test]
fn what_is_excluded_does_not_depend_on_the_mode_of_the_request() {
    // Of words side by side one is enough, and each means all of its words, as without the brackets.
    check("-(甲 乙) 丙", "[丙 -[甲! 乙!]]");
    check("-(甲) 丙", "[丙 -甲!]");
    check("-(甲 (乙 丙)) 丁", "[丁 -[甲! 乙! 丙!]]");
    check("-标题:(甲 乙) 丙", "[丙 -[题:甲! 题:乙!]]");
    check("-(标题:甲 《乙》) 丙", "[丙 -[题:甲! 《乙》]]");
    check("-(甲 | 乙 丙) 丁", "[丁 -[{甲!|乙!} 丙!]]");
    check("-(+(甲 乙) -(丙 丁)) 戊", "[戊 -[+[甲! 乙!] -[丙! 丁!]]]");
    check("-来源:(甲 乙) 丙", "[丙 -Source=甲 乙]");
    check("-(甲 ， 乙) 丙", "[丙 -[甲! 乙!]]");
    check("甲 | -(乙 丙)", "{甲|[-[乙! 丙!]]} SIGN_OF_ALTERNATIVE");
}

#[test]
fn a_sign_is_that_of_its_own_alternative() {
    check("+甲 | 乙 丙", "[{甲!|乙} 丙] SIGN_OF_ALTERNATIVE");
    check("甲 | +乙", "{甲|乙!} SIGN_OF_ALTERNATIVE");
    check("+甲 | +乙 丙", "[+{甲!|乙!} 丙]");
    check("+甲 | “乙” 丙", "[+{甲!|“乙”} 丙]");
    check("-甲 | 乙 丙", "[{[-甲!]|乙} 丙] SIGN_OF_ALTERNATIVE");
    check("乙 | -甲 丙", "[{乙|[-甲!]} 丙] SIGN_OF_ALTERNATIVE");
    check("“乙” | -甲 丙", "[{“乙”|[-甲!]} 丙] SIGN_OF_ALTERNATIVE");
    check("+(甲 | 乙) -(丙 | 丁)", "[+{甲|乙} -{丙!|丁!}]");
    check("甲 | (-乙)", "{甲|[-乙!]}");
}

#[test]
fn alternatives_that_are_all_demanded_are_required() {
    check("“甲” | “乙” 丙", "[+{“甲”|“乙”} 丙]");
    check("“甲” | 乙 丙", "[{“甲”|乙} 丙]");
    check("来源:甲 | 来源:乙 丙", "[+{Source=甲|Source=乙} 丙]");
    check("(“甲” 乙) | “丙” 丁", "[+{[+“甲” 乙]|“丙”} 丁]");
}

#[test]
fn alternatives_without_a_side_are_left_out() {
    check("甲 |", "甲 MISSING_ALTERNATIVE");
    check("| 甲", "甲 MISSING_ALTERNATIVE");
    check("甲 | | 乙", "{甲|乙} MISSING_ALTERNATIVE");
    check("甲 | ， 乙", "甲 ， 乙 MISSING_ALTERNATIVE");
    check("， | 乙", "， 乙 MISSING_ALTERNATIVE");
    check("(甲 |) 乙", "甲 乙 MISSING_ALTERNATIVE");
    check("甲 OR", "甲 OR MISSING_ALTERNATIVE");
    check("OR 甲", "OR 甲 MISSING_ALTERNATIVE");
    check("甲 OR OR 乙", "[{甲|OR} 乙] MISSING_ALTERNATIVE");
    check("甲 OR | 乙", "[甲 {OR|乙}] MISSING_ALTERNATIVE");
    check("(甲 OR ) 乙", "甲 OR 乙 MISSING_ALTERNATIVE");
    check("OR", "OR");
    check("+OR 甲", "[+OR! 甲]");
    check(r"甲 \OR 甲OR乙 甲 or 乙", "甲 OR 甲OR乙 甲 or 乙");
}

#[test]
fn brackets_group_where_a_part_may_start() {
    check("(甲 乙)", "甲 乙");
    check("((甲))", "甲");
    check("（甲） 乙", "甲 乙");
    check("丁 (“甲” 乙 -丙)", "[+“甲” 丁 乙 -丙!]");
    check("+(甲 《乙》) 丙", "[+[甲 《乙》] 丙]");
    check("(甲|乙)(丙|丁)", "[{甲|乙} {丙|丁}]");
    check("+(附件(a) | 乙) 丙", "[+{附件(a)|乙} 丙]");
    check("+(甲）丙", "(甲）丙!");
    check("（一）总则", "（一）总则");
    check("（2024）京01民初1号", "（2024）京01民初1号");
    check("(市、区) 干部", "市、区 干部");
    check("((甲)乙)", "(甲)乙");
    check("村（(社区)）干部", "村（(社区)）干部");
}

#[test]
fn brackets_without_a_partner_are_literal() {
    check("(甲 +乙", "[+乙! (甲] UNPAIRED_BRACKET");
    check("甲 乙)", "甲 乙) UNPAIRED_BRACKET");
    check("1）总则 村（社区", "1）总则 村（社区");
    check("(甲 “乙) 丙”", "[+“乙) 丙” (甲] UNPAIRED_BRACKET");
}

#[test]
fn what_is_empty_is_left_out() {
    check("() 甲", "甲 EMPTY_GROUP");
    check("+（ ） 甲", "甲 EMPTY_GROUP");
    check("“，”干部", "干部 EMPTY_PHRASE");
    check("甲\"\"乙", "甲 乙 EMPTY_PHRASE");
    check("《》甲", "甲 EMPTY_PHRASE");
    check("附件()", "附件()");
}

#[test]
fn nothing_to_search_is_said() {
    check("", " NOTHING_TO_SEARCH");
    check("　，。", "，。 NOTHING_TO_SEARCH");
    check("\"\"", "\"\" EMPTY_PHRASE NOTHING_TO_SEARCH");
    check("+ - |", "+ - | LONE_SIGN MISSING_ALTERNATIVE NOTHING_TO_SEARCH");
    check("( ( ) )", "( ( ) ) EMPTY_GROUP NOTHING_TO_SEARCH");
    check("○", "○");
    // The name of a field is a word where nothing else is left.
    check("來源：\"\"", "來源：\"\" EMPTY_PHRASE");
    check("标题:()", "标题:() EMPTY_GROUP");
}

#[test]
fn names_say_where() {
    for name in ["标题", "標題", "title", "Title", "ＴＩＴＬＥ"] {
        for colon in [':', '：'] {
            check(&format!("{name}{colon}党建"), "题:党建");
            check(&format!("{name}{colon}“党建”"), "题:“党建”");
            check(&format!("{name}{colon}《党章》"), "题:“党章”");
        }
    }
    check("正文:党建 text:“党建”", "[+“党建” 文:党建]");
    check("标题:(关于 “通知” -转发) 甲", "[+题:“通知” 题:关于 甲 -题:转发!]");
    check("标题:国发〔2024〕1号", "题:国发〔2024〕1号");
    check("标题:-甲", "题:-甲");
    check("甲标题:乙", "甲标题:乙");
}

#[test]
fn names_make_conditions() {
    for (names, field) in [
        (&["来源", "來源", "source"][..], "Source"),
        (&["作者", "author"], "Author"),
        (&["机关", "发文机关", "發文機關", "agency"], "Agency"),
        (&["文号", "发文字号", "number"], "DocumentNumber"),
        (&["类型", "文种", "type"], "DocumentType"),
        (&["级别", "level"], "Level"),
        (&["集合", "collection"], "Collection"),
        (&["标签", "label"], "Label"),
    ] {
        for name in names {
            check(&format!("{name}：甲乙"), &format!("{field}=甲乙"));
            check(&format!("{name}:“甲 乙” 丙"), &format!("[+{field}=甲 乙 丙]"));
        }
    }
    check("来源:《求是》", "Source=求是");
    check("来源:(甲 | 乙) 丙", "[+{Source=甲|Source=乙} 丙]");
    check("来源:(人民 日报)", "Source=人民 日报");
    check("标签:#", "Label=#");
    check("-标签:# 来源:\"!!!\" 甲", "[+Source=!!! 甲 -Label=#]");
    check("标签:(# | @)", "{Label=#|Label=@}");
    check("标签:\" \" 甲", "甲 EMPTY_PHRASE");
    check("文号:国发[2024] 1号文 甲", "[+DocumentNumber=国发〔2024〕1号 甲]");
}

#[test]
fn what_is_no_field_is_literal() {
    check("标题: 党建", "标题: 党建 MISSING_VALUE");
    check("标题:，", "标题:， MISSING_VALUE");
    check("来源:|甲", "{来源:|甲} MISSING_VALUE");
    // What only opens is no value yet, while somebody types.
    check("来源:“ 甲", "来源:“ 甲 MISSING_VALUE UNCLOSED_QUOTE");
    check("来源:《", "来源:《 MISSING_VALUE UNCLOSED_TITLE");
    check("来源:“人民日报 甲", "[+Source=“人民日报 甲] UNCLOSED_QUOTE");
    check("titel:党建", "titel:党建 UNKNOWN_FIELD");
    for text in ["日期:2024", "類別：通知", "ID:甲", "发布机构:甲"] {
        check(text, &format!("{text} UNKNOWN_FIELD"));
    }
    check("习近平:坚持 时间:2023 日期: 2024", "习近平:坚持 时间:2023 日期: 2024");
    check("http://a.cn/b", "http://a.cn/b");
    check("A:甲 AI:乙 問題:丙", "A:甲 AI:乙 問題:丙");
    check(r"标题\:党建 \+甲", "标题:党建 +甲");
}

#[test]
fn operators_of_other_languages_are_words() {
    check("甲 AND 乙", "甲 AND 乙 UNKNOWN_OPERATOR");
    check("甲 && 乙", "甲 && 乙 UNKNOWN_OPERATOR");
    check("NOT 甲", "NOT 甲 UNKNOWN_OPERATOR");
    check("营商*", "营商* UNKNOWN_OPERATOR");
    check("“甲 乙”~3 丙", "[+“甲 乙” ~3 丙] UNKNOWN_OPERATOR");
    check("《甲》^2 乙", "[《甲》 ^2 乙] UNKNOWN_OPERATOR");
    for text in ["AND 甲", "甲 AND", "甲 and 乙 not 丙", "NOT", "甲 * 乙", "3*4", "AT&T", "R&&D", "甲~3", r"甲 \AND 乙"]
    {
        let Parsed { warnings, .. } = parse(text);
        assert_eq!(warnings, [], "{text}");
    }
}

#[test]
fn titles_name_documents() {
    check("《党章》", "《党章》");
    check("学习《党章》心得", "[学习 心得 《党章》]");
    check("《关于〈办法〉的通知》", "《关于〈办法〉的通知》");
    check("《关于《办法》的通知》", "《关于《办法》的通知》");
    check("《“十四五”规划(试行)》", "《“十四五”规划(试行)》");
    check("《关于通知", "《关于通知 UNCLOSED_TITLE");
    check("《《甲》", "《甲》 UNCLOSED_TITLE");
    check("甲》", "甲》");
}

#[test]
fn numbers_name_documents() {
    for number in ["国办发〔2024〕1号", "国办发 (2024) 1号文", "国办发［２０２４］１號", "国办发【2024】1号文件"]
    {
        check(number, "№国办发〔2024〕1号");
    }
    check("贯彻国办发〔2024〕1号文件精神", "[贯彻 精神 №国办发〔2024〕1号]");
    check("国办发〔2024〕1号 | 国发(2023) 2号", "{№国办发〔2024〕1号|№国发〔2023〕2号}");
}

#[test]
fn a_backslash_takes_the_next_character_as_it_stands() {
    check(r"\(甲\) \“乙\” \-丙 丁\|戊 \《己》 \OR \\", r"(甲) “乙” -丙 丁|戊 《己》 OR \");
    check(r"“甲\”乙”", "“甲”乙”");
    check("甲\\ 乙\\", "甲\\ 乙\\");
    check(r"国发\〔2024〕1号", "国发〔2024〕1号");
}

#[test]
fn any_text_has_a_tree() {
    check(&"甲".repeat(1_024), &"甲".repeat(1_024));
    check("السلام -عليكم", "[السلام -عليكم!]");
    check("\u{202e}甲\u{0} \u{7}乙", "\u{202e}甲\u{0} \u{7}乙");
    check("😀 甲", "😀 甲");
}

/// Moments of linear work; quadratic work would not end.
#[test]
fn long_texts_take_linear_time() {
    for piece in [
        "甲",
        "甲 ",
        "(",
        ")",
        "()",
        "( ",
        "(甲 ",
        "(甲)",
        "\"",
        "“",
        "“甲",
        "“甲”",
        "《",
        "《甲",
        "《甲》",
        "《《》",
        "+",
        "+甲 ",
        "- ",
        "+标题:",
        "|",
        "甲|",
        "甲 OR ",
        " OR ",
        "OR   ",
        "标题:",
        "标题:甲 ",
        "来源:(",
        "a:b ",
        "\\",
        "国发〔2024〕1号",
        "国发〔2024〕",
        "〔",
        "甲(甲)",
        "甲)“",
        "　",
    ] {
        let query = parse(&piece.repeat((1 << 20) / piece.len())).query;
        assert!(query.clauses() <= MAX_CLAUSES && query.depth() <= MAX_DEPTH, "{piece}");
    }
}

#[test]
fn clauses_are_bounded() {
    let parsed = parse(&"“甲”".repeat(MAX_CLAUSES));
    assert_eq!(parsed.warnings, [Warning::TooManyClauses]);
    let Query::Boolean(Boolean { must, should, .. }) = &parsed.query else { panic!("{parsed:?}") };
    assert_eq!((must.len(), should.len()), (MAX_CLAUSES - 2, 1));
    assert_eq!(parse(&"+甲 ".repeat(MAX_CLAUSES - 2)).warnings, []);
    assert_eq!(parse(&"+甲 ".repeat(MAX_CLAUSES - 1)).warnings, [Warning::TooManyClauses]);
}

#[test]
fn levels_are_bounded() {
    let nested = |levels: usize| format!("乙 {}甲{}", "-(乙 ".repeat(levels), ")".repeat(levels));
    assert_eq!(parse(&nested(MAX_DEPTH - 4)).warnings, []);
    let parsed = parse(&nested(20));
    assert_eq!(parsed.warnings, [Warning::TooDeep]);
    assert!(parsed.query.depth() <= MAX_DEPTH);
    check(&format!("{}甲{}", "(".repeat(100), ")".repeat(100)), "甲");
}

#[test]
fn each_kind_of_warning_is_given_once() {
    let Parsed { warnings, .. } = parse("“甲 「乙 - +");
    assert_eq!(warnings, [Warning::UnclosedQuote('“'), Warning::LoneSign('-')]);
}

/// Text with much syntax in it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[甲乙丙]{1,2}",
        4 => "[ 　]",
        8 => "[-+－(（)）|｜\"＂“”‘’「」『』《》〔〕:：\\\\，○⼈]",
        1 => Just("标题:".to_owned()),
        1 => Just("来源：".to_owned()),
        1 => Just("文号:".to_owned()),
        1 => Just(" OR ".to_owned()),
        1 => Just("国发〔2024〕1号".to_owned()),
        1 => Just("(2024)2号".to_owned()),
        1 => "\\PC",
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in text()) {
        let Parsed { query, warnings } = parse(&text);
        prop_assert!(query.clauses() <= MAX_CLAUSES && query.depth() <= MAX_DEPTH);
        let nothing = warnings.contains(&Warning::NothingToSearch);
        prop_assert!(has_searchable(&text) || nothing);
        prop_assert_eq!(nothing, matches!(&query, Query::Words(Words { text, .. }) if !has_searchable(text)));
    }

    #[test]
    fn what_is_printed_parses_to_the_same(text in text()) {
        let query = parse(&text).query;
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed).query, query, "{}", printed);
    }

    #[test]
    fn large_texts_have_small_trees(piece in text(), times in 1..400_usize) {
        let query = parse(&piece.repeat(times)).query;
        prop_assert!(query.clauses() <= MAX_CLAUSES && query.depth() <= MAX_DEPTH);
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed).query, query, "{}", printed);
    }
}
