use brink_shared::registry::bundle::BundleBounds;

use super::*;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn names(bundle: &Bundle) -> Vec<&str> {
    bundle.files().keys().map(String::as_str).collect()
}

fn taken(path: &Path) -> FunctionFiles {
    read(path, Runtime::Boa, &default_handler(path)).unwrap()
}

#[test]
fn a_folder_gives_all_its_files_except_those_of_tools() {
    let files = [
        "index.js",
        "lib/a.mjs",
        "node_modules/x/index.js",
        "node_modules/.cache/y",
        ".git/config",
        ".env",
        ".index.js.swp",
        "brink.toml",
        "lib/brink.toml",
    ];
    let dir = tree(&files.map(|file| (file, "")));
    let files = taken(dir.path());
    let shown = [".env", "index.js", "lib/a.mjs", "lib/brink.toml", "node_modules/x/index.js"];
    assert_eq!(names(&files.bundle), shown);
    assert_eq!(files.remarks, ["the function includes hidden files: .env"]);
}

#[test]
fn a_single_file_keeps_its_name_and_names_the_handler() {
    let dir = tree(&[("ab.js", "")]);
    let file = dir.path().join("ab.js");
    let files = taken(&file);
    assert_eq!(names(&files.bundle), ["ab.js"]);
    assert_eq!(files.handler, "ab.handler");
    assert!(files.remarks.is_empty());
    assert_eq!(default_handler(dir.path()), "index.handler");
}

#[test]
fn a_single_file_is_taken_with_its_imports_only() {
    let dir = tree(&[
        ("package.json", r##"{"type": "module", "imports": {"#own": "./lib/own.js"}}"##),
        ("src/a.ts", "import './b.js'; import data from '../data.json'; import('./c/index.js');"),
        ("src/b.ts", "import '#own';"),
        ("src/c/index.js", "export * from '..';"),
        ("src/index.js", "require(name)"),
        ("src/unused.js", ""),
        ("lib/own.js", "// import './not.js'"),
        ("lib/not.js", ""),
        ("data.json", "{}"),
        (".env", ""),
    ]);
    let files = taken(&dir.path().join("src/a.ts"));
    let shown = [
        "data.json",
        "lib/own.js",
        "package.json",
        "src/a.js",
        "src/a.js.map",
        "src/b.js",
        "src/b.js.map",
        "src/c/index.js",
        "src/index.js",
    ];
    assert_eq!(names(&files.bundle), shown);
    assert_eq!(files.handler, "src/a.handler");
    assert_eq!(files.sources.len(), 7);
    let remark = "src/a.ts is added with the files that it imports: data.json, lib/own.js, \
                  package.json, src/b.ts and 2 more";
    assert_eq!(files.remarks, [remark]);
}

#[test]
fn nothing_is_taken_from_outside_of_the_project() {
    let dir = tree(&[
        ("secret.json", "{}"),
        ("project/package.json", "{}"),
        ("project/.env.json", "{}"),
        ("project/src/a.js", "try { require('../../secret.json') } catch {}"),
        ("project/src/b.js", "\n x = require('../.env.json')"),
        ("project/src/c.js", "require('./.own.json')"),
        ("project/src/.own.json", "{}"),
    ]);
    let at = |file: &str| dir.path().join("project/src").join(file);
    let error = read(&at("a.js"), Runtime::Boa, "a.handler").unwrap_err().to_string();
    assert!(error.contains("a.js:1:7: ../../secret.json is not added"), "{error}");
    let error = read(&at("b.js"), Runtime::Boa, "b.handler").unwrap_err().to_string();
    assert!(error.contains("b.js:2:6: ../.env.json is not added"), "{error}");
    assert_eq!(names(&taken(&at("c.js")).bundle), [".own.json", "c.js"]);

    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("secret.json"), at("link.json")).unwrap();
        std::fs::write(at("d.js"), "require('./link')").unwrap();
        let error = read(&at("d.js"), Runtime::Boa, "d.handler").unwrap_err();
        assert!(matches!(error, BundleFilesError::Outside { .. }), "{error}");
    }
}

