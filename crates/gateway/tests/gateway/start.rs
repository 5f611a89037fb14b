//! The first minutes: what the program says, and whether it is true.

use std::path::Path;
use std::process::Stdio;

use ferrolite_testkit::{FakeProvider, eventually};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Launch, MASTER_KEY, SOON, config, question, rows};

/// The command of the banner as somebody would paste it.
fn pasted(banner: &str) -> &str {
    let (_, rest) = banner.split_once("Try it:").expect("the banner says how to try");
    rest.split("\n\n").find(|paragraph| paragraph.trim_start().starts_with("curl ")).expect("a curl line")
}

/// What a shell makes of `command`, with this variable exported.
async fn shell(command: &str, variable: (&str, &str)) -> Value {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env(variable.0, variable.1).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(SOON, shell.output()).await.expect("curl ends soon").unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{command}\n{stdout}\n{stderr}"))
}

fn words(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn without_any_configuration_the_pasted_line_is_answered() {
    let home = tempfile::tempdir().unwrap();
    let gateway = Launch::at(home.path()).serving().start().await;
    let banner = gateway.stdout();
    assert!(banner.contains("mock/*") && banner.contains(home.path().to_str().unwrap()), "{banner}");
    let key = banner.split_whitespace().find(|word| word.starts_with("sk-")).expect("a key");
    assert_eq!(key.len(), "sk-".len() + 32);
    assert!(pasted(&banner).contains(key));
    let answer = shell(pasted(&banner), ("LITELLM_MASTER_KEY", "sk-another")).await;
    assert_eq!(words(&answer), "You said: Hello!");
}

#[tokio::test]
async fn every_run_without_a_key_makes_a_new_one() {
    let home = tempfile::tempdir().unwrap();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let banner = Launch::at(home.path()).serving().start().await.stdout();
        keys.push(banner.split_whitespace().find(|word| word.starts_with("sk-")).unwrap().to_owned());
    }
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn with_a_key_of_ones_own_the_pasted_line_is_answered_and_the_key_not_shown() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let launch = || Launch::at(home.path()).serving().env("LITELLM_MASTER_KEY", MASTER_KEY);
    for launch in [launch(), launch().configured(&config(&provider))] {
        let gateway = launch.start().await;
        let banner = gateway.stdout();
        assert!(!banner.contains(MASTER_KEY), "{banner}");
        words(&shell(pasted(&banner), ("LITELLM_MASTER_KEY", MASTER_KEY)).await);
    }
}

#[tokio::test]
async fn without_a_master_key_the_pasted_line_needs_none() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let mut config = config(&provider);
    config["general_settings"] = json!({});
    let gateway = Launch::at(home.path()).serving().configured(&config).start().await;
    let banner = gateway.stdout();
    assert!(banner.contains("everybody") && !pasted(&banner).contains("Authorization"), "{banner}");
    assert_eq!(words(&shell(pasted(&banner), ("UNRELATED", "")).await), "The user said: Hello!");
}

#[tokio::test]
async fn a_model_of_any_name_can_be_pasted() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let mut config = config(&provider);
    config["model_list"][0]["model_name"] = r#"it's "fast" \o/ $HOME"#.into();
    let gateway = Launch::at(home.path()).serving().configured(&config).start().await;
    words(&shell(pasted(&gateway.stdout()), ("LITELLM_MASTER_KEY", MASTER_KEY)).await);
}

#[tokio::test]
async fn providers_whose_key_is_in_the_environment_are_served() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let launch = Launch::at(home.path()).serving().env("LITELLM_MASTER_KEY", MASTER_KEY);
    let base = format!("{}/v1", provider.url());
    let gateway =
        launch.env("OPENAI_API_KEY", "sk-mine").env("OPENAI_BASE_URL", &base).key(MASTER_KEY).start().await;
    assert!(gateway.stdout().contains("openai/*"), "{}", gateway.stdout());
    let mut request = question();
    request["model"] = "openai/gpt-4o".into();
    assert_eq!(gateway.chat(&request).await.words(), "The user said: hi");
    assert_eq!(provider.requests()[0].header("authorization"), Some("Bearer sk-mine"));
    request["model"] = "anthropic/claude-sonnet-4-5".into();
    assert_eq!(gateway.chat(&request).await.status, 400, "no key for it is in the environment");
}

