//! Every path on one page.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use ferrolite_formats::Serves;
use ferrolite_formats::anthropic::messages::AnthropicMessages;
use ferrolite_formats::gemini::generate::GeminiGenerate;
use ferrolite_formats::openai::chat::OpenAiChat;
use ferrolite_formats::openai::responses::OpenAiResponses;
use ferrolite_types::operation::Chat;
use http::StatusCode;

use crate::context::Entrance;
use crate::{App, health, models, pipeline};

/// The whole HTTP API.
pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/chat/completions", body_says(&OpenAiChat))
        .route("/chat/completions", body_says(&OpenAiChat))
        .route("/engines/{*model_and_operation}", openai_chat_of_path())
        .route("/openai/deployments/{*model_and_operation}", openai_chat_of_path())
        .route("/v1/messages", body_says(&AnthropicMessages))
        .route("/v1/responses", body_says(&OpenAiResponses))
        .route("/responses", body_says(&OpenAiResponses))
        .route("/openai/v1/responses", body_says(&OpenAiResponses))
        .route("/v1beta/models/{*call}", post(gemini_generate))
        .route("/v1/models", get(models::list))
        .route("/models", get(models::list))
        .route("/v1/models/{*model}", get(models::one).post(gemini_generate))
        .route("/models/{*model}", get(models::one).post(gemini_generate))
        .route("/health/liveliness", get(health::liveliness))
        .route("/health/liveness", get(health::liveliness))
        .route("/health/readiness", get(health::readiness))
        .fallback(async || not_found())
        .method_not_allowed_fallback(|| async {
            detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .with_state(app)
}

/// A path whose bodies say everything.
fn body_says(served: &'static dyn Serves<Chat>) -> MethodRouter<Arc<App>> {
    post(async move |State(app): State<Arc<App>>, request: Request| {
        pipeline::chat(app, Entrance::of(served), request).await
    })
}

/// Azure's and the old engines' way: the model stands in the path, which may hold slashes, and wins over the
/// body's.
fn openai_chat_of_path() -> MethodRouter<Arc<App>> {
    post(async |State(app): State<Arc<App>>, Path(path): Path<String>, request: Request| {
        let Some(model) = path.strip_suffix("/chat/completions") else { return not_found() };
        let entrance = Entrance { model: Some(model.to_owned()), ..Entrance::of(&OpenAiChat) };
        pipeline::chat(app, entrance, request).await
    })
}

/// Google's way: `models/{model}:{what}`, with the key perhaps in the query.
async fn gemini_generate(
    State(app): State<Arc<App>>,
    Path(call): Path<String>,
    request: Request,
) -> Response {
    let Some((model, what)) = call.rsplit_once(':') else { return not_found() };
    let stream = match what {
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return not_found(),
    };
    let key = request.uri().query().and_then(key_of_query);
    let entrance =
        Entrance { model: Some(model.to_owned()), stream: Some(stream), key, served: &GeminiGenerate };
    pipeline::chat(app, entrance, request).await
}

fn key_of_query(query: &str) -> Option<String> {
    query.split('&').find_map(|pair| pair.strip_prefix("key=")).map(str::to_owned)
}

fn not_found() -> Response {
    detail(StatusCode::NOT_FOUND, "Not Found")
}

/// A refusal outside every dialect, as LiteLLM's web framework words it.
fn detail(status: StatusCode, words: &'static str) -> Response {
    let mut response = Response::new(Body::from(format!("{{\"detail\":\"{words}\"}}")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    pipeline::with_guards(headers);
    response
}
