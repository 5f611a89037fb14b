//! What somebody who starts the gateway sees first: where it is, how to get in, and a line that works.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use ferrolite_formats::relay::quoted;

use crate::Runtime;
use crate::runtime::ready_providers;

/// What the banner says.
pub(crate) struct Banner<'a> {
    pub(crate) address: SocketAddr,
    /// Whether connections are encrypted.
    pub(crate) encrypted: bool,
    pub(crate) runtime: &'a Runtime,
    /// The key that was made for this run, where none was configured. No other key is ever printed.
    pub(crate) made_key: Option<&'a str>,
    pub(crate) state: &'a Path,
}

impl Banner<'_> {
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let scheme = if self.encrypted { "https" } else { "http" };
        let url = format!("{scheme}://{}", reachable(self.address));
        let _ = writeln!(out, "\n  Ferrolite {} listens on {url}\n", env!("CARGO_PKG_VERSION"));
        match self.made_key {
            Some(key) => {
                let _ = writeln!(out, "  Master key   {key}");
                let _ =
                    writeln!(out, "               (made for this run; set LITELLM_MASTER_KEY to keep one)");
            }
            None if self.runtime.master_key.is_some() => out.push_str("  Master key   as configured\n"),
            None => out.push_str("  Master key   none: everybody who reaches this address may call\n"),
        }
        let _ = writeln!(out, "  Models       {}", self.models());
        let _ = writeln!(out, "  State        {}\n", self.state.display());
        out.push_str(&self.first_call(&url));
        out
    }

    fn models(&self) -> String {
        if self.runtime.open {
            let ready = ready_providers(&|name| std::env::var(name).ok());
            let names: Vec<String> = ready.iter().map(|provider| format!("{}/*", provider.name)).collect();
            return names.join(", ");
        }
        const SHOWN: usize = 8;
        let mut names: Vec<&str> = self.runtime.groups.keys().map(String::as_str).collect();
        names.sort_unstable();
        match names.len() {
            0 => "none: add some to model_list".to_owned(),
            count if count > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN),
            _ => names.join(", "),
        }
    }

    fn first_call(&self, url: &str) -> String {
        let Some(model) = self.first_model() else { return String::new() };
        let mut out = format!("  Try it:\n\n  curl {url}/v1/chat/completions \\\n");
        if let Some(key) = self.key_to_paste() {
            // In double quotes the shell puts in what a variable holds.
            let _ = writeln!(out, "    -H \"Authorization: Bearer {key}\" \\");
        }
        let model = quoted(model);
        let body = format!(r#"{{"model": {model}, "messages": [{{"role": "user", "content": "Hello!"}}]}}"#);
        let _ =
            writeln!(out, "    -H 'Content-Type: application/json' \\\n    -d {}", in_single_quotes(&body));
        out
    }

    fn first_model(&self) -> Option<&str> {
        match self.runtime.open {
            true => Some("mock/hello"),
            false => self.runtime.groups.keys().map(String::as_str).filter(|name| !name.contains('*')).min(),
        }
    }

    fn key_to_paste(&self) -> Option<&str> {
        let configured = self.runtime.master_key.is_some().then_some("$LITELLM_MASTER_KEY");
        self.made_key.or(configured)
    }
}

/// A word for the shell in which nothing has a meaning of its own.
fn in_single_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The address under which this machine reaches what listens on all its addresses.
fn reachable(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("localhost:{}", address.port()),
        false => address.to_string(),
    }
}
