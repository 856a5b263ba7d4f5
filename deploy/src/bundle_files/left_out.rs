//! Files in a folder that do not belong to a function: version control, and the own files of tools
//! and editors.
//!
//! All other hidden files belong to the function, also `.env`, as they do in a zip of the folder.

use std::path::Path;

/// Names that are left out wherever they are.
const NAMES: [&str; 13] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".brink",
    ".DS_Store",
    "Thumbs.db",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
];

/// The file that every virtual environment of Python has at its top.
const OF_ENVIRONMENT: &str = "pyvenv.cfg";

/// The package managers' own files in a `node_modules` folder.
const IN_NODE_MODULES: [&str; 8] = [
    ".bin",
    ".cache",
    ".modules.yaml",
    ".package-lock.json",
    ".pnpm",
    ".vite",
    ".yarn-integrity",
    ".yarn-state.yml",
];

/// The name of the project file. It describes functions and belongs to none.
pub const PROJECT_FILE: &str = "brink.toml";

/// The folder of installed packages.
pub const NODE_MODULES: &str = "node_modules";

/// True for a file or folder that is left out, by its name and that of its folder.
pub(super) fn is_left_out(name: &str, folder: Option<&str>) -> bool {
    NAMES.contains(&name)
        || is_of_editor(name)
        || (folder == Some(NODE_MODULES) && IN_NODE_MODULES.contains(&name))
}

/// True for a virtual environment of Python, whatever its name. Its packages belong to one machine.
pub(super) fn is_virtual_environment(folder: &Path) -> bool {
    folder.join(OF_ENVIRONMENT).is_file()
}

/// True for a path of which a part is left out.
pub fn is_path_left_out(path: &str) -> bool {
    let mut folder = None;
    path.split('/').any(|part| {
        let left_out = is_left_out(part, folder);
        folder = Some(part);
        left_out
    })
}

/// Emacs' locks `.#a` and copies `#a#`, Vim's `.a.swp` to `.a.swa`, and the backups `a~` of many.
fn is_of_editor(name: &str) -> bool {
    let is_copy = name.starts_with('#') && name.ends_with('#') && name.len() > 1;
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).as_bytes();
    let is_swap = name.starts_with('.') && matches!(ending, [b's', b'w', b'a'..=b'p']);
    is_copy || is_swap || name.starts_with(".#") || name.ends_with('~')
}

/// The hidden files and folders of a bundle, outside of its packages, each once.
pub(super) fn hidden<'a>(paths: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut hidden: Vec<&str> = Vec::new();
    for path in paths {
        let mut end = 0;
        for part in path.split('/') {
            end += part.len();
            if part == NODE_MODULES {
                break;
            }
            if part.starts_with('.') {
                let shown = path.get(..end).unwrap_or(path);
                if hidden.last() != Some(&shown) {
                    hidden.push(shown);
                }
                break;
            }
            end += 1;
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_belong_and_those_of_tools_do_not() {
        for path in [
            ".env",
            "a/.well-known/x",
            ".gitignore",
            "a.swp",
            ".bin/x",
            "node_modules/.prisma/client/index.js",
            "node_modules/x/.env",
            "#a",
            "#",
        ] {
            assert!(!is_path_left_out(path), "{path}");
        }
        for path in [
            ".git/config",
            "lib/.svn/x",
            ".hg",
            ".brink/nats/x",
            ".#index.js",
            "#index.js#",
            "index.js~",
            "lib/.index.js.swp",
            ".index.js.swo",
            ".DS_Store",
            "node_modules/.bin/x",
            "lib/node_modules/.cache/y",
            "node_modules/.package-lock.json",
            "lib/__pycache__/a.cpython-311.pyc",
            ".venv/bin/python",
        ] {
            assert!(is_path_left_out(path), "{path}");
        }
    }

    #[test]
    fn hidden_ones_are_named_once_and_those_of_packages_not_at_all() {
        let paths =
            [".a/1", ".a/2", ".env", "lib/.b", "lib/c", "node_modules/.prisma/x", "x.y/.z/q"]
                .map(str::to_owned);
        assert_eq!(hidden(paths.iter()), [".a", ".env", "lib/.b", "x.y/.z"]);
    }
}
