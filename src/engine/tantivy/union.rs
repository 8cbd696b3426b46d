//! What has some tokens, and what it scores by them: their lists added up, a window of paragraphs at a time.
//!
//! tantivy's own union goes from paragraph to paragraph and asks every list where it stands, to leave out what cannot be
//! among the best. That pays where few are wanted. Where hundreds are, little can be left out, and to add everything up
//! takes half the time. Each paragraph's scores are added up in the order of the tokens, wherever it stands.

use std::{
    iter, slice,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocId, SegmentReader, TERMINATED, Term as IndexTerm,
    fieldnorm::FieldNormReader,
    postings::BlockSegmentPostings,
    query::{Bm25StatisticsProvider, Bm25Weight},
    schema::IndexRecordOption,
};

use crate::engine::tantivy::{asked::Selected, entry_set::WORD, lately::Lately};

/// How many paragraphs are added up at once: as many as fit the fastest cache twice.
const WINDOW: DocId = 4_096;
/// Rows of fewer entries of a list are cleared away one by one.
const SHORT_ROW: usize = 32;

/// The tokens, ready for any segment.
pub(super) struct Union<'a> {
    tokens: Vec<(IndexTerm, Bm25Weight)>,
    lately: &'a Lately,
}

impl<'a> Union<'a> {
    /// Of terms and what their scores are multiplied with.
    pub(super) fn new(
        terms: impl Iterator<Item = (IndexTerm, f32)>,
        statistics: &dyn Bm25StatisticsProvider,
        lately: &'a Lately,
    ) -> tantivy::Result<Self> {
        let weighed = |(term, weight): (IndexTerm, f32)| {
            let score = Bm25Weight::for_terms(statistics, slice::from_ref(&term))?.boost_by(weight);
            Ok((term, score))
        };
        Ok(Self { tokens: terms.map(weighed).collect::<tantivy::Result<_>>()?, lately })
    }

    /// Gives, ascending, the entries of a segment that score more than a threshold. Each time it is told the threshold
    /// for those behind: the same one or a higher one, or `None` when it is enough. Ends early on `stop`.
    ///
    /// Passes over what sets leave out of what is selected; who visits has to ask about the rest.
    pub(super) fn visit(
        &self,
        segment: &SegmentReader,
        selected: Option<&Selected>,
        threshold: f32,
        stop: &AtomicBool,
        visit: &mut dyn FnMut(DocId, f32) -> Option<f32>,
    ) -> tantivy::Result<()> {
        // A long query has thousands of them.
        let wanted = self.tokens.iter().take_while(|_| !stop.load(Relaxed));
        let lists = wanted.map(|(term, weight)| List::open(term, weight, segment, self.lately));
        let mut lists: Vec<_> = lists.filter_map(Result::transpose).collect::<tantivy::Result<_>>()?;
        let mut window = Window::new(threshold);
        let mut mask = selected.filter(|selected| selected.has_sets()).map(Mask::new);
        while !stop.load(Relaxed)
            && let Some(first) = lists.iter().filter_map(List::document).min()
        {
            window.first = first;
            if let Some(mask) = &mut mask {
                let Some(next) = mask.next(first) else { break };
                if next - first >= WINDOW {
                    for list in &mut lists {
                        list.go_to(next);
                    }
                    continue;
                }
                window.first = mask.go_to(first);
            }
            for list in &mut lists {
                list.add_to(&mut window, mask.as_ref());
            }
            if !window.take(visit) {
                break;
            }
        }
        Ok(())
    }
}

/// A token's list in a segment.
struct List<'a> {
    postings: Box<BlockSegmentPostings>,
    /// Where it stands in a block.
    at: usize,
    weight: &'a Bm25Weight,
    lengths: FieldNormReader,
}

impl<'a> List<'a> {
    /// `None` where the segment has no such token.
    fn open(
        term: &IndexTerm,
        weight: &'a Bm25Weight,
        segment: &SegmentReader,
        lately: &Lately,
    ) -> tantivy::Result<Option<Self>> {
        let Some(postings) = lately.postings(segment, term, IndexRecordOption::WithFreqs)? else { return Ok(None) };
        let lengths = segment.get_fieldnorms_reader(term.field())?;
        Ok(Some(Self { postings: Box::new(postings), at: 0, weight, lengths }))
    }

    /// The entry at which it stands; `None` behind the last.
    fn document(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied().filter(|&document| document != TERMINATED)
    }

    /// Goes to an entry, or to what stands behind it.
    fn go_to(&mut self, entry: DocId) {
        if self.document().is_some_and(|document| document < entry) {
            self.at = self.postings.seek(entry);
        }
    }

