//! What a provider or a family of models does otherwise than OpenAI's chat completions, as data.

use crate::catalogue::Text;
use crate::param::{Param, ParamSet};

/// How requests are changed on their way to a provider or to a family of models. The rules of a family come
/// after those of the provider and win.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// Parameters that are supported too.
    pub with: ParamSet,
    /// Parameters that are not supported.
    pub without: ParamSet,
    /// Parameters that are taken out without a word: the answer is the same without them.
    pub quiet: ParamSet,
    /// What depends on what is known of the model.
    pub when: Vec<When>,
    /// Parameters that go by another name here.
    pub rename: Vec<(Param, Text)>,
    /// Values that are said in other words here.
    pub rewrite: Vec<Rewrite>,
    /// The temperatures that are taken.
    pub temperature: Temperature,
    /// The model thinks unless told not to, as GPT-5 does: while it thinks it takes no sampling parameters. The
    /// efforts named here must be known to be supported; others are refused only when known not to be.
    pub reasoner: Option<Vec<Text>>,
    /// Places of members that are taken out: `tools[*].function.strict`.
    pub strip: Vec<Text>,
    /// Roles that are called otherwise.
    pub roles: Vec<(Text, Text)>,
    /// Whether a content that is a list of texts must be one string.
    pub flat_text: bool,
    /// Whether `reasoning_effort` may be an object with an effort and a summary; else the effort is sent alone.
    pub effort_objects: bool,
    /// What becomes of `cache_control` in messages and tools; as before where nothing is said.
    pub cache_marks: Option<CacheMarks>,
}

/// What becomes of `cache_control` in messages and tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMarks {
    /// They are taken out.
    TakenOut,
    /// They are sent.
    Kept,
    /// They are sent, but not to the provider's own address.
    KeptElsewhere,
}

/// A change that depends on a fact about the model.
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    /// The fact's name, as the price map has it: `supports_reasoning`.
    pub fact: Text,
    /// What must be known.
    pub is: Known,
    /// Then these are supported too,
    pub with: ParamSet,
    /// these are not,
    pub without: ParamSet,
    /// and these are taken out without a word.
    pub quiet: ParamSet,
}

/// What is known of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// The model is listed, and not as being so.
    NotSaid,
}

/// A value that is said in other words.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewrite {
    /// The parameter.
    pub param: Param,
    /// The words that its value begins to mean something else by: the value itself, or its `type` or `effort`
    /// where it is an object. Any value where there are none.
    pub is: Vec<Text>,
    /// What is said instead.
    pub to: Instead,
}

/// What is said instead of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Instead {
    /// A member and its JSON text.
    Member(Text, Text),
    /// Nothing: the value is lost.
    Nothing,
    /// Nothing: the request is refused.
    Refusal,
}

/// The temperatures that are taken; those outside are moved to the nearest.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Temperature {
    /// The lowest.
    pub min: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
    /// The lowest when several answers are asked for.
    pub min_with_many: Option<f64>,
    /// The only one; others are refused, not moved.
    pub only: Option<f64>,
}

impl Temperature {
    /// What is sent for `asked` when `n` answers are wanted.
    pub fn nearest(&self, asked: f64, n: u64) -> f64 {
        let Self { min, max, min_with_many, only: _ } = *self;
        let min = if n > 1 { min_with_many.or(min) } else { min };
        let capped = max.map_or(asked, |max| asked.min(max));
        min.map_or(capped, |min| capped.max(min))
    }

    /// These bounds, and those of `other` where it has some.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let Self { min, max, min_with_many, only } = other;
        Self {
            min: min.or(self.min),
            max: max.or(self.max),
            min_with_many: min_with_many.or(self.min_with_many),
            only: only.or(self.only),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_moved_to_the_nearest() {
        let bounds = Temperature { max: Some(1.0), min_with_many: Some(0.3), ..Temperature::default() };
        assert_eq!(bounds.nearest(1.5, 1), 1.0);
        assert_eq!(bounds.nearest(0.1, 1), 0.1);
        assert_eq!(bounds.nearest(0.1, 2), 0.3);
        assert_eq!(Temperature::default().nearest(7.0, 9), 7.0);
    }
}
