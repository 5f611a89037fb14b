//! A model string and what the user says about it become a target: whom to ask, where, in which format and for
//! what. Everything that depends only on configuration is worked out here.

use std::borrow::Cow;

use ferrolite_formats::{CHAT_CALLED, CHAT_SERVED};
use ferrolite_types::{Error, ErrorKind, FormatId, Profile};

use crate::catalogue::{Auth, Catalogue, Envelope, Provider, Text};
use crate::facts::Facts;
use crate::params::{Params, Policy};
use crate::price::PriceTable;
use crate::profile::profile_of;
use crate::resolve::{Env, Found, Search, host};
use crate::template;

/// Whom to ask, where, and for what.
#[derive(Clone)]
pub struct Target {
    /// The provider's name in the catalogue.
    pub provider: String,
    /// The provider's name as people write it.
    pub title: String,
    /// The model as the provider names it.
    pub model: String,
    /// The address below which the paths stand, without a slash at its end.
    pub base_url: String,
    /// The key, when one is known.
    pub key: Option<String>,
    /// Whether the provider answers nobody without a key.
    pub needs_key: bool,
    /// The formats in which it can be asked, preferred first; never empty.
    pub ways: Vec<Way>,
    /// Which of them to speak for a caller of another format, where it is not the first.
    pub prefer: Vec<(FormatId, FormatId)>,
    /// What the model accepts.
    pub profile: Profile,
    /// What becomes of a request's parameters.
    pub params: Params,
}

/// A format in which a target can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The format.
    pub format: FormatId,
    /// The address, with `{path}` in it.
    url: String,
    /// The headers of every call, the credential included.
    pub headers: Vec<Header>,
}

/// A header of every call.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name in small letters.
    pub name: Text,
    /// The value.
    pub value: String,
    /// Whether the value must not be shown.
    pub secret: bool,
}

/// What the user says about a deployment, over what the catalogue knows.
#[derive(Debug, Clone, Default)]
pub struct Overrides<'a> {
    /// `custom_llm_provider`
    pub provider: Option<&'a str>,
    /// `api_base`
    pub base_url: Option<&'a str>,
    /// `api_key`
    pub key: Option<&'a str>,
    /// A token that is shown as a bearer whatever the provider asks for (`azure_ad_token`).
    pub token: Option<&'a str>,
    /// `api_version`
    pub api_version: Option<&'a str>,
    /// `organization`
    pub organization: Option<&'a str>,
    /// `base_model`: what a deployment with a name of its own serves.
    pub base_model: Option<&'a str>,
    /// `drop_params`, `additional_drop_params` and `allowed_openai_params`.
    pub params: Policy,
}

/// Resolves `model` (`openai/gpt-4o`, or bare) with the catalogue and the prices that came with the program.
///
/// # Errors
/// As [`Resolver::resolve`].
pub fn resolve(model: &str, said: &Overrides<'_>, env: Env<'_>) -> Result<Target, Error> {
    let (catalogue, prices) = (Catalogue::builtin(), PriceTable::builtin());
    Resolver { catalogue: &catalogue, prices: &prices }.resolve(model, said, env)
}

/// What models are resolved with.
#[derive(Debug, Clone, Copy)]
pub struct Resolver<'a> {
    /// The providers.
    pub catalogue: &'a Catalogue,
    /// What is known of the models.
    pub prices: &'a PriceTable,
}

impl Resolver<'_> {
    /// Resolves `model`. `env` answers for the environment.
    ///
    /// # Errors
    /// `BadRequest`: a model that nobody is known to serve. `Config`: a provider without an address, or one that
    /// speaks nothing that we speak.
    pub fn resolve(&self, model: &str, said: &Overrides<'_>, env: Env<'_>) -> Result<Target, Error> {
        let search = Search {
            catalogue: self.catalogue,
            prices: self.prices,
            env,
            said: said.provider,
            address: said.base_url,
        };
        let Found { provider, model, by_address } = search.find(model)?;
        let (asked, is_said) = match model.strip_prefix("responses/") {
            Some(asked) => (asked, true),
            None => (model.as_str(), false),
        };
        let known = said.base_model.unwrap_or(asked);
        let facts = Facts::of(self.catalogue, self.prices, &provider.name, known);
        let wants_responses = is_said || facts.word("mode").as_deref() == Some("responses");
        let call = Call::of(&provider, asked, said, by_address, env)?;
        let ways = call.ways(&provider, wants_responses)?;
        let params = Params::of(&provider, known, &facts, call.is_at_home(&provider), said.params.clone());
        let Call { version: _, model, base_url, credential, organization: _, env: _ } = call;
        Ok(Target {
            profile: profile_of(&provider, &facts, params.supported()),
            params,
            prefer: preferences(&provider, &ways),
            needs_key: provider.needs_key(),
            provider: provider.name.into_owned(),
            title: provider.title.into_owned(),
            model,
            base_url,
            key: credential.key,
            ways,
        })
    }
}

