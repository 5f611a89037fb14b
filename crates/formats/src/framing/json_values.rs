//! JSON objects one after the other, in an array or bare: how Google streams when it is not asked for
//! server-sent events, and how proxies end such a stream with an error.
//!
//! Only brackets and quotes are looked at; whether an object is JSON its reader says.

use super::sse::{MAX_FRAME, TooLarge};

/// Cuts a stream of bytes into its outermost objects.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Up to where the buffer was looked at.
    at: usize,
    /// First byte of the object under way.
    start: usize,
    /// How many of its braces are open.
    depth: usize,
    quoted: bool,
    escaped: bool,
}

impl Splitter {
    /// Adds bytes.
    ///
    /// # Errors
    /// The object under way is larger than [`MAX_FRAME`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        self.buffer.drain(..self.start);
        self.at -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
        match self.buffer.len() > MAX_FRAME {
            true => Err(TooLarge),
            false => Ok(()),
        }
    }

    /// The next complete object. What stands between objects is skipped.
    pub fn next_object(&mut self) -> Option<&[u8]> {
        while let Some(byte) = self.buffer.get(self.at) {
            let byte = *byte;
            self.at += 1;
            let closed = self.step(byte);
            if self.depth == 0 {
                let start = std::mem::replace(&mut self.start, self.at);
                if closed {
                    return Some(&self.buffer[start..self.at]);
                }
            }
        }
        None
    }

    /// Whether nothing is under way.
    pub fn is_done(&self) -> bool {
        self.depth == 0
    }

    /// Takes a byte; whether it closes an object.
    fn step(&mut self, byte: u8) -> bool {
        if self.quoted {
            let quote = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.quoted = !quote;
            return false;
        }
        match byte {
            b'"' if self.depth > 0 => self.quoted = true,
            b'{' => self.depth += 1,
            b'}' if self.depth > 0 => {
                self.depth -= 1;
                return true;
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects(pieces: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut seen = Vec::new();
        for piece in pieces {
            splitter.feed(piece).unwrap();
            while let Some(object) = splitter.next_object() {
                seen.push(String::from_utf8(object.to_vec()).unwrap());
            }
        }
        seen
    }

    const STREAM: &[u8] = br#"[{"a":{"b":"}\"{"}},
{"c":"\\"}
]{"error":[{}]}"#;

    #[test]
    fn objects_are_found_whatever_stands_between_and_inside() {
        assert_eq!(objects(&[STREAM]), [r#"{"a":{"b":"}\"{"}}"#, r#"{"c":"\\"}"#, r#"{"error":[{}]}"#]);
    }

    #[test]
    fn an_object_without_an_end_is_not_done() {
        let mut splitter = Splitter::default();
        splitter.feed(b"[{\"a\":1").unwrap();
        assert_eq!(splitter.next_object(), None);
        assert!(!splitter.is_done());
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_objects(cut in 0..STREAM.len(), second in 0..STREAM.len()) {
            let (first, second) = (cut.min(second), cut.max(second));
            let pieces = [&STREAM[..first], &STREAM[first..second], &STREAM[second..]];
            prop_assert_eq!(objects(&pieces), objects(&[STREAM]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut splitter = Splitter::default();
            splitter.feed(&bytes).unwrap();
            while splitter.next_object().is_some() {}
        }
    }
}
