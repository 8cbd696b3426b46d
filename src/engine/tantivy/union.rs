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
    DocId, SegmentReader, TERMINATED, Term as IndexTerm, fieldnorm::FieldNormReader, postings::BlockSegmentPostings,
    query::Bm25StatisticsProvider, schema::Field,
};

use crate::engine::tantivy::lately::Lately;

/// BM25's constants: those of tantivy.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// How many paragraphs are added up at once: as many as fit the fastest cache twice.
const WINDOW: DocId = 2_048;
/// How many of them are looked at together.
const CHUNK: DocId = 16;
/// How many words hold a mark of each chunk.
const WORDS: usize = (WINDOW / CHUNK / u64::BITS) as usize;

/// A token where it is looked for: in the text, in the title or in both, which then count as one.
pub(super) struct Sought {
    pub(super) text: Option<IndexTerm>,
    pub(super) title: Option<IndexTerm>,
    /// What its score is multiplied with.
    pub(super) weight: f32,
}

/// The tokens, ready for any segment.
pub(super) struct Union<'a> {
    /// Each with what an entry scores that has nothing else.
    tokens: Vec<(Sought, f32)>,
    /// Whose lengths count: those of the texts.
    texts: Field,
    norms: Norms,
    lately: &'a Lately,
}

/// What BM25 sets against frequencies, for each length that the index keeps.
type Norms = [f32; 256];

impl<'a> Union<'a> {
    /// Of tokens; `texts` is the field that says how long paragraphs are.
    pub(super) fn new(
        tokens: impl Iterator<Item = Sought>,
        texts: Field,
        statistics: &dyn Bm25StatisticsProvider,
        lately: &'a Lately,
    ) -> tantivy::Result<Self> {
        let paragraphs = statistics.total_num_docs()?;
        let norms = norms(statistics.total_num_tokens(texts)?, paragraphs);
        let weighed = |token: Sought| {
            let mut frequency = 0;
            for term in token.text.iter().chain(&token.title) {
                frequency = frequency.max(statistics.doc_freq(term)?);
            }
            let most = token.weight * rarity(frequency, paragraphs) * (K1 + 1.0);
            Ok((token, most))
        };
        Ok(Self { tokens: tokens.map(weighed).collect::<tantivy::Result<_>>()?, texts, norms, lately })
    }

    /// Gives, ascending, the entries of a segment that score more than a threshold. Each time it is told the threshold
    /// for those behind: the same one or a higher one, or `None` when it is enough. Ends early on `stop`.
    pub(super) fn visit(
        &self,
        segment: &SegmentReader,
        mut threshold: f32,
        stop: &AtomicBool,
        visit: &mut dyn FnMut(DocId, f64) -> Option<f32>,
    ) -> tantivy::Result<()> {
        let lengths = segment.get_fieldnorms_reader(self.texts)?;
        let lists = self.tokens.iter().map(|(token, most)| Lists::open(token, *most, segment, self.lately));
        let mut lists: Vec<_> = lists.filter_map(Result::transpose).collect::<tantivy::Result<_>>()?;
        let mut window = Window::default();
        while !stop.load(Relaxed)
            && let Some(first) = lists.iter().filter_map(Lists::document).min()
        {
            window.first = first;
            for lists in &mut lists {
                lists.add_to(&mut window, &|document| self.norms[usize::from(lengths.fieldnorm_id(document))]);
            }
            match window.take(threshold, visit) {
                Some(risen) => threshold = risen,
                None => break,
            }
        }
        Ok(())
    }
}

/// How rare something is that so many paragraphs of all have.
#[expect(clippy::cast_precision_loss, reason = "counts of paragraphs")]
fn rarity(frequency: u64, paragraphs: u64) -> f32 {
    let others = paragraphs.saturating_sub(frequency);
    (1.0 + (others as f32 + 0.5) / (frequency as f32 + 0.5)).ln()
}

#[expect(clippy::cast_precision_loss, reason = "counts of paragraphs and of characters")]
fn norms(characters: u64, paragraphs: u64) -> Norms {
    let average = (characters as f32 / paragraphs.max(1) as f32).max(1.0);
    let mut kept = 0..=u8::MAX;
    std::array::from_fn(|_| {
        let length = kept.next().map_or(0, FieldNormReader::id_to_fieldnorm) as f32;
        K1 * (1.0 - B + B * length / average)
    })
}

