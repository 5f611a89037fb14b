//! A gateway in this process.

use std::ops::Deref;
use std::time::Duration;

use ferrolite_gateway::load::{Said, Strictness};
use ferrolite_gateway::serve::{Gateway, Options, Web};
use ferrolite_testkit::FakeProvider;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::caller::{Caller, SOON};
use super::{MASTER_KEY, config, rows};

/// A gateway in this process, with its state in a folder of its own; callable as a [`Caller`].
#[derive(Debug)]
pub(crate) struct Running {
    caller: Caller,
    state: TempDir,
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// A gateway that asks `provider`.
    pub(crate) async fn before(provider: &FakeProvider) -> Self {
        Self::start(&config(provider)).await
    }

    /// A gateway of this configuration.
    pub(crate) async fn start(config: &Value) -> Self {
        Self::start_with(config, SOON).await
    }

    /// The same, with another time for calls under way at the end.
    pub(crate) async fn start_with(config: &Value, drain: Duration) -> Self {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("config.yaml");
        // JSON is YAML.
        std::fs::write(&file, config.to_string()).unwrap();
        let options = Options {
            config: Some(Said::File(file)),
            strictness: Strictness::default(),
            host: "127.0.0.1".to_owned(),
            port: 0,
            state: state.path().to_owned(),
            drain,
            web: Web::default(),
        };
        let gateway = Gateway::start(&options).await.unwrap();
        let caller = Caller::new(format!("http://{}", gateway.address().unwrap()), MASTER_KEY);
        let stop = CancellationToken::new();
        let serving = tokio::spawn(gateway.serve(stop.clone()));
        Self { caller, state, stop, serving }
    }

    /// Ends it as SIGTERM would, and reads what it recorded.
    pub(crate) async fn stop(self) -> Vec<Value> {
        self.stop.cancel();
        let ended = tokio::time::timeout(SOON, self.serving).await.expect("it ends soon");
        ended.unwrap().unwrap();
        rows(self.state.path()).await
    }
}

impl Deref for Running {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}