    /// Adds what it has in a window, as far as a mask leaves it, and goes behind that.
    fn add_to(&mut self, window: &mut Window, mask: Option<&Mask<'_>>) {
        loop {
            let documents = &self.postings.docs()[self.at..];
            let frequencies = &self.postings.freqs()[self.at..];
            let within = match documents.last() {
                None => return,
                Some(&last) if window.has(last) => documents.len(),
                Some(_) => documents.partition_point(|&document| window.has(document)),
            };
            let found = documents[..within].iter().copied().zip(frequencies.iter().copied());
            window.note(&documents[..within]);
            match mask {
                Some(mask) => {
                    let first = window.first;
                    self.add(found.filter(|(document, _)| mask.has(document - first)), window);
                }
                None => self.add(found, window),
            }
            if within < documents.len() {
                self.at += within;
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }

    fn add(&self, found: impl Iterator<Item = (DocId, u32)>, window: &mut Window) {
        for (document, frequency) in found {
            window.add(document, self.weight.score(self.lengths.fieldnorm_id(document), frequency));
        }
    }
}

/// Which of the entries in a window count.
struct Mask<'a> {
    selected: &'a Selected,
    words: [u64; (WINDOW / WORD) as usize],
}

impl<'a> Mask<'a> {
    fn new(selected: &'a Selected) -> Self {
        Self { selected, words: [0; (WINDOW / WORD) as usize] }
    }

    /// The first entry from one on that counts.
    fn next(&self, entry: DocId) -> Option<DocId> {
        let (index, place) = (entry / WORD, entry % WORD);
        let first = self.selected.word(index) & u64::MAX << place;
        let later = (index + 1..self.selected.words()).map(|index| (index, self.selected.word(index)));
        let (index, word) = iter::once((index, first)).chain(later).find(|(_, word)| *word != 0)?;
        Some(index * WORD + word.trailing_zeros())
    }

    /// Looks at the window that begins with the word of an entry; says where that is.
    fn go_to(&mut self, entry: DocId) -> DocId {
        for (index, word) in (entry / WORD..).zip(&mut self.words) {
            *word = self.selected.word(index);
        }
        entry - entry % WORD
    }

    /// Whether the entry at a place in the window counts.
    fn has(&self, place: DocId) -> bool {
        let place = place % WINDOW;
        self.words[(place / WORD) as usize] >> (place % WORD) & 1 == 1
    }
}

/// The scores of entries in a row.
struct Window {
    first: DocId,
    scores: Box<[f32; WINDOW as usize]>,
    /// What may be among the best scores more.
    threshold: f32,
    /// Places whose scores came to exceed it.
    exceeding: Vec<DocId>,
    /// Places with scores, as long as they are few.
    scored: Vec<DocId>,
    are_few: bool,
}

impl Window {
    fn new(threshold: f32) -> Self {
        Self {
            first: 0,
            scores: Box::new([0.0; WINDOW as usize]),
            threshold: threshold.max(0.0),
            exceeding: Vec::new(),
            scored: Vec::new(),
            are_few: true,
        }
    }

    /// Whether an entry, which does not stand before the window, stands in it.
    fn has(&self, document: DocId) -> bool {
        document - self.first < WINDOW
    }

    /// Takes note of entries in a row, to which scores are added.
    fn note(&mut self, documents: &[DocId]) {
        self.are_few &= documents.len() < SHORT_ROW;
        if self.are_few {
            self.scored.extend(documents.iter().map(|document| document - self.first));
        }
    }

    /// Adds a score to that of an entry in the window. Sums only grow, so that each exceeds the threshold once.
    fn add(&mut self, document: DocId, score: f32) {
        let place = (document - self.first) % WINDOW;
        let sum = &mut self.scores[place as usize];
        let before = *sum;
        *sum += score;
        if *sum > self.threshold && before <= self.threshold {
            self.exceeding.push(place);
        }
    }

    /// Gives what scores more than the threshold, which may rise meanwhile, and leaves nothing; whether there is to be
    /// more.
    fn take(&mut self, visit: &mut dyn FnMut(DocId, f32) -> Option<f32>) -> bool {
        self.exceeding.sort_unstable();
        for place in self.exceeding.drain(..) {
            let score = self.scores[place as usize];
            if score > self.threshold {
                match visit(self.first + place, score) {
                    Some(risen) => self.threshold = risen.max(0.0),
                    None => return false,
                }
            }
        }
        if self.are_few {
            for place in &self.scored {
                self.scores[*place as usize] = 0.0;
            }
        } else {
            self.scores.fill(0.0);
        }
        self.scored.clear();
        self.are_few = true;
        true
    }
}
