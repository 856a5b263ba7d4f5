//! `import()` in globally evaluated texts, and in functions that `Function` made. It imports for
//! the file that called them.

use boa_engine::vm::SourcePath;
use boa_engine::{Context, JsResult, JsValue};

use super::super::loader::{self, ROOT};

/// `import(specifier, options)`.
pub(super) fn import(
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let file = context.stack_trace().find_map(|frame| match frame.code_block().path() {
        SourcePath::Path(path) => path.starts_with(ROOT).then(|| path.to_string_lossy()),
        _ => None,
    });
    let file = file.map_or_else(|| format!("{ROOT}/"), std::borrow::Cow::into_owned);
    loader::of(context)?.import_function(&file, context).call(this, arguments, context)
}
