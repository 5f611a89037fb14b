//! How providers are reached: proxies and certificates, as the environment and the configuration say.

use std::path::{Path, PathBuf};

use ferrolite::{Authorities, HttpOptions, Proxies, ProxyNames, Trust};
use ferrolite_types::Error;

use crate::config::litellm_settings::SslVerify;
use crate::config::{Config, Env};

/// How connections to providers are made. Read at start; a changed configuration does not change it.
///
/// # Errors
/// `Config`: a file with certificates that cannot be used.
pub(crate) fn http_options(config: &Config, process: Env<'_>) -> Result<HttpOptions, Error> {
    let env: Env<'_> =
        &|name| config.environment_variables.get(name, process).filter(|value| !value.is_empty());
    let identity = env("SSL_CERTIFICATE").map(PathBuf::from);
    let trust = match checked(config, env) {
        Checked::ByMachine => Trust::new(Authorities::Machine, identity.as_deref())?,
        Checked::By(file) => Trust::new(Authorities::File(Path::new(&file)), identity.as_deref())?,
        Checked::Never => {
            tracing::warn!(
                "providers' certificates are not checked: anybody on the way can read and change everything"
            );
            Trust::new(Authorities::Anybody, identity.as_deref())?
        }
    };
    Ok(HttpOptions { trust, proxies: proxies(env), ..HttpOptions::default() })
}

/// Who vouches for providers.
#[derive(Debug, PartialEq, Eq)]
enum Checked {
    ByMachine,
    By(String),
    Never,
}

/// The configuration wins over `SSL_VERIFY`, and that over `SSL_CERT_FILE`.
fn checked(config: &Config, env: Env<'_>) -> Checked {
    let said = match &config.litellm_settings.ssl_verify {
        Some(SslVerify::Switch(on)) => Some(on.to_string()),
        Some(SslVerify::Authorities(file)) => Some(file.clone()),
        None => env("SSL_VERIFY"),
    };
    match said {
        Some(word) if word.eq_ignore_ascii_case("false") => Checked::Never,
        Some(file) if !file.eq_ignore_ascii_case("true") => Checked::By(file),
        _ => env("SSL_CERT_FILE").map_or(Checked::ByMachine, Checked::By),
    }
}

fn proxies(env: Env<'_>) -> Proxies {
    let either = |upper: &str, lower: &str| env(lower).or_else(|| env(upper));
    Proxies::new(ProxyNames {
        all: either("ALL_PROXY", "all_proxy"),
        https: either("HTTPS_PROXY", "https_proxy"),
        http: either("HTTP_PROXY", "http_proxy"),
        no: either("NO_PROXY", "no_proxy"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(ssl_verify: Option<SslVerify>, env: &[(&str, &str)]) -> Checked {
        let mut config = Config::default();
        config.litellm_settings.ssl_verify = ssl_verify;
        let value =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        checked(&config, &value)
    }

    #[test]
    fn the_configuration_wins_over_the_environment() {
        assert_eq!(with(None, &[]), Checked::ByMachine);
        assert_eq!(with(None, &[("SSL_CERT_FILE", "a")]), Checked::By("a".into()));
        assert_eq!(with(None, &[("SSL_CERT_FILE", "a"), ("SSL_VERIFY", "b")]), Checked::By("b".into()));
        assert_eq!(with(None, &[("SSL_CERT_FILE", "a"), ("SSL_VERIFY", "True")]), Checked::By("a".into()));
        assert_eq!(with(None, &[("SSL_VERIFY", "False")]), Checked::Never);
        let on = Some(SslVerify::Switch(true));
        assert_eq!(with(on, &[("SSL_VERIFY", "False")]), Checked::ByMachine);
        assert_eq!(
            with(Some(SslVerify::Authorities("c".into())), &[("SSL_VERIFY", "b")]),
            Checked::By("c".into())
        );
    }
}
