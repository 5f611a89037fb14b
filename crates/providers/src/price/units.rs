//! What is not billed by the token: images, seconds, characters, queries, pages.

use std::time::Duration;

use ferrolite_types::{Price, json::Value, money::Overflow};

use super::{entry::price, sheet::Sheet, sum::Sum};

/// Everything that a call may be measured in, beside tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measures<'a> {
    /// Audio tokens among the tokens read from the cache.
    pub cached_audio: u64,
    /// Video tokens in the prompt.
    pub input_video: u64,
    /// Video tokens in the answer.
    pub output_video: u64,
    /// Characters in the prompt, or to be spoken.
    pub input_characters: u64,
    /// Characters in the answer.
    pub output_characters: u64,
    /// Images in the prompt.
    pub input_images: u64,
    /// Audio in the prompt, or to be transcribed.
    pub input_audio: Duration,
    /// Video in the prompt.
    pub input_video_time: Duration,
    /// Images that were made, and how many pixels each has.
    pub images: u64,
    /// Pixels of one made image.
    pub pixels: u64,
    /// Video that was made.
    pub video: Duration,
    /// Its resolution, `720p`.
    pub resolution: Option<&'a str>,
    /// Queries: searches, reranks, embeddings that are billed by the request.
    pub queries: u64,
    /// Results that a search query asked for, where that sets its price.
    pub results: Option<u64>,
    /// Citation tokens.
    pub citations: u64,
    /// Pages that were read.
    pub pages: u64,
    /// Pages that were annotated.
    pub annotated_pages: u64,
    /// Credits, where a provider counts in them instead of pages.
    pub credits: u64,
    /// How long the provider worked, for models that are billed by the second.
    pub elapsed: Duration,
}

/// The prices of the units of one model.
#[derive(Debug, Clone, Default)]
pub(super) struct UnitRates {
    input_character: Option<Price>,
    output_character: Option<Price>,
    input_image: Option<Price>,
    input_audio_second: Option<Price>,
    input_video_second: Option<Price>,
    image: Option<ImagePrice>,
    video_second: Option<Price>,
    /// By resolution.
    video_seconds: Box<[(Box<str>, Price)]>,
    query: Price,
    /// By the most results that the price covers, ascending.
    queries: Box<[(u64, Price)]>,
    citation: Price,
    page: Price,
    annotated_page: Price,
    credit: Option<Price>,
}

#[derive(Debug, Clone, Copy)]
enum ImagePrice {
    Each(Price),
    Pixel(Price),
}

impl UnitRates {
    pub(super) fn of(sheet: &Sheet<'_>, provider: &str) -> Self {
        let page = sheet.price("ocr_cost_per_page");
        Self {
            input_character: sheet.price("input_cost_per_character"),
            output_character: sheet.price("output_cost_per_character"),
            input_image: sheet.price("input_cost_per_image"),
            input_audio_second: sheet.price("input_cost_per_audio_per_second"),
            input_video_second: sheet.price("input_cost_per_video_per_second"),
            image: image_price(sheet, provider),
            video_second: sheet.price("output_cost_per_video_per_second"),
            video_seconds: video_seconds(sheet),
            query: sheet.price("input_cost_per_query").unwrap_or_default(),
            queries: query_prices(sheet),
            citation: sheet.price("citation_cost_per_token").unwrap_or_default(),
            page: page.unwrap_or_default(),
            annotated_page: sheet.price("annotation_cost_per_page").or(page).unwrap_or_default(),
            credit: sheet.price("ocr_cost_per_credit"),
        }
    }

    /// Whether the prompt's characters are billed in place of its text tokens.
    pub(super) fn bills_input_characters(&self, call: &Measures<'_>) -> bool {
        call.input_characters > 0 && self.input_character.is_some()
    }

    /// Whether the answer's characters are billed in place of its text tokens.
    pub(super) fn bills_output_characters(&self, call: &Measures<'_>) -> bool {
        call.output_characters > 0 && self.output_character.is_some()
    }

    /// Whether the prompt's audio is billed by the second in place of its tokens.
    pub(super) fn bills_audio_time(&self, call: &Measures<'_>) -> bool {
        !call.input_audio.is_zero() && self.input_audio_second.is_some()
    }

    /// Whether the prompt's video is billed by the second in place of its tokens.
    pub(super) fn bills_video_time(&self, call: &Measures<'_>) -> bool {
        !call.input_video_time.is_zero() && self.input_video_second.is_some()
    }

