//! From the journal to the database: all of it, once, whatever happens in between.

use std::sync::Arc;
use std::time::Duration;

use ferrolite_store::{Flusher, Records, SpendRange, Sqlite};
use ferrolite_testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::ledger::{DAY, Life, folder, line};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn what_one_life_left_behind_the_next_carries_over() {
    let folder = folder();
    Life::begin(folder.path()).await.record(0..3);
    let life = Life::begin(folder.path()).await;
    life.record(3..5);
    life.flusher.drain().await.unwrap();
    assert_eq!(life.calls().await, 5);
}

#[tokio::test]
async fn lives_that_end_after_every_step_count_everything_once() {
    const LIVES: usize = 10;
    let folder = folder();
    for number in 0..LIVES {
        let life = Life::begin(folder.path()).await;
        life.record([number]);
        if number % 2 == 0 {
            life.flusher.drain().await.unwrap();
        }
    }
    let life = Life::begin(folder.path()).await;
    life.flusher.drain().await.unwrap();
    assert_eq!(life.calls().await, LIVES as i64);
}

#[tokio::test]
async fn carrying_over_twice_at_once_counts_once() {
    const CALLS: usize = 500;
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    life.record(0..CALLS);
    let another = Sqlite::open(&folder.path().join("db.sqlite")).await.unwrap();
    let second = Flusher::new(Arc::clone(&life.journal), Arc::new(another));
    let (first, second) = tokio::join!(life.flusher.drain(), second.drain());
    first.unwrap();
    second.unwrap();
    assert_eq!(life.calls().await, CALLS as i64);
}

#[tokio::test]
async fn rows_arrive_while_the_flusher_runs_and_the_last_ones_at_its_end() {
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(life.flusher.clone().run(stop.clone()));
    life.record(0..3);
    eventually(SOON, async || life.calls().await == 3).await;
    life.record(3..4);
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(life.calls().await, 4);
}

#[tokio::test]
async fn what_is_no_record_is_left_out_and_holds_up_nobody() {
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    let nothing = ["{\"id\":\"torn", "", "null", "7", "[]", "{}", "{\"id\":\"half\"}", "\u{fffd}"];
    for text in nothing {
        life.journal.append(format!("{text}\n").as_bytes()).unwrap();
    }
    life.record([1]);
    life.flusher.drain().await.unwrap();
    assert_eq!(life.calls().await, 1);
    life.record([2]);
    life.flusher.drain().await.unwrap();
    assert_eq!(life.calls().await, 2);
}

#[tokio::test]
async fn rows_wait_in_the_journal_while_the_database_is_busy() {
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    life.record(0..3);
    life.database.close().await;
    life.flusher.drain().await.unwrap_err();
    drop(life);
    let life = Life::begin(folder.path()).await;
    life.flusher.drain().await.unwrap();
    assert_eq!(life.calls().await, 3);
}

#[tokio::test]
async fn words_of_callers_are_kept_as_they_are() {
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    for (id, model) in
        ["it's", "\\u0022quoted\\u0022", "schräg\\n新", "', 1); DROP TABLE spend; --"].into_iter().enumerate()
    {
        life.journal.append(line(&id.to_string(), model, DAY).as_bytes()).unwrap();
    }
    life.flusher.drain().await.unwrap();
    let mut models: Vec<String> =
        life.spent(SpendRange::default()).await.into_iter().map(|line| line.model).collect();
    models.sort_unstable();
    assert_eq!(models, ["\"quoted\"", "', 1); DROP TABLE spend; --", "it's", "schräg\n新"]);
}

#[tokio::test]
async fn spend_is_told_by_day_and_model_within_a_range() {
    const ONE_DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    let calls = [("a", DAY - 1), ("a", DAY), ("b", DAY + ONE_DAY - 1), ("a", DAY + ONE_DAY)];
    for (id, (model, started)) in calls.into_iter().enumerate() {
        life.journal.append(line(&id.to_string(), model, started).as_bytes()).unwrap();
    }
    life.flusher.drain().await.unwrap();
    let told = async |from: Option<&str>, to: Option<&str>| {
        let range = SpendRange { from: from.map(str::to_owned), to: to.map(str::to_owned) };
        let lines = life.spent(range).await.into_iter();
        lines.map(|line| (line.day, line.model, line.calls)).collect::<Vec<_>>()
    };
    let line = |day: &str, model: &str| (day.to_owned(), model.to_owned(), 1);
    let days =
        [line("2026-11-23", "a"), line("2026-11-22", "a"), line("2026-11-22", "b"), line("2026-11-21", "a")];
    assert_eq!(told(None, None).await, days);
    assert_eq!(told(Some("2026-11-22"), Some("2026-11-22")).await, days[1..3]);
    assert_eq!(told(Some("2026-11-23"), None).await, days[..1]);
    assert_eq!(told(None, Some("2026-11-21")).await, days[3..]);
}

#[tokio::test]
async fn sums_are_exact_beyond_what_a_float_can_hold() {
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    let cost = (1_i64 << 60) + 1;
    for id in 0..3 {
        let record =
            line(&id.to_string(), "m", DAY).replace("\"cost_pico\":7", &format!("\"cost_pico\":{cost}"));
        life.journal.append(record.as_bytes()).unwrap();
    }
    life.flusher.drain().await.unwrap();
    assert_eq!(life.spent(SpendRange::default()).await[0].cost_pico, 3 * cost);
}

#[tokio::test]
async fn a_database_that_is_none_is_refused() {
    let folder = folder();
    let file = folder.path().join("db.sqlite");
    std::fs::write(&file, "this is a diary, not a database, and it is long enough to be sure of that")
        .unwrap();
    let refused = Sqlite::open(&file).await.unwrap_err();
    assert!(refused.to_string().contains("not a database"), "{refused}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is a diary"));
}

#[tokio::test]
async fn the_place_reached_is_remembered() {
    let folder = folder();
    let life = Life::begin(folder.path()).await;
    life.record([1]);
    life.flusher.drain().await.unwrap();
    assert_eq!(life.database.position().await.unwrap(), life.journal.end());
}
