//! Decides which reply a request gets: a matching rule, else the next in the queue, else the fallback.

use std::collections::VecDeque;

use crate::realistic;
use crate::record::Received;
use crate::reply::Reply;
use crate::usage::Usage;

/// Which requests a rule answers; what is not asked for matches everything.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    path_suffix: Option<String>,
    model: Option<String>,
    body_part: Option<String>,
    times: Option<usize>,
}

impl Matcher {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path ends with `suffix`.
    pub fn path(suffix: &str) -> Self {
        Self { path_suffix: Some(suffix.to_owned()), ..Self::default() }
    }

    /// Requests whose JSON body names exactly this `model`.
    pub fn model(model: &str) -> Self {
        Self::any().and_model(model)
    }

    /// Requests whose body contains `part`.
    pub fn body(part: &str) -> Self {
        Self::any().and_body(part)
    }

    /// Of these requests, those whose JSON body names exactly this `model`.
    pub fn and_model(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }

    /// Of these requests, those whose body contains `part`.
    pub fn and_body(mut self, part: &str) -> Self {
        self.body_part = Some(part.to_owned());
        self
    }

    /// Only the first `times` of these requests.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    fn matches(&self, received: &Received) -> bool {
        let Self { path_suffix, model, body_part, times } = self;
        times.is_none_or(|left| left > 0)
            && path_suffix.as_ref().is_none_or(|suffix| received.path.ends_with(suffix))
            && model.as_ref().is_none_or(|model| received.json()["model"] == **model)
            && body_part.as_ref().is_none_or(|part| received.text().contains(part))
    }

    fn spend(&mut self) {
        self.times = self.times.map(|left| left - 1);
    }
}

/// What a request gets, and what it is charged.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) usage: Option<Usage>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, usage: None }
    }
}

/// What answers when neither rule nor queue does.
#[derive(Debug)]
pub(crate) enum Fallback {
    /// An error telling the author of the test what is missing.
    Unscripted,
    /// Always this.
    Fixed(Box<Reply>),
    /// An imitation of OpenAI.
    Realistic,
}

/// Everything a provider was told to answer.
#[derive(Debug)]
pub(crate) struct Script {
    rules: Vec<(Matcher, Reply)>,
    queue: VecDeque<Reply>,
    fallback: Fallback,
    answered: u64,
}

impl Script {
    pub(crate) fn new(fallback: Fallback) -> Self {
        Self { rules: Vec::new(), queue: VecDeque::new(), fallback, answered: 0 }
    }

    /// Takes the answer for `received` out of the script.
    pub(crate) fn answer(&mut self, received: &Received) -> Answer {
        self.answered += 1;
        if let Some((matcher, reply)) = self.rules.iter_mut().find(|(matcher, _)| matcher.matches(received)) {
            matcher.spend();
            return reply.clone().into();
        }
        match self.queue.pop_front() {
            Some(reply) => reply.into(),
            None => self.fall_back(received),
        }
    }

    fn fall_back(&self, received: &Received) -> Answer {
        match &self.fallback {
            Fallback::Unscripted => unscripted(received).into(),
            Fallback::Fixed(reply) => Reply::clone(reply).into(),
            Fallback::Realistic => realistic::answer(received, self.answered),
        }
    }

    pub(crate) fn enqueue(&mut self, reply: Reply) {
        self.queue.push_back(reply);
    }

    pub(crate) fn on(&mut self, matcher: Matcher, reply: Reply) {
        self.rules.push((matcher, reply));
    }

    pub(crate) fn fall_back_to(&mut self, reply: Reply) {
        self.fallback = Fallback::Fixed(Box::new(reply));
    }

    /// Drops rules and queue; the fallback stays.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
        self.queue.clear();
    }
}

fn unscripted(received: &Received) -> Reply {
    let Received { method, path, .. } = received;
    Reply::openai_error(501, &format!("the fake provider has no reply scripted for {method} {path}"))
}
