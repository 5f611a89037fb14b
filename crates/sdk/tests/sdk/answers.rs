//! Whole answers, typed.

use ferrolite::chat::{self, StopKind};
use ferrolite::{Client, ErrorKind};
use ferrolite_testkit::openai::{completion, tool_call};
use ferrolite_testkit::{FakeProvider, Usage};
use serde_json::json;

use crate::program::{calls, client, client_of, deployment, question};

#[tokio::test]
async fn a_question_is_answered_with_words_usage_and_the_reason_of_the_end() {
    let provider = FakeProvider::start().await;
    provider.enqueue(completion("hello", Usage { cached: 4, ..Usage::new(10, 5) }));
    let answer = client_of(&provider).chat(question()).await.unwrap();
    assert_eq!((chat::text(&answer).as_str(), answer.choices[0].stop.kind), ("hello", StopKind::End));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (6, 4, 5));
}

#[tokio::test]
async fn the_provider_is_asked_for_its_own_name_of_the_model_with_the_programs_key() {
    let provider = FakeProvider::openai().await;
    client_of(&provider).chat(question()).await.unwrap();
    let asked = &provider.requests()[0];
    assert_eq!((asked.path.as_str(), &asked.json()["model"]), ("/v1/chat/completions", &json!("gpt-4o")));
    assert_eq!(asked.header("authorization"), Some("Bearer sk-of-the-program"));
    assert_eq!(asked.json()["messages"], json!([{"role": "user", "content": "hi"}]));
}

#[tokio::test]
async fn a_tool_call_is_typed() {
    let provider = FakeProvider::start().await;
    provider.enqueue(tool_call("weather", json!({"city": "Oslo"})));
    let answer = client_of(&provider).chat(question()).await.unwrap();
    assert_eq!(calls(&answer.choices[0].parts), [("weather", r#"{"city":"Oslo"}"#)]);
    assert_eq!(answer.choices[0].stop.kind, StopKind::ToolCalls);
}

#[tokio::test]
async fn the_mock_answers_without_any_set_up() {
    let answer = Client::new().chat(chat::request("mock/hello", "hi")).await.unwrap();
    assert_eq!(chat::text(&answer), "You said: hi");
}

#[tokio::test]
async fn clones_of_a_client_answer_as_it_does() {
    let provider = FakeProvider::openai().await;
    let client = client_of(&provider);
    for client in [client.clone(), client] {
        assert_eq!(chat::text(&client.chat(question()).await.unwrap()), "The user said: hi");
    }
}

#[tokio::test]
async fn many_questions_at_once_get_their_own_answers() {
    let provider = FakeProvider::openai().await;
    let client = client_of(&provider);
    let asking = (0..32).map(|number| {
        let client = client.clone();
        tokio::spawn(async move {
            let answer = client.chat(chat::request("fast", format!("number {number}"))).await.unwrap();
            assert_eq!(chat::text(&answer), format!("The user said: number {number}"));
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
}

#[tokio::test]
async fn a_deployment_without_weight_is_a_last_resort() {
    let (provider, resort) = (FakeProvider::openai().await, FakeProvider::openai().await);
    let client = client(vec![deployment("resort", &resort, 0.0), deployment("first", &provider, 1.0)], 1);
    for _ in 0..5 {
        client.chat(question()).await.unwrap();
    }
    assert_eq!((provider.requests().len(), resort.requests().len()), (5, 0));
}

#[tokio::test]
async fn models_that_cannot_be_asked_are_refused_before_anything_is_sent() {
    for model in ["nobody/model", "nothing"] {
        let refused = Client::new().chat(chat::request(model, "hi")).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::BadRequest, "{refused}");
        assert!(refused.message.contains(&format!("You passed model={model}.")), "{refused}");
    }
}
