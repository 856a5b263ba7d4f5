//! How the files of the project depend on each other, by the paths that they write.
//!
//! - Crates know only those below them.
//! - Only one module of a crate names the runtime that the crate embeds.
//! - Modules that lie beside each other, each with all that is below it, form no circle.
//! - A file and the file of a module above it use each other only where that module is small.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every crate with its folder and those of the project that it may use, in tests too.
const CRATES: [(&str, &str, &[&str]); 11] = [
    ("brink-nats-server", "deploy/nats-server", &[]),
    ("brink-shared", "shared", &["brink-nats-server"]),
    ("brink-testing", "testing", &["brink-nats-server", "brink-shared"]),
    ("brink-gateway", "gateway", &["brink-shared", "brink-testing"]),
    ("brink-frames", "worker/frames", &["brink-shared"]),
    ("brink-rewrite", "worker/rewrite", &[]),
    ("brink-boa", "worker/boa", &["brink-frames", "brink-rewrite", "brink-shared"]),
    ("brink-sandbox", "worker/sandbox", &["brink-boa", "brink-frames", "brink-shared"]),
    (
        "brink-worker",
        "worker",
        &[
            "brink-boa",
            "brink-frames",
            "brink-rewrite",
            "brink-sandbox",
            "brink-shared",
            "brink-testing",
        ],
    ),
    (
        "brink",
        "deploy",
        &[
            "brink-frames",
            "brink-gateway",
            "brink-nats-server",
            "brink-rewrite",
            "brink-sandbox",
            "brink-shared",
            "brink-testing",
            "brink-worker",
        ],
    ),
    ("brink-loadtest", "loadtest", &["brink-shared"]),
];

/// Where a crate may name a runtime that it embeds: its folder, the one module, the crates.
const SEAMS: [(&str, &str, &[&str]); 2] = [
    ("worker/sandbox", "boa", &["brink_boa"]),
    ("worker", "runtime", &["brink_boa", "brink_rewrite"]),
];

/// Most lines of a module whose files are one thing.
const SMALL: usize = 1_500;

/// A module's path in its crate; empty for the root.
type Module = Vec<String>;

/// The files of a crate.
struct Graph {
    lines: BTreeMap<Module, usize>,
    /// The modules that each names by a path from the crate or from above.
    uses: BTreeMap<Module, BTreeSet<Module>>,
    /// The children that each uses itself. What it only re-exports is not among them.
    mentions: BTreeMap<Module, BTreeSet<String>>,
}

#[test]
fn crates_know_only_those_below_them() {
    for (name, folder, allowed) in CRATES {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(kind).and_then(|table| table.as_table()) else {
                continue;
            };
            for other in dependencies.keys().filter(|other| other.starts_with("brink")) {
                assert!(allowed.contains(&other.as_str()), "{name} must not use {other}");
            }
        }
    }
}

#[test]
fn a_runtime_is_named_in_one_module() {
    for (folder, seam, runtimes) in SEAMS {
        let mut texts = BTreeMap::new();
        read_folder(&root().join(folder).join("src"), &mut Vec::new(), &mut texts);
        let naming: BTreeSet<&str> = texts
            .iter()
            .filter(|(_, text)| runtimes.iter().any(|runtime| text.contains(runtime)))
            .map(|(module, _)| module.first().map_or("the crate's root", String::as_str))
            .collect();
        assert_eq!(naming, BTreeSet::from([seam]), "of {folder}, only this may name {runtimes:?}");
    }
}

#[test]
fn modules_beside_each_other_form_no_circle() {
    let mut circles = Vec::new();
    for (name, folder, _) in CRATES {
        let graph = Graph::read(&root().join(folder).join("src"));
        let parents: BTreeSet<Module> = graph
            .lines
            .keys()
            .flat_map(|module| (0..module.len()).map(|n| module[..n].to_vec()))
            .collect();
        for parent in parents {
            for circle in circles_of(&graph.between_children(&parent)) {
                circles.push(format!("{name}: {} in {}", circle.join(" <-> "), shown(&parent)));
            }
        }
    }
    assert!(circles.is_empty(), "these modules use each other:\n{}", circles.join("\n"));
}

