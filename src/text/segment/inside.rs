//! The words inside a longer one: 中国特色社会主义 would hide 社会主义.
//!
//! Not every known word among its characters is one: 市场主体 is 市场 and 主体, and has nothing of 场主.

use std::ops::Range;

use crate::text::Digit;

/// Visits the words inside a word, each once, as bytes of it, ascending; not the word itself.
///
/// Where a word can be divided into known words of two characters or more, those that such a division consists of are
/// inside, and what is inside these. Where it cannot, all known ones are. Nothing begins or ends within a numeral: the
/// 第三十七条 is not the 十七条.
pub(super) fn for_each_inside(word: &str, is_word: impl Fn(&str) -> bool, mut visit: impl FnMut(Range<usize>)) {
    let places: Vec<_> = word.char_indices().map(|(place, _)| place).chain([word.len()]).collect();
    let mut inside = Inside::new(word, &places, is_word);
    inside.find(0..places.len() - 1);
    for (start, ends) in inside.found.iter().enumerate() {
        for end in (start + 1..places.len()).filter(|&end| ends[end]) {
            visit(places[start]..places[end]);
        }
    }
}

/// Tables of characters by where a word starts and where it ends.
struct Inside {
    /// Words that are known and shorter than the whole.
    known: Vec<Vec<bool>>,
    /// Those that are inside.
    found: Vec<Vec<bool>>,
}

impl Inside {
    fn new(word: &str, places: &[usize], is_word: impl Fn(&str) -> bool) -> Self {
        let count = places.len() - 1;
        let digits: Vec<_> = word.chars().map(|c| Digit::of_folded(c).is_some()).collect();
        let divides_numeral = |at: usize| at > 0 && at < count && digits[at - 1] && digits[at];
        let is_known = |start: usize, end: usize| {
            end >= start + 2
                && end - start < count
                && !divides_numeral(start)
                && !divides_numeral(end)
                && is_word(&word[places[start]..places[end]])
        };
        let known = (0..count).map(|start| (0..=count).map(|end| is_known(start, end)).collect()).collect();
        Self { known, found: vec![vec![false; count + 1]; count] }
    }

    /// Finds what is inside a part of the word.
    fn find(&mut self, part: Range<usize>) {
        let is_inside = |word: &Range<usize>| *word != part && self.known[word.start][word.end];
        let words = part.clone().flat_map(|start| (start + 2..=part.end).map(move |end| start..end));
        let words: Vec<_> = words.filter(is_inside).collect();
        let (mut begun, mut ended) = (vec![false; part.end + 1], vec![false; part.end + 1]);
        (begun[part.start], ended[part.end]) = (true, true);
        for word in &words {
            begun[word.end] |= begun[word.start];
        }
        words.iter().rev().for_each(|word| ended[word.start] |= ended[word.end]);
        let is_divided = begun[part.end];
        for word in words {
            if !is_divided {
                self.found[word.start][word.end] = true;
            } else if begun[word.start] && ended[word.end] && !self.found[word.start][word.end] {
                self.found[word.start][word.end] = true;
                self.find(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `known` are words divided by spaces.
    #[track_caller]
    fn check(word: &str, known: &str, expected: &str) {
        let mut found = Vec::new();
        for_each_inside(word, |word| known.split(' ').any(|it| it == word), |range| found.push(&word[range]));
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn what_only_meets_is_not_inside() {
        check("市场主体", "市场 场主 主体 市场主体", "市场 主体");
        check("恢复原状", "恢复 恢复原 复原 原状", "恢复 原状");
        check("水旱灾害", "水旱 水旱灾 旱灾 灾害", "水旱 灾害");
        check("中国特色社会主义", "中国 特色 色社 社会 主义 社会主义", "中国 特色 社会 社会主义 主义");
        check("国务院办公厅", "国务 国务院 院办 办公 办公厅", "国务 国务院 办公 办公厅");
        check("研究生院", "研究 研究生", "研究 研究生");
        check("大学生", "大学 学生", "大学 学生");
        check("共产党员", "共产 共产党 党员", "共产 党员");
        check("第三十七条", "第三 三十 十七 七条 第三十 十七条", "");
        check("三会一课", "三会 一课", "三会 一课");
        check("干部", "干部", "");
    }
}
