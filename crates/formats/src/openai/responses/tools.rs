//! `tools` and `tool_choice`: flat here, where chat nests a function inside its tool.

use ferrolite_types::chat::{CacheMark, Function, HostedKind, HostedTool, Tool, ToolBody, ToolChoice};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{Ext, Loss, LossKind, RawJson};

use super::ID;
use super::items::qualified;

/// The member of a tool's extension that says in which namespace it stands.
const NAMESPACE: &str = "namespace";

/// Reads `tools`.
pub(super) fn read(value: Value<'_>) -> Result<Vec<Tool>, JsonError> {
    Ok(value.list(read_tool)?.into_iter().flatten().collect())
}

/// Reads an element of `tools`: one tool, or the tools of a namespace.
fn read_tool(value: Value<'_>) -> Result<Vec<Tool>, JsonError> {
    let mut fields = value.fields()?;
    let kind = fields.peek("type").map(Value::str).transpose()?.unwrap_or_default();
    match &*kind {
        "function" | "custom" => Ok(vec![read_own(&kind, &mut fields)?]),
        "namespace" => read_namespace(value, fields),
        other => Ok(vec![hosted(hosted_kind(other), value)]),
    }
}

/// Reads a tool that the caller runs.
fn read_own(kind: &str, fields: &mut Fields<'_>) -> Result<Tool, JsonError> {
    fields.take("type");
    let name = fields.required_string("name")?;
    let description = fields.string("description")?;
    let body = match kind {
        "custom" => {
            let format = fields.read("format", read_grammar)?;
            ToolBody::FreeText { name, description, format }
        }
        _ => {
            let (parameters, strict) = (fields.raw("parameters"), fields.bool("strict")?);
            ToolBody::Function(Function { name, description, parameters, strict })
        }
    };
    let cache = fields.read("cache_control", |mark| Ok(CacheMark { ttl: mark.fields()?.string("ttl")? }))?;
    Ok(Tool { body, cache, ext: Ext::rest_of(fields, ID) })
}

fn hosted(kind: HostedKind, value: Value<'_>) -> Tool {
    Tool::new(ToolBody::Hosted(HostedTool { kind, origin: ID, raw: value.to_raw() }))
}

/// The kind of a tool that the provider runs, by the beginning of its type.
fn hosted_kind(word: &str) -> HostedKind {
    const KINDS: &[(&str, HostedKind)] = &[
        ("web_search", HostedKind::WebSearch),
        ("code_interpreter", HostedKind::Code),
        ("file_search", HostedKind::FileSearch),
        ("computer", HostedKind::Computer),
        ("image_generation", HostedKind::Image),
        ("mcp", HostedKind::Mcp),
    ];
    KINDS.iter().find(|(start, _)| word.starts_with(start)).map_or(HostedKind::Other, |(_, kind)| *kind)
}

/// The tools of a namespace are tools like others, under qualified names.
fn read_namespace(value: Value<'_>, mut fields: Fields<'_>) -> Result<Vec<Tool>, JsonError> {
    fields.take("type");
    let namespace = fields.peek("name").map(Value::str).transpose()?.unwrap_or_default();
    let tools = fields.list("tools", read_tool)?.unwrap_or_default();
    let rest = Ext::rest_of(&fields, ID);
    let qualify = |tool: Tool| match tool.body {
        ToolBody::Function(function) => {
            let name = qualified(&namespace, &function.name);
            let body = ToolBody::Function(Function { name, ..function });
            Some(Tool { body, cache: tool.cache, ext: tool.ext.nest(NAMESPACE, rest.clone()) })
        }
        ToolBody::FreeText { name, description, format } => {
            let body = ToolBody::FreeText { name: qualified(&namespace, &name), description, format };
            Some(Tool { body, cache: tool.cache, ext: tool.ext.nest(NAMESPACE, rest.clone()) })
        }
        ToolBody::Hosted(_) => None,
    };
    let qualified: Option<Vec<Tool>> = tools.into_iter().flatten().map(qualify).collect();
    Ok(qualified.unwrap_or_else(|| vec![hosted(HostedKind::Other, value)]))
}

