//! Who the providers are: data, because providers repeat, and the resolution of a model's name to a target.
//!
//! Invariant: nothing here reads the environment or opens a socket; both come in as arguments.

pub mod ask;
pub mod catalogue;
mod facts;
pub mod param;
pub mod params;
pub mod pattern;
pub mod price;
mod profile;
mod resolve;
pub mod rules;
pub mod target;
mod template;

pub use catalogue::{Auth, Catalogue, DeclaredProvider, Provider};
pub use facts::Facts;
pub use param::{Param, ParamSet};
pub use params::{Fit, Params, Policy};
pub use profile::profile_of;
pub use resolve::Env;
pub use target::{Header, Overrides, Resolver, Target, Way, resolve};
