use ferrolite_types::chat::{
    CacheMark, ChatEvent, ChatResponse, Choice, Delta, Effort, HostedKind, HostedTool, Media, MediaSource,
    Part, PartBody, PartMeta, Reasoning, Role, Seal, Stop, StopKind, Tool, ToolBody, ToolCall, ToolInput,
    ToolResult, Turn,
};
use ferrolite_types::json::Outline;
use ferrolite_types::{LossKind, RawJson, Upstream, Usage};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::*;

const ELSEWHERE: FormatId = FormatId("elsewhere");

fn read_request(body: &Value) -> Result<ChatRequest, Error> {
    let text = body.to_string();
    let outline = Outline::of(&text)?;
    OpenAiResponses.read_request(&Inbound { text: &text, outline: &outline, model: None, stream: None })
}

/// What a provider gets, and what it could not be told.
fn written(request: &ChatRequest) -> (Value, Vec<(LossKind, String)>) {
    let call = OpenAiResponses.write_request(request, &Profile::default()).unwrap();
    let losses = call.losses.into_iter().map(|loss| (loss.kind, loss.what)).collect();
    (serde_json::from_slice(&call.body).unwrap(), losses)
}

fn reply(request: &Value) -> Reply {
    let text = request.to_string();
    let outline = Outline::of(&text).unwrap();
    let inbound = Inbound { text: &text, outline: &outline, model: None, stream: None };
    let (model, id) = ("mine".into(), "0191e2c0-1111-7222-8333-444455556666".into());
    Reply { model, id, created: 1_700_000_000, stream_usage: true, echo: OpenAiResponses.echo(&inbound) }
}

fn answer_of(parts: Vec<Part>, kind: StopKind) -> ChatResponse {
    let choice = Choice { index: 0, parts, stop: Stop::new(kind), logprobs: None, ext: Ext::default() };
    let (id, model) = ("msg_1".to_owned(), "claude".to_owned());
    ChatResponse { id, model, created: None, choices: vec![choice], usage: None, ext: Ext::default() }
}

fn whole(response: &ChatResponse, request: &Value) -> Value {
    serde_json::from_slice(&OpenAiResponses.write_response(response, &reply(request))).unwrap()
}

/// The pieces in which another format streams these parts: each whole text in one delta.
fn events_of(parts: &[Part], kind: StopKind) -> Vec<ChatEvent> {
    let (id, model) = ("msg_1".to_owned(), "claude".to_owned());
    let mut events = vec![ChatEvent::Started { id, model, created: None, ext: Ext::default() }];
    for (index, part) in (0..).zip(parts) {
        let mut head = part.clone();
        let text = match &mut head.body {
            PartBody::Text { text, .. } | PartBody::Thinking { text, .. } => std::mem::take(text),
            PartBody::ToolCall(ToolCall { input: ToolInput::Json(text) | ToolInput::Text(text), .. }) => {
                std::mem::take(text)
            }
            _ => String::new(),
        };
        let seal = head.meta.seal.take();
        events.push(ChatEvent::PartStarted { choice: 0, index, head });
        events.push(ChatEvent::Delta { choice: 0, index, delta: Delta::Text(text) });
        events.extend(seal.map(|seal| ChatEvent::Delta { choice: 0, index, delta: Delta::Seal(seal) }));
        events.push(ChatEvent::PartFinished { choice: 0, index });
    }
    events.push(ChatEvent::Finished { choice: 0, stop: Stop::new(kind), ext: Ext::default() });
    events
}

/// The events that a client gets.
fn streamed(events: &[ChatEvent], request: &Value) -> Vec<Value> {
    let mut writer = OpenAiResponses.write_events(reply(request));
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    let text = String::from_utf8(out).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap().trim_start_matches("response.")).collect()
}

fn thought(text: &str, redacted: bool, seal: Option<&str>) -> Part {
    let seal = seal.map(|bytes| Box::new(Seal { format: Some(ELSEWHERE), bytes: bytes.to_owned() }));
    let body = PartBody::Thinking { text: text.to_owned(), redacted };
    Part { body, meta: PartMeta { seal, ..PartMeta::default() } }
}

fn call(id: &str, name: &str, input: &str) -> Part {
    let (id, name) = (id.to_owned(), name.to_owned());
    Part::new(PartBody::ToolCall(ToolCall { id, name, input: ToolInput::Json(input.to_owned()) }))
}

fn result(id: &str, content: Vec<Part>) -> Part {
    let result = ToolResult { call: id.to_owned(), name: None, content, failed: false, free_text: false };
    Part::new(PartBody::ToolResult(result))
}

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts, name: None, plain: false, ext: Ext::default() }
}

fn plain(role: Role, text: &str) -> Turn {
    Turn { plain: true, ..turn(role, vec![Part::text(text)]) }
}

