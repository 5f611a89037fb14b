//! The way to a value: `model_list[0].litellm_params.rpm`.

use std::fmt;

use super::report::Severity;

/// The way to a value, from the root of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyPath<'a> {
    Root,
    Key(&'a KeyPath<'a>, &'a str),
    Item(&'a KeyPath<'a>, usize),
}

impl<'a> KeyPath<'a> {
    /// The value under a key.
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// A value of a list.
    pub(crate) fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }

    /// How bad a mistake here is: one in a deployment costs that deployment only.
    pub(crate) fn severity(&self) -> Severity {
        if self.in_deployment() { Severity::LeftOut } else { Severity::Error }
    }

    /// Whether this is an entry of `model_list` or lies in one.
    pub(crate) fn in_deployment(&self) -> bool {
        match self {
            Self::Root => false,
            Self::Item(Self::Key(Self::Root, "model_list"), _) => true,
            Self::Key(parent, _) | Self::Item(parent, _) => parent.in_deployment(),
        }
    }

    /// The same without positions in lists: `model_list.litellm_params.rpm`.
    pub(crate) fn setting(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Item(parent, _) => parent.setting(),
            Self::Key(Self::Root, key) => (*key).to_owned(),
            Self::Key(parent, key) => format!("{}.{key}", parent.setting()),
        }
    }
}

impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the file"),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_knows_its_names_and_whether_it_is_in_a_deployment() {
        let list = KeyPath::Root.key("model_list");
        let (entry, other) = (list.item(2), KeyPath::Root.key("guardrails"));
        let params = entry.key("litellm_params");
        let rpm = params.key("rpm");
        assert_eq!(rpm.to_string(), "model_list[2].litellm_params.rpm");
        assert_eq!(rpm.setting(), "model_list.litellm_params.rpm");
        assert_eq!((rpm.severity(), list.severity()), (Severity::LeftOut, Severity::Error));
        assert!(!other.item(0).in_deployment());
    }
}
