//! Prices calls that were recorded elsewhere, a JSON line each: what `ferrolite cost --jsonl` answers.

use ferrolite_types::{
    Price,
    json::{Fields, JsonError, RawJson, Value, object},
};

use super::{PriceTable, Rates, report::Report};

/// Prices one line `{id, model, provider, service_tier, usage}` and answers `{"id":…,"cost":…}` with the exact
/// number of dollars, or `null` where the table has no price. `usage` may have the shape of OpenAI's chat, of its
/// Responses or of Anthropic's messages. `now` (seconds since 1970) counts where prices depend on the hour and
/// the line has no `created`.
///
/// ```
/// # use ferrolite_providers::price::{PriceTable, cost_of_line};
/// let line = r#"{"id": 7, "provider": "openai", "model": "gpt-4o-mini", "usage": {"prompt_tokens": 10}}"#;
/// let answer = cost_of_line(&PriceTable::builtin(), line, 0)?;
/// assert_eq!(answer.as_str(), r#"{"id":7,"cost":0.0000015}"#);
/// # Ok::<(), ferrolite_types::json::JsonError>(())
/// ```
///
/// # Errors
/// A line that is not such an object.
pub fn cost_of_line(table: &PriceTable, line: &str, now: u64) -> Result<RawJson, JsonError> {
    let mut line = Fields::parse(line)?;
    let id = line.raw("id");
    let cost = cost(table, &mut line, now)?;
    let mut out = Vec::new();
    object(&mut out, |answer| {
        answer.maybe_raw("id", id.as_ref());
        match cost.and_then(|cost| RawJson::parse(&cost.to_string()).ok()) {
            Some(cost) => answer.field("cost").raw(&cost),
            None => answer.field("cost").null(),
        }
    });
    Ok(RawJson::from_writer(out))
}

fn cost(table: &PriceTable, line: &mut Fields<'_>, now: u64) -> Result<Option<Price>, JsonError> {
    let model = line.required_string("model")?;
    let provider = line.string("provider")?.unwrap_or_default();
    let tier = line.string("service_tier")?;
    let now = line.u64("created")?.unwrap_or(now);
    let report = Report::read(&line.require("usage", Value::fields)?, &provider);
    let call = report.billable(tier.as_deref(), now);
    let unlisted = call.reported.map(|_| Rates::unlisted(&provider));
    let rates = table.rates(&provider, &model, None).or(unlisted);
    let cost = rates.map(|rates| rates.cost(&call)?.exact()).transpose();
    cost.map_err(|overflow| JsonError::value(overflow.to_string()).within("usage"))
}
