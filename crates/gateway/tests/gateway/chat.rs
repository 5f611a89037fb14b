//! Questions, answers, streams and tools, as they should go.

use ferrolite_testkit::{FakeProvider, Usage, openai};
use serde_json::{Value, json};

use crate::support::{PROVIDER_KEY, Running, question, streamed_question, with};

#[tokio::test]
async fn a_question_is_answered_under_the_name_that_the_caller_knows() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let answer = gateway.chat(&question()).await;
    assert_eq!((answer.status, answer.words().as_str()), (200, "The user said: hi"));
    assert_eq!(answer.json()["model"], "fast");
    let asked = &provider.requests()[0];
    assert_eq!((asked.path.as_str(), &asked.json()["model"]), ("/v1/chat/completions", &json!("gpt-4o")));
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {PROVIDER_KEY}").as_str()));
}

#[tokio::test]
async fn what_the_caller_says_reaches_the_provider_byte_for_byte_beside_the_model() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let body = r#"{ "seed" : 1e3,"model":"fast","unheard_of":{"b":1,"a":[1.50]}, "messages":[] }"#;
    gateway.post("/v1/chat/completions", &[], body).await;
    assert_eq!(provider.requests()[0].text(), body.replace("fast", "gpt-4o"));
}

#[tokio::test]
async fn a_whole_answer_is_recorded_with_what_it_consumed() {
    let provider = FakeProvider::start().await;
    let gateway = Running::before(&provider).await;
    provider.enqueue(openai::completion("hello", Usage { cached: 4, reasoning: 2, ..Usage::new(10, 5) }));
    gateway.chat(&with(question(), "user", "alice")).await;
    let rows = gateway.stop().await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (&row["outcome"], &row["status"], &row["model"]),
        (&json!("success"), &json!(200), &json!("fast"))
    );
    assert_eq!((&row["end_user"], &row["stream"]), (&json!("alice"), &json!(false)));
    assert_eq!((&row["input"], &row["cache_read"]), (&json!(6), &json!(4)));
    assert_eq!((&row["output"], &row["reasoning"]), (&json!(3), &json!(2)));
    assert_eq!((&row["provider"], &row["upstream_model"]), (&json!("openai"), &json!("gpt-4o")));
    assert_eq!((&row["key_name"], &row["estimated"]), (&json!("litellm_proxy_master_key"), &json!(false)));
}

#[tokio::test]
async fn a_streamed_answer_comes_in_pieces_under_the_callers_name_of_the_model() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let answer = gateway.chat(&streamed_question()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/event-stream; charset=utf-8"));
    assert_eq!(answer.streamed_words(), "The user said: hi");
    let chunks = answer.chunks();
    assert!(chunks.len() > 3);
    assert!(chunks.iter().all(|chunk| chunk["model"] == "fast"));
}

#[tokio::test]
async fn pieces_are_passed_on_as_they_come() {
    let provider = FakeProvider::start().await;
    provider.enqueue(openai::stalled_stream(["first "]));
    let gateway = Running::before(&provider).await;
    let mut stream = gateway.open(&streamed_question()).await.unwrap();
    stream.until("first ").await;
    assert_eq!(provider.in_flight(), 1, "the provider has not ended its answer yet");
}

#[tokio::test]
async fn a_caller_who_did_not_ask_for_usage_sees_none_but_is_billed() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let answer = gateway.chat(&streamed_question()).await;
    assert!(answer.chunks().iter().all(|chunk| chunk["usage"].is_null() && chunk["choices"] != json!([])));
    assert_eq!(provider.requests()[0].json()["stream_options"], json!({"include_usage": true}));
    let billed = provider.billed();
    let rows = gateway.stop().await;
    assert_eq!((&rows[0]["stream"], &rows[0]["estimated"]), (&json!(true), &json!(false)));
    assert_eq!((&rows[0]["input"], &rows[0]["output"]), (&json!(billed.prompt), &json!(billed.completion)));
    assert!(rows[0]["first_content"].as_u64().unwrap() <= rows[0]["duration"].as_u64().unwrap());
}

#[tokio::test]
async fn a_caller_who_asked_for_usage_sees_it_in_the_last_chunk() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let request = with(streamed_question(), "stream_options", json!({"include_usage": true}));
    let chunks = gateway.chat(&request).await.chunks();
    let last = chunks.last().unwrap();
    let billed = provider.billed();
    assert_eq!(
        (&last["usage"]["prompt_tokens"], &last["usage"]["completion_tokens"]),
        (&json!(billed.prompt), &json!(billed.completion))
    );
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk["usage"].is_null()));
}

#[tokio::test]
async fn the_other_options_of_a_stream_are_kept() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let request = with(streamed_question(), "stream_options", json!({"include_obfuscation": false}));
    gateway.chat(&request).await;
    let asked = provider.requests()[0].json()["stream_options"].take();
    assert_eq!(asked, json!({"include_obfuscation": false, "include_usage": true}));
}

#[tokio::test]
async fn a_provider_that_counts_nothing_is_estimated_and_marked_so() {
    let provider = FakeProvider::start().await;
    provider.enqueue(openai::stream(["eight by", "tes more"], None));
    let gateway = Running::before(&provider).await;
    gateway.chat(&streamed_question()).await.chunks();
    let rows = gateway.stop().await;
    assert_eq!((&rows[0]["estimated"], &rows[0]["output"]), (&json!(true), &json!(4)));
}

fn with_weather_tool(request: Value) -> Value {
    let parameters =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tool = json!({"type": "function", "function": {"name": "weather", "parameters": parameters}});
    with(request, "tools", json!([tool]))
}

#[tokio::test]
async fn tools_are_called_and_their_results_are_answered() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let mut request = with_weather_tool(question());
    let called = gateway.chat(&request).await.json()["choices"][0].take();
    let call = &called["message"]["tool_calls"][0];
    assert_eq!(
        (&called["finish_reason"], &call["function"]["name"]),
        (&json!("tool_calls"), &json!("weather"))
    );

    let result = json!({"role": "tool", "tool_call_id": call["id"], "content": "sunny"});
    request["messages"].as_array_mut().unwrap().extend([called["message"].clone(), result]);
    assert_eq!(gateway.chat(&request).await.words(), "The tool said: sunny");
}

#[tokio::test]
async fn a_streamed_tool_call_is_whole_when_put_together() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let chunks = gateway.chat(&with_weather_tool(streamed_question())).await.chunks();
    let calls: Vec<&Value> =
        chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0]).collect();
    let named = calls.iter().find_map(|call| call["function"]["name"].as_str());
    let arguments: String = calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
    assert_eq!((named, arguments.as_str()), (Some("weather"), r#"{"city":""}"#));
}

#[tokio::test]
async fn many_callers_at_once_get_their_own_answers_and_one_record_each() {
    const CALLERS: usize = 64;
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let calls = (0..CALLERS).map(|number| {
        let gateway = &gateway;
        async move {
            let mut request = if number % 2 == 0 { question() } else { streamed_question() };
            request["messages"][0]["content"] = format!("number {number}").into();
            let answer = gateway.chat(&request).await;
            let words = if number % 2 == 0 { answer.words() } else { answer.streamed_words() };
            assert_eq!(words, format!("The user said: number {number}"));
        }
    });
    futures_util::future::join_all(calls).await;
    let rows = gateway.stop().await;
    assert_eq!(rows.len(), CALLERS);
    assert!(rows.iter().all(|row| row["outcome"] == "success"));
}
