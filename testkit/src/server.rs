//! The fake provider itself: a loopback HTTP/1.1 server which answers by script and keeps a journal.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::control;
use crate::journal::Journal;
use crate::play::{Hangup, WireBody, play};
use crate::record::{Log, Received};
use crate::reply::Reply;
use crate::script::{Fallback, Matcher, Script};
use crate::usage::Usage;

/// A provider on 127.0.0.1; dropping it ends the server and all its connections.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
    desk: Arc<Desk>,
    _accepting: AbortOnDropHandle<()>,
}

/// What connections share: the replies to give and the requests seen.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) script: Mutex<Script>,
    pub(crate) journal: Journal,
}

impl FakeProvider {
    /// Starts a provider which answers only what it is told to, and 501 to all else.
    pub async fn start() -> Self {
        Self::bind(0, Fallback::Unscripted).await.expect("loopback has a free port")
    }

    /// Starts a provider which answers chat completions as OpenAI would, unless told otherwise.
    pub async fn openai() -> Self {
        Self::openai_on(0).await.expect("loopback has a free port")
    }

    /// Starts a provider like `openai` on a given port.
    pub async fn openai_on(port: u16) -> io::Result<Self> {
        Self::bind(port, Fallback::Realistic).await
    }

    async fn bind(port: u16, fallback: Fallback) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk { script: Mutex::new(Script::new(fallback)), journal: Journal::new() });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&desk)));
        Ok(Self { address, desk, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// `http://127.0.0.1:<port>`, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Gives `reply` to the next request that no rule answers.
    pub fn enqueue(&self, reply: Reply) {
        self.desk.script.lock().enqueue(reply);
    }

    /// Gives `reply` to every request that matches; of several such rules the first counts.
    pub fn on(&self, matcher: Matcher, reply: Reply) {
        self.desk.script.lock().on(matcher, reply);
    }

    /// Gives `reply` to every request that neither rule nor queue answers.
    pub fn default_reply(&self, reply: Reply) {
        self.desk.script.lock().fall_back_to(reply);
    }

    /// Forgets requests, rules and queue; the default reply stays.
    pub fn reset(&self) {
        self.desk.reset();
    }

    /// Every complete request so far.
    pub fn requests(&self) -> Vec<Received> {
        self.desk.journal.read(|log| log.requests().to_vec())
    }

    /// Requests whose exchange has not ended.
    pub fn in_flight(&self) -> usize {
        self.desk.journal.read(Log::in_flight)
    }

    /// Clients which left before their reply was complete.
    pub fn disconnects(&self) -> usize {
        self.desk.journal.read(Log::disconnects)
    }

    /// What the realistic mode charged for the replies it sent completely.
    pub fn billed(&self) -> Usage {
        self.desk.journal.read(Log::billed)
    }

    /// Waits for `n` requests in all and returns them; panics after `deadline`.
    #[track_caller]
    pub fn wait_for(&self, n: usize, deadline: Duration) -> impl Future<Output = Vec<Received>> {
        let arrived = self.wait_until(move |log| log.requests().len() >= n, deadline);
        async {
            arrived.await;
            self.requests()
        }
    }

    /// Waits until `condition` holds of the log; panics with what was seen after `deadline`.
    #[track_caller]
    pub fn wait_until(
        &self,
        condition: impl FnMut(&Log) -> bool,
        deadline: Duration,
    ) -> impl Future<Output = ()> {
        self.desk.journal.wait_until(condition, deadline)
    }
}

impl Desk {
    pub(crate) fn reset(&self) {
        self.script.lock().clear();
        self.journal.clear();
    }
}

/// Owns all connections, so that ending this future ends them too.
async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(serve(stream, Arc::clone(&desk)));
            }
            Some(_) = connections.join_next() => {}
            else => return,
        }
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    // Without TCP_NODELAY stream timings would be Nagle's; a socket that refuses it is already dead.
    let _ = stream.set_nodelay(true);
    let (hangup, mut hangups) = mpsc::channel(1);
    let service = service_fn(|request| answer(request, &desk, hangup.clone()));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // First, so that hyper has flushed what came before a hangup.
        biased;
        // An error here is a client which left; the journal knows.
        _ = &mut connection => {}
        Some(how) = hangups.recv() => hang_up(&connection.into_parts().io.into_inner(), how),
    }
}

async fn answer(
    request: Request<Incoming>,
    desk: &Desk,
    hangup: mpsc::Sender<Hangup>,
) -> hyper::Result<Response<WireBody>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut received = Received::new(head, body);
    if let Some(response) = control::answer(&received, desk) {
        return Ok(response);
    }
    let answer = desk.script.lock().answer(&received);
    received.usage = answer.usage;
    let exchange = desk.journal.open(received);
    Ok(play(answer.reply, exchange, hangup).await)
}

/// Prepares the socket for how it is to end when the caller drops it.
fn hang_up(stream: &TcpStream, how: Hangup) {
    match how {
        Hangup::Close => {}
        Hangup::Reset => {
            // Zero linger turns the close into a reset; it fails only if the client was faster.
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
    }
}
