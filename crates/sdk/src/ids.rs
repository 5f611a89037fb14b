//! Answer identifiers that say who gave the answer, so that a later call about it finds the way back.
//!
//! The shape is LiteLLM's, base64 of `litellm:custom_llm_provider:…;model_id:…;response_id:…` behind `resp_`, so
//! that identifiers which clients kept from there still resolve.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "resp_";

/// An identifier taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedId {
    /// The provider's name in the catalogue.
    pub provider: String,
    /// The deployment that answered; empty where a client of the SDK asked without one.
    pub deployment: String,
    /// The provider's own identifier.
    pub id: String,
}

impl RoutedId {
    /// The identifier that clients see.
    pub fn encode(&self) -> String {
        let Self { provider, deployment, id } = self;
        let plain = format!("litellm:custom_llm_provider:{provider};model_id:{deployment};response_id:{id}");
        format!("{PREFIX}{}", STANDARD.encode(plain))
    }

    /// Takes an identifier apart; `None` for one that was not made here.
    pub fn decode(id: &str) -> Option<Self> {
        let plain = STANDARD.decode(id.strip_prefix(PREFIX)?).ok()?;
        let plain = std::str::from_utf8(&plain).ok()?.strip_prefix("litellm:custom_llm_provider:")?;
        let (provider, rest) = plain.split_once(";model_id:")?;
        let (deployment, id) = rest.split_once(";response_id:")?;
        Some(Self { provider: provider.to_owned(), deployment: deployment.to_owned(), id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_comes_apart_as_it_was_put_together() {
        let id = RoutedId { provider: "openai".into(), deployment: "id-a".into(), id: "resp_1;x".into() };
        assert_eq!(RoutedId::decode(&id.encode()), Some(id));
        assert_eq!(RoutedId::decode("resp_abc"), None);
        assert_eq!(RoutedId::decode("chatcmpl-1"), None);
    }
}
