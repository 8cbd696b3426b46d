//! Near copies: which texts say the same, and which of them leads.
//!
//! Pure. Two texts are near when their letters and digits, folded, are equal, or when the sets of their bigrams are
//! alike: what both have is at least four fifths of what either has (Jaccard).

use std::collections::HashMap;

use crate::text::searchable;

/// The most letters and digits of a text that is compared by its bigrams; longer ones are near only when equal. Only
/// paragraphs that their sender split can be longer.
const COMPARED_LETTERS: usize = 8_192;

/// Words of the bitmap that stands for a set.
const BITMAP_WORDS: usize = 16;

/// What is kept of a text to compare it.
#[derive(Debug)]
pub(super) struct Sketch {
    /// Names its letters and digits.
    hash: blake3::Hash,
    /// Its pairs of neighbouring letters and digits, each once, ascending. Empty for a text that is too long.
    bigrams: Vec<u64>,
    /// One bit for each of them; several may share one.
    bitmap: [u64; BITMAP_WORDS],
}

impl Sketch {
    /// Takes what is compared from a text.
    pub(super) fn of(text: &str) -> Self {
        let letters = searchable(text);
        let bigrams = if letters.chars().nth(COMPARED_LETTERS).is_none() { bigrams(&letters) } else { Vec::new() };
        let mut bitmap = [0; BITMAP_WORDS];
        for &bigram in &bigrams {
            let (word, bit) = bit_of(bigram);
            bitmap[word] |= 1 << bit;
        }
        Self { hash: blake3::hash(letters.as_bytes()), bigrams, bitmap }
    }

    /// Whether the sets of bigrams are alike: |A ∩ B| / |A ∪ B| ≥ 4/5, which is 9 |A ∩ B| ≥ 4 (|A| + |B|).
    fn is_alike(&self, other: &Self) -> bool {
        let (a, b) = (self.bigrams.len(), other.bigrams.len());
        let needed = (4 * (a + b)).div_ceil(9);
        if a.min(b) < needed || needed == 0 {
            return false;
        }
        // Where the bitmaps differ, one set has a bigram that the other has not.
        let differing =
            self.bitmap.iter().zip(&other.bitmap).map(|(a, b)| (a ^ b).count_ones() as usize).sum::<usize>();
        a + b >= differing + 2 * needed && have_in_common(&self.bigrams, &other.bigrams, needed)
    }
}

fn bigrams(letters: &str) -> Vec<u64> {
    let pairs = letters.chars().zip(letters.chars().skip(1));
    let mut bigrams: Vec<_> = pairs.map(|(first, second)| u64::from(first) << 32 | u64::from(second)).collect();
    bigrams.sort_unstable();
    bigrams.dedup();
    bigrams
}

/// The bit that stands for a bigram: the upper bits of a product with an odd number, which are spread well (Knuth, The
/// Art of Computer Programming, volume 3, 6.4).
fn bit_of(bigram: u64) -> (usize, u32) {
    let spread = bigram.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((spread >> 60) as usize, (spread >> 54) as u32 & 63)
}

/// Whether two ascending sets have so many elements in common. Stops as soon as that is certain, either way.
fn have_in_common(mut a: &[u64], mut b: &[u64], mut needed: usize) -> bool {
    while needed > 0 && a.len().min(b.len()) >= needed {
        let (first, second) = (a[0], b[0]);
        if first <= second {
            a = &a[1..];
        }
        if second <= first {
            b = &b[1..];
        }
        needed -= usize::from(first == second);
    }
    needed == 0
}

/// Texts that others are near to, in the order in which they came, which is that of rank.
#[derive(Debug, Default)]
pub(super) struct Leaders {
    sketches: Vec<Sketch>,
    /// The leader of every text that came, by hash.
    by_hash: HashMap<blake3::Hash, usize>,
}

