//! Whole bills: recorded usage against a small map of our own, and the laws that every bill obeys.

use std::time::Duration;

use ferrolite_types::{Cost, Ext, FormatId, Price, RawJson, Usage};
use proptest::prelude::*;

use super::{
    Billable, Breakdown, Factor, Markup, Measures, PriceTable, Rates, SearchContext, Tier, ToolUse,
    cost_of_line,
};

/// One entry for each way of billing.
const MAP: &str = r#"{
    "plain":   {"litellm_provider": "p", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6},
    "full":    {"litellm_provider": "p", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6,
                "cache_read_input_token_cost": 2e-7, "cache_creation_input_token_cost": 2.5e-6,
                "cache_creation_input_token_cost_above_1hr": 4e-6, "output_cost_per_reasoning_token": 1e-5,
                "input_cost_per_audio_token": 4e-5, "output_cost_per_audio_token": 8e-5,
                "cache_read_input_audio_token_cost": 4e-7, "input_cost_per_image_token": 3e-6,
                "input_cost_per_token_priority": 4e-6, "output_cost_per_token_priority": 16e-6,
                "input_cost_per_token_flex": 1e-6},
    "long":    {"litellm_provider": "p", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
                "cache_read_input_token_cost": 1e-7, "input_cost_per_token_above_128k_tokens": 2e-6,
                "output_cost_per_token_above_128k_tokens": 4e-6, "input_cost_per_token_above_200k_tokens": 3e-6,
                "cache_read_input_token_cost_above_200k_tokens": 3e-7, "input_cost_per_token_priority": 5e-6,
                "input_cost_per_token_above_200k_tokens_priority": 7e-6},
    "xai/long": {"litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
                "output_cost_per_reasoning_token": 9, "input_cost_per_token_above_128k_tokens": 2e-6,
                "input_cost_per_token_priority": 9},
    "banded":  {"litellm_provider": "p", "mode": "chat", "tiered_pricing": [
                {"range": [0, 32000], "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
                {"range": [32000, 128000.0], "input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6,
                 "cache_read_input_token_cost": 1e-7, "output_cost_per_reasoning_token": 5e-6}]},
    "nightly": {"litellm_provider": "p", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6,
                "off_peak_pricing": {"hours_utc": "16:30-00:30", "input_cost_per_token": 1e-6}},
    "batched": {"litellm_provider": "p", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6,
                "input_cost_per_token_batches": 5e-7, "cache_read_input_token_cost": 2e-7},
    "timed":   {"litellm_provider": "p", "mode": "chat", "cost_per_second": 0.0019},
    "spoken":  {"litellm_provider": "p", "mode": "audio_transcription", "input_cost_per_second": 0.0001},
    "voice":   {"litellm_provider": "p", "mode": "audio_speech", "input_cost_per_character": 1.5e-5},
    "picture": {"litellm_provider": "p", "mode": "image_generation", "output_cost_per_image": 0.04},
    "pixels":  {"litellm_provider": "p", "mode": "image_generation", "input_cost_per_pixel": 1e-8},
    "film":    {"litellm_provider": "p", "mode": "video_generation", "output_cost_per_second": 0.1,
                "output_cost_per_second_1080p": 0.3},
    "ranker":  {"litellm_provider": "p", "mode": "rerank", "input_cost_per_query": 0.002},
    "reader":  {"litellm_provider": "p", "mode": "ocr", "ocr_cost_per_page": 0.001, "annotation_cost_per_page": 0.003},
    "claude":  {"litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 5e-6,
                "output_cost_per_token": 25e-6, "provider_specific_entry": {"us": 1.1, "fast": 2},
                "search_context_cost_per_query": {"search_context_size_medium": 0.01}},
    "gpt":     {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-5,
                "output_cost_per_token": 5e-5, "regional_processing_uplift_multiplier_eu": 1.1,
                "search_context_cost_per_query": {"search_context_size_low": 0.03, "search_context_size_high": 0.05}},
    "gemini":  {"litellm_provider": "vertex_ai-language-models", "mode": "chat", "input_cost_per_token": 1.5e-6,
                "output_cost_per_token": 9e-6, "regional_endpoint_uplift_multiplier": 1.1},
    "openrouter/any": {"litellm_provider": "openrouter", "mode": "chat", "input_cost_per_token": 1e-6},
    "fireworks_ai/half": {"litellm_provider": "fireworks_ai", "mode": "chat", "input_cost_per_token": 9e-7,
                "output_cost_per_token": 9e-7},
    "perplexity/sonar": {"litellm_provider": "perplexity", "mode": "chat", "input_cost_per_token": 2e-6,
                "output_cost_per_token": 8e-6, "output_cost_per_reasoning_token": 3e-6, "citation_cost_per_token": 2e-6,
                "cache_read_input_token_cost": 1e-9,
                "search_context_cost_per_query": {"search_context_size_low": 0.005}}
}"#;

