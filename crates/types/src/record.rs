//! The one immutable account of a call: what was asked, who served it, how it ended and what it cost.
//!
//! It is appended to the journal before the last byte of an answer, so its JSON is also the journal's format:
//! names may be added, never changed.

use crate::json::{Object, object};
use crate::{Cost, ErrorKind, Loss, Usage};

/// The account of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Our identifier, minted once; replaying a record of the same identifier changes nothing.
    pub id: String,
    /// The identifier that the caller sees (`x-litellm-call-id`); may be the caller's own.
    pub call_id: String,
    /// When the call came, in microseconds since the Unix epoch.
    pub started: i64,
    /// From the first byte in to the last byte out, in microseconds.
    pub duration: u64,
    /// From the first byte in to the first content out, in microseconds; streams only.
    pub first_content: Option<u64>,
    /// What was asked (`chat`).
    pub operation: &'static str,
    /// The format that the caller speaks.
    pub dialect: &'static str,
    /// Whether the answer was streamed.
    pub stream: bool,
    /// The model as the caller named it.
    pub model: String,
    /// Who asked: the name of the key, never the key.
    pub key_name: Option<String>,
    /// The person on whose behalf, in the caller's words.
    pub end_user: Option<String>,
    /// Who served it; absent when nobody was asked.
    pub served: Option<Served>,
    /// Every try, in order.
    pub attempts: Vec<AttemptNote>,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status that the caller saw.
    pub status: u16,
    /// What was consumed.
    pub usage: Usage,
    /// Whether the usage is our estimate, because the provider said none.
    pub estimated: bool,
    /// What it cost; `None` for a model without a price.
    pub cost: Option<Cost>,
    /// What the target could not be told.
    pub losses: Vec<Loss>,
}

/// Who served a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The deployment's identifier.
    pub deployment: String,
    /// The provider's catalogue name.
    pub provider: String,
    /// The model as the provider names it.
    pub model: String,
    /// Whether the bytes were relayed or translated.
    pub passage: &'static str,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptNote {
    /// The deployment's identifier.
    pub deployment: String,
    /// How long it took to the head of the answer or to the failure, in microseconds.
    pub duration: u64,
    /// Why it failed; `None` for the one that served.
    pub failure: Option<String>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The caller has the whole answer.
    Success,
    /// The caller was refused, or the answer broke off.
    Failure {
        /// What sort of failure.
        kind: ErrorKind,
        /// What was said.
        message: String,
    },
    /// The caller left before the end.
    Cancelled,
}

impl Outcome {
    /// The word in records and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure { .. } => "failure",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Record {
    /// Appends the record as one line of JSON, with its line feed.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        object(out, |out| self.write_fields(out));
        out.push(b'\n');
    }

    fn write_fields(&self, out: &mut Object<'_>) {
        let Self {
            id,
            call_id,
            started,
            duration,
            first_content,
            operation,
            dialect,
            stream,
            model,
            key_name,
            end_user,
            served,
            attempts,
            outcome,
            status,
            usage,
            estimated,
            cost,
            losses,
        } = self;
        out.field("id").text(id);
        out.field("call_id").text(call_id);
        out.field("started").i64(*started);
        out.field("duration").u64(*duration);
        out.maybe_u64("first_content", *first_content);
        out.field("operation").text(operation);
        out.field("dialect").text(dialect);
        out.field("stream").bool(*stream);
        out.field("model").text(model);
        out.maybe_text("key_name", key_name.as_deref());
        out.maybe_text("end_user", end_user.as_deref());
        if let Some(served) = served {
            write_served(served, out);
        }
        write_attempts(attempts, out);
        write_outcome(outcome, out);
        out.field("status").u64(u64::from(*status));
        write_usage(usage, out);
        out.field("estimated").bool(*estimated);
        if let Some(cost) = cost {
            out.field("cost_pico").i64(cost.pico());
        }
        write_losses(losses, out);
    }
}

fn write_served(served: &Served, out: &mut Object<'_>) {
    let Served { deployment, provider, model, passage } = served;
    out.field("deployment").text(deployment);
    out.field("provider").text(provider);
    out.field("upstream_model").text(model);
    out.field("passage").text(passage);
}

/// A single try that served says nothing that the record does not say already.
fn write_attempts(attempts: &[AttemptNote], out: &mut Object<'_>) {
    if let [AttemptNote { failure: None, .. }] | [] = attempts {
        return;
    }
    out.field("attempts").array(|list| {
        for AttemptNote { deployment, duration, failure } in attempts {
            list.item().object(|item| {
                item.field("deployment").text(deployment);
                item.field("duration").u64(*duration);
                item.maybe_text("failure", failure.as_deref());
            });
        }
    });
}

fn write_outcome(outcome: &Outcome, out: &mut Object<'_>) {
    out.field("outcome").text(outcome.as_str());
    if let Outcome::Failure { kind, message } = outcome {
        out.field("error_kind").text(kind.as_str());
        out.field("error").text(message);
    }
}

fn write_usage(usage: &Usage, out: &mut Object<'_>) {
    let Usage {
        input,
        cache_read,
        cache_write,
        cache_write_1h,
        input_audio,
        input_image,
        output,
        reasoning,
        output_audio,
        output_image,
        searches,
        tier,
        itemized: _,
        by_kind: _,
        cost: _,
        ext: _,
    } = usage;
    let counts = [
        ("input", input),
        ("cache_read", cache_read),
        ("cache_write", cache_write),
        ("cache_write_1h", cache_write_1h),
        ("input_audio", input_audio),
        ("input_image", input_image),
        ("output", output),
        ("reasoning", reasoning),
        ("output_audio", output_audio),
        ("output_image", output_image),
        ("searches", searches),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| **count > 0) {
        out.field(name).u64(*count);
    }
    out.maybe_text("tier", tier.as_deref());
}

fn write_losses(losses: &[Loss], out: &mut Object<'_>) {
    if losses.is_empty() {
        return;
    }
    out.field("losses").array(|list| {
        for Loss { kind, what } in losses {
            list.item().text(&format!("{}: {what}", kind.as_str()));
        }
    });
}
