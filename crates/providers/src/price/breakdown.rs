//! A cost, line by line.

use ferrolite_types::{Cost, Price, money::Overflow};

use super::{factor::Factor, markup::Markup};

/// What a call cost and why. Every line is exact; only `total` is rounded, once.
///
/// `input + cache_read + cache_write + output + reasoning + units + tools = original`, and
/// `original - discount + margin`, rounded to a pico-dollar, is `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// The prompt, what came from the cache or went into it excepted.
    pub input: Price,
    /// Tokens read from the cache.
    pub cache_read: Price,
    /// Tokens written to the cache.
    pub cache_write: Price,
    /// The answer, reasoning excepted.
    pub output: Price,
    /// Reasoning.
    pub reasoning: Price,
    /// Queries and pages.
    pub units: Price,
    /// Tools that the provider ran.
    pub tools: Price,
    /// The sum of the lines: the provider's price.
    pub original: Price,
    /// What the operator's discount takes off it.
    pub discount: Price,
    /// What the operator's margin puts on it.
    pub margin: Price,
    /// What the call costs.
    pub total: Cost,
}

impl Breakdown {
    /// Adds the lines up and applies discount and margin.
    pub(super) fn summed(self, markup: &Markup) -> Result<Self, Overflow> {
        let original = self.lines().into_iter().try_fold(Price::ZERO, Price::plus)?;
        let (discount, margin) = markup.of(original)?;
        let billed = Self { original, discount, margin, ..self };
        Ok(Self { total: billed.exact()?.to_cost()?, ..billed })
    }

    /// The total before it is rounded.
    ///
    /// # Errors
    /// More than a price holds; not for what [`super::Rates::cost`] returned.
    pub fn exact(&self) -> Result<Price, Overflow> {
        self.original.plus(Price::from_atto(-self.discount.atto()))?.plus(self.margin)
    }

    /// The lines multiplied.
    pub(super) fn scaled(self, factor: Factor) -> Result<Self, Overflow> {
        Ok(Self {
            input: factor.of(self.input)?,
            cache_read: factor.of(self.cache_read)?,
            cache_write: factor.of(self.cache_write)?,
            output: factor.of(self.output)?,
            reasoning: factor.of(self.reasoning)?,
            units: factor.of(self.units)?,
            tools: factor.of(self.tools)?,
            ..self
        })
    }

    fn lines(&self) -> [Price; 7] {
        [self.input, self.cache_read, self.cache_write, self.output, self.reasoning, self.units, self.tools]
    }
}
