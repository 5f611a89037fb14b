//! Who may call.

use ferrolite_testkit::FakeProvider;
use serde_json::json;

use crate::support::{MASTER_KEY, Running, config, question};

#[tokio::test]
async fn the_master_key_is_taken_from_every_place() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for (name, before) in [
        ("x-litellm-api-key", ""),
        ("x-litellm-api-key", "Bearer "),
        ("authorization", "Bearer "),
        ("authorization", "bearer "),
        ("authorization", "Basic "),
        ("api-key", ""),
        ("x-api-key", ""),
        ("x-goog-api-key", ""),
        ("Ocp-Apim-Subscription-Key", ""),
    ] {
        let answer = gateway.chat_as(&[(name, &format!("{before}{MASTER_KEY}"))], &question()).await;
        assert_eq!(answer.status, 200, "{name}: {before}…");
    }
    for asked in provider.requests() {
        assert!(
            !format!("{:?}{}", asked.headers, asked.text()).contains(MASTER_KEY),
            "the provider saw the key"
        );
    }
}

type Headers<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn whoever_has_no_good_key_is_refused_and_recorded_without_a_name() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let long = format!("Bearer {}", "x".repeat(9000));
    let near = format!("Bearer {}", &MASTER_KEY[..MASTER_KEY.len() - 1]);
    let cases: &[(Headers<'_>, u16, &str)] = &[
        (&[], 401, "No api key passed in"),
        (&[("authorization", "")], 401, "Malformed API Key"),
        (&[("authorization", "Bearer ")], 401, "Malformed API Key"),
        (&[("authorization", MASTER_KEY)], 401, "Malformed API Key"),
        (&[("authorization", "Bearer two words")], 401, "Malformed API Key"),
        (&[("authorization", &long)], 401, "Malformed API Key"),
        (&[("x-api-key", &long)], 401, "Malformed API Key"),
        (&[("authorization", "Bearer sk-wrong")], 400, "No connected db."),
        (&[("authorization", &near)], 400, "No connected db."),
    ];
    for (headers, status, words) in cases {
        let refused = gateway.chat_as(headers, &question()).await;
        let message = refused.error()["message"].to_string();
        assert!(refused.status == *status && message.contains(words), "{status}: {message}");
        assert_eq!(refused.header("x-litellm-call-id"), "", "strangers learn nothing about the call");
    }
    assert_eq!(gateway.chat(&question()).await.status, 200);
    assert_eq!(provider.requests().len(), 1, "nobody else reached the provider");
    let rows = gateway.stop().await;
    assert_eq!(rows.len(), cases.len() + 1);
    for row in &rows[..cases.len()] {
        assert_eq!((&row["outcome"], &row["key_name"]), (&json!("failure"), &json!(null)));
    }
}

#[tokio::test]
async fn a_key_is_asked_for_before_the_body_is_looked_at() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let refused = gateway.chat_as(&[], &json!("x".repeat(4 << 20))).await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn a_caller_cannot_choose_where_keys_are_sent() {
    let provider = FakeProvider::openai().await;
    let elsewhere = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for member in ["api_base", "base_url", "custom_llm_provider", "aws_sts_endpoint", "vertex_credentials"] {
        let mut request = question();
        request[member] = elsewhere.url().into();
        let refused = gateway.chat(&request).await;
        let message = refused.error()["message"].to_string();
        assert!(refused.status == 401 && message.contains(member), "{message}");
    }
    assert!(provider.requests().is_empty() && elsewhere.requests().is_empty());
}

#[tokio::test]
async fn what_is_said_to_the_gateway_does_not_reach_the_provider() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let mut request = question();
    request["api_key"] = "sk-callers".into();
    request["metadata"] = json!({"team": "a"});
    request["num_retries"] = 3.into();
    assert_eq!(gateway.chat(&request).await.status, 200);
    assert_eq!(provider.requests()[0].json(), crate::support::with(question(), "model", "gpt-4o"));
}

#[tokio::test]
async fn without_a_master_key_everybody_may_call() {
    let provider = FakeProvider::openai().await;
    let mut config = config(&provider);
    config["general_settings"] = json!({});
    let gateway = Running::start(&config).await;
    assert_eq!(gateway.chat_as(&[], &question()).await.status, 200);
    assert_eq!(gateway.stop().await[0]["key_name"], "anonymous");
}
