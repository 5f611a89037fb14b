//! A configuration that changes while the gateway runs.

use std::path::Path;

use ferrolite_testkit::{FakeProvider, eventually};
use serde_json::{Value, json};

use crate::support::{Launch, Process, SOON, config, deployment, question};

/// The usual configuration with one model more.
fn config_with(model: &str, provider: &FakeProvider) -> Value {
    let mut config = config(provider);
    let mut another = deployment(provider);
    another["model_name"] = model.into();
    config["model_list"].as_array_mut().unwrap().push(another);
    config
}

async fn serves(model: &str, gateway: &Process) -> bool {
    gateway.get("/v1/models").await.text().contains(&format!("\"{model}\""))
}

/// Puts a whole file in the place of another, as editors do.
fn replace(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, file).unwrap();
}

#[tokio::test]
async fn a_changed_configuration_takes_effect_without_a_restart() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    assert!(!serves("second", &gateway).await);
    replace(&home.path().join("config.yaml"), &config_with("second", &provider).to_string());
    eventually(SOON, async || serves("second", &gateway).await).await;
}

#[tokio::test]
async fn a_broken_configuration_is_refused_and_the_old_one_stays() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.yaml");
    let gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    for broken in ["model_list: [", "general_settings: {master_key: os.environ/NOT_SET}", "model_list: 7"] {
        let refusals = |output: String| output.matches("is refused").count();
        let before = refusals(gateway.output());
        replace(&file, broken);
        eventually(SOON, async || refusals(gateway.output()) > before).await;
        assert_eq!(gateway.chat(&question()).await.status, 200);
    }
    replace(&file, &config_with("second", &provider).to_string());
    eventually(SOON, async || serves("second", &gateway).await).await;
}

#[tokio::test]
async fn a_configuration_that_is_gone_for_a_while_is_read_when_it_is_back() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.yaml");
    let gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    std::fs::remove_file(&file).unwrap();
    eventually(SOON, async || gateway.output().contains("is refused")).await;
    replace(&file, &config_with("second", &provider).to_string());
    eventually(SOON, async || serves("second", &gateway).await).await;
}

#[tokio::test]
async fn a_configuration_changes_when_a_link_above_it_does() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    for (folder, config) in [("one", config(&provider)), ("two", config_with("second", &provider))] {
        std::fs::create_dir(at(folder)).unwrap();
        std::fs::write(at(folder).join("mounted.yaml"), config.to_string()).unwrap();
    }
    std::os::unix::fs::symlink(at("one"), at("data")).unwrap();
    let mounted = at("data").join("mounted.yaml");
    let launch = Launch::at(home.path()).serving().arguments(&["--config", mounted.to_str().unwrap()]);
    let gateway = launch.key(crate::support::MASTER_KEY).start().await;
    assert!(!serves("second", &gateway).await);
    std::os::unix::fs::symlink(at("two"), at("data.new")).unwrap();
    std::fs::rename(at("data.new"), at("data")).unwrap();
    eventually(SOON, async || serves("second", &gateway).await).await;
}

#[tokio::test]
async fn what_a_configuration_is_made_of_is_watched_too() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let mut config = config(&provider);
    config["include"] = json!(["more.yaml"]);
    config["general_settings"] = json!({ "master_key": "os.file/master-key" });
    let mut more = deployment(&provider);
    more["model_name"] = "included".into();
    std::fs::write(home.path().join("more.yaml"), json!({ "model_list": [more] }).to_string()).unwrap();
    std::fs::write(home.path().join("master-key"), "sk-first\n").unwrap();
    let gateway = Launch::at(home.path()).serving().configured(&config).key("sk-second").start().await;
    assert_ne!(gateway.get("/v1/models").await.status, 200, "the key is another one");
    replace(&home.path().join("master-key"), "sk-second");
    eventually(SOON, async || serves("included", &gateway).await).await;
    replace(&home.path().join("more.yaml"), "model_list: []");
    eventually(SOON, async || !serves("included", &gateway).await).await;
}

#[tokio::test]
async fn a_hangup_reads_the_configuration_again() {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let gateway = Launch::at(home.path()).serving().configured(&config(&provider)).start().await;
    gateway.hang_up().await;
    eventually(SOON, async || gateway.output().contains("the new configuration is in effect")).await;
    assert_eq!(gateway.chat(&question()).await.status, 200);
}
