//! Turns TypeScript into JavaScript: removes types when files are read, and adds source maps.
//! Workers see only JavaScript, and errors still name the author's lines.
//!
//! `x.ts` becomes `x.js`, `x.mts` becomes `x.mjs`, and `x.cts` becomes `x.cjs`. Specifiers need no
//! change, because in TypeScript they have the ending of the result. Types are not checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brink_rewrite::line_and_column;
use bytes::Bytes;
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};

/// Endings of TypeScript files, and the endings of the results.
const ENDINGS: [(&str, &str); 4] =
    [(".ts", ".js"), (".tsx", ".js"), (".mts", ".mjs"), (".cts", ".cjs")];

/// Names that Node.js gives to CommonJS files. Files with `import` may use them too, because
/// TypeScript would have compiled such files to CommonJS.
const COMMONJS_NAMES: [(&str, &str); 3] = [
    ("require", "const require = __createRequire(import.meta.url);"),
    ("__filename", "const __filename = import.meta.filename;"),
    ("__dirname", "const __dirname = import.meta.dirname;"),
];

/// A file that is not valid TypeScript.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct TypeScriptError {
    /// The file's name in the bundle.
    pub file: String,
    /// Counted from 1; 1 if the compiler names no place.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
    /// The compiler's message.
    pub message: String,
}

/// The files with all TypeScript turned into JavaScript. Files of packages stay as they are,
/// because packages are published as JavaScript.
pub fn compile(files: BTreeMap<String, Bytes>) -> Result<BTreeMap<String, Bytes>, TypeScriptError> {
    let mut compiled = BTreeMap::new();
    for (name, text) in files {
        let Some(output) = output_name(&name) else {
            compiled.insert(name, text);
            continue;
        };
        let (code, map) = compile_file(&name, &output, &String::from_utf8_lossy(&text))?;
        compiled.insert(format!("{output}.map"), map.into());
        compiled.insert(output, code.into());
    }
    Ok(compiled)
}

/// The JavaScript name of a TypeScript file; none for other files and for declarations.
fn output_name(name: &str) -> Option<String> {
    let in_package = name.starts_with("node_modules/") || name.contains("/node_modules/");
    let declares = [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| name.ends_with(ending));
    if in_package || declares {
        return None;
    }
    let (ending, becomes) = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending))?;
    Some(format!("{}{becomes}", name.strip_suffix(ending)?))
}

fn compile_file(name: &str, output: &str, text: &str) -> Result<(String, String), TypeScriptError> {
    let path = Path::new(name);
    let allocator = Allocator::default();
    let failed = |problems: &[OxcDiagnostic]| match problems.first() {
        Some(problem) => Err(error(name, text, problem)),
        None => Ok(()),
    };
    // Every name was checked to end in one of the endings.
    let source_type = SourceType::from_path(path).unwrap_or_default();
    let parsed = Parser::new(&allocator, text, source_type).parse();
    failed(&parsed.diagnostics)?;
    let mut program = parsed.program;
    let analyzed = SemanticBuilder::new().with_enum_eval(true).build(&program);
    failed(&analyzed.diagnostics)?;
    let scoping = analyzed.semantic.into_scoping();
    let is_module = program.source_type.is_module() && parsed.module_record.has_module_syntax;
    let header = if is_module { commonjs_header(&scoping) } else { String::new() };
    let options = TransformOptions::default();
    let transformed =
        Transformer::new(&allocator, path, &options).build_with_scoping(scoping, &mut program);
    failed(&transformed.diagnostics)?;
    let options = CodegenOptions {
        source_map_path: path.file_name().map(PathBuf::from),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).build(&program);
    let map = printed.map.map(|map| map.to_json_string()).unwrap_or_default();
    let map_name = output.rsplit('/').next().unwrap_or(output);
    let code = format!("{header}{}//# sourceMappingURL={map_name}.map\n", printed.code);
    Ok((code, map))
}

/// Declares the CommonJS names that the file uses, on the line of its first statement.
fn commonjs_header(scoping: &Scoping) -> String {
    let unresolved = scoping.root_unresolved_references();
    let used: Vec<_> = COMMONJS_NAMES
        .iter()
        .filter(|(name, _)| unresolved.keys().any(|known| known == name))
        .map(|(_, declaration)| *declaration)
        .collect();
    if used.is_empty() {
        return String::new();
    }
    format!("import {{ createRequire as __createRequire }} from 'node:module'; {} ", used.join(" "))
}

fn error(file: &str, text: &str, problem: &OxcDiagnostic) -> TypeScriptError {
    let offset = problem.labels.first().map_or(0, |label| label.offset() as usize);
    let (line, column) = line_and_column(text, offset);
    TypeScriptError { file: file.to_owned(), line, column, message: problem.message.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(name: &str, text: &str) -> BTreeMap<String, String> {
        let files = BTreeMap::from([(name.to_owned(), Bytes::copy_from_slice(text.as_bytes()))]);
        let files = compile(files).unwrap();
        files
            .into_iter()
            .map(|(name, text)| (name, String::from_utf8(text.to_vec()).unwrap()))
            .collect()
    }

    #[test]
    fn types_go_and_values_stay() {
        let files = compiled(
            "src/a.ts",
            "import type { X } from './x'; import { Y } from './y.js';\n\
             enum Color { Red = 'r', Blue = Color.Red }\n\
             export const handler = async (event: X): Promise<Color> => (event as any)!.y ?? Color.Blue;\n",
        );
        assert_eq!(files.keys().collect::<Vec<_>>(), ["src/a.js", "src/a.js.map"]);
        let code = &files["src/a.js"];
        assert!(!code.contains("./x") && !code.contains("Promise<"), "{code}");
        assert!(
            code.contains("Red") && code.ends_with("//# sourceMappingURL=a.js.map\n"),
            "{code}"
        );
        assert!(
            files["src/a.js.map"].contains(r#""sources":["a.ts"]"#),
            "{}",
            files["src/a.js.map"]
        );
    }

    #[test]
    fn names_of_commonjs_are_there_in_modules_that_use_them() {
        let code =
            &compiled("a.ts", "import x from 'x'; export default require('y') + __dirname")["a.js"];
        assert!(code.starts_with("import { createRequire as __createRequire }"), "{code}");
        assert!(code.contains("const __dirname") && !code.contains("const __filename"), "{code}");
        let script = &compiled("b.ts", "const y: number = require('y'); exports.y = y;")["b.js"];
        assert!(!script.contains("createRequire"), "{script}");
    }

    #[test]
    fn other_files_stay_and_errors_have_their_place() {
        assert_eq!(compiled("a.d.ts", "x").keys().collect::<Vec<_>>(), ["a.d.ts"]);
        let package = "node_modules/p/index.ts";
        assert_eq!(compiled(package, "x: y").keys().collect::<Vec<_>>(), [package]);
        let files =
            BTreeMap::from([("a.ts".to_owned(), Bytes::from("let a: number = 1;\nlet b = = 2;"))]);
        let error = compile(files).unwrap_err();
        assert!(error.to_string().starts_with("a.ts:2:9: "), "{error}");
    }
}
