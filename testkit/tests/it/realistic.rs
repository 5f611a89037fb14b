//! The imitation of OpenAI, asked as its clients ask.

use std::time::{Duration, Instant};

use ferrolite_testkit::{FakeProvider, Outcome, Usage};
use serde_json::{Value, json};

use crate::client::{Answer, Failure, SOON, chat};

async fn ask(extra: Value) -> Answer {
    ask_of(&FakeProvider::openai().await, extra).await.unwrap()
}

async fn ask_of(provider: &FakeProvider, extra: Value) -> Result<Answer, Failure> {
    let mut request = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]});
    for (name, value) in extra.as_object().unwrap() {
        request[name] = value.clone();
    }
    chat(&provider.url(), &request).await
}

fn tools() -> Value {
    let parameters = json!({
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    });
    json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}])
}

#[tokio::test]
async fn echoes_the_last_message_and_counts_its_tokens() {
    let answer = ask(json!({})).await;
    let body = answer.json();
    assert_eq!(body["choices"][0]["message"]["content"], "The user said: Hello there");
    assert_eq!(body["model"], "gpt-4o");
    // 4 for the message and 3 for its 11 characters; 26 characters make 7.
    assert_eq!(body["usage"], Usage::new(7, 7).to_json());
    assert!(answer.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn a_stream_joins_to_the_same_text_and_shows_usage_only_if_asked() {
    let with = ask(json!({"stream": true, "stream_options": {"include_usage": true}})).await.chunks();
    let without = ask(json!({"stream": true})).await.chunks();
    for chunks in [&with, &without] {
        let text: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(text, "The user said: Hello there");
    }
    assert_eq!(with.last().unwrap()["usage"], Usage::new(7, 7).to_json());
    assert!(without.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn n_answers_cost_n_times_as_much() {
    let body = ask(json!({"n": 3})).await.json();
    assert_eq!(body["choices"].as_array().unwrap().len(), 3);
    assert_eq!(body["choices"][2]["index"], 2);
    assert_eq!(body["usage"]["completion_tokens"], 21);
}

#[tokio::test]
async fn max_tokens_is_never_exceeded() {
    let body = ask(json!({"max_tokens": 2})).await.json();
    assert_eq!(body["choices"][0]["message"]["content"], "The user");
    assert_eq!(body["choices"][0]["finish_reason"], "length");
    assert_eq!(body["usage"]["completion_tokens"], 2);
}

#[tokio::test]
async fn the_first_tool_is_called_until_its_result_is_there() {
    let calling = ask(json!({"tools": tools()})).await.json();
    let call = &calling["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"], json!({"name": "weather", "arguments": "{\"city\":\"\"}"}));

    let messages = json!([{"role": "tool", "tool_call_id": call["id"], "content": "sunny"}]);
    let told = ask(json!({"tools": tools(), "messages": messages})).await.json();
    assert_eq!(told["choices"][0]["message"]["content"], "The tool said: sunny");
    assert_eq!(told["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn a_streamed_tool_call_joins_to_the_same_arguments() {
    let chunks = ask(json!({"tools": tools(), "stream": true})).await.chunks();
    let arguments: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"].as_str())
        .collect();
    assert_eq!(arguments, "{\"city\":\"\"}");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn a_json_schema_is_answered_with_a_valid_object() {
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]});
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}});
    let body = ask(json!({"response_format": format})).await.json();
    assert_eq!(body["choices"][0]["message"]["content"], "{\"ok\":false}");
}

#[tokio::test]
async fn bills_what_was_sent_and_nothing_for_faults() {
    let provider = FakeProvider::openai().await;
    ask_of(&provider, json!({})).await.unwrap();
    ask_of(&provider, json!({"stream": true})).await.unwrap();
    ask_of(&provider, json!({"model": "fault-500"})).await.unwrap();
    assert_eq!(provider.billed(), Usage::new(14, 14));
    provider.reset();
    assert_eq!(provider.billed(), Usage::default());
}

#[tokio::test]
async fn equal_requests_differ_only_in_ids() {
    let provider = FakeProvider::openai().await;
    let mut first = ask_of(&provider, json!({})).await.unwrap().json();
    let mut second = ask_of(&provider, json!({})).await.unwrap().json();
    assert_ne!(first["id"].take(), second["id"].take());
    assert_eq!(first, second);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    assert_eq!(ask(json!({"messages": null})).await.status, 400);
    assert_eq!(ask(json!({"model": "fault-hung"})).await.status, 400);
}

#[tokio::test]
async fn a_model_name_can_ask_for_an_answer_with_a_fault() {
    let limited = ask(json!({"model": "gpt-4o-fault-429"})).await;
    assert_eq!((limited.status, &limited.headers["retry-after"]), (429, &"1".parse().unwrap()));
    assert_eq!(ask(json!({"model": "fault-500"})).await.status, 500);
    assert!(ask(json!({"model": "fault-html"})).await.text().starts_with("<html>"));
    assert!(ask(json!({"model": "fault-error200"})).await.json()["error"].is_object());
    assert!(serde_json::from_slice::<Value>(&ask(json!({"model": "fault-garbage"})).await.body).is_err());
}

#[tokio::test]
async fn a_model_name_can_ask_for_a_cut() {
    for streamed in [true, false] {
        let provider = FakeProvider::openai().await;
        let request = json!({"model": "fault-cut", "stream": streamed});
        assert!(ask_of(&provider, request).await.is_err());
        assert_eq!(provider.requests()[0].outcome, Outcome::Cut);
    }
}

#[tokio::test]
async fn a_model_name_can_ask_for_a_hang() {
    let provider = FakeProvider::openai().await;
    let asking = ask_of(&provider, json!({"model": "fault-hang"}));
    assert!(tokio::time::timeout(Duration::from_millis(50), asking).await.is_err());
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}

#[tokio::test]
async fn a_model_name_can_ask_for_a_delay() {
    let started = Instant::now();
    assert_eq!(ask(json!({"model": "gpt-4o-slow-80"})).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn who_leaves_early_is_recorded_but_not_billed() {
    let provider = FakeProvider::openai().await;
    let asking = ask_of(&provider, json!({"model": "slow-60000"}));
    assert!(tokio::time::timeout(Duration::from_millis(50), asking).await.is_err());
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
    assert_eq!(provider.requests()[0].usage, Some(Usage::new(7, 7)));
    assert_eq!(provider.billed(), Usage::default());
}
