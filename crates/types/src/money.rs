//! Money as integers. Prices are exact, a call's cost is pico-dollars, a ledger counts nano-dollars.
//!
//! Invariant: no amount of money ever passes through a float.

use std::{fmt, str::FromStr};

/// The price of one unit (a token, a second, an image), exact to an atto-dollar (10^-18 USD).
/// The cheapest published token prices are near 10^-12 USD.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i128);

/// What a call cost, in pico-dollars (10^-12 USD). Holds up to about nine million dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(i64);

/// An amount in the ledger, in nano-dollars (10^-9 USD).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// An amount that does not fit its integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount of money is too large to be counted")
    }
}

impl std::error::Error for Overflow {}

const ATTO_PER_PICO: i128 = 1_000_000;
const PICO_PER_NANO: i64 = 1_000;

impl Price {
    /// Free.
    pub const ZERO: Self = Self(0);

    /// A price in atto-dollars.
    pub const fn from_atto(atto: i128) -> Self {
        Self(atto)
    }

    /// The price in atto-dollars.
    pub const fn atto(self) -> i128 {
        self.0
    }

    /// Reads a decimal number as people and price lists write it: `0.15`, `1.5e-07`, `3E-6`.
    /// `None` for anything else, and for digits beyond an atto-dollar.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let negative = mantissa.starts_with('-');
        let (whole, fraction) = mantissa
            .trim_start_matches(['-', '+'])
            .split_once('.')
            .unwrap_or((mantissa.trim_start_matches(['-', '+']), ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = exponent.checked_add(18)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let atto = scaled(digits, scale)?;
        Some(Self(if negative { -atto } else { atto }))
    }

    /// Like [`Price::parse`], but digits beyond an atto-dollar are rounded, halves away from zero: price lists
    /// hold the debris of other people's floats (`1.5000020000000002e-05`).
    pub fn nearest(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| {
            let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
            let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let surplus = i64::try_from(places).ok()? - i64::from(exponent.parse::<i32>().ok()?) - 18;
            let digits = i128::from_str(&mantissa.replacen('.', "", 1)).ok()?;
            let divisor = u32::try_from(surplus).ok().and_then(|surplus| 10i128.checked_pow(surplus))?;
            let rest = digits % divisor;
            let carry = if rest.abs() >= divisor - rest.abs() { digits.signum() } else { 0 };
            Some(Self(digits / divisor + carry))
        })
    }

    /// `units` at this price, in atto-dollars, to be added up before rounding.
    ///
    /// # Errors
    /// More than an `i128` holds.
    pub fn times(self, units: u64) -> Result<Self, Overflow> {
        self.0.checked_mul(i128::from(units)).map(Self).ok_or(Overflow)
    }

    /// The sum.
    ///
    /// # Errors
    /// More than an `i128` holds.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// The sum as a cost, rounded to the nearest pico-dollar, halves away from zero.
    ///
    /// # Errors
    /// More than a [`Cost`] holds.
    pub fn to_cost(self) -> Result<Cost, Overflow> {
        let half = ATTO_PER_PICO / 2 * self.0.signum();
        i64::try_from((self.0 + half) / ATTO_PER_PICO).map(Cost).map_err(|_| Overflow)
    }
}

fn scaled(digits: i128, scale: i32) -> Option<i128> {
    match u32::try_from(scale) {
        Ok(up) => 10i128.checked_pow(up)?.checked_mul(digits),
        Err(_) => {
            let divisor = 10i128.checked_pow(scale.unsigned_abs())?;
            (digits % divisor == 0).then_some(digits / divisor)
        }
    }
}

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A cost in pico-dollars.
    pub const fn from_pico(pico: i64) -> Self {
        Self(pico)
    }

    /// The cost in pico-dollars.
    pub const fn pico(self) -> i64 {
        self.0
    }

    /// The sum.
    ///
    /// # Errors
    /// More than nine million dollars.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        self.0.checked_add(other.0).map(Self).ok_or(Overflow)
    }

    /// The amount that a ledger counts: rounded up, once, so that a budget is never undercharged.
    pub fn to_amount(self) -> Amount {
        Amount(self.0.div_euclid(PICO_PER_NANO) + i64::from(self.0.rem_euclid(PICO_PER_NANO) != 0))
    }
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in nano-dollars.
    pub const fn from_nano(nano: i64) -> Self {
        Self(nano)
    }

    /// The amount in nano-dollars.
    pub const fn nano(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Cost {
    /// Dollars as an exact decimal without trailing zeros: `0.0002475`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, i128::from(self.0), 12)
    }
}

