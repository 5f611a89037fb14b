//! What becomes of a request's parameters on their way to a target: supported, dropped, refused, renamed or said
//! in other words. Worked out once for a target; a request costs a look at each of its members.
//!
//! Only OpenAI's own parameters are ever refused; what nobody knows is forwarded, as LiteLLM does it.

mod body;
mod messages;
mod path;
mod reasoner;
mod request;

use std::borrow::Cow;

use ferrolite_formats::relay::{self, Edit};
use ferrolite_types::chat::ChatRequest;
use ferrolite_types::json::Outline;
use ferrolite_types::{Error, ErrorKind, Loss};

use crate::catalogue::{Provider, Text};
use crate::facts::Facts;
use crate::param::{Param, ParamSet};
use crate::rules::{CacheMarks, Rewrite, Rules, Temperature};

use path::Path;
use reasoner::Reasoner;

/// Where callers mark what is worth caching.
const CACHE_MARKS: &[&str] = &[
    "messages[*].cache_control",
    "messages[*].content[*].cache_control",
    "tools[*].cache_control",
    "tools[*].function.cache_control",
];

/// What a target does with parameters.
#[derive(Debug, Clone)]
pub struct Params {
    provider: String,
    model: String,
    supported: ParamSet,
    quiet: ParamSet,
    rename: Vec<(Param, Text)>,
    rewrite: Vec<Rewrite>,
    temperature: Temperature,
    reasoner: Option<Reasoner>,
    strip: Vec<Path>,
    roles: Vec<(Text, Text)>,
    flat_text: bool,
    effort_objects: bool,
    policy: Policy,
}

/// What the user wants done about parameters that a target does not support.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// `drop_params`: they are dropped and reported, not refused.
    pub drop: bool,
    /// `additional_drop_params`: these are dropped whether they are supported or not; a place inside a parameter
    /// is written `tools[*].function.strict`.
    pub also: Vec<String>,
    /// `allowed_openai_params`: these are sent whether they are supported or not.
    pub allowed: Vec<String>,
}

/// What must be done to a request so that a target takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// The edits of the body, one for a member at most.
    pub edits: Vec<Edit>,
    /// What the target is not told.
    pub losses: Vec<Loss>,
}

impl Params {
    /// What `provider` does with the parameters of a call to `model`, of which this is known.
    /// `at_home` tells whether the provider is asked at its own address.
    pub fn of(provider: &Provider, model: &str, facts: &Facts<'_>, at_home: bool, policy: Policy) -> Self {
        let mut params = Self {
            provider: provider.name.clone().into_owned(),
            model: model.to_owned(),
            supported: provider.params,
            quiet: ParamSet::EMPTY,
            rename: Vec::new(),
            rewrite: Vec::new(),
            temperature: Temperature::default(),
            reasoner: None,
            strip: Vec::new(),
            roles: Vec::new(),
            flat_text: false,
            effort_objects: false,
            policy,
        };
        let families = facts.families().iter().map(|family| &family.rules);
        let rules: Vec<&Rules> = [&provider.rules].into_iter().chain(families).collect();
        rules.iter().for_each(|rules| params.follow(rules, facts));
        let marks = rules.iter().rev().find_map(|rules| rules.cache_marks).unwrap_or(CacheMarks::TakenOut);
        if marks == CacheMarks::TakenOut || (marks == CacheMarks::KeptElsewhere && at_home) {
            params.strip.extend(CACHE_MARKS.iter().map(|place| Path::parse(place)));
        }
        params
    }

    /// The parameters that are supported.
    pub fn supported(&self) -> ParamSet {
        self.supported
    }

    /// Whether the target can be sent this parameter.
    pub fn takes(&self, param: Param) -> bool {
        self.supported.has(param) && !self.quiet.has(param)
    }

    /// What must be done to a body in the dialect of OpenAI's chat completions: one that is relayed, or one that was
    /// just written. `asked` is what the request says about it, over what the deployment says.
    ///
    /// # Errors
    /// `Unsupported`: a parameter that the target does not support and that nobody wants dropped.
    pub fn fit(&self, text: &str, outline: &Outline, asked: &Policy) -> Result<Fit, Error> {
        body::fit(self, &self.policy.with(asked), text, outline)
    }

