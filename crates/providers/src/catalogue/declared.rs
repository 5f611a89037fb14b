//! A provider as people write it down: one file of the catalogue, or one entry of `custom_providers` in a
//! config.yaml. Both are the same, so that what is tried in a configuration can become a file.

mod family;
mod rules;

use std::collections::BTreeMap;

use ferrolite_types::{Error, ErrorKind};
use http::{HeaderName, Uri};
use serde::Deserialize;

use super::Text;
use super::provider::{ApiVersion, Auth, Envelope, Naming, Pending, Provider};
use crate::pattern::Pattern;

pub use family::{DeclaredFamily, Fact};
pub use rules::{
    Base, CacheWord, DeclaredRewrite, DeclaredRules, DeclaredTemperature, DeclaredWhen, KnownWord,
};

/// A provider that speaks a format we know, in the words of whoever adds it.
///
/// ```
/// use ferrolite_providers::catalogue::DeclaredProvider;
///
/// let declared = DeclaredProvider {
///     name: "acme".to_owned(),
///     base_url: Some("https://llm.acme.example/v1".to_owned()),
///     key_env: vec!["ACME_API_KEY".to_owned()],
///     ..DeclaredProvider::default()
/// };
/// assert_eq!(declared.lower().expect("is complete").title, "acme");
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredProvider {
    /// The name in front of the slash of a model string. Letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The name as people and error messages write it; the name where nothing is said.
    pub title: Option<String>,
    /// The address below which `/chat/completions` and the like stand, such as `https://host/v1`.
    /// `{env:NAME}` stands for a variable of the environment.
    pub base_url: Option<String>,
    /// Variables of the environment that name another address, first one wins.
    pub base_env: Vec<String>,
    /// Variables of the environment that hold the key, first one wins.
    pub key_env: Vec<String>,
    /// Variables of the environment that hold a token, shown as a bearer however the key is shown.
    pub bearer_env: Vec<String>,
    /// How keys begin that are shown as a bearer however others are shown.
    pub bearer_keys: Option<String>,
    /// Headers that go along with such a key.
    pub bearer_headers: BTreeMap<String, String>,
    /// How the key is shown: `bearer`, `none`, or the name of the header that holds it. `bearer` where nothing
    /// is said.
    pub auth: Option<String>,
    /// Whether it answers without a key.
    pub key_optional: bool,
    /// Whether a key of the environment is kept from addresses other than its own.
    pub key_stays_home: bool,
    /// Headers of every call. `{key}`, `{organization}` and `{env:ONE|OTHER}` are filled in; a header of which
    /// something is not known is left out.
    pub headers: BTreeMap<String, String>,
    /// The formats that it speaks for chat, preferred first; `openai-chat` where nothing is said.
    pub chat: Option<Vec<String>>,
    /// The formats that it speaks for other operations, preferred first.
    pub formats: BTreeMap<String, Vec<String>>,
    /// The format to speak for a request that came in another.
    pub prefer: BTreeMap<String, String>,
    /// Addresses (host and path) that tell who it is when nobody says.
    pub known_at: Vec<String>,
    /// The version of its API, where the address must name one.
    pub version: Option<DeclaredVersion>,
    /// Where its paths stand, when not below its address: the first that fits.
    pub envelope: Vec<DeclaredEnvelope>,
    /// What it calls a model: the first that fits; the caller's own name where none does.
    pub names: Vec<DeclaredNaming>,
    /// What it supports, and how it wants it.
    pub params: DeclaredRules,
    /// What works elsewhere and needs code that is not there yet, in words.
    pub gaps: Vec<String>,
}

/// The version of an API that addresses must name.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclaredVersion {
    /// Where nothing is said.
    pub default: String,
    /// Variables of the environment that say it, first one wins.
    #[serde(default)]
    pub env: Vec<String>,
}

