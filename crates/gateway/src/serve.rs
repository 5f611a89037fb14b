//! Wires the gateway together, takes connections, and ends properly.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use ferrolite::{Http, Ways};
use ferrolite_store::{Flusher, Journal, Sqlite};
use futures_util::future::ready;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::banner::Banner;
use crate::config::{Config, Env, Files, watch};
use crate::front::{Cors, Front};
use crate::load::{Loaded, Said, Strictness, load};
use crate::routes::routes;
use crate::runtime::master_key;
use crate::secret::{KeyHash, new_key};
use crate::tls::{self, TlsFiles};
use crate::{App, Runtime, upstream, variables};

/// How the gateway is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The configuration; without one, the environment is it.
    pub config: Option<Said>,
    /// What the configuration may do.
    pub strictness: Strictness,
    /// The address to listen on.
    pub host: String,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Where journal and database live.
    pub state: PathBuf,
    /// How long calls under way may go on after the end was asked for.
    pub drain: Duration,
    /// How it meets its callers.
    pub web: Web,
}

/// How the gateway meets its callers.
#[derive(Debug, Clone)]
pub struct Web {
    /// The path below which the API lies as well: `/api`.
    pub root_path: String,
    /// From where pages may call.
    pub cors: Cors,
    /// Certificate and key; without them, connections are not encrypted.
    pub tls: Option<TlsFiles>,
    /// How long a connection may be unused, and the head of a request may take.
    pub idle: Duration,
}

impl Default for Web {
    fn default() -> Self {
        Self { root_path: String::new(), cors: Cors::default(), tls: None, idle: Duration::from_secs(30) }
    }
}

/// How long a client may take to agree on encryption.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// A gateway that listens and is not yet serving.
pub struct Gateway {
    listener: TcpListener,
    app: Arc<App>,
    records: Sqlite,
    flusher: Flusher,
    drain: Duration,
    banner: String,
    made_key: Option<String>,
    watched: Option<Watched>,
    web: Web,
    tls: Option<TlsAcceptor>,
}

/// What the gateway starts with.
struct Meant {
    runtime: Runtime,
    config: Config,
    /// The key that was made for this run, where none was configured.
    made_key: Option<String>,
    watched: Option<Watched>,
}

/// The configuration, read again when it changes.
#[derive(Debug, Clone)]
struct Watched {
    said: Said,
    strictness: Strictness,
    /// Everything that it was read from.
    files: Files,
}

impl Gateway {
    /// Reads the configuration, opens state and port.
    ///
    /// # Errors
    /// What is wrong with the configuration, the state folder or the port.
    pub async fn start(options: &Options) -> anyhow::Result<Self> {
        let env = |name: &str| std::env::var(name).ok();
        variables::tell(&env, &options.strictness.accepted)?;
        let Meant { runtime, config, made_key, watched } = match &options.config {
            Some(said) => configured(said, &options.strictness)?,
            None => open_to_all_providers(&env),
        };
        let http = Http::new(&upstream::http_options(&config, &env)?);
        let tls = options.web.tls.as_ref().map(tls::acceptor).transpose()?;
        let listener = listen(&options.host, options.port)?;
        let address = listener.local_addr()?;
        let journal = Journal::open(&options.state.join("journal")).context("cannot open the journal")?;
        let records = Sqlite::open(&options.state.join("ferrolite.sqlite"))
            .await
            .context("cannot open the database")?;
        let journal = Arc::new(journal);
        let flusher = Flusher::new(Arc::clone(&journal), Arc::new(records.clone()));
        flusher.drain().await.context("cannot carry the journal of the last run into the database")?;
        let encrypted = tls.is_some();
        let made = made_key.as_deref();
        let banner =
            Banner { address, encrypted, runtime: &runtime, made_key: made, state: &options.state }.text();
        let app =
            Arc::new(App { runtime: ArcSwap::from_pointee(runtime), transport: Ways::new(http), journal });
        let (drain, web) = (options.drain, options.web.clone());
        Ok(Self { listener, app, records, flusher, drain, banner, made_key, watched, web, tls })
    }

    /// What to tell whoever started it.
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// A first call to make when it serves; only where the key was made for this run, and without encryption.
    pub fn first_call(&self) -> Option<FirstCall> {
        if self.tls.is_some() {
            return None;
        }
        let mut address = self.address().ok()?;
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        Some(FirstCall { address, key: self.made_key.clone()?, model: "mock/hello".to_owned() })
    }

    /// Serves until `stop`, then lets calls under way end, and writes everything down.
    ///
    /// # Errors
    /// Records could not be carried into the database; they are still in the journal.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let flushing = CancellationToken::new();
        let flusher = tokio::spawn(self.flusher.run(flushing.clone()));
        let watching = self.watched.map(|watched| tokio::spawn(watched.follow(Arc::clone(&self.app))));
        let connections = Connections::new(self.tls, self.web.idle);
        let front = Front::new(routes(self.app), &self.web.root_path, self.web.cors);
        accept(&self.listener, front, &connections, &stop).await;
        drop(self.listener);
        connections.end(self.drain).await;
        if let Some(watching) = watching {
            watching.abort();
        }
        flushing.cancel();
        flusher.await??;
        self.records.close().await;
        Ok(())
    }
}

/// A first call of the gateway's own, printed: shows whoever starts it that it answers.
///
/// # Errors
/// The gateway did not answer.
pub async fn first_call(call: FirstCall) -> anyhow::Result<()> {
    let FirstCall { address, key, model } = call;
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello!"}}]}}"#);
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let (_, answer) = answer.split_once("\r\n\r\n").context("the gateway did not answer")?;
    println!("  Its first answer:\n\n  {answer}\n");
    Ok(())
}

