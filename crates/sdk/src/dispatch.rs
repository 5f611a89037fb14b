//! Tries deployments in the router's order until one commits. The only place that tries again.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use ferrolite_formats::relay::{self, Edit, Rules, StreamEditor};
use ferrolite_formats::undo::Undo;
use ferrolite_formats::{Answer, Inbound, Reply, Serves, openai};
use ferrolite_providers::{Fit, Param, Policy};
use ferrolite_router::{Backoff, RetryPolicy};
use ferrolite_transport::{Fetcher, Transport};
use ferrolite_types::chat::{ChatRequest, ChatResponse, Part};
use ferrolite_types::json::{Fields, Outline};
use ferrolite_types::operation::Chat;
use ferrolite_types::record::AttemptNote;
use ferrolite_types::{Error, ErrorKind, FormatId, Loss, Usage};
use http::{HeaderMap, StatusCode};

use crate::attempt::{self, Callee, Opened, Outgoing};
use crate::stream::{AnswerStream, EventStream, Voice};
use crate::{Deployment, Passage, media};

/// A request in a client's format, to be answered in that format.
pub struct Forward<'a> {
    /// The client's format.
    pub served: &'static dyn Serves<Chat>,
    /// The body as it came.
    pub body: Bytes,
    /// Where its members stand.
    pub outline: &'a Outline,
    /// The model, where the path names it.
    pub path_model: Option<&'a str>,
    /// Whether a stream is wanted.
    pub stream: bool,
    /// The client's headers; few go on to a provider.
    pub headers: &'a HeaderMap,
    /// What is taken out of the body or put into it before anything else.
    pub edits: &'a [Edit],
    /// What the request says about parameters that the target does not support.
    pub policy: &'a Policy,
    /// What the answer must say that the provider does not know.
    pub reply: Reply,
}

/// What was asked of whom, so far.
#[derive(Debug)]
pub struct Failed {
    /// The last failure.
    pub error: Box<Error>,
    /// Every try.
    pub attempts: Vec<AttemptNote>,
    /// The deployment that failed last.
    pub deployment: Option<Arc<Deployment>>,
}

/// An answer, and who gave it.
#[derive(Debug)]
pub struct Answered<T> {
    /// The answer.
    pub answer: T,
    /// Who gave it.
    pub served: Served,
}

/// Who answered, and how.
#[derive(Debug)]
pub struct Served {
    /// The deployment.
    pub deployment: Arc<Deployment>,
    /// Whether the bytes were relayed or translated.
    pub passage: Passage,
    /// The format that was spoken to it.
    pub format: FormatId,
    /// The headers of the provider's answer.
    pub headers: HeaderMap,
    /// What the target could not be told.
    pub losses: Vec<Loss>,
    /// Every try, the successful one last.
    pub attempts: Vec<AttemptNote>,
}

/// A whole answer in the client's format.
#[derive(Debug)]
pub struct Whole {
    /// The body.
    pub body: Bytes,
    /// What was consumed, where the provider says it.
    pub usage: Option<Usage>,
    /// How many bytes of text the answer holds: what an estimate is made from.
    pub spoken: usize,
}

/// Who is tried, in which order and how often.
#[derive(Clone, Copy)]
pub struct Dispatcher<'a> {
    /// The way to providers.
    pub transport: &'a dyn Transport,
    /// The way to what callers name by address.
    pub fetcher: &'a Fetcher,
    /// The deployments in the order in which to try them.
    pub order: &'a [Arc<Deployment>],
    /// How often and how patiently.
    pub policy: RetryPolicy,
}

/// A request as a deployment wants it, and what must be known to read the answer.
struct Prepared<'d> {
    callee: Callee<'d>,
    outgoing: Outgoing,
    passage: Passage,
    losses: Vec<Loss>,
    undo: Undo,
}

/// What one successful try gave.
struct Given<T> {
    answer: T,
    passage: Passage,
    format: FormatId,
    headers: HeaderMap,
    losses: Vec<Loss>,
}

