//! A whole answer: reading Google's and writing ours, side by side. A piece of a stream is one too.

use ferrolite_types::chat::{ChatResponse, Choice, Citation, Part, PartBody, Stop, StopKind};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Value, object};
use ferrolite_types::{Error, Ext, RawJson};
use http::HeaderMap;

use super::grounding::Searches;
use super::ids::Ids;
use super::parts::{self, Pen};
use super::{ID, error, grounding, logprobs, usage};
use crate::format::Answer;

/// Reads a provider's answer.
pub(super) fn read(answer: &Answer<'_>) -> Result<ChatResponse, Error> {
    let text =
        std::str::from_utf8(answer.body).map_err(|_| error::not_understood(answer, "it is not UTF-8"))?;
    let fields = Fields::parse(text).map_err(|wrong| error::not_understood(answer, &wrong.to_string()))?;
    if let Some(refusal) = fields.peek("error") {
        return Err(error::read_inside(refusal, text));
    }
    let mut response =
        read_fields(fields).map_err(|wrong| error::not_understood(answer, &wrong.to_string()))?;
    if let Some(usage) = &mut response.usage {
        usage.tier = tier(answer.headers);
    }
    Ok(response)
}

/// The tier that served the call, which stands in a header.
fn tier(headers: &HeaderMap) -> Option<String> {
    let word = headers.get("x-gemini-service-tier")?.to_str().ok()?.to_ascii_lowercase();
    Some(if word == "standard" { "default".to_owned() } else { word })
}

fn read_fields(mut fields: Fields<'_>) -> Result<ChatResponse, JsonError> {
    let candidates =
        fields.list("candidates", |candidate| Candidate::read(candidate.fields()?))?.unwrap_or_default();
    let mut searches = Searches::default();
    candidates.iter().filter_map(Candidate::grounding).for_each(|metadata| searches.add(metadata));
    let mut usage = fields.object("usageMetadata", |usage| usage::read(usage, &searches))?;
    let Head { mut id, model, blocked, ext } = Head::read(&fields);
    let withheld = blocked.is_some() || candidates.first().is_some_and(Candidate::is_withheld);
    let choices = match blocked {
        Some(stop) => vec![Choice { index: 0, parts: Vec::new(), stop, logprobs: None, ext: Ext::default() }],
        None => candidates.into_iter().map(|candidate| candidate.whole(&id)).collect::<Result<_, _>>()?,
    };
    // Of an answer that was withheld LiteLLM tells neither its identifier nor what its tokens were.
    if withheld {
        id.clear();
        usage.iter_mut().for_each(|usage| usage.by_kind = false);
    }
    Ok(ChatResponse { id, model, created: None, choices, usage, ext })
}

/// Whether the prompt was not answered at all.
pub(super) fn is_blocked(ext: &Ext) -> bool {
    ext.get("promptFeedback").is_some_and(|feedback| block_reason(feedback.value()).is_some())
}

/// What an answer says of itself beside its candidates.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) model: String,
    /// Why the prompt was not answered at all.
    pub(super) blocked: Option<Stop>,
    /// Every member, to be said again as it came.
    pub(super) ext: Ext,
}

impl Head {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let word = |key: &str| fields.peek_str(key).unwrap_or_default().into_owned();
        let blocked = fields.peek("promptFeedback").and_then(block_reason);
        let version = word("modelVersion");
        let model = version.split('@').next().unwrap_or_default().to_owned();
        Self {
            id: word("responseId"),
            model,
            blocked: blocked.map(|reason| Stop::native(StopKind::Filter, ID, reason)),
            ext: Ext::new(ID, sorted(fields.rest())),
        }
    }
}

fn block_reason(feedback: Value<'_>) -> Option<String> {
    feedback.fields().ok()?.peek_str("blockReason").map(Into::into)
}

/// In the order of their names: a stream tells them in another order than a whole answer.
fn sorted(mut members: Vec<(Box<str>, RawJson)>) -> Vec<(Box<str>, RawJson)> {
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members
}

