//! Images behind addresses: from where the gateway fetches them is the operator's to say.

use ferrolite_testkit::{FakeProvider, Reply};
use serde_json::{Value, json};

use crate::support::{Answer, Running, config};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const PNG_BASE64: &str = "iVBORw0KGgo=";

/// Asks a Gemini about an image on this machine; what the caller was answered, and what the provider was asked.
async fn ask_about_an_image(settings: Value) -> (Answer, Option<String>) {
    let (provider, files) = (FakeProvider::start().await, FakeProvider::start().await);
    let words = json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "a cat"}]}, "finishReason": "STOP"}]});
    provider.default_reply(Reply::json(words));
    files.default_reply(Reply::bytes(PNG).header("content-type", "image/png"));
    let mut config = config(&provider);
    let params = &mut config["model_list"][0]["litellm_params"];
    (params["model"], params["api_base"]) = ("gemini/gemini-2.5-flash".into(), provider.url().into());
    for (section, settings) in settings.as_object().into_iter().flatten() {
        for (name, value) in settings.as_object().into_iter().flatten() {
            config[section][name] = value.clone();
        }
    }
    let gateway = Running::start(&config).await;
    let image = json!({"type": "image_url", "image_url": {"url": format!("{}/cat.png", files.url())}});
    let question = json!({"model": "fast", "messages": [{"role": "user", "content": [image]}]});
    let answer = gateway.chat(&question).await;
    gateway.stop().await;
    (answer, provider.requests().last().map(ferrolite_testkit::Received::text))
}

#[tokio::test]
async fn an_image_inside_is_not_fetched_for_callers() {
    for settings in [json!({}), json!({"litellm_settings": {"user_url_validation": true}})] {
        let (answer, asked) = ask_about_an_image(settings).await;
        let error = answer.error();
        assert_eq!((answer.status, &error["param"]), (400, &json!("url")), "{error}");
        assert!(error["message"].as_str().unwrap().contains("not on the public internet"), "{error}");
        assert_eq!(asked, None);
    }
}

#[tokio::test]
async fn an_operator_may_let_callers_look_inside() {
    for settings in [
        json!({"litellm_settings": {"user_url_validation": false}}),
        json!({"general_settings": {"user_url_validation": false}}),
        json!({"litellm_settings": {"user_url_allowed_hosts": ["127.0.0.0/8"]}}),
        json!({"general_settings": {"user_url_allowed_hosts": ["127.0.0.1"]}}),
        json!({"litellm_settings": {"user_url_validation": true}, "general_settings": {"user_url_validation": false}}),
    ] {
        let (answer, asked) = ask_about_an_image(settings).await;
        assert_eq!((answer.status, answer.words().as_str()), (200, "a cat"));
        assert!(asked.unwrap().contains(PNG_BASE64));
    }
}
