//! How much to think: `thinking` and `output_config.effort` here, a wish with an effort, a budget or neither in
//! the middle. Which of them a model takes is in its profile.

use ferrolite_types::chat::{Effort, OutputOptions, Reasoning};
use ferrolite_types::json::{Fields, JsonError, Object, Value};
use ferrolite_types::{Error, Ext, Loss, LossKind, Thinking};

use super::ID;
use super::request::Notes;

/// The fewest tokens that the API takes as a budget; an answer must be longer than its budget.
const LEAST: u64 = 1024;

/// Reads `thinking`. An effort counts only where the model thinks adaptively, as LiteLLM has it; elsewhere it
/// is left in `output_config`.
pub(super) fn read(
    fields: &mut Fields<'_>,
    output_config: &mut Fields<'_>,
) -> Result<Option<Reasoning>, JsonError> {
    fields.object("thinking", |mut thinking| {
        let mut reasoning = Reasoning::default();
        match thinking.peek_str("type").as_deref() {
            Some("enabled") => {
                reasoning.budget = Some(thinking.require("budget_tokens", Value::u64)?);
            }
            Some("disabled") => reasoning.budget = Some(0),
            Some("adaptive") => {
                reasoning.adaptive = true;
                reasoning.effort = output_config.string("effort")?.as_deref().map(Effort::parse);
            }
            // A mode that came later is carried whole.
            _ => return Ok(Reasoning { ext: Ext::rest_of(&thinking, ID), ..reasoning }),
        }
        thinking.take("type");
        reasoning.ext = Ext::rest_of(&thinking, ID);
        Ok(reasoning)
    })
}

/// What is sent.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    mode: Option<Mode>,
    effort: Option<&'a str>,
    /// How the thoughts are shown where the caller did not say it.
    display: Option<&'static str>,
    /// Whether the budget must fit below the limit: it stands for a model that would have decided by itself.
    yields: bool,
    /// What the caller said besides.
    ext: Option<&'a Ext>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Budget(u64),
    Adaptive,
    /// One that is in `ext`.
    Carried,
}

/// Decides what a model like this is told.
///
/// # Errors
/// An effort that nobody knows, or that the model does not take.
pub(super) fn plan<'a>(reasoning: Option<&'a Reasoning>, notes: &mut Notes<'_>) -> Result<Plan<'a>, Error> {
    let Some(reasoning) = reasoning else { return Ok(Plan::default()) };
    let Reasoning { effort, budget, adaptive, summary, ext } = reasoning;
    let known = notes.profile.thinking;
    if summary.is_some() {
        notes.losses.push(Loss::new(LossKind::Cosmetic, "reasoning_effort.summary"));
    }
    if known == Some(Thinking::Never) && !notes.native && *effort != Some(Effort::None) {
        let what = if effort.is_some() { "reasoning_effort" } else { "thinking" };
        notes.losses.push(Loss::new(LossKind::Parameter, what));
        return Ok(Plan::default());
    }
    let ext = Some(ext);
    let plan = match (budget, adaptive, effort) {
        (Some(0), _, _) if known == Some(Thinking::Always) => {
            notes.losses.push(Loss::new(LossKind::Cosmetic, "thinking"));
            Plan::default()
        }
        (Some(0), _, _) => Plan { mode: Some(Mode::Off), ext, ..Plan::default() },
        (Some(budget), _, _) if refuses_budgets(known) => {
            let effort = effort_of(*budget, notes.profile.xhigh_effort);
            Plan { mode: Some(Mode::Adaptive), effort: Some(effort), ext, ..Plan::default() }
        }
        (Some(budget), _, _) => Plan { mode: Some(Mode::Budget(*budget)), ext, ..Plan::default() },
        (None, true, effort) if known == Some(Thinking::Budget) => {
            let budget = budget_of(effort.as_ref().unwrap_or(&Effort::Medium))?;
            Plan { mode: Some(Mode::Budget(budget)), yields: true, ..Plan::default() }
        }
        (None, true, effort) => {
            let effort = match effort {
                Some(effort) if notes.native => Some(effort.as_str()),
                None | Some(Effort::None) => None,
                Some(effort) => Some(adaptive_word(effort, notes)?),
            };
            Plan { mode: Some(Mode::Adaptive), effort, ext, ..Plan::default() }
        }
        (None, false, None | Some(Effort::None)) => Plan {
            mode: ext.and_then(|ext| ext.of(ID).next()).map(|_| Mode::Carried),
            ext,
            ..Plan::default()
        },
        (None, false, Some(effort)) if is_adaptive(known) => {
            let word = adaptive_word(effort, notes)?;
            Plan {
                mode: Some(Mode::Adaptive),
                effort: Some(word),
                display: Some("summarized"),
                ext,
                ..Plan::default()
            }
        }
        (None, false, Some(effort)) => {
            Plan { mode: Some(Mode::Budget(budget_of(effort)?)), ..Plan::default() }
        }
    };
    Ok(plan)
}