/// A grammar is flat here; in the middle it is nested, as chat has it.
fn read_grammar(value: Value<'_>) -> Result<RawJson, JsonError> {
    let mut fields = value.fields()?;
    if fields.peek("type").and_then(Value::as_str).as_deref() != Some("grammar") {
        return Ok(value.to_raw());
    }
    fields.take("type");
    let mut out = Vec::new();
    object(&mut out, |out| {
        out.field("type").text("grammar");
        let rest = Ext::rest_of(&fields, ID);
        out.field("grammar").object(|grammar| grammar.extend(rest.iter()));
    });
    Ok(RawJson::from_writer(out))
}

fn write_grammar(format: &RawJson, out: &mut Object<'_>) {
    let nested = format.value().fields().ok().and_then(|fields| fields.peek("grammar")?.fields().ok());
    match nested {
        Some(grammar) => out.field("format").object(|out| {
            out.field("type").text("grammar");
            out.extend(Ext::rest_of(&grammar, ID).iter());
        }),
        None => out.field("format").raw(format),
    }
}

/// Writes `tools`. `ours` says that they were read here, so that what they leave out was left out on purpose.
pub(super) fn write(tools: &[Tool], ours: bool, out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    for space in tools.chunk_by(|a, b| namespace(a).is_some() && namespace(a) == namespace(b)) {
        match namespace(&space[0]) {
            Some(name) => out.item().object(|item| write_namespace(name, space, ours, item)),
            None => write_tool(&space[0], ours, out, losses),
        }
    }
}

/// The namespace of a tool, with all that is said of it.
fn namespace(tool: &Tool) -> Option<&RawJson> {
    tool.ext.of(ID).find(|(key, _)| *key == NAMESPACE).map(|(_, namespace)| namespace)
}

fn write_namespace(namespace: &RawJson, tools: &[Tool], ours: bool, out: &mut Object<'_>) {
    let said = namespace.value().fields().map(|fields| Ext::rest_of(&fields, ID)).unwrap_or_default();
    let name = said.get("name").and_then(|name| name.value().as_str()).unwrap_or_default();
    let prefix = qualified(&name, "");
    out.field("type").text("namespace");
    out.extend(said.iter());
    out.field("tools").array(|list| {
        tools.iter().for_each(|tool| list.item().object(|item| write_own(tool, &prefix, ours, item)));
    });
}

fn write_tool(tool: &Tool, ours: bool, out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    losses.extend(tool.ext.lost_to(ID, LossKind::Cosmetic));
    match &tool.body {
        ToolBody::Function(_) | ToolBody::FreeText { .. } => {
            out.item().object(|item| write_own(tool, "", ours, item));
        }
        ToolBody::Hosted(hosted) if hosted.origin == ID => out.item().raw(&hosted.raw),
        ToolBody::Hosted(hosted) => match hosted.kind {
            HostedKind::WebSearch => out.item().object(|item| item.field("type").text("web_search_preview")),
            HostedKind::Image => out.item().object(|item| item.field("type").text("image_generation")),
            HostedKind::Code => out.item().object(|item| {
                item.field("type").text("code_interpreter");
                item.field("container").object(|container| container.field("type").text("auto"));
            }),
            HostedKind::WebFetch
            | HostedKind::FileSearch
            | HostedKind::Computer
            | HostedKind::Mcp
            | HostedKind::Other => {
                losses.push(Loss::new(LossKind::Tool, format!("tools: {:?}", hosted.kind)));
            }
        },
    }
}

/// Writes a tool that the caller runs, without the prefix of its name.
fn write_own(tool: &Tool, prefix: &str, ours: bool, out: &mut Object<'_>) {
    let Tool { body, cache, ext } = tool;
    match body {
        ToolBody::Function(function) => write_function(function, prefix, ours, out),
        ToolBody::FreeText { name, description, format } => {
            out.field("type").text("custom");
            out.field("name").text(name.strip_prefix(prefix).unwrap_or(name));
            out.maybe_text("description", description.as_deref());
            if let Some(format) = format {
                write_grammar(format, out);
            }
        }
        ToolBody::Hosted(_) => {}
    }
    if let (Some(CacheMark { ttl }), true) = (cache, ours) {
        out.field("cache_control").object(|control| {
            control.field("type").text("ephemeral");
            control.maybe_text("ttl", ttl.as_deref());
        });
    }
    out.extend(ext.outside(ID, &[NAMESPACE]));
}

