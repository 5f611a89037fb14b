//! What the laws do not say: how other formats' requests are bent for Google, and what its refusals mean.

use ferrolite_types::chat::{
    ChatEvent, ChatRequest, ChatResponse, Choice, Delta, Effort, HostedKind, HostedTool, Media, MediaSource,
    OutputFormat, Part, PartBody, Reasoning, Role, Seal, Stop, StopKind, Tool, ToolBody, ToolCall,
    ToolChoice, ToolInput, ToolResult, Turn,
};
use ferrolite_types::json::{Fields, Outline};
use ferrolite_types::{
    DetailPlace, Error, ErrorKind, Ext, FormatId, Profile, RawJson, Retry, Thinking, Usage,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{GeminiGenerate, ID};
use crate::format::{Answer, Call, Calls, Inbound, Reply, Serves};

const ELSEWHERE: FormatId = FormatId("elsewhere");

fn written(request: &ChatRequest, profile: &Profile) -> Value {
    let call = Calls::write_request(&GeminiGenerate, request, profile).unwrap();
    serde_json::from_slice(&call.body).unwrap()
}

fn losses(request: &ChatRequest) -> Vec<String> {
    let Call { losses, .. } = Calls::write_request(&GeminiGenerate, request, &Profile::default()).unwrap();
    losses.into_iter().map(|loss| format!("{}: {}", loss.kind.as_str(), loss.what)).collect()
}

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts, name: None, plain: false, ext: Ext::default() }
}

fn said(role: Role, text: &str) -> Turn {
    Turn { plain: true, ..turn(role, vec![Part::text(text)]) }
}

fn asked(turns: Vec<Turn>) -> ChatRequest {
    ChatRequest { model: "gemini".into(), turns, ..ChatRequest::default() }
}

fn call(id: &str, name: &str, input: &str) -> Part {
    Part::new(PartBody::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        input: ToolInput::Json(input.into()),
    }))
}

fn result(call: &str, text: &str) -> Part {
    let content = vec![Part::text(text)];
    Part::new(PartBody::ToolResult(ToolResult {
        call: call.into(),
        name: None,
        content,
        failed: false,
        free_text: false,
    }))
}

fn image(detail: Option<&str>) -> Part {
    let source = MediaSource::Inline("aW1n".into());
    let detail = detail.map(Into::into);
    Part::new(PartBody::Media(Media {
        mime: "image/jpg".into(),
        source,
        name: None,
        detail,
        transcript: None,
    }))
}

fn ext(text: &str) -> Ext {
    Ext::rest_of(&Fields::parse(text).unwrap(), ELSEWHERE)
}

/// What LiteLLM knows of Gemini 3.
fn third() -> Profile {
    Profile {
        thinking: Some(Thinking::Always),
        call_ids: true,
        call_seal: Some("placeholder".into()),
        default_temperature: Some(1.0),
        detail: DetailPlace::Part,
        no_penalties: true,
        ..Profile::default()
    }
}

