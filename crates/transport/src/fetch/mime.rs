//! What fetched bytes are.

/// Types that say only that there are bytes.
const UNSAID: &[&str] = &["", "application/octet-stream", "binary/octet-stream", "application/x-download"];

/// Another spelling, and the usual one.
const ALIASES: &[(&str, &str)] = &[("image/jpg", "image/jpeg"), ("application/x-pdf", "application/pdf")];

/// Which bytes stand where.
type Mark = (usize, &'static [u8]);

/// The marks that all bytes of a type bear.
const MARKS: &[(&str, &[Mark])] = &[
    ("image/png", &[(0, b"\x89PNG\r\n\x1a\n")]),
    ("image/jpeg", &[(0, b"\xff\xd8\xff")]),
    ("image/gif", &[(0, b"GIF8")]),
    ("image/webp", &[(0, b"RIFF"), (8, b"WEBP")]),
    ("application/pdf", &[(0, b"%PDF-")]),
];

/// The type that the header says, else the one that the bytes show; empty where neither does.
pub(super) fn of(header: Option<&str>, bytes: &[u8]) -> String {
    let said =
        header.and_then(|header| header.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    if UNSAID.contains(&said.as_str()) {
        return shown(bytes).unwrap_or_default().to_owned();
    }
    let usual = ALIASES.iter().find(|(alias, _)| *alias == said).map(|(_, usual)| (*usual).to_owned());
    usual.unwrap_or(said)
}

fn shown(bytes: &[u8]) -> Option<&'static str> {
    let bears = |(from, what): &Mark| bytes.get(*from..).is_some_and(|rest| rest.starts_with(what));
    MARKS.iter().find(|(_, marks)| marks.iter().all(bears)).map(|(mime, _)| *mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_believed() {
        assert_eq!(of(Some("Image/WebP; q=1"), b"%PDF-1.7"), "image/webp");
        assert_eq!(of(Some("image/jpg"), b""), "image/jpeg");
    }

    #[test]
    fn without_a_header_the_bytes_show_it() {
        for (bytes, mime) in [
            (b"\x89PNG\r\n\x1a\n...".as_slice(), "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp"),
            (b"%PDF-1.7", "application/pdf"),
            (b"RIFF\x01\x02\x03\x04WAVE", ""),
            (b"", ""),
        ] {
            assert_eq!(of(None, bytes), mime);
            assert_eq!(of(Some("application/octet-stream"), bytes), mime);
        }
    }
}
