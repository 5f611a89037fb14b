//! Reads what a model name asks the realistic mode to do, as in `gpt-4o-slow-200-fault-429`.

use std::str::FromStr;
use std::time::Duration;

/// What a model name asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Directives {
    pub(crate) delay: Duration,
    pub(crate) fault: Option<Fault>,
}

/// A fault which can be asked for by `fault-<name>`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Status(u16),
    Hang,
    Cut,
    Html,
    Error200,
    Garbage,
}

impl FromStr for Directives {
    type Err = String;

    fn from_str(model: &str) -> Result<Self, String> {
        let words: Vec<&str> = model.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let mut directives = Self::default();
        for pair in words.windows(2) {
            match pair {
                ["slow", millis] => directives.delay = delay(millis)?,
                ["fault", name] => directives.fault = Some(name.parse()?),
                _ => {}
            }
        }
        Ok(directives)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "hang" => Ok(Self::Hang),
            "cut" => Ok(Self::Cut),
            "html" => Ok(Self::Html),
            "error200" => Ok(Self::Error200),
            "garbage" => Ok(Self::Garbage),
            status => error_status(status).map(Self::Status),
        }
    }
}

fn error_status(name: &str) -> Result<u16, String> {
    let status = name.parse().ok().filter(|status| (400..600).contains(status));
    status.ok_or_else(|| {
        format!("unknown fault-{name}; known: <4xx or 5xx>, hang, cut, html, error200, garbage")
    })
}

fn delay(millis: &str) -> Result<Duration, String> {
    let millis = millis.parse().map_err(|_| format!("slow-{millis} should be slow-<milliseconds>"))?;
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_stand_anywhere_in_the_name() {
        let asked: Directives = "azure/gpt-4o-slow-250-fault-429".parse().unwrap();
        assert_eq!(asked, Directives { delay: Duration::from_millis(250), fault: Some(Fault::Status(429)) });
    }

    #[test]
    fn ordinary_names_ask_for_nothing() {
        for model in ["gpt-4o-mini", "default-model", "slow"] {
            assert_eq!(model.parse(), Ok(Directives::default()), "{model}");
        }
    }

    #[test]
    fn a_misspelt_fault_is_refused() {
        for model in ["fault-hung", "fault-200", "slow-down"] {
            assert!(model.parse::<Directives>().is_err(), "{model}");
        }
    }
}