fn asked(turns: Vec<Turn>) -> ChatRequest {
    ChatRequest { model: "gpt-5".into(), turns, ..ChatRequest::default() }
}

#[test]
fn what_another_format_said_becomes_items_in_the_order_that_litellm_sends() {
    let request = asked(vec![
        turn(Role::User, vec![Part::text("w?")]),
        turn(
            Role::Assistant,
            vec![
                thought("hmm", false, Some("theirs")),
                Part::text("Checking"),
                call("toolu_a", "get_weather", r#"{"city":"Paris"}"#),
            ],
        ),
        turn(
            Role::User,
            vec![result("toolu_a", vec![Part::text("21C"), Part::text("sunny")]), Part::text("so?")],
        ),
    ]);
    let (body, losses) = written(&request);
    assert_eq!(
        body["input"],
        json!([
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "w?"}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hmm"}]},
            {"type": "function_call", "call_id": "toolu_a", "name": "get_weather", "arguments": "{\"city\":\"Paris\"}"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Checking"}]},
            {"type": "function_call_output", "call_id": "toolu_a", "output": "21C\nsunny"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "so?"}]},
        ])
    );
    assert_eq!(losses, [(LossKind::Seal, "input: the seal of a thought of another provider".to_owned())]);
}

#[test]
fn a_caller_of_another_format_gets_sealed_thoughts_and_loose_tools() {
    let function = ferrolite_types::chat::Function {
        name: "f".into(),
        description: None,
        parameters: None,
        strict: None,
    };
    let search =
        HostedTool { kind: HostedKind::WebSearch, origin: ELSEWHERE, raw: RawJson::parse("{}").unwrap() };
    let mut request = asked(vec![plain(Role::User, "hi")]);
    request.turns[0].parts[0].meta.cache = Some(CacheMark { ttl: None });
    request.tools = vec![Tool::new(ToolBody::Function(function)), Tool::new(ToolBody::Hosted(search))];
    request.output.max_tokens = Some(3);
    request.user = Some(r#"{"session_id":"s-1"}"#.into());
    let (body, losses) = written(&request);
    assert_eq!(
        body,
        json!({
            "model": "gpt-5",
            "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
            "tools": [
                {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": false},
                {"type": "web_search_preview"},
            ],
            "max_output_tokens": 16,
            "user": "{\"session_id\":\"s-1\"}",
            "prompt_cache_key": "s-1",
            "include": ["reasoning.encrypted_content"],
        })
    );
    assert_eq!(losses, []);
}

#[test]
fn a_budget_of_thoughts_becomes_an_effort_and_an_effort_one_that_the_model_knows() {
    let effort = |reasoning: Reasoning| {
        let request = ChatRequest { reasoning: Some(reasoning), ..asked(Vec::new()) };
        written(&request).0["reasoning"]["effort"].as_str().map(ToOwned::to_owned)
    };
    let budget = |budget| effort(Reasoning { budget: Some(budget), ..Reasoning::default() });
    assert_eq!(
        [0, 1023, 1024, 2048, 4096].map(budget).map(Option::unwrap_or_default),
        ["", "minimal", "low", "medium", "high"]
    );
    assert_eq!(effort(Reasoning { adaptive: true, ..Reasoning::default() }).as_deref(), Some("medium"));
    assert_eq!(
        effort(Reasoning { effort: Some(Effort::Max), ..Reasoning::default() }).as_deref(),
        Some("high")
    );
}

#[test]
fn leading_instructions_stand_outside_unless_they_are_all_there_is() {
    let turns = vec![
        plain(Role::System, "One."),
        plain(Role::System, "Two."),
        plain(Role::User, "Hi"),
        plain(Role::System, "Three."),
    ];
    let (body, _) = written(&asked(turns));
    assert_eq!(body["instructions"], "One. Two.");
    assert_eq!(
        body["input"][1],
        json!({"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Three."}]})
    );
    let alone =
        ChatRequest { instructions: vec![Part::text("Rules"), Part::text("More")], ..asked(Vec::new()) };
    let (body, _) = written(&alone);
    assert_eq!(body["instructions"], Value::Null);
    assert_eq!(body["input"][0]["content"][0]["text"], "Rules\nMore");
}

#[test]
fn what_the_format_cannot_say_is_told() {
    let mut request = asked(vec![turn(
        Role::User,
        vec![
            Part::new(PartBody::Foreign { origin: ELSEWHERE, raw: RawJson::parse("{}").unwrap() }),
            Part::new(PartBody::Media(Media {
                mime: "image/png".into(),
                source: MediaSource::File { format: ELSEWHERE, id: "f".into() },
                name: None,
                detail: None,
                transcript: None,
            })),
        ],
    )]);
    request.sampling.top_k = Some(5);
    request.sampling.stop = vec!["END".into()];
    request.output.n = Some(2);
    request.ext = Ext::new(ELSEWHERE, vec![("foo".into(), RawJson::string("bar"))]);
    request.own = Ext::new(ELSEWHERE, vec![("betas".into(), RawJson::string("b"))]);
    let (body, losses) = written(&request);
    let told: Vec<&str> = losses.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(
        told,
        [
            "input: a part only elsewhere knows",
            "input: a image/png file",
            "top_k",
            "stop",
            "n",
            "betas",
            "foo"
        ]
    );
    assert_eq!(body.get("foo"), None);
}

