//! Which models a caller may ask for.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use ferrolite::price::PriceTable;
use ferrolite_types::json::{Object, object};
use http::{HeaderMap, StatusCode};

use crate::health::json;
use crate::pipeline::{authenticate, refuse_plainly};
use crate::runtime::ready_providers;
use crate::{App, Runtime};

/// The moment that LiteLLM gives every model as its creation, in Unix seconds.
const CREATED: u64 = 1_677_610_602;

/// `GET /v1/models`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let runtime = app.runtime.load();
    if let Err(error) = authenticate(&runtime, &headers, None) {
        return refuse_plainly(&error);
    }
    let mut out = Vec::new();
    object(&mut out, |out| {
        out.field("data").array(|list| {
            for name in names(&runtime) {
                list.item().object(|item| write_model(&runtime, &name, item));
            }
        });
        out.field("object").text("list");
    });
    json(out)
}

/// `GET /v1/models/{model}`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(model): Path<String>,
    headers: HeaderMap,
) -> Response {
    let runtime = app.runtime.load();
    if let Err(error) = authenticate(&runtime, &headers, None) {
        return refuse_plainly(&error);
    }
    let mut out = Vec::new();
    if names(&runtime).contains(&model) {
        object(&mut out, |out| write_model(&runtime, &model, out));
        return json(out);
    }
    let message = format!("The model `{model}` does not exist or is not accessible");
    object(&mut out, |out| out.field("detail").text(&message));
    let mut response = json(out);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn names(runtime: &Runtime) -> Vec<String> {
    let mut names: Vec<String> = runtime.groups.keys().cloned().collect();
    if runtime.open {
        let ready = ready_providers(&|name| std::env::var(name).ok());
        names.extend(ready.iter().map(|provider| format!("{}/*", provider.name)));
    }
    names.sort_unstable();
    names
}

/// A row: the name, and what the price map knows of the model behind it.
fn write_model(runtime: &Runtime, name: &str, out: &mut Object<'_>) {
    out.field("id").text(name);
    out.field("object").text("model");
    out.field("created").u64(CREATED);
    out.field("owned_by").text("openai");
    let table = PriceTable::builtin();
    let target =
        runtime.groups.get(name).and_then(|group| group.members.first()).map(|member| &member.target);
    if let Some(entry) = target.and_then(|target| table.find(&target.provider, &target.model, None)) {
        out.maybe_text("mode", entry.mode().as_deref());
        out.maybe_u64("max_input_tokens", entry.u64("max_input_tokens"));
        out.maybe_u64("max_output_tokens", entry.u64("max_output_tokens"));
    }
}
