//! Plays an LLM provider for Ferrolite's tests: scripted answers, every fault a network can show,
//! and a record of what was asked.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use ferrolite_testkit::{FakeProvider, Reply, Usage, openai};
//!
//! let provider = FakeProvider::start().await;
//! provider.enqueue(Reply::openai_error(429, "slow down").retry_after(1));
//! provider.enqueue(openai::completion("hello", Usage::new(3, 1)));
//! // … point the gateway at `provider.url()`, call it, then look at `provider.requests()`.
//! # }
//! ```

mod clock;
mod completion;
mod control;
mod directive;
mod encoding;
mod fault;
mod journal;
pub mod openai;
mod play;
mod port;
mod realistic;
mod record;
mod reply;
mod schema;
mod script;
mod server;
mod tokens;
mod usage;
mod wait;

pub use clock::FakeClock;
pub use port::free_port;
pub use record::{Log, Outcome, Received};
pub use reply::{Body, Reply, Silence, Step};
pub use script::Matcher;
pub use server::FakeProvider;
pub use usage::Usage;
pub use wait::eventually;
