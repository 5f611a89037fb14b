//! What the declaration says about a value: a view of the JSON schema that is made from the structs.

use serde_json::Value as Json;

/// The rule for one value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'s> {
    root: &'s Json,
    here: &'s Json,
}

/// The kinds of values that a file can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Integer,
    Number,
    Boolean,
    List,
    Map,
}

/// How far a setting is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support<'s> {
    Obeyed,
    /// LiteLLM has it, and it has no effect here yet.
    Later {
        /// Whether it keeps something out, so that ignoring it would let something through.
        protects: bool,
    },
    /// LiteLLM has it, and it can have no effect here.
    Moot {
        why: &'s str,
    },
}

impl<'s> Rule<'s> {
    /// The rule for a whole file.
    pub(crate) fn of_file(schema: &'s Json) -> Self {
        Self { root: schema, here: schema }
    }

    /// How far the setting is obeyed.
    pub(crate) fn support(self) -> Support<'s> {
        match (self.text("x-support"), self.text("x-moot")) {
            (Some(_), _) => Support::Later { protects: self.here["x-protects"] == true },
            (None, Some(why)) => Support::Moot { why },
            (None, None) => Support::Obeyed,
        }
    }

    /// What the user is told about it.
    pub(crate) fn description(self) -> Option<&'s str> {
        self.text("description")
    }

    /// The value where nothing is said.
    pub(crate) fn default(self) -> Option<&'s Json> {
        self.here.get("default")
    }

    /// The rules of which one must hold, references followed.
    pub(crate) fn alternatives(self) -> Vec<Self> {
        let here = self.followed();
        match here.here["anyOf"].as_array() {
            Some(rules) => rules.iter().flat_map(|rule| here.below(rule).alternatives()).collect(),
            None if here.here["type"] == "null" => Vec::new(),
            None => vec![here],
        }
    }

    /// What it may be; anything where nothing is returned.
    pub(crate) fn types(self) -> Vec<Type> {
        if self.choices().is_some() {
            return vec![Type::Text];
        }
        match &self.here["type"] {
            Json::String(name) => kind(name).into_iter().collect(),
            Json::Array(names) => names.iter().filter_map(|name| kind(name.as_str()?)).collect(),
            _ => Vec::new(),
        }
    }

    /// The words of which it must be one.
    pub(crate) fn choices(self) -> Option<Vec<&'s str>> {
        if let Some(words) = self.here["enum"].as_array() {
            return Some(words.iter().filter_map(Json::as_str).collect());
        }
        if let Some(word) = self.text("const") {
            return Some(vec![word]);
        }
        let parts = self.here["oneOf"].as_array()?;
        parts
            .iter()
            .map(|part| self.below(part).choices())
            .collect::<Option<Vec<_>>>()
            .map(|words| words.concat())
    }

    /// The smallest and the largest number that it may be.
    pub(crate) fn bounds(self) -> (Option<f64>, Option<f64>) {
        (self.here["minimum"].as_f64(), self.here["maximum"].as_f64())
    }

    /// The name of the shape that its text must have.
    pub(crate) fn format(self) -> Option<&'s str> {
        self.text("format")
    }

    /// The rule for the values of a list.
    pub(crate) fn item(self) -> Option<Self> {
        self.here.get("items").map(|items| self.below(items))
    }

    /// The rule for a key of a mapping.
    pub(crate) fn property(self, key: &str) -> Option<Self> {
        self.here["properties"].get(key).map(|property| self.below(property))
    }

    /// All declared keys, in the order of their declaration.
    pub(crate) fn properties(self) -> impl Iterator<Item = (&'s str, Self)> {
        let properties = self.here["properties"].as_object();
        properties.into_iter().flatten().map(move |(key, rule)| (key.as_str(), self.below(rule)))
    }

    /// The keys that must be there.
    pub(crate) fn required(self) -> impl Iterator<Item = &'s str> {
        self.here["required"].as_array().into_iter().flatten().filter_map(Json::as_str)
    }

    /// The rule for keys that are not declared; none may stand there without one.
    pub(crate) fn others(self) -> Option<Self> {
        self.here
            .get("additionalProperties")
            .filter(|rule| **rule != Json::Bool(false))
            .map(|rule| self.below(rule))
    }

    /// Whether any value is right.
    pub(crate) fn is_open(self) -> bool {
        self.alternatives().iter().any(|rule| rule.types().is_empty())
    }

    /// Where a key of this name is declared, below this rule.
    pub(crate) fn home_of(self, key: &str) -> Option<String> {
        let alternatives = self.alternatives();
        if alternatives.iter().any(|rule| rule.property(key).is_some()) {
            return Some(String::new());
        }
        alternatives.iter().find_map(|rule| {
            let listed = rule.item().and_then(|item| item.home_of(key));
            let below = || rule.properties().find_map(|(name, rule)| Some(joined(name, &rule.home_of(key)?)));
            listed.or_else(below)
        })
    }

    /// Where it stands in the schema.
    pub(crate) fn place(self) -> &'s Json {
        self.here
    }

    fn followed(self) -> Self {
        let Some(target) = self.text("$ref").and_then(|path| path.strip_prefix('#')) else { return self };
        self.root.pointer(target).map_or(self, |target| self.below(target).followed())
    }

    fn below(self, here: &'s Json) -> Self {
        Self { here, ..self }
    }

    fn text(self, key: &str) -> Option<&'s str> {
        self.here[key].as_str()
    }
}

fn joined(name: &str, rest: &str) -> String {
    if rest.is_empty() { name.to_owned() } else { format!("{name}.{rest}") }
}

fn kind(name: &str) -> Option<Type> {
    match name {
        "string" => Some(Type::Text),
        "integer" => Some(Type::Integer),
        "number" => Some(Type::Number),
        "boolean" => Some(Type::Boolean),
        "array" => Some(Type::List),
        "object" => Some(Type::Map),
        _ => None,
    }
}

impl Type {
    /// The kind in a user's words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Map => "a mapping",
        }
    }
}
