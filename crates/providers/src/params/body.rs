//! Makes a body in the dialect of OpenAI's chat completions one that the target takes, member by member.

use std::borrow::Cow;

use ferrolite_formats::relay::{Edit, quoted};
use ferrolite_types::json::{Fields, Kind, Outline, Value};
use ferrolite_types::{Error, Loss, LossKind};

use super::path::Path;
use super::reasoner::Reasoner;
use super::{Fit, Params, Policy, Verdict, messages, unsupported};
use crate::param::Param;
use crate::rules::{Instead, Rewrite};

/// What must be done to a body.
pub(super) fn fit(params: &Params, policy: &Policy, text: &str, outline: &Outline) -> Result<Fit, Error> {
    let places = policy.also.iter().map(|place| Path::parse(place)).filter(Path::is_nested).collect();
    let fields = outline.fields(text);
    let mut fitting =
        Fitting { params, policy, fields: &fields, places, refused: Vec::new(), fit: Fit::default() };
    for name in fields.keys() {
        fitting.member(&name, fields.peek(&name))?;
    }
    fitting.unpack();
    fitting.finish()
}

/// A body that is being looked through.
struct Fitting<'a> {
    params: &'a Params,
    policy: &'a Policy,
    fields: &'a Fields<'a>,
    /// Where the user wants something taken out.
    places: Vec<Path>,
    refused: Vec<Param>,
    fit: Fit,
}

impl<'a> Fitting<'a> {
    /// A member of the body; `null` is no value.
    fn member(&mut self, name: &str, value: Option<Value<'_>>) -> Result<(), Error> {
        match (Param::named(name), value) {
            (Some(param), value) => self.parameter(param, value)?,
            (None, _) if self.policy.also.iter().any(|also| also == name) => self.take_out(name),
            (None, Some(value)) => self.inside(name, value),
            (None, None) => {}
        }
        Ok(())
    }

    /// What a client sends under `extra_body` is meant for the body itself, over what stands there; but never the
    /// model, which was chosen.
    fn unpack(&mut self) {
        let Some(extra) = self.fields.peek("extra_body") else { return };
        self.take_out("extra_body");
        let Ok(fields) = extra.fields() else { return };
        for (key, value) in fields.rest() {
            let wanted = &*key != "model" && !self.policy.also.iter().any(|also| **also == *key);
            if wanted {
                self.set(key.into_string(), value.as_str());
            }
        }
    }

    fn parameter(&mut self, param: Param, value: Option<Value<'_>>) -> Result<(), Error> {
        let is_default = value.is_none_or(|value| param == Param::N && value.text() == "1");
        match (self.params.verdict(self.policy, param, is_default), value) {
            (Verdict::Sent, Some(value)) => self.sent(param, value)?,
            (Verdict::Sent, None) => {}
            (Verdict::TakenOut, _) => self.take_out(param.as_str()),
            (Verdict::Dropped, _) => self.lose(param),
            (Verdict::Refused, _) => self.refused.push(param),
        }
        Ok(())
    }

    /// A parameter that the target takes, perhaps under another name or in other words.
    fn sent(&mut self, param: Param, value: Value<'_>) -> Result<(), Error> {
        if let Some(rewrite) = self.rewrite(param, value) {
            return self.instead(param, value, &rewrite.to);
        }
        if let Some((_, to)) = self.params.rename.iter().find(|(from, _)| *from == param) {
            self.take_out(param.as_str());
            // What the caller says in the target's own words stands before what we would say.
            if self.fields.peek(to).is_none() {
                self.set(to.to_string(), value.text());
            }
            return Ok(());
        }
        match param {
            Param::Temperature => self.temperature(value),
            Param::TopP | Param::Logprobs | Param::TopLogprobs => self.sampling(param),
            Param::ReasoningEffort => self.effort(value),
            _ => {
                self.inside(param.as_str(), value);
                Ok(())
            }
        }
    }

