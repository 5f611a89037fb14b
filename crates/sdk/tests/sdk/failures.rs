//! Errors, typed: what sort, whose fault, and whether another try can help.

use std::time::Duration;

use ferrolite::chat;
use ferrolite::{Error, ErrorKind};
use ferrolite_testkit::openai::completion;
use ferrolite_testkit::{FakeProvider, Reply, Usage};
use ferrolite_types::{Fault, Retry};
use serde_json::json;

use crate::program::{SOON, client, client_of, deployment, question};

const AGAIN: Retry = Retry::Again { after: None };

async fn failed(reply: Reply) -> Error {
    let provider = FakeProvider::start().await;
    provider.enqueue(reply);
    client_of(&provider).chat(question()).await.unwrap_err()
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let too_long = "This model's maximum context length is 8192 tokens";
    for (status, words, kind, fault, retry) in [
        (400, "no messages", ErrorKind::BadRequest, Fault::Client, Retry::Never),
        (400, too_long, ErrorKind::ContextWindow, Fault::Client, Retry::Never),
        (401, "who are you?", ErrorKind::Authentication, Fault::Credential, Retry::Elsewhere),
        (404, "no such model", ErrorKind::NotFound, Fault::Client, Retry::Elsewhere),
        (429, "slow down", ErrorKind::RateLimit, Fault::Upstream, AGAIN),
        (500, "sorry", ErrorKind::Upstream, Fault::Upstream, AGAIN),
        (503, "sorry", ErrorKind::Unavailable, Fault::Upstream, AGAIN),
    ] {
        let error = failed(Reply::openai_error(status, words)).await;
        assert_eq!((error.kind, error.fault, error.retry), (kind, fault, retry), "{error}");
        assert_eq!((error.status(), error.message.as_str()), (status, words));
        let upstream = error.upstream.unwrap();
        assert_eq!((upstream.provider.as_str(), upstream.status), ("OpenAI", status));
        assert!(upstream.body.contains(words));
    }
}

#[tokio::test]
async fn the_wait_that_the_provider_asks_for_is_told() {
    let error = failed(Reply::openai_error(429, "slow down").retry_after(60)).await;
    assert_eq!(error.retry, Retry::Again { after: Some(Duration::from_secs(60)) });
}

#[tokio::test]
async fn broken_providers_are_told_apart() {
    for (reply, kind) in [
        (Reply::reset(), ErrorKind::Unavailable),
        (Reply::hang(), ErrorKind::Timeout),
        (Reply::html(200), ErrorKind::InvalidUpstream),
        (Reply::html(502), ErrorKind::Unavailable),
        (Reply::error_200("sorry"), ErrorKind::Upstream),
        (Reply::truncated_json(&json!({"choices": []})), ErrorKind::Unavailable),
        (Reply::unfinished_json(&json!({"choices": []})), ErrorKind::InvalidUpstream),
    ] {
        let error = failed(reply.clone()).await;
        assert_eq!((error.kind, error.fault, error.retry), (kind, Fault::Upstream, AGAIN), "{reply:?}");
    }
}

#[tokio::test]
async fn the_programs_key_is_not_told() {
    let error = failed(Reply::openai_error(401, "Incorrect API key provided: sk-of-the-program.")).await;
    assert_eq!(error.message, "Incorrect API key provided: ***.");
    assert!(!format!("{error:?}").contains("sk-of-the-program"));
}

#[tokio::test]
async fn what_may_succeed_is_tried_again_and_what_may_not_is_not() {
    for (status, tries) in [(500, 3), (429, 3), (400, 1), (401, 1)] {
        let provider = FakeProvider::start().await;
        provider.default_reply(Reply::openai_error(status, "no"));
        client(vec![deployment("only", &provider, 1.0)], 2).chat(question()).await.unwrap_err();
        assert_eq!(provider.requests().len(), tries, "{status}");
    }
}

#[tokio::test]
async fn another_deployment_is_asked_when_one_fails() {
    for failure in [
        Reply::openai_error(429, "slow down").retry_after(3600),
        Reply::openai_error(401, "who?"),
        Reply::hang(),
    ] {
        let (broken, good) = (FakeProvider::start().await, FakeProvider::start().await);
        broken.enqueue(failure);
        good.enqueue(completion("hello", Usage::new(1, 1)));
        let client = client(vec![deployment("broken", &broken, 1.0), deployment("good", &good, 0.0)], 1);
        assert_eq!(chat::text(&client.chat(question()).await.unwrap()), "hello");
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_hung_up() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::hang());
    let client = client_of(&provider);
    let waiting = tokio::spawn(async move { client.chat(question()).await });
    provider.wait_until(|log| log.in_flight() == 1, SOON).await;
    waiting.abort();
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}
