//! What a token costs, as it depends on the service tier and on the length of the prompt.
//!
//! All-or-nothing: the prompt chooses one step (or band), and every token of the call is billed at it.

use ferrolite_types::{Price, json::Value};

use super::{entry::price, sheet::Sheet, terms::Steps};

/// The service tier that a call is billed at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    /// The list price; also every tier that has no price of its own.
    #[default]
    Standard,
    /// Slower and cheaper.
    Flex,
    /// Faster and dearer; also called `fast`.
    Priority,
    /// Between standard and priority.
    Balanced,
    /// Faster than priority.
    Ultrafast,
    /// An item of a batch job: half the price where the map has no other.
    Batch,
}

impl Tier {
    /// The tier of a provider's or caller's word for it, as in `service_tier`.
    pub fn named(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "flex" => Self::Flex,
            "priority" | "fast" => Self::Priority,
            "balanced" => Self::Balanced,
            "ultrafast" => Self::Ultrafast,
            _ => Self::Standard,
        }
    }

    /// The end of its fields' names.
    fn suffix(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Flex => "_flex",
            Self::Priority => "_priority",
            Self::Balanced => "_balanced",
            Self::Ultrafast => "_ultrafast",
            Self::Batch => "_batches",
        }
    }

    /// Whether an entry says anything about it.
    pub(super) fn is_priced(self, sheet: &Sheet<'_>) -> bool {
        self == Self::Batch || sheet.names().iter().any(|name| name.ends_with(self.suffix()))
    }
}

/// The price of one token, by kind. `None` follows another kind: reading and writing the cache cost what input
/// costs, an hour in the cache what five minutes cost, reasoning what output costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TokenRates {
    pub(super) input: Price,
    pub(super) output: Price,
    pub(super) cache_read: Option<Price>,
    pub(super) cache_write: Option<Price>,
    pub(super) cache_write_1h: Option<Price>,
    pub(super) reasoning: Option<Price>,
}

impl TokenRates {
    pub(super) fn cache_read(&self) -> Price {
        self.cache_read.unwrap_or(self.input)
    }

    pub(super) fn cache_write(&self) -> Price {
        self.cache_write.unwrap_or(self.input)
    }

    pub(super) fn cache_write_1h(&self) -> Price {
        self.cache_write_1h.unwrap_or(self.cache_write())
    }

    pub(super) fn reasoning(&self) -> Price {
        self.reasoning.unwrap_or(self.output)
    }
}

/// The rates of one tier, a step for each length of prompt. The first begins at nothing.
#[derive(Debug, Clone)]
pub(super) struct Ladder(Box<[Step]>);

#[derive(Debug, Clone)]
struct Step {
    above: u64,
    rates: TokenRates,
}

impl Ladder {
    /// The steps of a tier; what it does not say of itself, the standard tier says.
    pub(super) fn of(sheet: &Sheet<'_>, tier: Tier) -> Self {
        match tier {
            Tier::Batch => Self::of_batches(sheet),
            _ => Self::climb(sheet, tier, base_rates(sheet, tier), |field| {
                sheet.price(&format!("{field}{}", tier.suffix())).or_else(|| sheet.price(field))
            }),
        }
    }

    fn of_batches(sheet: &Sheet<'_>) -> Self {
        Self::climb(sheet, Tier::Batch, batch_rates(sheet), |field| sheet.price(&format!("{field}_batches")))
    }

    fn climb(sheet: &Sheet<'_>, tier: Tier, base: TokenRates, price: impl Fn(&str) -> Option<Price>) -> Self {
        let mut steps = vec![Step { above: 0, rates: base }];
        let mut rates = base;
        for (above, words) in thresholds(sheet, tier) {
            let price = |field: &str| price(&format!("{field}_above_{words}_tokens"));
            rates.input = price(INPUT).unwrap_or(rates.input);
            rates.output = price(OUTPUT).unwrap_or(rates.output);
            rates.cache_read = price(CACHE_READ).or(rates.cache_read);
            rates.cache_write = price(CACHE_WRITE).or(rates.cache_write);
            rates.cache_write_1h = price(CACHE_WRITE_1H).or(rates.cache_write_1h);
            steps.push(Step { above, rates });
        }
        Self(steps.into())
    }

    /// The rates for a prompt.
    pub(super) fn at(&self, prompt: u64, steps: Steps) -> TokenRates {
        let reached = |step: &&Step| match steps {
            Steps::Above => prompt > step.above,
            Steps::From => prompt >= step.above,
            Steps::Ignored => false,
        };
        self.0.iter().rev().find(reached).map_or(*self.base(), |step| step.rates)
    }

    /// The rates for a short prompt.
    pub(super) fn base(&self) -> &TokenRates {
        &self.0[0].rates
    }

    /// Gives every step that has none of its own this price for reading the cache.
    pub(super) fn default_cache_read(&mut self, price: Price) {
        for step in &mut self.0 {
            step.rates.cache_read.get_or_insert(price);
        }
    }
}

