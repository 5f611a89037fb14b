//! `tools` and `toolConfig`: functions stand together in one tool, every tool that Google runs in its own.

use ferrolite_types::chat::{ChatRequest, Function, HostedKind, HostedTool, Tool, ToolBody, ToolChoice};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Value, object};
use ferrolite_types::{Ext, Loss, LossKind, RawJson};

use super::names::{
    ALLOWED_FUNCTION_NAMES, FUNCTION_CALLING_CONFIG, FUNCTION_DECLARATIONS, Manner, Name,
    PARAMETERS_JSON_SCHEMA, SERVER_SIDE_TOOLS, TOOL_CONFIG,
};
use super::{ID, schema};

/// A tool that Google runs.
struct Offered {
    name: Name,
    kind: HostedKind,
    /// Whether it searches; functions cannot stand beside it.
    searches: bool,
}

const GOOGLE_SEARCH: Name = Name::camel("googleSearch", "google_search");
const CODE_EXECUTION: Name = Name::snake("codeExecution", "code_execution");
const URL_CONTEXT: Name = Name::snake("urlContext", "url_context");
const GOOGLE_MAPS: Name = Name::camel("googleMaps", "google_maps");
const COMPUTER_USE: Name = Name::camel("computerUse", "computer_use");

const OFFERED: &[Offered] = &[
    Offered { name: GOOGLE_SEARCH, kind: HostedKind::WebSearch, searches: true },
    Offered {
        name: Name::camel("googleSearchRetrieval", "google_search_retrieval"),
        kind: HostedKind::WebSearch,
        searches: true,
    },
    Offered {
        name: Name::camel("enterpriseWebSearch", "enterprise_web_search"),
        kind: HostedKind::WebSearch,
        searches: true,
    },
    Offered { name: URL_CONTEXT, kind: HostedKind::WebFetch, searches: true },
    Offered { name: CODE_EXECUTION, kind: HostedKind::Code, searches: false },
    Offered { name: COMPUTER_USE, kind: HostedKind::Computer, searches: false },
    Offered { name: GOOGLE_MAPS, kind: HostedKind::Other, searches: false },
    Offered { name: Name::camel("fileSearch", "file_search"), kind: HostedKind::FileSearch, searches: false },
    Offered { name: Name::camel("retrieval", "retrieval"), kind: HostedKind::FileSearch, searches: false },
    Offered { name: Name::camel("mcpServers", "mcp_servers"), kind: HostedKind::Mcp, searches: false },
];

/// Reads one element of `tools`, which may hold several.
pub(super) fn read(value: Value<'_>) -> Result<Vec<Tool>, JsonError> {
    let mut fields = value.fields()?;
    let functions =
        fields.list(FUNCTION_DECLARATIONS.found(&fields), |value| read_function(value.fields()?))?;
    let mut tools = functions.unwrap_or_default();
    for (key, value) in fields.rest() {
        let offered = OFFERED.iter().find(|offered| offered.name.is(&key));
        let kind = offered.map_or(HostedKind::Other, |offered| offered.kind);
        let hosted = HostedTool { kind, origin: ID, raw: alone(&key, &value) };
        tools.push(Tool::new(ToolBody::Hosted(hosted)));
    }
    Ok(tools)
}

/// Reads a function's declaration; the schema also stays as it came.
fn read_function(mut fields: Fields<'_>) -> Result<Tool, JsonError> {
    let name = fields.required_string("name")?;
    let description = fields.string("description")?;
    let parameters = match fields.peek(PARAMETERS_JSON_SCHEMA.found(&fields)) {
        Some(json_schema) => Some(json_schema.to_raw()),
        None => fields.peek("parameters").map(schema::read),
    };
    let body = ToolBody::Function(Function { name, description, parameters, strict: None });
    Ok(Tool { body, cache: None, ext: Ext::rest_of(&fields, ID) })
}

