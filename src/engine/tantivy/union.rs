//! What has some tokens, and what it scores by them: their lists added up, a window of paragraphs at a time.
//!
//! tantivy's own union goes from paragraph to paragraph and asks every list where it stands, to leave out what cannot be
//! among the best. That pays where few are wanted. Where hundreds are, little can be left out, and to add everything up
//! takes half the time. Each paragraph's scores are added up in the order of the tokens, wherever it stands.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocId, Score, SegmentReader, TERMINATED, Term as IndexTerm,
    fieldnorm::FieldNormReader,
    postings::BlockSegmentPostings,
    query::{Bm25StatisticsProvider, Bm25Weight},
};

use crate::engine::tantivy::lately::Lately;

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
        terms: impl Iterator<Item = (IndexTerm, Score)>,
        statistics: &dyn Bm25StatisticsProvider,
        lately: &'a Lately,
    ) -> tantivy::Result<Self> {
        let weighed = |(term, weight)| {
            let score = Bm25Weight::for_terms(statistics, &[IndexTerm::clone(&term)])?.boost_by(weight);
            Ok((term, score))
        };
        Ok(Self { tokens: terms.map(weighed).collect::<tantivy::Result<_>>()?, lately })
    }

    /// Gives, ascending, the entries of a segment that score more than a threshold. Each time it is told the threshold
    /// for those behind: the same one or a higher one, or `None` when it is enough. Ends early on `stop`.
    pub(super) fn visit(
        &self,
        segment: &SegmentReader,
        mut threshold: Score,
        stop: &AtomicBool,
        visit: &mut dyn FnMut(DocId, f64) -> Option<Score>,
    ) -> tantivy::Result<()> {
        let lists = self.tokens.iter().map(|(term, weight)| List::open(term, Some(weight), segment, self.lately));
        let mut lists: Vec<_> = lists.filter_map(Result::transpose).collect::<tantivy::Result<_>>()?;
        let mut window = Window::default();
        while !stop.load(Relaxed)
            && let Some(first) = lists.iter().filter_map(List::document).min()
        {
            window.first = first;
            for list in &mut lists {
                list.for_each_before(first.saturating_add(WINDOW), |document, score| window.add(document, score));
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
pub(super) struct List<'a> {
    postings: Box<BlockSegmentPostings>,
    /// Where it stands in a block.
    at: usize,
    /// What it is worth to be in the list, if that counts.
    worth: Option<&'a Bm25Weight>,
    lengths: FieldNormReader,
}

impl<'a> List<'a> {
    /// `None` where the segment has no such token.
    pub(super) fn open(
        term: &IndexTerm,
        worth: Option<&'a Bm25Weight>,
        segment: &SegmentReader,
        lately: &Lately,
    ) -> tantivy::Result<Option<Self>> {
        let Some(postings) = lately.postings(segment, term)? else { return Ok(None) };
        let lengths = segment.get_fieldnorms_reader(term.field())?;
        Ok(Some(Self { postings: Box::new(postings), at: 0, worth, lengths }))
    }

    /// The entry at which it stands; `None` behind the last.
    pub(super) fn document(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied().filter(|&document| document != TERMINATED)
    }

    /// Goes to an entry, or to the first one behind it. It has to stand before that, or at it.
    pub(super) fn skip_to(&mut self, document: DocId) {
        if self.document().is_some_and(|standing| standing < document) {
            self.at = self.postings.seek(document);
        }
    }

    /// Gives the entries before `end` with their scores, ascending, and goes behind them.
    pub(super) fn for_each_before(&mut self, end: DocId, mut give: impl FnMut(DocId, Score)) {
        loop {
            let documents = &self.postings.docs()[self.at..];
            let frequencies = &self.postings.freqs()[self.at..];
            let before = match documents.last() {
                None => return,
                Some(&last) if last < end => documents.len(),
                Some(_) => documents.partition_point(|&document| document < end),
            };
            for (&document, &frequency) in documents[..before].iter().zip(frequencies) {
                let score = self.worth.map_or(0.0, |worth| worth.score(self.lengths.fieldnorm_id(document), frequency));
                give(document, score);
            }
            if before < documents.len() {
                self.at += before;
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
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
    /// Adds a score to that of an entry in the window.
    fn add(&mut self, document: DocId, score: Score) {
        let place = (document - self.first) % WINDOW;
        let chunk = place / CHUNK;
        self.scores[place as usize] += f64::from(score);
        self.marks[(chunk / u64::BITS) as usize] |= 1 << (chunk % u64::BITS);
    }

    /// Gives what scores more than a threshold, and leaves nothing; the threshold in the end, or `None` if it is enough.
    fn take(&mut self, threshold: Score, visit: &mut dyn FnMut(DocId, f64) -> Option<Score>) -> Option<Score> {
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
