//! Calls that go through a proxy.

use std::sync::{Arc, Mutex};

use ferrolite_testkit::FakeProvider;
use ferrolite_transport::{Http, HttpOptions, Proxies, ProxyNames};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::exchange::{PATIENT, open, post, text};

/// A proxy that makes every tunnel it is asked for, and remembers how it was asked.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(tunnel(socket, Arc::clone(&remembered)));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn tunnel(mut socket: TcpStream, asked: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap().to_owned();
    asked.lock().unwrap().push(head);
    let mut beyond = TcpStream::connect(target).await.unwrap();
    socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut socket, &mut beyond).await;
}

fn through(names: ProxyNames) -> Http {
    Http::new(&HttpOptions { proxies: Proxies::new(names), ..HttpOptions::default() })
}

#[tokio::test]
async fn a_call_goes_through_the_proxy_that_is_meant_for_it() {
    let (proxy, provider) = (Proxy::start().await, FakeProvider::openai().await);
    let address = format!("http://me:secret@{}", proxy.address);
    let http = through(ProxyNames { http: Some(address), ..ProxyNames::default() });
    text(&http, post(&format!("{}/v1/chat/completions", provider.url()), "{}")).await.unwrap();
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].to_lowercase().contains("proxy-authorization: basic bwu6c2vjcmv0"), "{}", asked[0]);
    assert_eq!(provider.requests().len(), 1);
    assert_eq!(provider.requests()[0].header("proxy-authorization"), None);
}

#[tokio::test]
async fn a_call_goes_past_the_proxy_where_that_is_said() {
    let (proxy, provider) = (Proxy::start().await, FakeProvider::openai().await);
    let no = Some("example.com,127.0.0.0/8".to_owned());
    let http =
        through(ProxyNames { all: Some(format!("http://{}", proxy.address)), no, ..ProxyNames::default() });
    text(&http, post(&format!("{}/v1/chat/completions", provider.url()), "{}")).await.unwrap();
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_proxy_that_cannot_be_spoken_to_is_an_error_and_no_call_goes_past_it() {
    let provider = FakeProvider::openai().await;
    let http = through(ProxyNames { http: Some("socks5://127.0.0.1:1".to_owned()), ..ProxyNames::default() });
    let error = open(&http, &format!("{}/v1", provider.url()), PATIENT).await.unwrap_err();
    assert!(error.message.contains("the proxy's address starts with"), "{error}");
    assert_eq!(provider.requests().len(), 0);
}
