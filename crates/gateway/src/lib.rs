//! The AI gateway: one HTTP API in front of every LLM provider.
//!
//! Start reading at [`pipeline`]: the stages of a call, in order, on one screen.

mod app;
mod banner;
pub mod config;
mod context;
pub mod front;
mod health;
pub mod load;
mod models;
pub mod pipeline;
mod routes;
mod runtime;
mod secret;
pub mod serve;
pub mod spend;
pub mod tls;
mod upstream;
pub mod variables;

pub use app::App;
pub use runtime::Runtime;
pub use secret::KeyHash;
