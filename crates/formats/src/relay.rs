//! Edits JSON by byte span, so that what is relayed is never re-serialised: set, remove, insert at the top
//! level of a request, and the model's name and the usage event on the way back.

use std::borrow::Cow;

use ferrolite_types::Cost;
use ferrolite_types::json::{Outline, Span, Value, names, push_str};

use crate::format::Reply;
use crate::framing::sse::{Frame, Framer, TooLarge, write_event};

/// What must be edited when bytes are relayed in a format.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The member of a request that names the model; `None` where the path does.
    pub request_model: Option<&'static str>,
    /// The member of an answer that names the model.
    pub response_model: Option<&'static str>,
    /// The member of a stream's event that holds an answer (and so its model); the event itself where `None`.
    pub event_holder: Option<&'static str>,
    /// The member of a stream's event that says when the answer was made; LiteLLM's clients see the time of
    /// their call there, the same in every event.
    pub event_created: Option<&'static str>,
    /// Whether a stream reports its usage only when asked by `stream_options.include_usage`, in an event
    /// without choices that a client who did not ask must not see.
    pub usage_on_request: bool,
    /// The names of the events that end a stream.
    pub last_events: &'static [&'static str],
    /// What the format's requests say that they accept.
    pub accept: &'static str,
    /// Headers that every relayed request of the format has, over that.
    pub headers: &'static [(&'static str, &'static str)],
    /// Headers of the client that go on to the provider, over those.
    pub client_headers: &'static [&'static str],
    /// The member of an answer, and of the answer in an event, whose identifier is made to say who answered.
    pub routed_id: Option<&'static str>,
    /// The member with which an event reports a failure; such events are left out, since the reader reports
    /// them and the client hears them in the words that it knows.
    pub event_error: Option<&'static str>,
}

/// One edit of a top-level member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Gives the member this JSON text, adding it when it is absent.
    Set(&'static str, String),
    /// The same for a member whose name is data.
    Put(String, String),
    /// Takes the member out.
    Remove(String),
}

/// The text of `json` as a JSON string.
pub fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_str(&mut out, text);
    String::from_utf8(out).expect("a JSON string is UTF-8")
}

/// Applies `edits` to an object; every byte that no edit names is kept.
pub fn edit(text: &str, outline: &Outline, edits: &[Edit]) -> Vec<u8> {
    let mut editing = Editing::begin(text, edits);
    for (key, value) in outline.spans() {
        editing.member(key, value);
    }
    editing.finish()
}

impl std::fmt::Debug for StreamEditor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamEditor").field("ended", &self.ended()).finish_non_exhaustive()
    }
}

/// An object being copied with edits.
struct Editing<'a> {
    text: &'a str,
    edits: &'a [Edit],
    /// Which edits have found their member.
    done: Vec<bool>,
    out: Vec<u8>,
    empty: bool,
    /// Up to where the text was read.
    read: usize,
}

impl<'a> Editing<'a> {
    fn begin(text: &'a str, edits: &'a [Edit]) -> Self {
        let added: usize = edits.iter().map(Edit::longest).sum();
        let open = text.find('{').map_or(0, |at| at + 1);
        let mut out = Vec::with_capacity(text.len() + added);
        out.extend_from_slice(&text.as_bytes()[..open]);
        Self { text, edits, done: vec![false; edits.len()], out, empty: true, read: open }
    }

    fn member(&mut self, key: Span, value: Span) {
        let between = &self.text[self.read..key.start()];
        let space = between.split_once(',').map_or(between, |(_, after)| after);
        self.read = value.end();
        let Some(change) = self.edits.iter().position(|edit| edit.is_about(self.text, key)) else {
            return self.copy(space, &self.text[key.start()..value.end()], "");
        };
        let first = !std::mem::replace(&mut self.done[change], true);
        if let (Some(json), true) = (self.edits[change].parts().1, first) {
            self.copy(space, &self.text[key.start()..value.start()], json);
        }
    }

    fn copy(&mut self, space: &str, member: &str, value: &str) {
        self.separate();
        for piece in [space, member, value] {
            self.out.extend_from_slice(piece.as_bytes());
        }
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
    }

    fn finish(mut self) -> Vec<u8> {
        for (edit, done) in self.edits.iter().zip(std::mem::take(&mut self.done)) {
            if let ((key, Some(json)), false) = (edit.parts(), done) {
                self.separate();
                push_str(&mut self.out, key);
                self.out.push(b':');
                self.out.extend_from_slice(json.as_bytes());
            }
        }
        self.out.extend_from_slice(&self.text.as_bytes()[self.read..]);
        self.out
    }
}