#[tokio::test]
async fn a_first_call_is_made_and_shown_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let gateway = Launch::at(home.path()).serving().arguments(&["--try"]).start().await;
    eventually(SOON, async || gateway.stdout().contains("You said: Hello!")).await;
}

async fn spend(home: &Path) -> crate::support::Exit {
    Launch::at(home).arguments(&["spend"]).run().await
}

#[tokio::test]
async fn what_was_spent_is_shown_while_the_gateway_runs_and_after() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let mut gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    for _ in 0..3 {
        assert_eq!(gateway.chat(&question()).await.status, 200);
    }
    assert_eq!(gateway.chat(&json!({"model": "slow", "messages": []})).await.status, 400);
    eventually(SOON, async || line_of("slow", &spend(home.path()).await.stdout).is_some()).await;
    gateway.terminate().await;
    assert!(gateway.ended().await.success());
    let table = spend(home.path()).await.stdout;
    assert_eq!(line_of("fast", &table).unwrap()[2..4], ["3", "0"], "{table}");
    assert_eq!(line_of("slow", &table).unwrap()[2..4], ["1", "1"], "{table}");
    assert_eq!(rows(home.path()).await.len(), 4);
}

/// The cells of the line about `model`.
fn line_of<'a>(model: &str, table: &'a str) -> Option<Vec<&'a str>> {
    let lines = table.lines().map(|line| line.split(['│', '┆', '|']).map(str::trim).collect::<Vec<_>>());
    let cells = |line: Vec<&'a str>| line.into_iter().flat_map(str::split_whitespace).collect::<Vec<_>>();
    lines.map(cells).find(|cells| cells.contains(&model))
}

#[tokio::test]
async fn where_nothing_was_spent_that_is_said() {
    let home = tempfile::tempdir().unwrap();
    let told = spend(home.path()).await;
    assert!(!told.status.success() && told.stderr.contains("nothing was recorded"), "{}", told.stderr);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_the_other_gateway_goes_on() {
    let provider = FakeProvider::openai().await;
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    let (_, port) = gateway.authority().split_once(':').unwrap();
    for state in [home.path(), other.path()] {
        let second = Launch::at(state).arguments(&["--host", "127.0.0.1", "--port", port]).run().await;
        assert!(!second.status.success());
        let said = second.stderr;
        assert!(
            said.contains(&format!("cannot listen on 127.0.0.1:{port}")) && said.contains("in use"),
            "{said}"
        );
    }
    assert_eq!(gateway.chat(&question()).await.status, 200);
}

#[tokio::test]
async fn a_second_gateway_on_the_same_state_is_refused() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    let second = Launch::at(home.path()).serving().run().await;
    assert!(!second.status.success() && second.stderr.contains("another gateway"), "{}", second.stderr);
    assert_eq!(gateway.chat(&question()).await.status, 200);
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_named() {
    let home = tempfile::tempdir().unwrap();
    let missing =
        Launch::at(home.path()).serving().arguments(&["--config", "/nowhere/config.yaml"]).run().await;
    assert!(
        !missing.status.success() && missing.stderr.contains("/nowhere/config.yaml"),
        "{}",
        missing.stderr
    );
    let file = home.path().join("broken.yaml");
    std::fs::write(&file, "model_list: [\n").unwrap();
    let broken =
        Launch::at(home.path()).serving().arguments(&["--config", file.to_str().unwrap()]).run().await;
    assert!(!broken.status.success() && broken.stderr.contains("broken.yaml"), "{}", broken.stderr);
}