#[test]
fn our_seals_are_known_again_after_another_dialect_carried_them() {
    let body = json!({"id": "r", "model": "m", "status": "completed", "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
    ]}).to_string();
    let answer = Answer { status: StatusCode::OK, headers: &HeaderMap::new(), body: body.as_bytes() };
    let mut part = OpenAiResponses.read_response(&answer).unwrap().choices.remove(0).parts.remove(0);
    // Another dialect hands back the words and the bytes, and nothing else.
    let seal = part.meta.seal.take().map(|seal| Box::new(Seal { format: None, bytes: seal.bytes }));
    part.meta = PartMeta { seal, ..PartMeta::default() };
    let (body, losses) = written(&asked(vec![turn(Role::Assistant, vec![part])]));
    let summary = json!([{"type": "summary_text", "text": "hm"}]);
    assert_eq!(
        body["input"],
        json!([{"type": "reasoning", "summary": summary, "encrypted_content": "gAAA"}])
    );
    assert_eq!(losses, []);
}

#[test]
fn seals_of_others_travel_as_blocks_and_never_reach_a_provider_of_this_format() {
    let parts = vec![thought("hm", false, Some("sig")), thought("", true, Some("data")), Part::text("Hi")];
    let answer = whole(&answer_of(parts, StopKind::End), &json!({}));
    let blocks = r#"[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"data"}]"#;
    assert_eq!(answer["output"][0]["encrypted_content"], blocks);
    assert_eq!(
        answer["provider_specific_fields"]["thinking_blocks"],
        serde_json::from_str::<Value>(blocks).unwrap()
    );
    let again = json!({"model": "m", "input": [answer["output"][0], {"role": "user", "content": "And?"}]});
    let request = read_request(&again).unwrap();
    let seals = request.turns[0]
        .parts
        .iter()
        .map(|part| part.meta.seal.as_ref().map(|seal| (seal.format, seal.bytes.as_str())));
    assert_eq!(seals.collect::<Vec<_>>(), [Some((None, "sig")), Some((None, "data"))]);
    let (body, losses) = written(&request);
    assert_eq!(body["input"], json!([{"role": "user", "content": "And?"}]));
    assert_eq!(losses.len(), 1);
}

#[test]
fn one_go_of_the_model_is_one_turn() {
    let request = read_request(&json!({"model": "m", "input": [
        {"role": "user", "content": "a"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": {"x": 1}},
        {"type": "custom_tool_call", "call_id": "2", "name": "g", "input": "text"},
        {"type": "function_call_output", "call_id": "1", "output": "x"},
        {"type": "custom_tool_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "y"}]},
        {"role": "assistant", "content": "c"},
        {"role": "assistant", "content": "d"},
    ]}));
    let request = request.unwrap();
    let turns: Vec<(Role, usize)> = request.turns.iter().map(|turn| (turn.role, turn.parts.len())).collect();
    assert_eq!(
        turns,
        [
            (Role::User, 1),
            (Role::Assistant, 5),
            (Role::Tool, 1),
            (Role::Tool, 1),
            (Role::Assistant, 1),
            (Role::Assistant, 1),
        ]
    );
}

#[test]
fn an_answer_of_another_format_repeats_the_request() {
    let request = json!({"model": "mine", "input": "hi", "max_output_tokens": 16, "tool_choice": "required", "reasoning": {"effort": "low"}});
    let mut response = answer_of(vec![Part::text("Hello"), call("toolu_1", "f", "")], StopKind::Length);
    response.usage = Some(Usage {
        input: 31,
        output: 5,
        reasoning: 12,
        itemized: true,
        by_kind: true,
        ..Usage::default()
    });
    let answer = whole(&response, &request);
    let id = answer["output"][0]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("msg_") && id.len() == 40, "{id}");
    assert_eq!(
        answer,
        json!({
            "id": "msg_1", "object": "response", "created_at": 1_700_000_000, "status": "incomplete", "error": null,
            "model": "mine", "incomplete_details": {"reason": "max_output_tokens"},
            "output": [
                {"id": id, "type": "message", "status": "incomplete", "role": "assistant",
                 "content": [{"type": "output_text", "text": "Hello", "annotations": []}]},
                {"id": "fc_toolu_1", "type": "function_call", "call_id": "toolu_1", "name": "f", "arguments": "{}", "status": "completed"},
            ],
            "instructions": null, "max_output_tokens": 16, "metadata": {}, "parallel_tool_calls": false,
            "reasoning": {"effort": "low"}, "temperature": null, "tool_choice": "required", "tools": [], "top_p": null,
            "usage": {
                "input_tokens": 31, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0, "text_tokens": 31},
                "output_tokens": 17, "output_tokens_details": {"reasoning_tokens": 12, "text_tokens": 5}, "total_tokens": 48,
            },
        })
    );
}

