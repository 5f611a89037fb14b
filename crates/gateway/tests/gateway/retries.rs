//! Trying again: the same deployment after a wait, another one at once, and never once the caller has heard a
//! word.

use std::time::{Duration, Instant};

use ferrolite_testkit::openai::{completion, cut_stream, stream};
use ferrolite_testkit::{FakeProvider, Reply, Step, Usage, free_port};
use serde_json::{Value, json};

use crate::support::{Running, config, config_with_retries, deployment, question, streamed_question};

fn good() -> Reply {
    completion("good", Usage::new(1, 1))
}

fn good_stream() -> Reply {
    stream(["go", "od"], Some(Usage::new(1, 1)))
}

#[tokio::test]
async fn a_failure_and_then_an_answer_are_one_answer_and_two_attempts() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::openai_error(500, "not now"));
    provider.enqueue(good());
    let gateway = Running::start(&config_with_retries(&provider, 2)).await;
    let answer = gateway.chat(&question()).await;
    assert_eq!((answer.words().as_str(), answer.header("x-litellm-attempted-retries")), ("good", "1"));
    assert_eq!(provider.requests().len(), 2);
    let rows = gateway.stop().await;
    assert_eq!((rows.len(), &rows[0]["outcome"]), (1, &json!("success")));
    let attempts = rows[0]["attempts"].as_array().unwrap();
    assert!(attempts[0]["failure"].as_str().unwrap().contains("not now"));
    assert_eq!((attempts.len(), attempts[1].get("failure")), (2, None));
}

#[tokio::test]
async fn every_failure_before_the_first_word_of_a_stream_is_invisible() {
    let role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    for failure in [
        Reply::openai_error(503, "not now"),
        Reply::reset(),
        Reply::html(200),
        Reply::stream([Step::send(role), Step::Cut]),
        Reply::stream([Step::send(role), Step::send("data: {\"error\":{\"message\":\"no\"}}\n\n")]),
        Reply::stream([Step::send(role), Step::send("data: {\"cho")]),
    ] {
        let provider = FakeProvider::start().await;
        provider.enqueue(failure.clone());
        provider.enqueue(good_stream());
        let gateway = Running::start(&config_with_retries(&provider, 1)).await;
        let answer = gateway.chat(&streamed_question()).await;
        let heard: Vec<Value> = answer.chunks();
        assert_eq!((answer.status, answer.streamed_words().as_str()), (200, "good"), "{failure:?}");
        assert!(heard.iter().all(|chunk| chunk.get("error").is_none()), "{failure:?}");
        assert_eq!(gateway.stop().await[0]["attempts"].as_array().unwrap().len(), 2, "{failure:?}");
    }
}

