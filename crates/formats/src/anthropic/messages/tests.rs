//! What becomes of requests and answers that came in another dialect.

use ferrolite_types::chat::{
    CacheMark, ChatEvent, Effort, Function, HostedKind, HostedTool, Media, MediaSource, OutputFormat,
    PartMeta, Reasoning, Seal, Stop, StopKind, Tool, ToolBody, ToolCall, ToolChoice, ToolInput, ToolResult,
    Turn,
};
use ferrolite_types::chat::{Part, PartBody, Role};
use ferrolite_types::{Ext, LossKind, RawJson, Thinking, Usage};
use serde_json::{Value, json};

use super::*;

/// Some other dialect.
const OTHER: FormatId = FormatId("another-dialect");

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts, name: None, plain: false, ext: Ext::default() }
}

fn said(role: Role, text: &str) -> Turn {
    Turn { plain: true, ..turn(role, vec![Part::text(text)]) }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    let input = ToolInput::Json(arguments.to_owned());
    Part::new(PartBody::ToolCall(ToolCall { id: id.to_owned(), name: name.to_owned(), input }))
}

fn result(call: &str, text: &str) -> Turn {
    let content = vec![Part::text(text)];
    let result = ToolResult { call: call.to_owned(), name: None, content, failed: false, free_text: false };
    turn(Role::Tool, vec![Part::new(PartBody::ToolResult(result))])
}

fn function(name: &str) -> Tool {
    let function = Function { name: name.to_owned(), description: None, parameters: None, strict: None };
    Tool::new(ToolBody::Function(function))
}

fn asking(turns: Vec<Turn>) -> ChatRequest {
    ChatRequest { model: "claude".to_owned(), turns, ..ChatRequest::default() }
}

fn question() -> ChatRequest {
    asking(vec![said(Role::User, "Why?")])
}

/// The profile of a model that knows the newer ways.
fn modern() -> Profile {
    let thinking = Some(Thinking::AdaptiveOrBudget);
    Profile { thinking, native_json_schema: true, max_output_tokens: Some(128_000), ..Profile::default() }
}

fn written(request: &ChatRequest, profile: &Profile) -> (Value, Call) {
    let call = AnthropicMessages.write_request(request, profile).unwrap();
    (serde_json::from_slice(&call.body).unwrap(), call)
}

fn body(request: &ChatRequest) -> Value {
    written(request, &Profile::default()).0
}

