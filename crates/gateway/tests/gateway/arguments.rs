//! The arguments of the program, under its own name and LiteLLM's.

use std::path::{Path, PathBuf};

use crate::support::{Exit, Launch, question, with};

async fn run(home: &Path, arguments: &[&str]) -> Exit {
    Launch::at(home).arguments(arguments).run().await
}

fn file(home: &Path, text: &str) -> PathBuf {
    let file = home.join("config.yaml");
    std::fs::write(&file, text).unwrap();
    file
}

#[tokio::test]
async fn a_configuration_without_mistakes_passes_the_check() {
    let home = tempfile::tempdir().unwrap();
    let file = file(home.path(), "model_list: [{model_name: a, litellm_params: {model: mock/a}}]");
    let file = file.to_str().unwrap();
    for arguments in
        [vec!["check", file], vec!["check", "--strict", file], vec!["--config", file, "--validate_config"]]
    {
        let exit = run(home.path(), &arguments).await;
        assert!(exit.status.success() && exit.stderr.contains("no mistakes"), "{}", exit.stderr);
    }
}

#[tokio::test]
async fn warnings_fail_the_check_only_when_it_is_strict() {
    let home = tempfile::tempdir().unwrap();
    let file = file(home.path(), "router_settings: {num_retires: 3}");
    let file = file.to_str().unwrap();
    let exit = run(home.path(), &["check", file]).await;
    assert!(exit.status.success() && exit.stderr.contains("did you mean `num_retries`?"), "{}", exit.stderr);
    assert!(!run(home.path(), &["check", "--strict", file]).await.status.success());
}

#[tokio::test]
async fn a_mistake_in_one_deployment_fails_the_check_and_not_the_start() {
    let home = tempfile::tempdir().unwrap();
    let text = "model_list:\n- {model_name: bad, litellm_params: {}}\n- {model_name: good, litellm_params: {model: mock/a}}";
    let file = file(home.path(), text);
    let file = file.to_str().unwrap();
    let exit = run(home.path(), &["check", file]).await;
    assert!(!exit.status.success() && exit.stderr.contains("config.yaml:2:"), "{}", exit.stderr);
    let gateway = Launch::at(home.path()).serving().arguments(&["--config", file]).start().await;
    assert_eq!(gateway.chat(&with(question(), "model", "good")).await.status, 200);
    assert!(gateway.output().contains("the gateway starts without this deployment"));
    assert!(!run(home.path(), &["--port", "0", "--strict", "--config", file]).await.status.success());
}

#[tokio::test]
async fn a_protection_that_is_not_supported_must_be_given_up_in_words() {
    let home = tempfile::tempdir().unwrap();
    let file = file(home.path(), "general_settings: {custom_auth: my_auth.check}");
    let file = file.to_str().unwrap();
    let exit = run(home.path(), &["check", file]).await;
    let words = "--accept-unsupported=general_settings.custom_auth";
    assert!(!exit.status.success() && exit.stderr.contains(words), "{}", exit.stderr);
    assert!(run(home.path(), &["check", words, file]).await.status.success());
}

#[tokio::test]
async fn one_model_can_be_served_by_arguments_alone() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--model", "mock/a", "--alias", "fast", "--num_workers", "4"];
    let gateway = Launch::at(home.path()).serving().arguments(&arguments).start().await;
    assert_eq!(gateway.chat(&question()).await.status, 200);
    assert!(gateway.output().contains("--num_workers has no effect: one process uses every core"));
}

#[tokio::test]
async fn a_link_called_litellm_is_litellm() {
    let home = tempfile::tempdir().unwrap();
    let litellm = home.path().join("litellm");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ferrolite"), &litellm).unwrap();
    let output = tokio::process::Command::new(&litellm).arg("--help").output().await.unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Usage: litellm") && help.contains("--config"), "{help}");
    assert!(run(home.path(), &["-v"]).await.stdout.starts_with("ferrolite "));
}

#[tokio::test]
async fn the_schema_is_printed_for_editors() {
    let home = tempfile::tempdir().unwrap();
    let exit = run(home.path(), &["schema"]).await;
    let schema: serde_json::Value = serde_json::from_str(&exit.stdout).unwrap();
    assert!(schema["properties"]["model_list"].is_object());
}

#[tokio::test]
async fn the_database_can_be_prepared_without_serving() {
    let home = tempfile::tempdir().unwrap();
    let exit = run(home.path(), &["--port", "0", "--skip_server_startup"]).await;
    assert!(exit.status.success(), "{}", exit.stderr);
    assert!(home.path().join("ferrolite.sqlite").exists());
}
