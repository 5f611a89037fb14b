//! What a file means: includes, references, and values of another type than the declared one.

use std::path::Path;

use ferrolite_gateway::config::{Config, Reading, Secret, read};
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

fn reading(folder: &Path) -> Reading {
    read(&folder.join("config.yaml"), &[], &|name| (name == "OF_THE_PROCESS").then(|| "process".to_owned()))
}

/// What one file says; it must have no errors.
fn said(text: &str) -> Config {
    let folder = folder(&[("config.yaml", text)]);
    let Reading { config, report, .. } = reading(folder.path());
    assert_eq!(report.errors(), 0, "{}", report.render(false));
    config
}

/// What is wrong with one file.
fn mistakes(text: &str) -> String {
    let folder = folder(&[("config.yaml", text)]);
    reading(folder.path()).report.render(false)
}

fn names(config: &Config) -> Vec<&str> {
    config.model_list.iter().map(|entry| entry.model_name.as_str()).collect()
}

const A: &str = "- {model_name: a, litellm_params: {model: mock/a}}";
const B: &str = "- {model_name: b, litellm_params: {model: mock/b}}";
const C: &str = "- {model_name: c, litellm_params: {model: mock/c}}";

#[test]
fn lists_of_included_files_are_appended_and_sections_replaced() {
    let root =
        format!("include: [more.yaml]\nmodel_list:\n{A}\nrouter_settings: {{num_retries: 1, timeout: 5}}");
    let more = format!(
        "model_list:\n{B}\nrouter_settings: {{num_retries: 2}}\nlitellm_settings: {{num_retries: 3}}"
    );
    let folder = folder(&[("config.yaml", &root), ("more.yaml", &more)]);
    let Reading { config, report, .. } = reading(folder.path());
    assert_eq!(names(&config), ["a", "b"]);
    assert_eq!((config.router_settings.num_retries, config.router_settings.timeout), (Some(2), None));
    assert_eq!(config.litellm_settings.num_retries, Some(3));
    assert!(report.render(false).contains("an included file replaces all of `router_settings`"));
}

#[test]
fn included_files_include_beside_themselves_and_only_once() {
    let root = format!("include: [parts/one.yaml, parts/two.yaml]\nmodel_list:\n{A}");
    let one = format!("include: [two.yaml, ../config.yaml]\nmodel_list:\n{B}");
    let two = format!("model_list:\n{C}");
    let folder = folder(&[("config.yaml", &root), ("parts/one.yaml", &one), ("parts/two.yaml", &two)]);
    assert_eq!(names(&reading(folder.path()).config), ["a", "b", "c"]);
}

#[test]
fn mistakes_are_told_in_the_file_that_makes_them() {
    let files =
        [("config.yaml", "include: [more.yaml]"), ("more.yaml", "\nrouter_settings: {num_retires: 1}")];
    let folder = folder(&files);
    assert!(reading(folder.path()).report.render(false).contains("more.yaml:2:19"));
}

#[test]
fn variables_of_the_file_win_over_those_of_the_process() {
    let config = said(
        "environment_variables: {OF_THE_FILE: file, COPIED: os.environ/OF_THE_PROCESS, FLAG: yes, COUNT: 010}\n\
         model_list:\n\
         - {model_name: os.environ/OF_THE_FILE, litellm_params: {model: os.environ/OF_THE_PROCESS}}",
    );
    assert_eq!(names(&config), ["file"]);
    assert_eq!(config.model_list[0].litellm_params.model, "process");
    let variable = |name| config.environment_variables.get(name, &|_| None);
    assert_eq!(variable("COPIED").as_deref(), Some("process"));
    assert_eq!((variable("FLAG").as_deref(), variable("COUNT").as_deref()), (Some("True"), Some("8")));
}

#[test]
fn a_secret_can_lie_in_a_file_beside_the_configuration() {
    let folder = folder(&[
        ("config.yaml", "general_settings: {master_key: os.file/secrets/key}"),
        ("secrets/key", "sk-of-the-file\n"),
    ]);
    let config = reading(folder.path()).config;
    assert_eq!(config.general_settings.master_key, Some(Secret::new("sk-of-the-file")));
    assert!(!format!("{config:?}").contains("sk-of-the-file"));
}

