use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// A folder with programs that stand for interpreters.
struct Programs(TempDir);

impl Programs {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Adds a program with this text. Another process writes it: a process that another test starts
    /// meanwhile would hold the open file, and then it could not be run.
    fn add(&self, name: &str, text: &str) -> PathBuf {
        let (source, program) = (self.0.path().join("source"), self.0.path().join(name));
        std::fs::write(&source, format!("#!/bin/sh\n{text}\n")).unwrap();
        let made = Command::new("install").args(["-m", "755"]).arg(&source).arg(&program).status();
        assert!(made.unwrap().success());
        program
    }

    /// Adds an interpreter that says this version. Its own path is beside it.
    fn version(&self, name: &str, version: &str) -> PathBuf {
        let program = self.0.path().join(name).display().to_string();
        let answer = serde_json::json!({
            "version": version, "program": format!("{program}.real"), "readable": [self.0.path()],
            "libraries": [],
        });
        self.add(name, &format!("echo '{answer}'"))
    }

    fn path(&self) -> InterpreterSettings {
        InterpreterSettings { programs: Vec::new(), path: Some(self.0.path().into()) }
    }
}

fn chosen(found: &Interpreters, name: &str) -> (String, Option<String>) {
    let chosen = found.choose(name.parse().unwrap()).unwrap();
    (chosen.interpreter.unwrap().version.to_string(), chosen.warning)
}

fn lacking(found: &Interpreters, name: &str) -> String {
    found.choose(name.parse().unwrap()).unwrap_err().to_string()
}

#[tokio::test]
async fn a_function_gets_its_release_or_the_nearest_newer_one() {
    let programs = Programs::new();
    for (name, version) in [
        ("node", "20.11.1"),
        ("node24", "24.1.0"),
        ("node22", "22.20.0"),
        ("python3", "3.11.7"),
        ("python3.13", "3.13.0"),
        ("python3.12", "3.12.1"),
    ] {
        programs.version(name, version);
    }
    let found = Interpreters::find(&programs.path()).await;
    assert_eq!(found.all().len(), 6);
    for (name, version) in [
        ("nodejs", "24.1.0"),
        ("nodejs20.x", "20.11.1"),
        ("nodejs22.x", "22.20.0"),
        ("python", "3.13.0"),
        ("python3.12", "3.12.1"),
    ] {
        assert_eq!(chosen(&found, name), (version.to_owned(), None), "{name}");
    }
    for (name, version) in
        [("nodejs18.x", "20.11.1"), ("nodejs8.10", "20.11.1"), ("python3.9", "3.11.7")]
    {
        let (given, warning) = chosen(&found, name);
        let warning = warning.unwrap();
        assert_eq!(given, version, "{name}");
        assert!(warning.starts_with(&format!("no {name} here, so it runs on ")), "{warning}");
        assert!(warning.contains(version), "{warning}");
    }
    let told = lacking(&found, "python3.14");
    assert!(told.contains("this machine has no python3.14, only Python 3.11.7 ("), "{told}");
    assert!(told.contains("install Python 3.14 or newer in a folder of PATH"), "{told}");
    let told = lacking(&found, "nodejs26.x");
    assert!(told.contains("install Node.js 26 or newer"), "{told}");
    let offer: Vec<_> = found.offer().names().map(|name| name.to_string()).collect();
    assert_eq!(offer, ["boa", "nodejs24.x", "python3.13"]);
    assert_eq!(found.status(None).len(), 6);
}

#[tokio::test]
async fn functions_own_programs_are_offered_where_sandboxes_have_a_network() {
    let programs = Programs::new();
    programs.version("node", "22.1.0");
    let search = InterpreterSearch::new(programs.path());
    let provided = "provided.al2023".parse().unwrap();
    assert!(search.offer().has(Runtime::Provided) && search.choose(provided).await.is_ok());
    assert_eq!(search.no_provided(), None);
    search.without_provided("cannot make a user namespace: EPERM");
    search.found().await;
    let offer = search.offer();
    assert!(offer.has(Runtime::Nodejs) && !offer.has(Runtime::Provided));
    let told = search.choose(provided).await.unwrap_err().to_string();
    let start = "this machine has no provided (cannot make a user namespace: EPERM): ";
    assert!(told.starts_with(start) && told.contains("user.max_user_namespaces"), "{told}");
}

#[tokio::test]
async fn programs_of_the_settings_come_first() {
    let (set, path) = (Programs::new(), Programs::new());
    let own = set.version("python-of-mine", "3.12.9");
    path.version("python3.12", "3.12.1");
    path.version("node", "22.1.0");
    let missing = set.0.path().join("node-missing");
    let settings = InterpreterSettings { programs: vec![own, missing.clone()], ..path.path() };
    let found = Interpreters::find(&settings).await;
    assert_eq!(chosen(&found, "python3.12").0, "3.12.9");
    assert_eq!(chosen(&found, "nodejs").0, "22.1.0");
    let [problem] = found.problems() else { panic!("{:?}", found.problems()) };
    let begin = format!("setting `interpreters`: {} cannot be started: ", missing.display());
    assert!(problem.starts_with(&begin), "{problem}");
    let told = lacking(&found, "nodejs24.x");
    assert!(told.contains(problem), "{told}");
}

#[tokio::test]
async fn of_pyenvs_scripts_only_the_plain_ones_are_asked() {
    let programs = Programs::new();
    std::fs::create_dir(programs.0.path().join("shims")).unwrap();
    programs.version("shims/python3", "3.11.7");
    programs.version("shims/python3.12", "3.12.1");
    let path = Some(programs.0.path().join("shims").into());
    let found = Interpreters::find(&InterpreterSettings { programs: Vec::new(), path }).await;
    let versions: Vec<_> = found.all().iter().map(|one| one.version.to_string()).collect();
    assert_eq!(versions, ["3.11.7"]);
}