/// A token's lists in a segment, of which it has one at least.
struct Lists {
    text: Option<List>,
    title: Option<List>,
    most: f32,
}

impl Lists {
    /// `None` where the segment has no such token.
    fn open(
        Sought { text, title, .. }: &Sought,
        most: f32,
        segment: &SegmentReader,
        lately: &Lately,
    ) -> tantivy::Result<Option<Self>> {
        let list = |term: &Option<IndexTerm>| match term {
            Some(term) => List::open(term, segment, lately),
            None => Ok(None),
        };
        let (text, title) = (list(text)?, list(title)?);
        Ok((text.is_some() || title.is_some()).then_some(Self { text, title, most }))
    }

    /// The first entry at which one of them stands; `None` behind the last.
    fn document(&self) -> Option<DocId> {
        self.text.iter().chain(&self.title).filter_map(List::document).min()
    }

    /// Adds what they have in a window, and goes behind that. What both have counts as the text has it.
    #[expect(clippy::cast_precision_loss, reason = "a paragraph has few of a token")]
    fn add_to(&mut self, window: &mut Window, norm: &impl Fn(DocId) -> f32) {
        let Self { text, title, most } = self;
        let score = |document, frequency: u32| {
            let frequency = frequency as f32;
            f64::from(*most * (frequency / (frequency + norm(document))))
        };
        match (text, title) {
            (Some(only), None) | (None, Some(only)) => {
                only.take(window.first, |document, frequency| window.add(document, score(document, frequency)));
            }
            (Some(text), Some(title)) => {
                window.rounds += 1;
                text.take(window.first, |document, frequency| {
                    window.mark(document);
                    window.add(document, score(document, frequency));
                });
                title.take(window.first, |document, frequency| {
                    if !window.is_marked(document) {
                        window.add(document, score(document, frequency));
                    }
                });
            }
            (None, None) => {}
        }
    }
}

/// A list in a segment.
struct List {
    postings: Box<BlockSegmentPostings>,
    /// Where it stands in a block.
    at: usize,
}

impl List {
    fn open(term: &IndexTerm, segment: &SegmentReader, lately: &Lately) -> tantivy::Result<Option<Self>> {
        let postings = lately.postings(segment, term)?;
        Ok(postings.map(|postings| Self { postings: Box::new(postings), at: 0 }))
    }

    /// The entry at which it stands; `None` behind the last.
    fn document(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied().filter(|&document| document != TERMINATED)
    }

    /// Gives its entries in the window that begins so, with how often each has the token, and goes behind them.
    fn take(&mut self, first: DocId, mut visit: impl FnMut(DocId, u32)) {
        loop {
            let documents = &self.postings.docs()[self.at..];
            let frequencies = &self.postings.freqs()[self.at..];
            let within = match documents.last() {
                None => return,
                Some(&last) if is_within(first, last) => documents.len(),
                Some(_) => documents.partition_point(|&document| is_within(first, document)),
            };
            for (&document, &frequency) in documents[..within].iter().zip(frequencies) {
                visit(document, frequency);
            }
            if within < documents.len() {
                self.at += within;
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }
}

/// Whether an entry, which does not stand before a window, stands in it.
fn is_within(first: DocId, document: DocId) -> bool {
    document - first < WINDOW
}

/// The scores of entries in a row.
struct Window {
    first: DocId,
    scores: Box<[f64; WINDOW as usize]>,
    /// A bit for each chunk in which there is something.
    marks: [u64; WORDS],
    /// The last round in which the text of each entry had the token.
    marked: Box<[u32; WINDOW as usize]>,
    /// How many tokens were looked for in text and title, over all windows.
    rounds: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            first: 0,
            scores: Box::new([0.0; WINDOW as usize]),
            marks: Default::default(),
            marked: Box::new([0; WINDOW as usize]),
            rounds: 0,
        }
    }
}

impl Window {
    fn place(&self, document: DocId) -> usize {
        ((document - self.first) % WINDOW) as usize
    }

    /// Notes that the text of an entry has the token of this round.
    fn mark(&mut self, document: DocId) {
        self.marked[self.place(document)] = self.rounds;
    }

    fn is_marked(&self, document: DocId) -> bool {
        self.marked[self.place(document)] == self.rounds
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