#[test]
fn a_file_and_one_above_it_use_each_other_in_small_modules_only() {
    let mut faults = Vec::new();
    for (name, folder, _) in CRATES {
        let graph = Graph::read(&root().join(folder).join("src"));
        for (module, used) in &graph.uses {
            for above in used.iter().filter(|used| module.starts_with(used)) {
                let is_mutual = graph.mentions[above].contains(&module[above.len()]);
                if is_mutual && graph.lines_below(above) > SMALL {
                    faults.push(format!("{name}: {} uses {}", shown(module), shown(above)));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "what several files of a large module need has a file of its own:\n{}",
        faults.join("\n")
    );
}

#[test]
fn paths_are_read_as_the_compiler_reads_them() {
    let text = "use super::{a::{self, B}, c};\nuse crate::d::e as f; // crate::no\nfn g() { super::super::h::i() }";
    let shown: Vec<String> = paths(text).iter().map(|path| path.join("::")).collect();
    assert_eq!(
        shown,
        ["super::a::self", "super::a::B", "super::c", "crate::d::e", "super::super::h::i"]
    );
}

#[test]
fn a_circle_is_found_also_through_a_re_export() {
    let graph = Graph::of([
        ("", "pub mod a;\npub mod b;\npub use a::Y;\n"),
        ("a", "use super::b::X;\n"),
        ("b", "mod c;\n"),
        ("b::c", "use crate::{Y, d};\n"),
        ("d", "pub struct Z;\n"),
    ]);
    let circles = circles_of(&graph.between_children(&Vec::new()));
    assert_eq!(circles, [["a", "b"]], "d is used, and uses none that leads back");
}

#[test]
fn a_file_that_calls_its_child_uses_it_and_one_that_re_exports_it_does_not() {
    let graph = Graph::of([
        ("a", "pub use b::X;\n\nfn f() {\n    c::g();\n}\n"),
        ("a::b", "use super::Y;\n"),
        ("a::c", "use super::Y;\n"),
    ]);
    let uses: Vec<_> = graph.mentions[&vec!["a".to_owned()]].iter().collect();
    assert_eq!(uses, ["c"]);
}

#[test]
fn every_crate_is_looked_at() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let members: BTreeSet<_> = members.iter().map(|member| member.as_str().unwrap()).collect();
    assert_eq!(members, CRATES.iter().map(|(_, folder, _)| *folder).collect());
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "the crate's root".to_owned() } else { module.join("::") }
}

// === impl Graph ===

impl Graph {
    fn read(folder: &Path) -> Self {
        let mut texts = BTreeMap::new();
        read_folder(folder, &mut Vec::new(), &mut texts);
        assert!(!texts.is_empty(), "{} has no files", folder.display());
        Self::of_texts(texts)
    }

    fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        let module = |path: &str| {
            path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        Self::of_texts(files.map(|(path, text)| (module(path), text.to_owned())).into())
    }

    fn of_texts(texts: BTreeMap<Module, String>) -> Self {
        let uses = texts.iter().map(|(module, text)| {
            let used = paths(text).into_iter().filter_map(|path| {
                let used = resolve(module, &path, &texts)?;
                (used != *module).then_some(used)
            });
            (module.clone(), used.collect())
        });
        let uses = uses.collect();
        let mentions = texts.iter().map(|(module, text)| {
            let below = texts.keys().filter(|other| other.len() == module.len() + 1);
            let children = below.filter(|other| other.starts_with(module)).filter_map(|c| c.last());
            (module.clone(), children.filter(|child| mentions(text, child)).cloned().collect())
        });
        let mentions = mentions.collect();
        let lines = texts.into_iter().map(|(module, text)| (module, text.lines().count()));
        Self { lines: lines.collect(), uses, mentions }
    }

    fn lines_below(&self, module: &Module) -> usize {
        self.lines.iter().filter(|(other, _)| other.starts_with(module)).map(|(_, n)| n).sum()
    }

    /// Which child of a module uses which other one, each with all that is below it.
    fn between_children(&self, parent: &Module) -> BTreeMap<String, BTreeSet<String>> {
        let child = |module: &Module| {
            module.starts_with(parent).then(|| module.get(parent.len()).cloned()).flatten()
        };
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, used) in &self.uses {
            let Some(from) = child(module) else { continue };
            let to = used.iter().filter_map(child).filter(|to| *to != from);
            edges.entry(from.clone()).or_default().extend(to);
        }
        edges
    }
}

/// The files of a folder, without tests.
fn read_folder(folder: &Path, module: &mut Module, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "tests" {
            continue;
        }
        module.push(name.clone());
        if path.is_dir() {
            read_folder(&path, module, texts);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "main" {
            let key = if name == "lib" { Vec::new() } else { module.clone() };
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            texts.insert(key, code.to_owned());
        }
        module.pop();
    }
}

