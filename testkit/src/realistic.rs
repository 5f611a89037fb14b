//! Imitates OpenAI's chat completions without a script: the same request always gets the same answer,
//! apart from its ids.

use std::time::Duration;

use serde_json::{Value, json};

use crate::completion::{Choice, Completion};
use crate::directive::{Directives, Fault};
use crate::record::Received;
use crate::reply::{Reply, Step};
use crate::script::Answer;
use crate::usage::Usage;
use crate::{schema, tokens};

/// What each message costs beside its text.
const TOKENS_PER_MESSAGE: u64 = 4;
/// Longer prompts are echoed no further than this.
const MAX_ECHO_CHARS: usize = 200;
const MAX_CHOICES: u64 = 128;

/// The answer to the request which was the `serial`th.
pub(crate) fn answer(received: &Received, serial: u64) -> Answer {
    if !received.path.ends_with("/chat/completions") {
        let Received { method, path, .. } = received;
        return Reply::openai_error(404, &format!("Invalid URL ({method} {path})")).into();
    }
    let request = received.json();
    let (Some(model), Some(messages)) = (request["model"].as_str(), request["messages"].as_array()) else {
        return Reply::openai_error(400, "you must provide a model parameter and messages").into();
    };
    let directives: Directives = match model.parse() {
        Ok(directives) => directives,
        Err(problem) => return Reply::openai_error(400, &problem).into(),
    };
    let completion = complete(&request, model, messages, serial);
    let streamed = request["stream"] == true;
    let answer = match directives.fault {
        Some(fault) => faulty(fault, &completion, streamed).into(),
        None => faultless(&request, &completion, streamed),
    };
    dress(answer, directives.delay, serial)
}

fn faultless(request: &Value, completion: &Completion, streamed: bool) -> Answer {
    let reply = match streamed {
        true => completion.streamed(request["stream_options"]["include_usage"] == true),
        false => completion.whole(),
    };
    Answer { reply, usage: Some(completion.usage) }
}

fn faulty(fault: Fault, completion: &Completion, streamed: bool) -> Reply {
    match fault {
        Fault::Status(429) => Reply::openai_error(429, "Rate limit reached for requests").retry_after(1),
        Fault::Status(status) => Reply::openai_error(status, "The model asked for this failure"),
        Fault::Hang => Reply::hang(),
        Fault::Cut if streamed => completion.broken(Step::Cut),
        Fault::Cut => Reply::cut_json(&completion.to_json()),
        Fault::Html => Reply::html(502),
        Fault::Error200 => Reply::error_200("The model asked for this failure"),
        Fault::Garbage if streamed => {
            Reply::stream([Step::send(b"data: {\"choices\":[}\n\ndata: \xff\n\n".as_slice())])
        }
        Fault::Garbage => Reply::text("application/json", "{\"choices\": [}"),
    }
}

/// Adds the headers every OpenAI answer carries, and the delay asked for.
fn dress(answer: Answer, delay: Duration, serial: u64) -> Answer {
    let reply = answer
        .reply
        .header("x-request-id", format!("req_{serial:032x}"))
        .header("openai-version", "2020-10-01")
        .header("openai-processing-ms", delay.as_millis().to_string())
        .header("x-ratelimit-limit-requests", "10000")
        .header("x-ratelimit-remaining-requests", "9999")
        .delay(delay);
    Answer { reply, ..answer }
}

fn complete(request: &Value, model: &str, messages: &[Value], serial: u64) -> Completion {
    let choice = limited(choose(request, messages, serial), max_tokens(request));
    let n = request["n"].as_u64().unwrap_or(1).clamp(1, MAX_CHOICES);
    let usage = Usage::new(prompt_tokens(request, messages), n * completion_tokens(&choice));
    let choices = vec![choice; n as usize];
    Completion { id: format!("chatcmpl-{serial:029}"), model: model.to_owned(), choices, usage }
}

fn choose(request: &Value, messages: &[Value], serial: u64) -> Choice {
    let last = messages.last().unwrap_or(&Value::Null);
    if let Some(tool) = tool_to_call(request, last) {
        let name = tool["name"].as_str().unwrap_or_default().to_owned();
        let arguments = schema::minimal(&tool["parameters"]);
        return Choice::ToolCall { id: format!("call_{serial:024}"), name, arguments };
    }
    let text = match request["response_format"]["type"].as_str() {
        Some("json_schema") => {
            schema::minimal(&request["response_format"]["json_schema"]["schema"]).to_string()
        }
        Some("json_object") => json!({"answer": echo(last)}).to_string(),
        _ => echo(last),
    };
    Choice::Text { pieces: tokens::pieces(&text), finish_reason: "stop" }
}

/// The function `tool_choice` names, else the first; none after a tool result or if forbidden.
fn tool_to_call<'a>(request: &'a Value, last: &Value) -> Option<&'a Value> {
    if last["role"] == "tool" || request["tool_choice"] == "none" {
        return None;
    }
    let mut functions = request["tools"].as_array()?.iter().filter_map(|tool| tool.get("function"));
    match request["tool_choice"]["function"]["name"].as_str() {
        Some(name) => functions.find(|function| function["name"] == name),
        None => functions.next(),
    }
}

fn echo(last: &Value) -> String {
    let heard: String = text_of(last).chars().take(MAX_ECHO_CHARS).collect();
    let speaker = last["role"].as_str().unwrap_or("nobody");
    format!("The {speaker} said: {heard}")
}

/// The text of a message, whose content is a string or a list of parts.
fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn max_tokens(request: &Value) -> Option<u64> {
    request["max_completion_tokens"].as_u64().or_else(|| request["max_tokens"].as_u64())
}

/// A text longer than `limit` is cut there; tool calls are short enough to be let through.
fn limited(choice: Choice, limit: Option<u64>) -> Choice {
    match (choice, limit) {
        (Choice::Text { mut pieces, .. }, Some(limit)) if pieces.len() as u64 > limit => {
            pieces.truncate(limit as usize);
            Choice::Text { pieces, finish_reason: "length" }
        }
        (choice, _) => choice,
    }
}

fn prompt_tokens(request: &Value, messages: &[Value]) -> u64 {
    let spoken: u64 =
        messages.iter().map(|message| TOKENS_PER_MESSAGE + tokens::count(&text_of(message))).sum();
    let tools = request.get("tools").map_or(0, |tools| tokens::count(&tools.to_string()));
    spoken + tools
}

fn completion_tokens(choice: &Choice) -> u64 {
    match choice {
        Choice::Text { pieces, .. } => pieces.len() as u64,
        Choice::ToolCall { name, arguments, .. } => {
            tokens::count(name) + tokens::count(&arguments.to_string())
        }
    }
}
