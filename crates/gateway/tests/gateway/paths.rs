//! Every path, under every name that LiteLLM gives it.

use ferrolite_testkit::FakeProvider;
use serde_json::{Value, json};

use crate::support::{Running, config, deployment, question, streamed_question};

#[tokio::test]
async fn chat_is_answered_under_all_of_its_paths() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for path in [
        "/v1/chat/completions",
        "/chat/completions",
        "/engines/fast/chat/completions",
        "/openai/deployments/fast/chat/completions",
        "/openai/deployments/fast/chat/completions?api-version=2024-10-21",
    ] {
        let answer = gateway.post(path, &[], question().to_string()).await;
        assert_eq!((answer.status, &answer.json()["model"]), (200, &json!("fast")), "{path}");
        let streamed = gateway.post(path, &[], streamed_question().to_string()).await;
        assert_eq!(streamed.streamed_words(), "The user said: hi", "{path}");
    }
}

#[tokio::test]
async fn a_model_in_the_path_wins_over_the_one_in_the_body_and_needs_none_there() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let mut bodies = [question(), question()];
    bodies[0]["model"] = "another".into();
    bodies[1].as_object_mut().unwrap().remove("model");
    for body in bodies {
        let answer = gateway.post("/engines/fast/chat/completions", &[], body.to_string()).await;
        assert_eq!((answer.status, answer.header("x-litellm-model-group")), (200, "fast"), "{body}");
    }
    assert!(provider.requests().iter().all(|request| request.json()["model"] == "gpt-4o"));
}

#[tokio::test]
async fn a_model_in_the_path_may_hold_slashes() {
    let provider = FakeProvider::openai().await;
    let mut config = config(&provider);
    config["model_list"][0]["model_name"] = "team/fast".into();
    let gateway = Running::start(&config).await;
    for path in [
        "/engines/team/fast/chat/completions",
        "/openai/deployments/team/fast/chat/completions",
        "/openai/deployments/team%2Ffast/chat/completions",
    ] {
        let answer = gateway.post(path, &[], question().to_string()).await;
        assert_eq!((answer.status, answer.header("x-litellm-model-group")), (200, "team/fast"), "{path}");
    }
}

#[tokio::test]
async fn models_are_listed_once_each() {
    let provider = FakeProvider::openai().await;
    let mut config = config(&provider);
    let second = deployment(&provider);
    let mut third = deployment(&provider);
    third["model_name"] = "a/b".into();
    config["model_list"].as_array_mut().unwrap().extend([second, third]);
    let gateway = Running::start(&config).await;
    for path in ["/v1/models", "/models"] {
        let list = gateway.get(path).await.json();
        let names: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
        assert_eq!((&list["object"], names), (&json!("list"), vec![&json!("a/b"), &json!("fast")]), "{path}");
    }
}

#[tokio::test]
async fn one_model_is_described_and_an_unknown_one_is_not_found() {
    let provider = FakeProvider::openai().await;
    let mut config = config(&provider);
    let mut slashed = deployment(&provider);
    slashed["model_name"] = "a/b".into();
    config["model_list"].as_array_mut().unwrap().push(slashed);
    let gateway = Running::start(&config).await;
    for (path, model) in [("/v1/models/fast", "fast"), ("/models/fast", "fast"), ("/v1/models/a/b", "a/b")] {
        let described = gateway.get(path).await.json();
        assert_eq!((&described["id"], &described["object"]), (&json!(model), &json!("model")), "{path}");
    }
    let unknown = gateway.get("/v1/models/slow").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.json()["detail"].as_str().unwrap().contains("`slow`"));
}

#[tokio::test]
async fn models_are_shown_to_those_with_a_key_only() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for path in ["/v1/models", "/models", "/v1/models/fast"] {
        let refused = gateway.get_as_nobody(path).await;
        assert_eq!((refused.status, &refused.error()["type"]), (401, &json!("auth_error")), "{path}");
    }
}

#[tokio::test]
async fn health_is_told_to_everybody() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for path in ["/health/liveliness", "/health/liveness"] {
        let alive = gateway.get_as_nobody(path).await;
        assert_eq!((alive.status, alive.json()), (200, json!("I'm alive!")), "{path}");
    }
    assert_eq!(gateway.get_as_nobody("/health/readiness").await.json()["status"], "healthy");
}

#[tokio::test]
async fn what_is_not_there_is_said_not_to_be() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let lost = gateway.get("/v1/nowhere").await;
    assert_eq!((lost.status, lost.json()), (404, json!({"detail": "Not Found"})));
    let wrong = gateway.get("/v1/chat/completions").await;
    assert_eq!((wrong.status, wrong.json()), (405, json!({"detail": "Method Not Allowed"})));
    let unfinished = gateway.post("/engines/fast/nothing", &[], "{}").await;
    assert_eq!((unfinished.status, unfinished.json()), (404, json!({"detail": "Not Found"})));
}
