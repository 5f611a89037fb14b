//! What a request's writer changed so that the provider would take it, and how its answer is changed back.
//!
//! Works on the canonical answer, whole or in events, so that no reader has to know what was asked.

use ferrolite_types::chat::{
    ChatEvent, ChatResponse, Choice, Delta, Part, PartBody, Stop, StopKind, ToolCall, ToolInput,
};
use ferrolite_types::json::Value;

use crate::free_text::{self, Arriving};

/// What must be changed back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undo {
    /// Tools that were sent under another name: the name sent, the caller's.
    pub renamed: Vec<(String, String)>,
    /// The tool through which the answer was asked for.
    pub answer_tool: Option<AnswerTool>,
    /// The caller's tools that take free text and were sent as functions of one argument, [`free_text::ARGUMENT`].
    pub free_text: Vec<String>,
}

/// A tool that the model was made to call so that its arguments, which follow a schema, are the answer: how
/// one asks for JSON where the provider has no better way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerTool {
    /// Its name.
    pub name: &'static str,
    /// Whether a whole answer is spaced as Python's `json.dumps` does it: LiteLLM's clients see that where the
    /// provider sends arguments as an object, and the model's own spelling where it sends a string.
    pub spaced: bool,
}

impl AnswerTool {
    /// The name that LiteLLM gives it.
    pub const NAME: &'static str = "json_tool_call";
}

impl Undo {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.answer_tool.is_none() && self.free_text.is_empty()
    }

    /// Changes a whole answer back.
    pub fn whole(&self, response: &mut ChatResponse) {
        for choice in &mut response.choices {
            for part in &mut choice.parts {
                self.rename(part);
                self.free(part);
            }
            if let Some(tool) = self.answer_tool {
                tool.unwrap(choice);
            }
        }
    }

    /// Begins to change a streamed answer back.
    pub fn events(self) -> UndoEvents {
        UndoEvents { undo: self, answers: Vec::new(), called: Vec::new(), free: Vec::new() }
    }

    fn rename(&self, part: &mut Part) {
        if let PartBody::ToolCall(call) = &mut part.body
            && let Some((_, original)) = self.renamed.iter().find(|(sent, _)| *sent == call.name)
        {
            call.name.clone_from(original);
        }
    }

    /// Gives a tool that takes free text its text.
    fn free(&self, part: &mut Part) {
        if let PartBody::ToolCall(call) = &mut part.body
            && self.free_text.contains(&call.name)
        {
            call.input = ToolInput::Text(free_text::whole(call.input.text()));
        }
    }

    fn takes_free_text(&self, part: &Part) -> bool {
        matches!(&part.body, PartBody::ToolCall(call) if self.free_text.contains(&call.name))
    }

    fn is_answer(&self, part: &Part) -> bool {
        self.answer_tool.is_some_and(|tool| tool.called_by(part).is_some())
    }
}

impl AnswerTool {
    fn called_by(self, part: &Part) -> Option<&ToolCall> {
        match &part.body {
            PartBody::ToolCall(call) if call.name == self.name => Some(call),
            _ => None,
        }
    }

    /// The first call's arguments become text. Where nothing else was called they are the whole answer: what
    /// was said beside them would keep a client from parsing it.
    fn unwrap(self, choice: &mut Choice) {
        let Some(first) = choice.parts.iter().position(|part| self.called_by(part).is_some()) else { return };
        if let Some(call) = self.called_by(&choice.parts[first]) {
            choice.parts[first] = Part::text(self.answer(call.input.text()));
        }
        let answer = choice.parts.remove(first);
        choice.parts.retain(|part| self.called_by(part).is_none());
        if !choice.parts.iter().any(|part| matches!(part.body, PartBody::ToolCall(_))) {
            choice.parts.retain(|part| !matches!(part.body, PartBody::Text { .. }));
            end(&mut choice.stop);
        }
        choice.parts.insert(first.min(choice.parts.len()), answer);
    }