impl Way {
    /// The address of a path, as [`ferrolite_formats::Calls::endpoint`] gives it. An address that already ends with
    /// the path stays as it is.
    pub fn url(&self, path: &str) -> String {
        let (place, query) = path.split_once('?').unwrap_or((path, ""));
        let (before, after) = self.url.split_once("{path}").unwrap_or((&self.url, ""));
        let (before, said) = before.split_once('?').unwrap_or((before, ""));
        let before = before.trim_end_matches('/');
        let place = if before.ends_with(place) { "" } else { place };
        let (after, asked) = after.split_once('?').unwrap_or((after, ""));
        let queries: Vec<&str> = [said, asked, query].into_iter().filter(|query| !query.is_empty()).collect();
        let mark = if queries.is_empty() { "" } else { "?" };
        format!("{before}{place}{after}{mark}{}", queries.join("&"))
    }
}

/// What the provider prefers to be asked in, among the formats that can be spoken to it.
fn preferences(provider: &Provider, ways: &[Way]) -> Vec<(FormatId, FormatId)> {
    let spoken = |name: &Text| ways.iter().map(|way| way.format).find(|format| format.0 == name);
    let served = |name: &Text| CHAT_SERVED.iter().map(|format| format.id()).find(|id| id.0 == name);
    provider.prefer.iter().filter_map(|(caller, format)| Some((served(caller)?, spoken(format)?))).collect()
}

/// What the addresses and headers of a target's calls are made of.
struct Call<'a> {
    version: Option<String>,
    model: String,
    base_url: String,
    credential: Credential,
    organization: Option<&'a str>,
    env: Env<'a>,
}

impl<'a> Call<'a> {
    fn of(
        provider: &Provider,
        model: &str,
        said: &Overrides<'a>,
        by_address: bool,
        env: Env<'a>,
    ) -> Result<Self, Error> {
        let base_url = base_url(provider, said.base_url, env)?;
        Ok(Self {
            version: api_version(provider, said, env),
            model: provider.model_name(model),
            credential: Credential::of(provider, said, &base_url, by_address, env),
            base_url,
            organization: said.organization,
            env,
        })
    }

    /// Whether the provider is asked where the catalogue has it.
    fn is_at_home(&self, provider: &Provider) -> bool {
        let known = |name: &str| template::from_env(name, self.env);
        let home = provider.base_url.as_deref().and_then(|home| template::fill(home, &known).ok());
        home.is_some_and(|home| host::host_of(&home) == host::host_of(&self.base_url))
    }

