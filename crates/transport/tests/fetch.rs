//! What callers may have fetched, and what they may not.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ferrolite_testkit::{FakeProvider, Reply, Step};
use ferrolite_transport::{Allowed, FetchLimits, FetchPolicy, Fetched, Fetcher, Resolve};
use ferrolite_types::{Error, ErrorKind};
use futures_util::future::BoxFuture;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

/// Answers each question with the next of its answers, the last one again and again.
#[derive(Clone)]
struct Names {
    answers: Arc<Vec<Vec<&'static str>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn new(answers: &[&[&'static str]]) -> Self {
        let answers = Arc::new(answers.iter().map(|answer| answer.to_vec()).collect());
        Self { answers, asked: Arc::new(AtomicUsize::new(0)) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let addresses =
            self.answers[turn].iter().map(|address| SocketAddr::new(address.parse().unwrap(), port));
        let addresses = addresses.collect();
        Box::pin(async move { Ok(addresses) })
    }
}

fn allowing(words: &[&str]) -> FetchPolicy {
    FetchPolicy::Guarded { allow: Allowed::new(words) }
}

fn open() -> Fetcher {
    Fetcher::new(FetchPolicy::Open)
}

async fn fetch(fetcher: &Fetcher, url: &str) -> Result<Fetched, Error> {
    fetcher.fetch(url, &FetchLimits::default()).await
}

#[track_caller]
fn refused(fetched: Result<Fetched, Error>, why: &str) {
    let error = fetched.expect_err("is refused");
    assert_eq!((error.kind, error.param.as_deref()), (ErrorKind::BadRequest, Some("url")), "{error}");
    assert!(error.message.contains(why), "{error}");
}

const NOT_PUBLIC: &str = "does not resolve, or is not on the public internet";

#[tokio::test]
async fn fetches_bytes_and_their_type() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::bytes(PNG).header("content-type", "image/webp"));
    let fetched = fetch(&open(), &format!("{}/a%20b.png?size=2#top", provider.url())).await.unwrap();
    assert_eq!((fetched.mime.as_str(), &*fetched.bytes), ("image/webp", PNG));
    let asked = &provider.requests()[0];
    assert_eq!(asked.header("host"), Some(format!("127.0.0.1:{}", provider.port()).as_str()));
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
    assert_eq!((asked.path.as_str(), asked.query.as_deref()), ("/a%20b.png", Some("size=2")));
}

#[tokio::test]
async fn the_bytes_show_what_the_server_does_not_say() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::bytes(PNG));
    assert_eq!(fetch(&open(), &provider.url()).await.unwrap().mime, "image/png");
}

#[tokio::test]
async fn addresses_inside_are_refused_in_every_spelling() {
    let guarded = Fetcher::new(FetchPolicy::default());
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "127。0。0。1",
        "①⑦②.16.0.1",
    ] {
        refused(fetch(&guarded, &format!("http://{host}/")).await, NOT_PUBLIC);
        refused(fetch(&guarded, &format!("https://{host}:8443/")).await, NOT_PUBLIC);
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    for address in
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
    {
        let fetcher = Fetcher::with_resolver(FetchPolicy::default(), Names::new(&[&[address]]));
        refused(fetch(&fetcher, "http://files.example/a.png").await, NOT_PUBLIC);
    }
}

#[tokio::test]
async fn one_address_inside_among_public_ones_is_refused() {
    let fetcher = Fetcher::with_resolver(FetchPolicy::default(), Names::new(&[&["8.8.8.8", "10.0.0.1"]]));
    refused(fetch(&fetcher, "http://files.example/").await, NOT_PUBLIC);
}

#[tokio::test]
async fn a_name_that_is_not_known_looks_like_one_inside() {
    let nobody = Fetcher::with_resolver(FetchPolicy::default(), Names::new(&[&[]]));
    let inside = Fetcher::with_resolver(FetchPolicy::default(), Names::new(&[&["10.0.0.1"]]));
    let url = "http://files.example/";
    assert_eq!(fetch(&nobody, url).await.unwrap_err(), fetch(&inside, url).await.unwrap_err());
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::bytes(PNG));
    let names = Names::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let fetcher = Fetcher::with_resolver(allowing(&["127.0.0.1"]), names.clone());
    fetch(&fetcher, &format!("http://rebinding.example:{}/", provider.port())).await.unwrap();
    assert_eq!(names.asked(), 1, "nobody resolves a second time");
    let host = format!("rebinding.example:{}", provider.port());
    assert_eq!(provider.requests()[0].header("host"), Some(host.as_str()));
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let provider = FakeProvider::start().await;
    for place in [
        "http://127.0.0.2/",
        "//[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://elsewhere.example/",
    ] {
        provider.reset();
        provider.enqueue(Reply::default().status(302).header("location", place));
        let names = Names::new(&[&["127.0.0.1"]]);
        let fetcher = Fetcher::with_resolver(allowing(&["files.example"]), names);
        refused(fetch(&fetcher, &format!("http://files.example:{}/", provider.port())).await, NOT_PUBLIC);
        assert_eq!(provider.requests().len(), 1, "{place}");
    }
}

#[tokio::test]
async fn a_name_that_changes_between_redirects_is_checked_again() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::default().status(307).header("location", "/again"));
    let names = Names::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let fetcher = Fetcher::with_resolver(allowing(&["127.0.0.0/8"]), names);
    refused(fetch(&fetcher, &format!("http://rebinding.example:{}/", provider.port())).await, NOT_PUBLIC);
}

