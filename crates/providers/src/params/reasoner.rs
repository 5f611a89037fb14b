//! Models that think unless they are told not to, and take sampling parameters only then.

use crate::catalogue::Text;
use crate::facts::Facts;

/// How one model thinks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reasoner {
    /// Whether it can be told not to think.
    can_rest: bool,
    /// Whether it does not think unless it is told to.
    rests: bool,
    /// The efforts that it refuses.
    refused: Vec<&'static str>,
}

const EFFORTS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];

impl Reasoner {
    /// What is known of a model. The efforts in `opt_in` are refused unless they are known to be supported.
    pub(super) fn of(facts: &Facts<'_>, opt_in: &[Text]) -> Self {
        let supports = |effort: &str| facts.flag(&format!("supports_{effort}_reasoning_effort"));
        let refuses = |effort: &&str| match supports(effort) {
            Some(supported) => !supported,
            None => opt_in.iter().any(|word| word == *effort),
        };
        Self {
            can_rest: supports("none") == Some(true),
            rests: facts.word("default_reasoning_effort").as_deref() == Some("none"),
            refused: EFFORTS.into_iter().filter(refuses).collect(),
        }
    }

    /// Whether the model refuses an effort.
    pub(super) fn refuses(&self, effort: &str) -> bool {
        self.refused.contains(&effort)
    }

    /// Whether the model, told this effort or none, takes no sampling parameters that it would take at rest.
    pub(super) fn is_busy_at(&self, effort: Option<&str>) -> bool {
        self.can_rest && !self.rests_at(effort)
    }

    /// Whether the model does not think when it is told this effort, or none.
    pub(super) fn rests_at(&self, effort: Option<&str>) -> bool {
        self.can_rest && effort.map_or(self.rests, |effort| effort == "none")
    }
}