    /// The formats in which the provider can be asked for chat, among those that we speak. A model of Responses is
    /// not served by chat completions, so it has no other way even for callers of those.
    fn ways(&self, provider: &Provider, wants_responses: bool) -> Result<Vec<Way>, Error> {
        let offered = provider.formats("chat");
        let spoken = |name: &Text| CHAT_CALLED.iter().map(|format| format.id()).find(|id| id.0 == name);
        let mut formats: Vec<FormatId> = offered.iter().filter_map(spoken).collect();
        let is_responses = |format: &FormatId| format.0 == "openai-responses";
        if wants_responses && formats.iter().any(is_responses) {
            formats.retain(is_responses);
        }
        if formats.is_empty() {
            let message = format!(
                "{} answers chats in a format that is not spoken yet: {}",
                provider.title,
                offered.join(", ")
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(formats.into_iter().map(|format| self.way(provider, format)).collect())
    }

    fn way(&self, provider: &Provider, format: FormatId) -> Way {
        let envelope = provider.envelopes.iter().find(|envelope| self.fits(envelope, format));
        let url = envelope.map_or("{base}{path}", |envelope| &envelope.url);
        let auth = envelope.and_then(|envelope| envelope.auth.as_ref()).unwrap_or(&provider.auth);
        Way { format, url: self.filled(url), headers: self.headers(provider, auth) }
    }

    fn fits(&self, envelope: &Envelope, format: FormatId) -> bool {
        let Envelope { formats, versions, hosts, models, url: _, auth: _ } = envelope;
        let host = host::host_of(&self.base_url);
        (formats.is_empty() || formats.iter().any(|name| name == format.0))
            && (versions.is_empty()
                || versions.iter().any(|version| Some(&**version) == self.version.as_deref()))
            && (hosts.is_empty() || hosts.iter().any(|name| Some(&**name) == host.as_deref()))
            && (models.is_empty() || models.iter().any(|pattern| pattern.fits(&self.model)))
    }

    /// The address with everything but the path filled in.
    fn filled(&self, url: &str) -> String {
        let known = |name: &str| match name {
            "base" => Some(self.base_url.clone()),
            "root" => Some(root(&self.base_url).to_owned()),
            "origin" => Some(origin(&self.base_url).to_owned()),
            "model" => Some(template::escaped(&self.model)),
            "version" => Some(self.version.clone().unwrap_or_default()),
            _ => Some(format!("{{{name}}}")),
        };
        template::fill(url, &known).unwrap_or_else(|_| url.to_owned())
    }

    fn headers(&self, provider: &Provider, auth: &Auth) -> Vec<Header> {
        let known = |name: &str| match name {
            "key" => self.credential.key.clone(),
            "organization" => self.organization.map(str::to_owned),
            _ => template::from_env(name, self.env),
        };
        let bearer_headers =
            provider.bearer_keys.as_ref().filter(|_| self.credential.is_bearer).map(|(_, headers)| headers);
        let templates = provider.headers.iter().chain(bearer_headers.into_iter().flatten());
        let filled = templates.filter_map(|(name, value)| {
            let secret = value.contains("{key}");
            Some(Header { name: name.clone(), value: template::fill(value, &known).ok()?, secret })
        });
        self.credential.header(auth).into_iter().chain(filled).collect()
    }
}

/// What we show to be let in.
struct Credential {
    key: Option<String>,
    /// Whether it is shown as a bearer however the provider's keys are shown.
    is_bearer: bool,
}

impl Credential {
    fn of(provider: &Provider, said: &Overrides<'_>, base_url: &str, by_address: bool, env: Env<'_>) -> Self {
        let begins =
            |key: &str| provider.bearer_keys.as_ref().is_some_and(|(start, _)| key.starts_with(&**start));
        let own = |key: String| Self { is_bearer: begins(&key), key: Some(key) };
        let token = |key: String| Self { is_bearer: true, key: Some(key) };
        if let Some(key) = said.key.filter(|key| !key.is_empty()) {
            return own(key.to_owned());
        }
        if let Some(said) = said.token.filter(|token| !token.is_empty()) {
            return token(said.to_owned());
        }
        if !may_use_environment(provider, base_url, by_address, env) {
            return Self { key: None, is_bearer: false };
        }
        let known = first(&provider.key_env, env).map(own);
        known
            .or_else(|| first(&provider.bearer_env, env).map(token))
            .unwrap_or(Self { key: None, is_bearer: false })
    }

    fn header(&self, auth: &Auth) -> Option<Header> {
        let key = self.key.as_deref()?;
        let bearer = || Header { name: "authorization".into(), value: format!("Bearer {key}"), secret: true };
        match auth {
            Auth::None => None,
            _ if self.is_bearer => Some(bearer()),
            Auth::Bearer => Some(bearer()),
            Auth::Header(name) => Some(Header { name: name.clone(), value: key.to_owned(), secret: true }),
        }
    }
}

/// Whether a key of the environment may be sent to this address. Where the address alone told who it is, it must be
/// one that nobody else can answer at.
fn may_use_environment(provider: &Provider, base_url: &str, by_address: bool, env: Env<'_>) -> bool {
    let at_home = || own_address(provider, env).is_some_and(|own| own == base_url);
    (!by_address || host::is_trusted(base_url)) && (!provider.key_stays_home || at_home())
}

/// The address to ask, without a slash at its end.
fn base_url(provider: &Provider, said: Option<&str>, env: Env<'_>) -> Result<String, Error> {
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        return Ok(said.trim_end_matches('/').to_owned());
    }
    own_address(provider, env).ok_or_else(|| {
        let (title, variables) = (&provider.title, provider.base_env.join(" or "));
        let advice = if variables.is_empty() { String::new() } else { format!(", or set {variables}") };
        Error::new(ErrorKind::Config, format!("{title} has no address of its own: say api_base{advice}"))
            .param("api_base")
    })
}

/// The provider's address where the user says none.
fn own_address(provider: &Provider, env: Env<'_>) -> Option<String> {
    let known = |name: &str| template::from_env(name, env);
    let usual = || template::fill(provider.base_url.as_deref()?, &known).ok();
    first(&provider.base_env, env).or_else(usual).map(|address| address.trim_end_matches('/').to_owned())
}

fn api_version(provider: &Provider, said: &Overrides<'_>, env: Env<'_>) -> Option<String> {
    let version = provider.version.as_ref()?;
    let said = said.api_version.filter(|version| !version.is_empty()).map(str::to_owned);
    Some(said.or_else(|| first(&version.env, env)).unwrap_or_else(|| version.default.clone().into_owned()))
}

fn first(names: &[Text], env: Env<'_>) -> Option<String> {
    names.iter().find_map(|name| env(name).filter(|value| !value.is_empty()))
}

/// The address without what tells one API of a provider from another.
fn root(base: &str) -> &str {
    ["/v1", "/beta", "/anthropic"].iter().fold(base, |base, tail| base.strip_suffix(tail).unwrap_or(base))
}

/// The address without its path.
fn origin(base: &str) -> &str {
    let start = base.find("://").map_or(0, |at| at + 3);
    base[start..].find('/').map_or(base, |at| &base[..start + at])
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Target");
        shown
            .field("provider", &self.provider)
            .field("model", &self.model)
            .field("ways", &self.ways)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: Cow<'_, str> = if self.secret { "***".into() } else { self.value.as_str().into() };
        write!(f, "{}: {shown}", self.name)
    }
}

#[cfg(test)]
mod tests;
