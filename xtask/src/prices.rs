//! The price map that is built into the program, made from the one that LiteLLM publishes.

use std::{fs, path::PathBuf, str};

use anyhow::{Context, Result};
use ferrolite_providers::price::PriceTable;

use crate::root::Root;

const PACKED: &str = "crates/providers/prices/prices.bin";

/// What `cargo xtask prices` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// LiteLLM's `model_prices_and_context_window.json`
    #[arg(long)]
    from: PathBuf,
}

/// Packs the map again. Its version stands in `NOTICE` beside it, which a person has to keep true.
pub(crate) fn run(root: &Root, options: &Options) -> Result<()> {
    let json = fs::read(&options.from).with_context(|| format!("cannot read {}", options.from.display()))?;
    let packed = lower(&json).with_context(|| format!("{} is no price map", options.from.display()))?;
    fs::write(root.join(PACKED), &packed).with_context(|| format!("cannot write {PACKED}"))?;
    eprintln!("wrote {PACKED}: {} bytes", packed.len());
    Ok(())
}

/// The packed form of a price map.
pub(crate) fn lower(json: &[u8]) -> Result<Vec<u8>> {
    Ok(PriceTable::pack(str::from_utf8(json)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_map_gives_the_same_bytes_however_it_is_written() {
        let packed = lower(br#"{"b":{"mode":"chat"},"a":{"max_tokens":1}}"#).expect("is a map");
        let spread =
            lower(b"{\n  \"a\": {\"max_tokens\": 1},\n  \"b\": {\"mode\": \"chat\"}\n}").expect("is a map");
        assert_eq!(packed, spread);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        assert!(lower(b"[]").is_err());
        assert!(lower(b"\xff").is_err());
    }
}
