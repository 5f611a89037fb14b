//! What the fixtures cannot show: requests of other formats said in this one, and answers of others said to its
//! clients.

use ferrolite_types::chat::{
    ChatEvent, ChatRequest, ChatResponse, Choice, Citation, Delta, Effort, HostedKind, HostedTool, Media,
    MediaSource, Part, PartBody, Reasoning, Role, Seal, Stop, StopKind, Tool, ToolBody, ToolCall, ToolInput,
    ToolResult, Turn,
};
use ferrolite_types::json::Outline;
use ferrolite_types::{
    Error, ErrorKind, Ext, Fault, FormatId, Loss, LossKind, Profile, RawJson, Retry, Thinking, Usage,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::*;

const OTHER: FormatId = FormatId("another-format");

fn tree(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn read(body: &Value) -> Result<ChatRequest, Error> {
    let text = body.to_string();
    let outline = Outline::of(&text).unwrap();
    OpenAiChat.read_request(&Inbound { text: &text, outline: &outline, model: None, stream: None })
}

/// A request of another format: whoever wrote it left nothing of this one's.
fn foreign(turns: Vec<Turn>) -> ChatRequest {
    ChatRequest { model: "m".into(), turns, ..ChatRequest::default() }
}

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts, name: None, plain: false, ext: Ext::default() }
}

fn sent(request: &ChatRequest, profile: &Profile) -> (Value, Vec<(LossKind, String)>) {
    let call = OpenAiChat.write_request(request, profile).unwrap();
    (tree(&call.body), call.losses.into_iter().map(|loss| (loss.kind, loss.what)).collect())
}

fn reply() -> Reply {
    Reply {
        model: "mine".into(),
        id: "chatcmpl-1".into(),
        created: 7,
        stream_usage: true,
        echo: Ext::default(),
    }
}

fn sealed(mut part: Part) -> Part {
    part.meta.seal = Some(Box::new(Seal { format: Some(OTHER), bytes: "c2ln".into() }));
    part
}

fn call(input: &str) -> Part {
    let input = ToolInput::Json(input.into());
    Part::new(PartBody::ToolCall(ToolCall { id: "call_1".into(), name: "ping".into(), input }))
}

fn free_call(text: &str) -> Part {
    let (id, name) = ("call_1".to_owned(), "note".to_owned());
    Part::new(PartBody::ToolCall(ToolCall { id, name, input: ToolInput::Text(text.into()) }))
}

fn answer(parts: Vec<Part>) -> Value {
    let stop = Stop::native(StopKind::End, OTHER, "STOP");
    let choice = Choice { index: 0, parts, stop, logprobs: None, ext: Ext::default() };
    let response = ChatResponse { id: "msg_1".into(), choices: vec![choice], ..ChatResponse::default() };
    tree(&OpenAiChat.write_response(&response, &reply()))
}

