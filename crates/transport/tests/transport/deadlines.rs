//! Nothing is waited for for ever, and leaving is noticed by the provider.

use std::time::Duration;

use ferrolite_testkit::{FakeProvider, Reply, Step, free_port};
use ferrolite_transport::Deadlines;
use ferrolite_types::{Error, ErrorKind, Retry};
use tokio::net::TcpListener;

use crate::exchange::{ENOUGH, IMPATIENT, PATIENT, SOON, http, open};

/// What became of an exchange whose provider plays this.
async fn fails(reply: Reply, deadlines: Deadlines) -> Error {
    let provider = FakeProvider::start().await;
    provider.enqueue(reply);
    let answer = open(&http(), &provider.url(), deadlines).await;
    match answer {
        Err(error) => error,
        Ok(answer) => answer.into_body().collect(ENOUGH).await.unwrap_err(),
    }
}

fn assert_told(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!((error.kind, error.retry), (kind, Retry::Again { after: None }), "{error}");
    assert!(error.message.contains(words), "{error}");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_given_up() {
    let error = fails(Reply::hang(), IMPATIENT).await;
    assert_told(&error, ErrorKind::Timeout, "the provider did not answer within 0.1 seconds");
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let error = fails(Reply::stream([Step::send("a"), Step::Hang]), IMPATIENT).await;
    assert_told(&error, ErrorKind::Timeout, "the provider sent nothing for 0.1 seconds");
}

#[tokio::test]
async fn a_body_that_goes_on_is_waited_for_however_long_it_is() {
    let provider = FakeProvider::start().await;
    let slow = [Step::send("a"), Step::wait_ms(60), Step::send("b"), Step::wait_ms(60), Step::send("c")];
    provider.enqueue(Reply::stream(slow));
    let answer = open(&http(), &provider.url(), IMPATIENT).await.unwrap();
    assert_eq!(answer.into_body().collect(ENOUGH).await.unwrap(), "abc");
}

#[tokio::test]
async fn who_hangs_up_is_told_from_who_is_not_there() {
    let error = fails(Reply::reset(), PATIENT).await;
    assert_told(&error, ErrorKind::Unavailable, "the provider hung up without an answer");
    let error = fails(Reply::stream([Step::send("a"), Step::Cut]), PATIENT).await;
    assert_told(&error, ErrorKind::Unavailable, "the provider hung up before its answer was complete");
    let nobody = format!("http://127.0.0.1:{}/", free_port());
    let error = open(&http(), &nobody, PATIENT).await.unwrap_err();
    assert_told(&error, ErrorKind::Unavailable, "the provider cannot be reached: ");
    assert!(error.message.contains("onnection refused"), "{error}");
}

#[tokio::test]
async fn a_listener_that_never_greets_is_not_waited_for() {
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", deaf.local_addr().unwrap());
    assert_told(&open(&http(), &url, IMPATIENT).await.unwrap_err(), ErrorKind::Timeout, "0.1 seconds");
}

#[tokio::test]
async fn dropping_the_wait_for_a_head_hangs_up() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::hang());
    let url = provider.url();
    let waiting = tokio::spawn(async move { open(&http(), &url, PATIENT).await.map(|_| ()) });
    provider.wait_until(|log| log.in_flight() == 1, SOON).await;
    waiting.abort();
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}

#[tokio::test]
async fn dropping_a_body_hangs_up() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::stream([
        Step::send("a"),
        Step::Wait(Duration::from_secs(3600)),
        Step::send("b"),
    ]));
    let http = http();
    let mut body = open(&http, &provider.url(), PATIENT).await.unwrap().into_body();
    assert_eq!(body.next().await.unwrap().unwrap(), "a");
    drop(body);
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}
