//! The end: calls under way are finished, what is not finished in time is cut and recorded, nothing is lost.

use std::time::{Duration, Instant};

use ferrolite_testkit::openai::stalled_stream;
use ferrolite_testkit::{FakeProvider, Reply, Step, eventually};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::{Launch, Running, SOON, config, question, rows, streamed_question};

/// A stream with a pause in the middle.
fn two_words_with_a_pause() -> Reply {
    let delta = |words: &str, finish: Value| {
        let choice = json!({"index": 0, "delta": {"content": words}, "finish_reason": finish});
        Step::send(format!("data: {}\n\n", json!({"choices": [choice]})))
    };
    let end = Step::send("data: [DONE]\n\n");
    Reply::stream([delta("before ", Value::Null), Step::wait_ms(300), delta("after", "stop".into()), end])
}

#[tokio::test]
async fn a_stream_under_way_is_finished_before_the_program_ends() {
    let home = tempfile::tempdir().unwrap();
    let provider = FakeProvider::start().await;
    provider.enqueue(two_words_with_a_pause());
    let mut gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    let mut stream = gateway.open(&streamed_question()).await.unwrap();
    stream.until("before ").await;
    gateway.terminate().await;
    let answer = stream.whole().await.unwrap_or_else(|error| panic!("{error}: {}", gateway.output()));
    assert_eq!(answer.streamed_words(), "before after");
    answer.chunks();
    assert!(gateway.ended().await.success(), "{}", gateway.output());
    let rows = rows(home.path()).await;
    assert_eq!((rows.len(), &rows[0]["outcome"]), (1, &json!("success")));
}

#[tokio::test]
async fn nobody_new_is_let_in_while_calls_are_finished() {
    let provider = FakeProvider::start().await;
    provider.enqueue(stalled_stream(["before "]));
    let gateway = Running::before(&provider).await;
    let mut stream = gateway.open(&streamed_question()).await.unwrap();
    stream.until("before ").await;
    let address = gateway.authority().to_owned();
    let ending = tokio::spawn(gateway.stop());
    eventually(SOON, async || TcpStream::connect(&address).await.is_err()).await;
    assert!(!ending.is_finished(), "the stream is still under way");
    drop(stream);
    assert_eq!(ending.await.unwrap()[0]["outcome"], "cancelled");
}

#[tokio::test]
async fn connections_without_a_call_do_not_hold_up_the_end() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::start_with(&config(&provider), Duration::from_secs(3600)).await;
    let _silent = gateway.socket().await;
    let _kept_alive = gateway.ask(&question()).await;
    provider.wait_for(1, SOON).await;
    let asked = Instant::now();
    let rows = gateway.stop().await;
    assert!(asked.elapsed() < SOON);
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_cut_and_recorded() {
    let home = tempfile::tempdir().unwrap();
    let provider = FakeProvider::start().await;
    provider.enqueue(stalled_stream(["before "]));
    let launch = Launch::at(home.path()).serving().arguments(&["--drain", "0"]);
    let mut gateway = launch.configured(&config(&provider)).start().await;
    let mut stream = gateway.open(&streamed_question()).await.unwrap();
    stream.until("before ").await;
    gateway.terminate().await;
    assert!(gateway.ended().await.success(), "{}", gateway.output());
    assert!(stream.whole().await.is_err(), "the caller sees that the answer is not complete");
    let rows = rows(home.path()).await;
    assert_eq!(
        (rows.len(), &rows[0]["outcome"], &rows[0]["estimated"]),
        (1, &json!("cancelled"), &json!(true))
    );
}

#[tokio::test]
async fn an_embedded_gateway_leaves_no_call_behind_when_it_ends() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::hang());
    let gateway = Running::start_with(&config(&provider), Duration::ZERO).await;
    let _caller = gateway.ask(&question()).await;
    provider.wait_until(|log| log.in_flight() == 1, SOON).await;
    let rows = gateway.stop().await;
    assert_eq!((rows.len(), &rows[0]["outcome"]), (1, &json!("cancelled")));
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}
