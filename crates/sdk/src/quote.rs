//! Quotes a provider's failure to the caller: with the provider's name on it, and without our key, which some
//! providers repeat when they refuse it.

use std::sync::Arc;

use ferrolite_types::{Error, Upstream};

/// Shorter keys are placeholders (`none`, `dummy`) that stand in many an innocent word.
const SHORTEST_KEY: usize = 8;

/// What is put in the key's place.
const MASK: &str = "***";

/// What must be known of a provider to quote it.
#[derive(Clone)]
pub(crate) struct Quote {
    title: Arc<str>,
    key: Option<Arc<str>>,
}

impl Quote {
    /// Of a provider of this title, asked with this key.
    pub(crate) fn new(title: &str, key: Option<&str>) -> Self {
        Self { title: title.into(), key: key.filter(|key| key.len() >= SHORTEST_KEY).map(Arc::from) }
    }

    /// The failure as callers and records may see it.
    pub(crate) fn of(&self, mut error: Error) -> Error {
        self.correct(&mut error);
        error
    }

    /// Makes it so.
    pub(crate) fn correct(&self, error: &mut Error) {
        self.mask(&mut error.message);
        if let Some(upstream) = &mut error.upstream {
            self.sign(upstream);
        }
    }

    fn sign(&self, upstream: &mut Upstream) {
        let Upstream { provider, status: _, body, code: _, headers } = upstream;
        *provider = self.title.to_string();
        self.mask(body);
        headers.iter_mut().for_each(|(_, value)| self.mask(value));
    }

    fn mask(&self, text: &mut String) {
        if let Some(key) = self.key.as_deref().filter(|key| text.contains(key)) {
            *text = text.replace(key, MASK);
        }
    }
}

#[cfg(test)]
mod tests {
    use ferrolite_types::ErrorKind;

    use super::*;

    #[test]
    fn a_key_that_the_provider_repeats_is_masked_everywhere() {
        let upstream = Upstream {
            provider: String::new(),
            status: 401,
            body: "{\"bad\":\"sk-secret-1\"}".to_owned(),
            code: None,
            headers: vec![("x-debug".to_owned(), "sk-secret-1".to_owned())],
        };
        let error =
            Error::new(ErrorKind::Authentication, "Incorrect API key: sk-secret-1.").upstream(upstream);
        let quoted = Quote::new("OpenAI", Some("sk-secret-1")).of(error);
        assert_eq!(quoted.message, "Incorrect API key: ***.");
        assert!(!format!("{quoted:?}").contains("sk-secret-1"));
        assert_eq!(quoted.upstream.map(|upstream| upstream.provider).as_deref(), Some("OpenAI"));
    }

    #[test]
    fn a_placeholder_is_no_secret() {
        let error = Error::new(ErrorKind::Upstream, "nobody is none the wiser");
        assert_eq!(Quote::new("vLLM", Some("none")).of(error.clone()), error);
    }
}
