//! Server-sent events: the framing that most vendors stream in (WHATWG HTML, section 9.2).
//!
//! Kept in our own hands because a gateway needs the raw bytes of a frame, a bound on its size, and the last
//! event even when the vendor forgets the blank line behind it.

use std::borrow::Cow;

use memchr::memchr2;

/// The largest frame that is kept while its end is awaited: an image in base64 fits, a flood does not.
pub const MAX_FRAME: usize = 32 * 1024 * 1024;

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// First byte of the frame that is being collected.
    start: usize,
    /// First byte of the line that is being collected.
    line: usize,
    /// Up to where that line was searched for its end, so that a long one in many pieces is searched once.
    searched: usize,
    begun: bool,
}

/// One frame: the lines up to a blank one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The bytes of the frame, the blank line included.
    pub raw: &'a [u8],
    /// The event's name, when a line gives it.
    pub event: Option<Cow<'a, str>>,
    /// The data lines joined by line feeds; `None` for a frame of comments.
    pub data: Option<Cow<'a, str>>,
}

/// A frame larger than [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Framer {
    /// Adds bytes.
    ///
    /// # Errors
    /// The frame under way is larger than [`MAX_FRAME`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        self.forget_consumed();
        self.buffer.extend_from_slice(bytes);
        match self.buffer.len() - self.start > MAX_FRAME {
            true => Err(TooLarge),
            false => Ok(()),
        }
    }

    /// The next complete frame.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        self.skip_byte_order_mark();
        while let Some((end, next)) = self.line_end() {
            let blank = end == self.line;
            (self.line, self.searched) = (next, next);
            if blank {
                let start = std::mem::replace(&mut self.start, next);
                return Some(Frame::parse(&self.buffer[start..next]));
            }
        }
        None
    }

    /// What was left when the stream ended: a last frame without its blank line.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        self.skip_byte_order_mark();
        let start = self.start;
        (self.start, self.line, self.searched) = (self.buffer.len(), self.buffer.len(), self.buffer.len());
        let left = &self.buffer[start..];
        (!left.iter().all(u8::is_ascii_whitespace)).then(|| Frame::parse(left))
    }

    /// Where the line under way ends and the next begins; `None` while that cannot be known.
    fn line_end(&mut self) -> Option<(usize, usize)> {
        let found = memchr2(b'\n', b'\r', &self.buffer[self.searched..]);
        self.searched = found.map_or(self.buffer.len(), |at| self.searched + at);
        found?;
        let end = self.searched;
        match (self.buffer[end], self.buffer.get(end + 1)) {
            (b'\n', _) => Some((end, end + 1)),
            (_, Some(b'\n')) => Some((end, end + 2)),
            (_, Some(_)) => Some((end, end + 1)),
            // A carriage return at the very end may be half of CR LF.
            (_, None) => None,
        }
    }

    fn skip_byte_order_mark(&mut self) {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if self.begun || MARK.starts_with(&self.buffer) && self.buffer.len() < MARK.len() {
            return;
        }
        self.begun = true;
        if self.buffer.starts_with(MARK) {
            (self.start, self.line, self.searched) = (MARK.len(), MARK.len(), MARK.len());
        }
    }

    fn forget_consumed(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
        } else if self.start > 0 {
            self.buffer.drain(..self.start);
        }
        self.line -= self.start;
        self.searched -= self.start;
        self.start = 0;
    }
}

impl<'a> Frame<'a> {
    fn parse(raw: &'a [u8]) -> Self {
        let mut frame = Self { raw, event: None, data: None };
        for line in raw.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let (name, value) = split_field(line);
            match name {
                b"event" => frame.event = Some(String::from_utf8_lossy(value)),
                b"data" => frame.add_data(String::from_utf8_lossy(value)),
                _ => {}
            }
        }
        frame
    }

    fn add_data(&mut self, line: Cow<'a, str>) {
        match &mut self.data {
            None => self.data = Some(line),
            Some(data) => {
                let data = data.to_mut();
                data.push('\n');
                data.push_str(&line);
            }
        }
    }
}

/// `name: value` with at most one space dropped behind the colon; a comment has an empty name.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', line) {
        Some(colon) => {
            let value = &line[colon + 1..];
            (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, b""),
    }
}

/// Appends one event whose data is written by `data` as JSON text. Line breaks in it can only stand between
/// tokens, where a vendor's own text was carried; they become spaces, so that one line does.
pub fn write_event(out: &mut Vec<u8>, name: Option<&str>, data: impl FnOnce(&mut Vec<u8>)) {
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    let start = out.len();
    data(out);
    out[start..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Seen = Vec<(Option<String>, Option<String>)>;

    fn frames(pieces: &[&[u8]]) -> Seen {
        let mut framer = Framer::default();
        let mut seen = Seen::new();
        let mut note =
            |frame: Frame<'_>| seen.push((frame.event.map(Cow::into_owned), frame.data.map(Cow::into_owned)));
        for piece in pieces {
            framer.feed(piece).unwrap();
            while let Some(frame) = framer.next_frame() {
                note(frame);
            }
        }
        framer.finish().map(&mut note);
        seen
    }

    fn data(texts: &[&str]) -> Seen {
        texts.iter().map(|text| (None, Some((*text).to_owned()))).collect()
    }

    #[test]
    fn every_line_ending_is_read() {
        assert_eq!(
            frames(&[b"data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n"]),
            data(&["a", "b", "c", "d"])
        );
    }

    #[test]
    fn a_last_event_without_its_blank_line_is_kept() {
        assert_eq!(frames(&[b"data: a\n\ndata: [DONE]"]), data(&["a", "[DONE]"]));
    }

    #[test]
    fn names_comments_marks_and_several_lines_are_understood() {
        let text = "\u{feff}: hello\n\nevent: ping\ndata:1\ndata: 2\nid: 7\n\n";
        assert_eq!(frames(&[text.as_bytes()]), [(None, None), (Some("ping".into()), Some("1\n2".into()))]);
    }

    #[test]
    fn raw_bytes_of_all_frames_are_the_stream() {
        let stream = b"data: a\n\n: c\n\nevent: x\r\ndata: b\r\n\r\n";
        let mut framer = Framer::default();
        framer.feed(stream).unwrap();
        let mut raw = Vec::new();
        while let Some(frame) = framer.next_frame() {
            raw.extend_from_slice(frame.raw);
        }
        assert_eq!(raw, stream);
    }

    #[test]
    fn carried_text_with_line_breaks_is_written_in_one_line() {
        let mut out = Vec::new();
        write_event(&mut out, Some("x"), |out| out.extend_from_slice(b"{\n  \"a\": \"\\n\"\r\n}"));
        assert_eq!(frames(&[&out]), [(Some("x".into()), Some("{   \"a\": \"\\n\"  }".into()))]);
    }

    #[test]
    fn a_flood_without_an_end_is_refused() {
        let mut framer = Framer::default();
        framer.feed(&vec![b'x'; MAX_FRAME]).unwrap();
        assert_eq!(framer.feed(b"x"), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_frames(
            text in "(data: [a-z]{0,5}(\n|\r\n)|event: [a-z]{1,3}\n|: c\n|\n|\r\n|\u{feff}|\r){0,24}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(frames(&pieces), frames(&[bytes]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            frames(&[&bytes]);
        }
    }
}
