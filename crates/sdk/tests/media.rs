//! Media behind addresses, on their way to providers that do not fetch everything.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ferrolite::{Deployment, DeploymentSpec, Dispatcher, Failed, FetchPolicy, Fetcher, Forward};
use ferrolite::{ErrorKind, Http, HttpOptions, Overrides, Policy, RetryPolicy};
use ferrolite_formats::{Reply as Told, Serves, anthropic, chat_served, openai};
use ferrolite_testkit::{FakeProvider, Matcher, Reply};
use ferrolite_types::json::Outline;
use ferrolite_types::operation::Chat;
use ferrolite_types::{Ext, FormatId};
use http::HeaderMap;
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const PNG_BASE64: &str = "iVBORw0KGgo=";
const PDF_BASE64: &str = "JVBERi0xLjcK";

/// A provider, and a server of files that its callers name.
struct Scene {
    provider: FakeProvider,
    files: FakeProvider,
    fetcher: Fetcher,
}

impl Scene {
    async fn new() -> Self {
        let (provider, files) = (FakeProvider::start().await, FakeProvider::start().await);
        files.default_reply(Reply::bytes(PNG).header("content-type", "image/png"));
        Self { provider, files, fetcher: Fetcher::new(FetchPolicy::Open) }
    }

    fn gemini(&self) -> Arc<Deployment> {
        let answer = json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "a cat"}]}, "finishReason": "STOP"}]});
        self.provider.default_reply(Reply::json(answer));
        self.deployment("gemini/gemini-2.5-flash")
    }

    fn claude(&self) -> Arc<Deployment> {
        let answer = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "a cat"}], "usage": {"input_tokens": 1, "output_tokens": 1},
        });
        self.provider.default_reply(Reply::json(answer));
        self.deployment("anthropic/claude-sonnet-4-5")
    }

    fn deployment(&self, model: &str) -> Arc<Deployment> {
        let (url, key) = (self.provider.url(), Some("key"));
        let said = Overrides { base_url: Some(&url), key, ..Overrides::default() };
        let spec = DeploymentSpec { id: model, group: model, model, said, ..DeploymentSpec::default() };
        Arc::new(Deployment::new(&spec, &|_| None).unwrap())
    }

    /// Asks about `parts` in OpenAI's words; gives back what the provider was asked at last.
    async fn ask(&self, order: &[Arc<Deployment>], parts: Value) -> Result<Value, Failed> {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": parts}]});
        self.ask_in(openai::chat::ID, order, &body).await
    }

    async fn ask_in(
        &self,
        format: FormatId,
        order: &[Arc<Deployment>],
        body: &Value,
    ) -> Result<Value, Failed> {
        let text = body.to_string();
        let (transport, policy) = (Http::new(&HttpOptions::default()), Policy::default());
        let quickly = RetryPolicy { shortest: Duration::ZERO, ..RetryPolicy::default() };
        let dispatcher = Dispatcher { transport: &transport, fetcher: &self.fetcher, order, policy: quickly };
        let forward = Forward {
            served: served(format),
            body: Bytes::from(text.clone()),
            outline: &Outline::of(&text).unwrap(),
            path_model: None,
            stream: false,
            headers: &HeaderMap::new(),
            edits: &[],
            policy: &policy,
            reply: Told {
                model: "m".into(),
                id: "1".into(),
                created: 0,
                stream_usage: false,
                echo: Ext::default(),
            },
        };
        dispatcher.whole(&forward).await?;
        Ok(self.provider.requests().last().unwrap().json())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.files.url())
    }
}

fn served(format: FormatId) -> &'static dyn Serves<Chat> {
    chat_served(format).unwrap()
}

fn image(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}

fn inline(mime: &str, data: &str) -> Value {
    json!({"source": {"type": "base64", "media_type": mime, "data": data}})
}

#[tokio::test]
async fn gemini_is_sent_the_bytes_of_an_image() {
    let scene = Scene::new().await;
    let asked = scene.ask(&[scene.gemini()], json!([image(&scene.url("cat.png"))])).await.unwrap();
    let part = &asked["contents"][0]["parts"][0];
    let data = part.get("inline_data").or(part.get("inlineData")).unwrap();
    assert_eq!(data["data"], PNG_BASE64, "{asked}");
    assert_eq!(data.get("mime_type").or(data.get("mimeType")), Some(&json!("image/png")));
}

#[tokio::test]
async fn gemini_gets_what_google_holds_by_itself() {
    let scene = Scene::new().await;
    for url in [
        "gs://bucket/cat.png",
        "https://generativelanguage.googleapis.com/v1beta/files/cat",
        "https://youtu.be/cat",
    ] {
        let asked = scene.ask(&[scene.gemini()], json!([image(url)])).await.unwrap();
        assert!(asked.to_string().contains(url), "{asked}");
    }
    assert!(scene.files.requests().is_empty());
}

#[tokio::test]
async fn claude_is_sent_the_bytes_of_what_lies_at_http() {
    let scene = Scene::new().await;
    let asked = scene.ask(&[scene.claude()], json!([image(&scene.url("cat.png"))])).await.unwrap();
    let block = &asked["messages"][0]["content"][0];
    assert_eq!(
        (&block["type"], &block["source"]),
        (&json!("image"), &inline("image/png", PNG_BASE64)["source"])
    );
}

