//! What the configuration file says: LiteLLM's `config.yaml`, declared once.
//!
//! The structs of the sections are the declaration. A JSON schema is made from them, and with it files are checked
//! (`conform`), editors complete them (`schema/config.json`) and the reference is written (`reference`).
//! [`crate::load`] lowers what is said into what is meant.

pub mod cache;
mod conform;
mod environment;
mod files;
pub mod general_settings;
pub mod guardrails;
mod include;
mod known;
pub mod litellm_settings;
pub mod mcp;
pub mod model_list;
mod path;
pub mod reference;
mod references;
mod report;
pub mod router_settings;
mod rule;
pub mod schema;
mod secret;
mod shape;
mod source;
mod spelling;
mod support;
pub mod values;
pub mod watch;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

pub use environment::{Env, Variables};
pub use files::Files;
pub use general_settings::GeneralSettings;
pub use guardrails::Guardrail;
pub use litellm_settings::LiteLlmSettings;
pub use mcp::McpServer;
pub use model_list::{Credential, LiteLlmParams, ModelEntry, ModelInfo};
pub use report::Report;
pub use router_settings::RouterSettings;
pub use secret::Secret;

use path::KeyPath;
use report::Diagnostic;
use rule::Rule;
use support::{later, name_all, protects};
use values::Open;
use yaml::Node;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = known_sections)]
pub struct Config {
    /// The models that callers can ask for; several entries of one name share its traffic.
    #[serde(default)]
    pub model_list: Vec<ModelEntry>,
    /// The gateway itself.
    #[serde(default)]
    pub general_settings: GeneralSettings,
    /// What applies to all calls.
    #[serde(default)]
    pub litellm_settings: LiteLlmSettings,
    /// Which deployment is asked, and what happens when it fails.
    #[serde(default)]
    pub router_settings: RouterSettings,
    /// Environment variables. They win over those of the process, and only the gateway sees them.
    #[serde(default)]
    pub environment_variables: Variables,
    /// Named credentials that deployments refer to.
    #[schemars(transform = later)]
    pub credential_list: Option<Vec<Credential>>,
    /// What looks at requests and answers before they go on.
    #[schemars(transform = protects)]
    pub guardrails: Option<Vec<Guardrail>>,
    /// Which guardrails belong together.
    #[schemars(transform = protects)]
    pub policies: Option<Open>,
    /// To whom they apply.
    #[schemars(transform = protects)]
    pub policy_attachments: Option<Vec<Open>>,
    /// Prompts by name.
    #[schemars(transform = later)]
    pub prompts: Option<Vec<Open>>,
    /// The tools that callers can use through the gateway, by the name of their server.
    #[schemars(transform = later)]
    pub mcp_servers: Option<BTreeMap<String, McpServer>>,
    /// Vector stores by name.
    #[schemars(transform = later)]
    pub vector_store_registry: Option<Vec<Open>>,
    /// Settings of single callbacks.
    #[schemars(transform = later)]
    pub callback_settings: Option<Open>,
}

/// LiteLLM's sections that have no struct yet.
const SECTIONS: &[&str] = &[
    "mcp_tools",
    "agents",
    "agent_list",
    "search_tools",
    "sandbox_tools",
    "assistant_settings",
    "finetune_settings",
    "files_settings",
    "default_vertex_config",
    "worker_registry",
];

fn known_sections(schema: &mut Schema) {
    let include = json!({
        "description": "Files that are read too, beside this one. Their lists are appended to those of the same \
                        name; everything else in them replaces what this file says.",
        "type": "array",
        "items": { "type": "string" },
    });
    name_all(schema, &["include"], |_| {}, &include);
    name_all(schema, SECTIONS, later, &json!({}));
}

/// A file as it was read, with everything that is wrong with it.
#[derive(Debug)]
pub struct Reading {
    /// What the file says, without what cannot be used.
    pub config: Config,
    /// What is wrong with it.
    pub report: Report,
    /// Every file that was read: the file, what it includes, and the secrets that lie in files of their own.
    pub files: Files,
    root: Option<Node>,
}

/// Reads a file. `accepted` names settings that protect and may stay without effect; `env` answers for the
/// environment of the process.
pub fn read(path: &Path, accepted: &[String], env: Env<'_>) -> Reading {
    let (mut files, mut report) = (Files::default(), Report::default());
    let root = include::file(path, &mut files, &mut report);
    understood(root, files, report, accepted, env)
}

/// The same for a text that lies in no file; `name` stands in its place.
pub fn read_text(name: &str, text: &str, accepted: &[String], env: Env<'_>) -> Reading {
    let (mut files, mut report) = (Files::default(), Report::default());
    let root = include::text(Path::new(name), text, &mut files, &mut report);
    understood(root, files, report, accepted, env)
}

fn understood(
    root: Option<Node>,
    mut files: Files,
    mut report: Report,
    accepted: &[String],
    env: Env<'_>,
) -> Reading {
    let Some(mut root) = root else {
        return Reading { config: Config::default(), report, files, root: None };
    };
    let variables = environment::resolve(&mut root, env, &mut files, &mut report);
    conform::conform(&mut root, Rule::of_file(schema::internal()), accepted, &mut report);
    references::check(&mut root, &mut report);
    let config = Config { environment_variables: variables, ..composed(&root, &mut report) };
    Reading { config, report, files, root: Some(root) }
}

/// The structs from a tree that fits them.
fn composed(root: &Node, report: &mut Report) -> Config {
    serde_json::from_value(root.to_json()).unwrap_or_else(|error| {
        report.add(Diagnostic::error(format!("the configuration cannot be read: {error}")));
        Config::default()
    })
}

impl Reading {
    /// Reports that a deployment cannot be used: the one at `index` in `model_list`, because of `param`, or of its
    /// model where no parameter is to blame.
    pub fn leave_out(&mut self, index: usize, param: Option<&str>, why: &str) {
        let place = KeyPath::Root.key("model_list").item(index).severity();
        let finding = Diagnostic::new(place, why);
        let entry = self.root.as_ref().and_then(|root| root.get("model_list")?.value.items().get(index));
        let params = entry.and_then(|entry| Some(&entry.get("litellm_params")?.value));
        let value = params.and_then(|params| params.get(param?).or_else(|| params.get("model")));
        self.report.add(match value {
            Some(value) => finding.at(value.value.span, "because of this"),
            None => finding,
        });
    }
}
