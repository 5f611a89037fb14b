//! Streamed answers, typed.

use ferrolite::chat::{self, ChatResponse, Fold};
use ferrolite::{ErrorKind, EventStream};
use ferrolite_testkit::openai::{Choice, Completion, cut_stream, stalled_stream, stream};
use ferrolite_testkit::{FakeProvider, Reply, Step, Usage};
use serde_json::json;

use crate::program::{SOON, calls, client, client_of, deployment, question};

/// A stream put together.
async fn folded(mut stream: EventStream) -> Result<ChatResponse, ferrolite::Error> {
    let mut fold = Fold::default();
    loop {
        let events = stream.next_events().await?;
        if events.is_empty() {
            return Ok(fold.finish());
        }
        events.into_iter().try_for_each(|event| fold.add(event))?;
    }
}

#[tokio::test]
async fn a_stream_put_together_is_the_whole_answer() {
    for choice in [Choice::text(["he", "llo"]), Choice::tool_call("weather", json!({"city": "Oslo"}))] {
        let provider = FakeProvider::start().await;
        let completion = Completion::of(choice, Usage::new(3, 2));
        provider.enqueue(completion.whole());
        provider.enqueue(completion.streamed(true));
        let client = client_of(&provider);
        let whole = client.chat(question()).await.unwrap();
        let streamed = folded(client.chat_stream(question()).await.unwrap()).await.unwrap();
        assert_eq!((chat::text(&streamed), &streamed.usage), (chat::text(&whole), &whole.usage));
        assert_eq!(calls(&streamed.choices[0].parts), calls(&whole.choices[0].parts));
        assert_eq!(streamed.choices[0].stop.kind, whole.choices[0].stop.kind);
    }
}

#[tokio::test]
async fn usage_is_asked_for_without_being_told() {
    let provider = FakeProvider::openai().await;
    let streamed = folded(client_of(&provider).chat_stream(question()).await.unwrap()).await.unwrap();
    assert_eq!(provider.requests()[0].json()["stream_options"]["include_usage"], true);
    assert_eq!(streamed.usage.unwrap().output, provider.billed().completion);
}

#[tokio::test]
async fn events_come_while_the_provider_still_speaks() {
    let provider = FakeProvider::start().await;
    provider.enqueue(stalled_stream(["first"]));
    let mut stream = client_of(&provider).chat_stream(question()).await.unwrap();
    assert!(!stream.next_events().await.unwrap().is_empty());
    assert_eq!(provider.in_flight(), 1);
}

#[tokio::test]
async fn dropping_a_stream_hangs_up() {
    let provider = FakeProvider::start().await;
    provider.enqueue(stalled_stream(["first"]));
    let stream = client_of(&provider).chat_stream(question()).await.unwrap();
    assert_eq!(provider.disconnects(), 0);
    drop(stream);
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}

#[tokio::test]
async fn failures_before_the_first_word_are_tried_again_and_later_ones_are_told() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::openai_error(500, "not now"));
    provider.enqueue(Reply::stream([Step::send("data: {\"error\":{\"message\":\"not now\"}}\n\n")]));
    provider.enqueue(cut_stream(["one word"], Step::Cut));
    let client = client(vec![deployment("only", &provider, 1.0)], 2);
    let mut stream = client.chat_stream(question()).await.unwrap();
    assert!(!stream.next_events().await.unwrap().is_empty());
    let error = folded(stream).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(provider.requests().len(), 3);
}

#[tokio::test]
async fn a_stalled_stream_ends_with_a_timeout() {
    let provider = FakeProvider::start().await;
    provider.enqueue(stalled_stream(["first"]));
    let stream = client_of(&provider).chat_stream(question()).await.unwrap();
    assert_eq!(folded(stream).await.unwrap_err().kind, ErrorKind::Timeout);
    provider.wait_until(|log| log.disconnects() == 1, SOON).await;
}

#[tokio::test]
async fn a_stream_goes_to_the_next_deployment_when_the_first_fails() {
    let (broken, good) = (FakeProvider::start().await, FakeProvider::start().await);
    broken.enqueue(Reply::reset());
    good.enqueue(stream(["hel", "lo"], Some(Usage::new(1, 1))));
    let client = client(vec![deployment("broken", &broken, 1.0), deployment("good", &good, 0.0)], 1);
    let answer = folded(client.chat_stream(question()).await.unwrap()).await.unwrap();
    assert_eq!(chat::text(&answer), "hello");
}
