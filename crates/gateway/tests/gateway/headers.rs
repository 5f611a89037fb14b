//! What the headers of an answer tell.

use ferrolite_testkit::{FakeProvider, Usage, openai};
use serde_json::json;

use crate::support::{Answer, MASTER_KEY, Running, config, question, streamed_question};

async fn called_as(gateway: &Running, call_id: &str) -> Answer {
    let key = format!("Bearer {MASTER_KEY}");
    gateway.chat_as(&[("authorization", &key), ("x-litellm-call-id", call_id)], &question()).await
}

#[tokio::test]
async fn an_answer_tells_who_gave_it() {
    let provider = FakeProvider::openai().await;
    let mut config = config(&provider);
    config["model_list"][0]["model_info"] = json!({"id": "east-1"});
    let gateway = Running::start(&config).await;
    for request in [question(), streamed_question()] {
        let answer = gateway.chat(&request).await;
        assert_eq!(answer.header("x-litellm-model-id"), "east-1");
        assert_eq!(answer.header("x-litellm-model-group"), "fast");
        assert_eq!(answer.header("x-litellm-model-name"), "openai/gpt-4o");
        assert_eq!(answer.header("x-litellm-model-api-base"), format!("{}/v1", provider.url()));
        assert_eq!(answer.header("x-litellm-attempted-retries"), "0");
        assert_eq!(answer.header("x-ferrolite-path"), "relay");
        assert!(!answer.header("x-litellm-version").is_empty());
        assert!(answer.header("x-litellm-response-duration-ms").parse::<f64>().unwrap() > 0.0);
    }
}

#[tokio::test]
async fn a_deployment_without_a_name_is_known_by_one_that_lasts() {
    let provider = FakeProvider::openai().await;
    let id = |answer: &Answer| answer.header("x-litellm-model-id").to_owned();
    let first = id(&Running::before(&provider).await.chat(&question()).await);
    let second = id(&Running::before(&provider).await.chat(&question()).await);
    assert!(!first.is_empty());
    assert_eq!(first, second);
}

#[tokio::test]
async fn the_providers_headers_are_passed_on_under_a_prefix_and_its_limits_also_bare() {
    let provider = FakeProvider::start().await;
    let reply = openai::completion("hello", Usage::new(1, 1)).header("x-request-id", "req_1");
    provider.enqueue(reply.header("x-ratelimit-remaining-tokens", "42").header("set-cookie", "a=b"));
    let gateway = Running::before(&provider).await;
    let answer = gateway.chat(&question()).await;
    assert_eq!(answer.header("llm_provider-x-request-id"), "req_1");
    assert_eq!(answer.header("llm_provider-x-ratelimit-remaining-tokens"), "42");
    assert_eq!(answer.header("x-ratelimit-remaining-tokens"), "42");
    assert_eq!((answer.header("set-cookie"), answer.header("llm_provider-set-cookie")), ("", ""));
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn the_callers_own_call_id_is_kept_when_it_is_safe() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    assert_eq!(called_as(&gateway, "order-7:a_b.c").await.header("x-litellm-call-id"), "order-7:a_b.c");
    for unsafe_id in ["", "two words", "semi;colon", "a\"b", &"x".repeat(129)] {
        let own = called_as(&gateway, unsafe_id).await.header("x-litellm-call-id").to_owned();
        assert_eq!(own.len(), "01976b2e-0000-7000-8000-000000000000".len(), "{unsafe_id:?} became {own:?}");
    }
    let rows = gateway.stop().await;
    assert_eq!(rows[0]["call_id"], "order-7:a_b.c");
}

#[tokio::test]
async fn repeating_a_call_id_is_no_free_call() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for _ in 0..2 {
        assert_eq!(called_as(&gateway, "the-same").await.status, 200);
    }
    let rows = gateway.stop().await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["call_id"] == "the-same"));
    assert_ne!(rows[0]["id"], rows[1]["id"]);
}

#[tokio::test]
async fn the_call_id_of_an_answer_is_the_one_in_its_record() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let whole = gateway.chat(&question()).await.header("x-litellm-call-id").to_owned();
    let streamed = gateway.chat(&streamed_question()).await.header("x-litellm-call-id").to_owned();
    let rows = gateway.stop().await;
    assert_eq!([&rows[0]["call_id"], &rows[1]["call_id"]], [&json!(whole), &json!(streamed)]);
}

#[tokio::test]
async fn browsers_are_told_to_be_careful_with_every_answer() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let good = gateway.chat(&question()).await;
    let refused = gateway.chat(&json!({"model": "none"})).await;
    let lost = gateway.get("/nowhere").await;
    for answer in [good, refused, lost] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}
