//! What an operator takes off a provider's price or puts on it: `cost_discount_config`, `cost_margin_config`.

use ferrolite_types::{
    Price, RawJson,
    json::{Fields, JsonError, Kind, Value},
    money::Overflow,
};

use super::{entry::price, factor::Factor};

/// A discount first, then a margin on what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Markup {
    /// The part that is taken off: `0.05` for five per cent.
    pub discount: Factor,
    /// The part that is put on.
    pub margin: Factor,
    /// Dollars that are put on every call.
    pub fixed: Price,
}

impl Default for Markup {
    fn default() -> Self {
        Self { discount: Factor::ZERO, margin: Factor::ZERO, fixed: Price::ZERO }
    }
}

impl Markup {
    /// What the two settings say of a provider. A discount is a fraction by provider; a margin, by provider or
    /// `global`, is a fraction, or `{percentage, fixed_amount}` of a fraction and dollars.
    ///
    /// # Errors
    /// Another shape.
    pub fn read(
        provider: &str,
        discounts: Option<&RawJson>,
        margins: Option<&RawJson>,
    ) -> Result<Self, JsonError> {
        let mut markup = Self::default();
        if let Some(discount) = setting(discounts, &[provider])? {
            markup.discount = fraction(discount).map_err(|error| error.within(provider))?;
        }
        match setting(margins, &[provider, "global"])? {
            Some(margin) if margin.kind() == Kind::Object => markup.read_margin(margin.fields()?)?,
            Some(margin) => markup.margin = fraction(margin).map_err(|error| error.within(provider))?,
            None => {}
        }
        Ok(markup)
    }

    fn read_margin(&mut self, mut margin: Fields<'_>) -> Result<(), JsonError> {
        self.margin = margin.read("percentage", fraction)?.unwrap_or(Factor::ZERO);
        self.fixed = margin.read("fixed_amount", dollars)?.unwrap_or_default();
        Ok(())
    }

    /// What is taken off a price, and what is put on.
    pub(super) fn of(&self, original: Price) -> Result<(Price, Price), Overflow> {
        let discount = self.discount.of(original)?;
        let left = original.plus(Price::from_atto(-discount.atto()))?;
        Ok((discount, self.margin.of(left)?.plus(self.fixed)?))
    }
}

/// The first of `names` that the setting has.
fn setting<'s>(setting: Option<&'s RawJson>, names: &[&str]) -> Result<Option<Value<'s>>, JsonError> {
    let Some(setting) = setting else { return Ok(None) };
    let by_name = setting.value().fields()?;
    Ok(names.iter().find_map(|name| by_name.peek(name)))
}

fn fraction(value: Value<'_>) -> Result<Factor, JsonError> {
    Factor::parse(value.text()).ok_or_else(|| value.unexpected("a fraction such as 0.05"))
}

fn dollars(value: Value<'_>) -> Result<Price, JsonError> {
    price(value).ok_or_else(|| value.unexpected("a number of dollars"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(discounts: &str, margins: &str) -> Result<Markup, JsonError> {
        let [discounts, margins] = [discounts, margins].map(|json| RawJson::parse(json).unwrap());
        Markup::read("openai", Some(&discounts), Some(&margins))
    }

    #[test]
    fn a_discount_comes_before_the_margin() {
        let markup =
            read(r#"{"openai": 0.1}"#, r#"{"openai": {"percentage": 0.5, "fixed_amount": 0.01}}"#).unwrap();
        let (discount, margin) = markup.of(Price::parse("2").unwrap()).unwrap();
        assert_eq!(discount, Price::parse("0.2").unwrap());
        assert_eq!(margin, Price::parse("0.91").unwrap());
    }

    #[test]
    fn a_providers_own_margin_stands_before_the_global_one() {
        let margin = |margins| read("{}", margins).unwrap().margin;
        assert_eq!(margin(r#"{"global": 0.1, "openai": 0.2}"#), Factor::parse("0.2").unwrap());
        assert_eq!(margin(r#"{"global": 0.1, "groq": 0.2}"#), Factor::parse("0.1").unwrap());
        assert_eq!(Markup::read("openai", None, None), Ok(Markup::default()));
    }

    #[test]
    fn a_setting_of_another_shape_is_refused() {
        let error = read(r#"{"openai": "much"}"#, "{}").unwrap_err();
        assert_eq!(error.to_string(), r#"openai: expected a fraction such as 0.05, got the string "much""#);
    }
}
