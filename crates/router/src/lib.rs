//! Which deployment next? A pure decision: what it needs to know, chance included, comes in as arguments.

mod retry;
pub mod strategy;

pub use retry::{Backoff, RetryPolicy};

/// A deployment as the router sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// How much of the traffic it should get, relative to the others; 0 gets none while another has some.
    pub weight: f64,
}
