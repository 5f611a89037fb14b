//! JSON schemas as Google takes them: a subset of OpenAPI's, without references, with one way to say "or null".
//!
//! Nothing is built but the text that is written. Schemas come from callers, so what their references can grow
//! to is bounded.

use std::borrow::Cow;

use ferrolite_types::RawJson;
use ferrolite_types::json::{Array, Fields, Kind, Object, Slot, Value, array, object};

/// How many references may be open inside one another.
const DEEPEST: usize = 32;

/// How much text references may put in place of themselves; behind that a schema says "an object" and no more.
const MOST: usize = 1 << 20;

/// Members that are carried as they are.
const PLAIN: &[&str] = &[
    "default",
    "example",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
];

/// Members that only objects and arrays have.
const OF_CONTAINERS: &[&str] =
    &["properties", "required", "items", "minItems", "maxItems", "minProperties", "maxProperties"];

/// Reads Google's schema as JSON schema: its types are in lower case, and the order of properties is their own.
pub(super) fn read(value: Value<'_>) -> RawJson {
    let mut out = Vec::with_capacity(value.text().len());
    match value.kind() {
        Kind::Object => object(&mut out, |out| read_members(value, out)),
        Kind::Array => array(&mut out, |out| read_items(value, out)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => return value.to_raw(),
    }
    RawJson::from_writer(out)
}

fn read_members(value: Value<'_>, out: &mut Object<'_>) {
    let Ok(fields) = value.fields() else { return };
    for (key, value) in fields.rest() {
        let value = value.value();
        match (&*key, value.as_str()) {
            ("propertyOrdering" | "property_ordering", _) => {}
            ("type", Some(word)) => out.field(&key).text(&word.to_ascii_lowercase()),
            _ => read_into(value, out.field(&key)),
        }
    }
}

fn read_items(value: Value<'_>, out: &mut Array<'_>) {
    value.items().into_iter().flatten().for_each(|item| read_into(item, out.item()));
}

fn read_into(value: Value<'_>, slot: Slot<'_>) {
    match value.kind() {
        Kind::Object => slot.object(|out| read_members(value, out)),
        Kind::Array => slot.array(|out| read_items(value, out)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => slot.raw(&value.to_raw()),
    }
}

/// Writes JSON schema in Google's subset; `ordered` keeps the order of properties, which Google otherwise does
/// not.
pub(super) fn write(schema: &RawJson, ordered: bool) -> RawJson {
    let mut out = Vec::with_capacity(schema.as_str().len());
    let mut writer = Writer { defined: Vec::new(), open: Vec::new(), followed: 0, among: 0, ordered };
    object(&mut out, |out| writer.schema(schema.value(), Said::default(), out));
    RawJson::from_writer(out)
}

/// What is said of a schema by what holds it.
#[derive(Clone, Default)]
struct Said<'a> {
    nullable: bool,
    title: Option<Cow<'a, str>>,
    description: Option<Cow<'a, str>>,
}

/// One way in which a schema can be met.
#[derive(Clone, Copy)]
enum Way<'a> {
    Schema(Value<'a>),
    /// One word of a list of types.
    Type(Value<'a>),
}

struct Writer<'a> {
    /// The definitions in sight; the last of a name counts.
    defined: Vec<(Cow<'a, str>, Value<'a>)>,
    /// The references under way, so that none is followed into itself.
    open: Vec<Cow<'a, str>>,
    /// The length of the texts that references named.
    followed: usize,
    /// How many lists of ways are open: only outside of them "or null" becomes a mark, as LiteLLM has it.
    among: usize,
    ordered: bool,
}

impl<'a> Writer<'a> {
    fn schema(&mut self, value: Value<'a>, said: Said<'a>, out: &mut Object<'_>) {
        let Ok(fields) = value.fields() else { return write_any_object(&said, out) };
        let before = self.defined.len();
        self.define(&fields);
        match fields.peek_str("$ref") {
            Some(reference) => self.reference(&reference, said, out),
            None => self.written(&fields, said, out),
        }
        self.defined.truncate(before);
    }

    fn define(&mut self, fields: &Fields<'a>) {
        for key in ["$defs", "definitions"] {
            let Some(definitions) = fields.peek(key).and_then(|value| value.fields().ok()) else { continue };
            let names: Vec<Cow<'a, str>> = definitions.keys().collect();
            let found = names.into_iter().filter_map(|name| Some((name.clone(), definitions.peek(&name)?)));
            self.defined.extend(found);
        }
    }

    fn reference(&mut self, reference: &str, said: Said<'a>, out: &mut Object<'_>) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let found = self.defined.iter().rev().find(|(known, _)| known == name).cloned();
        let bounded = self.open.len() < DEEPEST && self.followed < MOST;
        match found {
            Some((name, target)) if bounded && !self.open.contains(&name) => {
                self.followed += target.text().len();
                self.open.push(name);
                self.schema(target, said, out);
                self.open.pop();
            }
            _ => write_any_object(&said, out),
        }
    }

    fn written(&mut self, fields: &Fields<'a>, said: Said<'a>, out: &mut Object<'_>) {
        match ways(fields) {
            Some(ways) => self.any_of(fields, &ways, said, out),
            None => self.plain(fields, None, &said, out),
        }
    }

    /// Several ways; nothing may stand beside them, so what is said of all is said of each.
    fn any_of(&mut self, fields: &Fields<'a>, ways: &[Way<'a>], said: Said<'a>, out: &mut Object<'_>) {
        let marks = |way: &Way<'_>, among: usize| among == 0 && way.is_null_schema();
        let each = Said {
            nullable: said.nullable || ways.iter().any(|way| marks(way, self.among)),
            title: said.title.or(fields.peek_str("title")),
            description: said.description.or(fields.peek_str("description")),
        };
        let kept: Vec<&Way<'a>> = ways.iter().filter(|way| !marks(way, self.among)).collect();
        self.among += 1;
        out.field("anyOf").array(|list| {
            for way in kept {
                list.item().object(|out| match *way {
                    Way::Schema(value) => self.schema(value, each.clone(), out),
                    Way::Type(word) => self.plain(fields, Some(word), &each, out),
                });
            }
            if list.is_empty() {
                list.item().object(|out| out.field("type").text("null"));
            }
        });
        self.among -= 1;
    }

    /// One way, of this type where its own is a list.
    fn plain(&mut self, fields: &Fields<'a>, word: Option<Value<'a>>, said: &Said<'_>, out: &mut Object<'_>) {
        let own = word.is_none();
        let word = word.or_else(|| lone_type(fields));
        let kind = word.and_then(Value::as_str);
        let container = matches!(kind.as_deref(), None | Some("object" | "array"));
        let properties =
            fields.peek("properties").and_then(|value| value.fields().ok()).filter(|_| own || container);
        let kind = if properties.is_some() && own { None } else { kind };
        out.field("type").text(kind.as_deref().unwrap_or("object"));
        said.write(fields, own, out);
        if own {
            write_format(fields, out);
            write_enum(fields, kind.as_deref(), out);
        }
        let carried = PLAIN.iter().filter(|key| own || (container && OF_CONTAINERS.contains(key)));
        let carried = carried.filter(|key| !(said.nullable && **key == "nullable"));
        carried.for_each(|key| out.maybe_raw(key, fields.peek(key).map(Value::to_raw).as_ref()));
        if container {
            self.properties(fields, properties, out);
        }
        if kind.as_deref() == Some("array") {
            self.items(fields, out);
        }
    }

    /// Google takes no empty list of properties.
    fn properties(&mut self, fields: &Fields<'a>, properties: Option<Fields<'a>>, out: &mut Object<'_>) {
        let names: Vec<Cow<'a, str>> = properties.iter().flat_map(Fields::keys).collect();
        let Some(properties) = properties.filter(|_| !names.is_empty()) else {
            if fields.peek("properties").is_none() {
                out.maybe_raw("required", fields.peek("required").map(Value::to_raw).as_ref());
            }
            return;
        };
        out.field("properties").object(|out| {
            for name in &names {
                let Some(value) = properties.peek(name) else { continue };
                out.field(name).object(|out| self.schema(value, Said::default(), out));
            }
        });
        out.maybe_raw("required", fields.peek("required").map(Value::to_raw).as_ref());
        match fields.peek("propertyOrdering") {
            Some(order) => out.field("propertyOrdering").raw(&order.to_raw()),
            None if self.ordered => {
                out.field("propertyOrdering")
                    .array(|list| names.iter().for_each(|name| list.item().text(name)));
            }
            None => {}
        }
    }

    /// Google demands that an array says of what.
    fn items(&mut self, fields: &Fields<'a>, out: &mut Object<'_>) {
        out.field("items").object(|out| match fields.peek("items") {
            Some(items) => self.schema(items, Said::default(), out),
            None => out.field("type").text("object"),
        });
    }
}

