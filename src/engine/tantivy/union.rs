//! What has some tokens, and what it scores by them: their lists added up, a window of paragraphs at a time.
//!
//! tantivy's own union goes from paragraph to paragraph and asks every list where it stands, to leave out what cannot be
//! among the best. That pays where few are wanted. Where hundreds are, little can be left out, and to add everything up
//! takes half the time. Each paragraph's scores are added up in the order of the tokens, wherever it stands.

use std::{
    collections::{HashMap, hash_map::Entry},
    iter,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use tantivy::{
    DocId, SegmentReader, TERMINATED, Term as IndexTerm,
    fieldnorm::FieldNormReader,
    postings::BlockSegmentPostings,
    query::{Bm25StatisticsProvider, Bm25Weight},
    schema::{Field, IndexRecordOption},
};

use crate::engine::tantivy::{asked::Selected, entry_set::WORD, lately::Lately};

/// How many paragraphs are added up at once: their sums fill a fast cache, and most lists have some of them.
const WINDOW: DocId = 8_192;
/// How many entries of a list are added up together.
const ROW: usize = 32;
/// The scores of so many entries in a window are cleared away one by one.
const FEW: usize = WINDOW as usize / 16;

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
        let paragraphs = statistics.total_num_docs()?;
        let mut averages: HashMap<Field, f32> = HashMap::new();
        let weighed = |(term, weight): (IndexTerm, f32)| {
            let average = match averages.entry(term.field()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    *unknown.insert(average(statistics.total_num_tokens(term.field())?, paragraphs))
                }
            };
            let frequency = statistics.doc_freq(&term)?;
            // As for each term of a query of tantivy's own.
            let score = Bm25Weight::for_one_term_without_explain(frequency, paragraphs, average).boost_by(weight);
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

#[expect(clippy::cast_precision_loss, reason = "an average")]
fn average(tokens: u64, paragraphs: u64) -> f32 {
    tokens as f32 / paragraphs as f32
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
            let within = match documents.last() {
                None => return,
                Some(&last) if window.has(last) => documents.len(),
                Some(_) => documents.partition_point(|&document| window.has(document)),
            };
            window.note(&documents[..within]);
            let frequencies = &self.postings.freqs()[self.at..];
            let rows = documents[..within].chunks(ROW).zip(frequencies[..within].chunks(ROW));
            match mask {
                None => rows.for_each(|(documents, frequencies)| self.add(documents, frequencies, window)),
                Some(mask) => rows.for_each(|(documents, frequencies)| {
                    let (documents, frequencies, length) = mask.leave(documents, frequencies, window.first);
                    self.add(&documents[..length], &frequencies[..length], window);
                }),
            }
            if within < documents.len() {
                self.at += within;
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }

    /// Adds what at most [`ROW`] entries score: one step after the other for all of them, so that none waits for what
    /// another one needs from memory.
    fn add(&self, documents: &[DocId], frequencies: &[u32], window: &mut Window) {
        let mut lengths = [0; ROW];
        for (length, &document) in lengths.iter_mut().zip(documents) {
            *length = self.lengths.fieldnorm_id(document);
        }
        let mut scores = [0.0; ROW];
        for (score, (&length, &frequency)) in scores.iter_mut().zip(lengths.iter().zip(frequencies)) {
            *score = self.weight.score(length, frequency);
        }
        for (&document, score) in documents.iter().zip(scores) {
            window.add(document, score);
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

    /// At most [`ROW`] entries in the window, which begins at `first`, as far as they count, and how many those are.
    fn leave(&self, documents: &[DocId], frequencies: &[u32], first: DocId) -> ([DocId; ROW], [u32; ROW], usize) {
        let (mut left, mut of_them, mut length) = ([0; ROW], [0; ROW], 0);
        for (&document, &frequency) in documents.iter().zip(frequencies) {
            // The next one takes the place of one that does not count.
            (left[length], of_them[length]) = (document, frequency);
            length += usize::from(self.has(document - first));
        }
        (left, of_them, length)
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
    /// A bit for each place whose score came to exceed it.
    exceeding: [u64; (WINDOW / WORD) as usize],
    /// Places with scores, as long as they are few.
    scored: Vec<DocId>,
    are_few: bool,
}

impl Window {
    fn new(threshold: f32) -> Self {
        Self {
            first: 0,
            scores: vec![0.0; WINDOW as usize].try_into().expect("a window"),
            threshold: threshold.max(0.0),
            exceeding: [0; (WINDOW / WORD) as usize],
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
        self.are_few &= self.scored.len() + documents.len() <= FEW;
        if self.are_few {
            self.scored.extend(documents.iter().map(|document| document - self.first));
        }
    }

    /// Adds a score to that of an entry in the window. Sums only grow: what came to exceed the threshold does so still.
    fn add(&mut self, document: DocId, score: f32) {
        let place = (document - self.first) % WINDOW;
        let sum = &mut self.scores[place as usize];
        *sum += score;
        self.exceeding[(place / WORD) as usize] |= u64::from(*sum > self.threshold) << (place % WORD);
    }

    /// Gives what scores more than the threshold, which may rise meanwhile, and leaves nothing; whether there is to be
    /// more.
    fn take(&mut self, visit: &mut dyn FnMut(DocId, f32) -> Option<f32>) -> bool {
        for (word, first) in self.exceeding.iter_mut().zip((0..).step_by(WORD as usize)) {
            while *word != 0 {
                let place = first + word.trailing_zeros();
                *word &= *word - 1;
                let score = self.scores[place as usize];
                if score > self.threshold {
                    match visit(self.first + place, score) {
                        Some(risen) => self.threshold = risen.max(0.0),
                        None => return false,
                    }
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
