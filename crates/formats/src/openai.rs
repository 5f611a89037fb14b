//! The formats that OpenAI defined and many vendors speak.

pub mod chat;
mod envelope;
pub mod responses;
