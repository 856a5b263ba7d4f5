//! Looks up a module's exports: the specification's `ResolveExport` and `GetExportedNames`.

use std::collections::HashSet;

use boa_engine::{Context, JsResult};
use brink_rewrite::module::{Export, Name};

use super::record::{Binding, Id};

/// The meaning of a name among the exports of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    Found(Binding),
    /// The module exports nothing of that name.
    Missing,
    /// Several modules export it, and the module passes on the exports of all of them.
    Ambiguous,
    /// The export leads back to itself.
    Circular,
}

/// The meaning of a name among the exports of the module that a request leads to.
pub(super) fn resolve_request(
    id: Id,
    request: usize,
    name: &Name,
    seen: &mut HashSet<(Id, String)>,
    context: &Context,
) -> JsResult<Resolution> {
    let target = id.with(context, |record| record.targets.get(request).copied())?;
    let Some(target) = target else { return Ok(Resolution::Missing) };
    match name {
        Name::Namespace => Ok(Resolution::Found(Binding::Namespace(target))),
        Name::Export(name) => resolve(target, name, seen, context),
    }
}

/// The meaning of a name among the exports of a module: the specification's `ResolveExport`.
pub(super) fn resolve(
    id: Id,
    name: &str,
    seen: &mut HashSet<(Id, String)>,
    context: &Context,
) -> JsResult<Resolution> {
    if !seen.insert((id, name.to_owned())) {
        return Ok(Resolution::Circular);
    }
    let (shape, known) =
        id.with(context, |record| (record.shape.clone(), record.passed_on.get(name).copied()))?;
    if let Some(binding) = known {
        return Ok(Resolution::Found(binding));
    }
    for export in &shape.exports {
        match export {
            Export::Own { name: exported, at, is_steady, .. } if exported == name => {
                let binding = Binding::Own { module: id, at: *at, is_steady: *is_steady };
                return Ok(Resolution::Found(binding));
            }
            Export::Other { name: exported, request, of, .. } if exported == name => {
                return resolve_request(id, *request, of, seen, context);
            }
            _ => {}
        }
    }
    if name == "default" {
        return Ok(Resolution::Missing);
    }
    let mut found = Resolution::Missing;
    for export in &shape.exports {
        let Export::All { request } = export else { continue };
        let name = Name::Export(name.to_owned());
        match (resolve_request(id, *request, &name, seen, context)?, found) {
            (Resolution::Ambiguous, _) => return Ok(Resolution::Ambiguous),
            (Resolution::Missing | Resolution::Circular, _) => {}
            (first, Resolution::Missing) => found = first,
            (same, before) if same == before => {}
            _ => return Ok(Resolution::Ambiguous),
        }
    }
    Ok(found)
}

/// The names of all exports of a module: the specification's `GetExportedNames`.
pub(super) fn exported_names(id: Id, context: &Context) -> JsResult<Vec<String>> {
    let (mut names, mut known) = (Vec::new(), HashSet::new());
    let mut seen = HashSet::from([id]);
    // `export *` leaves the default export out.
    let mut open = vec![(id, true)];
    while let Some((id, is_first)) = open.pop() {
        let (shape, targets) =
            id.with(context, |record| (record.shape.clone(), record.targets.clone()))?;
        for export in &shape.exports {
            match export {
                Export::Own { name, .. } | Export::Other { name, .. } => {
                    if (is_first || name != "default") && known.insert(name.clone()) {
                        names.push(name.clone());
                    }
                }
                Export::All { request } => {
                    open.extend(
                        targets.get(*request).filter(|id| seen.insert(**id)).map(|id| (*id, false)),
                    );
                }
            }
        }
    }
    Ok(names)
}