#[test]
fn numbers_and_truths_may_be_given_as_text() {
    let config = said(
        "router_settings: {num_retries: '2', timeout: 1e-1, retry_after: os.environ/SECONDS}\n\
         litellm_settings: {drop_params: 'true', num_retries: 3.0, modify_params: off}\n\
         environment_variables: {SECONDS: '0.5'}",
    );
    assert_eq!((config.router_settings.num_retries, config.router_settings.timeout), (Some(2), Some(0.1)));
    assert_eq!(config.router_settings.retry_after, Some(0.5));
    assert_eq!(
        (config.litellm_settings.drop_params, config.litellm_settings.num_retries),
        (Some(true), Some(3))
    );
    assert_eq!(config.litellm_settings.modify_params, Some(false));
}

#[test]
fn a_text_that_yaml_takes_for_something_else_stays_as_it_is_written_and_is_told() {
    let text = "model_list: [{model_name: 1.10, litellm_params: {model: mock/a, api_version: 2024-10-21}}]";
    let config = said(text);
    assert_eq!(names(&config), ["1.10"]);
    assert_eq!(config.model_list[0].litellm_params.api_version.as_deref(), Some("2024-10-21"));
    assert!(mistakes(text).contains("`model_list[0].model_name` is a text: write it in quotes"));
}

#[test]
fn parameters_that_nobody_declared_are_kept_in_their_order() {
    let config = said(
        "model_list: [{model_name: a, litellm_params: {model: mock/a, zeta: 1, alpha: [1.5, null], input_cost_per_token: 1e-6}}]",
    );
    let rest = &config.model_list[0].litellm_params.rest.0;
    assert_eq!(
        serde_json::to_string(rest).unwrap(),
        r#"{"zeta":1,"alpha":[1.5,null],"input_cost_per_token":1e-6}"#
    );
}

#[test]
fn a_deployment_with_mistakes_is_left_out_and_the_others_stay() {
    let text = format!(
        "model_list:\n{A}\n- {{model_name: bad, litellm_params: {{model: mock/x, timeout: soon}}}}\n{B}"
    );
    let folder = folder(&[("config.yaml", &text)]);
    let Reading { config, report, .. } = reading(folder.path());
    assert_eq!(names(&config), ["a", "b"]);
    assert_eq!((report.errors(), report.refuses(false), report.refuses(true)), (1, false, true));
}

#[test]
fn a_deployment_whose_key_is_missing_does_not_use_another_one() {
    let text =
        "model_list: [{model_name: a, litellm_params: {model: openai/x, api_key: os.environ/MISSING}}]";
    let folder = folder(&[("config.yaml", text)]);
    assert!(reading(folder.path()).config.model_list.is_empty());
}

#[test]
fn a_mistake_outside_of_the_deployments_refuses_the_file() {
    let folder = folder(&[("config.yaml", "general_settings: {master_key: os.environ/MISSING}")]);
    assert!(reading(folder.path()).report.refuses(false));
}

#[test]
fn a_setting_that_is_switched_off_needs_no_support() {
    assert_eq!(
        mistakes("general_settings: {enable_jwt_auth: false, allowed_ips: [], custom_auth: null}"),
        ""
    );
}

#[test]
fn an_accepted_protection_becomes_a_warning() {
    let folder =
        folder(&[("config.yaml", "general_settings: {custom_auth: a.b}\nguardrails: [{guardrail_name: a}]")]);
    let accepted = ["general_settings.custom_auth".to_owned()];
    let report = read(&folder.path().join("config.yaml"), &accepted, &|_| None).report;
    let text = report.render(false);
    assert!(text.contains("warning: `general_settings.custom_auth` is not supported yet"), "{text}");
    assert!(text.contains("--accept-unsupported=guardrails") && report.refuses(false), "{text}");
}

#[test]
fn the_same_setting_in_many_deployments_is_told_once() {
    let entry = "- {model_name: a, litellm_params: {model: mock/a, max_parallel_requests: 1}}\n";
    let report = mistakes(&format!("model_list:\n{}", entry.repeat(5)));
    assert_eq!(report.matches("max_parallel_requests` is a protection").count(), 1);
    assert!(report.contains("the same in 4 more places"), "{report}");
}

#[test]
fn a_large_file_is_read_in_no_time() {
    let entry = "- {model_name: a, litellm_params: {model: mock/a, api_base: 'https://example.com/v1', timeout: 5}}\n";
    let config = said(&format!("model_list:\n{}", entry.repeat(5_000)));
    assert_eq!(config.model_list.len(), 5_000);
}