/// Reads what `toolConfig` says of functions; the whole is said again as it came.
pub(super) fn read_choice(value: Value<'_>, tools: &[Tool]) -> Result<Option<ToolChoice>, JsonError> {
    let mut config = value.fields()?;
    let key = FUNCTION_CALLING_CONFIG.found(&config);
    let Some(mut calling) = config.read(key, Value::fields)? else { return Ok(None) };
    let mode = calling.string("mode").map_err(|error| error.within(key))?;
    let allowed = calling.list(ALLOWED_FUNCTION_NAMES.found(&calling), |name| name.str().map(Into::into))?;
    Ok(Some(match mode.as_deref() {
        Some("ANY") => among(allowed.unwrap_or_default(), tools),
        Some("NONE") => ToolChoice::None,
        Some(_) | None => ToolChoice::Auto,
    }))
}

/// One of these: the one that may be called, unless there is no other, or any.
fn among(mut allowed: Vec<String>, tools: &[Tool]) -> ToolChoice {
    let functions = tools.iter().filter(|tool| matches!(tool.body, ToolBody::Function(_))).count();
    match allowed.len() {
        1 if functions > 1 => ToolChoice::Named(allowed.remove(0)),
        _ => ToolChoice::Required,
    }
}

/// Writes `tools` and `toolConfig` as Google's own clients do.
pub(super) fn write_native(request: &ChatRequest, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    Plan::of(request, Manner::Native, losses).write_tools(out);
    let Some(choice) = &request.tool_choice else { return };
    if !request.own.of(ID).any(|(key, _)| TOOL_CONFIG.is(key)) {
        out.field(TOOL_CONFIG.google()).object(|out| write_choice(choice, Manner::Native, out, losses));
    }
}

/// What is written of the tools.
pub(super) struct Plan<'a> {
    manner: Manner,
    functions: Vec<&'a Tool>,
    /// Those that stand as a client of Google's wrote them.
    raw: Vec<&'a RawJson>,
    /// The name and configuration of each other tool that Google runs.
    hosted: Vec<(&'static str, RawJson)>,
    /// Where a maps tool is to look.
    place: Option<RawJson>,
    /// Whether the tools that Google runs may stand beside functions.
    server_side: bool,
}

impl<'a> Plan<'a> {
    /// The tools of a request; those that have no place here are a loss.
    pub(super) fn of(request: &'a ChatRequest, manner: Manner, losses: &mut Vec<Loss>) -> Self {
        let openly =
            request.ext.iter().any(|(key, value)| SERVER_SIDE_TOOLS.is(key) && value.as_str() == "true");
        let (functions, raw, hosted) = (Vec::new(), Vec::new(), Vec::new());
        let mut plan = Self { manner, functions, raw, hosted, place: None, server_side: openly };
        request.tools.iter().for_each(|tool| plan.tool(tool, losses));
        if request.ext.get("web_search_options").is_some() {
            plan.add(GOOGLE_SEARCH, empty());
        }
        if manner == Manner::Adapted {
            plan.settle_conflict(losses);
        }
        plan
    }

    fn tool(&mut self, tool: &'a Tool, losses: &mut Vec<Loss>) {
        match &tool.body {
            ToolBody::Function(_) | ToolBody::FreeText { .. } => self.functions.push(tool),
            ToolBody::Hosted(hosted) if hosted.origin == ID => self.raw.push(&hosted.raw),
            ToolBody::Hosted(hosted) => match adapted(hosted) {
                Some((name, value)) => self.add(name, value),
                None => losses.push(Loss::new(LossKind::Tool, format!("tools: {:?}", hosted.kind))),
            },
        }
    }

    fn add(&mut self, name: Name, value: RawJson) {
        let (value, place) =
            if name.google() == GOOGLE_MAPS.google() { split_place(value) } else { (value, None) };
        self.place = self.place.take().or(place);
        let name = name.of(self.manner);
        if !self.hosted.iter().any(|(known, _)| *known == name) {
            self.hosted.push((name, value));
        }
    }