    /// Whether the prompt's images are billed by the piece in place of their tokens.
    pub(super) fn bills_input_images(&self, call: &Measures<'_>) -> bool {
        call.input_images > 0 && self.input_image.is_some()
    }

    /// What the prompt costs beside its tokens.
    pub(super) fn input(&self, call: &Measures<'_>) -> Result<Price, Overflow> {
        let mut sum = Sum::default();
        sum.add(self.input_character.unwrap_or_default(), call.input_characters)?;
        sum.add(self.input_image.unwrap_or_default(), call.input_images)?;
        sum.add_time(self.input_audio_second.unwrap_or_default(), call.input_audio)?;
        sum.add_time(self.input_video_second.unwrap_or_default(), call.input_video_time)?;
        sum.add(self.citation, call.citations)?;
        Ok(sum.total())
    }

    /// What the answer costs beside its tokens; `by_token` when its images were billed as tokens already.
    pub(super) fn output(&self, call: &Measures<'_>, by_token: bool) -> Result<Price, Overflow> {
        let mut sum = Sum::default();
        sum.add(self.output_character.unwrap_or_default(), call.output_characters)?;
        match self.image.filter(|_| !by_token) {
            Some(ImagePrice::Each(price)) => sum.add(price, call.images)?,
            Some(ImagePrice::Pixel(price)) => {
                sum.add(price, call.images.checked_mul(call.pixels).ok_or(Overflow)?)?;
            }
            None => {}
        }
        sum.add_time(self.video_second(call.resolution), call.video)?;
        Ok(sum.total())
    }

    /// What the call costs as such: queries and pages.
    pub(super) fn call(&self, call: &Measures<'_>) -> Result<Price, Overflow> {
        let mut sum = Sum::default();
        sum.add(self.query(call.results), call.queries)?;
        match self.credit.filter(|_| call.credits > 0) {
            Some(price) => sum.add(price, call.credits)?,
            None => {
                sum.add(self.page, call.pages)?;
                sum.add(self.annotated_page, call.annotated_pages)?;
            }
        }
        Ok(sum.total())
    }

    fn video_second(&self, resolution: Option<&str>) -> Price {
        let named = |wanted: &str| {
            self.video_seconds.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted.trim()))
        };
        let by_resolution = resolution.and_then(named).or_else(|| named("")).map(|(_, price)| *price);
        self.video_second.or(by_resolution).unwrap_or_default()
    }

    fn query(&self, results: Option<u64>) -> Price {
        const USUAL: u64 = 10;
        let covers = |(most, _): &&(u64, Price)| results.unwrap_or(USUAL) <= *most;
        self.queries.iter().find(covers).or(self.queries.last()).map_or(self.query, |(_, price)| *price)
    }
}

/// OpenAI's are listed under `input`; others list there what an image in the prompt costs.
fn image_price(sheet: &Sheet<'_>, provider: &str) -> Option<ImagePrice> {
    let made = sheet.price("output_cost_per_image").map(ImagePrice::Each);
    let asked = sheet.price("input_cost_per_image").map(ImagePrice::Each);
    let pixel = sheet.price("input_cost_per_pixel").map(ImagePrice::Pixel);
    match provider {
        "openai" | "azure" => asked.or(made).or(pixel),
        _ => made.or(asked).or(pixel),
    }
}

/// `output_cost_per_second` and `output_cost_per_second_720p`; the former has no name.
fn video_seconds(sheet: &Sheet<'_>) -> Box<[(Box<str>, Price)]> {
    let named = |name: &str| {
        let resolution = name.strip_prefix("output_cost_per_second")?;
        let resolution = if resolution.is_empty() { resolution } else { resolution.strip_prefix('_')? };
        Some((Box::from(resolution), sheet.price(name)?))
    };
    sheet.names().iter().filter_map(|name| named(name)).collect()
}

/// `tiered_pricing` of a search provider.
fn query_prices(sheet: &Sheet<'_>) -> Box<[(u64, Price)]> {
    let bands = sheet.value("tiered_pricing").and_then(|bands| bands.items().ok());
    let read = |band: Value<'_>| {
        let fields = band.fields().ok()?;
        let most = fields.peek("max_results_range")?.items().ok()?.last()?.u64().ok()?;
        Some((most, price(fields.peek("input_cost_per_query")?)?))
    };
    let mut prices: Vec<_> = bands.into_iter().flatten().filter_map(read).collect();
    prices.sort_by_key(|(most, _)| *most);
    prices.into()
}
