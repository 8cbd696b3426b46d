//! Readings in parentheses behind a character, as in `强(qiáng)`, which some reposts are sown with.
//!
//! The tone mark tells them from `附件(a)` and `维生素(e)`, the single syllable from `长江(Chángjiāng)`. A syllable of
//! one letter is also a letter of other languages, `维生素(é)`; it is a gloss only behind a character that is read so.

use super::{Rule, repaired::Cut};
use crate::text::{fold::is_ideograph, fold_character, pinyin::Syllable};

/// The characters, folded, that are read as one letter.
const READ_AS_ONE_LETTER: &str = "\
    啊阿呵腌锕吖嗄哦喔噢嚄鹅额俄峨娥蛾讹莪锇囮恶饿鄂遏扼愕厄噩鳄颚萼腭鹗谔轭呃垩苊阏轧厌呃阸嗯唔";

/// The glosses of a text. What is inside a text's parentheses is looked at once.
pub(super) fn pinyin_glosses(text: &str) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut read = None;
    for (start, parenthesis) in text.match_indices(['(', '（']) {
        // Behind a gloss may stand another reading of the same character.
        if cuts.last().is_none_or(|last| last.range.end != start) {
            read = text[..start].chars().next_back();
        }
        let inside = start + parenthesis.len();
        if let Some(read) = read.filter(|&c| is_ideograph(c))
            && let Some(rest) = gloss_rest(read, &text[inside..])
        {
            cuts.push(Cut { range: start..inside + rest, rule: Rule::PinyinGloss });
        }
    }
    cuts
}

/// The bytes of a gloss after its opening parenthesis, the closing one included, if there is one.
///
/// Never looks past another opening parenthesis, which is why all calls together stay linear.
fn gloss_rest(read: char, text: &str) -> Option<usize> {
    let mut syllable = Syllable::default();
    for (position, c) in text.char_indices() {
        match c {
            ')' | '）' => {
                let known = !syllable.is_one_letter() || READ_AS_ONE_LETTER.contains(fold_character(read));
                return (syllable.is_toned() && known).then_some(position + c.len_utf8());
            }
            c if syllable.push(c) => {}
            _ => return None,
        }
    }
    None
}
