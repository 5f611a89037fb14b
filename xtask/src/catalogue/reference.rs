//! The page of the book that lists the providers.

use std::fmt::Write as _;

use anyhow::Result;
use ferrolite_providers::Param;
use ferrolite_providers::catalogue::{Auth, Contents, Pending, Provider, Text};

use super::contents;
use crate::root::Root;

/// Where the page lies, from the root.
pub(crate) const REFERENCE: &str = "docs/reference/providers.md";

const HEAD: &str = "\
<!-- Made by `cargo xtask gen` from crates/providers/catalogue. -->

# Providers

A model is written `provider/model`, for example `groq/llama-3.3-70b-versatile`. The key is read from the first of the
variables that is set, or said as `api_key`; another address is said as `api_base`. *More* lists what else a provider
offers in OpenAI's formats.

A provider that speaks a format listed here needs no code: describe it under `custom_providers` in the
configuration, with the same words as the files in `crates/providers/catalogue`.
";

/// The page.
pub(crate) fn reference(root: &Root) -> Result<Vec<u8>> {
    let Contents { mut providers, families: _, pending } = contents(root)?;
    providers.sort_by_key(|provider| provider.title.to_lowercase());
    let mut page = HEAD.to_owned();
    write_table(&providers, &mut page)?;
    write_differences(&providers, &mut page)?;
    write_pending(&pending, &mut page)?;
    Ok(page.into_bytes())
}

fn write_table(providers: &[Provider], page: &mut String) -> Result<()> {
    writeln!(
        page,
        "\n| Provider | Prefix | Chat | More | Key | Address |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    for provider in providers {
        let Provider { name, title, base_url, base_env, key_env, auth, .. } = provider;
        let chat = provider.formats("chat").join(", ");
        let more: Vec<&str> = provider
            .operations
            .iter()
            .map(|(name, _)| name.as_ref())
            .filter(|name| *name != "chat")
            .collect();
        let key = if *auth == Auth::None { String::new() } else { code(key_env) };
        let address = base_url.as_deref().map_or_else(|| code(base_env), |address| format!("`{address}`"));
        writeln!(page, "| {title} | `{name}/` | {chat} | {} | {key} | {address} |", more.join(", "))?;
    }
    Ok(())
}

/// What a reader must know who comes from another provider.
fn write_differences(providers: &[Provider], page: &mut String) -> Result<()> {
    writeln!(page, "\n## Differences\n")?;
    writeln!(page, "Parameters that are not supported are refused, or dropped with `drop_params: true`.")?;
    for provider in providers {
        let refused = refused(provider);
        let renamed = provider.rules.rename.iter().map(|(from, to)| format!("`{from}` is sent as `{to}`"));
        let refused = (!refused.is_empty()).then(|| format!("not supported: {refused}"));
        let gaps = provider.gaps.iter().map(|gap| format!("not there yet: {gap}"));
        let notes: Vec<String> = refused.into_iter().chain(renamed).chain(gaps).collect();
        if !notes.is_empty() {
            writeln!(page, "\n### {}\n\n- {}", provider.title, notes.join("\n- "))?;
        }
    }
    Ok(())
}

/// The usual parameters that no model of the provider takes.
fn refused(provider: &Provider) -> String {
    let sometimes = provider.rules.when.iter().fold(provider.rules.with, |with, when| with.with(when.with));
    let never = ferrolite_providers::ParamSet::USUAL
        .without(provider.params.without(provider.rules.without))
        .without(sometimes)
        .without(Param::NEVER_REFUSED);
    let names: Vec<String> = never.iter().map(|param| format!("`{param}`")).collect();
    names.join(", ")
}

fn write_pending(pending: &[Pending], page: &mut String) -> Result<()> {
    let names: Vec<String> =
        pending.iter().map(|Pending { name, title }| format!("{title} (`{name}/`)")).collect();
    writeln!(
        page,
        "\n## Not there yet\n\nKnown by name, and refused with words that say so: {}.",
        names.join(", ")
    )?;
    Ok(())
}

fn code(names: &[Text]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