/// A function is strict here unless the caller says otherwise, which rewrites its schema; in other dialects it
/// is not strict unless the caller asks for it.
fn write_function(function: &Function, prefix: &str, ours: bool, out: &mut Object<'_>) {
    let Function { name, description, parameters, strict } = function;
    out.field("type").text("function");
    out.field("name").text(name.strip_prefix(prefix).unwrap_or(name));
    out.maybe_text("description", description.as_deref());
    match parameters {
        Some(parameters) => out.field("parameters").raw(parameters),
        None if ours => {}
        None => out.field("parameters").object(|schema| {
            schema.field("type").text("object");
            schema.field("properties").object(|_| ());
        }),
    }
    out.maybe_bool("strict", strict.or((!ours).then_some(false)));
}

/// Reads `tool_choice`. Some clients write the words as objects, and a type of tool without its name.
pub(super) fn read_choice(value: Value<'_>) -> Result<ToolChoice, JsonError> {
    let foreign = || ToolChoice::Foreign { origin: ID, raw: value.to_raw() };
    if value.kind() != Kind::Object {
        return match &*value.str()? {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(value.unexpected("\"auto\", \"none\", \"required\" or a named tool")),
        };
    }
    let mut fields = value.fields()?;
    match &*fields.string("type")?.unwrap_or_default() {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" | "any" | "tool" => Ok(ToolChoice::Required),
        kind @ ("function" | "custom") => {
            let nested = fields.object(kind, |mut tool| tool.string("name"))?.flatten();
            let name = fields.string("name")?.or(nested);
            Ok(name.map_or(ToolChoice::Required, ToolChoice::Named))
        }
        _ => Ok(foreign()),
    }
}

/// Writes `tool_choice`; a rule that only another format knows is a loss.
pub(super) fn write_choice(
    choice: &ToolChoice,
    tools: &[Tool],
    out: &mut Object<'_>,
    losses: &mut Vec<Loss>,
) {
    match choice {
        ToolChoice::Auto => out.field("tool_choice").text("auto"),
        ToolChoice::None => out.field("tool_choice").text("none"),
        ToolChoice::Required => out.field("tool_choice").text("required"),
        ToolChoice::Named(name) => out.field("tool_choice").object(|choice| {
            choice.field("type").text(if is_free_text(name, tools) { "custom" } else { "function" });
            choice.field("name").text(name);
        }),
        ToolChoice::Foreign { origin, raw } if *origin == ID => out.field("tool_choice").raw(raw),
        ToolChoice::Foreign { .. } => losses.push(Loss::new(LossKind::Parameter, "tool_choice")),
    }
}

fn is_free_text(name: &str, tools: &[Tool]) -> bool {
    tools.iter().any(|tool| matches!(&tool.body, ToolBody::FreeText { name: free, .. } if free == name))
}

/// The tools that a client offered, to call them as it knows them.
#[derive(Debug, Default)]
pub(super) struct Callees(Vec<Tool>);

impl Callees {
    /// Those among what an answer repeats of its request.
    pub(super) fn of(echo: &Ext) -> Self {
        Self(echo.get("tools").and_then(|tools| read(tools.value()).ok()).unwrap_or_default())
    }

    /// The namespace of a tool, and its name in it.
    pub(super) fn split<'a>(&self, name: &'a str) -> (Option<String>, &'a str) {
        let own = |tool: &&Tool| match &tool.body {
            ToolBody::Function(Function { name: own, .. }) | ToolBody::FreeText { name: own, .. } => {
                own == name
            }
            ToolBody::Hosted(_) => false,
        };
        let said = self.0.iter().find(own).and_then(namespace).and_then(|said| said.value().fields().ok());
        let Some(space) = said.and_then(|mut said| said.string("name").ok()?) else { return (None, name) };
        let bare = name.strip_prefix(&qualified(&space, "")).unwrap_or(name);
        (Some(space), bare)
    }
}
