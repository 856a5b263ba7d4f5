//! Finds the module that a specifier means in a file.

use boa_engine::{Context, JsError, JsResult, js_error};

use super::super::super::loader::ROOT;
use super::super::super::platform;
use super::super::commonjs;
use super::super::files::Files;
use super::super::resolve::{Asker, Kind, Unresolved, folder};
use super::record::{Id, Records};

/// The module that a specifier means.
pub(super) enum Target {
    /// A module that was asked for before.
    Known(Result<Id, JsError>),
    /// A module that has no text of its own to read.
    Unread(Unread),
    /// The file of an ES module.
    Text(String),
}

/// A module that has no text of its own to read.
pub(super) enum Unread {
    Platform(&'static str),
    File(String),
}

/// The module that a specifier means in a file.
pub(super) fn target(from: &str, specifier: &str, context: &mut Context) -> JsResult<Target> {
    let (files, records) = (Files::of(context)?, Records::of(context)?);
    if let Some(name) = platform::resolve(specifier) {
        return Ok(match records.find(&platform_key(name)) {
            Some(known) => Target::Known(known),
            None => Target::Unread(Unread::Platform(name)),
        });
    }
    let path = match files.resolve(from, specifier, Asker::Import) {
        Ok(path) => path,
        Err(Unresolved::NotExported(why)) => return Err(commonjs::not_exported(why, context)),
        Err(Unresolved::NotFound) => return Err(not_found(from, specifier, context)),
    };
    Ok(match records.find(&path) {
        Some(known) => Target::Known(known),
        None if files.kind(&path, context) == Kind::Es => Target::Text(path),
        None => Target::Unread(Unread::File(path)),
    })
}

pub(super) fn platform_key(name: &str) -> String {
    format!("node:{name}")
}

/// The error of `import` for a module that the bundle does not have.
pub(super) fn not_found(from: &str, specifier: &str, context: &mut Context) -> JsError {
    let specifier = specifier.strip_prefix("file://").unwrap_or(specifier);
    let is_path = specifier.starts_with(['.', '/']);
    let (what, name) = match is_path {
        true => ("module", join(folder(from), specifier)),
        false => ("package", specifier.to_owned()),
    };
    let error = js_error!(Error: "Cannot find {} '{}' imported from {}/{}", what, name, ROOT, from);
    commonjs::coded(error, "ERR_MODULE_NOT_FOUND", context)
}

/// A relative specifier as the path that it means.
pub(super) fn join(folder: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if specifier.starts_with('/') {
        return specifier.to_owned();
    }
    for part in specifier.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{ROOT}/{}", parts.join("/"))
}