impl Way<'_> {
    /// "Or null" among schemas; among types it stays a type, as LiteLLM has it.
    fn is_null_schema(&self) -> bool {
        match self {
            Self::Schema(value) => {
                value.fields().is_ok_and(|fields| fields.peek_str("type").as_deref() == Some("null"))
            }
            Self::Type(_) => false,
        }
    }
}

impl Said<'_> {
    fn write(&self, fields: &Fields<'_>, own: bool, out: &mut Object<'_>) {
        let of = |key: &str| fields.peek_str(key).filter(|_| own);
        out.maybe_text("title", self.title.as_deref().or(of("title").as_deref()));
        out.maybe_text("description", self.description.as_deref().or(of("description").as_deref()));
        if self.nullable {
            out.field("nullable").bool(true);
        }
    }
}

/// The ways in which a schema can be met, where it names several.
fn ways<'a>(fields: &Fields<'a>) -> Option<Vec<Way<'a>>> {
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(schemas) = fields.peek(key).and_then(|value| value.items().ok()) {
            return Some(schemas.map(Way::Schema).collect());
        }
    }
    let types: Vec<Value<'a>> = fields.peek("type")?.items().ok()?.collect();
    (types.len() > 1).then(|| types.into_iter().map(Way::Type).collect())
}

/// The one type of a schema, be it in a list.
fn lone_type<'a>(fields: &Fields<'a>) -> Option<Value<'a>> {
    let word = fields.peek("type")?;
    match word.items() {
        Ok(mut words) => words.next(),
        Err(_) => Some(word),
    }
}

