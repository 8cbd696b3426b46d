//! An export: every match in order of arrival, in flat memory.

use std::sync::atomic::AtomicBool;

use crate::{
    engine::{Address, Generation, Walk},
    query::{Filter, MatchMode, Query},
    search::{
        BatchBound, Context, Hit, SearchError, Searcher,
        fetch::{Extras, Fetcher, Found},
        highlight::Highlighter,
        plan::plan,
    },
};

/// What to export.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// What is looked for.
    pub query: Query,
    /// How many of the words have to match, where the query does not say.
    pub mode: MatchMode,
    /// Which documents count.
    pub filter: Filter,
    /// A generation that the index has to have reached.
    pub min_generation: Option<Generation>,
}

/// A running export over one snapshot.
pub struct Export {
    fetcher: Fetcher,
    walk: Box<dyn Walk>,
}

impl Searcher {
    /// Starts an export.
    ///
    /// # Errors
    /// When the generation asked for is not there or the index cannot be read.
    pub fn export(&self, request: &ExportRequest) -> Result<Export, SearchError> {
        let ExportRequest { query, mode, filter, min_generation } = request;
        let snapshot = self.snapshot(*min_generation)?;
        let expression = plan(query, *mode, &self.segmenter);
        let walk = snapshot.walk(&expression, filter, None)?;
        let highlighter = Highlighter::new(&expression);
        let extras = Extras { context: Context::default(), highlighter, names_folded: false };
        Ok(Export { fetcher: Fetcher::new(snapshot, extras), walk })
    }
}

impl Export {
    /// The state of the index that everything is read from.
    pub fn generation(&self) -> Generation {
        self.fetcher.snapshot().generation()
    }

    /// The next hits in order of arrival, none when there are no more. Their rank and score are 0.
    ///
    /// # Errors
    /// When the index cannot be read, or on `stop`.
    pub fn next_batch(&mut self, bound: BatchBound, stop: &AtomicBool) -> Result<Vec<Hit>, SearchError> {
        let Self { fetcher, walk } = self;
        fetcher.next_batch(bound, stop, |count| {
            let found = walk.next(count, stop)?;
            Ok(found.into_iter().map(|(_, address)| unranked(address)).collect())
        })
    }
}

fn unranked(address: Address) -> Found {
    Found { rank: 0, score: 0.0, address, folded: Vec::new() }
}