    /// Models like to wrap a list in `values`.
    fn answer(self, arguments: &str) -> String {
        let Ok(value) = Value::parse(arguments) else { return arguments.to_owned() };
        let wrapped = value.fields().ok().and_then(|fields| fields.peek("values"));
        let text = wrapped.unwrap_or(value).text();
        if self.spaced { spaced(text) } else { text.to_owned() }
    }
}

/// An answer that nobody has to wait for: the provider's own word for the call is not said again.
fn end(stop: &mut Stop) {
    if stop.kind == StopKind::ToolCalls {
        *stop = Stop::new(StopKind::End);
    }
}

/// JSON with one space behind every comma and colon, and no other.
pub(crate) fn spaced(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    let (mut quoted, mut escaped) = (false, false);
    for character in json.chars() {
        if !quoted && character.is_ascii_whitespace() {
            continue;
        }
        out.push(character);
        if !quoted && matches!(character, ',' | ':') {
            out.push(' ');
        }
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
    }
    out
}

/// Changes a streamed answer back, event by event.
#[derive(Debug)]
pub struct UndoEvents {
    undo: Undo,
    /// The choices and parts that are the answer.
    answers: Vec<(u32, u32)>,
    /// The choices that called another tool too.
    called: Vec<u32>,
    /// The choices and parts whose arguments are free text, and how far it came.
    free: Vec<((u32, u32), Arriving)>,
}

impl UndoEvents {
    /// Changes an event back.
    pub fn event(&mut self, event: &mut ChatEvent) {
        match event {
            ChatEvent::PartStarted { choice, index, head } => self.started(*choice, *index, head),
            ChatEvent::Delta { choice, index, delta: Delta::Replace(part) } => {
                match self.answers.contains(&(*choice, *index)) {
                    true => become_text(part),
                    false => {
                        self.undo.rename(part);
                        self.undo.free(part);
                    }
                }
            }
            ChatEvent::Delta { choice, index, delta: Delta::Text(text) } => {
                if let Some((_, arriving)) =
                    self.free.iter_mut().find(|(place, _)| *place == (*choice, *index))
                {
                    *text = arriving.more(text);
                }
            }
            ChatEvent::Finished { choice, stop, ext: _ } => {
                let answered = self.answers.iter().any(|(of, _)| of == choice);
                if answered && !self.called.contains(choice) {
                    end(stop);
                }
            }
            ChatEvent::Started { .. }
            | ChatEvent::Delta { .. }
            | ChatEvent::PartFinished { .. }
            | ChatEvent::Logprobs { .. }
            | ChatEvent::Usage(_)
            | ChatEvent::Failed(_)
            | ChatEvent::Foreign { .. } => {}
        }
    }

    fn started(&mut self, choice: u32, index: u32, head: &mut Part) {
        if self.undo.is_answer(head) {
            self.answers.push((choice, index));
            become_text(head);
        } else if matches!(head.body, PartBody::ToolCall(_)) {
            self.called.push(choice);
            self.undo.rename(head);
            self.free(choice, index, head);
        }
    }

    fn free(&mut self, choice: u32, index: u32, head: &mut Part) {
        if !self.undo.takes_free_text(head) {
            return;
        }
        let mut arriving = Arriving::default();
        if let PartBody::ToolCall(call) = &mut head.body {
            call.input = ToolInput::Text(arriving.more(call.input.text()));
        }
        self.free.push(((choice, index), arriving));
    }
}

fn become_text(part: &mut Part) {
    if let PartBody::ToolCall(call) = &part.body {
        *part = Part::text(call.input.text());
    }
}

#[cfg(test)]
mod tests {
    use ferrolite_types::Ext;
    use ferrolite_types::chat::ToolInput;

    use super::*;

    const TOOL: AnswerTool = AnswerTool { name: AnswerTool::NAME, spaced: true };

