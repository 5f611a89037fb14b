//! Call any LLM provider from Rust.
//!
//! ```no_run
//! # async fn example() -> Result<(), ferrolite::Error> {
//! use ferrolite::{Client, chat};
//!
//! let client = Client::new();
//! let answer = client.chat(chat::request("mock/hello", "Say hello")).await?;
//! println!("{}", chat::text(&answer));
//! # Ok(())
//! # }
//! ```

mod attempt;
pub mod chat;
mod client;
mod deployment;
mod dispatch;
mod ids;
mod media;
mod pace;
mod passage;
mod quote;
mod stream;

pub use attempt::MAX_ANSWER;
pub use client::Client;
pub use deployment::{Deployment, DeploymentSpec};
pub use dispatch::{Answered, Dispatcher, Failed, Forward, Served, Whole};
pub use ferrolite_providers::{Overrides, Policy, catalogue, price};
pub use ferrolite_router::RetryPolicy;
pub use ferrolite_transport::{
    Allowed, Authorities, Deadlines, FetchPolicy, Fetcher, Http, HttpOptions, Proxies, ProxyNames, Transport,
    Trust, Ways,
};
pub use ferrolite_types::{Error, ErrorKind, Usage};
pub use ids::RoutedId;
pub use pace::{Limits, Minute, Pace};
pub use passage::Passage;
pub use stream::{AnswerStream, EventStream};