/// What [`first_call`] needs to know.
#[derive(Debug)]
pub struct FirstCall {
    address: SocketAddr,
    key: String,
    model: String,
}

/// Reads the configuration and tells what is wrong with it.
fn configured(said: &Said, strictness: &Strictness) -> anyhow::Result<Meant> {
    let Loaded { runtime, config, report, files } = load(said, strictness, &|name| std::env::var(name).ok());
    if !report.is_empty() {
        eprintln!("{}\n", report.render(std::io::stderr().is_terminal()));
    }
    let runtime = runtime.with_context(|| format!("the gateway does not start with {said}"))?;
    let watched = Watched { said: said.clone(), strictness: strictness.clone(), files };
    Ok(Meant { runtime, config, made_key: None, watched: Some(watched) })
}

impl Watched {
    /// Puts every change of the configuration into effect. Never ends by itself.
    async fn follow(self, app: Arc<App>) {
        let Self { said, strictness, files } = self;
        watch::watch(files, || reload(said.clone(), strictness.clone(), Arc::clone(&app))).await;
    }
}

/// Reads the configuration again. A broken one is refused, and what was in effect stays. Returns the files that it
/// was read from.
async fn reload(said: Said, strictness: Strictness, app: Arc<App>) -> Files {
    let reading =
        tokio::task::spawn_blocking(move || load(&said, &strictness, &|name| std::env::var(name).ok()));
    let Loaded { runtime, config: _, report, files } =
        reading.await.expect("reading a configuration does not panic");
    match runtime {
        Some(runtime) => {
            app.runtime.store(Arc::new(runtime));
            tracing::info!(
                errors = report.errors(),
                warnings = report.warnings(),
                "the new configuration is in effect"
            );
        }
        None => {
            tracing::error!("the new configuration is refused, the old one stays:\n{}", report.render(false));
        }
    }
    files
}

/// Without a file everything is open that the environment holds a key for, behind a key of its own.
fn open_to_all_providers(env: Env<'_>) -> Meant {
    let config = Config::default();
    let (key, made_key) = match master_key(&config, env) {
        Some(key) => (KeyHash::of(&key), None),
        None => {
            let key = new_key();
            (KeyHash::of(&key), Some(key))
        }
    };
    Meant { runtime: Runtime::from_environment(key), config, made_key, watched: None }
}

/// A connection that is encrypted; nothing when the client does not agree on it soon.
async fn encrypted(tls: TlsAcceptor, socket: TcpStream) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(HANDSHAKE_DEADLINE, tls.accept(socket)).await {
        Ok(Ok(socket)) => return Some(socket),
        Ok(Err(error)) => tracing::debug!(%error, "a client did not agree on encryption"),
        Err(_) => tracing::debug!("a client took too long to agree on encryption"),
    }
    None
}

fn listen(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let address = resolve(host, port)?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into()).with_context(|| format!("cannot listen on {address}"))?;
    const BACKLOG: i32 = 4096;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into())?)
}

fn resolve(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let mut addresses = std::net::ToSocketAddrs::to_socket_addrs(&(host, port))
        .with_context(|| format!("no such host: {host}"))?;
    addresses.next().with_context(|| format!("no such host: {host}"))
}

/// Takes connections until told to stop.
async fn accept(listener: &TcpListener, front: Front, connections: &Connections, stop: &CancellationToken) {
    let service = TowerToHyperService::new(front);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                // Out of descriptors, mostly: giving way lets connections end.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        connections.serve(socket, service.clone());
    }
}

/// The open connections: they can be asked to end, and made to.
struct Connections {
    tls: Option<TlsAcceptor>,
    idle: Duration,
    asked: GracefulShutdown,
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Connections {
    fn new(tls: Option<TlsAcceptor>, idle: Duration) -> Self {
        let (asked, cut, tasks) = (GracefulShutdown::new(), CancellationToken::new(), TaskTracker::new());
        Self { tls, idle, asked, cut, tasks }
    }

    fn serve(&self, socket: TcpStream, service: TowerToHyperService<Front>) {
        // Small pieces of a stream must not wait for the acknowledgement of those before them.
        let _ = socket.set_nodelay(true);
        match self.tls.clone() {
            None => self.spawn(ready(Some(socket)), service),
            Some(tls) => self.spawn(encrypted(tls, socket), service),
        }
    }

    /// Serves one connection as soon as it is ready for HTTP.
    fn spawn<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        socket: impl Future<Output = Option<S>> + Send + 'static,
        service: TowerToHyperService<Front>,
    ) {
        let (idle, asked) = (self.idle, self.asked.watcher());
        let connection = async move {
            let Some(socket) = socket.await else { return };
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(idle)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(socket), service);
            if let Err(error) = asked.watch(connection).await {
                tracing::debug!(%error, "a connection ended early");
            }
        };
        self.tasks.spawn(self.cut.clone().run_until_cancelled_owned(connection));
    }

    /// Lets calls under way end, but cuts them off after `patience`. When this is over, all of them are accounted.
    async fn end(self, patience: Duration) {
        tracing::info!(seconds = patience.as_secs(), "calls under way may end");
        if tokio::time::timeout(patience, self.asked.shutdown()).await.is_err() {
            tracing::warn!("calls were still under way at the end of the drain");
            self.cut.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("listener", &self.listener).finish_non_exhaustive()
    }
}
