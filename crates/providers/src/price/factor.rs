//! A number to multiply money with: an uplift, a discount, a margin.

use ferrolite_types::{Price, money::Overflow};

/// A multiplier, exact to nine decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(i64);

const ONE: i64 = 1_000_000_000;

impl Factor {
    /// Changes nothing.
    pub const ONE: Self = Self(ONE);
    /// Leaves nothing.
    pub const ZERO: Self = Self(0);

    /// Reads a decimal number, `1.1` or `5e-2`; decimals after the ninth are rounded.
    pub fn parse(text: &str) -> Option<Self> {
        let atto = Price::nearest(text)?.atto();
        let half = i128::from(ONE / 2) * atto.signum();
        i64::try_from((atto + half) / i128::from(ONE)).ok().map(Self)
    }

    /// The product, to the nearest atto-dollar.
    ///
    /// # Errors
    /// More than a price holds.
    pub fn of(self, price: Price) -> Result<Price, Overflow> {
        let product = price.atto().checked_mul(i128::from(self.0)).ok_or(Overflow)?;
        let half = i128::from(ONE / 2) * product.signum();
        Ok(Price::from_atto(product.checked_add(half).ok_or(Overflow)? / i128::from(ONE)))
    }
}

impl Default for Factor {
    fn default() -> Self {
        Self::ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_multiplies_exactly() {
        let price = Price::parse("0.0000033").unwrap();
        assert_eq!(Factor::parse("1.1").unwrap().of(price), Ok(Price::parse("0.00000363").unwrap()));
        assert_eq!(Factor::ONE.of(price), Ok(price));
        assert_eq!(Factor::ZERO.of(price), Ok(Price::ZERO));
        assert_eq!(Factor::parse("0.5").unwrap().of(Price::from_atto(3)), Ok(Price::from_atto(2)));
        assert_eq!(Factor::parse("2").unwrap().of(Price::from_atto(i128::MAX)), Err(Overflow));
        assert_eq!(Factor::parse("much"), None);
    }
}
