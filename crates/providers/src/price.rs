//! What a call costs: the price map, the rates of one deployment, and the arithmetic between them.
//!
//! [`PriceTable`] finds the [`Entry`] that prices a model, [`Rates`] are read from it when a config is built, and
//! [`Rates::cost`] turns a [`Billable`] call into a [`Breakdown`]. The rules are LiteLLM's, since budgets and
//! reports are compared with its numbers.
//!
//! Invariant: no float touches money; every line is exact, and the total is rounded once.

mod breakdown;
mod call;
mod cost;
mod counts;
mod entry;
mod factor;
mod kinds;
mod lookup;
mod markup;
mod names;
mod off_peak;
mod overlap;
mod packed;
mod rates;
mod recorded;
mod report;
mod seconds;
mod sheet;
mod sum;
mod table;
mod terms;
mod tier;
mod tools;
mod units;
mod uplift;

#[cfg(test)]
mod tests;

pub use breakdown::Breakdown;
pub use call::Billable;
pub use entry::Entry;
pub use factor::Factor;
pub use markup::Markup;
pub use rates::Rates;
pub use recorded::cost_of_line;
pub use table::PriceTable;
pub use tier::Tier;
pub use tools::{SearchContext, ToolUse};
pub use units::Measures;
