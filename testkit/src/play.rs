//! Plays a `Reply` on a connection, step by step.
//! Invariant: every wait is inside a future hyper drops when the client leaves, so each ends at once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::journal::Exchange;
use crate::record::Outcome;
use crate::reply::{Reply, Silence, Step};

/// A body on its way to hyper.
pub(crate) type WireBody = UnsyncBoxBody<Bytes, Infallible>;

/// How a connection can be ended under hyper's feet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hangup {
    /// In order, with FIN.
    Close,
    /// Abruptly, with RST.
    Reset,
}

/// Plays the head of `reply` and returns it with a body which plays the rest.
pub(crate) async fn play(
    reply: Reply,
    exchange: Exchange,
    hangup: mpsc::Sender<Hangup>,
) -> Response<WireBody> {
    let mut player = Player { steps: VecDeque::new(), exchange, hangup };
    pause(reply.delay).await;
    match reply.silence {
        Some(Silence::Hang) => pending().await,
        Some(Silence::Reset) => player.hang_up(Hangup::Reset).await,
        None => respond(reply, player),
    }
}

/// A response whose body is known.
pub(crate) fn whole(status: StatusCode, body: impl Into<Bytes>) -> Response<WireBody> {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    response
}

fn respond(reply: Reply, mut player: Player) -> Response<WireBody> {
    match head(&reply) {
        Ok(head) => with_body(head, reply, player),
        Err(error) => {
            let complaint = format!("the scripted reply is not valid HTTP: {error}");
            player.exchange.settle(Outcome::Sent);
            whole(StatusCode::INTERNAL_SERVER_ERROR, complaint)
        }
    }
}

fn head(reply: &Reply) -> http::Result<Response<()>> {
    let mut response = Response::builder().status(reply.status).body(())?;
    for (name, value) in &reply.headers {
        response.headers_mut().append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    let content_type = HeaderValue::try_from(reply.body.content_type())?;
    response.headers_mut().entry(CONTENT_TYPE).or_insert(content_type);
    Ok(response)
}

fn with_body(head: Response<()>, reply: Reply, player: Player) -> Response<WireBody> {
    let (steps, length) = reply.body.into_steps();
    let mut response = head.map(|()| player.body(steps));
    if let Some(length) = length {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    response
}

struct Player {
    steps: VecDeque<Step>,
    exchange: Exchange,
    hangup: mpsc::Sender<Hangup>,
}

impl Player {
    fn body(mut self, steps: Vec<Step>) -> WireBody {
        self.steps = steps.into();
        self.settle_if_over();
        let frames = stream::unfold(self, async |mut player| {
            let bytes = player.next().await?;
            Some((Ok(Frame::data(bytes)), player))
        });
        StreamBody::new(frames).boxed_unsync()
    }

    /// Plays up to the next bytes, or to the end of the body.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.steps.pop_front()? {
                Step::Send(bytes) => {
                    self.settle_if_over();
                    return Some(bytes);
                }
                Step::Wait(duration) => {
                    pause(duration).await;
                    self.settle_if_over();
                }
                Step::Cut => return self.hang_up(Hangup::Reset).await,
                Step::Close => return self.hang_up(Hangup::Close).await,
                Step::Hang => return pending().await,
                Step::End => return None,
            }
        }
    }

    /// Settles with the last bytes rather than after them: hyper stops polling a body of known length
    /// there, and an SSE client may leave at `[DONE]`.
    fn settle_if_over(&mut self) {
        if matches!(self.steps.front(), None | Some(Step::End)) {
            self.exchange.settle(Outcome::Sent);
        }
    }

    /// Asks the owner of the connection to end it, which drops this player.
    async fn hang_up<T>(&mut self, how: Hangup) -> T {
        self.exchange.settle(Outcome::Cut);
        // Fails only when the owner has already gone, and this player with it.
        let _ = self.hangup.send(how).await;
        pending().await
    }
}

/// Sleeps, but not at all for zero: tokio rounds every sleep up to a whole millisecond.
async fn pause(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}
