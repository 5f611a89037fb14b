//! What can be wrong with a JSON text, said with the path to the place.

use std::fmt;

/// Why a JSON text was refused: where (a path such as `messages[2].content`) and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Steps from the place of the mistake outwards, innermost first.
    steps: Vec<Step>,
    /// What was wrong and what would be right.
    pub message: String,
    /// Byte offset of a syntax mistake; `None` where the text is JSON but not what was expected.
    pub offset: Option<usize>,
}

/// One step of the path to a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the member of this name.
    Key(String),
    /// Into the element of this position.
    Index(usize),
}

impl JsonError {
    /// A text that is not JSON, at this byte.
    pub fn syntax(offset: usize, message: impl Into<String>) -> Self {
        Self { steps: Vec::new(), message: message.into(), offset: Some(offset) }
    }

    /// A value that is JSON but not what was expected.
    pub fn value(message: impl Into<String>) -> Self {
        Self { steps: Vec::new(), message: message.into(), offset: None }
    }

    /// A member that must be there and is not.
    pub fn missing(key: &str) -> Self {
        Self::value("is required").within(key)
    }

    /// The same mistake seen from the object that holds `key`.
    #[must_use]
    pub fn within(mut self, key: &str) -> Self {
        self.steps.push(Step::Key(key.to_owned()));
        self
    }

    /// The same mistake seen from the array that holds the element.
    #[must_use]
    pub fn at(mut self, index: usize) -> Self {
        self.steps.push(Step::Index(index));
        self
    }

    /// The path as users write it, `messages[2].content`; empty for the whole text.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_from_the_outside_in() {
        let error =
            JsonError::value("expected a string, got a number").within("text").at(2).within("content");
        assert_eq!(error.to_string(), "content[2].text: expected a string, got a number");
    }
}
