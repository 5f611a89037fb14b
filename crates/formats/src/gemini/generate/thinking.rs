//! `thinkingConfig`: a budget of tokens for older models, a level for newer ones. Written only: of Google's own
//! clients it is passed on as it came.

use ferrolite_types::chat::{Effort, Reasoning};
use ferrolite_types::json::Object;
use ferrolite_types::{Error, ErrorKind, Loss, LossKind, Profile, Thinking};

use super::names::{INCLUDE_THOUGHTS, THINKING_BUDGET, THINKING_LEVEL};

/// What the efforts stand for where thinking is told by a budget, as LiteLLM has it.
const LOW: u64 = 1024;
const MEDIUM: u64 = 2048;
const HIGH: u64 = 4096;
const MINIMAL: u64 = 128;

/// Lets the model decide how much (Google's "dynamic thinking").
const DYNAMIC: i64 = -1;

/// Writes the members of `thinkingConfig`.
///
/// # Errors
/// An effort that no model of Google's knows.
pub(super) fn write(
    reasoning: &Reasoning,
    profile: &Profile,
    out: &mut Object<'_>,
    losses: &mut Vec<Loss>,
) -> Result<(), Error> {
    let Reasoning { effort, budget, adaptive, summary: _, ext: _ } = reasoning;
    let by_level = match profile.thinking {
        Some(Thinking::Adaptive | Thinking::Always) => true,
        None | Some(Thinking::Never | Thinking::Budget | Thinking::AdaptiveOrBudget) => false,
    };
    match (effort, by_level) {
        (Some(effort), true) => write_level(known(effort, losses)?, profile, out),
        (Some(effort), false) => write_effort(known(effort, losses)?, profile, out),
        // A budget cannot be told here; whether to think can.
        (None, true) => out.field(INCLUDE_THOUGHTS.google()).bool(*adaptive || *budget != Some(0)),
        (None, false) => write_budget(*budget, *adaptive, out),
    }
    Ok(())
}

/// Whether the model can be told to think at all.
pub(super) fn can_be_told(profile: &Profile) -> bool {
    profile.thinking != Some(Thinking::Never)
}

/// The efforts that Google has a word for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    None,
    Minimal,
    Low,
    Medium,
    High,
}

fn known(effort: &Effort, losses: &mut Vec<Loss>) -> Result<Known, Error> {
    match effort {
        Effort::None => Ok(Known::None),
        Effort::Minimal => Ok(Known::Minimal),
        Effort::Low => Ok(Known::Low),
        Effort::Medium => Ok(Known::Medium),
        Effort::High => Ok(Known::High),
        Effort::XHigh | Effort::Max => {
            losses.push(Loss::new(LossKind::Cosmetic, "reasoning_effort above high"));
            Ok(Known::High)
        }
        Effort::Other(word) if word == "disable" => Ok(Known::None),
        Effort::Other(word) => {
            let message = format!(
                "reasoning_effort {word:?} is not known to this model; it takes \"none\", \"minimal\", \"low\", \"medium\" or \"high\""
            );
            Err(Error::new(ErrorKind::Unsupported, message).param("reasoning_effort"))
        }
    }
}

fn write_level(effort: Known, profile: &Profile, out: &mut Object<'_>) {
    let level = match effort {
        Known::None | Known::Minimal if profile.minimal_effort => "minimal",
        Known::None | Known::Minimal | Known::Low => "low",
        Known::Medium => "medium",
        Known::High => "high",
    };
    out.field(THINKING_LEVEL.google()).text(level);
    out.field(INCLUDE_THOUGHTS.google()).bool(effort != Known::None);
}

fn write_effort(effort: Known, profile: &Profile, out: &mut Object<'_>) {
    let budget = match effort {
        Known::None => 0,
        Known::Minimal => profile.minimal_budget.unwrap_or(MINIMAL),
        Known::Low => LOW,
        Known::Medium => MEDIUM,
        Known::High => HIGH,
    };
    out.field(THINKING_BUDGET.google()).u64(budget);
    out.field(INCLUDE_THOUGHTS.google()).bool(effort != Known::None);
}

fn write_budget(budget: Option<u64>, adaptive: bool, out: &mut Object<'_>) {
    match budget {
        Some(budget) => out.field(THINKING_BUDGET.google()).u64(budget),
        None if adaptive => out.field(THINKING_BUDGET.google()).i64(DYNAMIC),
        None => {}
    }
    if budget != Some(0) {
        out.field(INCLUDE_THOUGHTS.google()).bool(true);
    }
}