impl Dispatcher<'_> {
    /// Answers a request whole.
    ///
    /// # Errors
    /// The last failure, when no try succeeds.
    pub async fn whole(&self, forward: &Forward<'_>) -> Result<Answered<Whole>, Failed> {
        let (mut crossing, mut tries) = (Crossing::of(forward), Tries::of(self));
        loop {
            let deployment = tries.begin()?;
            match self.try_whole(&mut crossing, &deployment).await {
                Ok(given) => return Ok(tries.end(deployment, given)),
                Err(error) => tries.failed(deployment, error).await?,
            }
        }
    }

    /// Answers a request in pieces.
    ///
    /// # Errors
    /// The last failure before any content, when no try succeeds.
    pub async fn stream(&self, forward: &Forward<'_>) -> Result<Answered<AnswerStream>, Failed> {
        let (mut crossing, mut tries) = (Crossing::of(forward), Tries::of(self));
        loop {
            let deployment = tries.begin()?;
            match self.try_stream(&mut crossing, &deployment).await {
                Ok(given) => return Ok(tries.end(deployment, given)),
                Err(error) => tries.failed(deployment, error).await?,
            }
        }
    }

    /// Answers a canonical request whole.
    ///
    /// # Errors
    /// The last failure, when no try succeeds.
    pub async fn chat(&self, mut request: ChatRequest) -> Result<Answered<ChatResponse>, Failed> {
        request.stream = false;
        let mut tries = Tries::of(self);
        loop {
            let deployment = tries.begin()?;
            match self.try_chat(&mut request, &deployment).await {
                Ok(given) => return Ok(tries.end(deployment, given)),
                Err(error) => tries.failed(deployment, error).await?,
            }
        }
    }

    /// Answers a canonical request in pieces.
    ///
    /// # Errors
    /// The last failure before any content, when no try succeeds.
    pub async fn chat_stream(&self, mut request: ChatRequest) -> Result<Answered<EventStream>, Failed> {
        request.stream = true;
        let mut tries = Tries::of(self);
        loop {
            let deployment = tries.begin()?;
            match self.try_chat_stream(&mut request, &deployment).await {
                Ok(given) => return Ok(tries.end(deployment, given)),
                Err(error) => tries.failed(deployment, error).await?,
            }
        }
    }

    async fn try_whole(
        &self,
        crossing: &mut Crossing<'_>,
        deployment: &Deployment,
    ) -> Result<Given<Whole>, Error> {
        let Prepared { callee, outgoing, passage, losses, undo } =
            crossing.prepare(deployment, self.fetcher).await?;
        let (headers, body, read) = self.exchange(callee, outgoing, crossing.caller(), &undo).await?;
        let Forward { served, reply, .. } = crossing.forward;
        let spoken = spoken(&read);
        let body = match passage {
            Passage::Relay => renamed(body, callee, &reply.model),
            Passage::Translate => served.write_response(&read, reply).into(),
        };
        Ok(Given {
            answer: Whole { body, usage: read.usage, spoken },
            passage,
            format: callee.voice.format.id(),
            headers,
            losses,
        })
    }

    async fn try_stream(
        &self,
        crossing: &mut Crossing<'_>,
        deployment: &Deployment,
    ) -> Result<Given<AnswerStream>, Error> {
        let Prepared { callee, outgoing, passage, losses, undo } =
            crossing.prepare(deployment, self.fetcher).await?;
        let (headers, events) = self.open_stream(callee, outgoing, crossing.caller(), undo).await?;
        let Forward { served, reply, .. } = crossing.forward;
        let writer = served.write_events(reply.clone());
        let voice = match passage {
            Passage::Translate => Voice::Translate(writer),
            Passage::Relay => {
                let editor = StreamEditor::new(callee.voice.format.relay_rules(), reply, callee.route());
                Voice::Relay { editor, writer }
            }
        };
        let answer = AnswerStream::new(events, voice);
        Ok(Given { answer, passage, format: callee.voice.format.id(), headers, losses })
    }

    async fn try_chat(
        &self,
        request: &mut ChatRequest,
        deployment: &Deployment,
    ) -> Result<Given<ChatResponse>, Error> {
        let Prepared { callee, outgoing, passage, losses, undo } =
            encode(request, deployment.callee(), &Policy::default(), self.fetcher).await?;
        let (headers, _, answer) = self.exchange(callee, outgoing, callee.voice.format.id(), &undo).await?;
        Ok(Given { answer, passage, format: callee.voice.format.id(), headers, losses })
    }

    async fn try_chat_stream(
        &self,
        request: &mut ChatRequest,
        deployment: &Deployment,
    ) -> Result<Given<EventStream>, Error> {
        let Prepared { callee, outgoing, passage, losses, undo } =
            encode(request, deployment.callee(), &Policy::default(), self.fetcher).await?;
        let (headers, answer) = self.open_stream(callee, outgoing, callee.voice.format.id(), undo).await?;
        Ok(Given { answer, passage, format: callee.voice.format.id(), headers, losses })
    }

    /// One whole exchange: the answer as bytes, and read.
    async fn exchange(
        &self,
        callee: Callee<'_>,
        outgoing: Outgoing,
        caller: FormatId,
        undo: &Undo,
    ) -> Result<(HeaderMap, Bytes, ChatResponse), Error> {
        let opened = attempt::open(self.transport, callee, outgoing).await?;
        let (status, headers, body) = opened.collect(callee.deployment).await?;
        let mut read = read_whole(callee, status, &headers, &body)?;
        undo.whole(&mut read);
        callee.route_response(&mut read, caller);
        Ok((headers, body, read))
    }

    async fn open_stream(
        &self,
        callee: Callee<'_>,
        outgoing: Outgoing,
        caller: FormatId,
        undo: Undo,
    ) -> Result<(HeaderMap, EventStream), Error> {
        let opened = attempt::open(self.transport, callee, outgoing).await?;
        if !opened.is_stream() {
            return Err(no_stream(callee, opened).await);
        }
        let events = EventStream::open(opened.body, callee, caller, undo).await;
        Ok((opened.headers, events.map_err(|error| callee.deployment.quote.of(error))?))
    }
}

