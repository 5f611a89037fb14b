//! The one error type: what went wrong, whose fault it was, and whether trying again can help.
//!
//! `retry` is decided where the error is read, by the code that understands it; dispatch only obeys.
//! Rendering, status included, is the business of a format: one error, one body per dialect.

use std::fmt;
use std::time::Duration;

use crate::json::JsonError;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// Whose fault.
    pub fault: Fault,
    /// Whether another try can help.
    pub retry: Retry,
    /// What was wrong, with which value, and what would be right; for the caller's eyes.
    pub message: String,
    /// The request parameter at fault, where there is one.
    pub param: Option<String>,
    /// A machine-readable word finer than the kind (`no_db_connection`); overrides the dialect's `type`.
    pub code: Option<&'static str>,
    /// What the provider said, when it was the provider who refused.
    pub upstream: Option<Box<Upstream>>,
}

/// What a provider answered when it refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Upstream {
    /// The provider's name as people write it, such as `OpenAI`; empty until dispatch fills it in.
    pub provider: String,
    /// The HTTP status, or 0 when the failure came inside a stream.
    pub status: u16,
    /// The body as it came, cut at 64 KiB; for operators only.
    pub body: String,
    /// The provider's own words for the failure (`insufficient_quota`), where it has one.
    pub code: Option<String>,
    /// The headers of its answer; filled in by whoever made the exchange.
    pub headers: Vec<(String, String)>,
}

/// The sorts of failure, named after the exceptions that LiteLLM's clients catch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request itself is wrong.
    BadRequest,
    /// No credential, or one that is not accepted.
    Authentication,
    /// A good credential without the right.
    Permission,
    /// No such model, route or object.
    NotFound,
    /// The input does not fit the model's context window.
    ContextWindow,
    /// The provider's content policy refuses the input or the output.
    ContentPolicy,
    /// A parameter that the target does not support.
    Unsupported,
    /// Too many requests or tokens.
    RateLimit,
    /// A budget is used up.
    Budget,
    /// A deadline passed.
    Timeout,
    /// The provider failed.
    Upstream,
    /// The provider cannot be reached or is down for the moment.
    Unavailable,
    /// Too much load, here or at the provider.
    Overloaded,
    /// The caller left.
    Cancelled,
    /// The provider answered something that cannot be understood.
    InvalidUpstream,
    /// The configuration is wrong.
    Config,
    /// A mistake of our own.
    Internal,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Client,
    /// Ours.
    Gateway,
    /// The provider's.
    Upstream,
    /// The provider refused *our* credential: the operator must act, the caller cannot.
    Credential,
}

/// Whether another try can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same request fails everywhere.
    Never,
    /// The same target may answer later; `after` when it said when.
    Again {
        /// The wait that the provider asked for.
        after: Option<Duration>,
    },
    /// Another deployment may answer; this one will not.
    Elsewhere,
}

impl Error {
    /// An error with the fault and retry that its kind usually has.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (fault, retry) = kind.usual();
        Self { kind, fault, retry, message: message.into(), param: None, code: None, upstream: None }
    }

    /// The caller's request is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    /// The same error about a request parameter.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same error with a finer machine-readable word.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The same error with another decision about trying again.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The same error with somebody else's fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// The same error with what the provider said.
    #[must_use]
    pub fn upstream(mut self, upstream: Upstream) -> Self {
        self.upstream = Some(Box::new(upstream));
        self
    }

    /// The HTTP status: the provider's own where it refused, else the kind's usual one.
    pub fn status(&self) -> u16 {
        match &self.upstream {
            Some(upstream) if upstream.status >= 400 => upstream.status,
            _ => self.kind.status(),
        }
    }

    /// The seconds after which a caller may try again, where that is known; at least one.
    pub fn retry_after(&self) -> Option<u64> {
        match self.retry {
            Retry::Again { after: Some(after) } => {
                Some(after.as_secs() + u64::from(after.subsec_nanos() > 0))
            }
            _ => None,
        }
    }
}

impl From<JsonError> for Error {
    /// A caller's body that cannot be read. The outermost member is the parameter at fault.
    fn from(error: JsonError) -> Self {
        let path = error.path();
        let refused = Self::bad_request(error.to_string());
        match path.split(['.', '[']).next() {
            Some(param) if !param.is_empty() => refused.param(param),
            _ => refused,
        }
    }
}

impl ErrorKind {
    /// The HTTP status that LiteLLM answers for the exception of this name.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::ContextWindow | Self::ContentPolicy | Self::Unsupported => 400,
            Self::Authentication => 401,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::Timeout => 408,
            Self::Budget => 422,
            Self::RateLimit => 429,
            Self::Cancelled => 499,
            Self::Upstream | Self::Config | Self::Internal => 500,
            Self::InvalidUpstream => 502,
            Self::Unavailable | Self::Overloaded => 503,
        }
    }

    /// LiteLLM's exception class of this name.
    pub fn class(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestError",
            Self::Authentication => "AuthenticationError",
            Self::Permission => "PermissionDeniedError",
            Self::NotFound => "NotFoundError",
            Self::ContextWindow => "ContextWindowExceededError",
            Self::ContentPolicy => "ContentPolicyViolationError",
            Self::Unsupported => "UnsupportedParamsError",
            Self::RateLimit => "RateLimitError",
            Self::Budget => "BudgetExceededError",
            Self::Timeout => "Timeout",
            Self::Upstream | Self::Config | Self::Internal => "InternalServerError",
            Self::Unavailable | Self::Overloaded => "ServiceUnavailableError",
            Self::Cancelled => "APIConnectionError",
            Self::InvalidUpstream => "APIResponseValidationError",
        }
    }

    /// The word used in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::ContextWindow => "context_window",
            Self::ContentPolicy => "content_policy",
            Self::Unsupported => "unsupported",
            Self::RateLimit => "rate_limit",
            Self::Budget => "budget",
            Self::Timeout => "timeout",
            Self::Upstream => "upstream",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::Cancelled => "cancelled",
            Self::InvalidUpstream => "invalid_upstream",
            Self::Config => "config",
            Self::Internal => "internal",
        }
    }

    fn usual(self) -> (Fault, Retry) {
        const AGAIN: Retry = Retry::Again { after: None };
        match self {
            Self::BadRequest
            | Self::Authentication
            | Self::Permission
            | Self::NotFound
            | Self::Unsupported
            | Self::ContextWindow
            | Self::ContentPolicy
            | Self::Budget
            | Self::Cancelled => (Fault::Client, Retry::Never),
            Self::RateLimit | Self::Timeout | Self::Upstream | Self::Unavailable | Self::Overloaded => {
                (Fault::Upstream, AGAIN)
            }
            Self::InvalidUpstream => (Fault::Upstream, AGAIN),
            Self::Config | Self::Internal => (Fault::Gateway, Retry::Never),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.class(), self.message)
    }
}

impl std::error::Error for Error {}