impl Edit {
    /// The member that it is about.
    pub fn member(&self) -> &str {
        self.parts().0
    }

    fn is_about(&self, text: &str, key: Span) -> bool {
        names(text, key, self.member())
    }

    /// The member, and what it is given.
    fn parts(&self) -> (&str, Option<&str>) {
        match self {
            Self::Set(key, json) => (key, Some(json)),
            Self::Put(key, json) => (key, Some(json)),
            Self::Remove(key) => (key, None),
        }
    }

    /// How many bytes it may add.
    fn longest(&self) -> usize {
        const QUOTES_COLON_COMMA: usize = 4;
        let (key, json) = self.parts();
        json.map_or(0, |json| key.len() + json.len() + QUOTES_COLON_COMMA)
    }
}

/// Gives a call's answers the identifier that clients see for the provider's.
pub type RouteId = Box<dyn Fn(&str) -> String + Send>;

/// The answer with the model's name that the client knows and, where the format has it so, the identifier that
/// says who answered; `None` where there is nothing to edit.
pub fn rename_response(body: &[u8], rules: &Rules, model: &str, route: &RouteId) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let outline = Outline::of(text).ok()?;
    let mut edits = Vec::new();
    if let Some(key) = rules.response_model.filter(|key| outline.find(text, key).is_some()) {
        edits.push(Edit::Set(key, quoted(model)));
    }
    if let Some((key, id)) = rules.routed_id.and_then(|key| Some((key, string_at(text, &outline, key)?))) {
        edits.push(Edit::Set(key, quoted(&route(&id))));
    }
    (!edits.is_empty()).then(|| edit(text, &outline, &edits))
}

fn string_at(text: &str, outline: &Outline, key: &str) -> Option<String> {
    let quoted = outline.find(text, key)?.of(text);
    Value::parse(quoted).ok()?.as_str().map(Into::into)
}

/// Edits a stream on its way back, frame by frame.
pub struct StreamEditor {
    framer: Framer,
    stamp: Stamp,
    /// The usage event, held back until the cost is known; only where the client asked for it.
    usage: Option<String>,
    /// The frames from the one that ends the stream on, held back until the call is accounted.
    last: Option<Vec<u8>>,
}

/// What events are given in place of what they say, as JSON.
struct Stamp {
    rules: &'static Rules,
    model: String,
    created: String,
    usage_wanted: bool,
    route: RouteId,
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// It is passed on, edited.
    Pass,
    /// It is the usage, said again at the end.
    Usage,
    /// The client does not see it.
    Hide,
}

impl StreamEditor {
    /// An editor that makes the events those of `reply`.
    pub fn new(rules: &'static Rules, reply: &Reply, route: RouteId) -> Self {
        let (model, created) = (quoted(&reply.model), reply.created.to_string());
        let stamp = Stamp { rules, model, created, usage_wanted: reply.stream_usage, route };
        Self { framer: Framer::default(), stamp, usage: None, last: None }
    }

    /// Adds bytes and appends the edited frames that they complete, up to the one that ends the stream.
    ///
    /// # Errors
    /// A frame over the framer's bound.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), TooLarge> {
        self.framer.feed(bytes)?;
        while let Some(frame) = self.framer.next_frame() {
            if self.stamp.is_last(&frame) {
                self.last.get_or_insert_default();
            }
            self.stamp.frame(&frame, &mut self.usage, self.last.as_mut().unwrap_or(out));
        }
        Ok(())
    }

    /// Whether the event that ends the stream was seen: no more bytes are needed.
    pub fn ended(&self) -> bool {
        self.last.is_some()
    }

    /// What was held back or left over, to be sent when the call is accounted at this cost.
    pub fn finish(mut self, cost: Option<Cost>) -> Vec<u8> {
        let mut last = self.last.take().unwrap_or_default();
        if let Some(frame) = self.framer.finish() {
            self.stamp.frame(&frame, &mut self.usage, &mut last);
        }
        match self.usage {
            Some(usage) => [self.stamp.usage_event(&usage, cost), last].concat(),
            None => last,
        }
    }
}

impl Stamp {
    fn is_last(&self, frame: &Frame<'_>) -> bool {
        let named = frame.event.as_deref().is_some_and(|name| self.rules.last_events.contains(&name));
        named || frame.data.as_deref() == Some("[DONE]")
    }

    /// Appends a frame as the client is to see it.
    fn frame(&self, frame: &Frame<'_>, usage: &mut Option<String>, out: &mut Vec<u8>) {
        let Some(data) = frame.data.as_deref().filter(|data| !matches!(data.trim(), "" | "[DONE]")) else {
            return out.extend_from_slice(frame.raw);
        };
        // What is no object the client could not read either; the stream's reader reports it.
        let Ok(outline) = Outline::of(data) else { return };
        match self.fate(data, &outline) {
            Fate::Hide => {}
            Fate::Usage => *usage = Some(data.to_owned()),
            Fate::Pass => self.pass(frame.raw, data, &outline, out),
        }
    }

