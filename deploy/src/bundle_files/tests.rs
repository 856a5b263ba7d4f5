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
fn large_folders_are_rejected_before_they_are_read() {
    let dir = tree(&[("index.js", "")]);
    let large = dir.path().join("large.bin");
    std::fs::File::create(&large).unwrap().set_len(BUNDLE_MAX as u64 + 1).unwrap();
    for path in [dir.path(), &large] {
        let rejected = read(path, Runtime::Boa, HANDLER_DEFAULT).unwrap_err();
        assert!(matches!(rejected, BundleFilesError::TooLarge { .. }), "{rejected}");
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
