//! Files made from other files. Each is one line in [`REGISTRY`]; `gen` writes them, and `check` tells
//! when one was edited by hand or left behind by its source.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::catalogue;
use crate::root::Root;

/// Every generated file of the project.
pub(crate) const REGISTRY: &[Generated] = &[
    Generated { path: catalogue::PACKED, make: catalogue::make },
    Generated { path: catalogue::REFERENCE, make: catalogue::reference },
];

/// One generated file.
#[derive(Debug)]
pub(crate) struct Generated {
    /// Where it lies, from the root.
    pub(crate) path: &'static str,
    /// What it should contain. The same sources must give the same bytes.
    pub(crate) make: fn(&Root) -> Result<Vec<u8>>,
}

impl Generated {
    fn content(&self, root: &Root) -> Result<Vec<u8>> {
        (self.make)(root).with_context(|| format!("cannot generate {}", self.path))
    }

    /// A missing file is stale too.
    fn is_stale(&self, root: &Root) -> Result<bool> {
        let wanted = self.content(root)?;
        Ok(fs::read(root.join(self.path)).map_or(true, |found| found != wanted))
    }

    fn write(&self, root: &Root) -> Result<()> {
        let path = root.join(self.path);
        let folder = path.parent().expect("a file below the root lies in a folder");
        fs::create_dir_all(folder)?;
        fs::write(&path, self.content(root)?).with_context(|| format!("cannot write {}", self.path))?;
        eprintln!("wrote {}", self.path);
        Ok(())
    }
}

/// `cargo xtask gen`: writes what is stale and leaves the rest untouched, modification times included.
pub(crate) fn write(registry: &[Generated], root: &Root) -> Result<()> {
    stale(registry, root)?.into_iter().try_for_each(|generated| generated.write(root))
}

/// `cargo xtask check`
pub(crate) fn check(registry: &[Generated], root: &Root) -> Result<()> {
    let stale: Vec<&str> = stale(registry, root)?.iter().map(|generated| generated.path).collect();
    ensure!(
        stale.is_empty(),
        "stale: {}\nrun `cargo xtask gen` and commit what it writes; \
         a change made by hand belongs in the source the file is made from",
        stale.join(", ")
    );
    Ok(())
}

fn stale<'registry>(registry: &'registry [Generated], root: &Root) -> Result<Vec<&'registry Generated>> {
    let mut stale = Vec::new();
    for generated in registry {
        if generated.is_stale(root)? {
            stale.push(generated);
        }
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREETING: Generated = Generated { path: "docs/greeting.txt", make: |_| Ok(b"hello".to_vec()) };

    /// An empty workspace, gone at the end of the test.
    struct Scratch(Root);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).expect("the temporary folder can be written");
            Self(Root::at(folder))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(self.0.join("")).expect("was created by us");
        }
    }

    #[test]
    fn check_names_the_stale_file_and_gen_mends_it() {
        let Scratch(root) = &Scratch::new("stale");
        let error = check(&[GREETING], root).expect_err("was never written").to_string();
        assert!(error.starts_with("stale: docs/greeting.txt\nrun `cargo xtask gen`"), "{error}");

        write(&[GREETING], root).expect("can be written");
        check(&[GREETING], root).expect("is fresh now");

        fs::write(root.join(GREETING.path), "hullo").expect("can be edited");
        assert!(GREETING.is_stale(root).expect("can be made"));
    }

    #[test]
    fn a_generator_that_fails_is_named() {
        let broken = Generated { path: "docs/broken.txt", make: |_| anyhow::bail!("no source") };
        let Scratch(root) = &Scratch::new("broken");
        let error = check(&[broken], root).expect_err("cannot be made");
        assert_eq!(format!("{error:#}"), "cannot generate docs/broken.txt: no source");
    }
}