impl fmt::Display for Price {
    /// Dollars as an exact decimal without trailing zeros: `0.00000015`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0, 18)
    }
}

impl fmt::Display for Amount {
    /// Dollars as an exact decimal without trailing zeros: `1.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, i128::from(self.0), 9)
    }
}

fn write_decimal(f: &mut fmt::Formatter<'_>, units: i128, places: u32) -> fmt::Result {
    let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let one = 10u128.pow(places);
    let fraction = format!("{:0width$}", units % one, width = places as usize);
    match fraction.trim_end_matches('0') {
        "" => write!(f, "{sign}{}", units / one),
        digits => write!(f, "{sign}{}.{digits}", units / one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly() {
        assert_eq!(Price::parse("1.5e-07"), Some(Price::from_atto(150_000_000_000)));
        assert_eq!(Price::parse("0.15"), Some(Price::from_atto(150_000_000_000_000_000)));
        assert_eq!(Price::parse("3E-6"), Some(Price::from_atto(3_000_000_000_000)));
        assert_eq!(Price::parse("0.0"), Some(Price::ZERO));
        assert_eq!(Price::parse("1e-19"), None);
        assert_eq!(Price::parse("10e-19"), Some(Price::from_atto(1)));
        for text in ["", ".", "-", "1e2147483647", "1e-2147483648", "abc", "1e", "NaN", "0x1"] {
            assert_eq!(Price::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_price_with_too_many_digits_is_the_nearest_one() {
        assert_eq!(Price::nearest("1.5000020000000002e-05"), Price::parse("1.500002e-05"));
        assert_eq!(Price::nearest("9.499999999999999e-07"), Some(Price::from_atto(950_000_000_000)));
        assert_eq!(Price::nearest("-0.0000000000000000005"), Some(Price::from_atto(-1)));
        assert_eq!(Price::nearest("0.15"), Price::parse("0.15"));
        assert_eq!(Price::nearest("cheap"), None);
    }

    #[test]
    fn a_cost_is_rounded_once_at_the_end() {
        let price = Price::parse("0.0000000000005").unwrap(); // half a pico-dollar
        assert_eq!(price.to_cost(), Ok(Cost::from_pico(1)));
        assert_eq!(price.times(3).unwrap().to_cost(), Ok(Cost::from_pico(2)));
        assert_eq!(price.times(u64::MAX).unwrap().times(u64::MAX), Err(Overflow));
    }

    #[test]
    fn the_ledger_rounds_up() {
        assert_eq!(Cost::from_pico(1).to_amount(), Amount::from_nano(1));
        assert_eq!(Cost::from_pico(1000).to_amount(), Amount::from_nano(1));
        assert_eq!(Cost::from_pico(1001).to_amount(), Amount::from_nano(2));
    }

    #[test]
    fn dollars_are_printed_as_decimals() {
        assert_eq!(Cost::from_pico(247_500_000).to_string(), "0.0002475");
        assert_eq!(Cost::from_pico(-1).to_string(), "-0.000000000001");
        assert_eq!(Cost::ZERO.to_string(), "0");
        assert_eq!(Price::from_atto(-1_500).to_string(), "-0.0000000000000015");
        assert_eq!(Amount::from_nano(2_500_000_000).to_string(), "2.5");
    }
}
