//! The environment variables of a program that starts.

use std::collections::BTreeMap;
use std::ffi::{CString, NulError};
use std::path::Path;

use brink_frames::Interpreter;
use brink_frames::interpreter::TMP;

/// Variables by name.
pub(super) type Variables = BTreeMap<String, String>;

/// The variables that programs need to start. Those of the worker stay with the worker.
pub(super) fn bare(spec: &Interpreter, has_root: bool) -> Variables {
    let tmp = if has_root { Path::new(TMP).to_owned() } else { spec.tmp() };
    let tmp = tmp.to_string_lossy().into_owned();
    let mut variables: Variables = [
        ("HOME", tmp.as_str()),
        ("LANG", "C.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("TZ", ":UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if !has_root {
        variables.insert("TMPDIR".to_owned(), tmp);
    }
    variables
}

/// The form in which the kernel takes them.
pub(super) fn for_program(variables: Variables) -> Result<Vec<CString>, NulError> {
    variables.into_iter().map(|(name, value)| CString::new(format!("{name}={value}"))).collect()
}