/// Where the paths of some calls stand, and how the key is shown there.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredEnvelope {
    /// For these formats; for all where nothing is said.
    pub formats: Vec<String>,
    /// For these versions of the API; for all where nothing is said.
    pub versions: Vec<String>,
    /// For addresses at these hosts; for all where nothing is said.
    pub hosts: Vec<String>,
    /// For models of these names (`*` stands for any text); for all where nothing is said.
    pub models: Vec<String>,
    /// The address: `{base}`, `{root}` (without a last `/v1`, `/beta` or `/anthropic`), `{origin}`, `{model}`,
    /// `{version}` and `{path}` are filled in.
    pub url: String,
    /// How the key is shown, when not as usual.
    pub auth: Option<String>,
}

/// What a provider calls some models.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredNaming {
    /// Models of these names (`*` stands for any text); all where nothing is said.
    pub models: Vec<String>,
    /// A beginning that is taken off.
    pub strip: Option<String>,
    /// A beginning that is put on.
    pub prefix: String,
}

/// The providers that are known by name and cannot be called yet, by name, with the title.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct DeclaredPending(pub BTreeMap<String, String>);

impl DeclaredPending {
    /// What the catalogue keeps of them.
    pub fn lower(self) -> Vec<Pending> {
        self.0.into_iter().map(|(name, title)| Pending { name: name.into(), title: title.into() }).collect()
    }
}

impl DeclaredProvider {
    /// What is meant.
    ///
    /// # Errors
    /// `Config`: a name, an address, a header, a parameter or a JSON text that is none.
    pub fn lower(self) -> Result<Provider, Error> {
        let name = self.name.clone();
        self.lower_parts().map_err(|wrong| wrong.about(&name))
    }

    fn lower_parts(self) -> Result<Provider, Wrong> {
        let Self {
            name,
            title,
            base_url,
            base_env,
            key_env,
            bearer_env,
            bearer_keys,
            bearer_headers,
            auth,
            key_optional,
            key_stays_home,
            headers,
            chat,
            formats,
            prefer,
            known_at,
            version,
            envelope,
            names,
            params,
            gaps,
        } = self;
        let (supported, rules) = params.lower()?;
        Ok(Provider {
            title: title.unwrap_or_else(|| name.clone()).into(),
            name: checked_name(name)?,
            base_url: base_url.map(checked_address).transpose()?,
            base_env: texts(base_env),
            key_env: texts(key_env),
            bearer_env: texts(bearer_env),
            bearer_keys: bearer_keys
                .map(|start| Ok((start.into(), checked_headers(bearer_headers)?)))
                .transpose()?,
            auth: auth.as_deref().map_or(Ok(Auth::Bearer), lower_auth)?,
            key_optional,
            key_stays_home,
            headers: checked_headers(headers)?,
            operations: operations(chat, formats),
            prefer: pairs(prefer),
            known_at: texts(known_at),
            version: version.map(|DeclaredVersion { default, env }| ApiVersion {
                default: default.into(),
                env: texts(env),
            }),
            envelopes: envelope.into_iter().map(DeclaredEnvelope::lower).collect::<Result<_, _>>()?,
            names: names.into_iter().map(DeclaredNaming::lower).collect(),
            params: supported,
            rules,
            gaps: texts(gaps),
        })
    }
}

impl DeclaredEnvelope {
    fn lower(self) -> Result<Envelope, Wrong> {
        let Self { formats, versions, hosts, models, url, auth } = self;
        if !url.contains("{path}") {
            return Err(Wrong::new("envelope.url", &url, "an address with {path} in it"));
        }
        Ok(Envelope {
            formats: texts(formats),
            versions: texts(versions),
            hosts: texts(hosts),
            models: patterns(models),
            url: url.into(),
            auth: auth.as_deref().map(lower_auth).transpose()?,
        })
    }
}

impl DeclaredNaming {
    fn lower(self) -> Naming {
        let Self { models, strip, prefix } = self;
        Naming { models: patterns(models), strip: strip.map(Into::into), prefix: prefix.into() }
    }
}

/// What is wrong with a declaration.
#[derive(Debug)]
pub(super) struct Wrong {
    member: &'static str,
    found: String,
    expected: String,
}

impl Wrong {
    pub(super) fn new(member: &'static str, found: &str, expected: impl Into<String>) -> Self {
        Self { member, found: found.to_owned(), expected: expected.into() }
    }

