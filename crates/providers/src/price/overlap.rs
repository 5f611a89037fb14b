//! Takes apart counts that OpenAI's shapes report inside each other, by LiteLLM's rules for who counted what twice.

use super::counts::{Counts, sum};

/// What the prompt cache had to do with the prompt.
pub(super) struct Cache {
    pub(super) read: u64,
    pub(super) read_text: u64,
    pub(super) read_audio: u64,
    pub(super) read_image: u64,
    /// As one number.
    written: u64,
    pub(super) written_5m: u64,
    pub(super) written_1h: u64,
}

impl Cache {
    /// Providers say it in the prompt's `details`, or beside the totals in `usage`, which counts more.
    pub(super) fn read(usage: &Counts<'_>, details: &Counts<'_>) -> Self {
        let beside = usage.first(&["cache_read_input_tokens", "prompt_cache_hit_tokens"]);
        let read = beside.unwrap_or_else(|| details.count("cached_tokens"));
        let kinds = details.within(&["cached_tokens_details"]);
        let read_audio = kinds.count("audio_tokens").min(read);
        let read_text = kinds.count("text_tokens").min(read - read_audio);
        let read_image = kinds.count("image_tokens").min(read - read_audio - read_text);

        const WRITTEN: &[&str] =
            &["cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"];
        let beside = usage.first(&["cache_creation_input_tokens"]);
        let written = beside.or_else(|| details.first(WRITTEN)).unwrap_or(0);
        let split = details.within(&["cache_creation_token_details"]);
        let (written_5m, written_1h) = match split.is_some() {
            true => (split.count("ephemeral_5m_input_tokens"), split.count("ephemeral_1h_input_tokens")),
            false => (written, 0),
        };
        Self { read, read_text, read_audio, read_image, written, written_5m, written_1h }
    }
}

/// The part of the prompt that neither came from the cache nor went into it, by kind.
#[derive(Clone, Copy)]
pub(super) struct Uncached {
    pub(super) text: u64,
    pub(super) audio: u64,
    pub(super) image: u64,
    pub(super) video: u64,
}

impl Uncached {
    pub(super) fn read(details: &Counts<'_>, prompt: u64, cache: &Cache) -> Self {
        let stated = Self {
            text: details.count("text_tokens").saturating_sub(cache.read_text),
            audio: details.count("audio_tokens").saturating_sub(cache.read_audio),
            image: details.count("image_tokens").saturating_sub(cache.read_image),
            video: details.count("video_tokens"),
        };
        let cached = sum(&[cache.read, cache.written]);
        let others = sum(&[stated.audio, stated.image, stated.video]);
        match stated.text {
            text if cached > 0 && sum(&[cached, text, others]) > prompt => {
                stated.fitted(prompt.saturating_sub(cached))
            }
            // Nobody counted the text: it is the rest, unless the prompt was counted in images.
            0 if details.count("image_count") == 0 => {
                Self { text: prompt.saturating_sub(cached).saturating_sub(others), ..stated }
            }
            _ => stated,
        }
    }

    /// Kinds were counted with what the cache held: no more of them than what is `left`, and the rest is text.
    fn fitted(self, left: u64) -> Self {
        let audio = self.audio.min(left);
        let image = self.image.min(left - audio);
        let video = self.video.min(left - audio - image);
        Self { text: left - audio - image - video, audio, image, video }
    }
}

/// The answer by kind.
pub(super) struct Answer {
    pub(super) text: u64,
    pub(super) reasoning: u64,
    pub(super) audio: u64,
    pub(super) image: u64,
    pub(super) video: u64,
}

impl Answer {
    pub(super) fn read(usage: &Counts<'_>, details: &Counts<'_>, completion: u64) -> Self {
        let [audio, image, video] =
            ["audio_tokens", "image_tokens", "video_tokens"].map(|key| details.count(key));
        let reasoning =
            details.first(&["reasoning_tokens"]).unwrap_or_else(|| usage.count("reasoning_tokens"));
        let stated = details.count("text_tokens");
        // Reasoning that was counted as text too is taken out of the text.
        let surplus = sum(&[stated, reasoning, audio, image, video]).saturating_sub(completion);
        let text = match stated - reasoning.min(stated).min(surplus) {
            0 => completion.saturating_sub(sum(&[reasoning, audio, image, video])),
            text => text,
        };
        Self { text, reasoning, audio, image, video }
    }
}