/// Whether a model decides by itself how much to think.
pub(super) fn is_adaptive(known: Option<Thinking>) -> bool {
    matches!(known, Some(Thinking::AdaptiveOrBudget | Thinking::Adaptive | Thinking::Always))
}

fn refuses_budgets(known: Option<Thinking>) -> bool {
    matches!(known, Some(Thinking::Adaptive | Thinking::Always))
}

/// The budget that LiteLLM gives an effort.
fn budget_of(effort: &Effort) -> Result<u64, Error> {
    match effort {
        Effort::Minimal | Effort::Low => Ok(LEAST),
        Effort::Medium => Ok(2048),
        Effort::High => Ok(4096),
        Effort::XHigh => Ok(8192),
        Effort::Max => Ok(16384),
        Effort::None | Effort::Other(_) => Err(unknown(effort)),
    }
}

/// The effort that LiteLLM gives a budget.
fn effort_of(budget: u64, xhigh: bool) -> &'static str {
    match budget {
        8192.. if xhigh => "xhigh",
        4096.. => "high",
        2048.. => "medium",
        _ => "low",
    }
}

/// The word for an effort; `minimal` is not one of the API's.
fn adaptive_word(effort: &Effort, notes: &Notes<'_>) -> Result<&'static str, Error> {
    match effort {
        Effort::Minimal | Effort::Low => Ok("low"),
        Effort::Medium => Ok("medium"),
        Effort::High => Ok("high"),
        Effort::Max => Ok("max"),
        Effort::XHigh if notes.profile.xhigh_effort => Ok("xhigh"),
        Effort::XHigh => {
            Err(refused("this model does not take the effort \"xhigh\"; \"high\" and \"max\" are near it"))
        }
        Effort::None | Effort::Other(_) => Err(unknown(effort)),
    }
}

fn unknown(effort: &Effort) -> Error {
    const KNOWN: &str = "\"none\", \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\" or \"max\"";
    refused(&format!("expected an effort of {KNOWN}, got \"{}\"", effort.as_str()))
}

fn refused(message: &str) -> Error {
    Error::bad_request(message).param("reasoning_effort")
}

impl Plan<'_> {
    /// Whether the model is told to think: it may then not be told which tool to call.
    pub(super) fn thinks(&self) -> bool {
        matches!(self.mode, Some(Mode::Budget(_) | Mode::Adaptive | Mode::Carried))
    }

    /// The effort that goes into `output_config`.
    pub(super) fn effort(&self) -> Option<&str> {
        self.effort
    }

    /// The limit of the answer's length, which the API wants above the budget. Where a caller of another dialect
    /// set both too near, a limit that does not count thoughts is put on top of the budget; one that does cuts it.
    pub(super) fn max_tokens(&mut self, output: &OutputOptions, notes: &mut Notes<'_>) -> u64 {
        const DEFAULT: u64 = 4096;
        let Some(Mode::Budget(budget)) = self.mode else {
            return output.max_tokens.or(notes.profile.max_output_tokens).unwrap_or(DEFAULT);
        };
        match output.max_tokens {
            None => budget + DEFAULT,
            Some(limit) if limit > budget => limit,
            Some(limit) if self.yields || (output.max_tokens_count_thoughts && !notes.native) => {
                notes.losses.push(Loss::new(LossKind::Cosmetic, "thinking"));
                self.mode = (limit > LEAST).then(|| Mode::Budget(limit - 1));
                limit
            }
            Some(limit) if notes.native => limit,
            Some(limit) => limit + budget,
        }
    }

    /// Writes `thinking`.
    pub(super) fn write(&self, out: &mut Object<'_>) {
        let Some(mode) = self.mode else { return };
        out.field("thinking").object(|thinking| {
            match mode {
                Mode::Off => thinking.field("type").text("disabled"),
                Mode::Adaptive => thinking.field("type").text("adaptive"),
                Mode::Budget(budget) => {
                    thinking.field("type").text("enabled");
                    thinking.field("budget_tokens").u64(budget);
                }
                Mode::Carried => {}
            }
            thinking.maybe_text("display", self.display.filter(|_| !self.says_display()));
            let carried = self.ext.into_iter().flat_map(Ext::iter);
            thinking.extend(carried.filter(|(key, _)| mode == Mode::Carried || *key != "type"));
        });
    }

    fn says_display(&self) -> bool {
        self.ext.is_some_and(|ext| ext.get("display").is_some())
    }
}
