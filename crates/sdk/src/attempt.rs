//! One try against one deployment: send, and read the head of the answer.

use std::sync::Arc;

use bytes::Bytes;
use ferrolite_formats::Answer;
use ferrolite_formats::chat_called;
use ferrolite_formats::relay::{RouteId, Rules};
use ferrolite_transport::{Body, Transport};
use ferrolite_types::chat::ChatResponse;
use ferrolite_types::{Error, ErrorKind, FormatId};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, StatusCode};

use crate::deployment::Voice;
use crate::{Deployment, RoutedId};

/// The largest whole answer that is kept, in bytes: room for images in base64.
pub const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// The largest refusal that is read.
const MAX_REFUSAL: usize = 1024 * 1024;

/// Whom one try asks, and in which format.
#[derive(Clone, Copy)]
pub(crate) struct Callee<'a> {
    pub(crate) deployment: &'a Deployment,
    pub(crate) voice: &'a Voice,
}

impl Callee<'_> {
    /// Makes the provider's identifiers say who answered.
    pub(crate) fn route(self) -> RouteId {
        let (provider, deployment) =
            (self.deployment.target.provider.clone(), Arc::clone(&self.deployment.id));
        Box::new(move |id| {
            let (provider, deployment, id) = (provider.clone(), deployment.to_string(), id.to_owned());
            RoutedId { provider, deployment, id }.encode()
        })
    }

    /// The same for an answer that was read, where its format or the caller's has it so.
    pub(crate) fn route_response(self, response: &mut ChatResponse, caller: FormatId) {
        if let Some(route) = self.event_route(caller) {
            response.id = route(&response.id);
        }
    }

    /// The same for the events of a stream.
    pub(crate) fn event_route(self, caller: FormatId) -> Option<RouteId> {
        let has_it = |rules: &Rules| rules.routed_id.is_some();
        let callers = chat_called(caller).is_some_and(|format| has_it(format.relay_rules()));
        (callers || has_it(self.voice.format.relay_rules())).then(|| self.route())
    }
}

/// An answer whose head says that all is well.
pub(crate) struct Opened {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// A request in the deployment's format.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    pub(crate) stream: bool,
}

/// Sends a request. A refusal is read to its end and understood.
pub(crate) async fn open(
    transport: &dyn Transport,
    callee: Callee<'_>,
    outgoing: Outgoing,
) -> Result<Opened, Error> {
    let Callee { deployment, voice } = callee;
    let request = addressed(callee, outgoing)?;
    let answer =
        transport.send(request, deployment.deadlines).await.map_err(|error| deployment.quote.of(error))?;
    let (head, body) = answer.into_parts();
    if head.status.is_success() {
        return Ok(Opened { status: head.status, headers: head.headers, body });
    }
    let body = body.collect(MAX_REFUSAL).await.map_err(|error| deployment.quote.of(error))?;
    let refusal = Answer { status: head.status, headers: &head.headers, body: &body };
    let mut error = voice.format.read_error(&refusal);
    if let Some(upstream) = &mut error.upstream {
        upstream.headers = readable(&head.headers);
    }
    Err(deployment.quote.of(error))
}

/// The headers that are text.
fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

fn addressed(callee: Callee<'_>, outgoing: Outgoing) -> Result<Request<Bytes>, Error> {
    let voice = callee.voice;
    let mut request = Request::new(outgoing.body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = if outgoing.stream { voice.streamed.clone() } else { voice.whole.clone() };
    *request.headers_mut() = voice.headers.clone();
    for (name, value) in outgoing.headers {
        let value = value.parse().map_err(|_| {
            Error::new(ErrorKind::Internal, format!("the header {name} cannot hold its value"))
        })?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

impl Opened {
    /// The whole body.
    pub(crate) async fn collect(
        self,
        deployment: &Deployment,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let body = self.body.collect(MAX_ANSWER).await.map_err(|error| deployment.quote.of(error))?;
        Ok((self.status, self.headers, body))
    }

    /// Whether the answer is a stream of events rather than one document.
    pub(crate) fn is_stream(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        !(kind.starts_with("application/json") || kind.starts_with("text/html"))
    }
}
