//! The look at a body: our outline beside a tree of values, for a small chat and a 200 KB prompt.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ferrolite_formats::relay::{Edit, edit, quoted};
use ferrolite_types::json::Outline;
use std::hint::black_box;

fn body(prompt: usize) -> String {
    let text = "Tell me about the sea. \\\"Quoted\\\" words, too. ".repeat(prompt / 46 + 1);
    format!(
        r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":"{text}"}}],"temperature":0.5,"stream":true}}"#
    )
}

fn benches(criterion: &mut Criterion) {
    for (name, prompt) in [("small", 200), ("200KB", 200_000)] {
        let text = body(prompt);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("outline", |bench| bench.iter(|| Outline::of(black_box(&text))));
        group.bench_function("tree", |bench| {
            bench.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&text)));
        });
        let outline = Outline::of(&text).expect("the body is JSON");
        let edits = [Edit::Set("model", quoted("gpt-4o-2024")), Edit::Remove("temperature".to_owned())];
        group.bench_function("edit", |bench| bench.iter(|| edit(black_box(&text), &outline, &edits)));
        group.finish();
    }
}

criterion_group!(json, benches);
criterion_main!(json);
