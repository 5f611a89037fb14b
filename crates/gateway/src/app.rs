//! What all calls share, wired once at start.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ferrolite::catalogue::Catalogue;
use ferrolite::{Deployment, DeploymentSpec, Ways};
use ferrolite_router::strategy::shuffle;
use ferrolite_store::Journal;
use ferrolite_types::{Error, ErrorKind};

use crate::runtime::{Runtime, is_ready};

/// What all calls share.
pub struct App {
    /// What is configured now.
    pub runtime: ArcSwap<Runtime>,
    /// The way to providers.
    pub transport: Ways,
    /// Where records go first.
    pub journal: Arc<Journal>,
}

impl App {
    /// The deployments for a model, in the order in which to try them.
    ///
    /// # Errors
    /// A model that nobody serves.
    pub fn plan(&self, runtime: &Runtime, model: &str) -> Result<Vec<Arc<Deployment>>, Error> {
        if let Some(group) = runtime.groups.get(model) {
            if let [only] = group.members.as_slice() {
                return Ok(vec![Arc::clone(only)]);
            }
            let order = shuffle::order(&group.candidates, rand::random);
            return Ok(order.into_iter().map(|index| Arc::clone(&group.members[index])).collect());
        }
        match runtime.open {
            true => named_by_provider(model).map(|deployment| vec![deployment]),
            false => Err(unknown_model(model)),
        }
    }
}

/// The deployment that a `provider/model` name means by itself.
fn named_by_provider(model: &str) -> Result<Arc<Deployment>, Error> {
    let env = |name: &str| std::env::var(name).ok();
    let provider = model.split_once('/').and_then(|(provider, _)| Catalogue::builtin().find(provider));
    if !provider.is_some_and(|provider| is_ready(&provider, &env)) {
        return Err(unknown_model(model));
    }
    let spec = DeploymentSpec { id: model, group: model, model, ..DeploymentSpec::default() };
    Ok(Arc::new(Deployment::new(&spec, &env)?))
}

fn unknown_model(model: &str) -> Error {
    let shown: String = model.chars().take(200).collect();
    let message = format!(
        "Invalid model name passed in model={shown}. Call `/v1/models` to view available models for your key."
    );
    Error::new(ErrorKind::BadRequest, message).param("model").code("invalid_request_error")
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("journal", &self.journal).finish_non_exhaustive()
    }
}