fn table() -> PriceTable {
    PriceTable::from_json(MAP).unwrap()
}

fn rates(provider: &str, model: &str) -> Rates {
    table().rates(provider, model, None).unwrap()
}

fn price(dollars: &str) -> Price {
    Price::parse(dollars).unwrap()
}

#[test]
fn recorded_usage_is_billed_by_the_rules() {
    // provider, model, tier, usage, dollars
    let cases = [
        ("p", "plain", "null", r#"{"prompt_tokens": 1000, "completion_tokens": 500}"#, "0.006"),
        ("p", "plain", "null", r#"{}"#, "0"),
        // What has no rate of its own is billed as what it is a kind of.
        (
            "p",
            "plain",
            "null",
            r#"{"prompt_tokens": 1000, "prompt_tokens_details": {"cached_tokens": 900}}"#,
            "0.002",
        ),
        (
            "p",
            "plain",
            "null",
            r#"{"completion_tokens": 100, "completion_tokens_details": {"reasoning_tokens": 60}}"#,
            "0.0008",
        ),
        (
            "p",
            "full",
            "null",
            r#"{"prompt_tokens": 1000, "prompt_tokens_details": {"cached_tokens": 900}}"#,
            "0.00038",
        ),
        (
            "p",
            "full",
            "null",
            r#"{"completion_tokens": 100, "completion_tokens_details": {"reasoning_tokens": 60}}"#,
            "0.00092",
        ),
        (
            "p",
            "full",
            "null",
            r#"{"prompt_tokens": 100, "prompt_tokens_details": {"audio_tokens": 40, "image_tokens": 10}}"#,
            "0.00173",
        ),
        (
            "p",
            "full",
            "null",
            r#"{"completion_tokens": 10, "completion_tokens_details": {"audio_tokens": 4, "text_tokens": 6}}"#,
            "0.000368",
        ),
        // Audio that came from the cache has a price of its own.
        (
            "p",
            "full",
            "null",
            r#"{"prompt_tokens": 100, "prompt_tokens_details": {"text_tokens": 60, "audio_tokens": 40,
            "cached_tokens": 50, "cached_tokens_details": {"text_tokens": 40, "audio_tokens": 10}}}"#,
            "0.001252",
        ),
        // Kinds that were counted with the cache are not billed twice.
        (
            "p",
            "full",
            "null",
            r#"{"prompt_tokens": 100, "prompt_tokens_details": {"text_tokens": 100, "cached_tokens": 80}}"#,
            "0.000056",
        ),
        // Five minutes and an hour in the cache.
        (
            "p",
            "full",
            "null",
            r#"{"prompt_tokens": 100, "cache_creation_input_tokens": 60, "prompt_tokens_details":
            {"cache_creation_token_details": {"ephemeral_5m_input_tokens": 40, "ephemeral_1h_input_tokens": 20}}}"#,
            "0.00026",
        ),
        // Tiers: reasoning follows a tier's own output, and a tier without a price is the standard one.
        (
            "p",
            "full",
            r#""priority""#,
            r#"{"prompt_tokens": 10, "completion_tokens": 10, "completion_tokens_details": {"reasoning_tokens": 5}}"#,
            "0.0002",
        ),
        ("p", "full", r#""fast""#, r#"{"prompt_tokens": 10}"#, "0.00004"),
        (
            "p",
            "full",
            r#""flex""#,
            r#"{"prompt_tokens": 10, "completion_tokens": 10, "completion_tokens_details": {"reasoning_tokens": 5}}"#,
            "0.0001",
        ),
        ("p", "full", r#""auto""#, r#"{"prompt_tokens": 10, "service_tier": "priority"}"#, "0.00004"),
        ("p", "full", r#""scale""#, r#"{"prompt_tokens": 10, "service_tier": "priority"}"#, "0.00002"),
        // Steps: all or nothing, above the threshold, the highest crossed one.
        ("p", "long", "null", r#"{"prompt_tokens": 128000, "completion_tokens": 10}"#, "0.12802"),
        ("p", "long", "null", r#"{"prompt_tokens": 128001, "completion_tokens": 10}"#, "0.256042"),
        (
            "p",
            "long",
            "null",
            r#"{"prompt_tokens": 300000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 100000}}"#,
            "0.63004",
        ),
        ("p", "long", r#""priority""#, r#"{"prompt_tokens": 300000}"#, "2.1"),
        ("p", "long", r#""priority""#, r#"{"prompt_tokens": 150000}"#, "0.3"),
        // xAI: from the threshold on; no tiers; every token of the answer at one rate, reasoning beside the total.
        (
            "xai",
            "long",
            r#""priority""#,
            r#"{"prompt_tokens": 128000, "completion_tokens": 10, "total_tokens": 128010,
            "completion_tokens_details": {"reasoning_tokens": 4}}"#,
            "0.25602",
        ),
        (
            "xai",
            "long",
            "null",
            r#"{"prompt_tokens": 1, "completion_tokens": 10, "total_tokens": 15, "completion_tokens_details": {"reasoning_tokens": 4}}"#,
            "0.000029",
        ),
        ("xai", "long", "null", r#"{"prompt_tokens": 1, "completion_tokens": 10, "cost": 0.5}"#, "0.5"),
        ("p", "plain", "null", r#"{"prompt_tokens": 1, "cost": 0.5}"#, "0.000002"),
        // Bands.
        ("p", "banded", "null", r#"{"prompt_tokens": 32000, "completion_tokens": 1}"#, "0.032002"),
        (
            "p",
            "banded",
            "null",
            r#"{"prompt_tokens": 32001, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 1}}"#,
            "0.0960091",
        ),
        ("p", "banded", "null", r#"{"prompt_tokens": 500000}"#, "1.5"),
        // Providers with terms of their own.
        (
            "fireworks_ai",
            "half",
            "null",
            r#"{"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}}"#,
            "0.000063",
        ),
        (
            "perplexity",
            "sonar",
            "null",
            r#"{"prompt_tokens": 1000, "completion_tokens": 500, "citation_tokens": 50, "prompt_tokens_details":
            {"web_search_requests": 4, "cached_tokens": 10}, "completion_tokens_details": {"reasoning_tokens": 300}}"#,
            "0.0246",
        ),
        // The other shapes.
        (
            "anthropic",
            "claude",
            "null",
            r#"{"input_tokens": 10, "output_tokens": 4, "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 0, "inference_geo": "us", "server_tool_use": {"web_search_requests": 2}}"#,
            "0.020715",
        ),
        (
            "anthropic",
            "claude",
            "null",
            r#"{"input_tokens": 10, "output_tokens": 4, "speed": "fast"}"#,
            "0.0003",
        ),
        (
            "openai",
            "gpt",
            "null",
            r#"{"input_tokens": 100, "output_tokens": 10, "input_tokens_details": {"cached_tokens": 60}}"#,
            "0.0015",
        ),
        ("lemonade", "whatever", "null", r#"{"prompt_tokens": 1000}"#, "0"),
        ("xai", "unknown", "null", r#"{"prompt_tokens": 1000, "cost": 0.5}"#, "0.5"),
        ("p", "unknown", "null", r#"{"prompt_tokens": 1000}"#, "null"),
    ];
    let table = table();
    for (provider, model, tier, usage, dollars) in cases {
        let line = format!(
            r#"{{"id": "x", "provider": "{provider}", "model": "{model}", "service_tier": {tier}, "usage": {usage}}}"#
        );
        let answer = cost_of_line(&table, &line, 0).unwrap();
        assert_eq!(answer.as_str(), format!(r#"{{"id":"x","cost":{dollars}}}"#), "{line}");
    }
}

#[test]
fn a_line_that_is_no_call_is_refused_with_its_place() {
    let error = cost_of_line(&table(), r#"{"provider": "p", "model": "plain", "usage": 3}"#, 0).unwrap_err();
    assert_eq!(error.to_string(), "usage: expected an object, got 3");
    let error = cost_of_line(&table(), r#"{"provider": "p", "usage": {}}"#, 0).unwrap_err();
    assert_eq!(error.to_string(), "model: is required");
}

#[test]
fn prices_may_depend_on_the_hour() {
    let usage = Usage { input: 1_000_000, cache_read: 1_000_000, output: 1_000_000, ..Usage::default() };
    let total =
        |hour: u64| rates("p", "nightly").cost(&Billable::of(&usage, hour * 3600)).unwrap().total.to_string();
    assert_eq!(total(12), "8");
    assert_eq!(total(17), "6");
}

#[test]
fn batches_cost_half_unless_they_have_a_price() {
    let usage = Usage { input: 600, cache_read: 400, output: 100, ..Usage::default() };
    let total = |model: &str| {
        let call = Billable { tier: Tier::Batch, ..Billable::of(&usage, 0) };
        rates("p", model).cost(&call).unwrap().total.to_string()
    };
    assert_eq!(total("full"), "0.00104");
    // A batch price for the prompt is one for the cached prompt too.
    assert_eq!(total("batched"), "0.0009");
}

#[test]
fn what_is_no_token_is_billed_by_its_measure() {
    let second = Duration::from_secs(1);
    let cases = [
        ("timed", Measures { elapsed: second * 5 / 2, ..Measures::default() }, "0.00475"),
        (
            "spoken",
            Measures { input_audio: second * 25 / 2, elapsed: second, ..Measures::default() },
            "0.00125",
        ),
        ("voice", Measures { input_characters: 1234, ..Measures::default() }, "0.01851"),
        ("picture", Measures { images: 3, ..Measures::default() }, "0.12"),
        ("pixels", Measures { images: 2, pixels: 1024 * 1024, ..Measures::default() }, "0.02097152"),
        (
            "film",
            Measures { video: second * 15 / 2, resolution: Some("1080P"), ..Measures::default() },
            "2.25",
        ),
        ("film", Measures { video: second * 15 / 2, resolution: Some("4k"), ..Measures::default() }, "0.75"),
        ("ranker", Measures { queries: 2, ..Measures::default() }, "0.004"),
        ("reader", Measures { pages: 5, annotated_pages: 1, ..Measures::default() }, "0.008"),
    ];
    let usage = Usage::default();
    for (model, measures, dollars) in cases {
        let call = Billable { measures, ..Billable::of(&usage, 0) };
        assert_eq!(rates("p", model).cost(&call).unwrap().total.to_string(), dollars, "{model}");
    }
}

#[test]
fn places_and_speed_are_factors() {
    let usage = Usage { input: 1000, output: 100, ..Usage::default() };
    let total = |provider: &str, model: &str, region: &str| {
        let call = Billable { region: Some(region), ..Billable::of(&usage, 0) };
        rates(provider, model).cost(&call).unwrap().total.to_string()
    };
    assert_eq!(total("openai", "gpt", "eu"), "0.0165");
    assert_eq!(total("openai", "gpt", "ap"), "0.015");
    assert_eq!(total("vertex_ai", "gemini", "us-east5"), "0.00264");
    assert_eq!(total("vertex_ai", "gemini", "global"), "0.0024");
}

#[test]
fn what_a_provider_says_of_itself_is_read_off_the_usage() {
    let said = [("inference_geo", r#""us""#), ("speed", r#""fast""#), ("cost", "0.25")];
    let said = said.map(|(name, json)| (Box::from(name), RawJson::parse(json).unwrap()));
    let ext = Ext::new(FormatId("test"), said.into());
    let usage = Usage { input: 1000, tier: Some("priority".into()), ext, ..Usage::default() };
    let call = Billable::of(&usage, 0);
    assert_eq!(call.tier, Tier::Priority);
    assert_eq!(rates("anthropic", "claude").cost(&call).unwrap().total.to_string(), "0.011");
    assert_eq!(rates("openrouter", "openrouter/any").cost(&call).unwrap().total.to_string(), "0.25");
}

#[test]
fn tools_are_billed_by_the_piece() {
    let usage = Usage { searches: 3, ..Usage::default() };
    let total = |provider: &str, model: &str, tools: ToolUse| {
        let call = Billable { tools, ..Billable::of(&usage, 0) };
        rates(provider, model).cost(&call).unwrap().tools.to_string()
    };
    let context = |search_context| ToolUse { search_context, ..ToolUse::default() };
    assert_eq!(total("openai", "gpt", context(SearchContext::Low)), "0.09");
    assert_eq!(total("openai", "gpt", context(SearchContext::Medium)), "0");
    assert_eq!(total("openai", "gpt", context(SearchContext::High)), "0.15");
    assert_eq!(total("anthropic", "claude", context(SearchContext::High)), "0.03");
    assert_eq!(total("vertex_ai", "gemini", ToolUse::default()), "0.035", "one grounded prompt");
    assert_eq!(total("xai", "long", ToolUse::default()), "0.015");
    assert_eq!(total("p", "plain", ToolUse { file_searches: 4, ..ToolUse::default() }), "0.01");
    assert_eq!(
        total("openai", "gpt", ToolUse { code_sessions: 2, ..context(SearchContext::Medium) }),
        "0.06"
    );
}

#[test]
fn a_deployments_own_prices_stand_over_the_map() {
    let usage = Usage { input: 150_000, cache_read: 50_000, output: 1000, ..Usage::default() };
    let total = |own: &str| {
        let own = RawJson::parse(own).unwrap();
        let rates = table().own_rates("p", "long", None, &own).unwrap();
        rates.cost(&Billable::of(&usage, 0)).unwrap().total.to_string()
    };
    assert_eq!(total("{}"), "0.309");
    assert_eq!(total(r#"{"cache_read_input_token_cost": 1e-6}"#), "0.354");
    // A flat price is flat: the steps of the map are put aside, its cache price is kept.
    assert_eq!(total(r#"{"input_cost_per_token": "1e-5", "output_cost_per_token": 0}"#), "1.505");
    assert_eq!(total(r#"{"input_cost_per_token": 1e-5}"#), "1.507");
    assert_eq!(total(r#"{"input_cost_per_second": 1}"#), "0");
    assert!(table().own_rates("p", "unlisted", None, &RawJson::parse("[]").unwrap()).is_err());
}

#[test]
fn a_router_takes_its_fee_from_the_prompt() {
    let usage = Usage { input: 1_000_000, output: 10, ..Usage::default() };
    let total = |model: &str| {
        let rates = table().rates("azure_ai", model, None).unwrap();
        rates.cost(&Billable::of(&usage, 0)).unwrap().total
    };
    let (routed, direct) = (total("model_router/gpt-4o"), total("gpt-4o"));
    assert_eq!(routed.pico() - direct.pico(), 140_000_000_000);
    assert_eq!(total("azure_ai/model_router"), Cost::from_pico(140_000_000_000));
}

#[test]
fn discount_and_margin_are_shown_apart() {
    let usage = Usage { input: 500_000, ..Usage::default() };
    let markup = Markup {
        discount: Factor::parse("0.1").unwrap(),
        margin: Factor::parse("0.5").unwrap(),
        fixed: price("0.01"),
    };
    let bill = rates("p", "plain").with_markup(markup).cost(&Billable::of(&usage, 0)).unwrap();
    assert_eq!((bill.original, bill.discount, bill.margin), (price("1"), price("0.1"), price("0.46")));
    assert_eq!(bill.total.to_string(), "1.36");
}

#[test]
fn every_builtin_entry_can_be_priced() {
    let table = PriceTable::builtin();
    let usage = Usage {
        input: 1000,
        cache_read: 10,
        cache_write: 10,
        output: 100,
        reasoning: 50,
        ..Usage::default()
    };
    for entry in table.iter() {
        let provider = entry.provider().unwrap_or_default();
        let bill = Rates::of(&provider, entry).cost(&Billable::of(&usage, 0)).unwrap();
        assert!(bill.total >= Cost::ZERO, "{}", entry.key());
    }
}

fn tokens() -> impl Strategy<Value = Usage> {
    prop::array::uniform10(0u64..2_000_000).prop_map(|n| Usage {
        input: n[0],
        cache_read: n[1],
        cache_write: n[2],
        cache_write_1h: n[3],
        input_audio: n[4],
        input_image: n[5],
        output: n[6],
        reasoning: n[7],
        output_audio: n[8],
        searches: n[9] % 10,
        ..Usage::default()
    })
}

fn models() -> impl Strategy<Value = Rates> {
    let models = vec![
        ("p", "plain"),
        ("p", "full"),
        ("p", "long"),
        ("xai", "long"),
        ("p", "banded"),
        ("p", "nightly"),
        ("perplexity", "sonar"),
    ];
    prop::sample::select(models).prop_map(|(provider, model)| rates(provider, model))
}

fn tiers() -> impl Strategy<Value = Tier> {
    prop::sample::select(&[Tier::Standard, Tier::Flex, Tier::Priority, Tier::Batch][..])
}

fn bill(rates: &Rates, usage: &Usage, tier: Tier, now: u64) -> Breakdown {
    rates.cost(&Billable { tier, ..Billable::of(usage, now) }).unwrap()
}

proptest! {
    #[test]
    fn the_lines_add_up(rates in models(), usage in tokens(), tier in tiers(), now in 0u64..1_000_000, percent in 0u32..100) {
        let part = Factor::parse(&format!("{percent}e-2")).unwrap();
        let rates = rates.with_markup(Markup { discount: part, margin: part, fixed: Price::from_atto(7) });
        let bill = bill(&rates, &usage, tier, now);
        let lines = [bill.input, bill.cache_read, bill.cache_write, bill.output, bill.reasoning, bill.units, bill.tools];
        prop_assert_eq!(lines.iter().map(|line| line.atto()).sum::<i128>(), bill.original.atto());
        let exact = bill.original.atto() - bill.discount.atto() + bill.margin.atto();
        prop_assert_eq!(Price::from_atto(exact).to_cost(), Ok(bill.total));
    }

    #[test]
    fn more_tokens_never_cost_less(rates in models(), less in tokens(), more in tokens(), tier in tiers(), now in 0u64..1_000_000) {
        let sum = Usage {
            input: less.input + more.input,
            cache_read: less.cache_read + more.cache_read,
            cache_write: less.cache_write + more.cache_write,
            cache_write_1h: less.cache_write_1h + more.cache_write_1h,
            input_audio: less.input_audio + more.input_audio,
            input_image: less.input_image + more.input_image,
            output: less.output + more.output,
            reasoning: less.reasoning + more.reasoning,
            output_audio: less.output_audio + more.output_audio,
            searches: less.searches + more.searches,
            ..Usage::default()
        };
        prop_assert!(bill(&rates, &less, tier, now).total <= bill(&rates, &sum, tier, now).total);
    }

    #[test]
    fn nothing_costs_nothing(rates in models(), tier in tiers(), now in 0u64..1_000_000) {
        prop_assert_eq!(bill(&rates, &Usage::default(), tier, now), Breakdown::default());
    }

    #[test]
    fn a_cost_too_large_is_an_error_and_no_panic(rates in models(), n in prop::array::uniform8(any::<u64>()), tier in tiers()) {
        let usage = Usage {
            input: n[0], cache_read: n[1], cache_write: n[2], cache_write_1h: n[3], input_audio: n[4], output: n[5],
            reasoning: n[6], searches: n[7], ..Usage::default()
        };
        let _ = rates.cost(&Billable { tier, ..Billable::of(&usage, u64::MAX) });
    }

    #[test]
    fn any_numbers_can_be_read(n in prop::array::uniform8(any::<u64>()), provider in prop::sample::select(&["p", "xai"][..])) {
        let line = format!(
            r#"{{"provider": "{provider}", "model": "long", "usage": {{"prompt_tokens": {}, "completion_tokens": {},
                "total_tokens": {}, "prompt_tokens_details": {{"cached_tokens": {}, "audio_tokens": {}, "text_tokens": {}}},
                "completion_tokens_details": {{"reasoning_tokens": {}, "text_tokens": {}}}}}}}"#,
            n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]
        );
        let _ = cost_of_line(&table(), &line, 0);
    }
}
