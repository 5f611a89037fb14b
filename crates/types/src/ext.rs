//! What the canonical model does not name but must not lose.

use crate::json::{Fields, JsonError, Kind, RawJson, object};

/// The name of a wire format, such as `openai-chat`: tags what only that format can say again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FormatId(pub &'static str);

impl std::fmt::Display for FormatId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Members that no reader took, in order, as they came, tagged with the format they came from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ext(Option<Box<Members>>);

#[derive(Debug, Clone, PartialEq)]
struct Members {
    origin: FormatId,
    fields: Vec<(Box<str>, RawJson)>,
}

impl Ext {
    /// What is left of `fields` after its readers took theirs.
    pub fn rest_of(fields: &Fields<'_>, origin: FormatId) -> Self {
        Self::new(origin, fields.rest())
    }

    /// These members.
    pub fn new(origin: FormatId, fields: Vec<(Box<str>, RawJson)>) -> Self {
        Self((!fields.is_empty()).then(|| Box::new(Members { origin, fields })))
    }

    /// These members, tagged with their format even when there are none.
    pub fn tagged(origin: FormatId, fields: Vec<(Box<str>, RawJson)>) -> Self {
        Self(Some(Box::new(Members { origin, fields })))
    }

    /// The same members and, as an object under `key`, those of `inner`: what was left inside a member that a
    /// reader took goes back inside it.
    #[must_use]
    pub fn nest(mut self, key: &str, inner: Self) -> Self {
        let Some(inner) = inner.0.filter(|inner| !inner.fields.is_empty()) else { return self };
        let mut text = Vec::new();
        object(&mut text, |out| out.extend(inner.fields.iter().map(|(key, value)| (&**key, value))));
        let members =
            self.0.get_or_insert_with(|| Box::new(Members { origin: inner.origin, fields: Vec::new() }));
        members.fields.push((key.into(), RawJson::from_writer(text)));
        self
    }

    /// What [`Ext::nest`] put under `key`, if it came from `format`.
    #[must_use]
    pub fn inside(&self, format: FormatId, key: &str) -> Self {
        let nested = self.of(format).find(|(name, _)| *name == key).map(|(_, value)| value.value());
        let fields =
            nested.filter(|value| value.kind() == Kind::Object).and_then(|value| value.fields().ok());
        fields.map_or_else(Self::default, |fields| Self::rest_of(&fields, format))
    }

    /// The members, if they came from `format`, without those nested under `keys`.
    pub fn outside(&self, format: FormatId, keys: &[&str]) -> impl Iterator<Item = (&str, &RawJson)> {
        self.of(format).filter(move |(name, _)| !keys.contains(name))
    }

    /// Whether a member of this name came from `format`.
    pub fn holds(&self, format: FormatId, key: &str) -> bool {
        self.of(format).any(|(name, _)| name == key)
    }

    /// Whether nothing is carried.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// What `format` cannot say of members that came from another.
    pub fn lost_to(&self, format: FormatId, kind: LossKind) -> impl Iterator<Item = Loss> {
        let foreign = self.iter().filter(move |_| self.origin() != Some(format));
        foreign.map(move |(key, _)| Loss::new(kind, key))
    }

    /// The format the members came from; `None` when nothing is carried and nothing was tagged.
    pub fn origin(&self) -> Option<FormatId> {
        self.0.as_ref().map(|members| members.origin)
    }

    /// The members, whatever format they came from.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.0.iter().flat_map(|members| &members.fields).map(|(key, value)| (&**key, value))
    }

    /// The members, if they came from `format`; nothing otherwise.
    pub fn of(&self, format: FormatId) -> impl Iterator<Item = (&str, &RawJson)> {
        self.iter().filter(move |_| self.origin() == Some(format))
    }

    /// One member, whatever format it came from.
    pub fn get(&self, key: &str) -> Option<&RawJson> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Takes one member out.
    pub fn take(&mut self, key: &str) -> Option<RawJson> {
        let members = self.0.as_mut()?;
        let at = members.fields.iter().position(|(name, _)| &**name == key)?;
        let (_, value) = members.fields.remove(at);
        if members.fields.is_empty() {
            self.0 = None;
        }
        Some(value)
    }
}

/// Reads objects inside an object and keeps what their readers left, so that nothing inside is lost either.
#[derive(Debug)]
pub struct Rest {
    origin: FormatId,
    inside: Ext,
}

