//! Tokens that are not text, where they have a price of their own.

use ferrolite_types::Price;

use super::{sheet::Sheet, tier::half};

/// The prices of tokens by what they spell; `None` costs what text costs.
#[derive(Debug, Clone, Default)]
pub(super) struct KindRates {
    pub(super) input_audio: Option<Price>,
    pub(super) input_image: Option<Price>,
    pub(super) input_video: Option<Price>,
    pub(super) cached_audio: Option<Price>,
    pub(super) output_audio: Option<Price>,
    pub(super) output_image: Option<Price>,
    pub(super) output_video: Option<Price>,
}

impl KindRates {
    pub(super) fn of(sheet: &Sheet<'_>) -> Self {
        Self {
            input_audio: sheet.price("input_cost_per_audio_token"),
            input_image: sheet.price("input_cost_per_image_token"),
            input_video: sheet.price("input_cost_per_video_token"),
            cached_audio: sheet.price("cache_read_input_audio_token_cost"),
            output_audio: sheet.price("output_cost_per_audio_token"),
            output_image: sheet.price("output_cost_per_image_token"),
            output_video: sheet.price("output_cost_per_video_token"),
        }
    }

    pub(super) fn of_batches(sheet: &Sheet<'_>) -> Self {
        let image = sheet.price("output_cost_per_image_token_batches");
        Self {
            input_audio: sheet.price("input_cost_per_audio_token_batches"),
            input_image: sheet.price("input_cost_per_image_token_batches"),
            input_video: sheet.price("input_cost_per_video_token_batches"),
            output_image: image.or_else(|| sheet.price("output_cost_per_image_token").map(half)),
            ..Self::default()
        }
    }
}
