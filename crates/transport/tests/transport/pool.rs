//! Connections are kept and used again.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use ferrolite_testkit::eventually;
use ferrolite_transport::{Http, HttpOptions};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use crate::exchange::{IMPATIENT, SOON, http, open, post, text};

/// A server that knows how many connections were made to it and how many are open.
struct Counting {
    address: SocketAddr,
    made: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Counting {
    /// Answers when `together` requests are waiting.
    async fn start(together: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server =
            Self { address: listener.local_addr().unwrap(), made: Arc::default(), open: Arc::default() };
        let (made, open) = (Arc::clone(&server.made), Arc::clone(&server.open));
        let barrier = Arc::new(Barrier::new(together));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                made.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                let (open, barrier) = (Arc::clone(&open), Arc::clone(&barrier));
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, &barrier));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

async fn answer(_: Request<Incoming>, barrier: &Barrier) -> Result<Response<Full<Bytes>>, Infallible> {
    barrier.wait().await;
    Ok(Response::new(Full::new(Bytes::from_static(b"answer"))))
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection() {
    let (server, http) = (Counting::start(1).await, http());
    for _ in 0..20 {
        assert_eq!(text(&http, post(&server.url(), "{}")).await.unwrap(), "answer");
    }
    assert_eq!(server.made(), 1);
}

#[tokio::test]
async fn clones_share_their_connections() {
    let (server, http) = (Counting::start(1).await, http());
    for _ in 0..3 {
        text(&http.clone(), post(&server.url(), "{}")).await.unwrap();
    }
    assert_eq!(server.made(), 1);
}

#[tokio::test]
async fn calls_at_once_have_a_connection_each_and_leave_them_to_the_next() {
    const TOGETHER: usize = 5;
    let (server, http) = (Counting::start(TOGETHER).await, http());
    for _ in 0..2 {
        let calls = (0..TOGETHER).map(|_| text(&http, post(&server.url(), "{}")));
        let answers = tokio::time::timeout(SOON, futures_util::future::join_all(calls)).await.unwrap();
        assert!(answers.into_iter().all(|answer| answer.unwrap() == "answer"));
    }
    assert_eq!(server.made(), TOGETHER);
}

#[tokio::test]
async fn connections_that_nobody_uses_are_closed() {
    let server = Counting::start(1).await;
    let http = Http::new(&HttpOptions { keep_idle: Duration::from_millis(50), ..HttpOptions::default() });
    text(&http, post(&server.url(), "{}")).await.unwrap();
    assert_eq!(server.open(), 1);
    eventually(SOON, async || server.open() == 0).await;
    text(&http, post(&server.url(), "{}")).await.unwrap();
    assert_eq!(server.made(), 2);
}

#[tokio::test]
async fn a_call_given_up_does_not_leave_its_connection_to_the_next() {
    let (server, http) = (Counting::start(2).await, http());
    open(&http, &server.url(), IMPATIENT).await.unwrap_err();
    eventually(SOON, async || server.open() == 0).await;
    assert_eq!(server.made(), 1);
}