#[tokio::test]
async fn nothing_is_tried_again_once_a_word_was_heard() {
    let (provider, other) = (FakeProvider::start().await, FakeProvider::openai().await);
    provider.enqueue(cut_stream(["one word"], Step::Cut));
    let gateway = Running::start(&first_and_last_resort(&provider, &other)).await;
    let answer = gateway.chat(&streamed_question()).await;
    assert_eq!((answer.status, answer.streamed_words().as_str()), (200, "one word"));
    assert!(answer.events().last().unwrap().get("error").is_some());
    assert_eq!((provider.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn the_wait_that_the_provider_asks_for_is_kept() {
    const WAIT: Duration = Duration::from_millis(150);
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::openai_error(429, "slow down").header("retry-after-ms", "150"));
    provider.enqueue(good());
    let gateway = Running::start(&config_with_retries(&provider, 1)).await;
    assert_eq!(gateway.chat(&question()).await.words(), "good");
    let asked = provider.requests();
    let pause = asked[1].received_at - asked[0].received_at;
    assert!(pause >= WAIT, "asked again after {pause:?}");
}

#[tokio::test]
async fn a_provider_that_asks_for_a_long_wait_is_not_waited_for() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::openai_error(429, "come back tomorrow").retry_after(86_400));
    let gateway = Running::start(&config_with_retries(&provider, 2)).await;
    let asked = Instant::now();
    assert_eq!(gateway.chat(&question()).await.status, 429);
    assert!(asked.elapsed() < Duration::from_secs(8));
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn what_fails_everywhere_is_asked_once() {
    for status in [400, 401, 403, 404, 422] {
        let provider = FakeProvider::start().await;
        provider.default_reply(Reply::openai_error(status, "never"));
        let gateway = Running::start(&config_with_retries(&provider, 3)).await;
        assert_eq!(gateway.chat(&question()).await.status, status);
        assert_eq!(provider.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn tries_come_to_an_end_and_all_are_recorded() {
    let provider = FakeProvider::start().await;
    provider.default_reply(Reply::openai_error(500, "never"));
    let gateway = Running::start(&config_with_retries(&provider, 2)).await;
    for request in [question(), streamed_question()] {
        assert_eq!(gateway.chat(&request).await.status, 500);
    }
    assert_eq!(provider.requests().len(), 6);
    for row in gateway.stop().await {
        assert_eq!((&row["outcome"], row["attempts"].as_array().unwrap().len()), (&json!("failure"), 3));
    }
}

/// `provider` is always asked first, `other` only when it fails; the same one is asked again only after an hour.
fn first_and_last_resort(provider: &FakeProvider, other: &FakeProvider) -> Value {
    let mut config = config_with_retries(provider, 1);
    config["router_settings"]["retry_after"] = 3600.into();
    config["model_list"][0]["litellm_params"]["timeout"] = 0.2.into();
    config["model_list"][0]["model_info"] = json!({"id": "first"});
    let mut resort = deployment(other);
    resort["litellm_params"]["weight"] = 0.into();
    resort["model_info"] = json!({"id": "last-resort"});
    config["model_list"].as_array_mut().unwrap().push(resort);
    config
}

#[tokio::test]
async fn another_deployment_is_asked_at_once() {
    for failure in [
        Reply::openai_error(429, "slow down").retry_after(3600),
        Reply::openai_error(500, "not now"),
        Reply::openai_error(401, "who are you?"),
        Reply::openai_error(404, "no such model"),
        Reply::reset(),
        Reply::hang(),
        Reply::error_200("not now"),
        Reply::truncated_json(&json!({"choices": []})),
    ] {
        for request in [question(), streamed_question()] {
            let (provider, other) = (FakeProvider::start().await, FakeProvider::openai().await);
            provider.enqueue(failure.clone());
            let gateway = Running::start(&first_and_last_resort(&provider, &other)).await;
            let answer = gateway.chat(&request).await;
            assert_eq!(
                (answer.status, answer.header("x-litellm-model-id")),
                (200, "last-resort"),
                "{failure:?}"
            );
            let rows = gateway.stop().await;
            assert_eq!(
                (&rows[0]["outcome"], &rows[0]["deployment"]),
                (&json!("success"), &json!("last-resort"))
            );
            let tried: Vec<&Value> = rows[0]["attempts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|attempt| &attempt["deployment"])
                .collect();
            assert_eq!(tried, ["first", "last-resort"]);
        }
    }
}

#[tokio::test]
async fn a_deployment_that_is_not_there_is_passed_over() {
    let (provider, other) = (FakeProvider::start().await, FakeProvider::openai().await);
    let mut config = first_and_last_resort(&provider, &other);
    config["model_list"][0]["litellm_params"]["api_base"] =
        format!("http://127.0.0.1:{}/v1", free_port()).into();
    let gateway = Running::start(&config).await;
    assert_eq!(gateway.chat(&question()).await.header("x-litellm-model-id"), "last-resort");
}

#[tokio::test]
async fn a_request_that_is_wrong_is_not_shown_around() {
    let (provider, other) = (FakeProvider::start().await, FakeProvider::openai().await);
    provider.enqueue(Reply::openai_error(400, "no messages"));
    let gateway = Running::start(&first_and_last_resort(&provider, &other)).await;
    assert_eq!(gateway.chat(&question()).await.status, 400);
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn when_all_fail_the_last_failure_is_told() {
    let (provider, other) = (FakeProvider::start().await, FakeProvider::start().await);
    provider.enqueue(Reply::openai_error(500, "the first"));
    other.enqueue(Reply::openai_error(503, "the second"));
    let gateway = Running::start(&first_and_last_resort(&provider, &other)).await;
    let refused = gateway.chat(&question()).await;
    assert!(refused.status == 503 && refused.error()["message"].as_str().unwrap().contains("the second"));
}

#[tokio::test]
async fn traffic_is_shared_by_the_members_of_a_group() {
    const CALLS: usize = 40;
    let (provider, other) = (FakeProvider::openai().await, FakeProvider::openai().await);
    let mut config = config(&provider);
    config["model_list"].as_array_mut().unwrap().push(deployment(&other));
    let gateway = Running::start(&config).await;
    for _ in 0..CALLS {
        assert_eq!(gateway.chat(&question()).await.status, 200);
    }
    let (first, second) = (provider.requests().len(), other.requests().len());
    // Each gets none with a chance of 2^-40.
    assert!(first > 0 && second > 0 && first + second == CALLS, "{first} and {second}");
}
