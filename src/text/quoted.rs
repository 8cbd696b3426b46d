//! Formulas: what official language puts between quotation marks, 三会一课, whether a dictionary has it or not.

use std::ops::Range;

use super::fold::searchable_characters;

/// Quotation marks, opening and closing, folded. The last opens and closes in turn.
const MARKS: [(char, char); 6] = [('“', '”'), ('「', '」'), ('『', '』'), ('‘', '’'), ('《', '》'), ('"', '"')];
/// What ends a sentence, folded: a quotation with it is somebody's speech.
const SENTENCE_ENDS: [char; 4] = ['。', '!', '?', ';'];
/// The letters and digits of a formula: fewer are a word, more are a sentence.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=16;

/// How far a quotation has come.
#[derive(Clone, Copy)]
enum Quotation {
    Closed,
    /// Its first tile, if it has one.
    Open(usize),
    /// A sentence ended in it.
    Spoilt,
}

/// The quotations that are formulas and not one tile anyway: which tiles they consist of, by the place of their end.
///
/// `tiles` are what folded text was cut into; between them are marks and spaces only.
pub(super) fn formulas(folded: &str, tiles: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut formulas = Vec::new();
    let mut quotations = [Quotation::Closed; MARKS.len()];
    for (next, gap) in gaps(folded, tiles) {
        for c in gap.chars() {
            for (quotation, (opening, closing)) in quotations.iter_mut().zip(MARKS) {
                *quotation = match *quotation {
                    Quotation::Open(first) if c == closing => {
                        formulas
                            .extend(Some(first..next).filter(|content| is_formula(folded, &tiles[content.clone()])));
                        Quotation::Closed
                    }
                    Quotation::Spoilt if c == closing => Quotation::Closed,
                    Quotation::Open(_) if SENTENCE_ENDS.contains(&c) => Quotation::Spoilt,
                    _ if c == opening => Quotation::Open(next),
                    before => before,
                };
            }
        }
    }
    formulas
}

/// What stands between the tiles, and the tile after it.
fn gaps<'a>(folded: &'a str, tiles: &'a [Range<usize>]) -> impl Iterator<Item = (usize, &'a str)> {
    let starts = tiles.iter().map(|tile| tile.start).chain([folded.len()]);
    let ends = std::iter::once(0).chain(tiles.iter().map(|tile| tile.end));
    ends.zip(starts).map(|(end, start)| &folded[end..start]).enumerate()
}

fn is_formula(folded: &str, tiles: &[Range<usize>]) -> bool {
    let [first, .., last] = tiles else { return false };
    let letters = searchable_characters(&folded[first.start..last.end]);
    LENGTHS.contains(&letters.take(LENGTHS.end() + 1).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{fold, fold_character, is_searchable, searchable};

    /// Each character is a tile.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let folded = fold(text);
        let letters = folded.char_indices().filter(|&(_, c)| is_searchable(c));
        let tiles: Vec<_> = letters.map(|(start, c)| start..start + c.len_utf8()).collect();
        let shown = |formula: Range<usize>| searchable(&folded[tiles[formula.start].start..tiles[formula.end - 1].end]);
        assert_eq!(formulas(&folded, &tiles).into_iter().map(shown).collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn marks_are_folded() {
        for mark in MARKS.into_iter().flat_map(|(opening, closing)| [opening, closing]).chain(SENTENCE_ENDS) {
            assert_eq!(fold_character(mark), mark);
            assert!(!is_searchable(mark));
        }
    }

    #[test]
    fn quotations_of_a_few_characters_are_formulas() {
        check("落实“三会一课”制度", "三会一课");
        check("「三會一課」『兩優一先』‘四史’《党章》\"五史\"＂六史＂", "三会一课 两优一先 四史 党章 五史 六史");
        check("“守初心、担使命”", "守初心担使命");
        check("关于“落实‘三会一课’制度”的《通知》", "三会一课 落实三会一课制度 通知");
        check("", "");
        check("“”“，”", "");
        check("“党”", "");
        check("“一二三四五六七八九十一二三四五六”", "一二三四五六七八九十一二三四五六");
        check("“一二三四五六七八九十一二三四五六七”", "");
    }

    #[test]
    fn speech_is_no_formula() {
        check("他说：“好的。再来！”大家笑", "");
        check("\"好。\"接着\"学习\"", "学习");
        check("“好。”接着“学习”", "学习");
    }

    #[test]
    fn marks_without_a_partner_are_passed_over() {
        check("学习”和“工作", "");
        check("“学习“工作”", "工作");
        check("it’s “学习’", "");
    }

    #[test]
    fn marks_alone_take_linear_time() {
        // Quadratic, this would take minutes.
        check(&"“「『‘《\"".repeat(1 << 16), "");
        check(&("“".to_owned() + &"，党".repeat(1 << 16) + "”"), "");
    }
}
