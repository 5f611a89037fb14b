//! What a model accepts, as data: the difference between two models of one format.

/// What one model of one provider accepts. Everything here is data from the catalogue, the price table or the
/// user's configuration; a format reads it and never asks who the provider is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// The most output tokens the model can produce; fills a required `max_tokens` that the caller left out.
    pub max_output_tokens: Option<u64>,
    /// The most input tokens the model reads; longer requests are refused before they are sent.
    pub max_input_tokens: Option<u64>,
    /// Whether marks that end a cacheable prefix are taken, where a format has no place of its own for them; else
    /// they are left out, since a cache that works by itself needs none.
    pub cache_marks: bool,
    /// How the model is told to think; `None` where nothing is known.
    pub thinking: Option<Thinking>,
    /// Whether the model takes the effort `xhigh`.
    pub xhigh_effort: bool,
    /// Whether the model answers by a JSON schema of itself; else a format may ask through a forced tool.
    pub native_json_schema: bool,
    /// Whether a system turn may stand inside the conversation, where the format has a place for it.
    pub mid_system: bool,
    /// Whether the model refuses `temperature`, `top_p` and `top_k`.
    pub no_sampling_params: bool,
    /// Whether the model refuses to be told which tool it must call.
    pub no_forced_tools: bool,
    /// Whether the role `developer` is known, where a format has it; else `system` says it.
    pub developer_role: bool,
    /// Whether a system turn is refused everywhere, so that its words become the user's.
    pub no_system: bool,
    /// Whether the model takes the effort `minimal`; else `low` stands for it.
    pub minimal_effort: bool,
    /// The budget that the effort `minimal` stands for, where thinking is told by a budget.
    pub minimal_budget: Option<u64>,
    /// The temperature to ask for when the caller names none.
    pub default_temperature: Option<f64>,
    /// Whether the model refuses `frequency_penalty` and `presence_penalty`.
    pub no_penalties: bool,
    /// Whether calls and results of tools carry identifiers, where the format leaves it open.
    pub call_ids: bool,
    /// The seal that a turn's first tool call must carry when its own is not known.
    pub call_seal: Option<String>,
    /// Whether an answer's schema must keep to OpenAPI's subset of JSON schema.
    pub openapi_schema: bool,
    /// Where the model is told how closely to look at an image.
    pub detail: DetailPlace,
    /// The beginnings of the web addresses from which the provider fetches images and files by itself
    /// (`https://`); `None` where it fetches from all. What lies elsewhere is sent inline.
    pub media_urls: Option<Vec<String>>,
}

/// How a model is told to think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thinking {
    /// It does not think.
    Never,
    /// By a budget of tokens.
    Budget,
    /// It decides by itself, led by an effort; a budget is taken too.
    AdaptiveOrBudget,
    /// It decides by itself, led by an effort; a budget is refused.
    Adaptive,
    /// As `Adaptive`, and it cannot be told not to.
    Always,
}

/// Where a model is told how closely to look at an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DetailPlace {
    /// It cannot be told.
    #[default]
    Nowhere,
    /// Beside the image.
    Part,
    /// Once for the whole request.
    Request,
}
