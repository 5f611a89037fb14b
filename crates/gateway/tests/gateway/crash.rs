//! Death in the middle of work: what was answered is recorded, once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ferrolite_testkit::{FakeProvider, eventually};
use serde_json::Value;

use crate::support::{Launch, Process, SOON, config, question, rows, streamed_question};

/// The call ids of answers that were heard to their end.
type Heard = Arc<Mutex<Vec<String>>>;

const CALLERS: usize = 12;

/// Calls until the gateway is gone.
async fn call_until_the_end(gateway: Arc<Process>, name: String, heard: Heard) {
    for number in 0.. {
        let call_id = format!("{name}-{number}");
        let end = if number % 2 == 0 {
            heard_whole(&gateway, &call_id).await
        } else {
            heard_stream(&gateway, &call_id).await
        };
        if !end {
            return;
        }
        heard.lock().unwrap().push(call_id);
    }
}

async fn heard_whole(gateway: &Process, call_id: &str) -> bool {
    let Ok(open) = gateway.open_as(call_id, &question()).await else { return false };
    open.status == 200 && open.whole().await.is_ok()
}

async fn heard_stream(gateway: &Process, call_id: &str) -> bool {
    let Ok(mut open) = gateway.open_as(call_id, &streamed_question()).await else { return false };
    open.sees("[DONE]").await.unwrap_or(false)
}

/// Kills a gateway when its callers, who know nothing of it, have heard `enough` answers of all gateways.
async fn die_under_load(home: &Path, config: &Value, enough: usize, heard: &Heard) {
    let gateway = Arc::new(Launch::at(home).serving().configured(config).start().await);
    let calling = |caller| {
        let name = format!("until-{enough}-caller-{caller}");
        tokio::spawn(call_until_the_end(Arc::clone(&gateway), name, Arc::clone(heard)))
    };
    let callers: Vec<_> = (0..CALLERS).map(calling).collect();
    eventually(SOON, async || heard.lock().unwrap().len() >= enough).await;
    gateway.kill().await;
    for caller in callers {
        caller.await.unwrap();
    }
    Arc::into_inner(gateway).expect("the callers are done").ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_call_has_one_record_after_the_gateway_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let provider = FakeProvider::openai().await;
    let config = config(&provider);
    let heard = Heard::default();
    for enough in [1, 100, 300] {
        die_under_load(home.path(), &config, enough, &heard).await;
    }
    let mut last = Launch::at(home.path()).serving().configured(&config).start().await;
    last.terminate().await;
    assert!(last.ended().await.success(), "{}", last.output());

    let mut recorded: HashMap<String, usize> = HashMap::new();
    for row in rows(home.path()).await {
        *recorded.entry(row["call_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let twice: Vec<&String> = recorded.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect();
    assert_eq!(twice, Vec::<&String>::new(), "recorded more than once");
    let heard = heard.lock().unwrap().clone();
    let lost: Vec<&String> = heard.iter().filter(|id| !recorded.contains_key(*id)).collect();
    assert_eq!(lost, Vec::<&String>::new(), "answered and not recorded");

    let table = Launch::at(home.path()).arguments(&["spend"]).run().await.stdout;
    assert!(
        table.split_whitespace().any(|cell| cell == recorded.len().to_string()),
        "{} in {table}",
        recorded.len()
    );
}

#[tokio::test]
async fn a_line_torn_by_the_crash_costs_that_line_alone() {
    let home = tempfile::tempdir().unwrap();
    let provider = FakeProvider::openai().await;
    let config = config(&provider);
    let mut gateway = Launch::at(home.path()).serving().configured(&config).start().await;
    assert_eq!(gateway.chat(&question()).await.status, 200);
    gateway.kill().await;
    gateway.ended().await;
    let journal = std::fs::read_dir(home.path().join("journal")).unwrap().map(|file| file.unwrap().path());
    let segment = journal.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl")).max().unwrap();
    let mut lines = std::fs::read(&segment).unwrap();
    lines.extend_from_slice(b"{\"id\":\"torn");
    std::fs::write(&segment, lines).unwrap();

    let mut gateway = Launch::at(home.path()).serving().configured(&config).start().await;
    assert_eq!(gateway.chat(&question()).await.status, 200);
    gateway.terminate().await;
    assert!(gateway.ended().await.success());
    assert_eq!(rows(home.path()).await.len(), 2);
}
