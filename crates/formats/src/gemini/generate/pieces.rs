//! How the pieces of a stream are framed: as server-sent events, or as bare objects where a proxy or a refusal
//! does not care what was asked for.

use crate::framing::json_values::Splitter;
use crate::framing::sse::{Frame, Framer, TooLarge};

/// How the pieces are framed, which the first byte tells.
#[derive(Debug, Default)]
pub(super) enum Pieces {
    #[default]
    Unknown,
    Events(Framer),
    /// What Google sends when it was not asked for events, and proxies when they refuse.
    Objects(Splitter),
}

impl Pieces {
    /// Adds bytes and shows every complete piece.
    pub(super) fn feed(&mut self, bytes: &[u8], mut show: impl FnMut(&str)) -> Result<(), TooLarge> {
        if let Self::Unknown = self {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'[' | b'{') => *self = Self::Objects(Splitter::default()),
                Some(_) => *self = Self::Events(Framer::default()),
                None => return Ok(()),
            }
        }
        match self {
            Self::Unknown => {}
            Self::Events(framer) => {
                framer.feed(bytes)?;
                while let Some(frame) = framer.next_frame() {
                    show_frame(&frame, &mut show);
                }
            }
            Self::Objects(splitter) => {
                splitter.feed(bytes)?;
                while let Some(object) = splitter.next_object() {
                    show(&String::from_utf8_lossy(object));
                }
            }
        }
        Ok(())
    }

    /// Shows what was left; whether nothing was cut off.
    pub(super) fn finish(&mut self, mut show: impl FnMut(&str)) -> bool {
        match self {
            Self::Unknown => true,
            Self::Events(framer) => {
                if let Some(frame) = framer.finish() {
                    show_frame(&frame, &mut show);
                }
                true
            }
            Self::Objects(splitter) => splitter.is_done(),
        }
    }
}

fn show_frame(frame: &Frame<'_>, show: &mut impl FnMut(&str)) {
    let data = frame.data.as_deref().map(str::trim);
    if let Some(data) = data.filter(|data| !data.is_empty() && *data != "[DONE]") {
        show(data);
    }
}