    /// Google refuses to search beside functions, unless it is asked to run its tools openly.
    fn settle_conflict(&mut self, losses: &mut Vec<Loss>) {
        if self.functions.is_empty() || self.server_side {
            return;
        }
        self.hosted.retain(|(name, _)| {
            let searches = OFFERED.iter().any(|offered| offered.searches && offered.name.is(name));
            if searches {
                losses.push(Loss::new(LossKind::Tool, format!("tools: {name} beside functions")));
            }
            !searches
        });
    }

    /// Whether a maps tool is among them.
    pub(super) fn has_maps(&self) -> bool {
        self.hosted.iter().any(|(name, _)| GOOGLE_MAPS.is(name))
    }

    /// Writes `tools`, where there are any.
    pub(super) fn write_tools(&self, out: &mut Object<'_>) {
        if self.functions.is_empty() && self.raw.is_empty() && self.hosted.is_empty() {
            return;
        }
        out.field("tools").array(|list| {
            if !self.functions.is_empty() {
                list.item().object(|out| {
                    out.field(FUNCTION_DECLARATIONS.of(self.manner))
                        .array(|list| self.functions.iter().for_each(|tool| write_function(tool, list)));
                });
            }
            self.raw.iter().for_each(|raw| list.item().raw(raw));
            self.hosted.iter().for_each(|(name, value)| list.item().object(|out| out.field(name).raw(value)));
        });
    }

    /// Writes `toolConfig`, where it says anything.
    pub(super) fn write_config(
        &self,
        choice: Option<&ToolChoice>,
        out: &mut Object<'_>,
        losses: &mut Vec<Loss>,
    ) {
        if choice.is_none() && self.place.is_none() && !self.server_side {
            return;
        }
        out.field(TOOL_CONFIG.of(self.manner)).object(|out| {
            if let Some(choice) = choice {
                write_choice(choice, self.manner, out, losses);
            }
            out.maybe_raw("retrievalConfig", self.place.as_ref());
            if self.server_side {
                out.field(SERVER_SIDE_TOOLS.google()).bool(true);
            }
        });
    }
}

/// Google's tool for another format's: by name where the caller knew it, else by kind.
fn adapted(hosted: &HostedTool) -> Option<(Name, RawJson)> {
    let fields = hosted.raw.value().fields().ok()?;
    let named =
        OFFERED.iter().find_map(|Offered { name, .. }| Some((*name, fields.peek(name.found(&fields))?)));
    if let Some((name, value)) = named {
        return Some((name, configured(name, value)));
    }
    match hosted.kind {
        HostedKind::WebSearch => Some((GOOGLE_SEARCH, empty())),
        HostedKind::WebFetch => Some((URL_CONTEXT, empty())),
        HostedKind::Code => Some((CODE_EXECUTION, empty())),
        HostedKind::Computer if fields.peek_str("type").as_deref() == Some("computer_use") => {
            Some((COMPUTER_USE, configured(COMPUTER_USE, hosted.raw.value())))
        }
        HostedKind::FileSearch
        | HostedKind::Computer
        | HostedKind::Image
        | HostedKind::Mcp
        | HostedKind::Other => None,
    }
}

/// A tool's configuration, with Google's words instead of those that LiteLLM's clients use.
fn configured(name: Name, value: Value<'_>) -> RawJson {
    let Ok(mut fields) = value.fields() else { return empty() };
    if name.google() != COMPUTER_USE.google() {
        return value.to_raw();
    }
    fields.take("type");
    let environment = match fields.take("environment").and_then(Value::as_str).as_deref() {
        Some("browser" | "ENVIRONMENT_BROWSER") => Some("ENVIRONMENT_BROWSER"),
        Some("unspecified" | "ENVIRONMENT_UNSPECIFIED") => Some("ENVIRONMENT_UNSPECIFIED"),
        Some(_) | None => None,
    };
    let mut body = Vec::new();
    object(&mut body, |out| {
        out.maybe_text("environment", environment);
        out.maybe_raw("excludedPredefinedFunctions", fields.raw("excluded_predefined_functions").as_ref());
        out.extend(Ext::rest_of(&fields, ID).iter());
    });
    RawJson::from_writer(body)
}

