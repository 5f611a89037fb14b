//! Who calls? The credential is read where LiteLLM reads it, and compared by its hash in constant time.

use ferrolite_types::{Error, ErrorKind};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::Runtime;
use crate::context::Principal;
use crate::secret::MAX_KEY;

/// Headers that hold a bare key, in the order in which they are read after the first two.
const BARE: &[&str] = &["api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"];

/// Finds out who calls. `query` is the key of a query string, where the route allows one.
///
/// # Errors
/// No key, one that is not written as a key, or one that nobody has.
pub(crate) fn authenticate(
    runtime: &Runtime,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Principal, Error> {
    let Some(master) = &runtime.master_key else { return Ok(Principal { key_name: "anonymous" }) };
    let key = presented(headers, query)?;
    match master.is_of(key) {
        true => Ok(Principal { key_name: "litellm_proxy_master_key" }),
        // Only the master key can be known without a database of keys.
        false => Err(Error::new(ErrorKind::BadRequest, "No connected db.").code("no_db_connection")),
    }
}

/// The key that the caller presents; the first place that holds anything decides.
fn presented<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Result<&'a str, Error> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(value) = text("x-litellm-api-key") {
        return well_formed(stripped(value).unwrap_or(value));
    }
    if let Some(value) = headers.get(AUTHORIZATION) {
        return well_formed(value.to_str().ok().and_then(stripped).unwrap_or_default());
    }
    match BARE.iter().find_map(|name| text(name)).or(query) {
        Some(value) => well_formed(value),
        None => Err(refused("No api key passed in.")),
    }
}

/// The key behind its scheme; for AWS signatures, the key that stands in the credential.
fn stripped(value: &str) -> Option<&str> {
    const SCHEMES: &[&str] = &["Bearer ", "bearer ", "Basic "];
    if let Some(rest) = value.strip_prefix("AWS4-HMAC-SHA256") {
        let (_, credential) = rest.split_once("Credential=")?;
        let credential = credential.strip_prefix("Bearer ").unwrap_or(credential);
        return credential.split('/').next();
    }
    SCHEMES.iter().find_map(|scheme| value.strip_prefix(scheme)).map(str::trim)
}

fn well_formed(key: &str) -> Result<&str, Error> {
    let written_as_key =
        !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(|byte| byte.is_ascii_graphic());
    match written_as_key {
        true => Ok(key),
        false => Err(refused("Malformed API Key passed in. Ensure Key has `Bearer ` prefix.")),
    }
}

/// The words and the odd `"None"` are what LiteLLM's clients know.
fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Authentication, format!("Authentication Error, {why}"))
        .code("auth_error")
        .param("None")
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_key_is_found_in_every_place() {
        for (name, value) in [
            ("x-litellm-api-key", "Bearer sk-1"),
            ("x-litellm-api-key", "sk-1"),
            ("authorization", "Bearer sk-1"),
            ("authorization", "bearer sk-1"),
            ("authorization", "Basic sk-1"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=sk-1/20260101/us-east-1/bedrock/aws4_request, Signature=x",
            ),
            ("api-key", "sk-1"),
            ("x-api-key", "sk-1"),
            ("x-goog-api-key", "sk-1"),
            ("ocp-apim-subscription-key", "sk-1"),
        ] {
            assert_eq!(presented(&with(name, value), None).unwrap(), "sk-1", "{name}: {value}");
        }
    }

    #[test]
    fn what_is_not_written_as_a_key_is_refused_before_any_look_up() {
        let long = "x".repeat(MAX_KEY + 1);
        for value in ["sk-1", "Bearer ", "Bearer a b", &format!("Bearer {long}")] {
            let error = presented(&with("authorization", value), None).unwrap_err();
            assert!(error.message.contains("Malformed API Key"), "{value}");
        }
        assert!(presented(&HeaderMap::new(), None).unwrap_err().message.contains("No api key passed in"));
    }
}
