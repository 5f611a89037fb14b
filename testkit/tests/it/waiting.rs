//! Waiting for requests by condition.

use std::time::Duration;

use ferrolite_testkit::{FakeProvider, Outcome, Reply};
use serde_json::json;

use crate::client::{SOON, chat, raw_chat};

#[tokio::test]
async fn wait_for_returns_the_requests_it_waited_for() {
    let provider = FakeProvider::start().await;
    provider.default_reply(Reply::hang());
    let _clients = (raw_chat(provider.port()).await, raw_chat(provider.port()).await);
    let received = provider.wait_for(2, SOON).await;
    assert_eq!(received.len(), 2);
    assert_eq!(provider.in_flight(), 2);
}

#[tokio::test]
async fn wait_until_sees_outcomes_change() {
    let provider = FakeProvider::start().await;
    provider.default_reply(Reply::json(json!({})).delay(Duration::from_millis(20)));
    let url = provider.url();
    let client = tokio::spawn(async move { chat(&url, &json!({})).await.is_ok() });
    provider.wait_until(|log| log.count(Outcome::Sent) == 1, SOON).await;
    assert!(client.await.unwrap());
}

#[tokio::test]
#[should_panic(expected = "requests seen: 1 [POST /v1/chat/completions (sent)]")]
async fn a_missed_deadline_says_what_was_seen() {
    let provider = FakeProvider::start().await;
    chat(&provider.url(), &json!({})).await.unwrap();
    provider.wait_for(2, Duration::from_millis(20)).await;
}

#[tokio::test]
#[should_panic(expected = "tests/it/waiting.rs")]
async fn a_missed_deadline_names_the_line_which_waited() {
    let provider = FakeProvider::start().await;
    provider.wait_for(1, Duration::from_millis(20)).await;
}
