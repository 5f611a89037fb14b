//! Every fault, as the client of a broken provider sees it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use ferrolite_testkit::{FakeProvider, Outcome, Reply, Step, Usage, openai};
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::client::{Answer, CHAT, Failure, SOON, chat, open, raw_chat};

/// What the client gets when the provider plays `reply`, and how the provider saw it end.
async fn observe(reply: Reply) -> (Result<Answer, Failure>, Outcome) {
    let provider = FakeProvider::start().await;
    provider.enqueue(reply);
    let answer = chat(&provider.url(), &json!({})).await;
    (answer, provider.requests()[0].outcome)
}

/// All bytes a bare socket reads, and the error they end with.
async fn observe_raw(reply: Reply) -> (String, Option<ErrorKind>) {
    let provider = FakeProvider::start().await;
    provider.enqueue(reply);
    let mut socket = raw_chat(provider.port()).await;
    let mut bytes = Vec::new();
    let error = socket.read_to_end(&mut bytes).await.err();
    (String::from_utf8(bytes).unwrap(), error.map(|error| error.kind()))
}

#[tokio::test]
async fn reset_sends_rst_and_no_byte() {
    assert_eq!(observe_raw(Reply::reset()).await, (String::new(), Some(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn cut_delivers_what_came_before_and_then_resets() {
    let (bytes, error) = observe_raw(Reply::stream([Step::send("data: 1\n\n"), Step::Cut])).await;
    assert!(bytes.ends_with("data: 1\n\n\r\n"), "{bytes:?}");
    assert_eq!(error, Some(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn close_leaves_a_chunked_body_without_its_end() {
    let (bytes, error) = observe_raw(Reply::stream([Step::send("data: 1\n\n"), Step::Close])).await;
    assert!(bytes.ends_with("9\r\ndata: 1\n\n\r\n"), "{bytes:?}");
    assert_eq!(error, None);
}

#[tokio::test]
async fn truncated_json_is_shorter_than_announced() {
    let (answer, outcome) = observe(Reply::truncated_json(&json!({"text": "hello"}))).await;
    assert!(answer.is_err());
    assert_eq!(outcome, Outcome::Cut);

    let (bytes, _) = observe_raw(Reply::truncated_json(&json!({"text": "hello"}))).await;
    assert!(bytes.contains("content-length: 16\r\n") && bytes.ends_with("{\"text\":"), "{bytes:?}");
}

#[tokio::test]
async fn cut_json_is_reset_half_way() {
    let (bytes, error) = observe_raw(Reply::cut_json(&json!({"text": "hello"}))).await;
    assert!(bytes.ends_with("{\"text\":"), "{bytes:?}");
    assert_eq!(error, Some(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn unfinished_json_is_sound_http() {
    let (answer, outcome) = observe(Reply::unfinished_json(&json!({"text": "hello"}))).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text(), outcome), ("{\"text\":", Outcome::Sent));
    assert_eq!(answer.headers["content-type"], "application/json");
}

#[tokio::test]
async fn html_comes_with_its_status() {
    let answer = observe(Reply::html(503)).await.0.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.text().starts_with("<html>"));
}

#[tokio::test]
async fn an_openai_error_carries_type_code_and_retry_after() {
    let answer = observe(Reply::openai_error(429, "slow down").retry_after(7)).await.0.unwrap();
    let error = json!({
        "message": "slow down", "type": "requests", "param": null, "code": "rate_limit_exceeded",
    });
    assert_eq!((answer.status, &answer.json()["error"]), (429, &error));
    assert_eq!(answer.headers["retry-after"], "7");
}

#[tokio::test]
async fn error_200_hides_its_error_under_a_good_status() {
    let answer = observe(Reply::error_200("broken")).await.0.unwrap();
    assert_eq!((answer.status, &answer.json()["error"]["message"]), (200, &json!("broken")));
}

#[tokio::test]
async fn drip_sends_the_whole_text_slowly() {
    let started = Instant::now();
    let (answer, outcome) = observe(Reply::drip("[1,2]", Duration::from_millis(10))).await;
    assert_eq!((answer.unwrap().json(), outcome), (json!([1, 2]), Outcome::Sent));
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_hang_ends_as_soon_as_the_client_leaves() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::hang());
    let socket = raw_chat(provider.port()).await;
    provider.wait_until(|log| log.in_flight() == 1, SOON).await;
    assert_leaving_is_noticed(&provider, socket).await;
}

#[tokio::test]
async fn a_delay_ends_as_soon_as_the_client_leaves() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::json(Value::Null).delay(Duration::from_secs(3600)));
    let socket = raw_chat(provider.port()).await;
    provider.wait_until(|log| log.in_flight() == 1, SOON).await;
    assert_leaving_is_noticed(&provider, socket).await;
}

#[tokio::test]
async fn waits_and_hangs_inside_a_body_end_as_soon_as_the_client_leaves() {
    let endings = [Step::Hang, Step::Wait(Duration::from_secs(3600))];
    for ending in endings {
        let provider = FakeProvider::start().await;
        provider.enqueue(Reply::stream([Step::send("data: 1\n\n"), ending]));
        let mut socket = raw_chat(provider.port()).await;
        socket.read_u8().await.unwrap();
        assert_leaving_is_noticed(&provider, socket).await;
    }
}

async fn assert_leaving_is_noticed(provider: &FakeProvider, client: impl Sized) {
    assert_eq!((provider.in_flight(), provider.disconnects()), (1, 0));
    drop(client);
    let left = Instant::now();
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
    assert!(left.elapsed() < Duration::from_secs(1), "noticed after {:?}", left.elapsed());
    assert_eq!(provider.in_flight(), 0);
    assert_eq!(provider.requests()[0].outcome, Outcome::ClientLeft);
}

#[tokio::test]
async fn a_stalled_stream_delivers_its_pieces_and_no_end() {
    let provider = FakeProvider::start().await;
    provider.enqueue(openai::stalled_stream(["he", "llo"]));
    let mut body = open(Method::POST, provider.url() + CHAT, "{}").await.unwrap().into_body();
    let mut seen = String::new();
    while !seen.contains("\"llo\"") {
        let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
        seen.push_str(std::str::from_utf8(&data).unwrap());
    }
    let more = tokio::time::timeout(Duration::from_millis(50), body.frame()).await;
    assert!(more.is_err() && !seen.contains("stop"));
    drop(body);
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}

#[tokio::test]
async fn a_cut_stream_ends_inside_a_frame() {
    let (bytes, error) = observe_raw(openai::cut_stream(["hello"], Step::Cut)).await;
    assert_eq!(error, Some(ErrorKind::ConnectionReset));
    assert!(bytes.contains("\"hello\"") && !bytes.contains("stop"), "{bytes:?}");

    let answer = observe(openai::cut_stream(["hello"], Step::End)).await.0.unwrap();
    let last = answer.text().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("data: {") && !last.contains("stop"), "{last:?}");
}

#[tokio::test]
async fn leaving_at_done_is_not_leaving_early() {
    let provider = FakeProvider::start().await;
    provider.enqueue(openai::stream(["hi"], Some(Usage::new(1, 1))));
    let mut socket = raw_chat(provider.port()).await;
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("[DONE]") {
        socket.read_buf(&mut seen).await.unwrap();
    }
    drop(socket);
    assert_eq!(provider.requests()[0].outcome, Outcome::Sent);
}