impl Rest {
    /// Nothing read yet.
    pub fn of(origin: FormatId) -> Self {
        Self { origin, inside: Ext::default() }
    }

    /// Takes the object `key`, reads its members and keeps those left.
    ///
    /// # Errors
    /// Another kind of value, or what `read` refuses.
    pub fn object<'a, T>(
        &mut self,
        fields: &mut Fields<'a>,
        key: &str,
        read: impl FnOnce(&mut Fields<'a>) -> Result<T, JsonError>,
    ) -> Result<Option<T>, JsonError> {
        let object =
            fields.object(key, |mut inner| Ok((read(&mut inner)?, Ext::rest_of(&inner, self.origin))))?;
        Ok(object.map(|(value, left)| {
            self.keep(key, left);
            value
        }))
    }

    /// Like [`Rest::object`], for an object that must be there.
    ///
    /// # Errors
    /// Absent or `null`, another kind of value, or what `read` refuses.
    pub fn require<'a, T>(
        &mut self,
        fields: &mut Fields<'a>,
        key: &str,
        read: impl FnOnce(&mut Fields<'a>) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        self.object(fields, key, read)?.ok_or_else(|| JsonError::missing(key))
    }

    /// Keeps what was left of an object that was read elsewhere.
    pub fn keep(&mut self, key: &str, left: Ext) {
        self.inside = std::mem::take(&mut self.inside).nest(key, left);
    }

    /// What was left inside the objects alone, tagged even when that is nothing.
    pub fn inside(self) -> Ext {
        Ext::tagged(self.origin, self.inside.0.map(|members| members.fields).unwrap_or_default())
    }

    /// All that was left: of the object itself, and of those inside it.
    pub fn with(self, fields: &Fields<'_>) -> Ext {
        let own = fields.rest().into_iter();
        let inside = self.inside.0.into_iter().flat_map(|members| members.fields);
        Ext::new(self.origin, own.chain(inside).collect())
    }
}

/// Something that a target could not be told: reported, never silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// How much it matters.
    pub kind: LossKind,
    /// What was lost, as the caller wrote it: a parameter or a path such as `messages[2].content[0]`.
    pub what: String,
}

impl Loss {
    /// A loss of this kind.
    pub fn new(kind: LossKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

/// How much a loss matters. The policy for each is the gateway's (`loss_policy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LossKind {
    /// A request parameter that the target has no name for.
    Parameter,
    /// A sealed part (signature, encrypted reasoning) that only its maker can read.
    Seal,
    /// A tool that the target does not offer.
    Tool,
    /// A part of a message that the target cannot hold.
    Content,
    /// Presentation only: a citation, a cache mark, an identifier.
    Cosmetic,
}

impl LossKind {
    /// The word used in headers and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Seal => "seal",
            Self::Tool => "tool",
            Self::Content => "content",
            Self::Cosmetic => "cosmetic",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: FormatId = FormatId("here");

    fn ext(text: &str) -> Ext {
        Ext::rest_of(&Fields::parse(text).unwrap(), HERE)
    }

    fn shown<'a>(members: impl Iterator<Item = (&'a str, &'a RawJson)>) -> Vec<String> {
        members.map(|(key, value)| format!("{key}={value:?}")).collect()
    }

    #[test]
    fn what_was_left_inside_a_member_goes_back_inside_it() {
        let all = ext(r#"{"a":1}"#).nest("function", ext(r#"{"b":[2]}"#)).nest("empty", Ext::default());
        assert_eq!(shown(all.outside(HERE, &["function"])), ["a=1"]);
        assert_eq!(shown(all.inside(HERE, "function").of(HERE)), ["b=[2]"]);
        assert!(all.inside(HERE, "a").is_empty());
        assert!(all.inside(FormatId("elsewhere"), "function").is_empty());
    }

    #[test]
    fn the_rest_of_an_object_holds_the_rest_of_those_inside() {
        let mut fields = Fields::parse(r#"{"x":1,"function":{"name":"f","y":2},"id":"i"}"#).unwrap();
        let mut rest = Rest::of(HERE);
        let name = rest.require(&mut fields, "function", |function| function.string("name")).unwrap();
        let id = fields.string("id").unwrap();
        assert_eq!((name.as_deref(), id.as_deref()), (Some("f"), Some("i")));
        assert_eq!(shown(rest.with(&fields).iter()), ["x=1", r#"function={"y":2}"#]);
    }
}
