//! `tools` and `tool_choice`.

use ferrolite_types::chat::{Function, HostedKind, HostedTool, Tool, ToolBody, ToolChoice};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{LossKind, RawJson, Rest};

use super::request::Pen;
use super::{ID, cache};
use crate::free_text;

/// Reads one element of `tools`.
pub(super) fn read(value: Value<'_>) -> Result<Tool, JsonError> {
    let mut fields = value.fields()?;
    let mut rest = Rest::of(ID);
    let body = match fields.peek_str("type").as_deref() {
        None | Some("function") => {
            ToolBody::Function(rest.require(&mut fields, "function", read_function)?)
        }
        Some("custom") => rest.require(&mut fields, "custom", read_free_text)?,
        Some(word) => {
            let kind = hosted_kind(word);
            return Ok(Tool::new(ToolBody::Hosted(HostedTool { kind, origin: ID, raw: value.to_raw() })));
        }
    };
    fields.take("type");
    let cache = cache::take(&mut fields, &mut rest)?;
    Ok(Tool { body, cache, ext: rest.with(&fields) })
}

fn read_function(function: &mut Fields<'_>) -> Result<Function, JsonError> {
    Ok(Function {
        name: function.required_string("name")?,
        description: function.string("description")?,
        parameters: function.raw("parameters"),
        strict: function.bool("strict")?,
    })
}

fn read_free_text(custom: &mut Fields<'_>) -> Result<ToolBody, JsonError> {
    Ok(ToolBody::FreeText {
        name: custom.required_string("name")?,
        description: custom.string("description")?,
        format: custom.raw("format"),
    })
}

/// Tools that other vendors' clients send inside this dialect, by the beginning of their `type`.
fn hosted_kind(word: &str) -> HostedKind {
    const KINDS: &[(&str, HostedKind)] = &[
        ("web_search", HostedKind::WebSearch),
        ("web_fetch", HostedKind::WebFetch),
        ("code_", HostedKind::Code),
        ("file_search", HostedKind::FileSearch),
        ("computer", HostedKind::Computer),
        ("image_generation", HostedKind::Image),
        ("mcp", HostedKind::Mcp),
    ];
    KINDS.iter().find(|(start, _)| word.starts_with(start)).map_or(HostedKind::Other, |(_, kind)| *kind)
}

/// Writes an element of `tools`; a tool that another vendor runs is a loss.
pub(super) fn write(tool: &Tool, out: &mut Array<'_>, pen: &mut Pen<'_>) {
    match &tool.body {
        ToolBody::Function(function) => {
            write_in("function", tool, out, pen, |out| write_function(function, out));
        }
        ToolBody::FreeText { name, description, format } if pen.native() => {
            write_in("custom", tool, out, pen, |out| {
                out.field("name").text(name);
                out.maybe_text("description", description.as_deref());
                out.maybe_raw("format", format.as_ref());
            });
        }
        ToolBody::FreeText { name, description, format } => {
            pen.free_text.push(name.clone());
            let function = free_text_function(name, description.as_deref(), format.as_ref());
            write_in("function", tool, out, pen, |out| write_function(&function, out));
        }
        ToolBody::Hosted(hosted) if hosted.origin == ID => out.item().raw(&hosted.raw),
        ToolBody::Hosted(hosted) => pen.lose(LossKind::Tool, &format!("{:?}", hosted.kind)),
    }
    pen.lose_foreign(&tool.ext);
}

fn write_function(function: &Function, out: &mut Object<'_>) {
    let Function { name, description, parameters, strict } = function;
    out.field("name").text(name);
    out.maybe_text("description", description.as_deref());
    out.maybe_raw("parameters", parameters.as_ref());
    out.maybe_bool("strict", *strict);
}

/// Most providers of this format know functions only: the text is the one argument, its grammar a description.
fn free_text_function(name: &str, description: Option<&str>, format: Option<&RawJson>) -> Function {
    let mut parameters = Vec::new();
    object(&mut parameters, |schema| {
        schema.field("type").text("object");
        schema.field("properties").object(|properties| {
            properties.field(free_text::ARGUMENT).object(|text| {
                text.field("type").text("string");
                text.maybe_text("description", format.map(RawJson::as_str));
            });
        });
        schema.field("required").array(|list| list.item().text(free_text::ARGUMENT));
    });
    let parameters = Some(RawJson::from_writer(parameters));
    Function { name: name.to_owned(), description: description.map(Into::into), parameters, strict: None }
}

