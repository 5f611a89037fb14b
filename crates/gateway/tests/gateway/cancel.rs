//! Callers who leave: the provider is told at once, and the call is recorded as cancelled, once.

use ferrolite_testkit::openai::{completion, stalled_stream, stream};
use ferrolite_testkit::{FakeProvider, Reply, Step, Usage};
use serde_json::{Value, json};

use crate::support::{Running, SOON, config_with_retries, question, streamed_question};

fn assert_cancelled(rows: &[Value]) {
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = &rows[0];
    assert_eq!(
        (&row["outcome"], &row["status"], &row["model"]),
        (&json!("cancelled"), &json!(499), &json!("fast"))
    );
}

#[tokio::test]
async fn leaving_before_the_answer_hangs_up_on_the_provider() {
    let half =
        Reply::stream([Step::send("{\"choices\":"), Step::Hang]).header("content-type", "application/json");
    let silent = Reply::stream([Step::send(": one moment\n\n"), Step::Hang]);
    for (request, reply) in [
        (question(), Reply::hang()),
        (question(), half),
        (streamed_question(), Reply::hang()),
        (streamed_question(), silent),
    ] {
        let provider = FakeProvider::start().await;
        provider.enqueue(reply);
        let gateway = Running::before(&provider).await;
        let caller = gateway.ask(&request).await;
        provider.wait_until(|log| log.in_flight() == 1, SOON).await;
        drop(caller);
        provider.wait_until(|log| log.disconnects() == 1, SOON).await;
        assert_cancelled(&gateway.stop().await);
    }
}

#[tokio::test]
async fn leaving_in_the_middle_of_a_stream_hangs_up_and_counts_what_was_heard() {
    let provider = FakeProvider::start().await;
    provider.enqueue(stalled_stream(["twelve bytes"]));
    let gateway = Running::before(&provider).await;
    let mut caller = gateway.open(&streamed_question()).await.unwrap();
    caller.until("twelve bytes").await;
    drop(caller);
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
    let rows = gateway.stop().await;
    assert_cancelled(&rows);
    assert_eq!((&rows[0]["estimated"], &rows[0]["output"]), (&json!(true), &json!(3)));
    assert!(rows[0]["input"].as_u64().unwrap() > 0 && rows[0]["deployment"].is_string());
}

#[tokio::test]
async fn leaving_between_two_tries_ends_the_tries() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::openai_error(500, "not now"));
    let mut config = config_with_retries(&provider, 2);
    config["router_settings"]["retry_after"] = 3600.into();
    let gateway = Running::start(&config).await;
    let caller = gateway.ask(&question()).await;
    provider.wait_until(|log| log.requests().len() == 1 && log.in_flight() == 0, SOON).await;
    drop(caller);
    assert_cancelled(&gateway.stop().await);
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn leaving_at_the_end_is_not_leaving_early() {
    let provider = FakeProvider::start().await;
    provider.enqueue(stream(["all"], Some(Usage::new(1, 1))));
    let gateway = Running::before(&provider).await;
    let mut caller = gateway.open(&streamed_question()).await.unwrap();
    caller.until("[DONE]").await;
    drop(caller);
    let rows = gateway.stop().await;
    assert_eq!((rows.len(), &rows[0]["outcome"]), (1, &json!("success")));
}

#[tokio::test]
async fn one_callers_leaving_does_not_disturb_another() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::hang());
    provider.enqueue(completion("for you", Usage::new(1, 1)));
    let gateway = Running::before(&provider).await;
    let leaver = gateway.ask(&question()).await;
    provider.wait_until(|log| log.in_flight() == 1, SOON).await;
    drop(leaver);
    assert_eq!(gateway.chat(&question()).await.words(), "for you");
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
    assert_eq!(gateway.stop().await.len(), 2);
}
