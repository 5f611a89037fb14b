//! The providers and the families of models: those that came with the program, and a user's own.
//!
//! Adding a provider is a file in `catalogue/`, or an entry of `custom_providers` in a config.yaml; neither needs
//! code. `cargo xtask gen` lowers the files to the bytes that are read here.

use std::borrow::Cow;
use std::sync::Arc;

use ferrolite_types::Error;

mod declared;
mod family;
mod packed;
mod provider;

pub use declared::{
    Base, CacheWord, DeclaredEnvelope, DeclaredFamily, DeclaredNaming, DeclaredPending, DeclaredProvider,
    DeclaredRewrite, DeclaredRules, DeclaredTemperature, DeclaredVersion, DeclaredWhen, Fact, KnownWord,
};
pub use family::Family;
pub use packed::Contents;
pub use provider::{ApiVersion, Auth, Envelope, Naming, Pending, Provider};

use packed::Packed;

/// A text of the catalogue: part of the program, or of a user's configuration.
pub type Text = Cow<'static, str>;

static BUILTIN: Packed = Packed(include_bytes!("../catalogue/catalogue.bin"));

/// All providers and families. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    own: Arc<[Provider]>,
}

impl Catalogue {
    /// The one that came with the program.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// The same with a user's own providers; one of the same name stands before ours.
    ///
    /// # Errors
    /// `Config`: the first declaration that is wrong.
    pub fn with_own(declared: impl IntoIterator<Item = DeclaredProvider>) -> Result<Self, Error> {
        Ok(Self { own: declared.into_iter().map(DeclaredProvider::lower).collect::<Result<_, _>>()? })
    }

    /// The provider of this name.
    pub fn find(&self, name: &str) -> Option<Provider> {
        self.own.iter().find(|provider| provider.name == name).cloned().or_else(|| BUILTIN.provider(name))
    }

    /// All providers that can be called: the user's own, then ours by name.
    pub fn providers(&self) -> impl Iterator<Item = Provider> + '_ {
        let ours = BUILTIN.providers().filter(|ours| !self.own.iter().any(|own| own.name == ours.name));
        self.own.iter().cloned().chain(ours)
    }

    /// The families of models, the general before the special.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        BUILTIN.families()
    }

    /// The provider of this name, where it is known and cannot be called yet.
    pub fn pending(&self, name: &str) -> Option<Pending> {
        BUILTIN.pending(name)
    }

    /// All providers that are known and cannot be called yet.
    pub fn all_pending(&self) -> impl Iterator<Item = Pending> {
        BUILTIN.all_pending()
    }
}

#[cfg(test)]
mod tests;
