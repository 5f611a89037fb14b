//! The files that a configuration was read from, so that a change of any of them is noticed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files, and what each looked like right before it was read.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<PathBuf, Look>);

/// What tells one state of a file from another, symbolic links followed; nothing where there is no file.
type Look = Option<(SystemTime, u64)>;

impl Files {
    /// Notes a file that is about to be read.
    pub(crate) fn note(&mut self, file: &Path) {
        self.0.insert(file.to_owned(), look(file));
    }

    /// A file that is not what it was.
    pub(crate) fn changed(&self) -> Option<&Path> {
        let mut files = self.0.iter();
        files.find(|(file, before)| look(file) != **before).map(|(file, _)| file.as_path())
    }
}

fn look(file: &Path) -> Look {
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_or_removed_or_made_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("there"), "one").unwrap();
        let mut files = Files::default();
        files.note(&at("there"));
        files.note(&at("missing"));
        assert_eq!(files.changed(), None);
        std::fs::write(at("missing"), "").unwrap();
        assert_eq!(files.changed(), Some(at("missing").as_path()));
        files.note(&at("missing"));
        std::fs::write(at("there"), "another").unwrap();
        assert_eq!(files.changed(), Some(at("there").as_path()));
        files.note(&at("there"));
        std::fs::remove_file(at("there")).unwrap();
        assert_eq!(files.changed(), Some(at("there").as_path()));
    }
}