const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";
const CACHE_READ: &str = "cache_read_input_token_cost";
const CACHE_WRITE: &str = "cache_creation_input_token_cost";
const CACHE_WRITE_1H: &str = "cache_creation_input_token_cost_above_1hr";
const REASONING: &str = "output_cost_per_reasoning_token";

fn base_rates(sheet: &Sheet<'_>, tier: Tier) -> TokenRates {
    let own = |field: &str| sheet.price(&format!("{field}{}", tier.suffix()));
    let price = |field: &str| own(field).or_else(|| sheet.price(field));
    let output = price(OUTPUT).unwrap_or_default();
    // An image model may price its output as image tokens only.
    let output = if output == Price::ZERO {
        sheet.price("output_cost_per_image_token").unwrap_or(output)
    } else {
        output
    };
    // A tier with an output price of its own has left the standard reasoning price behind.
    let reasoning = own(REASONING)
        .or_else(|| sheet.price(REASONING).filter(|_| tier == Tier::Standard || own(OUTPUT).is_none()));
    TokenRates {
        input: price(INPUT).unwrap_or_default(),
        output,
        cache_read: price(CACHE_READ),
        cache_write: price(CACHE_WRITE),
        cache_write_1h: sheet.price(CACHE_WRITE_1H),
        reasoning,
    }
}

/// Batches have prices of their own, or cost half.
fn batch_rates(sheet: &Sheet<'_>) -> TokenRates {
    let standard = base_rates(sheet, Tier::Standard);
    let own = |field: &str| sheet.price(&format!("{field}_batches"));
    let half_unless_input = |price: Option<Price>| price.filter(|_| own(INPUT).is_none()).map(half);
    TokenRates {
        input: own(INPUT).unwrap_or(half(standard.input)),
        output: own(OUTPUT).unwrap_or(half(standard.output)),
        cache_read: own(CACHE_READ).or(half_unless_input(standard.cache_read)),
        cache_write: own(CACHE_WRITE).or(half_unless_input(standard.cache_write)),
        cache_write_1h: None,
        reasoning: None,
    }
}

pub(super) fn half(price: Price) -> Price {
    Price::from_atto(price.atto() / 2)
}

/// The prompt lengths at which prices change, ascending: 200000 and `200k` for `…_above_200k_tokens`.
fn thresholds(sheet: &Sheet<'_>, tier: Tier) -> Vec<(u64, String)> {
    let mut found: Vec<(u64, String)> =
        sheet.names().iter().filter_map(|name| threshold(name, tier)).collect();
    found.sort();
    found.dedup();
    found
}

fn threshold(name: &str, tier: Tier) -> Option<(u64, String)> {
    let of_tokens = [INPUT, OUTPUT, CACHE_READ, CACHE_WRITE].iter().any(|field| name.starts_with(field));
    let plain = name.strip_suffix(tier.suffix()).or((tier != Tier::Batch).then_some(name))?;
    let words = plain.strip_suffix("_tokens").filter(|_| of_tokens)?.rsplit_once("_above_")?.1;
    let above = match words.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000)?,
        None => words.parse().ok()?,
    };
    Some((above, words.to_owned()))
}

/// `tiered_pricing`: ranges of prompt length, each with rates of its own. Empty when an entry has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Bands(Box<[Band]>);

#[derive(Debug, Clone)]
struct Band {
    above: u64,
    up_to: u64,
    /// A band without an input price is no band; the ladder prices what falls into it.
    rates: Option<TokenRates>,
}

impl Bands {
    pub(super) fn of(sheet: &Sheet<'_>, standard: &TokenRates) -> Self {
        let items = sheet.value("tiered_pricing").and_then(|bands| bands.items().ok());
        let mut bands: Vec<Band> =
            items.into_iter().flatten().filter_map(|band| Band::read(band, standard)).collect();
        bands.sort_by_key(|band| band.above);
        Self(bands.into())
    }

    /// The rates for a prompt; beyond the last band the last counts.
    pub(super) fn at(&self, prompt: u64) -> Option<TokenRates> {
        let holds = |band: &&Band| band.above < prompt && prompt <= band.up_to;
        self.0.iter().find(holds).or(self.0.last()).filter(|_| prompt > 0)?.rates
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Band {
    fn read(band: Value<'_>, standard: &TokenRates) -> Option<Self> {
        let fields = band.fields().ok()?;
        let range = fields.peek("range")?.list(Value::u64).ok()?;
        let [above, up_to] = range[..] else { return None };
        let of = |field: &str| fields.peek(field).and_then(price);
        let rates = of(INPUT).map(|input| TokenRates {
            input,
            output: of(OUTPUT).unwrap_or(standard.output),
            cache_read: Some(of(CACHE_READ).unwrap_or(input)),
            cache_write: Some(of(CACHE_WRITE).unwrap_or(input)),
            cache_write_1h: of(CACHE_WRITE_1H),
            reasoning: of(REASONING).or(standard.reasoning.filter(|_| of(OUTPUT).is_none())),
        });
        Some(Self { above, up_to, rates })
    }
}
