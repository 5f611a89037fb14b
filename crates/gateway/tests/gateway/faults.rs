//! Providers that fail: each failure is told in OpenAI's words, recorded, and over with the next question.

use std::time::Duration;

use ferrolite_testkit::openai::{Choice, Completion, completion, cut_stream, stalled_stream, stream};
use ferrolite_testkit::{FakeProvider, Reply, Step, Usage, free_port};
use serde_json::{Value, json};

use crate::support::{Answer, Running, config_with_timeout, question, streamed_question};

/// How long the provider is waited for, in seconds.
const PATIENCE: f64 = 0.2;

/// What the caller got for `request` when the provider played `reply`, and the record of it; the same gateway
/// must answer the next question.
async fn played(reply: Reply, request: &Value) -> (Answer, Value) {
    let provider = FakeProvider::openai().await;
    provider.enqueue(reply);
    let gateway = Running::start(&config_with_timeout(&provider, PATIENCE)).await;
    let answer = gateway.chat(request).await;
    assert_eq!(gateway.chat(&question()).await.words(), "The user said: hi");
    let mut rows = gateway.stop().await;
    assert_eq!((rows.len(), &rows[1]["outcome"]), (2, &json!("success")));
    (answer, rows.swap_remove(0))
}

/// Asserts that a failure before any content is a plain refusal, whole or streamed.
async fn assert_refused(reply: Reply, status: u16, kind: &str, words: &str) {
    for request in [question(), streamed_question()] {
        let (answer, row) = played(reply.clone(), &request).await;
        let error = answer.error();
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/json"), "{error}");
        assert_eq!((&row["outcome"], &row["status"]), (&json!("failure"), &json!(status)), "{row}");
        assert_eq!(
            (&row["error_kind"], &row["stream"]),
            (&json!(kind), &request["stream"].as_bool().unwrap_or(false).into()),
            "{row}"
        );
        assert_eq!(row["attempts"].as_array().unwrap().len(), 1, "{row}");
    }
}

/// Asserts that a failure after the words of `reply` is told at the end of the stream, once, and that what was
/// heard before is counted.
async fn assert_broken_off(reply: Reply, kind: &str, words: &str) {
    let (answer, row) = played(reply, &streamed_question()).await;
    assert_eq!((answer.status, answer.streamed_words().as_str()), (200, "The beginning"));
    let events = answer.events();
    let errors: Vec<&Value> = events.iter().filter_map(|event| event.get("error")).collect();
    assert_eq!(errors.len(), 1, "{}", answer.text());
    assert!(errors[0]["code"].is_string() && errors[0].get("type").is_some(), "{}", errors[0]);
    assert!(errors[0]["message"].as_str().unwrap().contains(words), "{}", errors[0]);
    assert!(events.last().unwrap().get("error").is_some(), "the failure comes last");
    assert_eq!(
        (&row["outcome"], &row["error_kind"], &row["status"]),
        (&json!("failure"), &json!(kind), &json!(200))
    );
    assert_eq!(row["estimated"], true);
    assert!(row["output"].as_u64().unwrap() >= 3, "{row}");
}

fn whole() -> Value {
    json!({"id": "1", "choices": [{"index": 0, "message": {"content": "half"}, "finish_reason": "stop"}]})
}

#[tokio::test]
async fn a_page_of_html_is_no_answer() {
    assert_refused(Reply::html(200), 502, "invalid_upstream", "could not be read").await;
    assert_refused(Reply::html(502), 502, "unavailable", "<h1>502</h1>").await;
}

#[tokio::test]
async fn half_an_answer_is_none() {
    assert_refused(Reply::truncated_json(&whole()), 503, "unavailable", "before its answer was complete")
        .await;
    assert_refused(Reply::cut_json(&whole()), 503, "unavailable", "before its answer was complete").await;
    assert_refused(Reply::unfinished_json(&whole()), 502, "invalid_upstream", "could not be read").await;
}

#[tokio::test]
async fn json_of_another_kind_is_no_answer() {
    for other in [json!([]), json!({}), json!({"choices": "none"}), json!({"choices": [7]}), json!("ok")] {
        assert_refused(Reply::json(other), 502, "invalid_upstream", "could not be read").await;
    }
    let (answer, row) = played(Reply::default(), &question()).await;
    assert_eq!((answer.status, &row["error_kind"]), (502, &json!("invalid_upstream")));
}

#[tokio::test]
async fn an_error_under_a_good_status_is_an_error() {
    assert_refused(Reply::error_200("out of order"), 500, "upstream", "out of order").await;
}

#[tokio::test]
async fn a_refusal_keeps_its_status_and_words() {
    for (status, kind) in [
        (400, "bad_request"),
        (404, "not_found"),
        (408, "timeout"),
        (418, "bad_request"),
        (429, "rate_limit"),
        (500, "upstream"),
        (503, "unavailable"),
        (529, "overloaded"),
    ] {
        assert_refused(Reply::openai_error(status, "as it says"), status, kind, "as it says").await;
    }
}

#[tokio::test]
async fn a_provider_that_refuses_our_key_is_told_from_a_caller_with_a_bad_one() {
    let (answer, row) = played(Reply::openai_error(401, "who are you?"), &question()).await;
    assert_eq!((answer.status, answer.header("x-ferrolite-fault")), (401, "upstream-credential"));
    assert!(answer.error()["message"].as_str().unwrap().contains("OpenAIException - who are you?"));
    assert_eq!(row["error_kind"], "authentication");
}

#[tokio::test]
async fn the_wait_that_a_provider_asks_for_is_passed_on() {
    let (answer, _) = played(Reply::openai_error(429, "slow down").retry_after(7), &question()).await;
    assert_eq!((answer.status, answer.header("llm_provider-retry-after")), (429, "7"));
}

