//! Bodies come as they were sent, and never larger than wanted.

use ferrolite_testkit::{FakeProvider, Reply, Step};
use ferrolite_types::ErrorKind;
use http::Request;

use crate::exchange::{ENOUGH, PATIENT, SOON, http, open, text};

#[tokio::test]
async fn a_request_arrives_with_its_headers_and_body() {
    let provider = FakeProvider::openai().await;
    let url = format!("{}/v1/chat/completions?x=1", provider.url());
    let request = Request::post(url).header("authorization", "Bearer sk").body("{\"a\":1}".into()).unwrap();
    text(&http(), request).await.unwrap();
    let asked = &provider.requests()[0];
    assert_eq!((asked.path.as_str(), asked.query.as_deref()), ("/v1/chat/completions", Some("x=1")));
    assert_eq!((asked.header("authorization"), asked.text().as_str()), (Some("Bearer sk"), "{\"a\":1}"));
    assert_eq!(asked.header("content-length"), Some("7"));
}

#[tokio::test]
async fn the_pieces_of_a_body_come_one_by_one() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::stream([Step::send("one"), Step::wait_ms(20), Step::send("two")]));
    let mut body = open(&http(), &provider.url(), PATIENT).await.unwrap().into_body();
    assert_eq!(body.next().await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(body.next().await.unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(body.next().await.unwrap(), None);
}

#[tokio::test]
async fn an_empty_body_is_a_body() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::default().status(204));
    let answer = open(&http(), &provider.url(), PATIENT).await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.into_body().collect(0).await.unwrap(), "");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_not_read_on() {
    let provider = FakeProvider::start().await;
    let flood: Vec<Step> =
        std::iter::repeat_n(Step::send(vec![b'x'; 1 << 16]), 64).chain([Step::Hang]).collect();
    for reply in [Reply::stream(flood), Reply::bytes(vec![b'x'; ENOUGH + 1])] {
        provider.enqueue(reply);
        let answer = open(&http(), &provider.url(), PATIENT).await.unwrap();
        let error = answer.into_body().collect(ENOUGH).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidUpstream);
        assert!(error.message.contains("larger than the limit of 1048576 bytes"), "{error}");
    }
    provider.wait_until(|log| log.in_flight() == 0, SOON).await;
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::bytes(vec![b'x'; ENOUGH]));
    let answer = open(&http(), &provider.url(), PATIENT).await.unwrap();
    assert_eq!(answer.into_body().collect(ENOUGH).await.unwrap().len(), ENOUGH);
}
