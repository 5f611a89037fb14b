//! Prices that hold at certain hours only (`off_peak_pricing`): DeepSeek bills nights and week-ends less.

use ferrolite_types::{
    Price,
    json::{Fields, Value},
};

use super::{
    entry::price,
    sheet::Sheet,
    tier::{TokenRates, half},
};

const DAY: u64 = 86_400;
const EVERY_DAY: u8 = 0b111_1111;

/// Zones without summer time whose calendar a price list may follow; any other is read as UTC.
const ZONES: &[(&str, u64)] = &[
    ("Asia/Shanghai", 8 * 3600),
    ("Asia/Hong_Kong", 8 * 3600),
    ("Asia/Singapore", 8 * 3600),
    ("Asia/Taipei", 8 * 3600),
    ("Asia/Tokyo", 9 * 3600),
    ("Asia/Seoul", 9 * 3600),
    ("Asia/Kolkata", 5 * 3600 + 1800),
];

/// When the prices hold and what they are.
#[derive(Debug, Clone)]
pub(super) struct OffPeak {
    windows: Box<[Window]>,
    /// How far the calendar that weekdays are read on is ahead of UTC, in seconds.
    ahead: u64,
    input: Option<Price>,
    output: Option<Price>,
    cache_read: Option<Price>,
    cache_write: Option<Price>,
    reasoning: Option<Price>,
}

/// Some hours of some days, in seconds of the day in UTC; one that ends before it begins wraps midnight,
/// and one that ends where it begins is the whole day.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// One bit for each weekday, Monday the lowest.
    days: u8,
    from: u64,
    to: u64,
}

impl OffPeak {
    pub(super) fn of(sheet: &Sheet<'_>) -> Option<Self> {
        let fields = sheet.value("off_peak_pricing")?.fields().ok()?;
        let of = |field: &str| fields.peek(field).and_then(price);
        let zone = fields.peek_str("weekday_timezone");
        let ahead = ZONES.iter().find(|(name, _)| Some(*name) == zone.as_deref().map(str::trim));
        Some(Self {
            windows: windows(&fields),
            ahead: ahead.map_or(0, |(_, ahead)| *ahead),
            input: of("input_cost_per_token"),
            output: of("output_cost_per_token"),
            cache_read: of("cache_read_input_token_cost"),
            cache_write: of("cache_creation_input_token_cost"),
            reasoning: of("output_cost_per_reasoning_token"),
        })
    }

    /// Whether the prices hold at `now`, in seconds since 1970.
    pub(super) fn hold(&self, now: u64) -> bool {
        let weekday = (now.saturating_add(self.ahead) / DAY + 3) % 7; // 1970 began on a Thursday
        let time = now % DAY;
        self.windows.iter().any(|window| window.days & (1 << weekday) != 0 && window.spans(time))
    }

    /// The rates while the prices hold: a price that is not said stays as it is.
    pub(super) fn over(&self, rates: TokenRates) -> TokenRates {
        TokenRates {
            input: self.input.unwrap_or(rates.input),
            output: self.output.unwrap_or(rates.output),
            cache_read: self.cache_read.or(rates.cache_read),
            cache_write: self.cache_write.or(rates.cache_write),
            cache_write_1h: rates.cache_write_1h,
            reasoning: self.reasoning.or(rates.reasoning),
        }
    }

    /// Reading the cache costs half of the input, unless it is said.
    pub(super) fn with_half_cache_read(self) -> Self {
        Self { cache_read: self.cache_read.or(self.input.map(half)), ..self }
    }
}

impl Window {
    fn spans(self, time: u64) -> bool {
        match self.from < self.to {
            true => self.from <= time && time < self.to,
            false => time >= self.from || time < self.to,
        }
    }
}

fn windows(fields: &Fields<'_>) -> Box<[Window]> {
    let rules = fields.peek("windows").and_then(|rules| rules.items().ok()).into_iter().flatten();
    let rules = rules.filter_map(|rule| {
        let rule = rule.fields().ok()?;
        let days = rule.peek("weekdays").map_or(EVERY_DAY, weekdays);
        Some(hours(rule.peek("hours_utc")?, days))
    });
    let daily = fields.peek("hours_utc").map(|daily| hours(daily, EVERY_DAY));
    daily.into_iter().chain(rules).flatten().collect()
}

/// `"16:30-00:30"` or a list of such; what cannot be read never holds.
fn hours(value: Value<'_>, days: u8) -> Vec<Window> {
    let texts = match value.items() {
        Ok(items) => items.filter_map(Value::as_str).collect(),
        Err(_) => Vec::from_iter(value.as_str()),
    };
    let window = |text: &str| {
        let (from, to) = text.split_once('-')?;
        Some(Window { days, from: clock(from)?, to: clock(to)? })
    };
    texts.iter().filter_map(|text| window(text)).collect()
}

fn clock(text: &str) -> Option<u64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)
}

/// ISO numbers (Monday is 1) or English names, short or long.
fn weekdays(value: Value<'_>) -> u8 {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = |value: Value<'_>| match value.as_str() {
        Some(name) => NAMES.iter().position(|short| name.trim().to_ascii_lowercase().starts_with(short)),
        None => value.u64().ok().filter(|day| (1..=7).contains(day)).map(|day| day as usize - 1),
    };
    let days = value.items().into_iter().flatten().filter_map(day);
    days.fold(0, |days, day| days | 1 << day)
}

#[cfg(test)]
mod tests {
    use ferrolite_types::RawJson;

    use super::*;

    const MONDAY: u64 = 4 * DAY; // 1970-01-05

    fn off_peak(json: &str) -> OffPeak {
        let own = RawJson::parse(&format!(r#"{{"off_peak_pricing": {json}}}"#)).unwrap();
        OffPeak::of(&Sheet::with_own(None, &own).unwrap()).unwrap()
    }

    #[test]
    fn hours_may_wrap_midnight_and_end_exclusively() {
        let night = off_peak(r#"{"hours_utc": "16:30-00:30"}"#);
        for (hour, minute, holds) in
            [(16, 29, false), (16, 30, true), (23, 59, true), (0, 29, true), (0, 30, false)]
        {
            assert_eq!(night.hold(MONDAY + hour * 3600 + minute * 60), holds, "{hour}:{minute}");
        }
    }

    #[test]
    fn weekdays_are_read_on_the_vendors_calendar() {
        let weekend = r#""windows": [{"weekdays": [6, "sunday"], "hours_utc": ["00:00-00:00"]}]"#;
        let friday_evening = MONDAY + 4 * DAY + 17 * 3600;
        assert!(!off_peak(&format!("{{{weekend}}}")).hold(friday_evening));
        assert!(
            off_peak(&format!(r#"{{{weekend}, "weekday_timezone": "Asia/Shanghai"}}"#)).hold(friday_evening)
        );
    }

    #[test]
    fn what_cannot_be_read_never_holds() {
        for json in [
            r#"{}"#,
            r#"{"hours_utc": "always"}"#,
            r#"{"windows": [{"weekdays": [], "hours_utc": "00:00-00:00"}]}"#,
        ] {
            assert!(!off_peak(json).hold(MONDAY), "{json}");
        }
    }
}