    /// A request on its way to another dialect than OpenAI's, without what the target does not support, and what that
    /// was.
    ///
    /// # Errors
    /// As [`Params::fit`].
    pub fn check<'r>(
        &self,
        request: &'r ChatRequest,
        asked: &Policy,
    ) -> Result<(Cow<'r, ChatRequest>, Vec<Loss>), Error> {
        request::check(self, &self.policy.with(asked), request)
    }

    /// The body that was just written for `request` in the dialect of OpenAI's chat completions, as the target takes
    /// it, and what the target is not told; `None` where the body stays as it is.
    ///
    /// # Errors
    /// As [`Params::fit`], but for requests that came in another dialect: their callers never chose OpenAI's
    /// parameters.
    pub fn fit_written(
        &self,
        request: &ChatRequest,
        body: &[u8],
        asked: &Policy,
    ) -> Result<(Option<Vec<u8>>, Vec<Loss>), Error> {
        let text = std::str::from_utf8(body).map_err(|_| Error::bad_request("the body is not UTF-8"))?;
        let outline = Outline::of(text)?;
        let drop = asked.drop || request::is_foreign(request);
        let Fit { edits, losses } = self.fit(text, &outline, &Policy { drop, ..asked.clone() })?;
        Ok(((!edits.is_empty()).then(|| relay::edit(text, &outline, &edits)), losses))
    }

    /// Takes rules over those that were taken before.
    fn follow(&mut self, rules: &Rules, facts: &Facts<'_>) {
        let Rules {
            with,
            without,
            quiet,
            when,
            rename,
            rewrite,
            temperature,
            reasoner,
            strip,
            roles,
            flat_text,
            effort_objects,
            cache_marks: _,
        } = rules;
        self.allow(*with, *without, *quiet);
        for when in when.iter().filter(|when| facts.hold(when)) {
            self.allow(when.with, when.without, when.quiet);
        }
        self.rename.retain(|(param, _)| !rename.iter().any(|(newer, _)| newer == param));
        self.rename.extend_from_slice(rename);
        drop(self.rewrite.splice(0..0, rewrite.iter().cloned()));
        self.temperature = self.temperature.or(*temperature);
        if let Some(opt_in) = reasoner {
            self.reasoner = Some(Reasoner::of(facts, opt_in));
        }
        self.strip.extend(strip.iter().map(|place| Path::parse(place)));
        self.roles.extend_from_slice(roles);
        self.flat_text |= flat_text;
        self.effort_objects |= effort_objects;
    }

    fn allow(&mut self, with: ParamSet, without: ParamSet, quiet: ParamSet) {
        self.supported = self.supported.with(with).without(without);
        self.quiet = self.quiet.with(quiet);
    }

    /// What happens to a parameter that the request sets.
    fn verdict(&self, policy: &Policy, param: Param, is_default: bool) -> Verdict {
        let name = param.as_str();
        let silent = is_default || Param::NEVER_REFUSED.has(param) || self.quiet.has(param);
        if policy.also.iter().any(|also| also == name) {
            return Verdict::TakenOut;
        }
        match self.supported.has(param) || policy.allowed.iter().any(|allowed| allowed == name) {
            true if self.quiet.has(param) => Verdict::TakenOut,
            true => Verdict::Sent,
            false if silent => Verdict::TakenOut,
            false if policy.drop => Verdict::Dropped,
            false => Verdict::Refused,
        }
    }

    /// Clients of LiteLLM look for the first words, and for the names between brackets.
    fn unsupported(&self, params: &[Param]) -> Error {
        let names: Vec<String> = params.iter().map(|param| format!("'{param}'")).collect();
        let list = names.join(", ");
        let Self { provider, model, .. } = self;
        let message = format!(
            "{provider} does not support parameters: [{list}], for model={model}. To have them dropped, set `drop_params: true` \
             in `litellm_settings` or in the request; to have them sent all the same, send allowed_openai_params=[{list}]."
        );
        let refused = unsupported(&message);
        match params {
            [only] => refused.param(only.as_str()),
            _ => refused,
        }
    }
}

impl Policy {
    /// This policy, and what a request says about itself.
    fn with(&self, asked: &Self) -> Self {
        let Self { drop, also, allowed } = asked;
        Self {
            drop: self.drop || *drop,
            also: self.also.iter().chain(also).cloned().collect(),
            allowed: self.allowed.iter().chain(allowed).cloned().collect(),
        }
    }
}

/// What happens to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is sent.
    Sent,
    /// It is taken out without a word.
    TakenOut,
    /// It is taken out and reported.
    Dropped,
    /// The request is refused.
    Refused,
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("litellm.UnsupportedParamsError: {message}"))
}

#[cfg(test)]
mod tests;
