//! The body of an answer: pieces as they come, each awaited no longer than the idle deadline.

use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ferrolite_types::{Error, ErrorKind};
use futures_util::Stream;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

/// The body of an answer. Dropping it cancels the exchange.
pub struct Body {
    source: Source,
    idle: Duration,
    /// Made when the first piece is not there yet, then moved on: most unary answers never need it.
    alarm: Option<Pin<Box<Sleep>>>,
}

enum Source {
    Wire(Incoming),
    Played(Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>),
}

impl Body {
    pub(crate) fn wire(incoming: Incoming, idle: Duration) -> Self {
        Self { source: Source::Wire(incoming), idle, alarm: None }
    }

    pub(crate) fn played(
        stream: impl Stream<Item = Result<Bytes, Error>> + Send + 'static,
        idle: Duration,
    ) -> Self {
        Self { source: Source::Played(Box::pin(stream)), idle, alarm: None }
    }

    /// The next piece; `None` at the proper end.
    ///
    /// # Errors
    /// `Timeout` when no piece comes in time, `Unavailable` when the provider hangs up before the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let deadline = Instant::now() + self.idle;
        let alarm = match &mut self.alarm {
            Some(alarm) => {
                alarm.as_mut().reset(deadline);
                alarm
            }
            none => none.insert(Box::pin(sleep_until(deadline))),
        };
        tokio::select! {
            biased;
            piece = self.source.next() => piece,
            () = alarm => Err(stalled(self.idle)),
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Body::next`]; `InvalidUpstream` for more than `limit` bytes.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes, Error> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else {
            return within(first.into(), limit).map(BytesMut::freeze);
        };
        let mut whole = within(BytesMut::from(first), limit)?;
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
            whole = within(whole, limit)?;
        }
        within(whole, limit).map(BytesMut::freeze)
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Played(stream) => stream.next().await.transpose(),
            Self::Wire(incoming) => loop {
                let Some(frame) = incoming.frame().await else { return Ok(None) };
                let frame = frame.map_err(|error| hung_up(&error))?;
                // Trailers say nothing that anybody here wants.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            },
        }
    }
}

fn within(whole: BytesMut, limit: usize) -> Result<BytesMut, Error> {
    match whole.len() > limit {
        true => Err(Error::new(
            ErrorKind::InvalidUpstream,
            format!("the provider's answer is larger than the limit of {limit} bytes"),
        )),
        false => Ok(whole),
    }
}

fn stalled(idle: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the provider sent nothing for {} seconds", idle.as_secs_f64()))
}

fn hung_up(error: &hyper::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the provider hung up before its answer was complete: {error}"),
    )
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("idle", &self.idle).finish_non_exhaustive()
    }
}
