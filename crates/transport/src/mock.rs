//! `mock/*`: a provider that needs no network, for first steps, demos and tests of one's own application.
//!
//! It speaks OpenAI chat completions, so that everything else treats it like any provider. What it does is
//! chosen by words in the model's name: `slow-250` (milliseconds before the answer), `fault-429` (any status
//! from 400 on), `fault-hang`, `fault-cut`, `tool` (calls the first tool), `words-50` (the answer's length).

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use ferrolite_types::json::{Fields, Object, Value, object};
use ferrolite_types::{Error, ErrorKind};
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{HeaderValue, Request, Response, StatusCode, header};

use crate::{Body, Deadlines, Transport};

/// The scheme of addresses that are played here.
pub const MOCK_SCHEME: &str = "mock";

/// The longest wait that a model's name can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Mock;

impl Transport for Mock {
    fn send(
        &self,
        request: Request<Bytes>,
        deadlines: Deadlines,
    ) -> BoxFuture<'_, Result<Response<Body>, Error>> {
        Box::pin(async move {
            let play = Play::asked_by(request.body())?;
            if play.fault == Some(Fault::Hang) || play.wait > deadlines.head {
                tokio::time::sleep(deadlines.head).await;
                let message =
                    format!("the mock did not answer within {} seconds", deadlines.head.as_secs_f64());
                return Err(Error::new(ErrorKind::Timeout, message));
            }
            tokio::time::sleep(play.wait).await;
            Ok(play.answer(deadlines.idle))
        })
    }
}

/// What to do for one request.
struct Play {
    model: String,
    answer: Answer,
    stream: bool,
    stream_usage: bool,
    wait: Duration,
    fault: Option<Fault>,
    prompt_tokens: u64,
}

enum Answer {
    Words(String),
    Call { name: String, arguments: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Status(u16),
    Hang,
    Cut,
}

impl Play {
    fn asked_by(body: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(body).map_err(|_| Error::bad_request("the body is not UTF-8"))?;
        let mut fields = Fields::parse(text)?;
        let model = fields.string("model")?.unwrap_or_default();
        let said = fields.take("messages").map(last_words).unwrap_or_default();
        let tool =
            fields.take("tools").and_then(first_tool).filter(|_| model.contains("tool") && !said.is_result);
        let stream_usage =
            fields.object("stream_options", |mut options| options.bool("include_usage"))?.flatten();
        let answer = match (tool, number_after(&model, "words-")) {
            (Some(name), _) => Answer::Call { name, arguments: "{}".to_owned() },
            (None, Some(count)) => Answer::Words(words(count)),
            (None, None) => Answer::Words(format!("You said: {}", said.text)),
        };
        Ok(Self {
            answer,
            stream: fields.bool("stream")?.unwrap_or(false),
            stream_usage: stream_usage.unwrap_or(false),
            wait: Duration::from_millis(number_after(&model, "slow-").unwrap_or(0)).min(LONGEST_WAIT),
            fault: fault(&model),
            prompt_tokens: tokens(text),
            model,
        })
    }

    fn answer(self, idle: Duration) -> Response<Body> {
        match self.fault {
            Some(Fault::Status(status)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                respond(status, "application/json", vec![Ok(refusal(status))], idle)
            }
            fault => {
                let (kind, mut pieces) = match self.stream {
                    true => ("text/event-stream", self.chunks()),
                    false => ("application/json", vec![self.whole()]),
                };
                let mut pieces: Vec<Result<Bytes, Error>> = match fault {
                    Some(Fault::Cut) => {
                        pieces.truncate(pieces.len().div_ceil(2));
                        pieces.into_iter().map(|piece| Ok(piece.slice(..piece.len() / 2 + 1))).collect()
                    }
                    _ => pieces.into_iter().map(Ok).collect(),
                };
                if fault == Some(Fault::Cut) {
                    pieces.push(Err(Error::new(
                        ErrorKind::Unavailable,
                        "the mock hung up before its answer was complete",
                    )));
                }
                respond(StatusCode::OK, kind, pieces, idle)
            }
        }
    }

    fn whole(&self) -> Bytes {
        let mut out = Vec::new();
        object(&mut out, |out| {
            self.head(out, "chat.completion");
            out.field("choices").array(|choices| {
                choices.item().object(|choice| {
                    choice.field("index").u64(0);
                    choice.field("message").object(|message| {
                        message.field("role").text("assistant");
                        match &self.answer {
                            Answer::Words(words) => message.field("content").text(words),
                            Answer::Call { name, arguments } => {
                                message.field("content").null();
                                write_calls(message, name, arguments);
                            }
                        }
                    });
                    choice.field("finish_reason").text(self.finish_reason());
                });
            });
            self.usage(out);
        });
        out.into()
    }

