//! The npm packages of the cases. `packages/package-lock.json` and `native/package-lock.json` pin
//! them, and npm installs them once into the target folder. Each case of the first gets its packages
//! in two forms: in `node_modules`, and bundled into one file by esbuild.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::Value;

use super::cases::{Case, add_folder};
use super::npm;

/// The code that lets an ES module in one file contain CommonJS packages.
const REQUIRE_BANNER: &str = "--banner:js=import { createRequire } from 'module'; \
     const require = createRequire(import.meta.url);";

/// A folder with everything that the lock file names in its `node_modules`.
struct Installed {
    folder: PathBuf,
    /// The lock file's `packages`: by folder, what each depends on.
    packages: Value,
}

/// The cases beside their packages in `node_modules`.
pub fn unbundled(cases: Vec<Case>) -> Vec<Case> {
    let installed = installed();
    cases.into_iter().map(|case| installed.beside_packages(case)).collect()
}

/// The cases that need native packages or clients of AWS, beside them.
pub fn native(cases: Vec<Case>) -> Vec<Case> {
    let installed = install("native");
    cases.into_iter().map(|case| installed.beside_packages(case)).collect()
}

/// The cases as one file each, made by esbuild: ES modules of ES modules.
pub fn bundled(cases: Vec<Case>) -> Vec<Case> {
    let installed = installed();
    let is_module = |case: &Case| case.file.extension() == Some(OsStr::new("mjs"));
    let (modules, scripts): (Vec<_>, Vec<_>) = cases.into_iter().partition(is_module);
    let mut bundled = installed.as_one_file(scripts, &["--format=cjs"]);
    let options = ["--format=esm", "--out-extension:.js=.mjs", REQUIRE_BANNER];
    bundled.extend(installed.as_one_file(modules, &options));
    bundled
}

// === impl Installed ===

impl Installed {
    fn beside_packages(&self, mut case: Case) -> Case {
        let name = case.file.file_name().unwrap().to_owned();
        let text = std::fs::read_to_string(&case.file).unwrap();
        case.file = self.entry(&name, &text);
        let mut wanted = BTreeSet::new();
        let direct = self.packages[""]["dependencies"].as_object().unwrap();
        for package in direct.keys() {
            if text.contains(&format!("'{package}'")) || text.contains(&format!("'{package}/")) {
                self.add_with_dependencies("", package, &mut wanted);
            }
        }
        for package in wanted {
            // Packages within packages come when it is their turn. What only browsers and editors
            // read would make a bundle larger than there may be one.
            let mut files = BTreeMap::new();
            add_folder(&self.folder.join(&package), &format!("{package}/"), &mut files);
            let others = ["node_modules/", "dist/aws-sdk", "dist-tools/"];
            let others = others.map(|folder| format!("{package}/{folder}"));
            files.retain(|name, _| {
                let is_read =
                    [".js", ".cjs", ".mjs", ".json", ".node"].iter().any(|end| name.ends_with(end))
                        || name.contains(".so.");
                is_read && !others.iter().any(|other| name.starts_with(other))
            });
            case.bundle.extend(files);
        }
        case
    }

    /// Adds the folder of the package that `name` means in the folder `from`, and those of all
    /// that it depends on.
    fn add_with_dependencies(&self, from: &str, name: &str, wanted: &mut BTreeSet<String>) {
        let mut folder = Some(from);
        let found = loop {
            // An optional one that is not installed has no folder.
            let Some(within) = folder else { return };
            let path = format!("{within}/node_modules/{name}");
            let path = path.trim_start_matches('/').to_owned();
            if self.packages.get(&path).is_some() {
                break path;
            }
            folder = match within.rsplit_once("/node_modules/") {
                Some((outer, _)) => Some(outer),
                None => (!within.is_empty()).then_some(""),
            };
        };
        if !self.folder.join(&found).is_dir() || !wanted.insert(found.clone()) {
            return;
        }
        for kind in ["dependencies", "optionalDependencies", "peerDependencies"] {
            for name in self.packages[&found][kind].as_object().into_iter().flat_map(|it| it.keys())
            {
                self.add_with_dependencies(&found, name, wanted);
            }
        }
    }

    fn as_one_file(&self, cases: Vec<Case>, options: &[&str]) -> Vec<Case> {
        if cases.is_empty() {
            return cases;
        }
        let output = tempfile::tempdir_in(&self.folder).unwrap().keep();
        let mut esbuild = Command::new("node");
        esbuild.arg(self.folder.join("node_modules/esbuild/bin/esbuild"));
        esbuild.args(["--bundle", "--platform=node", "--target=node20", "--minify"]);
        // A part of Electron that `got` asks for where it runs there, and of NestJS what it can do
        // without.
        let optional = ["electron", "class-*", "@nestjs/websockets/*", "@nestjs/microservices*"];
        esbuild.args(optional.map(|name| format!("--external:{name}"))).arg("--log-level=error");
        esbuild.args(options);
        esbuild.arg(format!("--outdir={}", output.display()));
        for case in &cases {
            let text = std::fs::read_to_string(&case.file).unwrap();
            esbuild.arg(self.entry(case.file.file_name().unwrap(), &text));
        }
        let status = esbuild.status().unwrap();
        assert!(status.success(), "esbuild: {status}");
        let into_one = |mut case: Case| {
            let name = case.file.file_name().unwrap().to_str().unwrap().to_owned();
            case.file = self.folder.join("bundled").join(&name);
            std::fs::create_dir_all(case.file.parent().unwrap()).unwrap();
            std::fs::rename(output.join(&name), &case.file).unwrap();
            let text = Bytes::from(std::fs::read(&case.file).unwrap());
            case.bundle = BTreeMap::from([(name, text)]);
            case
        };
        let cases = cases.into_iter().map(into_one).collect();
        std::fs::remove_dir(output).unwrap();
        cases
    }

    /// A file of this text where Node.js finds the packages.
    fn entry(&self, name: &OsStr, text: &str) -> PathBuf {
        let path = self.folder.join("cases").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Another test may be reading it.
        let mut written = tempfile::NamedTempFile::new_in(&self.folder).unwrap();
        std::io::Write::write_all(&mut written, text.as_bytes()).unwrap();
        written.persist(&path).unwrap();
        path
    }
}

fn installed() -> &'static Installed {
    static INSTALLED: OnceLock<Installed> = OnceLock::new();
    INSTALLED.get_or_init(|| install("packages"))
}

fn install(pins: &str) -> Installed {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential").join(pins);
    let lock = std::fs::read(source.join("package-lock.json")).unwrap();
    let mut lock: Value = serde_json::from_slice(&lock).unwrap();
    Installed { folder: npm::installed(&source), packages: lock["packages"].take() }
}
