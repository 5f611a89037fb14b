//! The `fake-provider` program, driven over HTTP as a Python test would.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use ferrolite_testkit::{eventually, free_port};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, SOON, call, chat};

/// The running program; dropping it kills it.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start(port: u16) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fake-provider"))
            .args(["--port", &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim_end().to_owned() }
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        call(method, format!("{}/__{path}", self.url), body.to_string()).await.unwrap()
    }

    async fn chat(&self) -> Answer {
        let request = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
        chat(&self.url, &request).await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn listens_on_the_port_it_is_given_and_prints_its_url() {
    let port = free_port();
    let program = Program::start(port);
    assert_eq!(program.url, format!("http://127.0.0.1:{port}"));
    eventually(SOON, async || program.chat().await.status == 200).await;
}

#[tokio::test]
async fn an_enqueued_reply_is_given_once() {
    let program = Program::start(0);
    let reply = json!({"status": 429, "headers": [["retry-after", "3"]], "body": {"json": {"no": 1}}});
    assert_eq!(program.control(Method::POST, "enqueue", reply).await.status, 204);

    let refused = program.chat().await;
    assert_eq!((refused.status, refused.json()), (429, json!({"no": 1})));
    assert_eq!(refused.headers["retry-after"], "3");
    assert_eq!(program.chat().await.status, 200);
}

#[tokio::test]
async fn the_log_shows_requests_and_bills_until_it_is_reset() {
    let program = Program::start(0);
    program.chat().await;
    let log = program.control(Method::GET, "log", Value::Null).await.json();
    let request = &log["requests"][0];
    assert_eq!((&request["path"], &request["outcome"]), (&json!("/v1/chat/completions"), &json!("sent")));
    assert_eq!(request["json"]["model"], "gpt-4o");
    assert!(request["headers"]["host"].is_string());
    assert_eq!(log["requests"].as_array().unwrap().len(), 1);
    assert_eq!(log["billed"], request["usage"]);

    assert_eq!(program.control(Method::POST, "reset", Value::Null).await.status, 204);
    let log = program.control(Method::GET, "log", Value::Null).await.json();
    assert_eq!((&log["requests"], &log["billed"]["total_tokens"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn mistakes_are_explained() {
    let program = Program::start(0);
    let answer = program.control(Method::POST, "enqueue", json!({"stauts": 500})).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("stauts"), "{}", answer.text());
    assert_eq!(program.control(Method::GET, "lag", Value::Null).await.status, 404);
}