/// The tries of one call, one after the other, until one succeeds or the policy gives up.
struct Tries<'a> {
    order: &'a [Arc<Deployment>],
    policy: RetryPolicy,
    /// Whose turn it is.
    at: usize,
    begun: Instant,
    notes: Vec<AttemptNote>,
}

impl<'a> Tries<'a> {
    fn of(dispatcher: &Dispatcher<'a>) -> Self {
        let Dispatcher { order, policy, .. } = *dispatcher;
        Self { order, policy, at: 0, begun: Instant::now(), notes: Vec::new() }
    }

    /// Begins a try: with whom.
    fn begin(&mut self) -> Result<Arc<Deployment>, Failed> {
        self.begun = Instant::now();
        match self.order.get(self.at) {
            Some(deployment) => Ok(Arc::clone(deployment)),
            None => Err(nobody(std::mem::take(&mut self.notes))),
        }
    }

    /// The try succeeded.
    fn end<T>(mut self, deployment: Arc<Deployment>, given: Given<T>) -> Answered<T> {
        self.note(&deployment, None);
        let Given { answer, passage, format, headers, losses } = given;
        Answered {
            answer,
            served: Served { deployment, passage, format, headers, losses, attempts: self.notes },
        }
    }

    /// The try failed: waits for the next, or gives up.
    async fn failed(&mut self, deployment: Arc<Deployment>, error: Error) -> Result<(), Failed> {
        self.note(&deployment, Some(noted(&error)));
        let others = self.order.len() - self.at - 1;
        match self.policy.after(&error, self.notes.len() as u32, others, rand::random()) {
            Backoff::GiveUp => {
                let attempts = std::mem::take(&mut self.notes);
                return Err(Failed { error: Box::new(error), attempts, deployment: Some(deployment) });
            }
            Backoff::Next => self.at += 1,
            Backoff::Wait(pause) => tokio::time::sleep(pause).await,
        }
        Ok(())
    }