    fn fate(&self, data: &str, outline: &Outline) -> Fate {
        let says = |key: &str| outline.find(data, key).is_some_and(|value| value.of(data) != "null");
        if self.rules.event_error.is_some_and(says) {
            return Fate::Hide;
        }
        match (
            self.rules.usage_on_request && says("usage") && has_no_choice(data, outline),
            self.usage_wanted,
        ) {
            (false, _) => Fate::Pass,
            (true, true) => Fate::Usage,
            (true, false) => Fate::Hide,
        }
    }

    fn pass(&self, raw: &[u8], data: &str, outline: &Outline, out: &mut Vec<u8>) {
        // Data of several lines is joined by the framer and so stands nowhere in the raw bytes.
        let Some(offset) = memchr::memmem::find(raw, data.as_bytes()) else {
            return out.extend_from_slice(raw);
        };
        let mut read = 0;
        for (span, json) in self.places(data, outline) {
            out.extend_from_slice(&raw[read..offset + span.start()]);
            out.extend_from_slice(json.as_bytes());
            read = offset + span.end();
        }
        out.extend_from_slice(&raw[read..]);
    }

    /// What is replaced, and by what, in the order of the text.
    fn places(&self, data: &str, outline: &Outline) -> Vec<(Span, Cow<'_, str>)> {
        let mut places = Vec::with_capacity(3);
        match self.rules.event_holder {
            None => self.answer_places(data, outline, 0, &mut places),
            Some(holder) => {
                let held = outline.find(data, holder);
                if let Some((held, inner)) =
                    held.and_then(|held| Some((held, Outline::of(held.of(data)).ok()?)))
                {
                    self.answer_places(held.of(data), &inner, held.start(), &mut places);
                }
            }
        }
        if let Some(span) = self.rules.event_created.and_then(|key| outline.find(data, key)) {
            places.push((span, self.created.as_str().into()));
        }
        places.sort_unstable_by_key(|(span, _)| span.start());
        places
    }

    /// The places of an answer that begins at `offset`.
    fn answer_places<'s>(
        &'s self,
        answer: &str,
        outline: &Outline,
        offset: usize,
        places: &mut Vec<(Span, Cow<'s, str>)>,
    ) {
        if let Some(span) = self.rules.response_model.and_then(|key| outline.find(answer, key)) {
            places.push((span.moved_by(offset), self.model.as_str().into()));
        }
        let Some(key) = self.rules.routed_id else { return };
        if let (Some(span), Some(id)) = (outline.find(answer, key), string_at(answer, outline, key)) {
            places.push((span.moved_by(offset), quoted(&(self.route)(&id)).into()));
        }
    }

    /// The usage event as LiteLLM's clients know it: beside an empty choice, and with the cost.
    fn usage_event(&self, data: &str, cost: Option<Cost>) -> Vec<u8> {
        const EMPTY_CHOICE: &str = r#"[{"index":0,"delta":{}}]"#;
        let edited = Outline::of(data).ok().map(|outline| {
            let mut edits =
                vec![Edit::Set("choices", EMPTY_CHOICE.to_owned()), Edit::Set("model", self.model.clone())];
            edits.push(Edit::Set("created", self.created.clone()));
            if let (Some(cost), Some(usage)) = (cost, outline.find(data, "usage")) {
                edits.extend(with_cost(usage.of(data), cost));
            }
            edit(data, &outline, &edits)
        });
        let mut out = Vec::with_capacity(data.len() + 128);
        write_event(&mut out, None, |out| {
            out.extend_from_slice(edited.as_deref().unwrap_or(data.as_bytes()));
        });
        out
    }
}

fn with_cost(usage: &str, cost: Cost) -> Option<Edit> {
    let edited = edit(usage, &Outline::of(usage).ok()?, &[Edit::Set("cost", cost.to_string())]);
    Some(Edit::Set("usage", String::from_utf8(edited).ok()?))
}

fn has_no_choice(data: &str, outline: &Outline) -> bool {
    outline
        .find(data, "choices")
        .is_some_and(|choices| choices.of(data).trim_matches(['[', ']', ' ']).is_empty())
}

#[cfg(test)]
mod tests {
    use ferrolite_types::Ext;

    use super::*;

    fn edited(text: &str, edits: &[Edit]) -> String {
        String::from_utf8(edit(text, &Outline::of(text).unwrap(), edits)).unwrap()
    }

