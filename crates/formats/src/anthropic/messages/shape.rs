//! The shape of an answer: `output_config.format`, the `output_format` that came before it, or a tool that the
//! model is made to call where it knows neither.

use ferrolite_types::chat::OutputFormat;
use ferrolite_types::json::{Fields, JsonError, Object, Value};
use ferrolite_types::{Error, Ext, Loss, LossKind, RawJson};

use super::request::Notes;
use super::{ID, schema, thinking};

/// The name of a schema that came by `output_format`, as this API's beta had it.
const BETA_FORMAT: &str = "output_format";

/// Reads the shape from either place.
pub(super) fn read(
    fields: &mut Fields<'_>,
    config: &mut Fields<'_>,
) -> Result<Option<OutputFormat>, JsonError> {
    if let Some(format) = fields.read(BETA_FORMAT, |format| read_format(format, Some(BETA_FORMAT)))? {
        return Ok(Some(format));
    }
    config.read("format", |format| read_format(format, None)).map_err(|error| error.within("output_config"))
}

/// A schema has no name here, and the model always follows it to the letter.
fn read_format(value: Value<'_>, name: Option<&str>) -> Result<OutputFormat, JsonError> {
    let mut fields = value.fields()?;
    match &*fields.required_string("type")? {
        "json_schema" => Ok(OutputFormat::Schema {
            name: name.map(ToOwned::to_owned),
            description: None,
            schema: fields.require("schema", |schema| Ok(schema.to_raw()))?,
            strict: None,
        }),
        other => Err(JsonError::value(format!("expected \"json_schema\", got \"{other}\"")).within("type")),
    }
}

/// How the shape is asked for.
pub(super) enum Shape<'a> {
    /// Not at all.
    Free,
    /// By `output_config.format`.
    Config(&'a RawJson),
    /// By `output_format`, which needs a beta and is what LiteLLM sends.
    Beta(RawJson),
    /// By a tool that the model is made to call.
    ByTool(&'a RawJson),
}

impl<'a> Shape<'a> {
    /// Decides how a model like this is asked.
    ///
    /// # Errors
    /// A schema that expands beyond reason.
    pub(super) fn of(format: Option<&'a OutputFormat>, notes: &mut Notes<'_>) -> Result<Self, Error> {
        Ok(match format {
            None | Some(OutputFormat::Text) => Self::Free,
            Some(OutputFormat::Json) => {
                notes.losses.push(Loss::new(LossKind::Cosmetic, "response_format"));
                Self::Free
            }
            Some(OutputFormat::Schema { name, description: _, schema, strict: _ }) if notes.native => {
                match name {
                    Some(_) => Self::Beta(schema.clone()),
                    None => Self::Config(schema),
                }
            }
            Some(OutputFormat::Schema { schema, .. }) if notes.profile.native_json_schema => {
                Self::Beta(schema::of_answer(schema)?)
            }
            Some(OutputFormat::Schema { schema, .. }) => Self::ByTool(schema),
        })
    }

    /// The schema, where a tool asks for it.
    pub(super) fn of_tool(&self) -> Option<&'a RawJson> {
        match self {
            Self::ByTool(schema) => Some(schema),
            Self::Free | Self::Config(_) | Self::Beta(_) => None,
        }
    }
}

/// Writes `output_config`, or the `output_format` that came before it.
pub(super) fn write(
    plan: &thinking::Plan<'_>,
    shape: &Shape<'_>,
    own: &Ext,
    out: &mut Object<'_>,
    notes: &mut Notes<'_>,
) {
    let rest = own.inside(ID, "output_config");
    let effort = plan.effort().filter(|_| rest.get("effort").is_none());
    if rest.get("effort").is_some() && !thinking::is_adaptive(notes.profile.thinking) {
        notes.betas.uses_effort();
    }
    let configured = match shape {
        Shape::Config(schema) => Some(schema),
        Shape::Free | Shape::Beta(_) | Shape::ByTool(_) => None,
    };
    if effort.is_some() || configured.is_some() || !rest.is_empty() {
        out.field("output_config").object(|config| {
            config.maybe_text("effort", effort);
            if let Some(schema) = configured {
                config.field("format").object(|format| write_format(schema, format));
            }
            config.extend(rest.iter());
        });
    }
    if let Shape::Beta(schema) = shape {
        out.field(BETA_FORMAT).object(|format| write_format(schema, format));
    }
    if matches!(shape, Shape::Config(_) | Shape::Beta(_)) {
        notes.betas.uses_schema();
    }
}

fn write_format(schema: &RawJson, out: &mut Object<'_>) {
    out.field("type").text("json_schema");
    out.field("schema").raw(schema);
}
