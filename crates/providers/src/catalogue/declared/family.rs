//! A family of models as people write it down.

use std::collections::BTreeMap;

use ferrolite_types::{Error, RawJson};
use serde::Deserialize;

use super::{DeclaredRules, Wrong, patterns, texts};
use crate::catalogue::Text;
use crate::catalogue::family::Family;
use crate::pattern::Version;

/// A family of models: what is true of all its members.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredFamily {
    /// The names of its members, as patterns.
    pub models: Vec<String>,
    /// Names that look like it and are not.
    pub except: Vec<String>,
    /// The providers where what is said here is true; all where nothing is said.
    pub providers: Vec<String>,
    /// The first version that is meant.
    pub since: Option<String>,
    /// The first version that is not meant any more.
    pub before: Option<String>,
    /// Who serves its members when a name says no provider.
    pub route: Option<String>,
    /// What is known of its members where the price map has no entry.
    pub facts: BTreeMap<String, Fact>,
    /// What is known of its members also where the price map has an entry that does not say.
    pub assured: BTreeMap<String, Fact>,
    /// What its members take otherwise than others.
    pub params: DeclaredRules,
}

/// A fact about a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Whether it is so.
    Flag(bool),
    /// How much.
    Number(u64),
    /// What.
    Word(String),
}

impl DeclaredFamily {
    /// What is meant.
    ///
    /// # Errors
    /// `Config`: a version, a parameter or a JSON text that is none.
    pub fn lower(self) -> Result<Family, Error> {
        let whom = self.models.join(", ");
        self.lower_parts().map_err(|wrong| wrong.about(&whom))
    }

    fn lower_parts(self) -> Result<Family, Wrong> {
        let Self { models, except, providers, since, before, route, facts, assured, params } = self;
        if params.only.is_some() {
            return Err(Wrong::new(
                "params.only",
                "",
                "`with` and `without`: only a provider has a whole list",
            ));
        }
        // Which roles there are is the provider's to say.
        let (_, rules) = DeclaredRules { developer_role: true, ..params }.lower()?;
        Ok(Family {
            models: patterns(models),
            except: patterns(except),
            providers: texts(providers),
            since: since.as_deref().map(version).transpose()?,
            before: before.as_deref().map(version).transpose()?,
            route: route.map(Into::into),
            facts: facts.into_iter().map(lower_fact).collect(),
            assured: assured.into_iter().map(lower_fact).collect(),
            rules,
        })
    }
}

fn version(text: &str) -> Result<Version, Wrong> {
    Version::parse(text).ok_or_else(|| Wrong::new("version", text, "a version such as 4 or 4.6"))
}

fn lower_fact((name, fact): (String, Fact)) -> (Text, Text) {
    let json = match fact {
        Fact::Flag(flag) => flag.to_string(),
        Fact::Number(number) => number.to_string(),
        Fact::Word(word) => RawJson::string(&word).as_str().to_owned(),
    };
    (name.into(), json.into())
}