fn write_any_object(said: &Said<'_>, out: &mut Object<'_>) {
    out.field("type").text("object");
    out.maybe_text("title", said.title.as_deref());
    out.maybe_text("description", said.description.as_deref());
    if said.nullable {
        out.field("nullable").bool(true);
    }
}

fn write_format(fields: &Fields<'_>, out: &mut Object<'_>) {
    if let Some(format @ ("enum" | "date-time")) = fields.peek_str("format").as_deref() {
        out.field("format").text(format);
    }
}

/// Google takes lists of words only, and no empty word.
fn write_enum(fields: &Fields<'_>, kind: Option<&str>, out: &mut Object<'_>) {
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("string")) {
        return;
    }
    let words = fields.peek("enum").and_then(|value| value.items().ok()).into_iter().flatten();
    let words: Vec<Cow<'_, str>> = words.filter_map(Value::as_str).filter(|word| !word.is_empty()).collect();
    if !words.is_empty() {
        out.field("enum").array(|list| words.iter().for_each(|word| list.item().text(word)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> serde_json::Value {
        let schema = write(&RawJson::parse(text).unwrap(), false);
        serde_json::from_str(schema.as_str()).unwrap()
    }

    #[track_caller]
    fn becomes(schema: &str, expected: &str) {
        assert_eq!(written(schema), serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{schema}");
    }

    #[test]
    fn references_are_replaced_by_what_they_name() {
        becomes(
            r##"{"type":"object","$defs":{"Leg":{"type":"object","properties":{"km":{"type":"number"}}}},
                "properties":{"legs":{"type":"array","items":{"$ref":"#/$defs/Leg"}}}}"##,
            r#"{"type":"object","properties":{"legs":{"type":"array","items":{"type":"object","properties":{"km":{"type":"number"}}}}}}"#,
        );
        becomes(
            r##"{"type":"object","definitions":{"Q":{"type":"string"}},"properties":{"x":{"$ref":"#/definitions/Q","description":"beside"}}}"##,
            r#"{"type":"object","properties":{"x":{"type":"string"}}}"#,
        );
    }

    #[test]
    fn a_reference_into_itself_ends() {
        becomes(
            r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/N"}},
                "$defs":{"N":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/N"},{"type":"null"}]}}}}}"##,
            r#"{"type":"object","properties":{"a":{"type":"object","properties":{"next":{"anyOf":[{"type":"object","nullable":true}]}}}}}"#,
        );
    }

    #[test]
    fn a_schema_that_doubles_with_each_reference_stays_small() {
        let doubled = |n: u32| {
            format!(
                r##""D{n}":{{"properties":{{"a":{{"$ref":"#/$defs/D{0}"}},"b":{{"$ref":"#/$defs/D{0}"}}}}}}"##,
                n + 1
            )
        };
        let definitions: Vec<String> = (0..60).map(doubled).collect();
        let schema = format!(r##"{{"$ref":"#/$defs/D0","$defs":{{{}}}}}"##, definitions.join(","));
        assert!(write(&RawJson::parse(&schema).unwrap(), false).as_str().len() < 2 * MOST);
    }

    #[test]
    fn or_null_becomes_nullable_and_captions_move_inside() {
        becomes(
            r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}],"title":"T","default":null}}}"#,
            r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"string","nullable":true,"title":"T"}]}}}"#,
        );
        becomes(
            r#"{"type":"object","properties":{"a":{"type":["string","null"],"description":"d"},
                "b":{"type":["object","null"],"properties":{"x":{"type":"string"}},"required":["x"]}}}"#,
            r#"{"type":"object","properties":{
                "a":{"anyOf":[{"type":"string","description":"d"},{"type":"null","description":"d"}]},
                "b":{"anyOf":[{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]},{"type":"null"}]}}}"#,
        );
    }

    #[test]
    fn what_google_does_not_know_is_left_out_and_what_it_demands_added() {
        becomes(r#"{}"#, r#"{"type":"object"}"#);
        becomes(r#"{"type":"object","properties":{},"required":[]}"#, r#"{"type":"object"}"#);
        becomes(
            r#"{"type":"object","additionalProperties":false,"$schema":"x","properties":{
                "a":{"type":"array"},"b":{"type":"array","items":{}},"c":{"enum":["x"]},
                "d":{"type":"string","enum":["x",""],"format":"uri"},"e":{"type":"string","format":"date-time"},
                "f":{"const":"x"},"g":{"type":"integer","enum":[1],"minimum":1,"exclusiveMinimum":0},"h":true,
                "additionalProperties":{"type":"boolean"}}}"#,
            r#"{"type":"object","properties":{
                "a":{"type":"array","items":{"type":"object"}},"b":{"type":"array","items":{"type":"object"}},
                "c":{"type":"object"},"d":{"type":"string","enum":["x"]},"e":{"type":"string","format":"date-time"},
                "f":{"type":"object"},"g":{"type":"integer","minimum":1},"h":{"type":"object"},
                "additionalProperties":{"type":"boolean"}}}"#,
        );
    }

    #[test]
    fn the_order_of_properties_is_kept_where_asked_for() {
        let schema =
            RawJson::parse(r#"{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"string"}}}"#);
        let written = write(&schema.unwrap(), true);
        assert!(written.as_str().ends_with(r#""propertyOrdering":["b","a"]}"#), "{written:?}");
    }

    #[test]
    fn googles_types_are_read_in_lower_case() {
        let schema = r#"{"type":"OBJECT","properties":{"type":{"type":"STRING"},"l":{"type":"ARRAY","items":{"type":"NUMBER"}}},"propertyOrdering":["l"]}"#;
        let read = read(Value::parse(schema).unwrap());
        let expected = r#"{"type":"object","properties":{"type":{"type":"string"},"l":{"type":"array","items":{"type":"number"}}}}"#;
        assert_eq!(read.as_str(), expected);
    }
}