    fn rewrite(&self, param: Param, value: Value<'_>) -> Option<&'a Rewrite> {
        let word = word(value);
        let means = |rewrite: &&Rewrite| {
            rewrite.param == param
                && (rewrite.is.is_empty() || rewrite.is.iter().any(|meant| Some(&**meant) == word.as_deref()))
        };
        let params: &'a Params = self.params;
        params.rewrite.iter().find(means)
    }

    fn instead(&mut self, param: Param, value: Value<'_>, to: &Instead) -> Result<(), Error> {
        match to {
            Instead::Member(key, json) if key == param.as_str() => self.set(key.to_string(), json),
            Instead::Member(key, _) if self.fields.peek(key).is_some() => self.lose(param),
            Instead::Member(key, json) => {
                self.take_out(param.as_str());
                self.set(key.to_string(), json);
            }
            Instead::Nothing => self.lose(param),
            Instead::Refusal => return self.drop_or_refuse(param, &format!("{param}={}", value.text())),
        }
        Ok(())
    }

    fn temperature(&mut self, value: Value<'_>) -> Result<(), Error> {
        let Ok(asked) = value.f64() else { return Ok(()) };
        if let Some(reasoner) = &self.params.reasoner
            && asked != 1.0
            && !reasoner.rests_at(self.asked_effort().as_deref())
        {
            return self
                .drop_or_refuse(Param::Temperature, &format!("temperature={asked} while the model reasons"));
        }
        if self.params.temperature.only.is_some_and(|only| asked != only) {
            return self.drop_or_refuse(Param::Temperature, &format!("temperature={asked}"));
        }
        let many = self.fields.peek("n").and_then(|n| n.u64().ok()).unwrap_or(1);
        let nearest = self.params.temperature.nearest(asked, many);
        if nearest != asked {
            self.set("temperature", &nearest.to_string());
        }
        Ok(())
    }

    /// Parameters that a model takes only while it does not think.
    fn sampling(&mut self, param: Param) -> Result<(), Error> {
        match &self.params.reasoner {
            Some(reasoner) if reasoner.is_busy_at(self.asked_effort().as_deref()) => {
                self.drop_or_refuse(param, &format!("{param} while the model reasons"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn effort(&mut self, value: Value<'_>) -> Result<(), Error> {
        let Some(effort) = word(value) else { return Ok(()) };
        if self.params.reasoner.as_ref().is_some_and(|reasoner| reasoner.refuses(&effort)) {
            return self.drop_or_refuse(Param::ReasoningEffort, &format!("reasoning_effort={effort}"));
        }
        if value.kind() == Kind::Object && !self.params.effort_objects {
            self.set("reasoning_effort", &quoted(&effort));
            if value.fields().is_ok_and(|fields| fields.peek("summary").is_some()) {
                self.fit.losses.push(Loss::new(LossKind::Cosmetic, "reasoning_effort.summary"));
            }
        }
        Ok(())
    }

    /// The effort that the target will be told.
    fn asked_effort(&self) -> Option<String> {
        let effort =
            self.fields.peek("reasoning_effort").and_then(|value| word(value).map(Cow::into_owned))?;
        let refused = |reasoner: &Reasoner| reasoner.refuses(&effort);
        (!self.params.reasoner.as_ref().is_some_and(refused)).then_some(effort)
    }

    /// A member that is sent without what some places in it hold, and in the target's words for messages.
    fn inside(&mut self, name: &str, value: Value<'_>) {
        let mut left = Cow::Borrowed(value.text());
        let mut sought: Option<(&str, bool)> = None;
        for place in self.params.strip.iter().chain(&self.places).filter(|place| place.root == name) {
            // Several places are looked for by the same word, and a text may be long.
            let found = match sought {
                Some((word, found)) if word == place.word() => found,
                _ => memchr::memmem::find(left.as_bytes(), place.word().as_bytes()).is_some(),
            };
            sought = Some((place.word(), found));
            if let Some(without) = found.then(|| place.taken_out_of(&left)).flatten() {
                left = Cow::Owned(without);
            }
        }
        if name == "messages" {
            let Params { roles, flat_text, .. } = self.params;
            if let Some(adapted) = messages::adapted(&left, roles, *flat_text) {
                left = Cow::Owned(adapted);
            }
        }
        if let Cow::Owned(left) = left {
            self.set(name, &left);
        }
    }

    fn drop_or_refuse(&mut self, param: Param, what: &str) -> Result<(), Error> {
        if self.policy.drop {
            self.lose(param);
            return Ok(());
        }
        let Params { provider, model, .. } = self.params;
        let message = format!(
            "{provider} does not support {what}, for model={model}. To have it dropped, set `drop_params: true`."
        );
        Err(unsupported(&message).param(param.as_str()))
    }

    fn finish(self) -> Result<Fit, Error> {
        match self.refused.as_slice() {
            [] => Ok(self.fit),
            refused => Err(self.params.unsupported(refused)),
        }
    }

    fn lose(&mut self, param: Param) {
        self.take_out(param.as_str());
        self.fit.losses.push(Loss::new(LossKind::Parameter, param.as_str()));
    }

    fn take_out(&mut self, name: &str) {
        self.replace(Edit::Remove(name.to_owned()));
    }

    fn set(&mut self, name: impl Into<String>, json: &str) {
        self.replace(Edit::Put(name.into(), json.to_owned()));
    }

    /// The last word on a member is the one that counts.
    fn replace(&mut self, edit: Edit) {
        self.fit.edits.retain(|earlier| earlier.member() != edit.member());
        self.fit.edits.push(edit);
    }
}

/// The word that a value is known by: itself, or its `effort` or `type` where it is an object.
fn word(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value.kind() {
        Kind::String => value.as_str(),
        Kind::Object => {
            let fields = value.fields().ok()?;
            fields.peek_str("effort").or_else(|| fields.peek_str("type"))
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Array => None,
    }
}
