//! JSON schemas as the API takes them: those of tools must be objects without old-style definitions, those of
//! answers may only say what constrained decoding can enforce.

use ferrolite_types::json::{Array, Kind, MAX_DEPTH, Object, Slot, Value, object, slot};
use ferrolite_types::{Error, RawJson};

/// The most that references may be blown up to: a few lines of schema can describe terabytes.
const MOST: usize = 1_000_000;

/// The schema of a tool's arguments, and the top-level members that had to go.
///
/// # Errors
/// References that expand beyond reason.
pub(super) fn of_tool(parameters: Option<&RawJson>) -> Result<(RawJson, Vec<String>), Error> {
    let Some(parameters) = parameters.filter(|schema| schema.value().kind() == Kind::Object) else {
        return Ok((empty_object(), Vec::new()));
    };
    let schema = Members::of(parameters.value());
    let definitions = legacy_definitions(&schema);
    let inlined = match definitions.0.is_empty() {
        true => None,
        false => Some(definitions.inline(parameters.value(), LEGACY)?),
    };
    let schema = inlined.as_ref().map_or(schema, |inlined| Members::of(inlined.value()));
    let mut lost = Vec::new();
    let mut out = Vec::new();
    object(&mut out, |out| {
        out.field("type").text("object");
        match schema.get("properties") {
            Some(properties) => out.field("properties").raw(&properties.to_raw()),
            None => out.field("properties").object(|_| ()),
        }
        for (key, value) in schema.0 {
            match &*key {
                "type" | "properties" => {}
                "additionalProperties" | "required" | "$defs" | "strict" => {
                    out.field(&key).raw(&value.to_raw());
                }
                _ => lost.push(key),
            }
        }
    });
    Ok((RawJson::from_writer(out), lost))
}

fn empty_object() -> RawJson {
    RawJson::from_writer(br#"{"type":"object","properties":{}}"#.to_vec())
}

/// The schema of an answer asked for through a tool.
pub(super) fn of_answer_tool(schema: &RawJson) -> RawJson {
    let members = Members::of(schema.value());
    let mut out = Vec::new();
    object(&mut out, |out| {
        if members.get("type").is_none() {
            out.field("type").text("object");
        }
        members.0.iter().for_each(|(key, value)| out.field(key).raw(&value.to_raw()));
    });
    RawJson::from_writer(out)
}

/// The schema of an answer: references inlined, objects closed, and what cannot be enforced said in words.
///
/// # Errors
/// References that expand beyond reason.
pub(super) fn of_answer(schema: &RawJson) -> Result<RawJson, Error> {
    let members = Members::of(schema.value());
    let definitions = Definitions(
        ["definitions", "$defs"]
            .iter()
            .filter_map(|key| members.get(key))
            .flat_map(|found| Members::of(found).0)
            .collect(),
    );
    let inlined = definitions.inline(schema.value(), &["$defs", "definitions"])?;
    let mut out = Vec::new();
    object(&mut out, |out| write_enforceable(&Members::of(inlined.value()), out));
    Ok(RawJson::from_writer(out))
}

/// The members of an object, in order; none for another kind of value.
struct Members<'a>(Vec<(String, Value<'a>)>);

impl<'a> Members<'a> {
    fn of(value: Value<'a>) -> Self {
        let Ok(mut fields) = value.fields() else { return Self(Vec::new()) };
        let keys: Vec<String> = fields.keys().map(Into::into).collect();
        Self(keys.into_iter().filter_map(|key| fields.take_any(&key).map(|value| (key, value))).collect())
    }

    fn get(&self, key: &str) -> Option<Value<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

/// The schemas that `$ref` may name, by the last step of the reference.
struct Definitions<'a>(Vec<(String, Value<'a>)>);

/// Where drafts before 2019 and OpenAPI keep them.
const LEGACY: &[&str] = &["definitions", "components"];

fn legacy_definitions<'a>(schema: &Members<'a>) -> Definitions<'a> {
    let components = schema.get("components").and_then(|components| Members::of(components).get("schemas"));
    let both = [schema.get("definitions"), components];
    Definitions(both.into_iter().flatten().flat_map(|found| Members::of(found).0).collect())
}

impl<'a> Definitions<'a> {
    /// The schema without the members `left_out` and with every reference that can be resolved replaced.
    fn inline(&self, schema: Value<'_>, left_out: &[&str]) -> Result<RawJson, Error> {
        let mut members = Members::of(schema);
        members.0.retain(|(key, _)| !left_out.contains(&key.as_str()));
        let mut inlining = Inlining { definitions: self, open: Vec::new(), depth: 0, size: 0 };
        let mut out = Vec::new();
        inlining.object(&members, slot(&mut out));
        let text = String::from_utf8(out).ok().filter(|_| inlining.size <= MOST);
        let schema = text.and_then(|text| RawJson::parse(&text).ok());
        schema.ok_or_else(|| Error::bad_request("the references of a schema expand beyond 1 MB or too deep"))
    }

