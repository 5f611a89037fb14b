//! Requests that are none: each is refused with its reason, recorded, and leaves the gateway as it was.

use ferrolite_testkit::FakeProvider;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{MASTER_KEY, Running, SOON, question, with};

const CHAT: &str = "/v1/chat/completions";

/// Posts `body` and asserts that it is refused for this reason, recorded as failed, and that the next question
/// is answered.
async fn assert_refused(body: impl Into<bytes::Bytes>, param: Option<&str>, reason: &str) {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let refused = gateway.post(CHAT, &[], body).await;
    let error = refused.error();
    assert!(error["message"].as_str().unwrap().contains(reason), "{error}");
    assert_eq!((refused.status, &error["param"]), (400, &json!(param)), "{error}");
    assert_eq!(gateway.chat(&question()).await.status, 200);
    assert_eq!(provider.requests().len(), 1, "the bad request went no further");
    let rows = gateway.stop().await;
    let outcomes: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row["outcome"], &row["status"])).collect();
    assert_eq!(outcomes, [(&json!("failure"), &json!(400)), (&json!("success"), &json!(200))]);
    assert_eq!(rows[0]["error_kind"], "bad_request");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    for body in ["", "{\"model\":\"fast\",", "{'model': 'fast'}", "model=fast", "{\"model\":\"fast\"} {}"] {
        assert_refused(body, Some("request_body"), "Invalid JSON payload").await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    for body in ["[]", "null", "\"fast\"", "7"] {
        assert_refused(body, Some("request_body"), "object").await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused() {
    assert_refused(&b"{\"model\":\"f\xff\"}"[..], Some("request_body"), "UTF-8").await;
}

#[tokio::test]
async fn numbers_that_json_does_not_know_are_refused() {
    assert_refused("{\"model\":\"fast\",\"temperature\":NaN}", Some("request_body"), "Invalid JSON payload")
        .await;
}

#[tokio::test]
async fn ten_thousand_levels_of_nesting_are_refused() {
    const LEVELS: usize = 10_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = format!("{}1{}", open.repeat(LEVELS), close.repeat(LEVELS));
        let body = format!("{{\"model\":\"fast\",\"messages\":{nested}}}");
        assert_refused(body, Some("request_body"), "deep").await;
    }
}

#[tokio::test]
async fn a_model_that_is_no_name_is_refused() {
    for model in [json!(7), json!(["fast"]), json!({"name": "fast"}), json!(true)] {
        assert_refused(with(question(), "model", model).to_string(), Some("model"), "must be a string").await;
    }
}

#[tokio::test]
async fn a_request_without_a_model_is_refused() {
    assert_refused("{}", Some("model"), "Invalid model name").await;
    assert_refused(with(question(), "model", Value::Null).to_string(), Some("model"), "Invalid model name")
        .await;
}

#[tokio::test]
async fn a_model_that_nobody_serves_is_refused_by_its_name() {
    for name in ["slow", "openai/gpt-4o", "mock/hello", "FAST", " fast", ""] {
        assert_refused(with(question(), "model", name).to_string(), Some("model"), &format!("model={name}."))
            .await;
    }
}

#[tokio::test]
async fn a_name_as_long_as_a_book_is_neither_repeated_nor_kept() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let mut request = with(question(), "model", "x".repeat(1 << 20));
    request["user"] = "y".repeat(1 << 20).into();
    let refused = gateway.chat(&request).await;
    assert!(refused.status == 400 && refused.body.len() < 1000);
    let rows = gateway.stop().await;
    assert!(rows[0].to_string().len() < 2000, "the record has {} bytes", rows[0].to_string().len());
}

#[tokio::test]
async fn members_of_a_wrong_type_are_named() {
    for (member, value) in [
        ("stream", json!("yes")),
        ("stream", json!(1)),
        ("stream_options", json!("usage")),
        ("stream_options", json!({"include_usage": "yes"})),
    ] {
        assert_refused(with(question(), member, value).to_string(), Some(member), member).await;
    }
}

#[tokio::test]
async fn a_model_named_twice_is_one_model() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let body = r#"{"model":"smuggled","messages":[],"model":"fast"}"#;
    gateway.post(CHAT, &[], body).await;
    assert_eq!(provider.requests()[0].text(), r#"{"model":"gpt-4o","messages":[]}"#);
}

/// Writes `request` as it is, and reads what comes back until the gateway closes or `SOON` is over.
async fn spoken_raw(gateway: &Running, request: &[u8]) -> String {
    let mut socket = gateway.socket().await;
    socket.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, async {
        while !complete(&answer) && socket.read_buf(&mut answer).await.is_ok_and(|read| read > 0) {}
    })
    .await
    .expect("the gateway answers soon");
    String::from_utf8(answer).unwrap()
}

/// Whether the answer has all the bytes that its head announces.
fn complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[tokio::test]
async fn a_body_announced_larger_than_the_limit_is_refused_before_it_is_sent() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {MASTER_KEY}\r\ncontent-length: 99999999999\r\n\r\n"
    );
    let answer = spoken_raw(&gateway, head.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("larger than the limit of 67108864 bytes"),
        "{answer}"
    );
    assert_eq!(gateway.chat(&question()).await.status, 200);
    assert_eq!(gateway.stop().await[0]["error_kind"], "bad_request");
}

#[tokio::test]
async fn a_body_that_grows_over_the_limit_is_refused_there() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let mut socket = gateway.socket().await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {MASTER_KEY}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = socket.into_split();
    let endless = tokio::spawn(async move {
        let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
        while writing.write_all(&chunk).await.is_ok() {}
    });
    let mut answer = [0; 512];
    let read =
        tokio::time::timeout(SOON, reading.read(&mut answer)).await.expect("it is refused soon").unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    drop(reading);
    tokio::time::timeout(SOON, endless).await.expect("the connection is closed soon").unwrap();
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_forgotten() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    for (request, status) in [
        ("\u{16}\u{3}\u{1} hello tls\r\n\r\n", "400"),
        ("GET / HTTP/9.9\r\n\r\n", "400"),
        (&format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)), "431"),
        (&format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(1000)), "431"),
    ] {
        let answer = spoken_raw(&gateway, request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert_eq!(gateway.chat(&question()).await.status, 200);
    }
}

#[tokio::test]
async fn a_caller_who_leaves_while_asking_is_recorded_as_gone() {
    let provider = FakeProvider::openai().await;
    let gateway = Running::before(&provider).await;
    let mut socket = gateway.socket().await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {MASTER_KEY}\r\ncontent-length: 100\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    // The head has been read when the next call is answered on a connection that came later.
    assert_eq!(gateway.chat(&question()).await.status, 200);
    drop(socket);
    let rows = gateway.stop().await;
    let mut outcomes: Vec<&str> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["cancelled", "success"]);
}
