//! Who is at an address: addresses are compared as the connection will read them, never as text.
//!
//! Invariant: what decides here may decide which key is sent there. A name that merely stands somewhere in an
//! address (`https://evil.example/api.groq.com/v1`, `https://api.groq.com@evil.example`) must not find its owner.

use http::Uri;

/// Whether `address` is `known` (a host, a host and a path, or a whole address) or below it.
pub(super) fn is_at(address: &str, known: &str) -> bool {
    let (Some(address), Some(known)) = (parsed(address), parsed(known)) else { return false };
    host(&address).is_some() && host(&address) == host(&known) && is_below(address.path(), known.path())
}

/// Whether a key of the environment may be sent there: over TLS, and to the port that the owner of the name holds.
pub(crate) fn is_trusted(address: &str) -> bool {
    parsed(address)
        .is_some_and(|uri| uri.scheme_str() == Some("https") && uri.port_u16().is_none_or(|port| port == 443))
}

/// The host of an address.
pub(crate) fn host_of(address: &str) -> Option<String> {
    host(&parsed(address)?)
}

fn parsed(address: &str) -> Option<Uri> {
    let whole = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    let uri: Uri = whole.parse().ok()?;
    matches!(uri.scheme_str(), Some("http" | "https")).then_some(uri)
}

/// The host in small letters; `None` where there is a name or a password before it, since nobody writes the
/// address of a provider so.
fn host(uri: &Uri) -> Option<String> {
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    Some(authority.host().to_ascii_lowercase())
}

fn is_below(path: &str, known: &str) -> bool {
    let (path, known) = (path.trim_end_matches('/'), known.trim_end_matches('/'));
    path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROQ: &str = "api.groq.com/openai/v1";

    #[test]
    fn the_owner_is_found_by_host_and_path() {
        for address in [
            "https://api.groq.com/openai/v1",
            "https://api.groq.com/openai/v1/",
            "https://api.groq.com/openai/v1/chat/completions",
            "https://API.Groq.COM/openai/v1",
            "https://api.groq.com:443/openai/v1",
            "api.groq.com/openai/v1",
        ] {
            assert!(is_at(address, GROQ), "{address}");
        }
        assert!(is_at("https://api.perplexity.ai/anything", "api.perplexity.ai"));
        assert!(is_at("https://api.cerebras.ai/v1", "https://api.cerebras.ai/v1/"));
    }

    #[test]
    fn nobody_else_is_taken_for_the_owner() {
        for address in [
            "https://evil.example/api.groq.com/openai/v1",
            "https://evil.example/?x=https://api.groq.com/openai/v1",
            "https://evil.example/#https://api.groq.com/openai/v1",
            "https://api.groq.com.evil.example/openai/v1",
            "https://evil-api.groq.com.example/openai/v1",
            "https://notapi.groq.com/openai/v1",
            "https://api.groq.com@evil.example/openai/v1",
            "https://api.groq.com:x@evil.example/openai/v1",
            "https://user:password@api.groq.com/openai/v1",
            "https://evil.example\\@api.groq.com/openai/v1",
            "https://api.groq.com./openai/v1",
            "https://api.groq.com%2eevil.example/openai/v1",
            "https://api.groq.com/openai/v1evil",
            "https://api.groq.com/openai",
            "https://api.groq.com\t.evil.example/openai/v1",
            "https:///openai/v1",
            "://api.groq.com/openai/v1",
            "ftp://api.groq.com/openai/v1",
            "",
        ] {
            assert!(!is_at(address, GROQ), "{address}");
        }
    }

    #[test]
    fn keys_go_over_tls_to_the_usual_port_only() {
        assert!(is_trusted("https://api.groq.com/openai/v1"));
        assert!(is_trusted("https://api.groq.com:443/openai/v1"));
        assert!(!is_trusted("http://api.groq.com/openai/v1"));
        assert!(!is_trusted("https://api.groq.com:8443/openai/v1"));
        assert!(!is_trusted("nonsense address"));
    }
}