    fn note(&mut self, deployment: &Deployment, failure: Option<String>) {
        let duration = self.begun.elapsed().as_micros() as u64;
        self.notes.push(AttemptNote { deployment: deployment.id.to_string(), duration, failure });
    }
}

/// The failure in as many words as a record keeps.
fn noted(error: &Error) -> String {
    const LONGEST: usize = 1024;
    let mut text = error.to_string();
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

fn nobody(attempts: Vec<AttemptNote>) -> Failed {
    let error = Box::new(Error::new(ErrorKind::Config, "the model has no deployment"));
    Failed { error, attempts, deployment: None }
}

/// A provider that answers a request for a stream with one document: the failure in it, or that it is none.
async fn no_stream(callee: Callee<'_>, opened: Opened) -> Error {
    let (status, headers, body) = match opened.collect(callee.deployment).await {
        Ok(answer) => answer,
        Err(error) => return error,
    };
    match read_whole(callee, status, &headers, &body) {
        Err(error) => error,
        Ok(_) => Error::new(
            ErrorKind::InvalidUpstream,
            "the provider answered with one document where a stream was asked for",
        ),
    }
}

fn read_whole(
    callee: Callee<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<ChatResponse, Error> {
    let answer = Answer { status, headers, body };
    callee.voice.format.read_response(&answer).map_err(|error| callee.deployment.quote.of(error))
}

fn renamed(body: Bytes, callee: Callee<'_>, model: &str) -> Bytes {
    match relay::rename_response(&body, callee.voice.format.relay_rules(), model, &callee.route()) {
        Some(renamed) => renamed.into(),
        None => body,
    }
}

/// How many bytes a model spoke.
fn spoken(response: &ChatResponse) -> usize {
    let parts = response.choices.iter().flat_map(|choice| &choice.parts);
    parts.map(Part::spoken_bytes).sum()
}

/// Writes a canonical request for a deployment: with the media that it cannot get, without what it does not support,
/// in its format and its words.
async fn encode<'d>(
    request: &mut ChatRequest,
    callee: Callee<'d>,
    policy: &Policy,
    fetcher: &Fetcher,
) -> Result<Prepared<'d>, Error> {
    let (target, format) = (&callee.deployment.target, callee.voice.format);
    media::inline(request, &target.profile, fetcher).await?;
    request.model.clone_from(&target.model);
    let (call, losses) = match format.id() == openai::chat::ID {
        true => {
            let mut call = format.write_request(request, &target.profile)?;
            let (body, losses) = target.params.fit_written(request, &call.body, policy)?;
            call.body = body.map_or(call.body, Bytes::from);
            (call, losses)
        }
        false => {
            let (request, losses) = target.params.check(request, policy)?;
            (format.write_request(&request, &target.profile)?, losses)
        }
    };
    let losses = losses.into_iter().chain(call.losses).collect();
    let outgoing = Outgoing { headers: call.headers, body: call.body, stream: request.stream };
    Ok(Prepared { callee, outgoing, passage: Passage::Translate, losses, undo: call.undo })
}

/// A request on its way from the client's format to the targets'.
struct Crossing<'a> {
    forward: &'a Forward<'a>,
    /// The body without what was said to the gateway alone, once somebody needed it.
    body: Option<Stripped<'a>>,
    /// The request read, once somebody needed it.
    read: Option<ChatRequest>,
}

/// A body without what was said to the gateway alone.
struct Stripped<'a> {
    text: Cow<'a, str>,
    outline: Cow<'a, Outline>,
}

impl<'a> Stripped<'a> {
    fn of(forward: &Forward<'a>, body: &'a [u8]) -> Result<Self, Error> {
        let text = utf8(body)?;
        if forward.edits.is_empty() {
            return Ok(Self { text: text.into(), outline: Cow::Borrowed(forward.outline) });
        }
        let text = String::from_utf8(relay::edit(text, forward.outline, forward.edits));
        let text = text.map_err(|_| Error::bad_request("the body is not UTF-8"))?;
        let outline = Outline::of(&text)?;
        Ok(Self { text: text.into(), outline: Cow::Owned(outline) })
    }
}

