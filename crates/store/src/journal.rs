//! The local append-only journal: one line of JSON per record, written before the caller has the last byte.
//!
//! A `write(2)` survives the death of the process; the death of the machine costs at most what came after the
//! last [`Journal::sync`]. Segments that the database has taken are deleted.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::StoreError;

/// A segment is closed when it is this long.
const SEGMENT: u64 = 32 * 1024 * 1024;

/// The journal. There is one writer for each folder, so that no segment is deleted under somebody's pen.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    open: Mutex<Segment>,
    /// Locked for as long as the journal is open; the system unlocks it when the process dies.
    _lock: File,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    file: File,
    length: u64,
}

/// A place in the journal: everything before it is in the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The segment.
    pub segment: u64,
    /// The byte of it.
    pub offset: u64,
}

impl Journal {
    /// Opens the journal of a folder, making both when they are not there.
    ///
    /// # Errors
    /// The folder cannot be written, or somebody else has it open: [`StoreError::InUse`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| StoreError::journal(folder, error))?;
        let lock = lock(folder)?;
        let last = segments(folder)?.last().copied().unwrap_or(1);
        let mut segment = Segment::open(folder, last)?;
        segment.end_torn_line().map_err(|error| StoreError::journal(folder, error))?;
        Ok(Self { folder: folder.to_owned(), open: Mutex::new(segment), _lock: lock })
    }

    /// Appends whole lines, in one write.
    ///
    /// # Errors
    /// The disk is full or gone; nothing was appended as far as readers are concerned.
    pub fn append(&self, lines: &[u8]) -> Result<(), StoreError> {
        let mut open = self.open.lock();
        if open.length >= SEGMENT {
            *open = Segment::open(&self.folder, open.number + 1)?;
        }
        open.append(lines).map_err(|error| StoreError::journal(&self.folder, error))
    }

    /// Makes what was appended survive the death of the machine.
    ///
    /// # Errors
    /// The disk is gone.
    pub fn sync(&self) -> Result<(), StoreError> {
        // A second handle, so that appending does not wait for the disk.
        let file = self.open.lock().file.try_clone();
        file.and_then(|file| file.sync_data()).map_err(|error| StoreError::journal(&self.folder, error))
    }

    /// Where the next line will stand.
    pub fn end(&self) -> Position {
        let open = self.open.lock();
        Position { segment: open.number, offset: open.length }
    }

    /// The whole lines from `from` on, about `limit` bytes of them, and where they end. Empty at the end.
    ///
    /// # Errors
    /// A segment cannot be read.
    pub fn read(&self, from: Position, limit: usize) -> Result<(Vec<u8>, Position), StoreError> {
        let end = self.end();
        let mut at = Position { segment: from.segment.max(1), offset: from.offset };
        while at < end {
            let lines = read_lines(&self.folder.join(name(at.segment)), at.offset, limit)?;
            if !lines.is_empty() {
                let offset = at.offset + lines.len() as u64;
                return Ok((lines, Position { offset, ..at }));
            }
            if at.segment == end.segment {
                break;
            }
            at = Position { segment: at.segment + 1, offset: 0 };
        }
        Ok((Vec::new(), at))
    }

    /// Deletes the segments before `position`.
    ///
    /// # Errors
    /// A segment cannot be deleted.
    pub fn forget_before(&self, position: Position) -> Result<(), StoreError> {
        for number in segments(&self.folder)?.into_iter().filter(|number| *number < position.segment) {
            let path = self.folder.join(name(number));
            fs::remove_file(&path).map_err(|error| StoreError::journal(&path, error))?;
        }
        Ok(())
    }
}

impl Segment {
    fn open(folder: &Path, number: u64) -> Result<Self, StoreError> {
        let path = folder.join(name(number));
        let opened = OpenOptions::new().create(true).append(true).read(true).open(&path);
        let file = opened.map_err(|error| StoreError::journal(&path, error))?;
        let length = file.metadata().map_err(|error| StoreError::journal(&path, error))?.len();
        Ok(Self { number, file, length })
    }

    fn append(&mut self, lines: &[u8]) -> std::io::Result<()> {
        let written = self.file.write_all(lines);
        if written.is_err() {
            // A full disk may have taken a part: without its line feed it must not run into the next line.
            self.length = self.file.metadata().map_or(self.length, |data| data.len());
            let _ = self.end_torn_line();
        } else {
            self.length += lines.len() as u64;
        }
        written
    }

    /// A line that a crash cut off is closed, so that readers skip it and nothing else.
    fn end_torn_line(&mut self) -> std::io::Result<()> {
        if self.length == 0 {
            return Ok(());
        }
        let mut last = [0];
        self.file.seek(SeekFrom::End(-1))?;
        self.file.read_exact(&mut last)?;
        if last != *b"\n" {
            self.file.write_all(b"\n")?;
            self.length += 1;
        }
        Ok(())
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|error| StoreError::journal(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: folder.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(StoreError::journal(&path, error)),
    }
}

fn name(number: u64) -> String {
    format!("journal-{number:010}.jsonl")
}

/// The numbers of the segments in a folder, oldest first.
fn segments(folder: &Path) -> Result<Vec<u64>, StoreError> {
    let entries = fs::read_dir(folder).map_err(|error| StoreError::journal(folder, error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut numbers: Vec<u64> = names
        .filter_map(|name| name.strip_prefix("journal-")?.strip_suffix(".jsonl")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn read_lines(path: &Path, offset: u64, limit: usize) -> Result<Vec<u8>, StoreError> {
    let failed = |error| StoreError::journal(path, error);
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(failed)?,
    };
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut lines = Vec::new();
    let mut piece = limit as u64;
    loop {
        let read = Read::by_ref(&mut file).take(piece).read_to_end(&mut lines).map_err(failed)?;
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        // A line longer than the limit is read to its end, however long it is.
        if whole > 0 || read == 0 {
            lines.truncate(whole);
            return Ok(lines);
        }
        piece = limit as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(journal: &Journal, from: Position) -> (String, Position) {
        let (mut text, mut at) = (String::new(), from);
        loop {
            let (lines, next) = journal.read(at, 7).unwrap();
            if lines.is_empty() {
                return (text, at);
            }
            text.push_str(std::str::from_utf8(&lines).unwrap());
            at = next;
        }
    }

    #[test]
    fn what_was_appended_is_read_in_order_also_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(b"one\n").unwrap();
        journal.append(b"a line longer than the limit\n").unwrap();
        drop(journal);
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(b"three\n").unwrap();
        let (text, end) = all(&journal, Position::default());
        assert_eq!(text, "one\na line longer than the limit\nthree\n");
        assert_eq!(end, journal.end());
    }

    #[test]
    fn a_torn_line_does_not_swallow_the_next() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name(1)), b"one\ntor").unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(b"two\n").unwrap();
        assert_eq!(all(&journal, Position::default()).0, "one\ntor\ntwo\n");
    }

    #[test]
    fn full_segments_are_followed_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(b"first\n").unwrap();
        journal.open.lock().length = SEGMENT;
        journal.append(b"second\n").unwrap();
        let (text, end) = all(&journal, Position::default());
        assert_eq!((text.as_str(), end.segment), ("first\nsecond\n", 2));
        journal.forget_before(end).unwrap();
        assert_eq!(segments(folder.path()).unwrap(), [2]);
    }
}