    fn chunks(&self) -> Vec<Bytes> {
        let mut chunks = vec![self.chunk(|delta| delta.field("role").text("assistant"), None)];
        match &self.answer {
            Answer::Words(words) => chunks.extend(
                words
                    .split_inclusive(' ')
                    .map(|word| self.chunk(|delta| delta.field("content").text(word), None)),
            ),
            Answer::Call { name, arguments } => {
                chunks.push(self.chunk(|delta| write_calls(delta, name, arguments), None));
            }
        }
        chunks.push(self.chunk(|_| (), Some(self.finish_reason())));
        if self.stream_usage {
            chunks.push(event(|out| {
                self.head(out, "chat.completion.chunk");
                out.field("choices").array(|_| ());
                self.usage(out);
            }));
        }
        chunks.push(Bytes::from_static(b"data: [DONE]\n\n"));
        chunks
    }

    fn chunk(&self, delta: impl FnOnce(&mut Object<'_>), finish: Option<&str>) -> Bytes {
        event(|out| {
            self.head(out, "chat.completion.chunk");
            out.field("choices").array(|choices| {
                choices.item().object(|choice| {
                    choice.field("index").u64(0);
                    choice.field("delta").object(delta);
                    choice.field("finish_reason").text_or_null(finish);
                });
            });
        })
    }

    fn head(&self, out: &mut Object<'_>, kind: &str) {
        out.field("id").text("chatcmpl-mock");
        out.field("object").text(kind);
        out.field("created").u64(0);
        out.field("model").text(&self.model);
    }

    fn usage(&self, out: &mut Object<'_>) {
        let completion = match &self.answer {
            Answer::Words(words) => tokens(words),
            Answer::Call { name, arguments } => tokens(name) + tokens(arguments),
        };
        out.field("usage").object(|usage| {
            usage.field("prompt_tokens").u64(self.prompt_tokens);
            usage.field("completion_tokens").u64(completion);
            usage.field("total_tokens").u64(self.prompt_tokens + completion);
        });
    }

    fn finish_reason(&self) -> &'static str {
        match self.answer {
            Answer::Words(_) => "stop",
            Answer::Call { .. } => "tool_calls",
        }
    }
}

fn write_calls(out: &mut Object<'_>, name: &str, arguments: &str) {
    out.field("tool_calls").array(|calls| {
        calls.item().object(|call| {
            call.field("index").u64(0);
            call.field("id").text("call_mock");
            call.field("type").text("function");
            call.field("function").object(|function| {
                function.field("name").text(name);
                function.field("arguments").text(arguments);
            });
        });
    });
}

fn event(fill: impl FnOnce(&mut Object<'_>)) -> Bytes {
    let mut out = b"data: ".to_vec();
    object(&mut out, fill);
    out.extend_from_slice(b"\n\n");
    out.into()
}

fn refusal(status: StatusCode) -> Bytes {
    let mut out = Vec::new();
    object(&mut out, |out| {
        out.field("error").object(|error| {
            error.field("message").text("the mock was asked to refuse");
            error.field("type").text("mock_error");
            error.field("param").null();
            error.field("code").text(status.as_str());
        });
    });
    out.into()
}

fn respond(
    status: StatusCode,
    kind: &'static str,
    pieces: Vec<Result<Bytes, Error>>,
    idle: Duration,
) -> Response<Body> {
    let pieces = stream::unfold(VecDeque::from(pieces), |mut left| async move {
        let piece = left.pop_front()?;
        // Gives way between pieces, so that a stream from here is cut into as many writes as a real one.
        tokio::task::yield_now().await;
        Some((piece, left))
    });
    let mut response = Response::new(Body::played(pieces, idle));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// What stands last in the conversation.
#[derive(Default)]
struct Said {
    text: String,
    is_result: bool,
}

fn last_words(messages: Value<'_>) -> Said {
    let Some(mut last) = messages.items().ok().and_then(Iterator::last).and_then(|last| last.fields().ok())
    else {
        return Said::default();
    };
    let is_result = last.peek_str("role").as_deref() == Some("tool");
    let text = last.take("content").map(spoken).unwrap_or_default();
    Said { text, is_result }
}

fn spoken(content: Value<'_>) -> String {
    match content.as_str() {
        Some(text) => text.into_owned(),
        None => {
            let parts = content.items().into_iter().flatten();
            let texts = parts.filter_map(|part| part.fields().ok()?.string("text").ok()?);
            texts.collect::<Vec<_>>().join(" ")
        }
    }
}

fn first_tool(tools: Value<'_>) -> Option<String> {
    let mut tool = tools.items().ok()?.next()?.fields().ok()?;
    tool.object("function", |mut function| function.string("name")).ok()??
}

fn fault(model: &str) -> Option<Fault> {
    match number_after(model, "fault-") {
        Some(status @ 400..=599) => Some(Fault::Status(status as u16)),
        _ if model.contains("fault-hang") => Some(Fault::Hang),
        _ if model.contains("fault-cut") => Some(Fault::Cut),
        _ => None,
    }
}

fn number_after(model: &str, word: &str) -> Option<u64> {
    let rest = &model[model.find(word)? + word.len()..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

fn words(count: u64) -> String {
    const MOST: u64 = 100_000;
    (1..=count.min(MOST)).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ")
}

/// Four bytes a token: near enough for a mock, and the same every time.
fn tokens(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}