    fn call(name: &str, input: &str) -> Part {
        let (id, name) = ("call_1".to_owned(), name.to_owned());
        Part::new(PartBody::ToolCall(ToolCall { id, name, input: ToolInput::Json(input.to_owned()) }))
    }

    fn undone(parts: Vec<Part>) -> Choice {
        let renamed = vec![("a_b".into(), "a/b".into())];
        let undo = Undo { renamed, answer_tool: Some(TOOL), free_text: vec!["patch".into()] };
        let choice = Choice {
            index: 0,
            parts,
            stop: Stop::new(StopKind::ToolCalls),
            logprobs: None,
            ext: Ext::default(),
        };
        let mut response = ChatResponse { choices: vec![choice], ..ChatResponse::default() };
        undo.whole(&mut response);
        response.choices.remove(0)
    }

    #[test]
    fn the_arguments_of_the_answer_tool_are_the_answer() {
        let choice =
            undone(vec![Part::text("Here it is:"), call(AnswerTool::NAME, r#"{"a":"x,\"y:","b":[1,2]}"#)]);
        assert_eq!(choice.parts, [Part::text(r#"{"a": "x,\"y:", "b": [1, 2]}"#)]);
        assert_eq!(choice.stop.kind, StopKind::End);
    }

    #[test]
    fn a_wrapped_answer_is_taken_out_and_a_broken_one_kept() {
        assert_eq!(undone(vec![call(AnswerTool::NAME, r#"{"values":[1,2]}"#)]).parts, [Part::text("[1, 2]")]);
        assert_eq!(undone(vec![call(AnswerTool::NAME, r#"{"a":"#)]).parts, [Part::text(r#"{"a":"#)]);
    }

    #[test]
    fn other_calls_stay_under_the_callers_names() {
        let choice = undone(vec![Part::text("Both."), call(AnswerTool::NAME, "{}"), call("a_b", "{}")]);
        assert_eq!(choice.parts, [Part::text("Both."), Part::text("{}"), call("a/b", "{}")]);
        assert_eq!(choice.stop.kind, StopKind::ToolCalls);
    }

    #[test]
    fn a_streamed_answer_is_text_from_its_first_event() {
        let mut undoing = Undo { answer_tool: Some(TOOL), ..Undo::default() }.events();
        let mut events = [
            ChatEvent::PartStarted { choice: 0, index: 0, head: call(AnswerTool::NAME, "") },
            ChatEvent::Finished { choice: 0, stop: Stop::new(StopKind::ToolCalls), ext: Ext::default() },
        ];
        events.iter_mut().for_each(|event| undoing.event(event));
        assert_eq!(events[0], ChatEvent::PartStarted { choice: 0, index: 0, head: Part::text("") });
        assert_eq!(
            events[1],
            ChatEvent::Finished { choice: 0, stop: Stop::new(StopKind::End), ext: Ext::default() }
        );
    }

    #[test]
    fn free_text_is_found_in_its_argument_however_it_arrives() {
        let free = |text: &str| {
            let input = ToolInput::Text(text.to_owned());
            Part::new(PartBody::ToolCall(ToolCall { id: "call_1".into(), name: "patch".into(), input }))
        };
        assert_eq!(undone(vec![call("patch", r#"{"input":"a b"}"#)]).parts, [free("a b")]);
        let mut undoing = Undo { free_text: vec!["patch".into()], ..Undo::default() }.events();
        let mut head = ChatEvent::PartStarted { choice: 0, index: 0, head: call("patch", "") };
        undoing.event(&mut head);
        assert_eq!(head, ChatEvent::PartStarted { choice: 0, index: 0, head: free("") });
        let mut delta = ChatEvent::Delta { choice: 0, index: 0, delta: Delta::Text(r#"{"input":"a"#.into()) };
        undoing.event(&mut delta);
        assert_eq!(delta, ChatEvent::Delta { choice: 0, index: 0, delta: Delta::Text("a".into()) });
    }
}
