//! The files of a function that `brink run` takes: a file with its imports, a folder, a zip.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/tool.rs"]
mod tool;
#[path = "support/zip.rs"]
mod zip;

use std::path::Path;
use std::process::Output;
use std::time::SystemTime;

use brink_shared::registry::Runtime;
use serde_json::{Value, json};
use tool::{brink, folder, json_lines, stderr, stdout, write};
use zip::{Entry, zip};

/// Runs one event through what is there, and does not look at the contract.
fn run(dir: &Path, source: &str, more: &[&str]) -> Output {
    write(dir, "../events.jsonl", "{}\n");
    let (source, events) = (dir.join(source), dir.join("../events.jsonl"));
    let fixed = ["run", source.to_str().unwrap(), "--raw", "--events", events.to_str().unwrap()];
    brink(&[&fixed[..], more].concat())
}

fn ok(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(output), stderr(output));
    json_lines(output)[0]["ok"].clone()
}

/// A folder within a folder of its own.
fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = folder(&[]);
    let inner = dir.path().join("p");
    std::fs::create_dir(&inner).unwrap();
    for (name, text) in files {
        write(&inner, name, text);
    }
    (dir, inner)
}

#[test]
fn a_file_runs_with_the_files_and_packages_that_it_needs() {
    let (_keep, dir) = project(&[
        ("package.json", r#"{"dependencies": {"greet": "1"}}"#),
        (
            "src/main.js",
            "const { a } = require('./lib/a'); const greet = require('greet');\n\
            exports.handler = async () => [a, require('../data.json').b, greet('c')];",
        ),
        ("src/lib/a.js", "exports.a = 'a';"),
        ("src/lib/unused.js", "syntax error"),
        ("data.json", r#"{"b": "b"}"#),
        (
            "node_modules/greet/package.json",
            r#"{"main": "lib/greet", "dependencies": {"punct": "1"}}"#,
        ),
        ("node_modules/greet/lib/greet.js", "module.exports = (name) => name + require('punct');"),
        ("node_modules/punct/index.js", "module.exports = '!';"),
    ]);
    let output = run(&dir, "src/main.js", &[]);
    assert_eq!(ok(&output), json!(["a", "b", "c!"]));
    let said = stderr(&output);
    assert!(
        said.contains(
            "note: src/main.js is added with the files that it imports: data.json, src/lib/a.js\n"
        ),
        "{said}"
    );
    assert!(said.contains("node_modules: greet\n"), "{said}");

    // A handler of the file, by its own name.
    write(&dir, "src/main.js", "exports.go = async () => require('../data.json').b;");
    assert_eq!(ok(&run(&dir, "src/main.js", &["--handler", "main.go"])), "b");
}

#[test]
fn es_modules_and_typescript_bring_their_files_too() {
    let (_keep, dir) = project(&[
        ("package.json", r#"{"type": "module"}"#),
        (
            "src/index.ts",
            "import { one } from './one.js'; import type { T } from './types';\n\
            export const handler = async (): Promise<number> => one + (await import('../two.mjs')).two;",
        ),
        ("src/one.ts", "export const one: number = 1;"),
        ("two.mjs", "export const two = 2;"),
    ]);
    let output = run(&dir, "src/index.ts", &[]);
    assert_eq!(ok(&output), 3);
}

#[test]
fn imports_that_cannot_be_followed_are_reported_where_they_are_missing() {
    let (_keep, dir) = project(&[
        ("main.js", "exports.handler = async () => require('./' + ['late'].join());"),
        ("late.js", "module.exports = 'late';"),
        ("start.js", "require('./' + ['late'].join()); exports.handler = async () => 1;"),
        ("nowhere/index.html", ""),
    ]);
    for file in ["main.js", "start.js"] {
        let output = run(&dir, file, &[]);
        assert_eq!(output.status.code(), Some(1), "{file}");
        let said = stderr(&output);
        assert!(said.contains("give the folder to take all of it"), "{said}");
    }
    write(&dir, "start.js", "require('not-there'); exports.handler = async () => 1;");
    let said = stderr(&run(&dir, "start.js", &[]));
    assert!(
        said.contains("no node_modules folder beside or above the function has not-there"),
        "{said}"
    );
    assert_eq!(ok(&run(&dir, ".", &["--handler", "main.handler"])), "late");
    let said = stderr(&run(&dir, ".", &[]));
    assert!(said.contains("it has late.js, main.js, start.js; name a handler"), "{said}");
}

#[test]
fn a_file_with_dots_in_its_name_finds_its_handler() {
    let (_keep, dir) = project(&[
        (
            "a.b.js",
            "exports.handler = async () => require('./c.d'); exports.m = { go: async () => 2 };",
        ),
        ("c.d.js", "module.exports = 1;"),
        ("e.f.mjs", "export const handler = async () => 3;"),
        ("g.h.ts", "export async function handler(): Promise<number> { return 4; }"),
    ]);
    let output = run(&dir, "a.b.js", &[]);
    assert_eq!(ok(&output), 1);
    assert!(
        stderr(&output).contains("a-b.mjs is added, which exports the handler of a.b.js"),
        "{}",
        stderr(&output)
    );
    assert_eq!(ok(&run(&dir, "a.b.js", &["--handler", "a.b.m.go"])), 2);
    assert_eq!(ok(&run(&dir, "e.f.mjs", &[])), 3);
    assert_eq!(ok(&run(&dir, "g.h.ts", &[])), 4);
    assert_eq!(ok(&run(&dir, ".", &["--handler", "a.b.handler"])), 1);
    // Where Lambda finds another file, that is meant.
    write(&dir, "a.js", "exports.b = { handler: async () => 5 };");
    assert_eq!(ok(&run(&dir, ".", &["--handler", "a.b.handler"])), 5);
}

#[test]
fn hidden_files_belong_to_a_function_and_are_named() {
    let (_keep, dir) = project(&[
        (
            "index.js",
            "const fs = require('fs');\n\
            exports.handler = async () => [fs.readFileSync('.env', 'utf8'), fs.existsSync('.git')];",
        ),
        (".env", "A=1"),
        (".git/config", ""),
        (".index.js.swp", ""),
    ]);
    let output = run(&dir, ".", &[]);
    assert_eq!(ok(&output), json!(["A=1", false]));
    assert_eq!(stderr(&output), "note: the function includes hidden files: .env\n");
}

#[test]
fn a_zip_runs_as_its_folder_would() {
    let (_keep, dir) = project(&[]);
    let code = "const fs = require('fs');\n\
        exports.handler = async () => [require('./lib/ä'), fs.readdirSync(__dirname)];";
    let stored = Entry { method: 0, ..Entry::new("lib/ä.js", "module.exports = 'ä';") };
    let link = Entry { mode: 0o120_777, ..Entry::new("node_modules/.bin/x", "../x/x.js") };
    let bytes = zip(&[
        Entry::new("index.js", code),
        Entry::new("lib/", ""),
        stored,
        link,
        Entry::new("__MACOSX/._index.js", ""),
        Entry::new(".git/config", ""),
        Entry::new(".env", "A=1"),
    ]);
    std::fs::write(dir.join("x.zip"), bytes).unwrap();
    let output = run(&dir, "x.zip", &[]);
    assert_eq!(ok(&output), json!(["ä", [".env", "index.js", "lib"]]));
    assert_eq!(stderr(&output), "note: the function includes hidden files: .env\n");
}

#[test]
fn a_zip_and_its_folder_have_one_digest_whatever_else_differs() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let digest = |path: &Path| {
        let files = brink::bundle_files::read(path, Runtime::Python, "app.handler").unwrap();
        files.bundle.digest().unwrap()
    };
    let native = "\u{7f}ELF\0 native";
    let dir = folder(&[
        ("f/app.py", "import lib"),
        ("f/lib/libx.so.1", native),
        ("f/lib/data/a.txt", "a"),
        ("f/__pycache__/app.cpython-311.pyc", "left out"),
        ("f/.brinkignore", "*.md"),
        ("f/README.md", "left out"),
    ]);
    let f = dir.path().join("f");
    symlink("libx.so.1", f.join("lib/libx.so")).unwrap();
    symlink("lib/data", f.join("data")).unwrap();
    symlink("data", f.join("more")).unwrap();
    let of_folder = digest(&f);
    // Modes and times do not matter.
    std::fs::set_permissions(f.join("app.py"), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::File::open(f.join("app.py")).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(digest(&f), of_folder);

    let link = |name, target| Entry { mode: 0o120_777, ..Entry::new(name, target) };
    let path = dir.path().join("f.zip");
    let mut entries = vec![
        link("more", "./data"),
        link("data", "lib/data/"),
        Entry { mode: 0o100_755, ..Entry::new("./lib/libx.so.1", native) },
        link("lib/libx.so", "libx.so.1"),
        Entry { mode: 0o040_755, ..Entry::new("lib/data/", "") },
        Entry::new("__pycache__/app.cpython-311.pyc", "left out"),
        Entry { method: 0, ..Entry::new("lib/data/a.txt", "a") },
        Entry::new("app.py", "import lib"),
    ];
    std::fs::write(&path, zip(&entries)).unwrap();
    assert_eq!(digest(&path), of_folder);
    entries.reverse();
    std::fs::write(&path, zip(&entries)).unwrap();
    assert_eq!(digest(&path), of_folder);
    entries[0].data = b"import lib ";
    std::fs::write(&path, zip(&entries)).unwrap();
    assert_ne!(digest(&path), of_folder);

    for (links, why) in [
        (vec![link("a", "b"), link("b", "a")], "a is a symbolic link to \"b\""),
        (vec![link("a", "a/b")], "a is a symbolic link"),
        (
            vec![link("lib/a", "../../x")],
            "lib/a is a symbolic link to \"../../x\", which is not in the zip",
        ),
    ] {
        let entries: Vec<_> = links.into_iter().chain([Entry::new("app.py", "")]).collect();
        std::fs::write(&path, zip(&entries)).unwrap();
        let error = brink::bundle_files::read(&path, Runtime::Python, "app.handler").unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn zips_that_are_not_taken_say_why() {
    let code = || Entry::new("index.js", "exports.handler = async () => 1;");
    let large = "x".repeat(1 << 20);
    let (_keep, dir) = project(&[]);
    for (entries, why) in [
        (
            vec![Entry { flags: 1, ..code() }],
            "index.js is encrypted; make the zip without a password",
        ),
        (vec![Entry { method: 14, ..code() }], "index.js is compressed by 14 (LZMA)"),
        (vec![code(), code()], "index.js is in the zip twice"),
        (
            vec![Entry::new("../index.js", "")],
            "the name \"../index.js\" is not a path within the zip",
        ),
        (vec![Entry::new("/index.js", "")], "the name \"/index.js\" is not a path within the zip"),
        (vec![Entry::new("lib\\index.js", "")], "is not a path within the zip"),
        (vec![Entry { name: b"\xe4.js", ..code() }], "is not UTF-8"),
        (
            vec![Entry { mode: 0o120_777, ..Entry::new("a.js", "/etc/passwd") }],
            "a.js is a symbolic link to \"/etc/passwd\", which is not in the zip",
        ),
        // It unpacks to more than it says, and to less.
        (
            vec![Entry { says: Some(7), ..Entry::new("index.js", &large) }],
            "index.js cannot be unpacked",
        ),
        (
            vec![Entry { says: Some(2_000_000), ..Entry::new("index.js", &large) }],
            "index.js cannot be unpacked",
        ),
        (
            vec![Entry { says: Some(u32::MAX - 1), ..code() }],
            "has 1 file of 4.0GB together; a function for the runtime boa has at most 10000 files of 50MB. \
             The largest: index.js (4.0GB in 1 file)",
        ),
        (vec![], "has no files"),
    ] {
        std::fs::write(dir.join("x.zip"), zip(&entries)).unwrap();
        let output = run(&dir, "x.zip", &[]);
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(stderr(&output).contains(why), "{why}: {}", stderr(&output));
    }
    let sound = zip(&[code()]);
    for (bytes, why) in [
        (&b"exports.handler = 1;"[..], "this is not a valid zip"),
        (&sound[..sound.len() - 30], "this is not a valid zip"),
    ] {
        std::fs::write(dir.join("x.zip"), bytes).unwrap();
        let said = stderr(&run(&dir, "x.zip", &[]));
        assert!(said.contains(why), "{said}");
    }
    // One byte of a file is wrong.
    let mut broken = zip(&[Entry { method: 0, ..code() }]);
    broken[60] ^= 1;
    std::fs::write(dir.join("x.zip"), broken).unwrap();
    assert!(stderr(&run(&dir, "x.zip", &[])).contains("index.js cannot be unpacked"));
}

#[test]
fn a_bomb_is_rejected_before_it_fills_the_memory() {
    // Entries of a MiB each, which take a KiB each.
    let (_keep, dir) = project(&[]);
    let data = "\0".repeat(1 << 20);
    let names: Vec<String> = (0..51).map(|n| format!("{n}.js")).collect();
    let entries: Vec<_> = names.iter().map(|name| Entry::new(name, &data)).collect();
    std::fs::write(dir.join("x.zip"), zip(&entries)).unwrap();
    let output = run(&dir, "x.zip", &[]);
    let said = stderr(&output);
    assert!(said.contains("has 51 files of 51MB together; a function"), "{said}");
}

#[test]
fn no_byte_of_a_zip_makes_the_tool_panic() {
    let dir = folder(&[]);
    let path = dir.path().join("x.zip");
    let stored = Entry { method: 0, ..Entry::new("lib/a.js", "module.exports = 'a';") };
    let sound = zip(&[Entry::new("index.js", "exports.handler = async () => 1;"), stored]);
    let mut taken = 0;
    for at in 0..sound.len() {
        for byte in [0, 0xff, sound[at] ^ 1, sound[at] ^ 0x80] {
            let mut bytes = sound.clone();
            bytes[at] = byte;
            std::fs::write(&path, &bytes).unwrap();
            taken += usize::from(
                brink::bundle_files::read(
                    &path,
                    brink_shared::registry::Runtime::Boa,
                    "index.handler",
                )
                .is_ok(),
            );
        }
        std::fs::write(&path, &sound[..at]).unwrap();
        assert!(
            brink::bundle_files::read(&path, brink_shared::registry::Runtime::Boa, "index.handler")
                .is_err(),
            "cut at {at}"
        );
    }
    // Times and the like may be anything.
    assert!(taken > 0);
    std::fs::write(&path, &sound).unwrap();
    assert_eq!(
        brink::bundle_files::read(&path, brink_shared::registry::Runtime::Boa, "index.handler")
            .unwrap()
            .bundle
            .files()
            .len(),
        2
    );
}
