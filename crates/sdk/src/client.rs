//! The front door for Rust programs.

use std::collections::HashMap;
use std::sync::Arc;

use ferrolite_router::{Candidate, RetryPolicy, strategy::shuffle};
use ferrolite_transport::{FetchPolicy, Fetcher, Http, HttpOptions, Transport, Ways};
use ferrolite_types::{Error, ErrorKind};

use crate::chat::{ChatRequest, ChatResponse};
use crate::{Deployment, DeploymentSpec, Dispatcher, EventStream, Failed};

/// Calls models. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Box<dyn Transport>,
    fetcher: Fetcher,
    groups: HashMap<String, Vec<Arc<Deployment>>>,
    policy: RetryPolicy,
}

impl Client {
    /// A client that resolves `provider/model` names, with keys from the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Ways::new(Http::new(&HttpOptions::default())), Vec::new(), RetryPolicy::default())
    }

    /// A client with deployments of one's own: several with one group share its traffic.
    pub fn with(
        transport: impl Transport + 'static,
        deployments: Vec<Deployment>,
        policy: RetryPolicy,
    ) -> Self {
        let mut groups: HashMap<String, Vec<Arc<Deployment>>> = HashMap::new();
        for deployment in deployments {
            groups.entry(deployment.group.to_string()).or_default().push(Arc::new(deployment));
        }
        let fetcher = Fetcher::new(FetchPolicy::default());
        Self { shared: Arc::new(Shared { transport: Box::new(transport), fetcher, groups, policy }) }
    }

    /// Continues a conversation by one turn.
    ///
    /// # Errors
    /// The last failure, when no try succeeds; [`Error::kind`] says which.
    pub async fn chat(&self, request: ChatRequest) -> Result<ChatResponse, Error> {
        let order = self.order(&request.model)?;
        let answered = self.dispatcher(&order).chat(request).await;
        answered.map(|answered| answered.answer).map_err(only_error)
    }

    /// Continues a conversation by one turn, in pieces.
    ///
    /// # Errors
    /// The last failure before any content.
    pub async fn chat_stream(&self, request: ChatRequest) -> Result<EventStream, Error> {
        let order = self.order(&request.model)?;
        let answered = self.dispatcher(&order).chat_stream(request).await;
        answered.map(|answered| answered.answer).map_err(only_error)
    }

    fn dispatcher<'a>(&'a self, order: &'a [Arc<Deployment>]) -> Dispatcher<'a> {
        let Shared { transport, fetcher, groups: _, policy } = &*self.shared;
        Dispatcher { transport: transport.as_ref(), fetcher, order, policy: *policy }
    }

    /// The deployments of a group in the order in which to try them; else the model's own name is resolved.
    fn order(&self, model: &str) -> Result<Vec<Arc<Deployment>>, Error> {
        if let Some(group) = self.shared.groups.get(model) {
            let candidates: Vec<Candidate> =
                group.iter().map(|member| Candidate { weight: member.weight }).collect();
            let order = shuffle::order(&candidates, rand::random);
            return Ok(order.into_iter().map(|index| Arc::clone(&group[index])).collect());
        }
        let spec = DeploymentSpec { id: model, group: model, model, ..DeploymentSpec::default() };
        let deployment = Deployment::new(&spec, &|name| std::env::var(name).ok())?;
        if deployment.target.key.is_none() && deployment.target.needs_key {
            let message = format!("no key for {}: set it in the environment", deployment.target.title);
            return Err(Error::new(ErrorKind::Authentication, message));
        }
        Ok(vec![Arc::new(deployment)])
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("groups", &self.shared.groups.keys()).finish_non_exhaustive()
    }
}

fn only_error(failed: Failed) -> Error {
    *failed.error
}
