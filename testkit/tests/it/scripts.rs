//! Which reply a request gets, what is recorded of it, and when its bytes arrive.

use std::time::{Duration, Instant};

use ferrolite_testkit::{FakeProvider, Matcher, Outcome, Reply, Step, Usage, openai};
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::client::{CHAT, SOON, call, chat, open};

async fn reply_to(provider: &FakeProvider, request: Value) -> Value {
    chat(&provider.url(), &request).await.unwrap().json()
}

#[tokio::test]
async fn queued_replies_come_first_in_first_out_and_then_the_default() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::json(json!(1)));
    provider.enqueue(Reply::json(json!(2)));
    provider.default_reply(Reply::json(json!("default")));
    for expected in [json!(1), json!(2), json!("default"), json!("default")] {
        assert_eq!(reply_to(&provider, json!({})).await, expected);
    }
}

#[tokio::test]
async fn without_a_script_the_answer_says_so() {
    let provider = FakeProvider::start().await;
    let answer = chat(&provider.url(), &json!({})).await.unwrap();
    assert_eq!(answer.status, 501);
    assert!(answer.text().contains("POST /v1/chat/completions"), "{}", answer.text());
}

#[tokio::test]
async fn rules_come_before_the_queue_and_can_be_used_up() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::json(json!("queued")));
    provider.on(Matcher::model("a").times(1), Reply::json(json!("rule a")));
    provider.on(Matcher::path("/completions").and_body("needle"), Reply::json(json!("needle")));
    provider.on(Matcher::path("/embeddings"), Reply::json(json!("embeddings")));

    assert_eq!(reply_to(&provider, json!({"model": "a"})).await, "rule a");
    assert_eq!(reply_to(&provider, json!({"model": "b", "input": "a needle"})).await, "needle");
    assert_eq!(reply_to(&provider, json!({"model": "a"})).await, "queued");
    assert_eq!(chat(&provider.url(), &json!({"model": "a"})).await.unwrap().status, 501);
}

#[tokio::test]
async fn a_request_is_recorded_as_it_was_sent() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::json(Value::Null));
    let before = Instant::now();
    call(Method::PUT, provider.url() + "/v1/files?purpose=x", r#"{"a": 1}"#).await.unwrap();

    let received = &provider.requests()[0];
    assert_eq!((received.method.as_str(), received.path.as_str()), ("PUT", "/v1/files"));
    assert_eq!(received.query.as_deref(), Some("purpose=x"));
    assert_eq!((&received.body[..], received.json()), (br#"{"a": 1}"#.as_slice(), json!({"a": 1})));
    assert_eq!(received.header("content-length"), Some("8"));
    assert!(received.received_at > before);
    assert_eq!(received.outcome, Outcome::Sent);
}

#[tokio::test]
async fn bodies_without_bytes_are_sent_too() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::default().status(204));
    provider.enqueue(Reply::stream([]));
    provider.enqueue(Reply::stream([Step::wait_ms(1), Step::End]));
    for status in [204, 200, 200] {
        let answer = chat(&provider.url(), &json!({})).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
    assert!(provider.requests().iter().all(|received| received.outcome == Outcome::Sent));
}

#[tokio::test]
async fn headers_of_a_reply_replace_the_implied_ones() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::json(json!({})).header("content-type", "application/problem+json"));
    provider.enqueue(Reply::json(json!({})).header("bad name", ""));
    let answer = chat(&provider.url(), &json!({})).await.unwrap();
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["content-length"], "2");

    let answer = chat(&provider.url(), &json!({})).await.unwrap();
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("not valid HTTP"));
    assert_eq!(provider.disconnects(), 0);
}

#[tokio::test]
async fn steps_arrive_one_by_one_at_their_time() {
    let provider = FakeProvider::start().await;
    let steps =
        [Step::send("one"), Step::wait_ms(60), Step::send("two"), Step::wait_ms(60), Step::send("three")];
    provider.enqueue(Reply::stream(steps).delay(Duration::from_millis(60)));

    let started = Instant::now();
    let mut body = open(Method::POST, provider.url() + CHAT, "{}").await.unwrap().into_body();
    for (sent, at_least) in [("one", 60), ("two", 120), ("three", 180)] {
        let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(data, sent);
        assert!(started.elapsed() >= Duration::from_millis(at_least), "{sent} after {:?}", started.elapsed());
    }
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn ready_answers_have_the_shape_of_openai() {
    let provider = FakeProvider::start().await;
    provider.enqueue(openai::completion("hello", Usage::new(3, 2)));
    provider.enqueue(openai::tool_call("weather", json!({"city": "Bern"})));

    let whole = reply_to(&provider, json!({})).await;
    assert_eq!(whole["choices"][0]["message"]["content"], "hello");
    assert_eq!(whole["usage"]["total_tokens"], 5);

    let calling = reply_to(&provider, json!({})).await;
    assert_eq!(calling["choices"][0]["finish_reason"], "tool_calls");
    let function = json!({"name": "weather", "arguments": "{\"city\":\"Bern\"}"});
    assert_eq!(calling["choices"][0]["message"]["tool_calls"][0]["function"], function);
}

#[tokio::test]
async fn a_stream_shows_usage_only_if_told() {
    let provider = FakeProvider::start().await;
    provider.enqueue(openai::stream(["he", "llo"], Some(Usage::new(3, 2))));
    provider.enqueue(openai::stream(["he", "llo"], None));

    let with = chat(&provider.url(), &json!({})).await.unwrap().chunks();
    assert_eq!(with.len(), 5);
    assert_eq!(with[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(with[3]["choices"][0]["finish_reason"], "stop");
    assert_eq!((&with[3]["usage"], &with[4]["choices"]), (&Value::Null, &json!([])));
    assert_eq!(with[4]["usage"], Usage::new(3, 2).to_json());

    let without = chat(&provider.url(), &json!({})).await.unwrap().chunks();
    assert_eq!(without.len(), 4);
    assert!(without.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn a_dropped_provider_ends_its_connections_and_listens_no_more() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::hang());
    let (url, again) = (provider.url(), provider.url());
    let waiting = tokio::spawn(async move { chat(&url, &json!({})).await });
    provider.wait_for(1, SOON).await;
    drop(provider);
    assert!(waiting.await.unwrap().is_err());
    ferrolite_testkit::eventually(SOON, async || chat(&again, &json!({})).await.is_err()).await;
}