#[tokio::test]
async fn programs_that_are_no_interpreters_are_passed_over() {
    let programs = Programs::new();
    programs.version("node", "16.20.2");
    programs.version("python3", "2.7.18");
    programs.version("python3.10", "three");
    programs.add("python3.11", "exit 127");
    programs.add("python3.12", "echo hello");
    programs.add("python3.13", "yes");
    std::fs::write(programs.0.path().join("node22"), "not executable").unwrap();
    let found = Interpreters::find(&programs.path()).await;
    assert!(found.all().is_empty(), "{found:?}");
    let told = lacking(&found, "nodejs");
    assert!(told.contains("this machine has no nodejs: install Node.js 18 or newer"), "{told}");
    assert!(lacking(&found, "python2.7").contains("install Python 3.9 or newer"));
    assert_eq!(found.choose("boa".parse().unwrap()).unwrap().interpreter, None);
    let settings = InterpreterSettings {
        programs: ["node", "python3.11"].map(|name| programs.0.path().join(name)).into(),
        path: None,
    };
    let problems = Interpreters::find(&settings).await.problems().join("\n");
    assert!(
        problems.contains("node is Node.js 16.20.2, and too old: Brink needs 18"),
        "{problems}"
    );
    assert!(
        problems.contains("asked for its version, it ended with exit status: 127"),
        "{problems}"
    );
}

#[tokio::test]
async fn a_program_that_does_not_answer_holds_up_no_other_and_leaves_nothing() {
    let programs = Programs::new();
    programs.version("python3", "3.12.1");
    let mark = format!("{}", 1_000_000 + std::process::id());
    programs.add("node", &format!("sleep {mark} & sleep {mark}"));
    let search = InterpreterSearch::new(programs.path());
    assert_eq!(search.known().map(|_| ()), None);
    let over = search.over();
    let begun = Instant::now();
    let begin = search.begin();
    let found = search.found().await;
    assert!(begun.elapsed() < ask::ANSWER_MAX + Duration::from_secs(10));
    over.await;
    drop(begin);
    assert_eq!(chosen(found, "python").0, "3.12.1");
    assert!(search.offer().has(Runtime::Python) && !search.offer().has(Runtime::Nodejs));
    let sleeping = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let commands = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        let mine = format!("sleep\0{mark}\0").into_bytes();
        commands.filter(|command| *command == mine).count()
    };
    let begun = Instant::now();
    while sleeping() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "they still run");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_interpreters_of_this_machine_say_what_they_read() {
    let settings = InterpreterSettings { programs: Vec::new(), path: std::env::var_os("PATH") };
    let found = Interpreters::find(&settings).await;
    for (name, what) in [("nodejs", "node 18 or newer"), ("python", "python3 of 3.9 or newer")] {
        let chosen = found.choose(name.parse().unwrap());
        let chosen = chosen.unwrap_or_else(|error| panic!("the test needs {what}: {error}"));
        let interpreter = chosen.interpreter.unwrap();
        // The program itself, and no script that starts it.
        let begin = std::fs::read(&interpreter.program).unwrap();
        assert_eq!(&begin[..4], b"\x7fELF", "{interpreter:?}");
        let covers = |path: &std::path::Path| {
            interpreter.readable.iter().any(|readable| path.starts_with(readable))
        };
        assert!(covers(&interpreter.program), "{interpreter:?}");
        assert!(covers(&interpreter.program.canonicalize().unwrap()), "{interpreter:?}");
        if interpreter.runtime == Runtime::Python {
            let standard = Command::new(&interpreter.program)
                .args(["-I", "-c", "import json, math; print(json.__file__)"])
                .output()
                .unwrap();
            let standard = String::from_utf8(standard.stdout).unwrap();
            assert!(covers(standard.trim().as_ref()), "{standard} {interpreter:?}");
        }
    }
}

#[tokio::test]
async fn a_virtual_environment_is_its_own_interpreter() {
    let folder = TempDir::new().unwrap();
    let path = std::env::var_os("PATH");
    let found = Interpreters::find(&InterpreterSettings { programs: Vec::new(), path }).await;
    let base = found.choose(Runtime::Python.into()).expect("the test needs python3");
    let base = base.interpreter.unwrap();
    let made = Command::new(&base.program)
        .args(["-I", "-m", "venv", "--without-pip"])
        .arg(folder.path().join("own"))
        .status();
    assert!(made.unwrap().success(), "the test needs the module venv");
    let program = folder.path().join("own/bin/python3");
    let settings =
        InterpreterSettings { programs: vec![program.clone(), base.program.clone()], path: None };
    let found = Interpreters::find(&settings).await;
    assert_eq!(found.all().len(), 2, "{found:?}");
    let own = &found.all()[0];
    assert_eq!((&own.program, own.version), (&program, base.version));
    assert!(own.readable.contains(&folder.path().join("own")), "{own:?}");
    assert_eq!(chosen(&found, "python").0, base.version.to_string());
    assert_eq!(found.choose(Runtime::Python.into()).unwrap().interpreter.as_ref(), Some(own));
}

#[test]
fn a_command_without_a_settings_file_reads_variables() {
    let environment = [(INTERPRETERS, "/opt/a/node, /opt/b/python3,"), ("PATH", "/usr/bin:/bin")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = InterpreterSettings::of(&environment.into());
    let programs: Vec<_> = settings.programs.iter().map(|program| program.to_str()).collect();
    assert_eq!(programs, [Some("/opt/a/node"), Some("/opt/b/python3")]);
    assert_eq!(settings.path, Some("/usr/bin:/bin".into()));
}
