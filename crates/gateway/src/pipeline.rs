//! The way of a call: authenticate → receive → prepare → plan → send → respond, and account whatever happens.
//!
//! Stages are plain functions; they read downwards, and their signatures show what they need. *Encode*, *send*
//! and *decode* are the SDK's. A [`Meter`] opened at the start accounts the call exactly once, also when it is
//! dropped because the caller left.

mod account;
mod authenticate;
mod prepare;
mod receive;
mod respond;

use std::sync::Arc;

use axum::response::Response;
use ferrolite::{Dispatcher, Failed, Forward};
use http::Request;

use crate::App;
use crate::context::{Call, Entrance};

pub use account::Meter;
pub(crate) use authenticate::authenticate;
pub(crate) use respond::{refuse_plainly, with_guards};

/// Answers a chat call, in whatever dialect it came.
pub async fn chat(app: Arc<App>, entrance: Entrance, request: Request<axum::body::Body>) -> Response {
    let (head, body) = request.into_parts();
    let mut call = Call::new(app, entrance, head.headers);
    let mut meter = Meter::open(&call);
    if let Err(error) = ready(&mut call, &mut meter, body).await {
        return respond::refuse(
            &call,
            meter,
            Failed { error: Box::new(error), attempts: Vec::new(), deployment: None },
        );
    }
    match call.stream {
        false => send_whole(&call, meter).await,
        true => send_stream(&call, meter).await,
    }
}

/// Everything before a provider is asked.
async fn ready(call: &mut Call, meter: &mut Meter, body: axum::body::Body) -> Result<(), ferrolite::Error> {
    call.principal = Some(authenticate(&call.runtime, &call.headers, call.entrance.key.as_deref())?);
    receive::body(call, body).await?;
    receive::head(call)?;
    prepare::body(call)?;
    meter.note_request(call);
    call.order = call.app.plan(&call.runtime, &call.model)?;
    Ok(())
}

async fn send_whole(call: &Call, meter: Meter) -> Response {
    match dispatcher(call).whole(&forward(call)).await {
        Ok(answered) => respond::whole(call, meter, answered),
        Err(failed) => respond::refuse(call, meter, failed),
    }
}

async fn send_stream(call: &Call, meter: Meter) -> Response {
    match dispatcher(call).stream(&forward(call)).await {
        Ok(answered) => respond::stream(call, meter, answered),
        Err(failed) => respond::refuse(call, meter, failed),
    }
}

fn dispatcher(call: &Call) -> Dispatcher<'_> {
    let (app, runtime) = (&call.app, &call.runtime);
    Dispatcher {
        transport: &app.transport,
        fetcher: &runtime.fetcher,
        order: &call.order,
        policy: runtime.retry,
    }
}

fn forward(call: &Call) -> Forward<'_> {
    Forward {
        served: call.entrance.served,
        body: call.body.clone(),
        outline: &call.outline,
        path_model: call.entrance.model.as_deref(),
        stream: call.stream,
        headers: &call.headers,
        edits: &call.edits,
        policy: &call.policy,
        reply: call.reply(),
    }
}
