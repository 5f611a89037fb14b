//! From a model string to the provider that serves it and the model's name there: LiteLLM's rules, in its order.

mod bare;
pub(crate) mod host;

use ferrolite_types::{Error, ErrorKind};

use crate::catalogue::{Catalogue, Provider};
use crate::price::PriceTable;

/// Answers for the environment.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Who serves a model.
#[derive(Debug)]
pub(crate) struct Found {
    /// The provider.
    pub(crate) provider: Provider,
    /// The model without the provider's name.
    pub(crate) model: String,
    /// Whether the address alone told who it is.
    pub(crate) by_address: bool,
}

/// What is known when a model string is resolved.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) prices: &'a PriceTable,
    pub(crate) env: Env<'a>,
    /// The provider, where it was said apart.
    pub(crate) said: Option<&'a str>,
    /// The address, where it was said.
    pub(crate) address: Option<&'a str>,
}

impl Search<'_> {
    /// Finds who serves `model`.
    ///
    /// # Errors
    /// `BadRequest`: a name that nobody is known to serve, a provider without a model, or a provider that cannot be
    /// called yet.
    pub(crate) fn find(&self, model: &str) -> Result<Found, Error> {
        if is_true((self.env)("USE_LITELLM_PROXY")) {
            return self.named("litellm_proxy", without("litellm_proxy", model), model);
        }
        if self.is_foreign_to_azure(model) {
            return self.named("openai", model, model);
        }
        if let Some(name) = self.said {
            return self.named(name, without(name, model), model);
        }
        if let Some((name, rest)) = model.split_once('/').filter(|(name, _)| self.is_provider(name)) {
            return self.named(name, rest, model);
        }
        if let Some(provider) = self.address.and_then(|address| self.provider_at(address)) {
            return Ok(Found { provider, model: model.to_owned(), by_address: true });
        }
        match bare::provider_of(model, self.catalogue, self.prices) {
            Some(name) => self.named(&name, model, model),
            None => Err(self.not_provided(model)),
        }
    }

    /// The provider of this name, `model` being what it is asked for and `whole` what was written.
    fn named(&self, name: &str, model: &str, whole: &str) -> Result<Found, Error> {
        let name = self.current(name, model);
        if let Some(pending) = self.catalogue.pending(name) {
            let message = format!(
                "{} (\"{name}\") is known, but cannot be called by this version; the model is \"{whole}\"",
                pending.title
            );
            return Err(refused(message));
        }
        let provider = self.catalogue.find(name).ok_or_else(|| self.not_provided(whole))?;
        match model.is_empty() {
            true => Err(refused(format!(
                "the model \"{whole}\" names a provider and no model: write \"{name}/<model>\""
            ))),
            false => Ok(Found { provider, model: model.to_owned(), by_address: false }),
        }
    }

    /// The name under which a provider serves some models by another API.
    fn current<'n>(&self, name: &'n str, model: &str) -> &'n str {
        match name {
            "cohere" if bare::is_listed_at("cohere_chat", model, self.prices) => "cohere_chat",
            "anthropic" if bare::is_anthropic_text(model) => "anthropic_text",
            "ai21" => "ai21_chat",
            _ => name,
        }
    }

    /// Models of others that Azure serves as OpenAI serves its own.
    fn is_foreign_to_azure(&self, model: &str) -> bool {
        let Some(deployed) = model.strip_prefix("azure/") else { return false };
        bare::is_listed_at("cohere_chat", deployed, self.prices)
            || bare::is_listed_at("mistral", &format!("mistral/{deployed}"), self.prices)
    }

    fn is_provider(&self, name: &str) -> bool {
        let name = self.current(name, "");
        self.catalogue.find(name).is_some() || self.catalogue.pending(name).is_some()
    }

    fn provider_at(&self, address: &str) -> Option<Provider> {
        self.catalogue
            .providers()
            .find(|provider| provider.known_at.iter().any(|known| host::is_at(address, known)))
    }

    /// Clients of LiteLLM look for the first words.
    fn not_provided(&self, model: &str) -> Error {
        let name = self.said.or_else(|| model.split_once('/').map(|(name, _)| name));
        let meant = name.and_then(|name| self.nearest(name));
        let advice = match meant {
            Some(meant) => format!("Did you mean the provider \"{meant}\"?"),
            None => format!(
                "Write it in front of the model, as in \"openai/{model}\", or say it in custom_llm_provider."
            ),
        };
        refused(format!(
            "litellm.BadRequestError: LLM Provider NOT provided. You passed model={model}. {advice}"
        ))
    }

    /// The provider whose name differs by a slip of the finger.
    fn nearest(&self, name: &str) -> Option<String> {
        const SLIPS: usize = 2;
        let named = self
            .catalogue
            .providers()
            .map(|provider| (slips(name, &provider.name), provider.name.into_owned()));
        named
            .filter(|(slips, known)| *slips <= SLIPS && *slips < known.len() / 2)
            .min()
            .map(|(_, known)| known)
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::BadRequest, message).param("model")
}

fn without<'m>(name: &str, model: &'m str) -> &'m str {
    model.strip_prefix(name).and_then(|rest| rest.strip_prefix('/')).unwrap_or(model)
}

fn is_true(word: Option<String>) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case("true"))
}

/// How many letters must be put in, taken out or changed to make one name the other.
fn slips(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (at, wanted) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *wanted);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
