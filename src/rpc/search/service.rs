//! The door: checks a request, admits it, starts its stream.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::rpc::{
    call::Call,
    convert::{Asked, Invalid, count_request, explain_request, export_request, search_request},
    core::Core,
    failure::Failure,
    proto,
    search::{analyze::analyze, explain::explain, export, produce::Producer, ranked},
    served::{ExportResponse, SearchResponse, SearchService},
    stream::{Answers, AtShutdown, start},
};

/// The service.
pub(crate) struct Search {
    core: Arc<Core>,
}

impl Search {
    /// Serves what `core` holds.
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    fn start_search(&self, call: &Call, request: proto::SearchRequest) -> Result<Answers<SearchResponse>, Failure> {
        let (producer, asked) = self.begin(call, request, search_request)?;
        let asked = asked.map(|order| ranked::Begun::new(&self.core, call, order))?;
        let (admitted, queued) = (self.core.admit_stream(call)?, self.core.queue(call)?);
        let work = |outlet| producer.search(asked, queued, outlet);
        Ok(start(&self.core, call, admitted, AtShutdown::Ends, work))
    }

    fn start_export(&self, call: &Call, request: proto::ExportRequest) -> Result<Answers<ExportResponse>, Failure> {
        let (producer, asked) = self.begin(call, request, export_request)?;
        let synonyms = asked.synonyms;
        let asked = asked.map(|order| export::Begun::new(&self.core, call, order, synonyms))?;
        let (admitted, queued) = (self.core.admit_stream(call)?, self.core.queue(call)?);
        let work = |outlet| producer.export(asked, queued, outlet);
        Ok(start(&self.core, call, admitted, AtShutdown::Ends, work))
    }

    async fn explain_query(
        &self,
        call: &Call,
        request: proto::ExplainRequest,
    ) -> Result<proto::ExplainResponse, Failure> {
        let (producer, asked) = self.begin(call, request, explain_request)?;
        explain(&producer.core, call, producer.searcher, asked).await
    }

    /// Checks a request. One that cannot be taken is said so even while the index is being opened.
    fn begin<R, A>(
        &self,
        call: &Call,
        request: R,
        check: impl FnOnce(R) -> Result<Asked<A>, Invalid>,
    ) -> Result<(Producer, Asked<A>), Failure> {
        let asked = check(request)?;
        if let Some(written) = asked.written.as_ref().filter(|_| self.core.policy.log_queries) {
            call.stats().set_query(written.clone());
        }
        let searcher = self.core.opened()?.searcher.clone();
        Ok((Producer { core: Arc::clone(&self.core), searcher, call: call.clone(), enough: None }, asked))
    }
}

#[tonic::async_trait]
impl SearchService for Search {
    type SearchStream = Answers<SearchResponse>;
    type ExportStream = Answers<ExportResponse>;

    async fn search(&self, request: Request<proto::SearchRequest>) -> Result<Response<Self::SearchStream>, Status> {
        let call = Call::of(&request);
        let answers = self.start_search(&call, request.into_inner()).map_err(|failure| call.status(failure))?;
        Ok(Response::new(answers.begun().await))
    }

    async fn export(&self, request: Request<proto::ExportRequest>) -> Result<Response<Self::ExportStream>, Status> {
        let call = Call::of(&request);
        let answers = self.start_export(&call, request.into_inner()).map_err(|failure| call.status(failure))?;
        Ok(Response::new(answers.begun().await))
    }

    async fn count(&self, request: Request<proto::CountRequest>) -> Result<Response<proto::CountResponse>, Status> {
        let call = Call::of(&request);
        let counted = async {
            let (producer, asked) = self.begin(&call, request.into_inner(), count_request)?;
            producer.count(asked).await
        };
        self.core.answer(&call, Box::pin(counted)).await
    }

    async fn explain(
        &self,
        request: Request<proto::ExplainRequest>,
    ) -> Result<Response<proto::ExplainResponse>, Status> {
        let call = Call::of(&request);
        self.core.answer(&call, Box::pin(self.explain_query(&call, request.into_inner()))).await
    }

    async fn analyze(
        &self,
        request: Request<proto::AnalyzeRequest>,
    ) -> Result<Response<proto::AnalyzeResponse>, Status> {
        let call = Call::of(&request);
        self.core.answer(&call, analyze(&self.core, &call, request.into_inner())).await
    }
}
