//! Models that are billed by the second: of the recording that they transcribe, or of the time that they take.

use ferrolite_types::{Price, json::Value, money::Overflow};

use super::{
    call::Billable,
    sheet::Sheet,
    sum::Sum,
    tier::{Bands, Ladder},
};

/// The price of a second, and whose seconds count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds {
    price: Price,
    of_recording: bool,
    /// The model has a price for tokens too, which counts when there are any.
    or_tokens: bool,
}

/// Modes whose work is a call that somebody waits for; a video has seconds of another sort.
const TIMED: &[&str] = &["audio_transcription", "chat", "completion", "embedding", "responses"];

impl Seconds {
    /// Every second that a call takes.
    pub(super) fn elapsed(price: Price) -> Self {
        Self { price, of_recording: false, or_tokens: false }
    }

    pub(super) fn of(sheet: &Sheet<'_>, ladder: &Ladder, bands: &Bands) -> Option<Self> {
        let mode = sheet.value("mode").and_then(Value::as_str);
        let or_tokens =
            ladder.base().input > Price::ZERO || ladder.base().output > Price::ZERO || !bands.is_empty();
        let first = |fields: &[&str]| fields.iter().find_map(|field| sheet.price(field));
        let price = match mode.as_deref() {
            Some("audio_transcription") => sheet
                .price("output_cost_per_second")
                .filter(|price| *price > Price::ZERO)
                .or_else(|| first(&["input_cost_per_second", "cost_per_second"])),
            mode if or_tokens || mode.is_some_and(|mode| !TIMED.contains(&mode)) => None,
            _ => first(&["cost_per_second", "input_cost_per_second", "output_cost_per_second"]),
        };
        Some(Self { price: price?, of_recording: mode.as_deref() == Some("audio_transcription"), or_tokens })
    }

    /// Whether a call is billed its seconds and not its tokens.
    pub(super) fn bill(self, call: &Billable<'_>) -> bool {
        !self.or_tokens || call.prompt == 0 && call.completion == 0
    }

    pub(super) fn cost(self, call: &Billable<'_>) -> Result<Price, Overflow> {
        let recording = Some(call.measures.input_audio).filter(|audio| self.of_recording && !audio.is_zero());
        let mut sum = Sum::default();
        sum.add_time(self.price, recording.unwrap_or(call.measures.elapsed))?;
        Ok(sum.total())
    }
}
