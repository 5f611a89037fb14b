//! The provider that needs no network does what its models' names say.

use std::time::Duration;

use ferrolite_transport::{Body, Deadlines, Mock, Transport, Ways};
use ferrolite_types::{Error, ErrorKind};
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::exchange::{ENOUGH, PATIENT, http};

fn question(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "hi"}]})
}

async fn ask(request: &Value, deadlines: Deadlines) -> Result<Response<Body>, Error> {
    let request = Request::post("mock://mock/v1/chat/completions").body(request.to_string().into()).unwrap();
    Mock.send(request, deadlines).await
}

async fn answer(request: &Value) -> Value {
    let body = ask(request, PATIENT).await.unwrap().into_body().collect(ENOUGH).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

async fn events(request: &Value) -> Vec<Value> {
    let body = ask(request, PATIENT).await.unwrap().into_body().collect(ENOUGH).await.unwrap();
    let text =
        std::str::from_utf8(&body).unwrap().strip_suffix("data: [DONE]\n\n").expect("ends with [DONE]");
    let events = text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
    events.map(|event| serde_json::from_str(event).unwrap()).collect()
}

#[tokio::test]
async fn it_repeats_what_was_said() {
    let answer = answer(&question("hello")).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "You said: hi");
    assert_eq!((&answer["model"], &answer["object"]), (&json!("hello"), &json!("chat.completion")));
    let usage = &answer["usage"];
    let total = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], total);
}

#[tokio::test]
async fn it_streams_the_same_words_and_the_usage_where_asked() {
    let mut request = question("words-3");
    request["stream"] = true.into();
    assert!(events(&request).await.iter().all(|event| event.get("usage").is_none()));
    request["stream_options"] = json!({"include_usage": true});
    let events = events(&request).await;
    let pieces = events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), "word1 word2 word3");
    assert!(events.last().unwrap()["usage"]["total_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn it_calls_the_first_tool_until_there_is_a_result() {
    let mut request = question("tool");
    request["tools"] = json!([{"type": "function", "function": {"name": "weather", "parameters": {}}}]);
    let called = answer(&request).await["choices"][0].take();
    assert_eq!(called["message"]["tool_calls"][0]["function"]["name"], "weather");
    assert_eq!(called["finish_reason"], "tool_calls");
    request["messages"] = json!([{"role": "tool", "tool_call_id": "call_mock", "content": "sunny"}]);
    assert_eq!(answer(&request).await["choices"][0]["message"]["content"], "You said: sunny");
}

#[tokio::test]
async fn it_refuses_with_the_status_in_its_name() {
    for status in [400, 429, 503] {
        let refused = ask(&question(&format!("fault-{status}")), PATIENT).await.unwrap();
        assert_eq!(refused.status(), status);
    }
}

#[tokio::test(start_paused = true)]
async fn it_answers_as_late_as_its_name_says() {
    let asked = Instant::now();
    answer(&question("slow-250")).await;
    assert_eq!(asked.elapsed().as_millis(), 250);
}

#[tokio::test(start_paused = true)]
async fn it_hangs_up_to_the_deadline() {
    let asked = Instant::now();
    let deadlines = Deadlines { head: Duration::from_secs(3), ..PATIENT };
    for model in ["fault-hang", "slow-60000"] {
        assert_eq!(ask(&question(model), deadlines).await.unwrap_err().kind, ErrorKind::Timeout);
    }
    assert_eq!(asked.elapsed().as_secs(), 6);
}

#[tokio::test]
async fn it_breaks_off_in_the_middle() {
    let mut request = question("fault-cut");
    for stream in [false, true] {
        request["stream"] = stream.into();
        let body = ask(&request, PATIENT).await.unwrap().into_body();
        assert_eq!(body.collect(ENOUGH).await.unwrap_err().kind, ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn the_scheme_of_an_address_chooses_the_way() {
    let ways = Ways::new(http());
    let played =
        Request::post("mock://mock/v1/chat/completions").body(question("x").to_string().into()).unwrap();
    assert_eq!(ways.send(played, PATIENT).await.unwrap().status(), 200);
    let sent = Request::post("http://127.0.0.1:1/").body(question("x").to_string().into()).unwrap();
    assert_eq!(ways.send(sent, PATIENT).await.unwrap_err().kind, ErrorKind::Unavailable);
}
