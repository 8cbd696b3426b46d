//! What has some tokens, and what it scores by them: their lists added up, a window of paragraphs at a time.
//!
//! tantivy's own union goes from paragraph to paragraph and asks every list where it stands, to leave out what cannot be
//! among the best. That pays where few are wanted. Where hundreds are, little can be left out, and to add everything up
//! takes half the time. Each paragraph's scores are added up in the order of the tokens, wherever it stands.

use std::{
    iter, mem, slice,
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
const WINDOW: DocId = 2_048;
/// How many of them are looked at together.
const CHUNK: DocId = 16;
/// How many words hold a mark of each chunk.
const WORDS: usize = (WINDOW / CHUNK / u64::BITS) as usize;

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
        mut threshold: f32,
        stop: &AtomicBool,
        visit: &mut dyn FnMut(DocId, f64) -> Option<f32>,
    ) -> tantivy::Result<()> {
        // A long query has thousands of them.
        let wanted = self.tokens.iter().take_while(|_| !stop.load(Relaxed));
        let lists = wanted.map(|(term, weight)| List::open(term, weight, segment, self.lately));
        let mut lists: Vec<_> = lists.filter_map(Result::transpose).collect::<tantivy::Result<_>>()?;
        let mut window = Window::default();
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
            match window.take(threshold, visit) {
                Some(risen) => threshold = risen,
                None => break,
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
            let score = self.weight.score(self.lengths.fieldnorm_id(document), frequency);
            window.add(document, f64::from(score));
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
        Self { selected, words: Default::default() }
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
    scores: Box<[f64; WINDOW as usize]>,
    /// A bit for each chunk in which there is something.
    marks: [u64; WORDS],
}

impl Default for Window {
    fn default() -> Self {
        Self { first: 0, scores: Box::new([0.0; WINDOW as usize]), marks: Default::default() }
    }
}

impl Window {
    /// Whether an entry, which does not stand before the window, stands in it.
    fn has(&self, document: DocId) -> bool {
        document - self.first < WINDOW
    }

    /// Adds a score to that of an entry in the window.
    fn add(&mut self, document: DocId, score: f64) {
        let place = (document - self.first) % WINDOW;
        let chunk = place / CHUNK;
        self.scores[place as usize] += score;
        self.marks[(chunk / u64::BITS) as usize] |= 1 << (chunk % u64::BITS);
    }

    /// Gives what scores more than a threshold, and leaves nothing; the threshold in the end, or `None` if it is enough.
    fn take(&mut self, threshold: f32, visit: &mut dyn FnMut(DocId, f64) -> Option<f32>) -> Option<f32> {
        let mut threshold = threshold.max(0.0);
        for (word, marks) in (0..).zip(&mut self.marks) {
            let mut marks = mem::take(marks);
            while marks != 0 {
                let chunk = word * u64::BITS + marks.trailing_zeros();
                marks &= marks - 1;
                let first = self.first + chunk * CHUNK;
                let chunk = &mut self.scores[(chunk * CHUNK) as usize..][..CHUNK as usize];
                // Without a branch for each.
                if chunk.iter().fold(false, |exceeds, &score| exceeds | (score > f64::from(threshold))) {
                    for (document, &score) in (first..).zip(chunk.iter()) {
                        if score > f64::from(threshold) {
                            threshold = visit(document, score)?.max(0.0);
                        }
                    }
                }
                chunk.fill(0.0);
            }
        }
        Some(threshold)
    }
}