#[tokio::test]
async fn a_redirect_cannot_leave_the_web() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::default().status(302).header("location", "file:///etc/passwd"));
    refused(fetch(&open(), &provider.url()).await, "only http:// and https://");
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let provider = FakeProvider::start().await;
    let on = || Reply::default().status(301).header("location", "/next");
    [on(), on(), on(), Reply::bytes(PNG)].into_iter().for_each(|reply| provider.enqueue(reply));
    assert_eq!(&*fetch(&open(), &provider.url()).await.unwrap().bytes, PNG);
    [on(), on(), on(), on()].into_iter().for_each(|reply| provider.enqueue(reply));
    refused(fetch(&open(), &provider.url()).await, "redirects more than 3 times");
}

#[tokio::test]
async fn what_is_allowed_may_be_inside() {
    let provider = FakeProvider::start().await;
    provider.default_reply(Reply::bytes(PNG));
    let (port, url) = (provider.port(), provider.url());
    let with_port = format!("127.0.0.1:{port}");
    for allowed in ["127.0.0.1", "127.0.0.0/8", with_port.as_str()] {
        assert!(fetch(&Fetcher::new(allowing(&[allowed])), &url).await.is_ok(), "{allowed}");
    }
    for other in ["127.0.0.2", "10.0.0.0/8", "127.0.0.1:1", "files.internal"] {
        refused(fetch(&Fetcher::new(allowing(&[other])), &url).await, NOT_PUBLIC);
    }
    let named = Fetcher::with_resolver(allowing(&["Files.Internal."]), Names::new(&[&["127.0.0.1"]]));
    assert!(fetch(&named, &format!("http://files.internal:{port}/")).await.is_ok());
}

#[tokio::test]
async fn a_user_name_does_not_disguise_the_host() {
    let provider = FakeProvider::start().await;
    for url in [
        format!("http://files.example@127.0.0.1:{}/", provider.port()),
        format!("http://a:b@127.0.0.1:{}/", provider.port()),
        format!("http://:secret@127.0.0.1:{}/", provider.port()),
    ] {
        refused(fetch(&open(), &url).await, "user name or a password");
    }
    let guarded = Fetcher::with_resolver(FetchPolicy::default(), Names::new(&[&["8.8.8.8"]]));
    for url in [
        "http://127.0.0.1\\@files.example/",
        "http://127.0.0.1#@files.example/",
        "http://127.0.0.1?@files.example/",
    ] {
        refused(fetch(&guarded, url).await, NOT_PUBLIC);
    }
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn only_the_web_is_fetched() {
    for url in [
        "file:///etc/passwd",
        "ftp://8.8.8.8/",
        "gopher://8.8.8.8/",
        "data:image/png;base64,QQ==",
        "unix:/run/x",
    ] {
        refused(fetch(&open(), url).await, "only http:// and https://");
    }
    for url in ["", "a.png", "//8.8.8.8/", "http://", "http://a b/", "http://1.2.3.4.5/", "http://[::1/"] {
        refused(fetch(&open(), url).await, "is not an address");
    }
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_not_read() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::stream([Step::Hang]).header("content-length", "11"));
    let limits = FetchLimits { bytes: 10, ..FetchLimits::default() };
    refused(open().fetch(&provider.url(), &limits).await, "larger than the limit of 10 bytes");
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_left() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::stream([Step::send("12345"), Step::send("67890"), Step::send("1"), Step::Hang]));
    let limits = FetchLimits { bytes: 10, ..FetchLimits::default() };
    refused(open().fetch(&provider.url(), &limits).await, "larger than the limit of 10 bytes");
    provider.wait_until(|log| log.disconnects() == 1, Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_body_of_just_the_limit_is_taken() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::bytes("1234567890"));
    let limits = FetchLimits { bytes: 10, ..FetchLimits::default() };
    assert_eq!(&*open().fetch(&provider.url(), &limits).await.unwrap().bytes, b"1234567890");
}

#[tokio::test]
async fn nothing_may_take_longer_than_the_limit() {
    let provider = FakeProvider::start().await;
    let limits = FetchLimits { whole: Duration::from_millis(50), ..FetchLimits::default() };
    for slow in [Reply::hang(), Reply::stream([Step::send("x"), Step::Hang])] {
        provider.enqueue(slow);
        refused(open().fetch(&provider.url(), &limits).await, "did not come within 0.05 seconds");
    }
}

#[tokio::test]
async fn a_failure_is_told_without_what_the_server_said() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::text("text/plain", "an internal secret").status(404));
    let error = fetch(&open(), &format!("{}/a.png?signature=s3cret", provider.url())).await.unwrap_err();
    assert!(error.message.contains("404") && error.message.contains("/a.png"), "{error}");
    assert!(!error.message.contains("secret") && !error.message.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn a_body_cut_short_is_no_medium() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::stream([Step::send("x"), Step::Close]).header("content-length", "100"));
    refused(fetch(&open(), &provider.url()).await, "hung up");
}

#[tokio::test]
async fn what_is_compressed_stays_so_and_is_refused() {
    let provider = FakeProvider::start().await;
    provider.enqueue(Reply::bytes(PNG).header("content-encoding", "gzip"));
    refused(fetch(&open(), &provider.url()).await, "compresses");
}

#[tokio::test]
async fn a_server_without_a_certificate_is_not_believed() {
    let provider = FakeProvider::start().await;
    refused(fetch(&open(), &format!("https://127.0.0.1:{}/", provider.port())).await, "cannot be reached");
    assert!(provider.requests().is_empty());
}