/// Writes a tool whose type is also the name of the object that says the rest.
fn write_in(kind: &str, tool: &Tool, out: &mut Array<'_>, pen: &Pen<'_>, fill: impl FnOnce(&mut Object<'_>)) {
    let Tool { body: _, cache, ext } = tool;
    out.item().object(|item| {
        item.field("type").text(kind);
        item.field(kind).object(|inner| {
            fill(inner);
            inner.extend(ext.inside(ID, kind).of(ID));
        });
        cache::write(pen.mark(cache.as_ref()), ext, item);
        item.extend(ext.outside(ID, &[kind, cache::KEY]));
    });
}

/// Whether a tool is a search of the web in the words of another format.
pub(super) fn is_foreign_search(tool: &Tool) -> bool {
    matches!(&tool.body, ToolBody::Hosted(HostedTool { kind: HostedKind::WebSearch, origin, raw: _ }) if *origin != ID)
}

/// Writes `web_search_options`, with what the other formats have in common.
pub(super) fn write_search(tool: &Tool, out: &mut Object<'_>) {
    let ToolBody::Hosted(HostedTool { kind: _, origin: _, raw }) = &tool.body else { return };
    let Ok(mut search) = raw.value().fields() else { return };
    out.field("web_search_options").object(|options| {
        options.maybe_text("search_context_size", search.peek_str("search_context_size").as_deref());
        let place = search.take("user_location").and_then(|place| place.fields().ok());
        if let Some(mut place) = place {
            place.take("type");
            options.field("user_location").object(|location| {
                location.field("type").text("approximate");
                location.field("approximate").object(|out| {
                    out.extend(place.rest().iter().map(|(key, value)| (&**key, value)));
                });
            });
        }
    });
}

/// Takes `tool_choice`.
pub(super) fn take_choice(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<Option<ToolChoice>, JsonError> {
    let Some(value) = fields.peek("tool_choice") else { return Ok(None) };
    if let Some(kind) = named_kind(value) {
        return rest.object(fields, "tool_choice", |choice| read_named(choice, kind));
    }
    fields.read("tool_choice", read_choice)
}

/// `function` or `custom` where a choice names a tool.
fn named_kind(choice: Value<'_>) -> Option<&'static str> {
    let choice = (choice.kind() == Kind::Object).then(|| choice.fields().ok())??;
    let kind = choice.peek_str("type")?;
    ["function", "custom"].into_iter().find(|known| *known == kind && choice.peek(known).is_some())
}

/// That it is a `custom` tool stays among the rest: the tool itself may be unknown to us.
fn read_named(choice: &mut Fields<'_>, kind: &str) -> Result<ToolChoice, JsonError> {
    if kind == "function" {
        choice.take("type");
    }
    choice.require(kind, |named| named.fields()?.required_string("name")).map(ToolChoice::Named)
}

fn read_choice(value: Value<'_>) -> Result<ToolChoice, JsonError> {
    match value.as_str().as_deref() {
        Some("auto") => Ok(ToolChoice::Auto),
        Some("none") => Ok(ToolChoice::None),
        Some("required" | "any") => Ok(ToolChoice::Required),
        None if value.kind() == Kind::Object => Ok(ToolChoice::Foreign { origin: ID, raw: value.to_raw() }),
        _ => Err(value.unexpected("\"auto\", \"none\", \"required\" or a named function")),
    }
}

/// Writes `tool_choice`; a rule that only another format knows is a loss.
pub(super) fn write_choice(choice: &ToolChoice, tools: &[Tool], out: &mut Object<'_>, pen: &mut Pen<'_>) {
    match choice {
        ToolChoice::Auto => out.field("tool_choice").text("auto"),
        ToolChoice::None => out.field("tool_choice").text("none"),
        ToolChoice::Required => out.field("tool_choice").text("required"),
        ToolChoice::Named(name) => out.field("tool_choice").object(|choice| {
            let left = pen.own.inside(ID, "tool_choice");
            let kind =
                if left.holds(ID, "type") || is_free_text(name, tools) { "custom" } else { "function" };
            choice.field("type").text(kind);
            choice.field(kind).object(|named| named.field("name").text(name));
            choice.extend(left.outside(ID, &["type"]));
        }),
        ToolChoice::Foreign { origin, raw } if *origin == ID => out.field("tool_choice").raw(raw),
        ToolChoice::Foreign { .. } => pen.lose(LossKind::Parameter, "tool_choice"),
    }
}

fn is_free_text(name: &str, tools: &[Tool]) -> bool {
    tools.iter().any(|tool| matches!(&tool.body, ToolBody::FreeText { name: known, .. } if known == name))
}