fn schema() -> OutputFormat {
    let schema =
        RawJson::parse(r#"{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}"#).unwrap();
    OutputFormat::Schema { name: Some("s".to_owned()), description: None, schema, strict: Some(true) }
}

#[test]
fn only_the_first_system_turns_stand_outside_the_conversation() {
    let request = asking(vec![
        said(Role::System, "One."),
        said(Role::Developer, "Two."),
        said(Role::User, "Hi."),
        said(Role::System, "Three."),
        said(Role::Assistant, "Hello. "),
    ]);
    let body = body(&request);
    assert_eq!(body["system"], json!([{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]));
    assert_eq!(body["messages"][0]["content"][2], json!({"type": "text", "text": "Three."}));
    assert_eq!(body["messages"][1]["content"], json!([{"type": "text", "text": "Hello."}]));
}

#[test]
fn a_later_system_turn_stays_one_where_the_model_takes_it() {
    let request =
        asking(vec![said(Role::User, "Hi."), said(Role::System, "Be brief."), said(Role::User, "Well?")]);
    let profile = Profile { mid_system: true, ..Profile::default() };
    let roles = |profile: &Profile| {
        let (body, _) = written(&request, profile);
        body["messages"].as_array().unwrap().iter().map(|message| message["role"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(roles(&profile), ["user", "system"]);
    assert_eq!(roles(&Profile::default()), ["user"]);
}

#[test]
fn nothing_comes_between_a_call_and_its_result() {
    let request = asking(vec![
        said(Role::User, "Hi."),
        turn(Role::Assistant, vec![call("c.1", "look", "")]),
        said(Role::System, "Hurry."),
        result("c.1", "seen"),
        said(Role::User, "So?"),
    ]);
    let body = body(&request);
    let kinds: Vec<&str> = body["messages"][2]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["tool_result", "text", "text", "text"]);
    assert_eq!(
        body["messages"][1]["content"][0],
        json!({"type": "tool_use", "id": "c_1", "name": "look", "input": {}})
    );
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "c_1");
    assert_eq!(body["tools"][0]["name"], "dummy_tool");
}

#[test]
fn a_call_that_is_repeated_is_sent_once_and_silence_is_filled() {
    let request = asking(vec![
        said(Role::User, " "),
        turn(Role::Assistant, vec![call("c1", "look", "{}")]),
        turn(Role::Assistant, vec![call("c1", "look", "{}")]),
        result("c1", ""),
    ]);
    let body = body(&request);
    let filler = "[System: Empty message content sanitised to satisfy protocol]";
    assert_eq!(body["messages"][0]["content"], json!([{"type": "text", "text": filler}]));
    assert_eq!(body["messages"][1]["content"].as_array().unwrap().len(), 1);
    assert_eq!(body["messages"][2]["content"][0]["content"], "");
}

#[test]
fn a_conversation_without_words_is_refused() {
    let error =
        AnthropicMessages.write_request(&asking(vec![said(Role::System, "Hi.")]), &Profile::default());
    assert_eq!(error.unwrap_err().param.as_deref(), Some("messages"));
}

#[test]
fn only_thoughts_that_this_api_signed_are_sent_back() {
    let thought = |seal: Option<Seal>| Part {
        body: PartBody::Thinking { text: "Hm.".to_owned(), redacted: false },
        meta: PartMeta { seal: seal.map(Box::new), ..PartMeta::default() },
    };
    let sealed = |format, bytes: &str| Some(Seal { format, bytes: bytes.to_owned() });
    let parts = vec![
        thought(None),
        thought(sealed(Some(OTHER), "x")),
        thought(sealed(None, "litellm_encrypted_reasoning:x")),
        thought(sealed(None, "ours")),
        Part::text("Yes."),
    ];
    let (body, call) =
        written(&asking(vec![said(Role::User, "Hi."), turn(Role::Assistant, parts)]), &modern());
    let content = body["messages"][1]["content"].as_array().unwrap();
    assert_eq!(content.len(), 2);
    assert_eq!(content[0], json!({"type": "thinking", "thinking": "Hm.", "signature": "ours"}));
    assert_eq!(call.losses.iter().filter(|loss| loss.kind == LossKind::Seal).count(), 3);
}

#[test]
fn an_effort_is_said_as_each_model_takes_it() {
    let mut request = question();
    request.reasoning = Some(Reasoning { effort: Some(Effort::Minimal), ..Reasoning::default() });
    let with = |thinking| written(&request, &Profile { thinking: Some(thinking), ..Profile::default() });
    let (body, _) = with(Thinking::Budget);
    assert_eq!(
        (&body["thinking"], &body["max_tokens"]),
        (&json!({"type": "enabled", "budget_tokens": 1024}), &json!(5120))
    );
    let (body, _) = with(Thinking::Adaptive);
    assert_eq!(body["thinking"], json!({"type": "adaptive", "display": "summarized"}));
    assert_eq!(body["output_config"], json!({"effort": "low"}));
    let (body, call) = with(Thinking::Never);
    assert_eq!((&body["thinking"], call.losses[0].what.as_str()), (&Value::Null, "reasoning_effort"));
    request.reasoning = Some(Reasoning { effort: Some(Effort::parse("huge")), ..Reasoning::default() });
    assert!(AnthropicMessages.write_request(&request, &modern()).unwrap_err().message.contains("\"huge\""));
}

#[test]
fn a_budget_becomes_an_effort_where_the_model_decides_by_itself() {
    let mut request = question();
    request.reasoning = Some(Reasoning { budget: Some(5000), ..Reasoning::default() });
    let (body, _) = written(&request, &Profile { thinking: Some(Thinking::Adaptive), ..Profile::default() });
    assert_eq!(
        (&body["thinking"], &body["output_config"]),
        (&json!({"type": "adaptive"}), &json!({"effort": "high"}))
    );
    request.reasoning = Some(Reasoning {
        adaptive: true,
        ext: Ext::new(
            OTHER,
            vec![("type".into(), RawJson::string("enabled")), ("display".into(), RawJson::string("omitted"))],
        ),
        ..Reasoning::default()
    });
    let (body, _) = written(&request, &Profile { thinking: Some(Thinking::Adaptive), ..Profile::default() });
    assert_eq!(body["thinking"], json!({"type": "adaptive", "display": "omitted"}));
    request.reasoning = Some(Reasoning { budget: Some(0), ..Reasoning::default() });
    let (body, _) = written(&request, &Profile { thinking: Some(Thinking::Always), ..Profile::default() });
    assert_eq!(body["thinking"], Value::Null);
}

#[test]
fn a_budget_leaves_room_for_an_answer() {
    let mut request = question();
    request.output.max_tokens = Some(2000);
    request.reasoning = Some(Reasoning { budget: Some(4096), ..Reasoning::default() });
    assert_eq!(body(&request)["max_tokens"], 6096);
    request.output.max_tokens_count_thoughts = true;
    let cut = body(&request);
    assert_eq!((&cut["max_tokens"], &cut["thinking"]["budget_tokens"]), (&json!(2000), &json!(1999)));
    request.output.max_tokens = Some(500);
    assert_eq!(body(&request)["thinking"], Value::Null);
}

#[test]
fn a_schema_is_asked_for_in_the_best_way_that_the_model_knows() {
    let mut request = question();
    request.output.format = Some(schema());
    let (body, call) = written(&request, &modern());
    let expected = json!({"type": "object", "properties": {"a": {"description": "Note: minimum value: 1.", "type": "integer"}}, "additionalProperties": false});
    assert_eq!(body["output_format"], json!({"type": "json_schema", "schema": expected}));
    assert!(call.headers.contains(&("anthropic-beta", "structured-outputs-2025-11-13".to_owned())));
    assert!(call.undo.is_empty());

    request.tools = vec![function("look")];
    let (body, call) = written(&request, &Profile::default());
    assert_eq!(body["tools"][0]["name"], "json_tool_call");
    assert_eq!(body["tools"][0]["input_schema"]["properties"]["a"]["minimum"], 1);
    assert_eq!(body["tool_choice"], json!({"type": "tool", "name": "json_tool_call"}));
    assert!(call.undo.answer_tool.is_some());

    request.reasoning = Some(Reasoning { effort: Some(Effort::Low), ..Reasoning::default() });
    assert_eq!(written(&request, &Profile::default()).0["tool_choice"], Value::Null);
}

#[test]
fn tools_are_sent_as_the_api_takes_them_and_named_as_the_caller_has_them() {
    let mut request =
        asking(vec![said(Role::User, "Hi."), turn(Role::Assistant, vec![call("1", "a/b", "{\"x\":")])]);
    let mut tool = function("a/b");
    tool.cache = Some(CacheMark { ttl: None });
    tool.ext = Ext::new(OTHER, vec![("defer_loading".into(), RawJson::parse("true").unwrap())]);
    request.tools = vec![tool];
    request.tool_choice = Some(ToolChoice::Named("a/b".to_owned()));
    request.parallel_tools = Some(false);
    let (body, call) = written(&request, &Profile::default());
    let expected = json!({
        "name": "a_b",
        "input_schema": {"type": "object", "properties": {}},
        "type": "custom",
        "cache_control": {"type": "ephemeral"},
        "defer_loading": true,
    });
    assert_eq!(body["tools"], json!([expected]));
    assert_eq!(
        body["tool_choice"],
        json!({"type": "tool", "name": "a_b", "disable_parallel_tool_use": true})
    );
    assert_eq!(body["messages"][1]["content"][0]["name"], "a_b");
    assert_eq!(body["messages"][1]["content"][0]["input"], json!({"input": "{\"x\":"}));
    assert_eq!(call.undo.renamed, [("a_b".to_owned(), "a/b".to_owned())]);
}

#[test]
fn a_model_that_cannot_be_forced_is_left_to_decide() {
    let mut request = question();
    request.tools = vec![function("look")];
    request.tool_choice = Some(ToolChoice::Required);
    let (body, call) = written(&request, &Profile { no_forced_tools: true, ..Profile::default() });
    assert_eq!(
        (&body["tool_choice"], call.losses[0].what.as_str()),
        (&json!({"type": "auto"}), "tool_choice")
    );
}

fn hosted(kind: HostedKind, raw: &str) -> Tool {
    Tool::new(ToolBody::Hosted(HostedTool { kind, origin: OTHER, raw: RawJson::parse(raw).unwrap() }))
}

#[test]
fn tools_that_providers_run_are_found_in_every_dialect() {
    let mut request = question();
    request.tools = vec![
        hosted(HostedKind::WebSearch, r#"{"type":"web_search_20250305","name":"web_search","max_uses":2}"#),
        hosted(
            HostedKind::WebSearch,
            r#"{"type":"web_search_preview","search_context_size":"high","user_location":{"type":"approximate","city":"Lima"}}"#,
        ),
        hosted(
            HostedKind::Computer,
            r#"{"type":"computer_20250124","function":{"name":"computer","parameters":{"display_width_px":1,"display_height_px":2}}}"#,
        ),
        hosted(
            HostedKind::Mcp,
            r#"{"type":"mcp","server_url":"https://m","server_label":"m","headers":{"Authorization":"Bearer t"}}"#,
        ),
        hosted(HostedKind::FileSearch, r#"{"type":"file_search"}"#),
    ];
    let (body, call) = written(&request, &Profile::default());
    let place = json!({"type": "approximate", "city": "Lima"});
    assert_eq!(body["tools"][0], json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 2}));
    assert_eq!(
        body["tools"][1],
        json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 10, "user_location": place})
    );
    assert_eq!(
        body["tools"][2],
        json!({"name": "computer", "type": "computer_20250124", "display_width_px": 1, "display_height_px": 2})
    );
    assert_eq!(
        body["mcp_servers"],
        json!([{"type": "url", "url": "https://m", "name": "m", "authorization_token": "t"}])
    );
    assert_eq!(call.losses[0].what, "tools: file_search");
    assert!(
        call.headers
            .contains(&("anthropic-beta", "computer-use-2025-01-24,mcp-client-2025-04-04".to_owned()))
    );
}

#[test]
fn what_the_api_has_no_parameter_for_is_lost_and_the_unknown_goes_on() {
    let mut request = question();
    request.sampling.seed = Some(1);
    request.sampling.stop = vec!["\n".to_owned(), "END".to_owned()];
    request.output.n = Some(2);
    let raw = |text: &str| RawJson::parse(text).unwrap();
    request.ext = Ext::new(
        OTHER,
        vec![
            ("prediction".into(), raw("{}")),
            ("knob".into(), raw("5")),
            ("web_search_options".into(), raw("{}")),
            ("context_management".into(), raw(r#"[{"type":"compaction","compact_threshold":200000}]"#)),
        ],
    );
    let (body, call) = written(&request, &Profile::default());
    let lost: Vec<&str> = call.losses.iter().map(|loss| loss.what.as_str()).collect();
    assert_eq!(lost, ["seed", "stop", "n", "prediction"]);
    assert_eq!((&body["knob"], &body["stop_sequences"]), (&json!(5), &json!(["END"])));
    assert_eq!(body["tools"][0]["type"], "web_search_20250305");
    let trigger = json!({"type": "input_tokens", "value": 200_000});
    assert_eq!(
        body["context_management"],
        json!({"edits": [{"type": "compact_20260112", "trigger": trigger}]})
    );
}

#[test]
fn a_model_without_sampling_takes_none_but_the_default() {
    let mut request = question();
    request.sampling.temperature = Some(1.0);
    request.sampling.top_p = Some(0.5);
    let (body, call) = written(&request, &Profile { no_sampling_params: true, ..Profile::default() });
    assert_eq!((&body["temperature"], &body["top_p"]), (&json!(1), &Value::Null));
    assert_eq!(call.losses[0].what, "top_p");
}

#[test]
fn a_users_address_is_not_told() {
    let mut request = question();
    let user_of = |request: &ChatRequest| body(request)["metadata"].clone();
    for address in ["ann@example.com", "+49 (170) 1234567"] {
        request.user = Some(address.to_owned());
        assert_eq!(user_of(&request), Value::Null);
    }
    request.user = Some("user-123".to_owned());
    assert_eq!(user_of(&request), json!({"user_id": "user-123"}));
    request.metadata = Some(RawJson::parse(r#"{"user_id":"u-2","tags":["a"]}"#).unwrap());
    assert_eq!(user_of(&request), json!({"user_id": "u-2"}));
}

#[test]
fn media_become_blocks_and_texts_are_decoded() {
    let medium = |mime: &str, source| {
        Part::new(PartBody::Media(Media {
            mime: mime.to_owned(),
            source,
            name: None,
            detail: None,
            transcript: None,
        }))
    };
    let request = asking(vec![turn(
        Role::User,
        vec![
            medium("image/png", MediaSource::Inline("AA==".to_owned())),
            medium("text/plain", MediaSource::Inline("aGk=".to_owned())),
            medium("application/octet-stream", MediaSource::Inline("JVBERi0=".to_owned())),
            medium("application/octet-stream", MediaSource::Url("https://a/b".to_owned())),
            medium("", MediaSource::File { format: OTHER, id: "file-1".to_owned() }),
            medium("audio/wav", MediaSource::Inline("AA==".to_owned())),
        ],
    )]);
    let (body, call) = written(&request, &Profile::default());
    let expected = json!([
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
        {"type": "document", "source": {"type": "url", "url": "https://a/b"}},
        {"type": "container_upload", "file_id": "file-1"},
    ]);
    assert_eq!(body["messages"][0]["content"], expected);
    assert_eq!(call.losses[0].kind, LossKind::Content);
}

fn reply() -> Reply {
    let id = "chatcmpl-01234567-89ab-cdef-0123-456789abcdef";
    Reply { model: "mine".into(), id: id.into(), created: 1, stream_usage: true, echo: Ext::default() }
}

fn streamed(events: &[ChatEvent]) -> String {
    let mut writer = AnthropicMessages.write_events(reply());
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    String::from_utf8(out).unwrap()
}

fn started() -> ChatEvent {
    ChatEvent::Started {
        id: "their-id".to_owned(),
        model: "theirs".to_owned(),
        created: None,
        ext: Ext::default(),
    }
}

#[test]
fn blocks_follow_each_other_and_the_usage_comes_at_the_end() {
    let usage = Usage { input: 3, output: 4, ..Usage::default() };
    let part = |index, name: &str| ChatEvent::PartStarted { choice: 0, index, head: call("c1", name, "") };
    let finished = |index| ChatEvent::PartFinished { choice: 0, index };
    let stop = Stop::new(StopKind::ToolCalls);
    let stream = streamed(&[
        started(),
        part(0, "a"),
        part(1, "b"),
        finished(0),
        finished(1),
        ChatEvent::Finished { choice: 0, stop, ext: Ext::default() },
        ChatEvent::Usage(Box::new(usage)),
    ]);
    let names: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let block = ["content_block_start", "content_block_stop"];
    assert_eq!(
        names,
        [&["message_start"], &block[..], &block[..], &["message_delta", "message_stop"]].concat()
    );
    assert!(stream.contains(r#""id":"msg_01234567-89ab-cdef-0123-456789abcdef""#));
    assert!(stream.contains(r#""usage":{"input_tokens":3,"output_tokens":4}"#));
}

#[test]
fn a_failure_ends_the_stream_in_the_words_of_the_api() {
    let failure = Error::new(ferrolite_types::ErrorKind::RateLimit, "slow down");
    let stream = streamed(&[started(), ChatEvent::Failed(Box::new(failure))]);
    let last = stream.trim_end().rsplit("\n\n").next().unwrap();
    let expected = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#;
    assert_eq!(last, format!("event: error\ndata: {expected}"));
}

#[test]
fn a_refusal_of_another_vendor_is_explained() {
    let refusal = Part::new(PartBody::Refusal { text: "I will not.".to_owned() });
    let stop = Stop::new(StopKind::Filter);
    let choice = ferrolite_types::chat::Choice {
        index: 0,
        parts: vec![refusal],
        stop,
        logprobs: None,
        ext: Ext::default(),
    };
    let response = ChatResponse { choices: vec![choice], ..ChatResponse::default() };
    let body: Value = serde_json::from_slice(&AnthropicMessages.write_response(&response, &reply())).unwrap();
    assert_eq!(body["content"], json!([{"type": "text", "text": "I will not."}]));
    let details = json!({"type": "refusal", "category": null, "explanation": "I will not."});
    assert_eq!((&body["stop_reason"], &body["stop_details"]), (&json!("refusal"), &details));
}