    #[test]
    fn members_are_set_removed_and_inserted_and_the_rest_is_kept() {
        let text = r#" { "model" : "a", "x":1.0,  "y": [1, 2] } "#;
        assert_eq!(edited(text, &[]), text);
        assert_eq!(
            edited(text, &[Edit::Set("model", quoted("b\""))]),
            r#" { "model" : "b\"", "x":1.0,  "y": [1, 2] } "#
        );
        assert_eq!(edited(text, &[Edit::Remove("model".into())]), r#" { "x":1.0,  "y": [1, 2] } "#);
        assert_eq!(edited(text, &[Edit::Remove("y".into())]), r#" { "model" : "a", "x":1.0 } "#);
        assert_eq!(edited("{}", &[Edit::Set("stream", "true".into())]), r#"{"stream":true}"#);
        assert_eq!(
            edited(r#"{"a":1}"#, &[Edit::Set("b", "2".into()), Edit::Remove("a".into())]),
            r#"{"b":2}"#
        );
    }

    #[test]
    fn a_repeated_member_cannot_hide_behind_its_twin() {
        let text = r#"{"model":"cheap","m":1,"mod\u0065l":"dear"}"#;
        assert_eq!(edited(text, &[Edit::Set("model", quoted("set"))]), r#"{"model":"set","m":1}"#);
        assert_eq!(edited(text, &[Edit::Remove("model".into())]), r#"{"m":1}"#);
    }

    const CHAT: Rules = Rules {
        request_model: Some("model"),
        response_model: Some("model"),
        event_holder: None,
        event_created: Some("created"),
        usage_on_request: true,
        last_events: &[],
        accept: "application/json",
        headers: &[],
        client_headers: &[],
        routed_id: None,
        event_error: Some("error"),
    };
    const HELD: Rules = Rules {
        request_model: Some("model"),
        response_model: Some("model"),
        event_holder: Some("message"),
        event_created: None,
        usage_on_request: false,
        last_events: &["stop"],
        accept: "application/json",
        headers: &[],
        client_headers: &[],
        routed_id: Some("id"),
        event_error: None,
    };

    fn reply() -> Reply {
        Reply { model: "mine".into(), id: "id".into(), created: 7, stream_usage: false, echo: Ext::default() }
    }

    fn route() -> RouteId {
        Box::new(|id| format!("to-{id}"))
    }

    #[test]
    fn streams_are_stamped_and_unasked_usage_is_hidden() {
        let mut editor = StreamEditor::new(&CHAT, &reply(), route());
        let mut out = Vec::new();
        editor
            .feed(
                b"data: {\"created\":123,\"model\":\"gpt\",\"choices\":[{}]}\n\ndata: {\"model\":\"g\",\"cho",
                &mut out,
            )
            .unwrap();
        assert!(!editor.ended());
        editor.feed(b"ices\":[],\"usage\":{\"a\":1}}\n\ndata: [DONE]\n\n", &mut out).unwrap();
        assert!(editor.ended());
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "data: {\"created\":7,\"model\":\"mine\",\"choices\":[{}]}\n\n"
        );
        assert_eq!(editor.finish(None), b"data: [DONE]\n\n");
    }

    #[test]
    fn asked_usage_comes_last_with_the_cost() {
        let mut editor = StreamEditor::new(&CHAT, &Reply { stream_usage: true, ..reply() }, route());
        let mut out = Vec::new();
        let stream =
            b"data: {\"choices\":[],\"usage\":{\"a\":1}}\n\ndata: {\"error\":{}}\n\ndata: [DONE]\n\n";
        editor.feed(stream, &mut out).unwrap();
        assert!(out.is_empty());
        let expected = "data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"a\":1,\"cost\":0.000000000007},\
                        \"model\":\"mine\",\"created\":7}\n\ndata: [DONE]\n\n";
        assert_eq!(String::from_utf8(editor.finish(Some(Cost::from_pico(7)))).unwrap(), expected);
    }

    #[test]
    fn a_model_inside_a_held_answer_is_renamed() {
        let mut editor = StreamEditor::new(&HELD, &reply(), route());
        let mut out = Vec::new();
        editor
            .feed(b"event: s\ndata: {\"message\":{\"id\":\"1\",\"model\":\"claude\"}}\n\n", &mut out)
            .unwrap();
        editor.feed(b"event: stop\ndata: {}\n\n", &mut out).unwrap();
        let expected = "event: s\ndata: {\"message\":{\"id\":\"to-1\",\"model\":\"mine\"}}\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(editor.finish(None), b"event: stop\ndata: {}\n\n");
    }
}
