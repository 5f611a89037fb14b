//! Decides whether a request can be relayed as bytes or must be translated.
//!
//! Invariant: this is the only place that compares an inbound format with an outbound one.

use ferrolite_types::FormatId;

use crate::Deployment;
use crate::deployment::Voice;

/// How a request crosses from the caller's format to the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// The same format on both sides: bytes are forwarded with edits at the top level.
    Relay,
    /// Through the canonical model.
    Translate,
}

impl Passage {
    /// The format to speak to a deployment for a caller of `inbound`, and the way there: the same format where
    /// the target offers it, else the one that the catalogue prefers for such callers, else its first.
    pub(crate) fn choose(inbound: FormatId, deployment: &Deployment) -> (&Voice, Self) {
        let speaks = |format: FormatId| deployment.voices.iter().find(|voice| voice.format.id() == format);
        if let Some(same) = speaks(inbound) {
            return (same, Self::Relay);
        }
        let preferred = deployment.target.prefer.iter().find(|(caller, _)| *caller == inbound);
        let chosen = preferred.and_then(|(_, format)| speaks(*format));
        (chosen.unwrap_or_else(|| deployment.first_voice()), Self::Translate)
    }

    /// The word in headers and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Translate => "translate",
        }
    }
}
