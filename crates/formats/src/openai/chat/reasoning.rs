//! How much to think: `reasoning_effort`, which is OpenAI's, and `thinking`, which came to this dialect from
//! Anthropic's.

use ferrolite_types::chat::{Effort, Reasoning};
use ferrolite_types::json::{Fields, JsonError, Kind, Object};
use ferrolite_types::{Ext, LossKind, Rest, Thinking};

use super::ID;
use super::request::Pen;

const EFFORT: &str = "reasoning_effort";
const THINKING: &str = "thinking";

/// Takes what a request says about thinking; `rest` keeps what is left of the effort.
pub(super) fn take(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<Option<Reasoning>, JsonError> {
    let mut reasoning = Reasoning::default();
    take_effort(fields, rest, &mut reasoning)?;
    fields.object(THINKING, |mut thinking| read_thinking(&mut thinking, &mut reasoning))?;
    Ok(Some(reasoning).filter(|reasoning| *reasoning != Reasoning::default()))
}

/// The effort is a word, or an object with an effort and a summary.
fn take_effort(fields: &mut Fields<'_>, rest: &mut Rest, reasoning: &mut Reasoning) -> Result<(), JsonError> {
    if fields.peek(EFFORT).is_some_and(|effort| effort.kind() == Kind::Object) {
        rest.object(fields, EFFORT, |effort| {
            reasoning.effort = effort.string("effort")?.as_deref().map(Effort::parse);
            reasoning.summary = effort.string("summary")?;
            Ok(())
        })?;
    } else {
        reasoning.effort = fields.string(EFFORT)?.as_deref().map(Effort::parse);
    }
    Ok(())
}

/// Without a budget, a model told to think decides how much. The type stays among the rest, since there are
/// more words for it than we know.
fn read_thinking(thinking: &mut Fields<'_>, reasoning: &mut Reasoning) -> Result<(), JsonError> {
    match thinking.peek_str("type").as_deref() {
        Some("disabled") => reasoning.budget = Some(0),
        _ => reasoning.budget = thinking.u64("budget_tokens")?,
    }
    reasoning.adaptive = reasoning.budget.is_none();
    reasoning.ext = Ext::rest_of(thinking, ID);
    Ok(())
}

/// Writes both as they were said. What another format said of a budget becomes an effort, unless the model is
/// known to be told by a budget.
pub(super) fn write(reasoning: &Reasoning, out: &mut Object<'_>, pen: &mut Pen<'_>) {
    let Reasoning { effort, budget, adaptive, summary, ext } = reasoning;
    let thinks = budget.is_some() || *adaptive;
    if pen.native() || matches!(pen.profile.thinking, Some(thinking) if thinking != Thinking::Never) {
        write_effort(effort.as_ref(), summary.as_deref(), out, pen);
        if thinks {
            write_thinking(*budget, ext, out);
        }
    } else {
        let told = if thinks { Some(effort_of(*budget)) } else { None };
        write_effort(effort.as_ref().or(told.as_ref()), None, out, pen);
        if summary.is_some() {
            pen.lose(LossKind::Cosmetic, "reasoning.summary");
        }
    }
    pen.lose_foreign(ext);
}

/// The effort that LiteLLM takes for a budget of this many tokens.
fn effort_of(budget: Option<u64>) -> Effort {
    match budget {
        Some(0) => Effort::None,
        Some(..1024) => Effort::Minimal,
        Some(..2048) => Effort::Low,
        None | Some(..4096) => Effort::Medium,
        Some(_) => Effort::High,
    }
}

fn write_effort(effort: Option<&Effort>, summary: Option<&str>, out: &mut Object<'_>, pen: &Pen<'_>) {
    let left = pen.own.inside(ID, EFFORT);
    match (effort, summary) {
        (None, None) if left.is_empty() => {}
        (Some(effort), None) if left.is_empty() => out.field(EFFORT).text(effort.as_str()),
        (effort, summary) => out.field(EFFORT).object(|out| {
            out.maybe_text("effort", effort.map(Effort::as_str));
            out.maybe_text("summary", summary);
            out.extend(left.of(ID));
        }),
    }
}

fn write_thinking(budget: Option<u64>, ext: &Ext, out: &mut Object<'_>) {
    out.field(THINKING).object(|out| {
        if !ext.holds(ID, "type") {
            out.field("type").text(match budget {
                Some(0) => "disabled",
                Some(_) => "enabled",
                None => "adaptive",
            });
        }
        out.maybe_u64("budget_tokens", budget.filter(|budget| *budget > 0));
        out.extend(ext.of(ID));
    });
}
