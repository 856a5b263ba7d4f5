//! The examples as files: complete, sound, and in agreement with one another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::path::{Path, PathBuf};

use brink::bundle_files;
use brink::project::{Project, ProjectFunction};
use brink_shared::event::from_json::event_from_json;
use brink_shared::registry::Runtime;
use brink_shared::registry::check::{Quotas, check};

fn examples() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<(String, PathBuf)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    found.sort();
    assert!(found.len() >= 9, "{found:?}");
    found
}

/// The projects of an example, each with its folder and runtime.
fn projects(example: &Path) -> Vec<(PathBuf, Runtime)> {
    if example.join("function/bootstrap").exists() {
        return vec![(example.to_owned(), Runtime::Provided)];
    }
    vec![(example.to_owned(), Runtime::Boa), (example.join("python"), Runtime::Python)]
}

#[test]
fn every_project_is_sound_and_its_functions_have_files() {
    for (name, folder) in examples() {
        for (folder, runtime) in projects(&folder) {
            let mut project = Project::load(&folder).unwrap_or_else(|error| panic!("{error}"));
            for (function, settings) in &project.functions {
                let ProjectFunction { source, settings } = settings;
                assert_eq!(settings.runtime, runtime.into(), "{name}: {function}");
                let read = bundle_files::read(source, runtime, &settings.handler).unwrap();
                let module = settings.handler.split('.').next().unwrap();
                let file = match runtime {
                    Runtime::Python => format!("{module}.py"),
                    Runtime::Provided => "bootstrap".to_owned(),
                    Runtime::Boa | Runtime::Nodejs => format!("{module}.js"),
                };
                assert!(read.bundle.file(&file).is_some(), "{name}: {function}");
            }
            for behavior in &mut project.distribution.behaviors {
                for association in behavior.functions.values_mut() {
                    association.function.number = Some(1);
                }
            }
            let problems = check(&project.distribution, &Quotas::default(), &|_| true);
            assert!(problems.is_empty(), "{name}: {problems:?}");
        }
    }
}

#[test]
fn both_projects_of_an_example_differ_in_their_functions_only() {
    for (name, folder) in examples() {
        let both: Vec<Project> =
            projects(&folder).iter().map(|(folder, _)| Project::load(folder).unwrap()).collect();
        let [javascript, python] = &both[..] else { continue };
        assert_eq!(javascript.distribution, python.distribution, "{name}");
        assert_eq!(javascript.origin, python.origin, "{name}");
        let names = |project: &Project| project.functions.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(javascript), names(python), "{name}");
        for (function, written) in &javascript.functions {
            let mut settings = python.functions[function].settings.clone();
            settings.runtime = written.settings.runtime;
            settings.handler = written.settings.handler.clone();
            assert_eq!(settings, written.settings, "{name}: {function}");
        }
    }
}

#[test]
fn every_sample_event_is_an_event_of_a_trigger_that_the_project_uses() {
    for (name, folder) in examples() {
        let project = Project::load(&folder).unwrap();
        let used: Vec<_> =
            project.distribution.associations().map(|(_, trigger, _)| trigger).collect();
        let lines = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
        for line in lines.lines() {
            let event = event_from_json(&serde_json::from_str(line).unwrap()).unwrap();
            assert!(used.contains(&event.config.event_type), "{name}: {line}");
            assert_eq!(event.config.distribution_id, project.distribution.id.as_str());
        }
    }
}

#[test]
fn every_example_is_in_the_list_and_tells_its_command() {
    let (_, first) = &examples()[0];
    let list = std::fs::read_to_string(first.parent().unwrap().join("README.md")).unwrap();
    for (name, folder) in examples() {
        assert!(list.contains(&format!("[{name}]({name})")), "{name} is not listed");
        let text = std::fs::read_to_string(folder.join("README.md")).unwrap();
        let command = format!("brink dev deploy/examples/{name}\n");
        assert!(text.contains(&command), "{name}: no {command}");
    }
}

#[test]
fn the_configuration_for_cache_tests_is_sound_and_the_documentation_shows_it() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = deploy.join("tests/cache-tests/run.mjs");
    let printed = std::process::Command::new("node").arg(script).arg("--print-config").output();
    let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
    let shown = std::fs::read_to_string(deploy.join("docs/caching.md")).unwrap();
    assert!(shown.contains(&format!("```toml\n{printed}```\n")), "{printed}");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("brink.toml"), printed).unwrap();
    let project = Project::load(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    let problems = check(&project.distribution, &Quotas::default(), &|_| true);
    assert!(problems.is_empty(), "{problems:?}");
}