impl<'a> Crossing<'a> {
    fn of(forward: &'a Forward<'a>) -> Self {
        Self { forward, body: None, read: None }
    }

    /// The format that the caller speaks.
    fn caller(&self) -> FormatId {
        self.forward.served.id()
    }

    /// The request as the deployment wants it.
    async fn prepare<'d>(
        &mut self,
        deployment: &'d Deployment,
        fetcher: &Fetcher,
    ) -> Result<Prepared<'d>, Error> {
        let (voice, passage) = Passage::choose(self.forward.served.id(), deployment);
        let callee = Callee { deployment, voice };
        match passage {
            Passage::Translate => {
                let policy = self.forward.policy;
                encode(self.read()?, callee, policy, fetcher).await
            }
            Passage::Relay => self.relayed(callee),
        }
    }

    fn body(&mut self) -> Result<&Stripped<'a>, Error> {
        if self.body.is_none() {
            self.body = Some(Stripped::of(self.forward, &self.forward.body)?);
        }
        self.body.as_ref().ok_or_else(unprepared)
    }

    fn read(&mut self) -> Result<&mut ChatRequest, Error> {
        if self.read.is_none() {
            let forward = self.forward;
            let Stripped { text, outline } = self.body()?;
            let inbound = Inbound { text, outline, model: forward.path_model, stream: Some(forward.stream) };
            let mut request = forward.served.read_request(&inbound)?;
            request.stream = forward.stream;
            self.read = Some(request);
        }
        self.read.as_mut().ok_or_else(unprepared)
    }

    /// The bytes as they came, but for what the deployment wants otherwise: its model, the parameters that it
    /// does not support and, for streams, the usage asked for.
    fn relayed<'d>(&mut self, callee: Callee<'d>) -> Result<Prepared<'d>, Error> {
        let Forward { served, stream, policy, .. } = *self.forward;
        let target = &callee.deployment.target;
        let rules = callee.voice.format.relay_rules();
        let Stripped { text, outline } = self.body()?;
        let Fit { mut edits, losses } = match served.id() == openai::chat::ID {
            true => target.params.fit(text, outline, policy)?,
            false => Fit::default(),
        };
        if let Some(key) = rules.request_model {
            edits.push(Edit::Set(key, relay::quoted(&target.model)));
        }
        if stream && rules.usage_on_request && target.params.takes(Param::StreamOptions) {
            edits.push(Edit::Set("stream_options", asking_for_usage(text, outline)?));
        }
        let body = relay::edit(text, outline, &edits).into();
        let outgoing = Outgoing { headers: self.relayed_headers(rules), body, stream };
        Ok(Prepared { callee, outgoing, passage: Passage::Relay, losses, undo: Undo::default() })
    }

    /// The format's headers, and those of the client's that go on, over them.
    fn relayed_headers(&self, rules: &Rules) -> Vec<(&'static str, String)> {
        let mut headers: Vec<_> =
            rules.headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        for name in rules.client_headers {
            if let Some(value) = self.forward.headers.get(*name).and_then(|value| value.to_str().ok()) {
                headers.retain(|(other, _)| other != name);
                headers.push((*name, value.to_owned()));
            }
        }
        headers
    }
}

fn unprepared() -> Error {
    Error::new(ErrorKind::Internal, "the request was not prepared")
}

/// The client's `stream_options` with `include_usage` on: a stream without usage cannot be billed.
fn asking_for_usage(text: &str, outline: &Outline) -> Result<String, Error> {
    let options =
        outline.find(text, "stream_options").map(|span| span.of(text)).filter(|options| *options != "null");
    let Some(options) = options else { return Ok(r#"{"include_usage":true}"#.to_owned()) };
    Fields::parse(options).map_err(|error| error.within("stream_options"))?;
    let edited =
        relay::edit(options, &Outline::of(options)?, &[Edit::Set("include_usage", "true".to_owned())]);
    Ok(String::from_utf8_lossy(&edited).into_owned())
}

fn utf8(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|_| Error::bad_request("the body is not UTF-8"))
}
