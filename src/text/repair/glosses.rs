//! Readings in parentheses behind a character, as in `强(qiáng)`, which some reposts are sown with.
//!
//! The tone mark tells them from `附件(a)` and `维生素(e)`, the single syllable from `长江(Chángjiāng)`. A syllable of
//! one letter is also a letter of other languages, `维生素(é)`; it is a gloss only behind a character that is read so.

use super::{Rule, repaired::Cut, scan::places};
use crate::text::{fold::is_ideograph, fold_character, pinyin::Syllable};

/// The characters, folded, that are read as one letter.
const READ_AS_ONE_LETTER: &str = "\
    啊阿呵腌锕吖嗄哦喔噢嚄鹅额俄峨娥蛾讹莪锇囮恶饿鄂遏扼愕厄噩鳄颚萼腭鹗谔轭呃垩苊阏轧厌呃阸嗯唔";

/// What says how another character is read, folded, and its own readings without their tones: `读作(háng)` is no gloss.
const READ_AS: [(char, &[&str]); 10] = [
    ('读', &["du", "dou"]),
    ('作', &["zuo"]),
    ('音', &["yin"]),
    ('念', &["nian"]),
    ('为', &["wei"]),
    ('是', &["shi"]),
    ('呼', &["hu"]),
    ('叫', &["jiao"]),
    ('或', &["huo"]),
    ('拼', &["pin"]),
];

/// A gloss has fewer bytes: two parentheses, six letters, and marks on some.
const LONGEST_BYTES: usize = 64;

/// The glosses of a text. What is inside a text's parentheses is looked at once.
pub(super) fn pinyin_glosses(text: &str) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut read = None;
    for start in places(text.as_bytes(), LONGEST_BYTES, may_have_tone) {
        let Some(inside) = after_parenthesis(text.as_bytes(), start) else { continue };
        // Behind a gloss may stand another reading of the same character.
        if cuts.last().is_none_or(|last| last.range.end != start) {
            read = text[..start].chars().next_back();
        }
        if let Some(read) = read.filter(|&c| is_ideograph(c))
            && let Some(rest) = gloss_rest(read, &text[inside..])
        {
            cuts.push(Cut { range: start..inside + rest, rule: Rule::PinyinGloss });
        }
    }
    cuts
}

/// Where the opening parenthesis ends that begins here, `(` or `（`.
fn after_parenthesis(text: &[u8], start: usize) -> Option<usize> {
    match text[start..] {
        [b'(', ..] => Some(start + 1),
        [0xEF, 0xBC, 0x88, ..] => Some(start + 3),
        _ => None,
    }
}

/// Whether there is a byte that letters with a tone mark begin with, or the marks themselves: U+00C0 to U+033F, and
/// those from U+1000 on, which `ḿ` is one of.
fn may_have_tone(block: &[u8]) -> bool {
    block.iter().fold(false, |found, &byte| found | matches!(byte, 0xC3..=0xCC | 0xE1))
}

/// The bytes of a gloss after its opening parenthesis, the closing one included, if there is one.
///
/// Never looks past another opening parenthesis, which is why all calls together stay linear.
fn gloss_rest(read: char, text: &str) -> Option<usize> {
    let mut syllable = Syllable::default();
    for (position, c) in text.char_indices() {
        match c {
            ')' | '）' => {
                return (syllable.is_toned() && may_read(read, &syllable)).then_some(position + c.len_utf8());
            }
            c if syllable.push(c) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a character may be read so.
fn may_read(read: char, syllable: &Syllable) -> bool {
    let read = fold_character(read);
    let readings = READ_AS.iter().find(|(character, _)| *character == read).map(|(_, readings)| *readings);
    readings.is_none_or(|readings| readings.contains(&syllable.letters()))
        && (!syllable.is_one_letter() || READ_AS_ONE_LETTER.contains(read))
}