/// A maps tool and where it is to look, which LiteLLM's clients say inside the tool and Google beside it.
fn split_place(value: RawJson) -> (RawJson, Option<RawJson>) {
    let Ok(mut fields) = value.value().fields() else { return (value, None) };
    let [latitude, longitude, language] =
        ["latitude", "longitude", "languageCode"].map(|key| fields.raw(key));
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else { return (value, None) };
    let (mut rest, mut place) = (Vec::new(), Vec::new());
    object(&mut rest, |out| out.extend(Ext::rest_of(&fields, ID).iter()));
    object(&mut place, |out| {
        out.field("latLng").object(|out| {
            out.field("latitude").raw(&latitude);
            out.field("longitude").raw(&longitude);
        });
        out.maybe_raw("languageCode", language.as_ref());
    });
    (RawJson::from_writer(rest), Some(RawJson::from_writer(place)))
}

fn empty() -> RawJson {
    RawJson::from_writer(b"{}".to_vec())
}

fn alone(key: &str, value: &RawJson) -> RawJson {
    let mut body = Vec::new();
    object(&mut body, |out| out.field(key).raw(value));
    RawJson::from_writer(body)
}

fn write_function(tool: &Tool, out: &mut Array<'_>) {
    let as_it_came = ["parameters", "parametersJsonSchema", "parameters_json_schema"];
    let schema_stands = tool.ext.of(ID).any(|(key, _)| as_it_came.contains(&key));
    out.item().object(|out| match &tool.body {
        ToolBody::Function(Function { name, description, parameters, strict: _ }) => {
            out.field("name").text(name);
            out.maybe_text("description", description.as_deref());
            if let Some(parameters) = parameters.as_ref().filter(|_| !schema_stands) {
                out.field("parameters").raw(&schema::write(parameters, false));
            }
            out.extend(tool.ext.of(ID));
        }
        ToolBody::FreeText { name, description, format: _ } => {
            out.field("name").text(name);
            out.maybe_text("description", description.as_deref());
            out.field("parameters").object(write_free_text);
        }
        ToolBody::Hosted(_) => {}
    });
}

/// The tools whose free text is the one member of a function's arguments.
pub(super) fn wrapped(tools: &[Tool]) -> Vec<String> {
    let free = tools.iter().filter_map(|tool| match &tool.body {
        ToolBody::FreeText { name, .. } => Some(name.clone()),
        ToolBody::Function(_) | ToolBody::Hosted(_) => None,
    });
    free.collect()
}

/// Free text is the one member of the arguments.
fn write_free_text(out: &mut Object<'_>) {
    out.field("type").text("object");
    out.field("properties").object(|out| {
        out.field("content").object(|out| out.field("type").text("string"));
    });
    out.field("required").array(|list| list.item().text("content"));
}

fn write_choice(choice: &ToolChoice, manner: Manner, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    let (mode, named) = match choice {
        ToolChoice::Auto => ("AUTO", None),
        ToolChoice::None => ("NONE", None),
        ToolChoice::Required => ("ANY", None),
        ToolChoice::Named(name) => ("ANY", Some(name)),
        ToolChoice::Foreign { .. } => return losses.push(Loss::new(LossKind::Parameter, "tool_choice")),
    };
    out.field(FUNCTION_CALLING_CONFIG.google()).object(|out| {
        out.field("mode").text(mode);
        if let Some(name) = named {
            out.field(ALLOWED_FUNCTION_NAMES.of(manner)).array(|list| list.item().text(name));
        }
    });
}