/// The chunks written for events, without what all of them say.
fn chunks(events: &[ChatEvent]) -> Vec<Value> {
    let mut writer = OpenAiChat.write_events(reply());
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    let text = String::from_utf8(out).unwrap();
    let data = text.split("\n\n").filter_map(|event| event.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

fn deltas(events: &[ChatEvent]) -> Vec<Value> {
    chunks(events).iter().map(|chunk| chunk["choices"][0]["delta"].clone()).collect()
}

fn started() -> ChatEvent {
    ChatEvent::Started { id: "msg_1".into(), model: "theirs".into(), created: None, ext: Ext::default() }
}

fn begun(index: u32, head: Part) -> ChatEvent {
    ChatEvent::PartStarted { choice: 0, index, head }
}

fn grown(index: u32, delta: Delta) -> ChatEvent {
    ChatEvent::Delta { choice: 0, index, delta }
}

fn refused(status: u16, body: &Value) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    OpenAiChat.read_error(&Answer { status, headers: &HeaderMap::new(), body: body.to_string().as_bytes() })
}

#[test]
fn a_mistake_in_a_request_names_its_place() {
    let error = read(
        &json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": 7}]}]}),
    );
    assert_eq!(error.unwrap_err().message, "messages[0].content[0].text: expected a string, got 7");
    assert_eq!(read(&json!({"messages": []})).unwrap_err().param.as_deref(), Some("model"));
}

#[test]
fn a_budget_to_think_becomes_an_effort_for_models_that_are_not_told_by_budget() {
    let mut request = foreign(Vec::new());
    request.reasoning = Some(Reasoning { budget: Some(2048), ..Reasoning::default() });
    assert_eq!(sent(&request, &Profile::default()).0["reasoning_effort"], "medium");
    let profile = Profile { thinking: Some(Thinking::Budget), ..Profile::default() };
    let thinking = &sent(&request, &profile).0["thinking"];
    assert_eq!(*thinking, json!({"type": "enabled", "budget_tokens": 2048}));
    request.reasoning =
        Some(Reasoning { effort: Some(Effort::High), adaptive: true, ..Reasoning::default() });
    assert_eq!(sent(&request, &Profile::default()).0["reasoning_effort"], "high");
}

#[test]
fn roles_follow_what_the_model_accepts() {
    let request = foreign(vec![
        turn(Role::Developer, vec![Part::text("a")]),
        turn(Role::System, vec![Part::text("b")]),
    ]);
    let roles = |profile: &Profile| {
        let (body, _) = sent(&request, profile);
        [body["messages"][0]["role"].clone(), body["messages"][1]["role"].clone()]
    };
    assert_eq!(roles(&Profile::default()), ["system", "system"]);
    assert_eq!(roles(&Profile { developer_role: true, ..Profile::default() }), ["developer", "system"]);
    assert_eq!(roles(&Profile { no_system: true, ..Profile::default() }), ["user", "user"]);
}

#[test]
fn results_stand_before_what_the_user_says_with_them() {
    let result = ToolResult {
        call: "call_1".into(),
        name: None,
        content: vec![Part::text("pong")],
        failed: true,
        free_text: false,
    };
    let parts = vec![Part::text("and now?"), Part::new(PartBody::ToolResult(result))];
    let (body, losses) = sent(&foreign(vec![turn(Role::User, parts)]), &Profile::default());
    let said = json!([{"type": "text", "text": "and now?"}]);
    let expected = json!([{"role": "tool", "tool_call_id": "call_1", "content": "pong"}, {"role": "user", "content": said}]);
    assert_eq!(body["messages"], expected);
    assert_eq!(losses, [(LossKind::Cosmetic, "messages[0]: that the tool failed".to_owned())]);
}

#[test]
fn what_only_another_format_can_say_is_a_loss_with_its_place() {
    let file = MediaSource::File { format: OTHER, id: "file_1".into() };
    let media =
        Media { mime: "application/pdf".into(), source: file, name: None, detail: None, transcript: None };
    let thought = sealed(Part::new(PartBody::Thinking { text: "hm".into(), redacted: false }));
    let turns = vec![
        turn(Role::User, vec![Part::new(PartBody::Media(media)), Part::text("read it")]),
        turn(Role::Assistant, vec![thought, Part::text("a"), Part::text("b")]),
    ];
    let mut request = foreign(turns);
    request.ext = Ext::new(OTHER, vec![("safetySettings".into(), RawJson::parse("[]").unwrap())]);
    let (body, losses) = sent(&request, &Profile::default());
    assert_eq!(body["messages"][1], json!({"role": "assistant", "content": "ab", "reasoning_content": "hm"}));
    let expected = [
        (LossKind::Content, "messages[0]: a file that only another-format holds"),
        (LossKind::Seal, "messages[1]: what only its maker can read"),
        (LossKind::Parameter, "safetySettings"),
    ];
    assert_eq!(losses, expected.map(|(kind, what)| (kind, what.to_owned())));
}

#[test]
fn a_search_of_another_format_is_an_option_here_and_free_text_an_argument() {
    let hosted = |kind, raw: &str| {
        let raw = RawJson::parse(raw).unwrap();
        Tool::new(ToolBody::Hosted(HostedTool { kind, origin: OTHER, raw }))
    };
    let location = r#"{"type":"web_search","user_location":{"type":"approximate","city":"Oslo"}}"#;
    let mut request = foreign(vec![turn(Role::Assistant, vec![free_call("a b")])]);
    let free_text = ToolBody::FreeText { name: "note".into(), description: None, format: None };
    request.tools = vec![
        hosted(HostedKind::WebSearch, location),
        hosted(HostedKind::Computer, "{}"),
        Tool::new(free_text),
    ];
    let call = OpenAiChat.write_request(&request, &Profile::default()).unwrap();
    let body = tree(&call.body);
    let place = json!({"type": "approximate", "approximate": {"city": "Oslo"}});
    assert_eq!(body["web_search_options"], json!({"user_location": place}));
    assert_eq!(body["tools"][0]["function"]["parameters"]["required"], json!(["input"]));
    assert_eq!(body["messages"][0]["tool_calls"][0]["function"]["arguments"], r#"{"input":"a b"}"#);
    assert_eq!(call.undo.free_text, ["note"]);
    assert_eq!(call.losses, [Loss::new(LossKind::Tool, "tools[1]: Computer")]);
}

#[test]
fn clients_find_what_has_no_member_here_among_the_extras() {
    let citation = |url: Option<&str>, end| Citation {
        url: url.map(Into::into),
        title: Some("T".into()),
        quote: None,
        start: Some(0),
        end,
        origin: OTHER,
        raw: RawJson::parse(r#"{"page":3}"#).unwrap(),
    };
    let citations = vec![citation(Some("https://a.example"), Some(2)), citation(None, None)];
    let text = Part::new(PartBody::Text { text: "Hi".into(), citations });
    let thought = sealed(Part::new(PartBody::Thinking { text: "hm".into(), redacted: false }));
    let body = answer(vec![thought, text, call("{}")]);
    let message = &body["choices"][0]["message"];
    let block = json!([{"type": "thinking", "thinking": "hm", "signature": "c2ln"}]);
    let page = json!({"start_index": 0, "end_index": 2, "url": "https://a.example", "title": "T"});
    assert_eq!(message["annotations"], json!([{"type": "url_citation", "url_citation": page}]));
    assert_eq!(
        message["provider_specific_fields"]["citations"],
        json!([[{"page": 3, "supported_text": "Hi"}]])
    );
    assert_eq!(
        (&message["thinking_blocks"], &message["provider_specific_fields"]["thinking_blocks"]),
        (&block, &block)
    );
    assert_eq!(message["tool_calls"][0]["index"], 2);
    assert_eq!(body["choices"][0]["provider_specific_fields"], json!({"native_finish_reason": "STOP"}));
    assert_eq!(body["id"], "chatcmpl-1");
}

#[test]
fn counts_of_another_format_get_the_members_that_litellm_gives_them() {
    let usage = Usage {
        input: 31,
        cache_read: 20,
        cache_write_1h: 12,
        output: 11,
        reasoning: 6,
        itemized: true,
        by_kind: true,
        ..Usage::default()
    };
    let response = ChatResponse { usage: Some(usage), ..ChatResponse::default() };
    let body = tree(&OpenAiChat.write_response(&response, &reply()));
    assert_eq!(body["usage"]["prompt_tokens"], 63);
    assert_eq!(body["usage"]["cache_creation_input_tokens"], 12);
    let written = json!({"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 12});
    assert_eq!(body["usage"]["prompt_tokens_details"]["cache_creation_token_details"], written);
    assert_eq!(body["usage"]["completion_tokens_details"], json!({"reasoning_tokens": 6, "text_tokens": 11}));
}

#[test]
fn an_announced_seal_makes_blocks_of_every_piece() {
    let mut head = Part::new(PartBody::Thinking { text: String::new(), redacted: false });
    head.meta.seal = Some(Box::new(Seal { format: Some(OTHER), bytes: String::new() }));
    let seal = Delta::Seal(Box::new(Seal { format: Some(OTHER), bytes: "c2ln".into() }));
    let deltas = deltas(&[started(), begun(0, head), grown(0, Delta::Text("hm".into())), grown(0, seal)]);
    assert_eq!(deltas[0]["thinking_blocks"], json!([{"type": "thinking", "thinking": "hm"}]));
    assert_eq!((&deltas[0]["role"], &deltas[0]["reasoning_content"]), (&json!("assistant"), &json!("hm")));
    assert_eq!(
        deltas[1]["thinking_blocks"],
        json!([{"type": "thinking", "thinking": "", "signature": "c2ln"}])
    );
}

#[test]
fn a_seal_that_nobody_announced_comes_with_the_whole_thought() {
    let head = Part::new(PartBody::Thinking { text: "h".into(), redacted: false });
    let seal = Delta::Seal(Box::new(Seal { format: Some(OTHER), bytes: "c2ln".into() }));
    let deltas = deltas(&[started(), begun(0, head), grown(0, Delta::Text("m".into())), grown(0, seal)]);
    assert_eq!(deltas[1], json!({"reasoning_content": "m"}));
    assert_eq!(
        deltas[2]["thinking_blocks"],
        json!([{"type": "thinking", "thinking": "hm", "signature": "c2ln"}])
    );
}

#[test]
fn calls_are_counted_and_an_empty_part_says_nothing() {
    let events = [
        started(),
        begun(0, Part::text("")),
        begun(1, call("")),
        grown(1, Delta::Text("{}".into())),
        begun(2, call("{}")),
        ChatEvent::Finished { choice: 0, stop: Stop::new(StopKind::ToolCalls), ext: Ext::default() },
    ];
    let deltas = deltas(&events);
    let indexes: Vec<&Value> = deltas[..3].iter().map(|delta| &delta["tool_calls"][0]["index"]).collect();
    assert_eq!(indexes, [&json!(0), &json!(0), &json!(1)]);
    assert_eq!(deltas[0]["role"], "assistant");
    assert_eq!(chunks(&events)[3]["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn nothing_follows_a_failure() {
    let failed = ChatEvent::Failed(Box::new(Error::new(ErrorKind::Upstream, "gone")));
    let chunks = chunks(&[started(), begun(0, Part::text("Hi")), ChatEvent::Usage(Box::default()), failed]);
    assert_eq!(chunks[1], json!({"error": {"message": "gone", "type": null, "param": null, "code": "500"}}));
    assert_eq!(chunks.len(), 2);
}

#[test]
fn a_refusal_tells_whose_fault_it_is_and_whether_to_try_again() {
    let error = |kind: &str| json!({"error": {"message": "no", "type": kind, "code": kind}});
    let rate = refused(429, &error("rate_limit_exceeded"));
    assert_eq!(
        (rate.kind, rate.retry, rate.fault),
        (ErrorKind::RateLimit, Retry::Again { after: None }, Fault::Upstream)
    );
    let quota = refused(429, &error("insufficient_quota"));
    assert_eq!(
        (quota.kind, quota.retry, quota.fault),
        (ErrorKind::RateLimit, Retry::Elsewhere, Fault::Credential)
    );
    let long = refused(400, &error("context_length_exceeded"));
    assert_eq!((long.kind, long.retry, long.fault), (ErrorKind::ContextWindow, Retry::Never, Fault::Client));
    let key = refused(401, &error("invalid_api_key"));
    assert_eq!(
        (key.kind, key.retry, key.fault),
        (ErrorKind::Authentication, Retry::Elsewhere, Fault::Credential)
    );
    assert_eq!(refused(400, &json!([{"error": {"message": "in a list"}}])).message, "in a list");
}