#[tokio::test]
async fn claude_gets_what_lies_at_https_by_itself() {
    let scene = Scene::new().await;
    let url = scene.url("cat.png").replace("http://", "https://");
    let asked = scene.ask(&[scene.claude()], json!([image(&url)])).await.unwrap();
    assert_eq!(asked["messages"][0]["content"][0]["source"], json!({"type": "url", "url": url}));
    assert!(scene.files.requests().is_empty());
}

#[tokio::test]
async fn a_file_of_unsaid_type_is_what_its_server_says() {
    let scene = Scene::new().await;
    scene.files.enqueue(Reply::bytes("%PDF-1.7\n"));
    let file = json!({"type": "file", "file": {"file_id": scene.url("paper")}});
    let asked = scene.ask(&[scene.claude()], json!([file])).await.unwrap();
    let block = &asked["messages"][0]["content"][0];
    let pdf = inline("application/pdf", PDF_BASE64);
    assert_eq!((&block["type"], &block["source"]), (&json!("document"), &pdf["source"]));
}

#[tokio::test]
async fn the_type_that_the_caller_says_stays() {
    let scene = Scene::new().await;
    let mut image = image(&scene.url("cat"));
    image["image_url"]["format"] = json!("image/webp");
    let asked = scene.ask(&[scene.claude()], json!([image])).await.unwrap();
    assert_eq!(asked["messages"][0]["content"][0]["source"], inline("image/webp", PNG_BASE64)["source"]);
}

#[tokio::test]
async fn what_a_tool_showed_is_fetched_too() {
    let scene = Scene::new().await;
    let shown = json!([{"type": "image", "source": {"type": "url", "url": scene.url("cat.png")}}]);
    let body = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": shown}]},
    ]});
    let asked = scene.ask_in(anthropic::messages::ID, &[scene.gemini()], &body).await.unwrap();
    assert!(asked.to_string().contains(PNG_BASE64), "{asked}");
}

#[tokio::test]
async fn bytes_that_are_relayed_keep_their_addresses() {
    let scene = Scene::new().await;
    let source = json!({"type": "url", "url": scene.url("cat.png")});
    let content = json!([{"type": "image", "source": source}]);
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]});
    let asked = scene.ask_in(anthropic::messages::ID, &[scene.claude()], &body).await.unwrap();
    assert_eq!(asked["messages"][0]["content"][0]["source"], source);
    assert!(scene.files.requests().is_empty());
}

#[tokio::test]
async fn one_address_is_fetched_once_however_often_it_stands_there_and_is_tried() {
    let scene = Scene::new().await;
    let (cat, dog) = (image(&scene.url("cat.png")), image(&scene.url("dog.png")));
    let order = [scene.gemini(), scene.gemini()];
    scene.provider.enqueue(Reply::openai_error(503, "later"));
    let asked = scene.ask(&order, json!([cat, dog, cat])).await.unwrap();
    assert_eq!(asked.to_string().matches(PNG_BASE64).count(), 3);
    assert_eq!((scene.provider.requests().len(), scene.files.requests().len()), (2, 2));
}

#[tokio::test]
async fn four_are_fetched_together_and_the_others_wait() {
    let scene = Scene::new().await;
    scene.files.default_reply(Reply::hang());
    let images: Vec<Value> = (0..9).map(|number| image(&scene.url(&number.to_string()))).collect();
    let order = [scene.gemini()];
    tokio::select! {
        _ = scene.ask(&order, Value::Array(images)) => panic!("answered without its images"),
        asked = scene.files.wait_for(4, Duration::from_secs(5)) => assert_eq!(asked.len(), 4),
    }
}

#[tokio::test]
async fn what_cannot_be_fetched_is_the_callers_mistake_and_tried_once() {
    let scene = Scene::new().await;
    scene.files.default_reply(Reply::text("text/plain", "no cat").status(404));
    let order = [scene.gemini(), scene.gemini()];
    let failed = scene.ask(&order, json!([image(&scene.url("cat.png"))])).await.unwrap_err();
    assert_eq!((failed.error.kind, failed.error.param.as_deref()), (ErrorKind::BadRequest, Some("url")));
    assert!(failed.error.message.contains("404"), "{}", failed.error);
    assert_eq!((scene.files.requests().len(), scene.provider.requests().len()), (1, 0));
}

#[tokio::test]
async fn a_guarded_fetcher_does_not_look_inside() {
    let scene = Scene { fetcher: Fetcher::new(FetchPolicy::default()), ..Scene::new().await };
    let failed = scene.ask(&[scene.gemini()], json!([image(&scene.url("cat.png"))])).await.unwrap_err();
    assert_eq!(failed.error.kind, ErrorKind::BadRequest);
    assert!(scene.files.requests().is_empty() && scene.provider.requests().is_empty());
}

#[tokio::test]
async fn bytes_of_which_nobody_says_what_they_are_are_refused() {
    let scene = Scene::new().await;
    scene.files.on(Matcher::any(), Reply::bytes("???"));
    let failed = scene.ask(&[scene.gemini()], json!([image(&scene.url("cat"))])).await.unwrap_err();
    assert!(failed.error.message.contains("say its type"), "{}", failed.error);
}

#[tokio::test]
async fn more_addresses_than_anybody_needs_are_refused_unfetched() {
    let scene = Scene::new().await;
    let images: Vec<Value> = (0..101).map(|number| image(&scene.url(&number.to_string()))).collect();
    let failed = scene.ask(&[scene.gemini()], Value::Array(images)).await.unwrap_err();
    assert!(failed.error.message.contains("101"), "{}", failed.error);
    assert!(scene.files.requests().is_empty());
}
