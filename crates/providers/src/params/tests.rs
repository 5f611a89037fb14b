use ferrolite_formats::openai;
use ferrolite_formats::relay;
use ferrolite_types::chat::{ChatRequest, Effort, Reasoning};
use ferrolite_types::{Ext, LossKind, RawJson};

use super::*;
use crate::catalogue::{Catalogue, DeclaredProvider, DeclaredRules};
use crate::price::PriceTable;

fn params(model: &str) -> Params {
    params_in(&Catalogue::builtin(), model, Policy::default())
}

fn params_in(catalogue: &Catalogue, model: &str, policy: Policy) -> Params {
    let (provider, model) = model.split_once('/').expect("names a provider");
    let (provider, prices) = (catalogue.find(provider).expect("is there"), PriceTable::builtin());
    Params::of(&provider, model, &Facts::of(catalogue, &prices, &provider.name, model), true, policy)
}

fn dropping() -> Policy {
    Policy { drop: true, ..Policy::default() }
}

/// The body as the target gets it, and what it is not told.
fn fitted(params: &Params, body: &str, asked: &Policy) -> Result<(String, Vec<String>), Error> {
    let outline = Outline::of(body).expect("is an object");
    let Fit { edits, losses } = params.fit(body, &outline, asked)?;
    let edited = String::from_utf8(relay::edit(body, &outline, &edits)).expect("is UTF-8");
    assert!(Outline::of(&edited).is_ok(), "{edited}");
    Ok((edited, losses.into_iter().map(|loss| loss.what).collect()))
}

fn sent(model: &str, body: &str) -> String {
    fitted(&params(model), body, &Policy::default())
        .unwrap_or_else(|error| panic!("{model} {body}: {error}"))
        .0
}

fn refusal(model: &str, body: &str) -> String {
    fitted(&params(model), body, &Policy::default()).expect_err("is refused").message
}

#[test]
fn what_is_supported_is_not_touched() {
    let body = r#"{ "model": "m", "messages": [ ], "temperature": 0.50, "tools":[], "foo":1 }"#;
    assert_eq!(sent("openai/gpt-4o", body), body);
}

#[test]
fn what_is_not_supported_is_refused_as_litellm_refuses() {
    let refused =
        fitted(&params("mistral/m"), r#"{"logit_bias":{},"seed":1,"n":2,"foo":1}"#, &Policy::default())
            .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unsupported);
    let begins = "litellm.UnsupportedParamsError: mistral does not support parameters: ['logit_bias', 'n'], for model=m.";
    assert!(refused.message.starts_with(begins), "{}", refused.message);
    assert!(refused.message.contains("drop_params"));
    assert!(refused.message.contains("allowed_openai_params=['logit_bias', 'n']"));
}

