//! The fold: Traditional to Simplified, regional and compatibility forms to common ones, upper case to lower, Latin
//! letters with marks to those without.
//!
//! One table serves text, query and dictionary, so it may merge more than a converter could: 著 becomes 着 everywhere,
//! in 著名 too, and since 着名 is then what the dictionary has, nothing is lost by it. Folded text is never shown.
//! One character always becomes one character, so that the n-th of the folded text is the n-th of the original;
//! lengths in bytes may differ.

use std::{iter, sync::LazyLock};

/// The table as it is checked in; its head tells the sources.
pub(super) const TABLE: &str = include_str!("data/fold.txt");

/// Characters a page; a power of two.
const PAGE: usize = 256;
/// Pages in Unicode.
const PAGES: usize = 0x11_0000 / PAGE;
/// The page of characters that all stay as they are, which is most of them.
const UNCHANGED: u16 = 0;

static FOLD: LazyLock<Fold> = LazyLock::new(|| Fold::read(TABLE));

/// Folds one character: script, width, case, variants. Always one character to one.
///
/// Folding twice changes nothing more, and white space stays what it is.
#[inline]
pub fn fold_character(c: char) -> char {
    FOLD.character(c)
}

/// Folds a text character by character; the number of characters stays.
pub fn fold(text: &str) -> String {
    let table = &*FOLD;
    let mut folded = String::with_capacity(text.len());
    folded.extend(text.chars().map(|c| table.character(c)));
    folded
}

/// Whether a folded character counts for the literal law: letters and digits do.
#[inline]
pub fn is_searchable(folded: char) -> bool {
    match folded {
        // Ideographs and the marks between them come first: they are nearly all, and the general test is a search.
        '\u{4E00}'..='\u{9FFF}' => true,
        '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{3020}' => false,
        _ => folded.is_alphanumeric(),
    }
}

/// Whether a character belongs to the Han script.
#[inline]
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The string of the literal law: the folded letters and digits of a text, with nothing between them.
pub fn searchable(text: &str) -> String {
    let mut searchable = String::with_capacity(text.len());
    searchable.extend(searchable_characters(text));
    searchable
}

/// The folded letters and digits of a text.
pub(super) fn searchable_characters(text: &str) -> impl Iterator<Item = char> {
    let table = &*FOLD;
    text.chars().map(|c| table.character(c)).filter(|&c| is_searchable(c))
}

/// The characters that fold to one, which is one of them.
pub fn forms(folded: char) -> impl Iterator<Item = char> {
    let forms = &FOLD.forms;
    let others = forms.partition_point(|&(to, _)| to < folded)..forms.partition_point(|&(to, _)| to <= folded);
    iter::once(folded).chain(forms[others].iter().map(|&(_, from)| from))
}

/// A table of two levels: the page of a character, and on it what the character becomes.
struct Fold {
    page_of: Box<[u16; PAGES]>,
    pages: Vec<[char; PAGE]>,
    /// What characters become and the characters, for those that become others, ascending.
    forms: Vec<(char, char)>,
}

impl Fold {
    fn read(table: &str) -> Self {
        let mut fold = Self { page_of: Box::new([UNCHANGED; PAGES]), pages: vec![['\0'; PAGE]], forms: Vec::new() };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t').map(code_point);
            if let (Some(Some(from)), Some(Some(to))) = (columns.next(), columns.next()) {
                fold.insert(from, to);
                fold.forms.push((to, from));
            }
        }
        fold.forms.sort_unstable();
        fold
    }

    fn insert(&mut self, from: char, to: char) {
        let (page, place) = (from as usize / PAGE, from as usize % PAGE);
        if self.page_of[page] == UNCHANGED {
            self.page_of[page] = u16::try_from(self.pages.len()).expect("Unicode has fewer pages than a u16 can count");
            self.pages.push(unchanged_page(page));
        }
        self.pages[usize::from(self.page_of[page])][place] = to;
    }

    #[inline]
    fn character(&self, c: char) -> char {
        match self.page_of[c as usize / PAGE] {
            UNCHANGED => c,
            page => self.pages[usize::from(page)][c as usize % PAGE],
        }
    }
}

