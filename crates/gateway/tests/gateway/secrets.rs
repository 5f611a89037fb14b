//! No key is ever told: not to callers, not to logs, not to files.

use std::path::Path;

use ferrolite_testkit::{FakeProvider, Reply, Step};
use serde_json::{Value, json};

use crate::support::{
    Answer, Launch, MASTER_KEY, PROVIDER_KEY, Process, config_with_timeout, question, streamed_question, with,
};

/// A key that nobody knows; whoever mistypes theirs does not want it in a log.
const STRANGERS_KEY: &str = "sk-stranger-canary-55aa";

/// Everything that goes wrong, told by a provider that repeats our key each time.
fn indiscretions() -> Vec<Reply> {
    let words = format!("Incorrect API key provided: {PROVIDER_KEY}. It is Bearer {PROVIDER_KEY}!");
    let in_stream = format!("data: {}\n\n", json!({"error": {"message": words, "code": PROVIDER_KEY}}));
    let delta = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one word\"}}]}\n\n";
    vec![
        Reply::openai_error(401, &words).header("x-debug", words.clone()),
        Reply::openai_error(400, &words),
        Reply::openai_error(500, &words),
        Reply::error_200(&words),
        Reply::text("text/html", &words).status(502),
        Reply::text("text/plain", &words),
        Reply::text("application/json", format!("{{\"error\": \"{words}")),
        Reply::stream([Step::send(in_stream.clone())]),
        Reply::stream([Step::send(delta), Step::send(in_stream)]),
        Reply::truncated_json(&json!({"error": words})),
        Reply::reset(),
        Reply::hang(),
    ]
}

fn everything_about(answer: &Answer) -> String {
    format!("{:?} {:?} {}", answer.status, answer.headers, String::from_utf8_lossy(&answer.body))
}

/// All bytes of the files below `folder`, the configuration excepted.
fn kept(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let told = entries.filter(|path| !path.ends_with("config.yaml"));
    told.flat_map(|path| if path.is_dir() { kept(&path) } else { std::fs::read(&path).unwrap() }).collect()
}

#[track_caller]
fn assert_silent(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for key in [MASTER_KEY, PROVIDER_KEY, STRANGERS_KEY] {
        if let Some(at) = text.find(key) {
            let near: String =
                text[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
            panic!("{what} tell {key}, after: {near}");
        }
    }
}

async fn all_kinds_of_calls(gateway: &Process, provider: &FakeProvider) -> Vec<Answer> {
    let mut answers = Vec::new();
    for request in [question(), streamed_question()] {
        answers.push(gateway.chat(&request).await);
        for reply in indiscretions() {
            provider.enqueue(reply);
            answers.push(gateway.chat(&request).await);
        }
    }
    for body in ["{", "[]", "{\"model\":\"none\"}"] {
        answers.push(gateway.post("/v1/chat/completions", &[], body).await);
    }
    for (name, before) in [("authorization", "Bearer "), ("authorization", ""), ("x-api-key", "")] {
        answers.push(gateway.chat_as(&[(name, &format!("{before}{STRANGERS_KEY}"))], &question()).await);
    }
    answers.push(gateway.chat(&with(question(), "api_key", STRANGERS_KEY)).await);
    answers.push(gateway.chat(&with(question(), "api_base", STRANGERS_KEY)).await);
    for path in ["/v1/models", "/health/readiness", "/nowhere"] {
        answers.push(gateway.get(path).await);
    }
    answers
}

#[tokio::test]
async fn keys_are_told_to_nobody_whatever_happens() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let config: Value = config_with_timeout(&provider, 0.2);
    let launch =
        Launch::at(home.path()).serving().env("RUST_LOG", "trace").env("OPENAI_API_KEY", PROVIDER_KEY);
    let mut gateway = launch.configured(&config).start().await;
    for answer in all_kinds_of_calls(&gateway, &provider).await {
        assert_silent("an answer", everything_about(&answer).as_bytes());
    }
    let held = gateway.ask(&question()).await;
    gateway.terminate().await;
    drop(held);
    assert!(gateway.ended().await.success(), "{}", gateway.output());
    assert!(gateway.output().contains("TRACE") || gateway.output().contains("DEBUG"), "the log was on");
    let spend = Launch::at(home.path()).arguments(&["spend"]).env("RUST_LOG", "trace").run().await;
    assert_silent("the words of `spend`", (spend.stdout + &spend.stderr).as_bytes());
    let kept = kept(home.path());
    assert!(
        String::from_utf8_lossy(&kept).contains("\"outcome\":\"failure\""),
        "the journal is among the files"
    );
    assert_silent("the log, the journal and the database", &kept);
}

#[tokio::test]
async fn a_key_that_was_made_stands_in_the_banner_alone() {
    let home = tempfile::tempdir().unwrap();
    let mut gateway = Launch::at(home.path()).serving().env("RUST_LOG", "trace").start().await;
    let banner = gateway.stdout();
    let key = banner.split_whitespace().find(|word| word.starts_with("sk-")).unwrap().to_owned();
    let request = with(question(), "model", "mock/hello");
    let known = gateway.chat_as(&[("authorization", &format!("Bearer {key}"))], &request).await;
    assert_eq!(known.status, 200);
    gateway.terminate().await;
    assert!(gateway.ended().await.success());
    let files = String::from_utf8_lossy(&kept(home.path())).into_owned();
    assert_eq!(files.matches(&key).count(), gateway.stdout().matches(&key).count());
}
