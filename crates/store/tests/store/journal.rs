//! The journal alone.

use std::sync::Arc;

use ferrolite_store::{Journal, Position, StoreError};

use crate::ledger::folder;

fn whole(journal: &Journal) -> String {
    let (mut text, mut at) = (String::new(), Position::default());
    loop {
        let (lines, next) = journal.read(at, 1 << 16).unwrap();
        if lines.is_empty() {
            return text;
        }
        text.push_str(std::str::from_utf8(&lines).unwrap());
        at = next;
    }
}

#[test]
fn lines_of_many_writers_are_all_there_and_whole() {
    const WRITERS: usize = 8;
    const LINES: usize = 200;
    let folder = folder();
    let journal = Arc::new(Journal::open(folder.path()).unwrap());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let journal = Arc::clone(&journal);
            scope.spawn(move || {
                for number in 0..LINES {
                    let text = format!("{writer}-{number}-{}\n", "x".repeat(number));
                    journal.append(text.as_bytes()).unwrap();
                }
            });
        }
    });
    let text = whole(&journal);
    let mut lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|line| line.split('-').nth(1).unwrap() == line.rsplit('-').next().unwrap().len().to_string()));
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), WRITERS * LINES);
}

#[test]
fn a_folder_has_one_writer_at_a_time() {
    let folder = folder();
    let first = Journal::open(folder.path()).unwrap();
    let refused = Journal::open(folder.path()).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { .. }));
    assert!(refused.to_string().contains(folder.path().to_str().unwrap()), "{refused}");
    drop(first);
    Journal::open(folder.path()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = Journal::open(&file.join("journal")).unwrap_err();
    assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
}

#[test]
fn other_files_in_the_folder_are_left_alone() {
    let folder = folder();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    journal.append(b"one\n").unwrap();
    journal.forget_before(Position { segment: 99, offset: 0 }).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
}
