//! What a provider or a family supports, as people write it down.

use std::collections::BTreeMap;

use ferrolite_types::RawJson;
use serde::Deserialize;

use super::{Wrong, texts};
use crate::catalogue::Text;
use crate::param::{Param, ParamSet};
use crate::rules::{CacheMarks, Instead, Known, Rewrite, Rules, Temperature, When};

/// What is supported, and how it is wanted. Parameters go by OpenAI's names.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredRules {
    /// What is supported where `only` is not said.
    pub base: Base,
    /// All that is supported.
    pub only: Option<Vec<String>>,
    /// What is supported too.
    pub with: Vec<String>,
    /// What is not supported.
    pub without: Vec<String>,
    /// What is taken out without a word: the answer is the same without it.
    pub quiet: Vec<String>,
    /// What depends on what is known of the model.
    pub when: Vec<DeclaredWhen>,
    /// Parameters that go by another name here.
    pub rename: BTreeMap<String, String>,
    /// Values that are said in other words here.
    pub rewrite: Vec<DeclaredRewrite>,
    /// The temperatures that are taken.
    pub temperature: DeclaredTemperature,
    /// The models think unless told not to, and take sampling parameters only then. The efforts named here are
    /// refused unless they are known to be supported.
    pub reasoner: Option<Vec<String>>,
    /// Places of members that are taken out: `tools[*].function.strict`.
    pub strip: Vec<String>,
    /// Whether the role `developer` is known; else `system` stands for it.
    pub developer_role: bool,
    /// Whether a content that is a list of texts must be one string.
    pub flat_text: bool,
    /// Whether `reasoning_effort` may be an object with an effort and a summary; else the effort is sent alone.
    pub effort_objects: bool,
    /// What becomes of `cache_control` in messages and tools; it is taken out where nothing is said.
    pub cache_marks: Option<CacheWord>,
}

/// What becomes of `cache_control` in messages and tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CacheWord {
    /// It is taken out.
    TakenOut,
    /// It is sent.
    Kept,
    /// It is sent, but not to the provider's own address.
    KeptElsewhere,
}

/// What is supported where nothing more is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// OpenAI's parameters but for a few of OpenAI's own models.
    #[default]
    Usual,
    /// The same, tools and `reasoning_effort` only for models that are known to take them.
    Listed,
}

/// A change that depends on a fact about the model.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclaredWhen {
    /// The fact's name, as the price map has it: `supports_reasoning`.
    pub fact: String,
    /// What must be known; `yes` where nothing is said.
    #[serde(default)]
    pub is: KnownWord,
    /// Then these are supported too,
    #[serde(default)]
    pub with: Vec<String>,
    /// these are not,
    #[serde(default)]
    pub without: Vec<String>,
    /// and these are taken out without a word.
    #[serde(default)]
    pub quiet: Vec<String>,
}

/// What is known of a fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KnownWord {
    /// It is so.
    #[default]
    Yes,
    /// It is not so.
    No,
    /// The model is listed, and not as being so.
    NotSaid,
}

/// A value that is said in other words.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclaredRewrite {
    /// The parameter.
    pub param: String,
    /// The values (or their `type` or `effort`, where they are objects); any where nothing is said.
    #[serde(default)]
    pub is: Vec<String>,
    /// The member that says it here; the value is lost where there is none.
    #[serde(default)]
    pub set: Option<String>,
    /// The JSON text of that member.
    #[serde(default)]
    pub json: Option<String>,
    /// Whether such a request is refused instead.
    #[serde(default)]
    pub refuse: bool,
}

/// The temperatures that are taken; those outside are moved to the nearest.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredTemperature {
    /// The lowest.
    pub min: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
    /// The lowest when several answers are asked for.
    pub min_with_many: Option<f64>,
    /// The only one; others are refused, not moved.
    pub only: Option<f64>,
}

const TOOLS: ParamSet = ParamSet::of(&[
    Param::Tools,
    Param::ToolChoice,
    Param::Functions,
    Param::FunctionCall,
    Param::ParallelToolCalls,
]);

