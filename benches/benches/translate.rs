//! One request from each dialect to each: read into parts and written again.

use criterion::{Criterion, criterion_group, criterion_main};
use ferrolite_formats::{CHAT_CALLED, CHAT_SERVED, Inbound};
use ferrolite_types::Profile;
use ferrolite_types::json::Outline;
use std::hint::black_box;

/// The same question with a tool in every dialect.
const REQUESTS: &[(&str, &str)] = &[
    (
        "openai-chat",
        r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"How warm is it in Paris?"}],"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],"max_tokens":100}"#,
    ),
    (
        "openai-responses",
        r#"{"model":"m","instructions":"Be brief.","input":"How warm is it in Paris?","tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}],"max_output_tokens":100}"#,
    ),
    (
        "anthropic-messages",
        r#"{"model":"m","system":"Be brief.","messages":[{"role":"user","content":"How warm is it in Paris?"}],"tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],"max_tokens":100}"#,
    ),
    (
        "gemini-generate",
        r#"{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"How warm is it in Paris?"}]}],"tools":[{"functionDeclarations":[{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]}],"generationConfig":{"maxOutputTokens":100}}"#,
    ),
];

fn benches(criterion: &mut Criterion) {
    let profile = Profile::default();
    for served in CHAT_SERVED {
        let Some((_, text)) = REQUESTS.iter().find(|(format, _)| *format == served.id().0) else { continue };
        for called in CHAT_CALLED {
            criterion.bench_function(&format!("{} to {}", served.id(), called.id()), |bench| {
                bench.iter(|| {
                    let outline = Outline::of(black_box(text)).expect("the request is JSON");
                    let inbound = Inbound { text, outline: &outline, model: Some("m"), stream: Some(false) };
                    let request = served.read_request(&inbound).expect("the request is the format's");
                    called.write_request(&request, &profile).expect("every format can ask this")
                });
            });
        }
    }
}

criterion_group!(translate, benches);
criterion_main!(translate);
