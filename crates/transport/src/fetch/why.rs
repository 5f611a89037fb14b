//! Why nothing could be fetched, in words for whoever gave the address.

use std::fmt;
use std::time::Duration;

use ferrolite_types::Error;
use http::StatusCode;

/// The longest address that is repeated to the caller, in characters.
const LONGEST_SHOWN: usize = 200;

/// Why nothing could be fetched.
#[derive(Debug)]
pub(super) enum Why {
    NoAddress,
    Scheme,
    UserInfo,
    /// The name does not resolve, or to where nobody may fetch from: one word for both, or callers could ask
    /// which internal names exist.
    NotAllowed,
    Unreachable,
    TooManyRedirects(usize),
    Status(StatusCode),
    Encoded,
    TooLarge(usize),
    TooSlow(Duration),
}

impl Why {
    /// The error about the address that the caller gave. Its query stays out: it often holds a signature.
    pub(super) fn about(self, url: &str) -> Error {
        let shown: String = url.split(['?', '#']).next().unwrap_or(url).chars().take(LONGEST_SHOWN).collect();
        Error::bad_request(format!("cannot fetch \"{shown}\": {self}")).param("url")
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => {
                f.write_str("it, or where it redirects to, is not an address such as https://host/image.png")
            }
            Self::Scheme => f.write_str("only http:// and https:// are fetched"),
            Self::UserInfo => f.write_str("it must not hold a user name or a password"),
            Self::NotAllowed => f.write_str("its host does not resolve, or is not on the public internet"),
            Self::Unreachable => f.write_str("its server cannot be reached, or hung up"),
            Self::TooManyRedirects(most) => write!(f, "it redirects more than {most} times"),
            Self::Status(status) => write!(f, "its server answered {status}"),
            Self::Encoded => f.write_str("its server compresses it although it was asked not to"),
            Self::TooLarge(limit) => write!(f, "it is larger than the limit of {limit} bytes"),
            Self::TooSlow(whole) => write!(f, "it did not come within {} seconds", whole.as_secs_f64()),
        }
    }
}