/// The module that a path leads to from another one; none if it leads out of the crate. A name that
/// a module only re-exports leads to the child that has it.
fn resolve(from: &Module, path: &[String], texts: &BTreeMap<Module, String>) -> Option<Module> {
    let mut at = from.clone();
    let mut rest = path;
    while let [first, more @ ..] = rest {
        match first.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            "self" => {}
            _ => break,
        }
        rest = more;
    }
    for name in rest {
        at.push(name.clone());
        if texts.contains_key(&at) {
            continue;
        }
        at.pop();
        let child = texts.get(&at).and_then(|text| re_exported_from(text, name));
        if let Some(child) = child {
            at.push(child);
            if !texts.contains_key(&at) {
                at.pop();
            }
        }
        break;
    }
    texts.contains_key(&at).then_some(at)
}

/// The child from which a file re-exports a name: `c` of `pub use c::{name, other}`.
fn re_exported_from(text: &str, name: &str) -> Option<String> {
    let begins = text.match_indices("\npub").map(|(at, _)| at + 1);
    begins.into_iter().find_map(|at| {
        let statement = text[at..].split(';').next()?;
        let (before, path) = statement.split_once("use ")?;
        let is_re_export = before.trim_end() == "pub" || before.trim_end().ends_with(')');
        let (child, names) = path.trim_start_matches("self::").split_once("::")?;
        let has = names.split(|c: char| !c.is_alphanumeric() && c != '_').any(|one| one == name);
        (is_re_export && !before.contains(['{', '\n']) && has).then(|| child.to_owned())
    })
}

/// The paths of a text that begin at the crate or at the module above.
fn paths(text: &str) -> Vec<Vec<String>> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .flat_map(|line| [line, " "])
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = code[at..].find(|c: char| c.is_alphabetic() || c == '_') {
        let begin = at + next;
        let word = word_at(&code, begin);
        at = begin + word.len();
        let is_start = matches!(word, "crate" | "super") && code[at..].starts_with("::");
        if is_start {
            let mut read = Vec::new();
            // `pub(in super::super)` is no use.
            let is_visibility = code[..begin].ends_with("(in ");
            at = read_tree(&code, begin, &mut Vec::new(), &mut read);
            if !is_visibility {
                found.append(&mut read);
            }
        }
    }
    found
}

/// True if a file uses its child: what it only re-exports does not count.
fn mentions(text: &str, child: &str) -> bool {
    let path = format!("{child}::");
    text.split(';').any(|statement| {
        let code: Vec<_> =
            statement.lines().filter(|line| !line.trim().starts_with("//")).collect();
        let is_re_export = code.iter().any(|line| {
            line.starts_with("pub use ") || (line.starts_with("pub(") && line.contains(") use "))
        });
        let code = code.join(" ");
        !is_re_export
            && code.match_indices(&path).any(|(at, _)| {
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                    || code[..at].ends_with("self::")
            })
    })
}

fn word_at(code: &str, begin: usize) -> &str {
    let rest = &code[begin..];
    &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
}

/// Reads `a::b`, `a::{b, c::d}` or `a as b`, and gives the place behind it.
fn read_tree(
    code: &str,
    mut at: usize,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    let depth = path.len();
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        if code[at..].starts_with('{') {
            at += 1;
            loop {
                at += code[at..].len() - code[at..].trim_start_matches([' ', ',']).len();
                if code[at..].starts_with('}') || at >= code.len() {
                    path.truncate(depth);
                    return at + 1;
                }
                at = read_tree(code, at, path, found).max(at + 1);
            }
        }
        let word = word_at(code, at);
        path.push(word.to_owned());
        at += word.len();
        match code[at..].strip_prefix("::") {
            Some(_) => at += 2,
            None => break,
        }
    }
    found.push(path.clone());
    path.truncate(depth);
    if let Some(renamed) = code[at..].strip_prefix(" as ") {
        at += " as ".len() + word_at(renamed, 0).len();
    }
    at
}

/// The sets of names that all lead to each other.
fn circles_of(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        edges.keys().map(|name| (name, reached(name, edges))).collect();
    let circles = edges.keys().filter_map(|name| {
        let members: Vec<String> = reach[name]
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(name)))
            .map(|other| (*other).clone())
            .collect();
        (members.len() > 1 && members.first() == Some(name)).then_some(members)
    });
    circles.collect()
}

/// The names that a name leads to.
fn reached<'a>(from: &str, edges: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for next in edges.get(name).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}