impl Leaders {
    /// The first leader that a text is near to, by its number from 0.
    pub(super) fn near(&self, text: &Sketch) -> Option<usize> {
        let equal = self.by_hash.get(&text.hash).copied();
        equal.or_else(|| self.sketches.iter().position(|leader| leader.is_alike(text)))
    }

    /// Takes a text in: it follows the first leader that it is near to, whose number is returned, or leads from now on.
    pub(super) fn take(&mut self, text: Sketch) -> Option<usize> {
        let near = self.near(&text);
        self.by_hash.insert(text.hash, near.unwrap_or(self.sketches.len()));
        if near.is_none() {
            self.sketches.push(text);
        }
        near
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Whom each text follows; itself, where it leads.
    fn led(texts: &[&str]) -> Vec<usize> {
        let mut leaders = Leaders::default();
        let mut numbers = Vec::new();
        let follow = |(index, text): (usize, &&str)| {
            if let Some(leader) = leaders.take(Sketch::of(text)) {
                return numbers[leader];
            }
            numbers.push(index);
            index
        };
        texts.iter().enumerate().map(follow).collect()
    }

    /// The rule, word by word.
    fn is_near(a: &str, b: &str) -> bool {
        let set = |text: &str| -> BTreeSet<(char, char)> {
            let letters: Vec<char> = searchable(text).chars().collect();
            letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
        };
        let (one, other) = (set(a), set(b));
        let (both, either) = (one.intersection(&other).count(), one.union(&other).count());
        searchable(a) == searchable(b) || (either > 0 && both * 10 >= either * 8)
    }

    #[test]
    fn texts_that_say_the_same_follow_the_first() {
        #[track_caller]
        fn check(texts: &[&str], expected: &[usize]) {
            assert_eq!(led(texts), expected, "{texts:?}");
        }
        check(&["深刻领悟“两个确立”", "深刻領悟兩個確立。", "坚决做到两个维护"], &[0, 0, 2]);
        // Nine bigrams of ten: 9 in common, 11 in all.
        check(&["一二三四五六七八九十百", "一二三四五六七八九十千"], &[0, 0]);
        // Four of five: 4 in common, 6 in all.
        check(&["一二三四五六", "一二三四五七"], &[0, 1]);
        // Exactly four fifths: 4 in common, 5 in all; and just below: 7 and 9.
        check(&["一二三四五六", "一二三四五"], &[0, 0]);
        check(&["一二三四五六七八九十", "一二三四五六七八"], &[0, 1]);
        // One letter has no bigrams.
        check(&["党", "黨", "党的", "一"], &[0, 0, 2, 3]);
        // Nearness does not go from one to the next: the third is near to the second, which does not lead.
        check(&["一二三四五六七八九十", "一二三四五六七八九", "一二三四五六七八"], &[0, 0, 2]);
    }

    #[test]
    fn long_texts_are_near_only_when_equal() {
        let long: String = ('一'..).take(COMPARED_LETTERS).collect();
        let longer = format!("{long}党");
        assert_eq!(led(&[&long, &long[3..], &longer, &longer]), [0, 0, 2, 2]);
    }

    proptest! {
        #[test]
        fn the_first_near_leader_of_a_scan_leads(texts in prop::collection::vec("[一二三]{0,3}[四五]?[一二三，]{0,9}", 0..12)) {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let mut naive: Vec<usize> = Vec::new();
            for (index, text) in texts.iter().enumerate() {
                let leads = |&earlier: &usize| naive[earlier] == earlier && is_near(texts[earlier], text);
                naive.push((0..index).find(leads).unwrap_or(index));
            }
            prop_assert_eq!(led(&texts), naive);
        }

        #[test]
        fn bitmaps_never_hide_what_is_alike(shared in "[一-龟]{150,300}", a in "[一-龟]{0,40}", b in "[一-龟]{0,40}") {
            let (one, other) = (format!("{shared}{a}"), format!("{shared}{b}"));
            prop_assert_eq!(led(&[&one, &other])[1] == 0, is_near(&one, &other));
        }
    }
}
