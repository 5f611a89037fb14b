//! One provider: where it is, what it speaks, how it knows us, and what it does otherwise than others.

use super::Text;
use crate::param::ParamSet;
use crate::pattern::Pattern;
use crate::rules::Rules;

/// A provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// The name in front of the slash of a model string.
    pub name: Text,
    /// The name as people and error messages write it.
    pub title: Text,
    /// The address below which the formats' paths stand; `None` where everybody runs it at another one.
    /// `{env:NAME}` stands for a variable of the environment.
    pub base_url: Option<Text>,
    /// Variables of the environment that name another address, first one wins.
    pub base_env: Vec<Text>,
    /// Variables of the environment that hold the key, first one wins.
    pub key_env: Vec<Text>,
    /// Variables of the environment that hold a token, shown as a bearer however the key is shown.
    pub bearer_env: Vec<Text>,
    /// How keys begin that are shown as a bearer however others are shown, and the headers that then go along.
    pub bearer_keys: Option<(Text, Vec<(Text, Text)>)>,
    /// How the key is shown.
    pub auth: Auth,
    /// Whether it answers without a key.
    pub key_optional: bool,
    /// Whether a key of the environment is kept from addresses other than its own.
    pub key_stays_home: bool,
    /// Headers of every call. `{key}`, `{organization}` and `{env:ONE|OTHER}` are filled in; a header of which
    /// something is not known is left out.
    pub headers: Vec<(Text, Text)>,
    /// What it serves: each operation with the formats it speaks for it, preferred first.
    pub operations: Vec<(Text, Vec<Text>)>,
    /// The format to speak for a request that came in another.
    pub prefer: Vec<(Text, Text)>,
    /// Addresses that tell who it is when nobody says.
    pub known_at: Vec<Text>,
    /// The version of its API, where the address must name one.
    pub version: Option<ApiVersion>,
    /// Where its paths stand, when not below its address: the first that fits.
    pub envelopes: Vec<Envelope>,
    /// What it calls a model: the first that fits. The caller's own name where none does.
    pub names: Vec<Naming>,
    /// The parameters that it supports before any rule.
    pub params: ParamSet,
    /// What it does otherwise than others.
    pub rules: Rules,
    /// What works elsewhere and needs code that is not there yet, in words.
    pub gaps: Vec<Text>,
}

/// How a key is shown to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// A header of this name, in small letters, holds the key.
    Header(Text),
}

/// The version of an API that addresses must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiVersion {
    /// Where nothing is said.
    pub default: Text,
    /// Variables of the environment that say it, first one wins.
    pub env: Vec<Text>,
}

/// Where the paths of some calls stand, and how the key is shown there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Envelope {
    /// For these formats; for all where there are none.
    pub formats: Vec<Text>,
    /// For these versions of the API; for all where there are none.
    pub versions: Vec<Text>,
    /// For addresses at these hosts; for all where there are none.
    pub hosts: Vec<Text>,
    /// For these models; for all where there are none.
    pub models: Vec<Pattern>,
    /// The address: `{base}`, `{root}` (without a last `/v1`, `/beta` or `/anthropic`), `{origin}`, `{model}`,
    /// `{version}` and `{path}` are filled in.
    pub url: Text,
    /// How the key is shown, when not as usual.
    pub auth: Option<Auth>,
}

/// What a provider calls some models.
#[derive(Debug, Clone, PartialEq)]
pub struct Naming {
    /// The models; all where there are none.
    pub models: Vec<Pattern>,
    /// A beginning that is taken off.
    pub strip: Option<Text>,
    /// A beginning that is put on.
    pub prefix: Text,
}

/// A provider that is known by name and cannot be called yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The name in front of the slash of a model string.
    pub name: Text,
    /// The name as people write it.
    pub title: Text,
}

impl Provider {
    /// The formats that it speaks for an operation, preferred first.
    pub fn formats(&self, operation: &str) -> &[Text] {
        self.operations.iter().find(|(name, _)| name == operation).map_or(&[], |(_, formats)| formats)
    }

    /// Whether it must be shown a key.
    pub fn needs_key(&self) -> bool {
        self.auth != Auth::None && !self.key_optional
    }

    /// What this provider calls `model`.
    pub fn model_name(&self, model: &str) -> String {
        match self.names.iter().find(|naming| naming.covers(model)) {
            Some(Naming { models: _, strip, prefix }) => {
                let bare = strip.as_deref().and_then(|strip| model.strip_prefix(strip)).unwrap_or(model);
                format!("{prefix}{bare}")
            }
            None => model.to_owned(),
        }
    }
}

impl Naming {
    fn covers(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.fits(model))
    }
}