#[tokio::test]
async fn a_provider_that_hangs_up_or_says_nothing_is_not_waited_for() {
    assert_refused(Reply::reset(), 503, "unavailable", "hung up without an answer").await;
    assert_refused(Reply::hang(), 408, "timeout", "did not answer within 0.2 seconds").await;
    let stalled = Reply::stream([Step::send(": one moment\n\n"), Step::Hang]);
    assert_refused(stalled, 408, "timeout", "sent nothing for 0.2 seconds").await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_said_to_be_unreachable() {
    let provider = FakeProvider::start().await;
    let mut config = config_with_timeout(&provider, PATIENCE);
    config["model_list"][0]["litellm_params"]["api_base"] =
        format!("http://127.0.0.1:{}/v1", free_port()).into();
    let gateway = Running::start(&config).await;
    let refused = gateway.chat(&question()).await;
    assert_eq!(refused.status, 503);
    let message = refused.error()["message"].to_string();
    assert!(message.contains("cannot be reached") && message.contains("onnection refused"), "{message}");
    assert_eq!(gateway.stop().await[0]["error_kind"], "unavailable");
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_word_is_a_plain_refusal() {
    for (frames, status, kind) in [
        ("", 500, "upstream"),
        ("data: [DONE]\n\n", 500, "upstream"),
        ("data: {\"choices\":[}\n\n", 502, "invalid_upstream"),
        ("data: \u{0}\n\n", 502, "invalid_upstream"),
        ("data: {\"error\":{\"message\":\"no\"}}\n\n", 500, "upstream"),
        ("data: {\"error\":\"no\"}\n\n", 500, "upstream"),
        (
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\ndata: {\"error\":{\"message\":\"no\",\"code\":429}}\n\n",
            429,
            "rate_limit",
        ),
    ] {
        let (answer, row) = played(Reply::stream([Step::send(frames)]), &streamed_question()).await;
        assert_eq!(
            (answer.status, row["error_kind"].as_str().unwrap_or_default()),
            (status, kind),
            "{frames} {row}"
        );
    }
}

#[tokio::test]
async fn one_document_where_a_stream_was_asked_for_is_no_answer() {
    let (answer, row) = played(completion("hello", Usage::new(1, 1)), &streamed_question()).await;
    assert_eq!((answer.status, &row["error_kind"]), (502, &json!("invalid_upstream")));
}

const BEGINNING: [&str; 2] = ["The ", "beginning"];

/// A stream that goes well for two words and on with `frames`.
fn going_wrong_with(frames: &'static [u8]) -> Reply {
    let delta = |words: &str| {
        Step::send(format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": words}}]})))
    };
    Reply::stream([delta("The "), delta("beginning"), Step::send(frames)])
}

#[tokio::test]
async fn an_answer_that_drips_is_waited_for_as_long_as_it_goes_on() {
    let whole = Completion::of(Choice::text(["slowly"]), Usage::new(1, 1)).to_json().to_string();
    let (answer, row) = played(Reply::drip(whole, Duration::from_micros(100)), &question()).await;
    assert_eq!((answer.words().as_str(), &row["outcome"]), ("slowly", &json!("success")));
}

#[tokio::test]
async fn a_stream_cut_in_mid_frame_is_told_at_its_end() {
    assert_broken_off(
        cut_stream(BEGINNING, Step::Cut),
        "unavailable",
        "hung up before its answer was complete",
    )
    .await;
    assert_broken_off(
        cut_stream(BEGINNING, Step::Close),
        "unavailable",
        "hung up before its answer was complete",
    )
    .await;
    assert_broken_off(cut_stream(BEGINNING, Step::End), "invalid_upstream", "could not be read").await;
}

#[tokio::test]
async fn a_stream_that_ends_without_its_end_is_told() {
    assert_broken_off(going_wrong_with(b""), "upstream", "ended before its answer did").await;
}

#[tokio::test]
async fn a_stream_that_stalls_is_given_up() {
    assert_broken_off(stalled_stream(BEGINNING), "timeout", "sent nothing for 0.2 seconds").await;
}

#[tokio::test]
async fn a_failure_that_the_provider_tells_in_the_stream_is_passed_on_once() {
    let frames =
        b"data: {\"error\":{\"message\":\"ran out of words\",\"type\":\"server_error\",\"code\":500}}\n\n";
    assert_broken_off(going_wrong_with(frames), "upstream", "ran out of words").await;
}

#[tokio::test]
async fn garbage_in_a_stream_ends_it() {
    assert_broken_off(
        going_wrong_with(b"data: {\"choices\":[}\n\n"),
        "invalid_upstream",
        "could not be read",
    )
    .await;
    assert_broken_off(
        going_wrong_with(b"data: \xff\xfe\n\ndata: [DONE]\n\n"),
        "invalid_upstream",
        "could not be read",
    )
    .await;
}

#[tokio::test]
async fn what_comes_after_the_end_of_a_stream_is_not_looked_at() {
    let reply = stream(["all ", "good"], Some(Usage::new(1, 2)));
    let ferrolite_testkit::Body::Stream(mut steps) = reply.body.clone() else { unreachable!("a stream") };
    steps.extend([Step::send("data: {\"error\":{\"message\":\"too late\"}}\n\n"), Step::Hang]);
    let (answer, row) = played(Reply::stream(steps), &streamed_question()).await;
    assert_eq!(answer.streamed_words(), "all good");
    answer.chunks();
    assert_eq!((&row["outcome"], &row["output"]), (&json!("success"), &json!(2)));
}
