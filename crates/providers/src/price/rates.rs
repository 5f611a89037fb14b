//! The rates of one deployment: read from the map once, when its config is built, so that no call has to.

use ferrolite_types::{Price, RawJson, json::JsonError};

use super::{
    entry::Entry,
    kinds::KindRates,
    markup::Markup,
    names,
    off_peak::OffPeak,
    seconds::Seconds,
    sheet::Sheet,
    table::PriceTable,
    terms::Terms,
    tier::{Bands, Ladder, Tier, half},
    tools::ToolRates,
    units::UnitRates,
    uplift::Uplift,
};

/// What a deployment charges for everything that a call may use.
#[derive(Debug, Clone)]
pub struct Rates {
    pub(super) terms: Terms,
    pub(super) standard: Ladder,
    pub(super) tiers: Box<[(Tier, Ladder)]>,
    pub(super) bands: Bands,
    pub(super) off_peak: Option<OffPeak>,
    pub(super) kinds: KindRates,
    pub(super) batch_kinds: KindRates,
    pub(super) seconds: Option<Seconds>,
    pub(super) units: UnitRates,
    pub(super) tools: ToolRates,
    pub(super) uplift: Uplift,
    /// For each token of the prompt, on top, when a router chose the model.
    pub(super) routing: Price,
    pub(super) markup: Markup,
}

/// Replicate bills an unlisted model by the second of an A100 (80 GB).
const REPLICATE_SECOND: Price = Price::from_atto(1_400_000_000_000_000);

impl PriceTable {
    /// The rates for `model` at `provider`; `None` when nobody priced it.
    pub fn rates(&self, provider: &str, model: &str, region: Option<&str>) -> Option<Rates> {
        match self.find(provider, model, region) {
            Some(entry) => Some(self.completed(Rates::of(provider, entry), provider, model)),
            None if Terms::of(provider, model).free => Some(Rates::unlisted(provider)),
            None if provider == "replicate" => Some(Rates::by_the_second(provider, REPLICATE_SECOND)),
            None => None,
        }
    }

    /// The rates of a deployment that sets prices of its own, as [`Rates::own`] has it.
    ///
    /// # Errors
    /// `own` is not an object.
    pub fn own_rates(
        &self,
        provider: &str,
        model: &str,
        region: Option<&str>,
        own: &RawJson,
    ) -> Result<Rates, JsonError> {
        let rates = Rates::own(provider, self.find(provider, model, region), own)?;
        Ok(self.completed(rates, provider, model))
    }

    /// What stands in other entries: sessions of the code interpreter, the fee of Azure's model router.
    fn completed(&self, mut rates: Rates, provider: &str, model: &str) -> Rates {
        let container = self.get(&format!("{provider}/container"));
        let session = container.and_then(|entry| entry.price("code_interpreter_cost_per_session"));
        rates.tools.default_code_session(session);
        let routed = provider == "azure_ai" && names::is_routed(model) && !names::is_router(model);
        match self.get("azure_ai/model_router").filter(|_| routed) {
            Some(router) => rates.with_routing(router),
            None => rates,
        }
    }
}

impl Rates {
    /// The rates of an entry for calls to `provider`.
    pub fn of(provider: &str, entry: Entry<'_>) -> Self {
        Self::read(provider, &Sheet::of(entry))
    }

    /// The rates of a deployment that sets prices of its own (`input_cost_per_token` and so on, in `own`) over
    /// those of an entry. As in LiteLLM, a flat price of one's own puts steps, bands and off-peak prices aside and
    /// keeps those for the cache and for service tiers.
    ///
    /// # Errors
    /// `own` is not an object.
    pub fn own(provider: &str, entry: Option<Entry<'_>>, own: &RawJson) -> Result<Self, JsonError> {
        Ok(Self::read(provider, &Sheet::with_own(entry, own)?))
    }

    /// The rates of a model that nobody priced: nothing, but for what the provider says that a call cost.
    pub fn unlisted(provider: &str) -> Self {
        Self::read(provider, &Sheet::default())
    }

    /// The rates of a model that is billed by the time it takes.
    fn by_the_second(provider: &str, price: Price) -> Self {
        Self { seconds: Some(Seconds::elapsed(price)), ..Self::unlisted(provider) }
    }

    /// These rates with an operator's discount and margin.
    #[must_use]
    pub fn with_markup(self, markup: Markup) -> Self {
        Self { markup, ..self }
    }

    /// These rates plus what a router takes for choosing the model: the input price of its own entry.
    #[must_use]
    pub fn with_routing(self, router: Entry<'_>) -> Self {
        Self { routing: router.price("input_cost_per_token").unwrap_or_default(), ..self }
    }

    fn read(provider: &str, sheet: &Sheet<'_>) -> Self {
        let terms = Terms::of(provider, sheet.key());
        let standard = Ladder::of(sheet, Tier::Standard);
        let bands = Bands::of(sheet, standard.base());
        let rates = Self {
            tiers: tiers(sheet, &terms),
            off_peak: OffPeak::of(sheet),
            kinds: KindRates::of(sheet),
            batch_kinds: KindRates::of_batches(sheet),
            seconds: Seconds::of(sheet, &standard, &bands),
            units: UnitRates::of(sheet, provider),
            tools: ToolRates::of(sheet, provider, &terms),
            uplift: Uplift::of(sheet, &terms),
            routing: Price::ZERO,
            markup: Markup::default(),
            standard,
            bands,
            terms,
        };
        match terms.half_cache_read && sheet.provider().is_none_or(|listed| listed == provider) {
            true => rates.with_half_cache_read(sheet.price("input_cost_per_token")),
            false => rates,
        }
    }

    /// Reading the cache costs half of the input, where it has no price of its own.
    fn with_half_cache_read(mut self, input: Option<Price>) -> Self {
        if let Some(input) = input {
            self.standard.default_cache_read(half(input));
        }
        self.off_peak = self.off_peak.map(OffPeak::with_half_cache_read);
        self
    }
}

/// The tiers that have a price of their own.
fn tiers(sheet: &Sheet<'_>, terms: &Terms) -> Box<[(Tier, Ladder)]> {
    let own = [Tier::Flex, Tier::Priority, Tier::Balanced, Tier::Ultrafast];
    let priced = own.into_iter().filter(|tier| terms.tiers && tier.is_priced(sheet));
    priced.chain([Tier::Batch]).map(|tier| (tier, Ladder::of(sheet, tier))).collect()
}