    fn find(&self, reference: &str) -> Option<(&str, Value<'a>)> {
        let name = reference.rsplit('/').next()?;
        self.0.iter().find(|(known, _)| known == name).map(|(name, schema)| (name.as_str(), *schema))
    }
}

struct Inlining<'d, 'a> {
    definitions: &'d Definitions<'a>,
    /// The references being replaced: one that meets itself is left as it is.
    open: Vec<&'d str>,
    depth: usize,
    size: usize,
}

impl Inlining<'_, '_> {
    fn value(&mut self, value: Value<'_>, slot: Slot<'_>) {
        self.depth += 1;
        match value.kind() {
            Kind::Object => self.object(&Members::of(value), slot),
            Kind::Array => slot.array(|out| {
                value.items().into_iter().flatten().for_each(|item| self.value(item, out.item()));
            }),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => slot.raw(&value.to_raw()),
        }
        self.depth -= 1;
    }

    fn object(&mut self, members: &Members<'_>, slot: Slot<'_>) {
        let reference = members.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| self.definitions.find(&reference));
        let fits = self.size <= MOST && self.depth <= MAX_DEPTH;
        match target.filter(|(name, _)| fits && !self.open.contains(name)) {
            Some((name, schema)) => {
                self.size += schema.text().len();
                self.open.push(name);
                self.value(schema, slot);
                self.open.pop();
            }
            None => slot
                .object(|out| members.0.iter().for_each(|(key, value)| self.value(*value, out.field(key)))),
        }
    }
}

/// What constrained decoding cannot enforce, and how it is said instead. The order is that of the sentence.
const SAID: &[(&str, &str)] = &[
    ("minItems", "minimum number of items: {}"),
    ("maxItems", "maximum number of items: {}"),
    ("uniqueItems", "all array items must be unique"),
    ("contains", "array must contain an item matching: {}"),
    ("minContains", "minimum number of matching items: {}"),
    ("maxContains", "maximum number of matching items: {}"),
    ("prefixItems", "leading items must match, in order: {}"),
    ("minimum", "minimum value: {}"),
    ("maximum", "maximum value: {}"),
    ("exclusiveMinimum", "exclusive minimum value: {}"),
    ("exclusiveMaximum", "exclusive maximum value: {}"),
    ("multipleOf", "must be a multiple of {}"),
    ("minLength", "minimum length: {}"),
    ("maxLength", "maximum length: {}"),
    ("minProperties", "minimum number of properties: {}"),
    ("maxProperties", "maximum number of properties: {}"),
    ("patternProperties", "properties whose names match each pattern must satisfy: {}"),
    ("propertyNames", "property names must satisfy: {}"),
    ("dependentRequired", "dependent required properties: {}"),
    ("dependentSchemas", "dependent schemas: {}"),
    ("unevaluatedProperties", "unevaluated properties must satisfy: {}"),
    ("if", "conditional (if): {}"),
    ("then", "conditional (then): {}"),
    ("else", "conditional (else): {}"),
    ("not", "must not match: {}"),
];

fn write_enforceable(schema: &Members<'_>, out: &mut Object<'_>) {
    if let Some(description) = described(schema) {
        out.field("description").text(&description);
    }
    let alternatives =
        ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(key)).filter_map(|list| list.items().ok());
    let mut alternatives = alternatives.flatten().peekable();
    if alternatives.peek().is_some() {
        out.field("anyOf").array(|list| alternatives.for_each(|item| write_item(item, list)));
    }
    for (key, value) in schema.0.iter().filter(|(key, _)| SAID.iter().all(|(said, _)| said != key)) {
        match (key.as_str(), value.kind()) {
            ("description", _) => {}
            ("anyOf" | "oneOf", Kind::Array) => {}
            ("type", _) if is_contradicted(schema) => {}
            ("additionalProperties", _) if is_object(schema) => {}
            ("properties" | "$defs", Kind::Object) => out.field(key).object(|out| {
                Members::of(*value).0.iter().for_each(|(name, inner)| write_one(*inner, out.field(name)));
            }),
            ("items", Kind::Object) => write_one(*value, out.field(key)),
            ("allOf", Kind::Array) => out.field(key).array(|list| {
                value.items().into_iter().flatten().for_each(|item| write_item(item, list));
            }),
            _ => out.field(key).raw(&value.to_raw()),
        }
    }
    if is_object(schema) {
        out.field("additionalProperties").bool(false);
    }
}

fn write_item(schema: Value<'_>, list: &mut Array<'_>) {
    write_one(schema, list.item());
}

fn write_one(schema: Value<'_>, slot: Slot<'_>) {
    match schema.kind() {
        Kind::Object => slot.object(|out| write_enforceable(&Members::of(schema), out)),
        _ => slot.raw(&schema.to_raw()),
    }
}

fn is_object(schema: &Members<'_>) -> bool {
    !is_contradicted(schema) && schema.get("type").and_then(Value::as_str).as_deref() == Some("object")
}

