//! A deployment: a target with everything that depends only on configuration built beforehand.

use std::sync::Arc;

use ferrolite_formats::{Calls, chat_called};
use ferrolite_providers::price::{PriceTable, Rates};
use ferrolite_providers::{Overrides, Target, Way, resolve};
use ferrolite_transport::Deadlines;
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, ErrorKind, RawJson};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::attempt::Callee;
use crate::quote::Quote;
use crate::{Limits, Pace};

/// What the user says about a deployment.
#[derive(Debug, Clone, Default)]
pub struct DeploymentSpec<'a> {
    /// The identifier; shown to callers and in records.
    pub id: &'a str,
    /// The model group that it serves.
    pub group: &'a str,
    /// The model string, `openai/gpt-4o`.
    pub model: &'a str,
    /// What is said beside the catalogue.
    pub said: Overrides<'a>,
    /// Its share of the traffic; 1 where nothing is said.
    pub weight: Option<f64>,
    /// How long its exchanges may take.
    pub deadlines: Deadlines,
    /// Prices of its own (`input_cost_per_token` and so on) over those of the price map.
    pub prices: Option<&'a RawJson>,
}

/// A target, ready to be called.
pub struct Deployment {
    /// The identifier.
    pub id: Arc<str>,
    /// The model group that it serves.
    pub group: Arc<str>,
    /// The model string as configured, `openai/gpt-4o`.
    pub configured: Arc<str>,
    /// Whom it asks.
    pub target: Target,
    /// Its share of the traffic.
    pub weight: f64,
    /// What it charges; `None` when nobody priced it.
    pub rates: Option<Rates>,
    /// How fast it may be asked, where that is known.
    pub limits: Limits,
    /// How fast it is being asked.
    pub pace: Pace,
    pub(crate) deadlines: Deadlines,
    pub(crate) voices: Vec<Voice>,
    pub(crate) quote: Quote,
}

/// A format that the target speaks, and where.
pub(crate) struct Voice {
    pub(crate) format: &'static dyn Calls<Chat>,
    pub(crate) whole: Uri,
    pub(crate) streamed: Uri,
    pub(crate) headers: HeaderMap,
}

impl Deployment {
    /// Resolves what the user says. `env` answers for the environment.
    ///
    /// # Errors
    /// `Config`: an unknown provider, an address that is none, a key that cannot stand in a header.
    pub fn new(spec: &DeploymentSpec<'_>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let target = resolve(spec.model, &spec.said, env)?;
        Ok(Self {
            id: spec.id.into(),
            group: spec.group.into(),
            configured: spec.model.into(),
            weight: spec.weight.unwrap_or(1.0),
            rates: rates(&target, spec.prices)?,
            limits: limits(&target),
            pace: Pace::default(),
            deadlines: spec.deadlines,
            voices: target.ways.iter().map(|way| Voice::new(way, &target)).collect::<Result<_, _>>()?,
            quote: Quote::new(&target.title, target.key.as_deref()),
            target,
        })
    }

    /// The format for callers who speak none of the target's.
    pub(crate) fn first_voice(&self) -> &Voice {
        // A target has at least one way.
        &self.voices[0]
    }

    /// Whom a canonical request asks.
    pub(crate) fn callee(&self) -> Callee<'_> {
        Callee { deployment: self, voice: self.first_voice() }
    }
}

impl Voice {
    fn new(way: &Way, target: &Target) -> Result<Self, Error> {
        let format = chat_called(way.format).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("the format {} is not spoken", way.format))
        })?;
        let address = |stream: bool| {
            let text = way.url(&format.endpoint(&target.model, stream));
            text.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some()).ok_or_else(|| {
                let message =
                    format!("api_base \"{}\" is not an address such as https://host/v1", target.base_url);
                Error::new(ErrorKind::Config, message).param("api_base")
            })
        };
        Ok(Self {
            whole: address(false)?,
            streamed: address(true)?,
            headers: headers(way, format.relay_rules().accept)?,
            format,
        })
    }
}

/// What the price map, or the user, says that the target charges.
fn rates(target: &Target, own: Option<&RawJson>) -> Result<Option<Rates>, Error> {
    let table = PriceTable::builtin();
    match own {
        None => Ok(table.rates(&target.provider, &target.model, None)),
        Some(own) => {
            let rates = table.own_rates(&target.provider, &target.model, None, own);
            rates.map(Some).map_err(|wrong| Error::new(ErrorKind::Config, wrong.to_string()))
        }
    }
}

/// What the price map says about the provider's own limits.
fn limits(target: &Target) -> Limits {
    let table = PriceTable::builtin();
    let entry = table.find(&target.provider, &target.model, None);
    let limit = |field: &str| entry.as_ref().and_then(|entry| entry.u64(field));
    Limits { requests: limit("rpm"), tokens: limit("tpm") }
}

/// The headers of every call, with what must not be shown marked as secret.
fn headers(way: &Way, accept: &'static str) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(way.headers.len() + 2);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    for header in &way.headers {
        let refused = || {
            Error::new(
                ErrorKind::Config,
                format!("the value for the header {} cannot stand in one", header.name),
            )
        };
        let name = HeaderName::try_from(header.name.as_ref()).map_err(|_| refused())?;
        let mut value = HeaderValue::from_str(&header.value).map_err(|_| refused().param("api_key"))?;
        value.set_sensitive(header.secret);
        headers.insert(name, value);
    }
    Ok(headers)
}

impl std::fmt::Debug for Deployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deployment")
            .field("id", &self.id)
            .field("model", &self.configured)
            .finish_non_exhaustive()
    }
}
