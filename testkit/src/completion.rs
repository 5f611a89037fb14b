//! The shape of OpenAI's chat completions, from which whole answers and streams are cut.
//! Fields and their order follow <https://platform.openai.com/docs/api-reference/chat>.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::reply::{Reply, Step};
use crate::tokens;
use crate::usage::Usage;

/// The model named by answers which were not asked for another.
pub const MODEL: &str = "gpt-4o-mini-2024-07-18";

const ID: &str = "chatcmpl-Bq7Ffe5Tm1ZrXoLk3yUeCwVn0aHdS";
const CALL_ID: &str = "call_x7Jd2mQpVb9LtRkE4wZsYcNa";
const CREATED: u64 = 1_767_225_600;
const FINGERPRINT: &str = "fp_44709d6fcb";
const DONE: &[u8] = b"data: [DONE]\n\n";

/// A chat completion before it is decided whether it is sent whole or streamed.
#[derive(Clone, Debug)]
pub struct Completion {
    /// `chatcmpl-…`.
    pub id: String,
    /// The model which claims to have answered.
    pub model: String,
    /// One or more answers.
    pub choices: Vec<Choice>,
    /// Tokens of all choices together.
    pub usage: Usage,
}

/// One answer of a completion.
#[derive(Clone, Debug)]
pub enum Choice {
    /// A text.
    Text {
        /// The text, split into the deltas of a stream.
        pieces: Vec<String>,
        /// Why it ended: `stop` or `length`.
        finish_reason: &'static str,
    },
    /// A call of one tool.
    ToolCall {
        /// `call_…`.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments.
        arguments: Value,
    },
}

impl Completion {
    /// A completion of one choice with a fixed id and `MODEL`.
    pub fn of(choice: Choice, usage: Usage) -> Self {
        Self { id: ID.to_owned(), model: MODEL.to_owned(), choices: vec![choice], usage }
    }

    /// The completion as one JSON body.
    pub fn whole(&self) -> Reply {
        Reply::json(self.to_json())
    }

    /// The completion as server-sent events, with a usage chunk if told.
    pub fn streamed(&self, include_usage: bool) -> Reply {
        let mut steps = send_each(&self.chunks(include_usage));
        steps.push(Step::send(DONE));
        Reply::stream(steps)
    }

    /// The completion as server-sent events which break off inside the finishing frame.
    pub fn broken(&self, ending: Step) -> Reply {
        let mut chunks = self.chunks(false);
        let broken = chunks.pop().map(|last| frame(&last)).unwrap_or_default();
        let mut steps = send_each(&chunks);
        steps.extend([Step::Send(broken.slice(..broken.len() / 2)), ending]);
        Reply::stream(steps)
    }

    /// The completion as server-sent events which stop, without an end, after the last delta.
    pub fn stalled(&self) -> Reply {
        let mut steps = send_each(&self.deltas(false));
        steps.push(Step::Hang);
        Reply::stream(steps)
    }

    /// The `chat.completion` object.
    pub fn to_json(&self) -> Value {
        let choices: Vec<Value> = self.choices.iter().enumerate().map(whole_choice).collect();
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": choices,
            "usage": self.usage.to_json(),
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
        })
    }

    /// The `chat.completion.chunk` objects, `[DONE]` excepted.
    pub fn chunks(&self, include_usage: bool) -> Vec<Value> {
        let mut chunks = self.deltas(include_usage);
        let finishing = self.choices.iter().enumerate();
        chunks.extend(finishing.map(|(index, choice)| self.finish_chunk(index, choice, include_usage)));
        if include_usage {
            chunks.push(self.usage_chunk());
        }
        chunks
    }

    fn deltas(&self, include_usage: bool) -> Vec<Value> {
        let deltas = self.choices.iter().enumerate().flat_map(|(index, choice)| {
            choice.deltas().into_iter().map(move |delta| chunk_choice(index, &delta, None))
        });
        deltas.map(|choice| self.chunk(&json!([choice]), include_usage)).collect()
    }

    fn finish_chunk(&self, index: usize, choice: &Choice, include_usage: bool) -> Value {
        let finished = chunk_choice(index, &json!({}), Some(choice.finish_reason()));
        self.chunk(&json!([finished]), include_usage)
    }

    fn usage_chunk(&self) -> Value {
        let mut chunk = self.chunk(&json!([]), true);
        chunk["usage"] = self.usage.to_json();
        chunk
    }

    /// A chunk; with `include_usage` OpenAI sends a `null` usage in all but the last.
    fn chunk(&self, choices: &Value, include_usage: bool) -> Value {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        });
        if include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }
}

impl Choice {
    /// A text which ended by itself.
    pub fn text<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        let pieces = pieces.into_iter().map(str::to_owned).collect();
        Self::Text { pieces, finish_reason: "stop" }
    }

    /// A call of the tool `name`.
    pub fn tool_call(name: &str, arguments: Value) -> Self {
        Self::ToolCall { id: CALL_ID.to_owned(), name: name.to_owned(), arguments }
    }

    fn finish_reason(&self) -> &'static str {
        match self {
            Self::Text { finish_reason, .. } => finish_reason,
            Self::ToolCall { .. } => "tool_calls",
        }
    }

    fn message(&self) -> Value {
        match self {
            Self::Text { pieces, .. } => json!({
                "role": "assistant", "content": pieces.concat(), "refusal": null, "annotations": [],
            }),
            Self::ToolCall { id, name, arguments } => json!({
                "role": "assistant",
                "content": null,
                "tool_calls": [call(id, name, &arguments.to_string())],
                "refusal": null,
                "annotations": [],
            }),
        }
    }

    fn deltas(&self) -> Vec<Value> {
        match self {
            Self::Text { pieces, .. } => text_deltas(pieces),
            Self::ToolCall { id, name, arguments } => call_deltas(id, name, &arguments.to_string()),
        }
    }
}

fn text_deltas(pieces: &[String]) -> Vec<Value> {
    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let contents = pieces.iter().map(|piece| json!({"content": piece}));
    std::iter::once(role).chain(contents).collect()
}

fn call_deltas(id: &str, name: &str, arguments: &str) -> Vec<Value> {
    let mut opening = call(id, name, "");
    opening["index"] = 0.into();
    let role = json!({"role": "assistant", "content": null, "tool_calls": [opening], "refusal": null});
    let pieces = tokens::pieces(arguments).into_iter();
    let arguments =
        pieces.map(|piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}));
    std::iter::once(role).chain(arguments).collect()
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn whole_choice((index, choice): (usize, &Choice)) -> Value {
    json!({
        "index": index,
        "message": choice.message(),
        "logprobs": null,
        "finish_reason": choice.finish_reason(),
    })
}

fn chunk_choice(index: usize, delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason})
}

fn send_each(chunks: &[Value]) -> Vec<Step> {
    chunks.iter().map(frame).map(Step::Send).collect()
}

fn frame(chunk: &Value) -> Bytes {
    format!("data: {chunk}\n\n").into()
}