#[test]
fn turns_of_one_speaker_become_one_and_system_turns_stand_apart() {
    let request = asked(vec![
        said(Role::System, "Rule one."),
        said(Role::User, "a"),
        said(Role::Developer, "Rule two."),
        said(Role::User, "b"),
        said(Role::Assistant, "c"),
    ]);
    let expected = json!({
        "contents": [
            {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
            {"role": "model", "parts": [{"text": "c"}]},
        ],
        "system_instruction": {"parts": [{"text": "Rule one."}, {"text": "Rule two."}]},
    });
    assert_eq!(written(&request, &Profile::default()), expected);
    let spoken = written(&request, &Profile { no_system: true, ..Profile::default() });
    let user = json!([{"text": "Rule one."}, {"text": "a"}, {"text": "Rule two."}, {"text": "b"}]);
    assert_eq!((&spoken["contents"][0]["parts"], &spoken["system_instruction"]), (&user, &Value::Null));
}

#[test]
fn a_conversation_is_never_empty_and_never_only_images() {
    let contents = |turns| written(&asked(turns), &Profile::default())["contents"].take();
    assert_eq!(contents(vec![]), json!([{"role": "user", "parts": [{"text": " "}]}]));
    assert_eq!(contents(vec![said(Role::System, "x")]), json!([{"role": "user", "parts": [{"text": "."}]}]));
    let image = contents(vec![turn(Role::User, vec![image(None), Part::text("")])]);
    let inline = json!({"inline_data": {"mime_type": "image/jpeg", "data": "aW1n"}});
    assert_eq!(image, json!([{"role": "user", "parts": [inline, {"text": " "}]}]));
}

#[test]
fn results_stand_in_a_turn_of_their_own_under_the_name_of_their_tool() {
    let request = asked(vec![
        turn(Role::Assistant, vec![call("c1", "a", r#"{"x":1}"#), call("c2", "b", "")]),
        turn(Role::Tool, vec![result("c1", r#"{"y": 2}"#)]),
        turn(Role::User, vec![result("c2", "done"), Part::text("And?")]),
    ]);
    let expected = json!([
        {"role": "model", "parts": [
            {"function_call": {"name": "a", "args": {"x": 1}}},
            {"function_call": {"name": "b", "args": {}}},
        ]},
        {"role": "user", "parts": [
            {"function_response": {"name": "a", "response": {"y": 2}}},
            {"function_response": {"name": "b", "response": {"content": "done"}}},
        ]},
        {"role": "user", "parts": [{"text": "And?"}]},
    ]);
    assert_eq!(written(&request, &Profile::default())["contents"], expected);
}

#[test]
fn a_result_without_its_call_is_refused() {
    let request = asked(vec![turn(Role::Tool, vec![result("lost", "x")])]);
    let error = Calls::write_request(&GeminiGenerate, &request, &Profile::default()).unwrap_err();
    assert_eq!((error.kind, error.param.as_deref()), (ErrorKind::BadRequest, Some("messages")));
    assert!(error.message.contains("\"lost\""), "{}", error.message);
}

#[test]
fn the_third_generation_wants_identifiers_and_a_seal_on_each_turns_first_call() {
    let mut own = call("c3", "c", "{}");
    own.meta.seal = Some(Box::new(Seal { format: Some(ID), bytes: "own".into() }));
    let request = asked(vec![
        turn(Role::Assistant, vec![call("c1", "a", "{}"), call("c2__thought__carried", "b", "{}")]),
        turn(Role::Tool, vec![result("c2__thought__carried", "x")]),
        turn(Role::Assistant, vec![own]),
    ]);
    let written = written(&request, &third());
    let expected = json!([
        {"function_call": {"id": "c1", "name": "a", "args": {}}, "thoughtSignature": "placeholder"},
        {"function_call": {"id": "c2", "name": "b", "args": {}}, "thoughtSignature": "carried"},
    ]);
    assert_eq!(written["contents"][0]["parts"], expected);
    assert_eq!(written["contents"][1]["parts"][0]["function_response"]["id"], "c2");
    assert_eq!(written["contents"][2]["parts"][0]["thoughtSignature"], "own");
    assert_eq!(written["generationConfig"], json!({"temperature": 1}));
}

#[test]
fn a_seal_of_another_vendor_is_not_handed_over() {
    let mut thought = Part::new(PartBody::Thinking { text: "hmm".into(), redacted: false });
    thought.meta.seal = Some(Box::new(Seal { format: None, bytes: "whose".into() }));
    let mut text = Part::text("4");
    text.meta.seal = Some(Box::new(Seal { format: Some(ELSEWHERE), bytes: "theirs".into() }));
    let mut called = call("c", "f", "{}");
    called.meta.seal.clone_from(&text.meta.seal);
    let hidden = Part::new(PartBody::Thinking { text: String::new(), redacted: true });
    let request = asked(vec![turn(Role::Assistant, vec![thought, hidden, text, called])]);
    let function =
        json!({"function_call": {"name": "f", "args": {}, "id": "c"}, "thoughtSignature": "placeholder"});
    let expected = json!([{"text": "hmm", "thought": true}, {"text": "4"}, function]);
    assert_eq!(written(&request, &third())["contents"][0]["parts"], expected);
    let signature = "seal: messages: a signature of another vendor";
    assert_eq!(losses(&request), ["seal: messages: thinking_blocks.signature", signature, signature]);
}

#[test]
fn a_signature_beside_the_message_belongs_to_its_text_unless_a_call_has_it() {
    let beside = ext(r#"{"provider_specific_fields":{"thought_signatures":["s1"]}}"#);
    let speak = |parts| Turn { plain: true, ext: beside.clone(), ..turn(Role::Assistant, parts) };
    let parts =
        |parts| written(&asked(vec![speak(parts)]), &Profile::default())["contents"][0]["parts"].take();
    assert_eq!(parts(vec![Part::text("4")]), json!([{"text": "4", "thoughtSignature": "s1"}]));
    let called = parts(vec![Part::text("4"), call("c__thought__s1", "a", "{}")]);
    assert_eq!(called[0], json!({"text": "4"}));
    assert_eq!(called[1]["thoughtSignature"], "s1");
}

#[test]
fn closeness_is_said_where_the_model_reads_it() {
    let request =
        asked(vec![turn(Role::User, vec![image(Some("low")), image(Some("high")), Part::text("x")])]);
    let at = |detail| written(&request, &Profile { detail, ..Profile::default() });
    let beside = at(DetailPlace::Part);
    assert_eq!(
        beside["contents"][0]["parts"][0]["media_resolution"],
        json!({"level": "MEDIA_RESOLUTION_LOW"})
    );
    assert_eq!(
        at(DetailPlace::Request)["generationConfig"],
        json!({"mediaResolution": "MEDIA_RESOLUTION_HIGH"})
    );
    assert_eq!(losses(&request).len(), 2);
}

#[test]
fn thinking_is_told_by_budget_or_by_level() {
    let told = |reasoning: Reasoning, profile: &Profile| {
        let request = ChatRequest { reasoning: Some(reasoning), ..asked(vec![said(Role::User, "x")]) };
        written(&request, profile)["generationConfig"]["thinkingConfig"].take()
    };
    let effort = |effort| Reasoning { effort: Some(effort), ..Reasoning::default() };
    let budget = |budget| Reasoning { budget: Some(budget), ..Reasoning::default() };
    let second = Profile { minimal_budget: Some(512), ..Profile::default() };
    assert_eq!(told(effort(Effort::Low), &second), json!({"thinkingBudget": 1024, "includeThoughts": true}));
    assert_eq!(
        told(effort(Effort::Minimal), &second),
        json!({"thinkingBudget": 512, "includeThoughts": true})
    );
    assert_eq!(told(effort(Effort::None), &second), json!({"thinkingBudget": 0, "includeThoughts": false}));
    assert_eq!(told(budget(2048), &second), json!({"thinkingBudget": 2048, "includeThoughts": true}));
    assert_eq!(told(budget(0), &second), json!({"thinkingBudget": 0}));
    assert_eq!(
        told(effort(Effort::Medium), &third()),
        json!({"thinkingLevel": "medium", "includeThoughts": true})
    );
    assert_eq!(
        told(effort(Effort::None), &third()),
        json!({"thinkingLevel": "low", "includeThoughts": false})
    );
    let flash = Profile { minimal_effort: true, ..third() };
    assert_eq!(
        told(effort(Effort::Minimal), &flash),
        json!({"thinkingLevel": "minimal", "includeThoughts": true})
    );
    assert_eq!(told(budget(2048), &third()), json!({"includeThoughts": true}));
    assert_eq!(told(budget(0), &third()), json!({"includeThoughts": false}));
}

#[test]
fn an_answers_shape_is_told_in_the_language_of_the_model() {
    let schema = RawJson::parse(
        r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
    )
    .unwrap();
    let mut request = asked(vec![said(Role::User, "x")]);
    request.output.format = Some(OutputFormat::Schema {
        name: None,
        description: None,
        schema: schema.clone(),
        strict: Some(true),
    });
    let tree: Value = serde_json::from_str(schema.as_str()).unwrap();
    let config =
        |request: &ChatRequest, profile: &Profile| written(request, profile)["generationConfig"].take();
    let asked = json!({"response_mime_type": "application/json", "response_json_schema": tree});
    assert_eq!(config(&request, &Profile::default()), asked);
    let old = config(&request, &Profile { openapi_schema: true, ..Profile::default() });
    let subset =
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "propertyOrdering": ["a"]});
    assert_eq!(old["response_schema"], subset);
    request.tools = vec![hosted(HostedKind::Other, r#"{"googleMaps":{"enableWidget":true}}"#)];
    let with_maps = json!({"responseFormat": {"text": {"mimeType": "APPLICATION_JSON", "schema": tree}}});
    assert_eq!(config(&request, &Profile::default()), with_maps);
}

fn hosted(kind: HostedKind, raw: &str) -> Tool {
    Tool::new(ToolBody::Hosted(HostedTool { kind, origin: ELSEWHERE, raw: RawJson::parse(raw).unwrap() }))
}

fn function(name: &str) -> Tool {
    Tool::new(ToolBody::FreeText { name: name.into(), description: None, format: None })
}

#[test]
fn tools_that_google_runs_are_found_by_name_or_by_kind() {
    let tools = vec![
        hosted(HostedKind::WebSearch, r#"{"type":"web_search_20250305","name":"web_search"}"#),
        hosted(HostedKind::Other, r#"{"code_execution":{}}"#),
        hosted(
            HostedKind::Computer,
            r#"{"type":"computer_use","environment":"browser","excluded_predefined_functions":["drag"]}"#,
        ),
        hosted(
            HostedKind::Other,
            r#"{"googleMaps":{"latitude":48.8,"longitude":2.3,"languageCode":"fr","enableWidget":true}}"#,
        ),
    ];
    let written = written(&ChatRequest { tools, ..asked(vec![said(Role::User, "x")]) }, &Profile::default());
    let expected = json!([
        {"googleSearch": {}},
        {"code_execution": {}},
        {"computerUse": {"environment": "ENVIRONMENT_BROWSER", "excludedPredefinedFunctions": ["drag"]}},
        {"googleMaps": {"enableWidget": true}},
    ]);
    assert_eq!(written["tools"], expected);
    let place =
        json!({"retrievalConfig": {"latLng": {"latitude": 48.8, "longitude": 2.3}, "languageCode": "fr"}});
    assert_eq!(written["toolConfig"], place);
}

#[test]
fn searching_beside_functions_is_a_loss_unless_openly_asked_for() {
    let tools = vec![function("f"), hosted(HostedKind::WebSearch, "{}"), hosted(HostedKind::Code, "{}")];
    let mut request = ChatRequest { tools, ..asked(vec![said(Role::User, "x")]) };
    let names = |request: &ChatRequest| {
        let tools = written(request, &Profile::default())["tools"].take();
        let names =
            tools.as_array().unwrap().iter().flat_map(|tool| tool.as_object().unwrap().keys().cloned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&request), ["function_declarations", "code_execution"]);
    assert_eq!(losses(&request), ["tool: tools: googleSearch beside functions"]);
    request.ext = ext(r#"{"include_server_side_tool_invocations":true}"#);
    assert_eq!(names(&request), ["function_declarations", "googleSearch", "code_execution"]);
}

#[test]
fn google_words_of_another_formats_client_are_understood() {
    let mut request = asked(vec![said(Role::User, "x")]);
    request.output.max_tokens = Some(5);
    request.tier = Some("auto".into());
    request.ext = ext(
        r#"{"safety_settings":[],"cachedContent":"c/1","image_config":{"aspectRatio":"16:9"},"maxOutputTokens":7,"drop_params":true,
            "web_search_options":{},"extra_body":{"custom":1,"generationConfig":{"top_k":3},"tags":["t"]}}"#,
    );
    let expected = json!({
        "contents": [{"role": "user", "parts": [{"text": "x"}]}],
        "tools": [{"googleSearch": {}}],
        "generationConfig": {"max_output_tokens": 5, "image_config": {"aspectRatio": "16:9"}, "top_k": 3},
        "safetySettings": [], "cachedContent": "c/1", "custom": 1, "serviceTier": "priority",
    });
    assert_eq!(written(&request, &Profile::default()), expected);
    assert_eq!(losses(&request), ["cosmetic: maxOutputTokens", "cosmetic: drop_params"]);
}

#[test]
fn what_google_cannot_be_told_is_lost_aloud() {
    let mut request = asked(vec![said(Role::User, "x")]);
    request.sampling.logit_bias = Some(RawJson::parse("{}").unwrap());
    request.user = Some("ann".into());
    request.thread.previous = Some("r1".into());
    request.parallel_tools = Some(false);
    let expected = [
        "parameter: logit_bias",
        "cosmetic: parallel_tool_calls",
        "parameter: previous_response_id",
        "cosmetic: user",
    ];
    assert_eq!(losses(&request), expected);
}

fn read(body: &str) -> ChatRequest {
    let outline = Outline::of(body).unwrap();
    let inbound = Inbound { text: body, outline: &outline, model: Some("m"), stream: Some(true) };
    Serves::read_request(&GeminiGenerate, &inbound).unwrap()
}

#[test]
fn a_client_is_understood_in_either_case() {
    let camel = r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"aQ=="}},{"text":"x"}]}],
        "systemInstruction":{"parts":[{"text":"s"}]},"generationConfig":{"maxOutputTokens":3,"stopSequences":["E"]}}"#;
    let snake = r#"{"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"aQ=="}},{"text":"x"}]}],
        "system_instruction":{"parts":[{"text":"s"}]},"generation_config":{"max_output_tokens":3,"stop_sequences":["E"]}}"#;
    assert_eq!(read(camel), read(snake));
    assert_eq!((read(camel).model.as_str(), read(camel).stream), ("m", true));
}

#[test]
fn calls_and_results_of_a_client_get_identifiers_and_litellms_spelling() {
    let request = read(
        r#"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"t":21,"l":[1,2]}}}]}],
            "tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"INTEGER"}}}}]}],
            "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}}"#,
    );
    assert_eq!(request.turns[0].parts, [call("call_f", "f", r#"{"a":1}"#)]);
    assert_eq!(request.turns[1].parts, [result("call_f", r#"{"t": 21, "l": [1, 2]}"#)]);
    let ToolBody::Function(function) = &request.tools[0].body else { panic!("not a function") };
    let parameters = function.parameters.as_ref().unwrap().as_str();
    assert_eq!(parameters, r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#);
    // The only function there is: to demand it is to demand any.
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
}

#[test]
fn an_answers_shape_is_read_where_other_formats_can_be_told() {
    let format =
        |config: &str| read(&format!(r#"{{"contents":[],"generationConfig":{config}}}"#)).output.format;
    assert_eq!(format(r#"{"responseMimeType":"application/json"}"#), None);
    assert_eq!(
        format(r#"{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["a"]}}"#),
        None
    );
    assert_eq!(
        format(r#"{"responseMimeType":"application/json","responseSchema":{"type":"ARRAY","items":{}}}"#),
        None
    );
    let schema = format(
        r#"{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","propertyOrdering":[]}}"#,
    );
    let Some(OutputFormat::Schema { name, schema, .. }) = schema else { panic!("no schema: {schema:?}") };
    assert_eq!((name.as_deref(), schema.as_str()), (Some("response"), r#"{"type":"object"}"#));
}

fn answer(body: &str) -> Result<ChatResponse, Error> {
    let headers = HeaderMap::new();
    Calls::read_response(
        &GeminiGenerate,
        &Answer { status: StatusCode::OK, headers: &headers, body: body.as_bytes() },
    )
}

#[test]
fn usage_is_counted_without_overlap() {
    let usage = |metadata: &str, grounding: &str| {
        let body = format!(
            r#"{{"candidates":[{{"content":{{}},"groundingMetadata":{grounding}}}],"usageMetadata":{metadata}}}"#
        );
        Usage { ext: Ext::default(), by_kind: false, ..answer(&body).unwrap().usage.unwrap() }
    };
    let beside = usage(
        r#"{"promptTokenCount":31,"candidatesTokenCount":17,"thoughtsTokenCount":8,"totalTokenCount":56}"#,
        "{}",
    );
    assert_eq!(beside, Usage { input: 31, output: 17, reasoning: 8, ..Usage::default() });
    let inside = usage(
        r#"{"promptTokenCount":31,"candidatesTokenCount":17,"thoughtsTokenCount":8,"totalTokenCount":48}"#,
        "{}",
    );
    assert_eq!(inside, Usage { input: 31, output: 9, reasoning: 8, ..Usage::default() });
    let tools = r#"{"promptTokenCount":10,"toolUsePromptTokenCount":100,"candidatesTokenCount":5,"totalTokenCount":115}"#;
    assert_eq!(usage(tools, "{}"), Usage { input: 110, output: 5, ..Usage::default() });
    let searched = usage(tools, r#"{"webSearchQueries":["q"]}"#);
    assert_eq!(searched, Usage { input: 10, output: 5, searches: 1, ..Usage::default() });
    let cached = usage(
        r#"{"promptTokenCount":2048,"cachedContentTokenCount":2000,"candidatesTokenCount":1300,"totalTokenCount":3348,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":1448},{"modality":"AUDIO","tokenCount":600}],
            "cacheTokensDetails":[{"modality":"TEXT","tokenCount":1420},{"modality":"AUDIO","tokenCount":580}],
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}"#,
        "{}",
    );
    let expected = Usage {
        input: 28,
        cache_read: 2000,
        input_audio: 20,
        output: 10,
        output_image: 1290,
        ..Usage::default()
    };
    assert_eq!(cached, expected);
}

#[test]
fn what_policy_withheld_is_shown_to_googles_clients_only() {
    let body = r#"{"candidates":[{"content":{"parts":[{"text":"First"}],"role":"model"},"finishReason":"SAFETY","index":0}],"responseId":"r"}"#;
    let response = answer(body).unwrap();
    let [choice] = response.choices.as_slice() else { panic!("not one choice") };
    assert_eq!(choice.stop.kind, StopKind::Filter);
    assert!(matches!(choice.parts.as_slice(), [Part { body: PartBody::Foreign { origin: ID, .. }, .. }]));
    assert_eq!(response.id, "");
}

#[test]
fn a_failure_in_a_good_answer_is_a_failure() {
    let error =
        answer(r#"{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED"}}"#).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::RateLimit, "Slow down."));
    assert_eq!(answer("<html>").unwrap_err().kind, ErrorKind::InvalidUpstream);
}

fn refusal(name: &str) -> Error {
    let path = format!("{}/src/gemini/generate/fixtures/error/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let status = StatusCode::from_u16(recorded["status"].as_u64().unwrap() as u16).unwrap();
    let body = recorded["body"].as_str().map_or_else(|| recorded["body"].to_string(), Into::into);
    Calls::read_error(&GeminiGenerate, &Answer { status, headers: &HeaderMap::new(), body: body.as_bytes() })
}

#[test]
fn googles_refusals_are_understood() {
    let kinds = [
        ("invalid", ErrorKind::BadRequest),
        ("context_window", ErrorKind::ContextWindow),
        ("key", ErrorKind::Authentication),
        ("token", ErrorKind::Authentication),
        ("permission", ErrorKind::Permission),
        ("model", ErrorKind::NotFound),
        ("rate_limit", ErrorKind::RateLimit),
        ("rate_limit_streamed", ErrorKind::RateLimit),
        ("wrapped_rate_limit", ErrorKind::RateLimit),
        ("internal", ErrorKind::Upstream),
        ("unavailable", ErrorKind::Unavailable),
        ("deadline", ErrorKind::Timeout),
        ("not_json", ErrorKind::Unavailable),
    ];
    for (name, kind) in kinds {
        assert_eq!(refusal(name).kind, kind, "{name}");
    }
    let after = std::time::Duration::from_millis(17_500);
    assert_eq!(refusal("rate_limit").retry, Retry::Again { after: Some(after) });
}

fn reply(echo: Ext) -> Reply {
    Reply { model: "m".into(), id: "i".into(), created: 0, stream_usage: true, echo }
}

fn foreign_answer() -> ChatResponse {
    let parts = vec![
        Part::new(PartBody::Thinking { text: "hmm".into(), redacted: false }),
        Part::text("4"),
        call("toolu_1", "f", r#"{"a":1}"#),
    ];
    let choice =
        Choice { index: 0, parts, stop: Stop::new(StopKind::ToolCalls), logprobs: None, ext: Ext::default() };
    let usage = Usage { input: 3, output: 4, reasoning: 5, ..Usage::default() };
    ChatResponse {
        id: "x".into(),
        model: "claude".into(),
        choices: vec![choice],
        usage: Some(usage),
        ..ChatResponse::default()
    }
}

#[test]
fn another_vendors_answer_looks_as_litellm_shows_it() {
    let shown = |echo: Ext| -> Value {
        serde_json::from_slice(&Serves::write_response(&GeminiGenerate, &foreign_answer(), &reply(echo)))
            .unwrap()
    };
    let function = json!({"functionCall": {"name": "f", "args": {"a": 1}}});
    let expected = json!({
        "candidates": [{"content": {"parts": [{"text": "4"}, function], "role": "model"}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 9, "totalTokenCount": 12},
    });
    assert_eq!(shown(Ext::default()), expected);
    let body = r#"{"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"#;
    let outline = Outline::of(body).unwrap();
    let echo = GeminiGenerate.echo(&Inbound { text: body, outline: &outline, model: None, stream: None });
    assert_eq!(shown(echo)["candidates"][0]["content"]["parts"][0], json!({"text": "hmm", "thought": true}));
}

#[test]
fn another_vendors_stream_ends_with_reason_and_usage_in_one_piece() {
    let mut writer = Serves::write_events(&GeminiGenerate, reply(Ext::default()));
    let mut out = Vec::new();
    let started =
        ChatEvent::Started { id: "x".into(), model: "claude".into(), created: None, ext: Ext::default() };
    let delta = |text: &str| ChatEvent::Delta { choice: 0, index: 0, delta: Delta::Text(text.into()) };
    let piece = |text: &str| ChatEvent::Delta { choice: 0, index: 1, delta: Delta::Text(text.into()) };
    let finished = |index| ChatEvent::PartFinished { choice: 0, index };
    let events = [
        started,
        ChatEvent::PartStarted { choice: 0, index: 0, head: Part::text("") },
        delta("He"),
        finished(0),
        ChatEvent::PartStarted { choice: 0, index: 1, head: call("t", "f", "") },
        piece(r#"{"a""#),
        piece(":1}"),
        finished(1),
        ChatEvent::Finished { choice: 0, stop: Stop::new(StopKind::ToolCalls), ext: Ext::default() },
        ChatEvent::Usage(Box::new(Usage { input: 1, output: 2, ..Usage::default() })),
    ];
    events.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    let expected = [
        r#"data: {"candidates":[{"content":{"parts":[{"text":"He"}],"role":"model"},"index":0}]}"#,
        r#"data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}}}],"role":"model"},"index":0}]}"#,
        r#"data: {"candidates":[{"content":{"parts":[],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}}"#,
        "",
    ];
    assert_eq!(String::from_utf8(out).unwrap(), expected.join("\n\n"));
}

#[test]
fn a_failure_inside_a_stream_is_said_as_googles_libraries_read_it() {
    let mut writer = Serves::write_events(&GeminiGenerate, reply(Ext::default()));
    let mut out = Vec::new();
    writer.write(&ChatEvent::Failed(Box::new(Error::new(ErrorKind::RateLimit, "Slow down."))), &mut out);
    writer.finish(&mut out);
    let expected =
        "data: {\"error\":{\"code\":429,\"message\":\"Slow down.\",\"status\":\"RESOURCE_EXHAUSTED\"}}\n\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_call_of_a_stream_has_the_identifier_of_the_whole_answer_with_its_seal() {
    let body = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}]},"finishReason":"STOP"}],"responseId":"r"}"#;
    let whole = answer(body).unwrap();
    let PartBody::ToolCall(called) = &whole.choices[0].parts[0].body else { panic!("no call") };
    assert!(called.id.starts_with("call_") && called.id.ends_with("__thought__c2ln"), "{}", called.id);
    let mut reader = Calls::read_events(&GeminiGenerate);
    let mut events = Vec::new();
    reader.feed(format!("data: {body}\n\n").as_bytes(), &mut events);
    reader.finish(&mut events);
    let streamed = events.iter().find_map(|event| match event {
        ChatEvent::PartStarted { head: Part { body: PartBody::ToolCall(call), .. }, .. } => {
            Some(call.id.as_str())
        }
        _ => None,
    });
    assert_eq!(streamed, Some(called.id.as_str()));
    assert_eq!(whole.choices[0].stop.kind, StopKind::ToolCalls);
}
