//! Readings in parentheses behind a character, as in `强(qiáng)`, which some reposts are sown with.
//!
//! The tone mark tells them from `附件(a)` and `维生素(e)`, the single syllable from `长江(Chángjiāng)`. The character has
//! to be read so, in whatever tone: `法国名(né)` is a word of another language, `艺名(Yú)` another's name. Where such
//! readings stand close together a wrong one among them is one as well.

use pinyin::ToPinyinMulti as _;

use super::{Rule, repaired::Cut, scan::blocks};
use crate::text::{GoesOn, fold::is_ideograph, fold_character, pinyin::Syllable};

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

/// A gloss has fewer bytes: two parentheses, spaces, six letters, and marks on some.
const LONGEST_BYTES: usize = 64;

/// The most bytes between a true reading and a wrong one that stands among such.
const NEAR_BYTES: usize = 60;

/// The glosses of a text. What is inside a text's parentheses is looked at once.
pub(super) fn pinyin_glosses<E>(text: &str, goes_on: GoesOn<'_, E>) -> Result<Vec<Cut>, E> {
    let mut found: Vec<Gloss> = Vec::new();
    let mut read = None;
    for block in blocks(text.as_bytes(), LONGEST_BYTES, may_have_tone) {
        goes_on()?;
        for start in block {
            let Some(inside) = after_parenthesis(text.as_bytes(), start) else { continue };
            // Behind a gloss may stand another reading of the same character.
            if found.last().is_none_or(|last| last.cut.range.end != start) {
                read = text[..start].chars().next_back();
            }
            if let Some(read) = read.filter(|&c| is_ideograph(c))
                && let Some((rest, is_true)) = gloss_rest(read, &text[inside..])
            {
                found.push(Gloss { cut: Cut { range: start..inside + rest, rule: Rule::PinyinGloss }, is_true });
            }
        }
    }
    let stands = |at: usize| found[at].is_true || is_between(&found, at);
    let kept: Vec<bool> = (0..found.len()).map(stands).collect();
    Ok(found.into_iter().zip(kept).filter(|&(_, kept)| kept).map(|(gloss, _)| gloss.cut).collect())
}

/// What has the form of a gloss.
struct Gloss {
    cut: Cut,
    /// Whether the character before it is read so.
    is_true: bool,
}

/// Whether true readings stand near a wrong one, on both sides.
fn is_between(found: &[Gloss], at: usize) -> bool {
    let near = |one: Option<&Gloss>, next: Option<&Gloss>| {
        one.zip(next).is_some_and(|(one, next)| next.cut.range.start - one.cut.range.end <= NEAR_BYTES)
    };
    let (before, after) = (at.checked_sub(1).and_then(|before| found.get(before)), found.get(at + 1));
    let is_true = |gloss: Option<&Gloss>| gloss.is_some_and(|gloss| gloss.is_true);
    is_true(before) && is_true(after) && near(before, found.get(at)) && near(found.get(at), after)
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

/// The bytes of a gloss after its opening parenthesis, the closing one included, if there is one, and whether the
/// character is read so.
///
/// Never looks past another opening parenthesis, which is why all calls together stay linear.
fn gloss_rest(read: char, text: &str) -> Option<(usize, bool)> {
    let mut syllable = Syllable::default();
    let mut is_over = false;
    for (position, c) in text.char_indices() {
        match c {
            ')' | '）' => {
                let is_gloss = syllable.is_toned() && may_read(read, &syllable);
                return is_gloss.then(|| (position + c.len_utf8(), is_read(read, &syllable)));
            }
            ' ' | '\u{A0}' | '\u{3000}' if position < LONGEST_BYTES => is_over = !syllable.letters().is_empty(),
            c if !is_over && syllable.push(c) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a character is read so, in whatever tone; yes if nobody knows how it is read.
fn is_read(read: char, syllable: &Syllable) -> bool {
    let letters = syllable.letters();
    let mut known =
        [read, fold_character(read)].into_iter().filter_map(|character| character.to_pinyin_multi()).peekable();
    let spelled = |reading: &str| reading.replace('ü', "v");
    known.peek().is_none() || known.flatten().any(|reading| spelled(reading.plain()) == letters)
}

/// Whether a syllable may be a gloss behind a character: one that says how another is read has only its own, and one
/// letter is also a letter of other languages, `维生素(é)`.
fn may_read(read: char, syllable: &Syllable) -> bool {
    let folded = fold_character(read);
    let readings = READ_AS.iter().find(|(character, _)| *character == folded).map(|(_, readings)| *readings);
    readings.is_none_or(|readings| readings.contains(&syllable.letters()))
        && (!syllable.is_one_letter() || is_read(read, syllable))
}
