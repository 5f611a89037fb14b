//! How the bill of a provider departs from the common rule. Data: a provider that bills in its own way is a line.

/// The habits of one provider's bill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Service tiers have prices of their own.
    pub(super) tiers: bool,
    pub(super) steps: Steps,
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) region: Region,
    pub(super) search: Search,
    /// What the provider says that a call cost counts more than what we reckon.
    pub(super) reported: bool,
    /// An unlisted price for reading the cache is half of the input price.
    pub(super) half_cache_read: bool,
    /// Nothing costs anything.
    pub(super) free: bool,
}

/// When a long prompt is billed at the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// When it is longer than the threshold.
    Above,
    /// From the threshold on.
    From,
    /// Never.
    Ignored,
}

/// How the prompt is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// Each kind of token at its own rate.
    ByKind,
    /// Cached tokens apart, every other kind at the input rate.
    CacheApart,
    /// Every token at the input rate.
    Lump,
}

/// How the answer is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// Each kind of token at its own rate.
    ByKind,
    /// Reasoning apart, every other kind at the output rate.
    ReasoningApart,
    /// Every token at the output rate.
    Lump,
}

/// What a region does to the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// The entry may name a factor for the region (`regional_processing_uplift_multiplier_eu`).
    Residency,
    /// The entry may name a factor for every region that is not `global`.
    Endpoint,
    /// The entry may name factors for geographies and for speed (`provider_specific_entry`).
    Geography,
    /// Nothing.
    Ignored,
}

/// How a web search that the provider ran is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// By the piece, at the size of the search context that the caller asked for.
    BySize,
    /// By the piece, at the middle size.
    Medium,
    /// By the piece, at the lowest size.
    Low,
    /// By grounded prompt, or by the piece where the entry says so; listed or not.
    Grounding,
    /// By the piece, at the first size that has a price; listed or not.
    FirstPriced,
}

const COMMON: Terms = Terms {
    tiers: true,
    steps: Steps::Above,
    input: Input::ByKind,
    output: Output::ByKind,
    region: Region::Residency,
    search: Search::BySize,
    reported: false,
    half_cache_read: false,
    free: false,
};

impl Terms {
    /// The terms of `provider`; Vertex resells models on their makers' terms, so the entry's `key` counts too.
    pub(super) fn of(provider: &str, key: &str) -> Self {
        match provider {
            "anthropic" => Self { region: Region::Geography, search: Search::Medium, ..COMMON },
            "azure" | "azure_ai" | "bedrock" | "databricks" => Self { region: Region::Ignored, ..COMMON },
            "dashscope" | "qwencloud" | "qwen_ai_platform" => Self {
                tiers: false,
                steps: Steps::Ignored,
                input: Input::CacheApart,
                output: Output::ReasoningApart,
                region: Region::Ignored,
                ..COMMON
            },
            "deepseek" | "tencent" => Self { tiers: false, region: Region::Ignored, ..COMMON },
            "edenai" | "nadir" | "openrouter" => Self { reported: true, ..COMMON },
            "fireworks_ai" => Self { tiers: false, region: Region::Ignored, half_cache_read: true, ..COMMON },
            "gemini" => Self { region: Region::Ignored, search: Search::Grounding, ..COMMON },
            "groq" => Self { search: Search::Medium, ..COMMON },
            "huggingface" | "lemonade" => Self { free: true, ..COMMON },
            "perplexity" => Self {
                tiers: false,
                steps: Steps::Ignored,
                input: Input::Lump,
                output: Output::ReasoningApart,
                region: Region::Ignored,
                search: Search::Low,
                reported: true,
                ..COMMON
            },
            "xai" => Self {
                tiers: false,
                steps: Steps::From,
                output: Output::Lump,
                region: Region::Ignored,
                search: Search::FirstPriced,
                reported: true,
                ..COMMON
            },
            _ if provider.starts_with("vertex_ai") => Self {
                region: if provider == "vertex_ai" { Region::Endpoint } else { Region::Ignored },
                search: if key.to_ascii_lowercase().contains("claude") {
                    Search::Medium
                } else {
                    Search::Grounding
                },
                ..COMMON
            },
            _ => COMMON,
        }
    }
}