/// The description, with what had to go.
fn described(schema: &Members<'_>) -> Option<String> {
    let said = schema.get("description").and_then(Value::as_str).filter(|text| !text.is_empty());
    let constraints = SAID.iter().filter_map(|(key, words)| {
        let value = schema.get(key).filter(|value| value.text() != "false")?;
        let value = value.as_str().unwrap_or_else(|| value.text().into());
        Some(words.replace("{}", &value))
    });
    let constraints: Vec<String> = constraints.collect();
    match (said, constraints.is_empty()) {
        (said, true) => said.map(Into::into),
        (None, false) => Some(format!("Note: {}.", constraints.join(", "))),
        (Some(said), false) => Some(format!("{said} Note: {}.", constraints.join(", "))),
    }
}

/// Whether `enum` lists values that `type` excludes; the API refuses such a pair, so `type` goes.
fn is_contradicted(schema: &Members<'_>) -> bool {
    let (Some(values), Some(kind)) = (schema.get("enum"), schema.get("type")) else { return false };
    let (Ok(mut values), Some(kind)) = (values.items(), kind.as_str()) else {
        return kind.kind() == Kind::Array;
    };
    values.any(|value| match (&*kind, value.kind()) {
        ("null", found) => found != Kind::Null,
        ("boolean", found) => found != Kind::Bool,
        ("number", found) => found != Kind::Number,
        ("integer", found) => found != Kind::Number || value.i64().is_err(),
        ("string", found) => found != Kind::String,
        ("array", found) => found != Kind::Array,
        ("object", found) => found != Kind::Object,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(schema: &str) -> String {
        of_answer(&RawJson::parse(schema).unwrap()).unwrap().as_str().to_owned()
    }

    #[test]
    fn what_cannot_be_enforced_is_said_and_objects_are_closed() {
        let schema = r#"{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9}},"additionalProperties":true}"#;
        let expected = r#"{"type":"object","properties":{"n":{"description":"Note: minimum value: 1, maximum value: 9.","type":"integer"}},"additionalProperties":false}"#;
        assert_eq!(answer(schema), expected);
    }

    #[test]
    fn alternatives_have_one_spelling() {
        let schema = r#"{"oneOf":[{"type":"string","minLength":2}],"anyOf":[{"type":"null"}]}"#;
        let expected =
            r#"{"anyOf":[{"type":"null"},{"description":"Note: minimum length: 2.","type":"string"}]}"#;
        assert_eq!(answer(schema), expected);
    }

    #[test]
    fn references_are_inlined_and_those_that_meet_themselves_stay() {
        let schema = r##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"array","items":{"$ref":"#/$defs/A"}}}}"##;
        assert_eq!(answer(schema), r##"{"type":"array","items":{"$ref":"#/$defs/A"}}"##);
        let schema =
            r##"{"items":{"$ref":"#/$defs/A"},"$defs":{"A":{"type":"array","items":{"$ref":"#/$defs/A"}}}}"##;
        assert_eq!(answer(schema), r##"{"items":{"type":"array","items":{"$ref":"#/$defs/A"}}}"##);
    }

    #[test]
    fn a_schema_that_explodes_is_refused() {
        let level = |n: usize| {
            format!(r##""L{n}":{{"a":{{"$ref":"#/$defs/L{0}"}},"b":{{"$ref":"#/$defs/L{0}"}}}}"##, n + 1)
        };
        let levels: Vec<String> = (0..40).map(level).collect();
        let schema =
            format!(r##"{{"items":{{"$ref":"#/$defs/L0"}},"$defs":{{{},"L40":{{}}}}}}"##, levels.join(","));
        assert!(of_answer(&RawJson::parse(&schema).unwrap()).is_err());
    }

    #[test]
    fn a_tool_takes_an_object_whatever_was_given() {
        let of = |schema: &str| of_tool(Some(&RawJson::parse(schema).unwrap())).unwrap();
        assert_eq!(of_tool(None).unwrap().0.as_str(), r#"{"type":"object","properties":{}}"#);
        let (schema, lost) = of(r#"{"type":"string","title":"T","required":["a"]}"#);
        assert_eq!(schema.as_str(), r#"{"type":"object","properties":{},"required":["a"]}"#);
        assert_eq!(lost, ["title"]);
        let (schema, lost) =
            of(r##"{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"null"}}}"##);
        assert_eq!(schema.as_str(), r#"{"type":"object","properties":{"a":{"type":"null"}}}"#);
        assert_eq!(lost, Vec::<String>::new());
    }

    #[test]
    fn a_type_that_excludes_its_own_values_goes() {
        assert_eq!(answer(r#"{"type":"string","enum":["a",null]}"#), r#"{"enum":["a",null]}"#);
        assert_eq!(answer(r#"{"type":"string","enum":["a"]}"#), r#"{"type":"string","enum":["a"]}"#);
    }
}
