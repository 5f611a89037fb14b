//! Accounts a call exactly once, whether it succeeds, fails, streams or is cut off.

use std::sync::Arc;

use ferrolite::price::{Billable, Breakdown};
use ferrolite::{Deployment, Served};
use ferrolite_store::Journal;
use ferrolite_types::chat::{ChatEvent, Delta};
use ferrolite_types::operation::{Chat, Operation};
use ferrolite_types::record::{self, AttemptNote};
use ferrolite_types::{Error, ErrorKind, Outcome, Record, Usage};

use crate::context::Call;

/// Watches a call and appends its record to the journal: when it is closed, or when it is dropped because the
/// caller left.
#[derive(Debug)]
pub struct Meter {
    journal: Arc<Journal>,
    begun: std::time::Instant,
    record: Record,
    deployment: Option<Arc<Deployment>>,
    usage: Option<Usage>,
    asked_bytes: usize,
    spoken_bytes: usize,
    closed: bool,
}

/// About how many bytes of text make a token: what an estimate uses where a provider does not count.
const BYTES_PER_TOKEN: usize = 4;

/// The most that a record keeps of a name that a caller chose, in bytes.
const LONGEST_NAME: usize = 256;

/// The most that a record keeps of what was said about a failure, in bytes.
const LONGEST_MESSAGE: usize = 4096;

impl Meter {
    /// Opens the account of a call.
    pub fn open(call: &Call) -> Self {
        let record = Record {
            id: call.id.to_string(),
            call_id: call.call_id.to_string(),
            started: call.started,
            duration: 0,
            first_content: None,
            operation: Chat::NAME,
            dialect: call.entrance.served.id().0,
            stream: false,
            model: String::new(),
            key_name: None,
            end_user: None,
            served: None,
            attempts: Vec::new(),
            outcome: Outcome::Cancelled,
            status: 499,
            usage: Usage::default(),
            estimated: false,
            cost: None,
            losses: Vec::new(),
        };
        let journal = Arc::clone(&call.app.journal);
        Self {
            journal,
            begun: call.begun,
            record,
            deployment: None,
            usage: None,
            asked_bytes: 0,
            spoken_bytes: 0,
            closed: false,
        }
    }

    /// Notes what is asked.
    pub fn note_request(&mut self, call: &Call) {
        self.record.model = noted(&call.model, LONGEST_NAME);
        self.record.stream = call.stream;
        self.record.key_name = call.principal.as_ref().map(|principal| principal.key_name.to_owned());
        self.record.end_user = call.end_user.as_deref().map(|name| noted(name, LONGEST_NAME));
        self.asked_bytes = call.body.len();
    }

    /// Notes who answers.
    pub fn note_served(&mut self, served: &Served) {
        let deployment = &served.deployment;
        self.record.served = Some(record::Served {
            deployment: deployment.id.to_string(),
            provider: deployment.target.provider.to_owned(),
            model: deployment.target.model.clone(),
            passage: served.passage.as_str(),
        });
        self.record.attempts.clone_from(&served.attempts);
        self.record.losses.clone_from(&served.losses);
        self.deployment = Some(Arc::clone(deployment));
    }

    /// Notes the tries of a call that nobody answered.
    pub fn note_attempts(&mut self, attempts: Vec<AttemptNote>) {
        self.record.attempts = attempts;
    }

    /// Notes a whole answer.
    pub fn note_answer(&mut self, usage: Option<Usage>, spoken_bytes: usize) {
        self.usage = usage;
        self.spoken_bytes = spoken_bytes;
    }

    /// Notes what a piece of a stream said.
    pub fn note_events(&mut self, events: &[ChatEvent]) {
        for event in events {
            match event {
                ChatEvent::Usage(usage) => self.usage = Some((**usage).clone()),
                ChatEvent::Delta { delta: Delta::Text(text), .. } => self.spoken_bytes += text.len(),
                ChatEvent::PartStarted { head, .. } => self.spoken_bytes += head.spoken_bytes(),
                _ => {}
            }
            if event.commits() && self.record.first_content.is_none() {
                self.record.first_content = Some(self.begun.elapsed().as_micros() as u64);
            }
        }
    }

    /// Closes the account of an answered call.
    pub fn succeed(mut self, status: u16) {
        self.close(Outcome::Success, status);
    }

    /// Closes the account of a call that failed.
    pub fn fail(mut self, error: &Error, status: u16) {
        let outcome = match error.kind {
            ErrorKind::Cancelled => Outcome::Cancelled,
            kind => Outcome::Failure { kind, message: noted(&error.message, LONGEST_MESSAGE) },
        };
        self.close(outcome, status);
    }

    fn close(&mut self, outcome: Outcome, status: u16) {
        self.closed = true;
        self.record.outcome = outcome;
        self.record.status = status;
        self.record.duration = self.begun.elapsed().as_micros() as u64;
        self.price();
        if let Some(deployment) = &self.deployment {
            deployment.pace.count(self.record.usage.total());
        }
        let mut line = Vec::with_capacity(512);
        self.record.write_line(&mut line);
        if let Err(error) = self.journal.append(&line) {
            tracing::error!(%error, record = %String::from_utf8_lossy(&line), "a record could not be written");
        }
    }

    /// What was used so far, with what it costs; `None` where nobody served.
    pub fn settle(&mut self) -> Option<Usage> {
        self.price();
        self.deployment.as_ref()?;
        Some(Usage { cost: self.record.cost, ..self.record.usage.clone() })
    }

    /// What was used so far, at the rates of whoever served; `None` where nobody did, or nobody priced it.
    pub fn price(&mut self) -> Option<Breakdown> {
        const MICROS: i64 = 1_000_000;
        self.settle_usage();
        let rates = self.deployment.as_ref()?.rates.as_ref()?;
        let billable = Billable::of(&self.record.usage, (self.record.started / MICROS) as u64);
        let priced = rates.cost(&billable);
        let breakdown = priced.inspect_err(
            |error| tracing::error!(%error, call = self.record.id, "a call could not be priced"),
        );
        self.record.cost = breakdown.as_ref().ok().map(|breakdown| breakdown.total);
        breakdown.ok()
    }

    /// What the provider counted; else an estimate of what was delivered, marked as one.
    fn settle_usage(&mut self) {
        if let Some(usage) = &self.usage {
            self.record.usage.clone_from(usage);
        } else if self.spoken_bytes > 0 {
            self.record.usage.input = self.asked_bytes.div_ceil(BYTES_PER_TOKEN) as u64;
            self.record.usage.output = self.spoken_bytes.div_ceil(BYTES_PER_TOKEN) as u64;
            self.record.estimated = true;
        }
    }
}

/// What is kept of words that others chose: as much as fits a record.
fn noted(text: &str, longest: usize) -> String {
    text[..text.floor_char_boundary(longest)].to_owned()
}

impl Drop for Meter {
    fn drop(&mut self) {
        if !self.closed {
            self.close(Outcome::Cancelled, 499);
        }
    }
}
