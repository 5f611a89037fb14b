//! What one call used, in everything that anybody charges for.

use std::borrow::Cow;

use ferrolite_types::{Price, Usage, json::Value};

use super::{counts::sum, tier::Tier, tools::ToolUse, units::Measures};

/// One call, to be billed. [`Billable::of`] fills it from the provider's usage; what the usage cannot know
/// (units, tools, region) the caller adds.
#[derive(Debug, Clone)]
pub struct Billable<'a> {
    /// The tokens.
    pub usage: &'a Usage,
    /// The length of the prompt as the provider counts it, cached tokens included: what steps and bands look at.
    pub prompt: u64,
    /// The length of the answer as the provider counts it.
    pub completion: u64,
    /// Everything else that can be counted.
    pub measures: Measures<'a>,
    /// The provider's tools.
    pub tools: ToolUse,
    /// The tier that served the call.
    pub tier: Tier,
    /// Where the deployment is: OpenAI's data residency, a region of Vertex.
    pub region: Option<&'a str>,
    /// Where the provider says that it served the call (Anthropic's `inference_geo`).
    pub geography: Option<Cow<'a, str>>,
    /// Whether the call was served at a higher speed (Anthropic's `speed: fast`).
    pub fast: bool,
    /// When the call is billed, in seconds since 1970.
    pub now: u64,
    /// What the provider itself says that the call cost.
    pub reported: Option<Price>,
}

impl<'a> Billable<'a> {
    /// A call that used these tokens; tier, place, speed and reported cost as the provider's usage has them.
    pub fn of(usage: &'a Usage, now: u64) -> Self {
        let text = |key: &str| usage.ext.get(key).and_then(|value| value.value().as_str());
        Self {
            prompt: sum(&[
                usage.input,
                usage.cache_read,
                usage.cache_write,
                usage.cache_write_1h,
                usage.input_audio,
                usage.input_image,
            ]),
            completion: sum(&[usage.output, usage.reasoning, usage.output_audio, usage.output_image]),
            measures: Measures::default(),
            tools: ToolUse::default(),
            tier: usage.tier.as_deref().map_or(Tier::Standard, Tier::named),
            region: None,
            geography: text("inference_geo"),
            fast: text("speed").as_deref() == Some("fast"),
            now,
            reported: reported(usage),
            usage,
        }
    }
}

/// `cost` in dollars, or an object of such with a total; xAI counts ticks, ten billion to the dollar.
fn reported(usage: &Usage) -> Option<Price> {
    const ATTO_PER_TICK: i128 = 100_000_000;
    let ticks = usage.ext.get("cost_in_usd_ticks").and_then(|ticks| ticks.value().u64().ok());
    let ticks = ticks.map(|ticks| Price::from_atto(i128::from(ticks) * ATTO_PER_TICK));
    ticks.or_else(|| dollars(usage.ext.get("cost")?.value()))
}

/// A cost as a provider writes it: a number of dollars, or an object with a `total_cost`.
pub(super) fn dollars(value: Value<'_>) -> Option<Price> {
    let total = value.fields().ok().and_then(|fields| fields.peek("total_cost"));
    Price::nearest(total.unwrap_or(value).text()).filter(|price| *price >= Price::ZERO)
}
