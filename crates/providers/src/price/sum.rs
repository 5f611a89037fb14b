//! Adding up without rounding and without wrapping.

use std::time::Duration;

use ferrolite_types::{Price, money::Overflow};

/// A sum of prices times units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum(Price);

impl Sum {
    pub(super) fn add(&mut self, price: Price, units: u64) -> Result<(), Overflow> {
        if units == 0 {
            return Ok(()); // most of what can be billed is not, and 128-bit products take their time
        }
        self.0 = self.0.plus(price.times(units)?)?;
        Ok(())
    }

    /// Adds a price per second, to the microsecond.
    pub(super) fn add_time(&mut self, price: Price, time: Duration) -> Result<(), Overflow> {
        const MICROS: i128 = 1_000_000;
        if time.is_zero() {
            return Ok(());
        }
        let micros = i128::try_from(time.as_micros()).map_err(|_| Overflow)?;
        let cost = price.atto().checked_mul(micros).ok_or(Overflow)? / MICROS;
        self.0 = self.0.plus(Price::from_atto(cost))?;
        Ok(())
    }

    pub(super) fn total(self) -> Price {
        self.0
    }
}
