//! The catalogue of providers that is built into the program, made from the files that people edit.

mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use ferrolite_providers::catalogue::{
    Contents, DeclaredFamily, DeclaredPending, DeclaredProvider, Family, Provider,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::root::Root;

pub(crate) use reference::{REFERENCE, reference};

/// Where the catalogue that is built in lies, from the root.
pub(crate) const PACKED: &str = "crates/providers/catalogue/catalogue.bin";

/// One file for each provider, named after it.
const PROVIDERS: &str = "crates/providers/catalogue";
/// One file for each maker of models.
const FAMILIES: &str = "crates/providers/models";
/// The file in the folder of the providers that is none.
const PENDING: &str = "pending";

/// A file of families, the general before the special.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyFile {
    family: Vec<DeclaredFamily>,
}

/// The bytes of the catalogue.
pub(crate) fn make(root: &Root) -> Result<Vec<u8>> {
    Ok(contents(root)?.pack())
}

/// What the files say.
fn contents(root: &Root) -> Result<Contents> {
    let (pending, providers): (Vec<_>, Vec<_>) =
        files(&root.join(PROVIDERS))?.into_iter().partition(|path| stem(path) == PENDING);
    let pending: Vec<DeclaredPending> = pending.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let families: Vec<Vec<Family>> =
        files(&root.join(FAMILIES))?.iter().map(|path| families_of(path)).collect::<Result<_>>()?;
    Ok(Contents {
        providers: providers.iter().map(|path| provider_of(path)).collect::<Result<_>>()?,
        families: families.into_iter().flatten().collect(),
        pending: pending.into_iter().flat_map(DeclaredPending::lower).collect(),
    })
}

fn provider_of(path: &Path) -> Result<Provider> {
    let provider = read::<DeclaredProvider>(path)?.lower().map_err(|error| anyhow!("{error}"))?;
    ensure!(
        provider.name == stem(path),
        "{} is about \"{}\": name it {}.toml",
        path.display(),
        provider.name,
        provider.name
    );
    Ok(provider)
}

fn families_of(path: &Path) -> Result<Vec<Family>> {
    let lowered = read::<FamilyFile>(path)?.family.into_iter().map(DeclaredFamily::lower);
    lowered.collect::<Result<_, _>>().map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("in {}", path.display()))
}

/// The TOML files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    let mut files: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}