#[test]
fn a_stream_of_another_format_is_told_as_litellm_tells_it() {
    let parts = [thought("Let me think.", false, Some("sig")), Part::text("Hi."), call("toolu_1", "f", "{}")];
    let events = streamed(&events_of(&parts, StopKind::ToolCalls), &json!({}));
    assert_eq!(
        kinds(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
    );
    assert!(
        events
            .iter()
            .zip(0..)
            .all(|(event, number)| event["sequence_number"] == number && event["model"] == "mine")
    );
    let last = &events[17]["response"];
    assert_eq!((&last["model"], &last["status"]), (&json!("claude"), &json!("completed")));
    assert_eq!(last["output"][1]["id"], events[9]["item_id"]);
    assert_eq!(events[6]["item"]["encrypted_content"], last["output"][0]["encrypted_content"]);
}

#[test]
fn a_part_without_words_is_not_told() {
    let events =
        streamed(&events_of(&[Part::text(""), call("c", "f", "{}")], StopKind::ToolCalls), &json!({}));
    assert_eq!(events[2]["item"]["type"], "function_call");
    assert_eq!(events.last().unwrap()["response"]["output"].as_array().unwrap().len(), 1);
}

#[test]
fn a_call_with_free_text_streams_its_text() {
    let input = ToolInput::Text("*** Begin".into());
    let patch = ToolCall { id: "c1".into(), name: "apply_patch".into(), input };
    let events =
        streamed(&events_of(&[Part::new(PartBody::ToolCall(patch))], StopKind::ToolCalls), &json!({}));
    let names = [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ];
    assert_eq!(kinds(&events)[2..6], names);
    let item = json!({"id": "ctc_c1", "type": "custom_tool_call", "call_id": "c1", "name": "apply_patch",
        "input": "*** Begin", "status": "completed"});
    let told = (&events[2]["item"]["input"], &events[3]["delta"], &events[5]["item"]);
    assert_eq!(told, (&json!(""), &json!("*** Begin"), &item));
}

#[test]
fn a_tool_of_a_namespace_is_called_by_both_names() {
    let tools = json!([{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find", "parameters": {}}]}]);
    let request = read_request(&json!({"model": "m", "input": "x", "tools": tools})).unwrap();
    let ToolBody::Function(function) = &request.tools[0].body else { panic!("{:?}", request.tools) };
    assert_eq!(function.name, "crm__find");
    let answer =
        whole(&answer_of(vec![call("c1", "crm__find", "{}")], StopKind::ToolCalls), &json!({"tools": tools}));
    assert_eq!(
        (&answer["output"][0]["name"], &answer["output"][0]["namespace"]),
        (&json!("find"), &json!("crm"))
    );
}

#[test]
fn a_failure_inside_a_stream_is_its_last_event() {
    let started =
        ChatEvent::Started { id: "r".into(), model: "claude".into(), created: None, ext: Ext::default() };
    let failed = |error| [started.clone(), ChatEvent::Failed(Box::new(error))];
    let code =
        |error| streamed(&failed(error), &json!({})).pop().unwrap()["response"]["error"]["code"].clone();
    use ferrolite_types::ErrorKind::{ContentPolicy, RateLimit, Upstream as Failed};
    assert_eq!(code(Error::new(RateLimit, "slow down")), "rate_limit_exceeded");
    assert_eq!(code(Error::new(Failed, "oops")), "server_error");
    let upstream = Upstream { code: Some("invalid_prompt".into()), ..crate::blame::evidence(0, "", None) };
    assert_eq!(code(Error::new(ContentPolicy, "no").upstream(upstream)), "invalid_prompt");
    let events = streamed(&failed(Error::new(Failed, "oops")), &json!({}));
    assert_eq!(kinds(&events), ["created", "in_progress", "failed"]);
    assert_eq!(events[2]["response"]["error"]["message"], "oops");
}

#[test]
fn a_request_without_input_names_it() {
    let refused = read_request(&json!({"model": "m"})).unwrap_err();
    assert_eq!((refused.status(), refused.param.as_deref()), (400, Some("input")));
    let refused =
        read_request(&json!({"model": "m", "input": [{"role": "critic", "content": "x"}]})).unwrap_err();
    assert!(refused.message.contains("input[0].role"), "{}", refused.message);
}