/// A page on which every character becomes itself.
fn unchanged_page(page: usize) -> [char; PAGE] {
    std::array::from_fn(|place| {
        let code_point = u32::try_from(page * PAGE + place).expect("Unicode ends at U+10FFFF");
        char::from_u32(code_point).unwrap_or('\0') // A surrogate, which no text has.
    })
}

fn code_point(hexadecimal: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(hexadecimal, 16).ok()?)
}

/// Whether a text has anything that a query could name.
pub fn has_searchable(text: &str) -> bool {
    // Of white space and marks there may be much, and most are of these.
    let text = text.trim_start_matches(|first: char| first.is_ascii() && !first.is_ascii_alphanumeric());
    text.chars().map(fold_character).any(is_searchable)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [from, to, _shown, _rules] = columns[..] else { panic!("not four columns: {line}") };
            let (from, to) = (code_point(from).expect(line), code_point(to).expect(line));
            assert_eq!(fold_character(from), to, "{line}");
        }
    }

    #[test]
    fn every_character_obeys_the_laws() {
        for c in char::MIN..=char::MAX {
            let folded = fold_character(c);
            assert_eq!(fold_character(folded), folded, "{c:?} folds in two steps");
            assert_eq!(folded.is_whitespace(), c.is_whitespace(), "{c:?} gains or loses its space");
            assert_eq!(is_searchable(folded), folded.is_alphanumeric(), "{c:?}");
        }
    }

    #[test]
    fn the_forms_of_a_character_are_those_that_fold_to_it() {
        let mut forms_of: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
        for c in char::MIN..=char::MAX {
            forms_of.entry(fold_character(c)).or_default().insert(c);
        }
        for (folded, expected) in forms_of {
            assert!(
                forms(folded).eq(iter::once(folded).chain(expected.into_iter().filter(|&c| c != folded))),
                "{folded}"
            );
        }
    }

    #[test]
    fn forms_of_one_character_meet() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(fold(text), expected);
        }
        check("強調組織工作，習近平總書記", "强调组织工作,习近平总书记");
        check("後裏裡臺颱檯髮發隻鬆準製", "后里里台台台发发只松准制");
        check("后里里台台台发发只松准制", "后里里台台台发发只松准制");
        check("著名瞭解乾坤覆蓋藉助徵求於是祇有彷彿夥伴帳戶", "着名了解干坤复盖借助征求于是只有仿佛伙伴账户");
        check("着名了解干坤复盖借助征求于是只有仿佛伙伴账户", "着名了解干坤复盖借助征求于是只有仿佛伙伴账户");
        check("二〇二三年 二○二三年 二零二三年", "二零二三年 二零二三年 二零二三年");
        check("衞生 敍述 国会図書館 什幺", "卫生 叙述 国会图书馆 什么");
        check("ＡＢＣ１２３（％）　ｱｶﾅ", "abc123(%) アカナ");
        check("⼈⺟⻓⻛⾦ 金\u{FA0A}", "人母长风金 金见"); // radicals and a compatibility ideograph
        check("Éλληνικά ΣΑΣ", "eλληνικά σασ");
        check("㈠ ½ ŉ", "㈠ ½ ŉ"); // these would become several characters
        check("予定 不足と欠", "予定 不足と欠"); // words of their own in Simplified Chinese
        check("", "");
    }

    #[test]
    fn letters_and_digits_are_left() {
        assert_eq!(searchable("“強(qiáng)調”，\r\n 2023年Ａ1。😀"), "强qiang调2023年a1");
        // Whether the marks are part of a letter or characters of their own.
        assert_eq!(searchable("naïve lǘ Ångström"), searchable("nai\u{308}ve lu\u{308}\u{301} A\u{30A}ngstro\u{308}m"));
        assert_eq!(searchable("，。 \n"), "");
    }

    proptest! {
        #[test]
        fn folding_a_text_folds_its_characters(text: String) {
            let folded = fold(&text);
            prop_assert!(folded.chars().eq(text.chars().map(fold_character)));
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn searchable_is_the_fold_without_the_rest(text: String) {
            let naive: String = fold(&text).chars().filter(|c| c.is_alphanumeric()).collect();
            prop_assert_eq!(searchable(&text), naive);
        }
    }
}