#[test]
fn what_is_not_supported_is_dropped_and_reported_on_request() {
    let body = r#"{"logit_bias":{},"temperature":1,"verbosity":"low"}"#;
    let dropped = (r#"{"temperature":1}"#.to_owned(), vec!["logit_bias".to_owned(), "verbosity".to_owned()]);
    assert_eq!(fitted(&params("mistral/m"), body, &dropping()).unwrap(), dropped);
    let always = params_in(&Catalogue::builtin(), "mistral/m", dropping());
    assert_eq!(fitted(&always, body, &Policy::default()).unwrap(), dropped);
}

#[test]
fn some_parameters_are_never_refused() {
    let body = r#"{"n":1,"user":"me","stream":true,"stream_options":{},"logprobs":null}"#;
    assert_eq!(sent("cerebras/m", body), r#"{"user":"me","stream":true}"#);
    assert_eq!(sent("mistral/m", body), r#"{"stream":true}"#);
}

#[test]
fn what_is_allowed_is_sent_all_the_same() {
    let allowed = Policy { allowed: vec!["verbosity".to_owned()], ..Policy::default() };
    let body = r#"{"verbosity":"low"}"#;
    assert_eq!(fitted(&params("groq/m"), body, &allowed).unwrap().0, body);
}

#[test]
fn what_nobody_knows_is_forwarded() {
    let body = r#"{"top_k":5,"enable_thinking":true,"extra_body":{"a":1,"model":"other","top_k":6}}"#;
    let (edited, losses) = fitted(&params("groq/m"), body, &Policy::default()).unwrap();
    assert_eq!(edited, r#"{"top_k":6,"enable_thinking":true,"a":1}"#);
    assert!(losses.is_empty());
    let twice = r#"{"extra_body":{"temperature":1},"temperature":2}"#;
    assert_eq!(sent("scx-ai/m", twice), r#"{"temperature":1}"#, "no member is there twice");
}

#[test]
fn more_can_be_dropped_at_any_place() {
    let also = ["temperature", "top_k", "tools[*].function.strict", "response_format.json_schema.name"];
    let policy = Policy { also: also.map(str::to_owned).to_vec(), ..Policy::default() };
    let body = concat!(
        r#"{"temperature":1,"top_k":2,"tools":[{"function":{"name":"f","strict":true}}],"#,
        r#""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"extra_body":{"top_k":3}}"#
    );
    let expected = concat!(
        r#"{"tools":[{"function":{"name":"f"}}],"#,
        r#""response_format":{"type":"json_schema","json_schema":{"schema":{}}}}"#
    );
    assert_eq!(fitted(&params("openai/gpt-4o"), body, &policy).unwrap(), (expected.to_owned(), vec![]));
}

#[test]
fn names_and_words_are_the_targets() {
    let cases = [
        ("groq/m", r#"{"max_completion_tokens":9}"#, r#"{"max_tokens":9}"#),
        ("groq/m", r#"{"max_completion_tokens":9,"max_tokens":7}"#, r#"{"max_tokens":7}"#),
        ("openai/gpt-5", r#"{"max_tokens":9}"#, r#"{"max_completion_tokens":9}"#),
        ("mistral/m", r#"{"seed":7,"tool_choice":"required"}"#, r#"{"tool_choice":"any","random_seed":7}"#),
        ("scx-ai/m", r#"{"temperature":2}"#, r#"{"temperature":1.99}"#),
        ("moonshot/m", r#"{"temperature":0.1,"n":2}"#, r#"{"temperature":0.3,"n":2}"#),
        ("openrouter/a/b", r#"{"reasoning_effort":"max"}"#, r#"{"reasoning_effort":"xhigh"}"#),
        ("deepseek/m", r#"{"reasoning_effort":"none"}"#, r#"{"thinking":{"type":"disabled"}}"#),
        (
            "deepseek/m",
            r#"{"thinking":{"type":"enabled","budget_tokens":9}}"#,
            r#"{"thinking":{"type":"enabled"}}"#,
        ),
        ("meta_llama/m", r#"{"response_format":{"type":"json_object"}}"#, "{}"),
        (
            "groq/openai/gpt-oss-120b",
            r#"{"web_search_options":{}}"#,
            r#"{"tools":[{"type":"browser_search"}]}"#,
        ),
        (
            "openai/gpt-5",
            r#"{"reasoning_effort":{"effort":"low","summary":"auto"}}"#,
            r#"{"reasoning_effort":"low"}"#,
        ),
    ];
    for (model, body, expected) in cases {
        assert_eq!(sent(model, body), expected, "{model} {body}");
    }
}

#[test]
fn values_that_a_model_does_not_take_are_refused_or_dropped() {
    let cases = [
        ("openai/o3-mini", r#"{"temperature":0.5}"#, "temperature=0.5"),
        ("openai/gpt-5", r#"{"temperature":0.5}"#, "temperature=0.5 while the model reasons"),
        ("openai/gpt-5", r#"{"reasoning_effort":"xhigh"}"#, "reasoning_effort=xhigh"),
        ("openai/gpt-5.1", r#"{"reasoning_effort":"high","top_p":0.5}"#, "top_p while the model reasons"),
        ("deepinfra/m", r#"{"tool_choice":"required"}"#, "tool_choice=\"required\""),
    ];
    for (model, body, expected) in cases {
        assert!(refusal(model, body).contains(expected), "{model}: {}", refusal(model, body));
        let (edited, losses) = fitted(&params(model), body, &dropping()).unwrap();
        assert_eq!(losses.len(), 1, "{model}: {edited}");
    }
    assert_eq!(sent("openai/o3-mini", r#"{"temperature":1}"#), r#"{"temperature":1}"#);
    let resting = r#"{"temperature":0.5,"top_p":0.5}"#;
    assert_eq!(sent("openai/gpt-5.1", resting), resting, "it does not think unless told to");
}

#[test]
fn messages_are_put_as_the_target_wants_them() {
    let body = r#"{"messages":[{"role":"developer","content":[{"type":"text","text":"a"}]}]}"#;
    assert_eq!(sent("openai/gpt-4o", body), body);
    assert_eq!(sent("groq/m", body), body.replace("developer", "system"));
    assert_eq!(sent("publicai/m", body), r#"{"messages":[{"role":"system","content":"a"}]}"#);
    let marked = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}]}"#;
    let unmarked = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}"#;
    assert_eq!(sent("openai/gpt-4o", marked), unmarked);
    assert_eq!(sent("dashscope/m", marked), marked);
    assert_eq!(sent("openrouter/anthropic/claude-sonnet-4.5", marked), marked);
    assert_eq!(sent("openrouter/openai/gpt-4o", marked), unmarked);
}

#[test]
fn a_mistake_inside_a_parameter_is_the_providers_to_report() {
    for body in
        [r#"{"temperature":"hot"}"#, r#"{"messages":7}"#, r#"{"tools":"none"}"#, r#"{"tool_choice":7}"#]
    {
        assert_eq!(sent("groq/m", body), body);
    }
}

#[test]
fn a_users_own_provider_has_rules_too() {
    let rules = DeclaredRules {
        without: vec!["logprobs".to_owned()],
        rename: [("max_tokens".to_owned(), "limit".to_owned())].into(),
        flat_text: true,
        ..DeclaredRules::default()
    };
    let acme = DeclaredProvider {
        name: "acme".to_owned(),
        base_url: Some("https://llm.acme.example/v1".to_owned()),
        params: rules,
        ..DeclaredProvider::default()
    };
    let params = params_in(&Catalogue::with_own([acme]).unwrap(), "acme/m", Policy::default());
    assert_eq!(fitted(&params, r#"{"max_tokens":1}"#, &Policy::default()).unwrap().0, r#"{"limit":1}"#);
    assert!(fitted(&params, r#"{"logprobs":true}"#, &Policy::default()).is_err());
}

#[test]
fn a_request_to_another_dialect_is_looked_at_too() {
    let claude = params("anthropic/claude-sonnet-4-5");
    let mut request = ChatRequest { user: Some("me".to_owned()), ..ChatRequest::default() };
    request.sampling.temperature = Some(0.5);
    request.reasoning = Some(Reasoning { effort: Some(Effort::Low), ..Reasoning::default() });
    let (same, losses) = claude.check(&request, &Policy::default()).unwrap();
    assert!(matches!(same, Cow::Borrowed(_)) && losses.is_empty());

    request.output.n = Some(1);
    request.sampling.seed = Some(7);
    request.ext = Ext::new(openai::chat::ID, vec![("functions".into(), RawJson::parse("[]").unwrap())]);
    let refused = claude.check(&request, &Policy::default()).unwrap_err();
    assert!(
        refused.message.contains("anthropic does not support parameters: ['functions', 'seed']"),
        "{}",
        refused.message
    );
    let (left, losses) = claude.check(&request, &dropping()).unwrap();
    assert_eq!(losses, [Loss::new(LossKind::Parameter, "functions"), Loss::new(LossKind::Parameter, "seed")]);
    assert!(left.sampling.seed.is_none() && left.ext.is_empty() && left.output.n.is_none());
    assert_eq!(
        (left.sampling.temperature, request.sampling.seed),
        (Some(0.5), Some(7)),
        "the request itself stays"
    );
}

#[test]
fn a_request_that_came_in_another_dialect_is_not_refused() {
    let own = Ext::tagged(ferrolite_types::FormatId("openai-responses"), vec![]);
    let mut request = ChatRequest { own, ..ChatRequest::default() };
    request.thread.store = Some(false);
    let (_, losses) = params("anthropic/claude-sonnet-4-5").check(&request, &Policy::default()).unwrap();
    assert_eq!(losses, [Loss::new(LossKind::Parameter, "store")]);
    let written =
        params("mistral/m").fit_written(&request, br#"{"store":false,"stop":"x"}"#, &Policy::default());
    assert_eq!(written, Ok((Some(br#"{"stop":"x"}"#.to_vec()), losses)));
    let plain = params("openai/gpt-4o").fit_written(&request, br#"{"store":false}"#, &Policy::default());
    assert_eq!(plain, Ok((None, vec![])));
}