    pub(super) fn about(self, whom: &str) -> Error {
        let Self { member, found, expected } = self;
        Error::new(ErrorKind::Config, format!("{whom}: {member} is \"{found}\"; expected {expected}"))
            .param(member)
    }
}

fn checked_name(name: String) -> Result<Text, Wrong> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match !name.is_empty() && name.bytes().all(allowed) {
        true => Ok(name.into()),
        false => Err(Wrong::new("name", &name, "letters, digits, \"-\", \"_\" and \".\"")),
    }
}

fn checked_address(address: String) -> Result<Text, Wrong> {
    let plain = address.replace(['{', '}'], "");
    let host = plain.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some() && uri.host().is_some());
    match host {
        Some(_) => Ok(address.into()),
        None => Err(Wrong::new("base_url", &address, "an address such as https://host/v1")),
    }
}

fn checked_headers(headers: BTreeMap<String, String>) -> Result<Vec<(Text, Text)>, Wrong> {
    let checked = |(name, value): (String, String)| Ok((header_name(&name)?, Text::from(value)));
    headers.into_iter().map(checked).collect()
}

fn lower_auth(word: &str) -> Result<Auth, Wrong> {
    match word {
        "none" => Ok(Auth::None),
        "bearer" => Ok(Auth::Bearer),
        header => header_name(header).map(Auth::Header),
    }
}

fn header_name(name: &str) -> Result<Text, Wrong> {
    let small = name.to_ascii_lowercase();
    match HeaderName::from_lowercase(small.as_bytes()) {
        Ok(_) => Ok(small.into()),
        Err(_) => Err(Wrong::new("headers", name, "the name of an HTTP header")),
    }
}

fn operations(chat: Option<Vec<String>>, others: BTreeMap<String, Vec<String>>) -> Vec<(Text, Vec<Text>)> {
    let chat = chat.unwrap_or_else(|| vec!["openai-chat".to_owned()]);
    let chat = (!chat.is_empty()).then(|| ("chat".into(), texts(chat)));
    let others = others.into_iter().map(|(operation, formats)| (operation.into(), texts(formats)));
    chat.into_iter().chain(others).collect()
}

pub(super) fn texts(texts: Vec<String>) -> Vec<Text> {
    texts.into_iter().map(Text::from).collect()
}

pub(super) fn patterns(patterns: Vec<String>) -> Vec<Pattern> {
    patterns.into_iter().map(|pattern| Pattern(pattern.into())).collect()
}

fn pairs(pairs: BTreeMap<String, String>) -> Vec<(Text, Text)> {
    pairs.into_iter().map(|(one, other)| (one.into(), other.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(change: impl FnOnce(&mut DeclaredProvider)) -> Result<Provider, String> {
        let mut declared = DeclaredProvider { name: "acme".to_owned(), ..DeclaredProvider::default() };
        change(&mut declared);
        declared.lower().map_err(|error| error.message)
    }

    #[test]
    fn little_must_be_said() {
        let acme = declared(|_| {}).unwrap();
        assert_eq!((acme.title.as_ref(), &acme.auth), ("acme", &Auth::Bearer));
        assert_eq!(acme.formats("chat"), ["openai-chat"]);
        assert!(acme.params.has(crate::Param::Tools));
    }

    #[test]
    fn mistakes_name_the_provider_the_member_and_what_would_be_right() {
        let wrong = declared(|acme| acme.base_url = Some("llm.acme.example".to_owned())).unwrap_err();
        assert_eq!(
            wrong,
            "acme: base_url is \"llm.acme.example\"; expected an address such as https://host/v1"
        );
        assert!(declared(|acme| acme.name = "a/b".to_owned()).unwrap_err().contains("name is \"a/b\""));
        assert!(declared(|acme| acme.auth = Some("x key".to_owned())).unwrap_err().contains("HTTP header"));
        let wrong = declared(|acme| acme.params.without = vec!["tool".to_owned()]).unwrap_err();
        assert!(wrong.contains("params is \"tool\""), "{wrong}");
        let envelope = DeclaredEnvelope { url: "{base}/x".to_owned(), ..DeclaredEnvelope::default() };
        assert!(declared(|acme| acme.envelope = vec![envelope]).unwrap_err().contains("{path}"));
    }
}
