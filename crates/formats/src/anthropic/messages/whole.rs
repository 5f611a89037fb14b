//! Blocks that a stream gives in pieces and the middle knows as a whole: calls of tools that the provider runs,
//! and summaries of what was said before. Both are carried in the provider's spelling.

use ferrolite_types::RawJson;
use ferrolite_types::chat::{HostedPart, Part, PartBody};
use ferrolite_types::json::object;

/// The member that grows in a call, and the delta that it grows by.
const INPUT: Growth = Growth { member: "input", delta: "input_json_delta", text: "partial_json" };
/// The same of a summary.
const CONTENT: Growth = Growth { member: "content", delta: "compaction_delta", text: "content" };

/// How a block grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growth {
    member: &'static str,
    /// The type of its deltas.
    pub(super) delta: &'static str,
    /// The member of a delta that holds a piece.
    pub(super) text: &'static str,
}

/// A block that grows until it is whole.
#[derive(Debug)]
pub(super) struct Whole {
    part: Part,
    growth: Growth,
    text: String,
}

/// How a part grows that is carried in the provider's spelling, if it does, and that spelling.
fn growth(part: &Part) -> Option<(Growth, &RawJson)> {
    match &part.body {
        PartBody::Hosted(hosted) => (!hosted.result).then_some((INPUT, &hosted.raw)),
        PartBody::Foreign { origin: _, raw } => Some((CONTENT, raw)),
        PartBody::Text { .. }
        | PartBody::Media(_)
        | PartBody::Thinking { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Refusal { .. }
        | PartBody::Reference { .. } => None,
    }
}

impl Whole {
    /// Begins with the head of a part that will only be known at its end.
    pub(super) fn of(head: &Part) -> Option<Self> {
        let (growth, _) = growth(head)?;
        Some(Self { part: head.clone(), growth, text: String::new() })
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// The part with what its pieces made; `None` where none came, or not all.
    pub(super) fn into_part(self) -> Option<Part> {
        let Self { mut part, growth, text } = self;
        if text.is_empty() {
            return None;
        }
        let value = if growth == INPUT { RawJson::parse(&text).ok()? } else { RawJson::string(&text) };
        if let PartBody::Hosted(HostedPart { raw, .. }) | PartBody::Foreign { raw, .. } = &mut part.body {
            *raw = with(raw, growth.member, &value);
        }
        Some(part)
    }
}

/// The one piece that makes a part whole, and how it is sent.
pub(super) fn piece(whole: &Part) -> Option<(Growth, String)> {
    let (growth, raw) = growth(whole)?;
    let value = raw.value().fields().ok()?.peek(growth.member)?;
    let text = if growth == INPUT { value.text().into() } else { value.as_str()? };
    Some((growth, text.into_owned()))
}

/// The object with one member replaced.
fn with(raw: &RawJson, member: &str, value: &RawJson) -> RawJson {
    let mut out = Vec::new();
    object(&mut out, |out| {
        let Ok(mut fields) = raw.value().fields() else { return };
        fields.take(member);
        out.extend(fields.rest().iter().map(|(key, value)| (&**key, value)));
        out.field(member).raw(value);
    });
    RawJson::from_writer(out)
}

#[cfg(test)]
mod tests {
    use ferrolite_types::json::Value;

    use super::super::{ID, blocks};
    use super::*;

    #[test]
    fn a_piece_makes_its_part_whole_again() {
        for whole in [
            r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}}"#,
            r#"{"type":"compaction","content":"They talked."}"#,
        ] {
            let whole = blocks::read(Value::parse(whole).unwrap(), Some(ID)).unwrap();
            let mut growing = Whole::of(&whole).unwrap();
            growing.push(&piece(&whole).unwrap().1);
            assert_eq!(growing.into_part(), Some(whole));
        }
    }
}