#[test]
fn packages_that_are_installed_above_come_along() {
    let package = |name: &str, version: u32, needs: &str| {
        format!(r#"{{"name": "{name}", "version": "{version}.0.0", "dependencies": {{{needs}}}}}"#)
    };
    let dir = tree(&[
        ("node_modules/a/package.json", &package("a", 1, r#""b": "1", "c": "2""#)),
        ("node_modules/a/data/x.bin", "x"),
        ("node_modules/a/node_modules/c/package.json", &package("c", 2, "")),
        ("node_modules/b/package.json", &package("b", 1, r#""c": "1", "a": "1""#)),
        ("node_modules/c/package.json", &package("c", 1, "")),
        ("node_modules/unused/package.json", "{}"),
        ("function/index.js", "require('a/x'); require('fs'); import('node:fs'); require('own')"),
        ("function/node_modules/own/index.js", ""),
        ("function/node_modules/own/package.json", &package("own", 1, r#""b": "1""#)),
        ("single.js", "require('c')"),
    ]);
    let files = taken(&dir.path().join("function"));
    let shown = [
        "index.js",
        "node_modules/a/data/x.bin",
        "node_modules/a/node_modules/c/package.json",
        "node_modules/a/package.json",
        "node_modules/b/package.json",
        "node_modules/c/package.json",
        "node_modules/own/index.js",
        "node_modules/own/package.json",
    ];
    assert_eq!(names(&files.bundle), shown);
    let text = |file: &str| String::from_utf8(files.bundle.file(file).unwrap().to_vec()).unwrap();
    assert!(text("node_modules/c/package.json").contains("1.0.0"));
    assert!(text("node_modules/a/node_modules/c/package.json").contains("2.0.0"));
    assert_eq!(files.remarks.len(), 1);
    assert!(files.remarks[0].ends_with("/node_modules: a"), "{:?}", files.remarks);
    let single = taken(&dir.path().join("single.js"));
    assert_eq!(names(&single.bundle), ["node_modules/c/package.json", "single.js"]);
}

#[cfg(unix)]
#[test]
fn packages_are_found_through_the_links_of_package_managers() {
    let dir = tree(&[
        ("brink.toml", ""),
        ("node_modules/.pnpm/a@1/node_modules/a/package.json", r#"{"dependencies": {"b": "1"}}"#),
        ("node_modules/.pnpm/b@1/node_modules/b/package.json", "{}"),
        ("packages/lib/package.json", "{}"),
        ("packages/lib/index.js", ""),
        ("packages/app/index.js", "require('a'); require('lib'); require('out')"),
    ]);
    let outside = tree(&[("package.json", "{}")]);
    let link = |to: PathBuf, name: &str| {
        std::os::unix::fs::symlink(to, dir.path().join("node_modules").join(name)).unwrap();
    };
    link(".pnpm/a@1/node_modules/a".into(), "a");
    link("../../b@1/node_modules/b".into(), ".pnpm/a@1/node_modules/b");
    link("../packages/lib".into(), "lib");
    link(outside.path().to_owned(), "out");
    let files = taken(&dir.path().join("packages/app"));
    let shown = [
        "index.js",
        "node_modules/a/package.json",
        "node_modules/b/package.json",
        "node_modules/lib/index.js",
        "node_modules/lib/package.json",
    ];
    assert_eq!(names(&files.bundle), shown);
    assert!(files.remarks[0].contains("package out is left out"), "{:?}", files.remarks);
    let lib = dir.path().canonicalize().unwrap().join("packages/lib");
    assert_eq!(files.linked, BTreeSet::from([lib]));
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_within_the_folder() {
    let outside = tree(&[("secret.js", "")]);
    let dir = tree(&[("index.js", ""), ("lib/a.js", "")]);
    let link = |to: &Path, name: &str| {
        std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
    };
    link(&outside.path().join("secret.js"), "secret.js");
    link(outside.path(), "out");
    link(&dir.path().join("lib"), "again");
    link(Path::new("missing"), "dangling.js");
    assert_eq!(names(&taken(dir.path()).bundle), ["again/a.js", "index.js", "lib/a.js"]);
}

#[test]
fn python_is_taken_with_its_packages_and_without_what_tools_made_of_it() {
    let dir = tree(&[
        ("lambda_function.py", "import numpy\ndef lambda_handler(event, context): pass"),
        ("numpy/core/_multiarray.cpython-311-x86_64-linux-gnu.so", ""),
        ("numpy/tests/test_core.py", ""),
        ("numpy-1.0.dist-info/RECORD", ""),
        ("__pycache__/lambda_function.cpython-311.pyc", ""),
        ("numpy/__pycache__/a.pyc", ""),
        (".venv/pyvenv.cfg", ""),
        ("env/pyvenv.cfg", ""),
        ("env/lib/x.py", ""),
        // JavaScript is no code of this function.
        ("static/app.ts", "not TypeScript at all ("),
        ("static/page.js", "require('./missing'); import('left-pad')"),
    ]);
    let native = b"\x7fELF\0\xff\xfe";
    std::fs::write(dir.path().join("numpy/native.so"), native).unwrap();
    let files = read(dir.path(), Runtime::Python, "lambda_function.lambda_handler").unwrap();
    let shown = [
        "lambda_function.py",
        "numpy-1.0.dist-info/RECORD",
        "numpy/core/_multiarray.cpython-311-x86_64-linux-gnu.so",
        "numpy/native.so",
        "numpy/tests/test_core.py",
        "static/app.ts",
        "static/page.js",
    ];
    assert_eq!(names(&files.bundle), shown);
    assert_eq!(files.bundle.file("numpy/native.so").unwrap().as_ref(), native);
    assert!(files.remarks[0].starts_with("env is left out: a virtual"), "{:?}", files.remarks);
    assert!(files.absent.is_empty() && files.remarks.len() == 1, "{files:?}");
}

#[test]
fn a_single_python_file_is_taken_with_the_modules_beside_it() {
    let app = "import os, helpers\nfrom pages.home import page\ndef handler(event, context): pass";
    let dir = tree(&[
        ("app.py", app),
        ("helpers.py", "from . import more, near\nfrom .near import x"),
        ("near.py", ""),
        ("pages/__init__.py", ""),
        ("pages/home/__init__.py", "import unused_name"),
        ("pages/home/page.html", ""),
        ("pages/__pycache__/x.pyc", ""),
        ("unused.py", ""),
        ("os.txt", ""),
    ]);
    let path = dir.path().join("app.py");
    assert_eq!(default_handler(&path), "app.handler");
    let files = read(&path, Runtime::Python, "app.handler").unwrap();
    let shown = [
        "app.py",
        "helpers.py",
        "near.py",
        "pages/__init__.py",
        "pages/home/__init__.py",
        "pages/home/page.html",
    ];
    assert_eq!(names(&files.bundle), shown);
    assert_eq!(files.handler, "app.handler");
    assert_eq!(files.sources.len(), shown.len());
    let advice = files.advice("Unable to import module 'app': No module named 'requests.api'");
    let told = "there is no requests.py beside the file; give the folder to take all of it";
    assert_eq!(advice.unwrap(), told);
    std::fs::write(&path, "def lambda_handler(event, context): pass").unwrap();
    assert_eq!(default_handler(&path), "app.lambda_handler");
}

#[test]
fn the_program_of_a_runtime_of_ones_own_is_its_bootstrap() {
    let dir = tree(&[("build/function", "\x7fELF..."), ("script/bootstrap", "#!/bin/sh\n")]);
    let at = |path: &str| dir.path().join(path);
    let files = read(&at("build/function"), Runtime::Provided, HANDLER_DEFAULT).unwrap();
    assert_eq!(names(&files.bundle), ["bootstrap"]);
    let files = read(&at("script"), Runtime::Provided, "any.thing").unwrap();
    assert_eq!((names(&files.bundle), files.handler.as_str()), (vec!["bootstrap"], "any.thing"));
    let error = |path| read(&at(path), Runtime::Provided, "a.b").unwrap_err().to_string();
    let missing = error("build");
    assert!(missing.contains("build has no file `bootstrap` at its top"), "{missing}");
    std::fs::write(at("script/bootstrap"), "MZ").unwrap();
    let foreign = error("script");
    assert!(foreign.contains("cannot run: it is neither a program for Linux"), "{foreign}");
}

#[test]
fn node_js_gets_all_packages_that_its_package_json_names() {
    let dir = tree(&[
        ("node_modules/a/package.json", r#"{"optionalDependencies": {"@n/a-linux-x64": "1"}}"#),
        ("node_modules/a/prebuilds/linux-x64/a.node", "native"),
        ("node_modules/@n/a-linux-x64/a.node", "native"),
        ("node_modules/unused/package.json", "{}"),
        ("function/package.json", r#"{"dependencies": {"a": "1"}}"#),
        // The embedded runtime has no such module.
        ("function/index.js", "require(name); require('cluster');"),
        ("function/typed.ts", "export const a: number = 1;"),
    ]);
    let files = read(&dir.path().join("function"), Runtime::Nodejs, HANDLER_DEFAULT).unwrap();
    let shown = [
        "index.js",
        "node_modules/@n/a-linux-x64/a.node",
        "node_modules/a/package.json",
        "node_modules/a/prebuilds/linux-x64/a.node",
        "package.json",
        "typed.js",
        "typed.js.map",
    ];
    assert_eq!(names(&files.bundle), shown);
    assert!(files.absent.is_empty(), "{:?}", files.absent);
}

#[test]
fn an_ignore_file_leaves_out_and_takes_in() {
    let patterns =
        "# built before\n/src/\n*.md\n!LICENSE.md\nnode_modules/aws-sdk\n!.venv/\n.env\n";
    let dir = tree(&[
        ("function/.brinkignore", patterns),
        ("function/index.js", "require('aws-sdk'); require('b')"),
        ("function/src/index.ts", "not TypeScript ("),
        ("function/lib/src/a.js", ""),
        ("function/lib/README.md", ""),
        ("function/LICENSE.md", ""),
        ("function/.env", "SECRET=1"),
        ("function/.venv/pyvenv.cfg", ""),
        ("function/lib/.brinkignore", "*"),
        ("node_modules/aws-sdk/package.json", "{}"),
        ("node_modules/b/package.json", "{}"),
        ("node_modules/b/README.md", ""),
    ]);
    let function = dir.path().join("function");
    for runtime in [Runtime::Boa, Runtime::Nodejs] {
        let files = read(&function, runtime, HANDLER_DEFAULT).unwrap();
        let shown = [
            ".venv/pyvenv.cfg",
            "LICENSE.md",
            "index.js",
            "lib/.brinkignore",
            "lib/src/a.js",
            "node_modules/b/package.json",
        ];
        assert_eq!(names(&files.bundle), shown);
    }
    std::fs::write(function.join(".brinkignore"), "a\n[z-a]\n").unwrap();
    let error = read(&function, Runtime::Boa, HANDLER_DEFAULT).unwrap_err().to_string();
    assert!(error.contains(".brinkignore: ") && error.contains("line 2"), "{error}");
}

#[test]
fn a_function_that_is_too_large_names_its_largest_parts() {
    let dir = tree(&[("index.js", ""), ("node_modules/a/small.js", "")]);
    for (name, size) in [
        ("node_modules/a/a.bin", 30_u64 << 20),
        ("node_modules/@b/b/b.bin", 200 << 20),
        ("data/c.bin", 40 << 20),
    ] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).unwrap().set_len(size).unwrap();
    }
    let error = read(dir.path(), Runtime::Python, HANDLER_DEFAULT).unwrap_err().to_string();
    let told = "has 5 files of 270MB together; a function for the runtime python has at most \
                50000 files of 250MB. The largest: node_modules/@b/b (200MB in 1 file), data (40MB \
                in 1 file), node_modules/a (30MB in 2 files), index.js";
    assert!(error.contains(told), "{error}");
    std::fs::write(dir.path().join(".brinkignore"), "*.bin\n").unwrap();
    assert!(read(dir.path(), Runtime::Python, HANDLER_DEFAULT).is_ok());
}

#[cfg(unix)]
#[test]
fn links_outside_are_told_and_a_link_to_a_folder_above_is_none() {
    let outside = tree(&[("x.py", "")]);
    let dir = tree(&[("a/app.py", "")]);
    std::os::unix::fs::symlink(outside.path(), dir.path().join("out")).unwrap();
    std::os::unix::fs::symlink("..", dir.path().join("a/self")).unwrap();
    let files = read(dir.path(), Runtime::Python, HANDLER_DEFAULT).unwrap();
    assert_eq!(names(&files.bundle), ["a/app.py"]);
    assert_eq!(files.remarks, ["links that lead outside of the folder are left out: out"]);
}

#[test]
fn large_folders_are_rejected_before_they_are_read() {
    let dir = tree(&[("index.js", "")]);
    let large = dir.path().join("large.bin");
    for runtime in Runtime::ALL {
        let max = BundleBounds::of(runtime).bytes as u64;
        std::fs::File::create(&large).unwrap().set_len(max + 1).unwrap();
        for path in [dir.path(), &large] {
            let rejected = read(path, runtime, HANDLER_DEFAULT).unwrap_err();
            assert!(matches!(rejected, BundleFilesError::TooLarge { .. }), "{rejected}");
        }
    }
}

#[test]
fn nothing_and_nowhere_are_told_apart() {
    let dir = tree(&[(".git/config", "")]);
    let error = read(dir.path(), Runtime::Boa, HANDLER_DEFAULT).unwrap_err();
    assert!(matches!(error, BundleFilesError::Empty(_)));
    assert!(error.to_string().contains("brink init"), "{error}");
    let nowhere = dir.path().join("no");
    assert!(matches!(
        read(&nowhere, Runtime::Boa, HANDLER_DEFAULT),
        Err(BundleFilesError::Read { .. })
    ));
}