impl Base {
    fn params(self) -> ParamSet {
        match self {
            Self::Usual => ParamSet::USUAL,
            Self::Listed => ParamSet::USUAL.without(TOOLS),
        }
    }

    fn when(self) -> Vec<When> {
        let given = |fact: &'static str, with| When {
            fact: fact.into(),
            is: Known::Yes,
            with,
            without: ParamSet::EMPTY,
            quiet: ParamSet::EMPTY,
        };
        match self {
            Self::Usual => Vec::new(),
            Self::Listed => vec![
                given("supports_function_calling", TOOLS),
                given("supports_reasoning", ParamSet::of(&[Param::ReasoningEffort])),
            ],
        }
    }
}

impl DeclaredRules {
    /// What is supported before any rule, and the rules.
    pub(super) fn lower(self) -> Result<(ParamSet, Rules), Wrong> {
        let Self {
            base,
            only,
            with,
            without,
            quiet,
            when,
            rename,
            rewrite,
            temperature: DeclaredTemperature { min, max, min_with_many, only: only_temperature },
            reasoner,
            strip,
            developer_role,
            flat_text,
            effort_objects,
            cache_marks,
        } = self;
        let rules = Rules {
            with: params(&with)?,
            without: params(&without)?,
            quiet: params(&quiet)?,
            when: base
                .when()
                .into_iter()
                .map(Ok)
                .chain(when.into_iter().map(DeclaredWhen::lower))
                .collect::<Result<_, _>>()?,
            rename: rename
                .into_iter()
                .map(|(from, to)| Ok((param(&from)?, Text::from(to))))
                .collect::<Result<_, _>>()?,
            rewrite: rewrite.into_iter().map(DeclaredRewrite::lower).collect::<Result<_, _>>()?,
            temperature: Temperature { min, max, min_with_many, only: only_temperature },
            reasoner: reasoner.map(texts),
            strip: texts(strip),
            roles: if developer_role { Vec::new() } else { vec![("developer".into(), "system".into())] },
            flat_text,
            effort_objects,
            cache_marks: cache_marks.map(CacheWord::lower),
        };
        let supported = only.as_deref().map(params).transpose()?.unwrap_or_else(|| base.params());
        Ok((supported, rules))
    }
}

impl CacheWord {
    fn lower(self) -> CacheMarks {
        match self {
            Self::TakenOut => CacheMarks::TakenOut,
            Self::Kept => CacheMarks::Kept,
            Self::KeptElsewhere => CacheMarks::KeptElsewhere,
        }
    }
}

impl DeclaredWhen {
    fn lower(self) -> Result<When, Wrong> {
        let Self { fact, is, with, without, quiet } = self;
        let is = match is {
            KnownWord::Yes => Known::Yes,
            KnownWord::No => Known::No,
            KnownWord::NotSaid => Known::NotSaid,
        };
        Ok(When {
            fact: fact.into(),
            is,
            with: params(&with)?,
            without: params(&without)?,
            quiet: params(&quiet)?,
        })
    }
}

impl DeclaredRewrite {
    fn lower(self) -> Result<Rewrite, Wrong> {
        let Self { param: name, is, set, json, refuse } = self;
        let to = match (set, json) {
            (None, None) if refuse => Instead::Refusal,
            (None, None) => Instead::Nothing,
            (Some(set), Some(json)) if RawJson::parse(&json).is_ok() => {
                Instead::Member(set.into(), json.into())
            }
            (_, json) => {
                let found = json.unwrap_or_default();
                return Err(Wrong::new("rewrite.json", &found, "a JSON text beside `set`, or neither"));
            }
        };
        Ok(Rewrite { param: param(&name)?, is: texts(is), to })
    }
}

fn params(names: &[String]) -> Result<ParamSet, Wrong> {
    names.iter().map(|name| param(name)).collect()
}

fn param(name: &str) -> Result<Param, Wrong> {
    Param::named(name).ok_or_else(|| {
        let known: Vec<&str> = Param::ALL.iter().map(|param| param.as_str()).collect();
        Wrong::new("params", name, format!("one of {}", known.join(", ")))
    })
}