/// Why Google ended an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Finish(&'static str, StopKind);

/// Google's words, as LiteLLM understands them.
const FINISHES: &[Finish] = &[
    Finish("STOP", StopKind::End),
    Finish("MAX_TOKENS", StopKind::Length),
    Finish("SAFETY", StopKind::Filter),
    Finish("RECITATION", StopKind::Filter),
    Finish("BLOCKLIST", StopKind::Filter),
    Finish("PROHIBITED_CONTENT", StopKind::Filter),
    Finish("SPII", StopKind::Filter),
    Finish("IMAGE_SAFETY", StopKind::Filter),
    Finish("IMAGE_PROHIBITED_CONTENT", StopKind::Filter),
    Finish("LANGUAGE", StopKind::Filter),
    Finish("OTHER", StopKind::Filter),
    Finish("NO_IMAGE", StopKind::Filter),
    Finish("IMAGE_RECITATION", StopKind::Filter),
    Finish("IMAGE_OTHER", StopKind::Filter),
    Finish("ESCALATION", StopKind::Filter),
];

/// Those after which nothing of a whole answer is shown.
const FLAGGED: &[&str] = &[
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
];

impl Finish {
    /// What else Google says (`MALFORMED_FUNCTION_CALL`) ends an answer like any other.
    fn of(word: &str) -> Self {
        FINISHES.iter().copied().find(|finish| finish.0 == word).unwrap_or(FINISHES[0])
    }

    fn is_flagged(self) -> bool {
        FLAGGED.contains(&self.0)
    }
}

/// Why an answer ended: Google has no word for "now call the tools".
pub(super) fn stop(word: Option<&str>, called: bool) -> Stop {
    let word = word.unwrap_or("STOP");
    let kind = match Finish::of(word).1 {
        StopKind::End if called => StopKind::ToolCalls,
        kind => kind,
    };
    Stop::native(kind, ID, word)
}

/// One candidate, of a whole answer or as far as a piece of a stream tells.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) index: u32,
    /// What was said, not yet read.
    pub(super) parts: Option<Value<'a>>,
    finish: Option<Finish>,
    pub(super) logprobs: Option<RawJson>,
    /// Every member but the parts, in the order of their names.
    pub(super) members: Vec<(Box<str>, RawJson)>,
}

impl<'a> Candidate<'a> {
    pub(super) fn read(mut fields: Fields<'a>) -> Result<Self, JsonError> {
        let content =
            fields.take("content").map(Value::fields).transpose().map_err(|wrong| wrong.within("content"))?;
        let index =
            fields.peek("index").map_or(Ok(0), Value::u64).map_err(|wrong| wrong.within("index"))? as u32;
        let finish = fields.peek_str("finishReason").map(|word| Finish::of(&word));
        let logprobs = fields.peek("logprobsResult").and_then(logprobs::read);
        let mut members = fields.rest();
        let mut parts = None;
        if let Some(mut content) = content {
            parts = content.take("parts");
            let mut rest = Vec::new();
            object(&mut rest, |out| out.extend(Ext::rest_of(&content, ID).iter()));
            members.push(("content".into(), RawJson::from_writer(rest)));
        }
        Ok(Self { index, parts, finish, logprobs, members: sorted(members) })
    }

    /// Whether policy ended it.
    fn is_withheld(&self) -> bool {
        self.finish.is_some_and(Finish::is_flagged)
    }

    /// One member.
    fn member(&self, key: &str) -> Option<&RawJson> {
        self.members.iter().find(|(name, _)| &**name == key).map(|(_, value)| value)
    }

    pub(super) fn grounding(&self) -> Option<&RawJson> {
        self.member("groundingMetadata")
    }

