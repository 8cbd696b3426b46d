//! Pinyin syllables with their tone mark, letter by letter.

/// Every initial; an empty one is allowed too.
const INITIALS: [&str; 23] = [
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s", "y",
    "w",
];
/// Every final, ü written v. The last line are syllables without a vowel.
const FINALS: [&str; 41] = [
    "a", "o", "e", "i", "u", "v", "ai", "ei", "ui", "ao", "ou", "iu", "ie", "ue", "ve", "er", "ia", "ua", "uo", "io",
    "uai", "iao", "an", "en", "in", "un", "vn", "ang", "eng", "ing", "ong", "ian", "uan", "van", "iang", "iong",
    "uang", //
    "n", "ng", "m", "ueng",
];
/// The letters of the longest syllable, zhuang.
const MOST_LETTERS: usize = 6;

/// Builds a syllable of pinyin from its characters.
#[derive(Default)]
pub(super) struct Syllable {
    letters: String,
    tones: usize,
}

impl Syllable {
    /// Adds a character; says no to one that cannot be in a syllable, or not there.
    ///
    /// Tone marks come with their vowel or as combining marks after it. An upper case letter can only be the first.
    pub(super) fn push(&mut self, c: char) -> bool {
        let (letter, toned) = match c {
            '\u{300}' | '\u{301}' | '\u{304}' | '\u{306}' | '\u{30C}' => {
                self.tones += 1;
                return !self.letters.is_empty();
            }
            '\u{308}' => return self.letters.pop() == Some('u') && self.push('ü'),
            _ if c.is_uppercase() && !self.letters.is_empty() => return false,
            _ => letter(c.to_lowercase().next().unwrap_or(c)),
        };
        self.letters.push(letter);
        self.tones += usize::from(toned);
        letter.is_ascii_lowercase() && self.letters.len() <= MOST_LETTERS
    }

    /// Its letters without the tone mark, ü as v.
    pub(super) fn letters(&self) -> &str {
        &self.letters
    }

    /// Whether it has one letter, as no syllable but a vowel's has.
    pub(super) fn is_one_letter(&self) -> bool {
        self.letters.len() == 1
    }

    /// Whether this is exactly one syllable with exactly one tone mark.
    pub(super) fn is_toned(&self) -> bool {
        let split = INITIALS.iter().find_map(|initial| self.letters.strip_prefix(initial));
        let is_final = |rest: &str| FINALS.contains(&rest);
        self.tones == 1 && (split.is_some_and(is_final) || is_final(&self.letters))
    }
}

/// The letter under a tone mark, ü as v, and whether there was a mark.
fn letter(c: char) -> (char, bool) {
    match c {
        'ā' | 'á' | 'ǎ' | 'ă' | 'à' => ('a', true),
        'ē' | 'é' | 'ě' | 'ĕ' | 'è' => ('e', true),
        'ī' | 'í' | 'ǐ' | 'ĭ' | 'ì' => ('i', true),
        'ō' | 'ó' | 'ǒ' | 'ŏ' | 'ò' => ('o', true),
        'ū' | 'ú' | 'ǔ' | 'ŭ' | 'ù' => ('u', true),
        'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => ('v', true),
        'ń' | 'ň' | 'ǹ' => ('n', true),
        'ḿ' => ('m', true),
        'ü' => ('v', false),
        'ɑ' => ('a', false), // The forms of a and g that schoolbooks print.
        'ɡ' => ('g', false),
        'v' => ('?', false), // Pinyin has no v of its own.
        _ => (c, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_syllable_one_tone() {
        #[track_caller]
        fn check(texts: &str, expected: bool) {
            for text in texts.split(' ') {
                let mut syllable = Syllable::default();
                let spelled = text.chars().all(|c| syllable.push(c));
                assert_eq!(spelled && syllable.is_toned(), expected, "{text}");
            }
        }
        check("qiáng diào ā ér zhuāng yuè wǒ lǜ lüè nǚ jiǒng yǒu ń ňg ḿ yī huǒ wēng Lǐ Ā", true);
        check("qia\u{301}ng nu\u{308}\u{30C} nü\u{30C} a\u{300} lüe\u{300} hɑ\u{301}o ɡōng", true);
        check("a ai e he x er china de qiang v vitamin", false); // no tone
        check("chángjiāng xī'ān ǎǎ qiáng\u{301}", false); // more than one
        check("QIÁNG qIáng qiáng1 bcá xyz zhuāngg zhzhā \u{301}a u\u{308}\u{308}\u{301} vá", false); // no syllable
        check("市 市、区 ！ é́", false);
    }
}
