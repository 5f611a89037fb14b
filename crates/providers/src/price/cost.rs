//! Usage times rates: the arithmetic of a bill, on the path of every call.

use ferrolite_types::{Price, money::Overflow};

use super::{
    breakdown::Breakdown,
    call::Billable,
    kinds::KindRates,
    rates::Rates,
    sum::Sum,
    terms::{Input, Output},
    tier::{Ladder, Tier, TokenRates},
};

impl Rates {
    /// What a call costs at these rates.
    ///
    /// # Errors
    /// A cost of more than nine million dollars.
    pub fn cost(&self, call: &Billable<'_>) -> Result<Breakdown, Overflow> {
        let lines = match call.reported.filter(|_| self.terms.reported) {
            Some(reported) => Breakdown { output: reported, ..Breakdown::default() },
            None if self.terms.free => Breakdown::default(),
            None => self.reckoned(call)?,
        };
        lines.summed(&self.markup)
    }

    fn reckoned(&self, call: &Billable<'_>) -> Result<Breakdown, Overflow> {
        let tokens = match self.seconds.filter(|seconds| seconds.bill(call)) {
            Some(seconds) => Breakdown { input: seconds.cost(call)?, ..Breakdown::default() },
            None => self.tokens(call)?,
        };
        let by_token = self.prices_tokens() && (call.prompt > 0 || call.completion > 0);
        let lines = Breakdown {
            input: tokens.input.plus(self.units.input(&call.measures)?)?,
            output: tokens.output.plus(self.units.output(&call.measures, by_token)?)?,
            units: self.units.call(&call.measures)?,
            ..tokens
        };
        let factors = self.uplift.factors(call);
        let lines = factors.into_iter().try_fold(lines, Breakdown::scaled)?;
        Ok(Breakdown { tools: self.tools.cost(call.usage.searches, &call.tools)?, ..lines })
    }

    fn tokens(&self, call: &Billable<'_>) -> Result<Breakdown, Overflow> {
        let rates = self.token_rates(call);
        let kinds = if call.tier == Tier::Batch { &self.batch_kinds } else { &self.kinds };
        let mut lines = Breakdown {
            input: self.input(call, &rates, kinds)?,
            output: self.output(call, &rates, kinds)?,
            ..Breakdown::default()
        };
        if self.terms.input != Input::Lump {
            lines.cache_read = cache_read(call, &rates, kinds)?;
            lines.cache_write = cache_write(call, &rates)?;
        }
        if self.terms.output != Output::Lump {
            lines.reasoning = rates.reasoning().times(call.usage.reasoning)?;
        }
        Ok(lines)
    }

    /// The rates that tier, prompt and hour choose.
    fn token_rates(&self, call: &Billable<'_>) -> TokenRates {
        let own = self.tiers.iter().find(|(tier, _)| *tier == call.tier);
        let ladder: &Ladder = own.map_or(&self.standard, |(_, ladder)| ladder);
        if call.tier == Tier::Batch {
            return ladder.at(call.prompt, self.terms.steps);
        }
        let rates = self.bands.at(call.prompt).unwrap_or_else(|| ladder.at(call.prompt, self.terms.steps));
        match self.off_peak.as_ref().filter(|hours| hours.hold(call.now)) {
            Some(hours) => hours.over(rates),
            None => rates,
        }
    }

    fn input(&self, call: &Billable<'_>, rates: &TokenRates, kinds: &KindRates) -> Result<Price, Overflow> {
        let (usage, measures, units) = (call.usage, &call.measures, &self.units);
        let unless = |billed_otherwise: bool, tokens: u64| if billed_otherwise { 0 } else { tokens };
        let cached = usage.cache_read.saturating_add(usage.cache_write).saturating_add(usage.cache_write_1h);
        let mut sum = Sum::default();
        sum.add(self.routing, call.prompt)?;
        match self.terms.input {
            Input::Lump => sum.add(rates.input, call.prompt)?,
            Input::CacheApart => sum.add(rates.input, call.prompt.saturating_sub(cached))?,
            Input::ByKind => {
                sum.add(rates.input, unless(units.bills_input_characters(measures), usage.input))?;
                let audio = unless(units.bills_audio_time(measures), usage.input_audio);
                sum.add(kinds.input_audio.unwrap_or(rates.input), audio)?;
                let images = unless(units.bills_input_images(measures), usage.input_image);
                sum.add(kinds.input_image.unwrap_or(rates.input), images)?;
                let video = unless(units.bills_video_time(measures), measures.input_video);
                sum.add(kinds.input_video.unwrap_or(rates.input), video)?;
            }
        }
        Ok(sum.total())
    }

    fn output(&self, call: &Billable<'_>, rates: &TokenRates, kinds: &KindRates) -> Result<Price, Overflow> {
        let usage = call.usage;
        let mut sum = Sum::default();
        match self.terms.output {
            Output::Lump => sum.add(rates.output, call.completion)?,
            Output::ReasoningApart => {
                sum.add(rates.output, call.completion.saturating_sub(usage.reasoning))?;
            }
            Output::ByKind => {
                let text = if self.units.bills_output_characters(&call.measures) { 0 } else { usage.output };
                sum.add(rates.output, text)?;
                sum.add(kinds.output_audio.unwrap_or(rates.output), usage.output_audio)?;
                sum.add(kinds.output_image.unwrap_or(rates.output), usage.output_image)?;
                sum.add(kinds.output_video.unwrap_or(rates.output), call.measures.output_video)?;
            }
        }
        Ok(sum.total())
    }

    /// Whether the entry has any price for tokens, so that what they spell is not billed again by the piece.
    fn prices_tokens(&self) -> bool {
        let base = self.standard.base();
        let kinds = [self.kinds.input_image, self.kinds.output_image];
        base.input > Price::ZERO || base.output > Price::ZERO || kinds.iter().any(Option::is_some)
    }
}

fn cache_read(call: &Billable<'_>, rates: &TokenRates, kinds: &KindRates) -> Result<Price, Overflow> {
    let audio = call.measures.cached_audio.min(call.usage.cache_read);
    let mut sum = Sum::default();
    sum.add(rates.cache_read(), call.usage.cache_read - audio)?;
    sum.add(kinds.cached_audio.unwrap_or(rates.cache_read()), audio)?;
    Ok(sum.total())
}

fn cache_write(call: &Billable<'_>, rates: &TokenRates) -> Result<Price, Overflow> {
    let mut sum = Sum::default();
    sum.add(rates.cache_write(), call.usage.cache_write)?;
    sum.add(rates.cache_write_1h(), call.usage.cache_write_1h)?;
    Ok(sum.total())
}