    /// The whole answer that the candidate is.
    fn whole(self, response: &str) -> Result<Choice, JsonError> {
        let within = |wrong: JsonError| wrong.within("parts").within("content");
        let mut ids = Ids::of_answer(response, self.index);
        let withheld = self.is_withheld();
        let read = |part: Value<'_>| if withheld { Ok(kept_back(part)) } else { parts::read(part, &mut ids) };
        let mut parts =
            self.parts.map(|parts| parts.list(read)).transpose().map_err(within)?.unwrap_or_default();
        let cited = self.grounding().map(|metadata| grounding::read(metadata.value(), &parts));
        cited.into_iter().flatten().for_each(|(part, citation)| cite(&mut parts[part], citation));
        let called = parts.iter().any(|part| matches!(part.body, PartBody::ToolCall(_)));
        let word = self.member("finishReason").and_then(|word| word.value().as_str());
        let stop = stop(word.as_deref(), called);
        Ok(Choice {
            index: self.index,
            stop,
            parts,
            logprobs: self.logprobs,
            ext: Ext::new(ID, self.members),
        })
    }
}

/// What was said before the policy struck is shown to Google's clients only, as LiteLLM has it.
fn kept_back(part: Value<'_>) -> Part {
    Part::new(PartBody::Foreign { origin: ID, raw: part.to_raw() })
}

fn cite(part: &mut Part, citation: Citation) {
    if let PartBody::Text { citations, .. } = &mut part.body {
        citations.push(citation);
    }
}

/// Writes our answer; another vendor's thoughts only where the client asked for `thoughts`.
pub(super) fn write(response: &ChatResponse, thoughts: bool) -> Vec<u8> {
    let ChatResponse { id: _, model: _, created: _, choices, usage, ext } = response;
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| {
        if !is_blocked(ext) {
            out.field("candidates")
                .array(|list| choices.iter().for_each(|choice| write_choice(choice, thoughts, list)));
        }
        if let Some(usage) = usage {
            out.field("usageMetadata").object(|out| self::usage::write(usage, out));
        }
        out.extend(ext.of(ID));
    });
    body
}

fn write_choice(choice: &Choice, thoughts: bool, out: &mut Array<'_>) {
    let Choice { index, parts, stop, logprobs, ext } = choice;
    out.item().object(|out| {
        if ext.origin() == Some(ID) {
            return write_own(parts, ext, out);
        }
        let shown = parts.iter().filter(|part| thoughts || !matches!(part.body, PartBody::Thinking { .. }));
        out.field("content").object(|out| {
            out.field("parts").array(|list| write_parts(shown, list));
            out.field("role").text("model");
        });
        out.field("finishReason").text(finish_word(stop));
        out.field("index").u64(u64::from(*index));
        grounding::write(parts, out);
        if let Some(logprobs) = logprobs {
            logprobs::write(logprobs, out);
        }
    });
}

/// A candidate of Google's as it came.
pub(super) fn write_own(parts: &[Part], ext: &Ext, out: &mut Object<'_>) {
    let content = ext.of(ID).any(|(key, _)| key == "content");
    if content || !parts.is_empty() {
        out.field("content").object(|out| {
            if !parts.is_empty() {
                out.field("parts").array(|list| write_parts(parts, list));
            }
            out.extend(ext.inside(ID, "content").of(ID));
        });
    }
    out.extend(ext.outside(ID, &["content"]));
}

/// An answer without words is an empty text, as LiteLLM has it.
fn write_parts<'a>(parts: impl IntoIterator<Item = &'a Part>, out: &mut Array<'_>) {
    let mut pen = Pen::native();
    parts.into_iter().for_each(|part| pen.write(part, out));
    if out.is_empty() {
        out.item().object(|out| out.field("text").text(""));
    }
}

/// Google's word for a stop that is not its own.
pub(super) fn finish_word(stop: &Stop) -> &str {
    let standard = match stop.kind {
        StopKind::End | StopKind::Sequence | StopKind::ToolCalls | StopKind::Pause => "STOP",
        StopKind::Length => "MAX_TOKENS",
        StopKind::Filter | StopKind::Refusal => "SAFETY",
    };
    stop.word_of(ID).unwrap_or(standard)
}
