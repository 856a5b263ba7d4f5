//! Reads the sections of the document into the project.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_shared::id::{DistributionId, FunctionName};
use brink_shared::limits;
use brink_shared::registry::check::{Quotas, check};
use brink_shared::registry::distribution::{
    Behavior, ErrorPage, GeoRestriction, Logging, OriginConfig, OriginGroup, ViewerCertificate,
};
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Distribution, RuntimeName};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeValue};

use super::document::{Document, Fault, Value, plain_words};
use super::policies;
use super::roles::{self, Roles};
use super::{Project, ProjectFunction, public_keys, with_newest};
use crate::runtime_choice;

const SECTIONS: [&str; 13] = [
    "runtime",
    "dev",
    "functions",
    "roles",
    "distribution",
    "origins",
    "origin_groups",
    "behaviors",
    "policies",
    "error_pages",
    "public_keys",
    "key_groups",
    "ip_sets",
];

/// A placeholder for a folder's address until it is served.
const FOLDER_URL: &str = "http://127.0.0.1:1";

/// The `[distribution]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: DistributionId,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    default_root_object: String,
    #[serde(default)]
    geo_restriction: Option<GeoRestriction>,
    #[serde(default)]
    viewer_certificate: ViewerCertificate,
    logging: Option<Logging>,
}

/// The `[dev]` table.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Dev {
    origin: Option<SocketAddr>,
    geo: GeoFiles,
}

/// The kind of path in a key such as `source`.
type Taken = (Spanned<String>, String);

/// Reads a project of this folder.
pub fn project(text: &str, folder: &Path) -> Result<Project, Vec<Fault>> {
    let mut document = Document::parse(text);
    document.expect_only(&SECTIONS);
    let functions = functions(&mut document, folder);
    let Parts { distribution, folders, key_files, policies } = Parts::read(&mut document, folder);
    if let Some(distribution) = &distribution {
        undefined_functions(&mut document, distribution);
        problems(&mut document, distribution);
    }
    let dev = document.section("dev");
    let mut dev: Dev = dev.and_then(|section| document.read(&section)).unwrap_or_default();
    geo_files(&mut document, folder, &mut dev.geo);
    finish(document, distribution, |distribution| Project {
        functions,
        distribution,
        folders,
        key_files,
        policies,
        origin: dev.origin,
        geo: dev.geo,
    })
}

/// Reads the functions of a project, whatever other mistakes it has.
pub fn functions_alone(
    text: &str,
    folder: &Path,
) -> Result<BTreeMap<FunctionName, ProjectFunction>, Vec<Fault>> {
    let mut document = Document::parse(text);
    let functions = functions(&mut document, folder);
    if document.is_sound() { Ok(functions) } else { Err(document.into_faults()) }
}

/// Makes the paths of files relative to the project's folder.
fn geo_files(document: &mut Document<'_>, folder: &Path, files: &mut GeoFiles) {
    for (key, file) in
        [("database", &mut files.database), ("asn_database", &mut files.asn_database)]
    {
        let Some(file) = file else { continue };
        *file = folder.join(&file);
        if !file.is_file() {
            let message = format!("{} is not a file", file.display());
            document.note_at(&format!("dev.geo.{key}"), message);
        }
    }
}

/// Reads the distribution of a project file for a cluster, where versions have numbers.
pub fn distribution(text: &str, folder: &Path) -> Result<Distribution, Vec<Fault>> {
    let mut document = Document::parse(text);
    document.expect_only(&SECTIONS);
    let Parts { distribution, folders, .. } = Parts::read(&mut document, folder);
    for origin in folders.keys() {
        let message = "`folder` is served by `brink dev` and `brink up` only; give the `url` of a \
                       server that the gateways reach";
        document.note_at(&format!("origins.{origin}.folder"), message.to_owned());
    }
    for (path, function) in distribution.iter().flat_map(unnumbered) {
        document.note_at(
            &path,
            format!(
                "names no version; write a published one, for example \"{function}:1\" \
                 (`brink function show {function}` lists them)"
            ),
        );
    }
    if let Some(distribution) = &distribution {
        problems(&mut document, distribution);
    }
    finish(document, distribution, |distribution| distribution)
}

/// Reads the JSON form of the document.
pub fn json(text: &str) -> Result<Distribution, Vec<Fault>> {
    let mut document = serde_json::Deserializer::from_str(text);
    let read: Result<Distribution, _> = serde_path_to_error::deserialize(&mut document);
    let distribution = read.map_err(|error| {
        // A document as a whole has the path `.`.
        let path = Some(error.path().to_string()).filter(|path| path != ".").unwrap_or_default();
        vec![fault_of_json(path, &error.into_inner())]
    })?;
    document.end().map_err(|error| vec![fault_of_json(String::new(), &error)])?;
    let faults: Vec<Fault> = unnumbered(&distribution)
        .map(|(path, function)| Fault {
            place: None,
            path,
            message: format!("{function} names no version; write for example \"{function}:1\""),
        })
        .collect();
    if faults.is_empty() { Ok(distribution) } else { Err(faults) }
}

fn fault_of_json(path: String, error: &serde_json::Error) -> Fault {
    let place = Some((error.line(), error.column())).filter(|(line, _)| *line > 0);
    let text = error.to_string();
    // The place is named already.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    Fault { place, path, message: plain_words(message) }
}

fn finish<T>(
    document: Document<'_>,
    distribution: Option<Distribution>,
    whole: impl FnOnce(Distribution) -> T,
) -> Result<T, Vec<Fault>> {
    match distribution {
        Some(distribution) if document.is_sound() => Ok(whole(distribution)),
        _ => Err(document.into_faults()),
    }
}

fn functions<'t>(
    document: &mut Document<'t>,
    folder: &Path,
) -> BTreeMap<FunctionName, ProjectFunction> {
    let mut functions = BTreeMap::new();
    let roles = Roles::read(document);
    let runtime = document.section("runtime").and_then(|runtime| document.read(&runtime));
    for (key, value) in document.table("functions") {
        let name = name(document, &key);
        let function = function(document, folder, key.get_ref(), &roles, runtime, value);
        if let (Some(name), Some(function)) = (name, function) {
            functions.insert(name, function);
        }
    }
    functions
}

fn name(document: &mut Document<'_>, key: &Spanned<String>) -> Option<FunctionName> {
    let parsed = key.get_ref().parse();
    parsed.map_err(|error| document.note(key.span(), format!("{error}"))).ok()
}

fn function<'t>(
    document: &mut Document<'t>,
    folder: &Path,
    name: &str,
    roles: &Roles<'t>,
    default: Option<RuntimeName>,
    mut value: Value<'t>,
) -> Option<ProjectFunction> {
    let source = take_text(document, &mut value, "source", "a path");
    let role = take_text(document, &mut value, "role", "a role's name");
    let role = role.and_then(|role| roles.give(document, role, &mut value));
    let names = |key: &str| value.get_ref().get(key).is_some();
    let (names_runtime, names_handler) = (names("runtime"), names("handler"));
    let settings: Option<FunctionSettings> = document.read(&value);
    let Some((key, source)) = source else {
        if value.get_ref().get("source").is_none() {
            let message = "missing field `source`: the function's file or folder";
            document.note(value.span(), message.to_owned());
        }
        return None;
    };
    let source = folder.join(source);
    if !source.exists() {
        document.note(key.span(), format!("{} does not exist", source.display()));
    }
    let mut settings = settings?;
    settings.role = role;
    roles::problems(document, name, &settings);
    for problem in limits::problems(&settings.chosen()) {
        document.note_at(&format!("functions.{name}.{}", problem.path), problem.message);
    }
    let runtime = names_runtime.then_some(settings.runtime);
    let handler = names_handler.then(|| settings.handler.clone());
    let settings = runtime_choice::complete(settings, &source, runtime, handler, default);
    Some(ProjectFunction { source, settings })
}

/// The parts of the distribution that can be read.
struct Parts {
    distribution: Option<Distribution>,
    /// The origins that are folders.
    folders: BTreeMap<String, PathBuf>,
    /// The files of public keys.
    key_files: Vec<PathBuf>,
    /// The file of shared policies.
    policies: Option<PathBuf>,
}

// === impl Parts ===

impl Parts {
    fn read(document: &mut Document<'_>, folder: &Path) -> Self {
        let head: Option<Head> = match document.section("distribution") {
            Some(section) => document.read(&section),
            None => {
                let message = "missing section [distribution] with an `id`";
                document.note_at("distribution", message.to_owned());
                None
            }
        };
        let (origins, folders) = origins(document, folder);
        let origin_groups = read_named::<OriginGroup>(document, "origin_groups");
        let behaviors = read_all::<Behavior>(document, "behaviors");
        let error_pages = read_all::<ErrorPage>(document, "error_pages");
        let (public_keys, key_files) = public_keys::read(document, folder);
        let key_groups = read_named(document, "key_groups");
        let ip_sets = read_named(document, "ip_sets");
        let (policies, shared) = policies::read(document, folder);
        let mut distribution = head.map(|head| Distribution {
            id: head.id,
            aliases: head.aliases,
            default_root_object: head.default_root_object,
            origins,
            origin_groups,
            behaviors,
            policies,
            error_pages,
            public_keys,
            key_groups,
            ip_sets,
            geo_restriction: head.geo_restriction,
            viewer_certificate: head.viewer_certificate,
            logging: head.logging,
        });
        if let Some(distribution) = &mut distribution {
            policies::give(document, distribution);
        }
        Self { distribution, folders, key_files, policies: shared }
    }
}

fn origins(
    document: &mut Document<'_>,
    folder: &Path,
) -> (BTreeMap<String, OriginConfig>, BTreeMap<String, PathBuf>) {
    let mut origins = BTreeMap::new();
    let mut folders = BTreeMap::new();
    for (key, mut value) in document.table("origins") {
        if let Some((place, path)) = take_text(document, &mut value, "folder", "a path") {
            let path = folder.join(path);
            if !path.is_dir() {
                document.note(place.span(), format!("{} is not a folder", path.display()));
            }
            if !give_url(&mut value) {
                let message = "an origin is either a `url` or a `folder`, not both";
                document.note(place.span(), message.to_owned());
            }
            folders.insert(key.get_ref().clone(), path);
        }
        if let Some(origin) = document.read(&value) {
            origins.insert(key.into_inner(), origin);
        }
    }
    (origins, folders)
}

/// Gives a folder's table the `url` that every origin has; false if it has one of its own.
fn give_url(value: &mut Value<'_>) -> bool {
    let span = value.span();
    let DeValue::Table(table) = value.get_mut() else {
        return true;
    };
    let key = Spanned::new(span.clone(), DeString::Borrowed("url"));
    let url = Spanned::new(span, DeValue::String(DeString::Borrowed(FOLDER_URL)));
    table.insert(key, url).is_none()
}

/// Removes a text from a table. The rest has the fields of its type.
fn take_text(
    document: &mut Document<'_>,
    value: &mut Value<'_>,
    key: &str,
    what: &str,
) -> Option<Taken> {
    let DeValue::Table(table) = value.get_mut() else {
        return None;
    };
    let (place, found) = table.get_key_value(key)?;
    let place = Spanned::new(place.span(), key.to_owned());
    let Some(text) = found.get_ref().as_str().map(str::to_owned) else {
        let message = format!("expected {what} in quotes, found a {}", found.get_ref().type_str());
        document.note(found.span(), message);
        return None;
    };
    table.remove(key);
    Some((place, text))
}

fn read_all<T: DeserializeOwned>(document: &mut Document<'_>, section: &str) -> Vec<T> {
    let items = document.array(section);
    items.iter().filter_map(|item| document.read(item)).collect()
}

/// The values of a table that can be read, by their names.
fn read_named<T: DeserializeOwned>(
    document: &mut Document<'_>,
    section: &str,
) -> BTreeMap<String, T> {
    let entries = document.table(section).into_iter();
    let read = |(key, value): (Spanned<String>, Value<'_>)| {
        Some((key.into_inner(), document.read(&value)?))
    };
    entries.filter_map(read).collect()
}

fn unnumbered(distribution: &Distribution) -> impl Iterator<Item = (String, FunctionName)> {
    distribution
        .associations()
        .filter(|(_, _, association)| association.function.number.is_none())
        .map(|(path, _, association)| (path, association.function.function.clone()))
}

/// Notes every function that a behavior names without a number and the project does not have.
fn undefined_functions(document: &mut Document<'_>, distribution: &Distribution) {
    let defined: Vec<String> =
        document.table("functions").into_iter().map(|(key, _)| key.into_inner()).collect();
    for (path, function) in unnumbered(distribution) {
        if !defined.iter().any(|name| name == function.as_str()) {
            let message = format!(
                "function {function} is not defined; add [functions.{function}] with its `source`"
            );
            document.note_at(&path, message);
        }
    }
}

/// Notes mistakes of the distribution as a whole, once each of its parts can be read. Only the
/// registry knows which versions exist, and quotas are settings of the workers.
fn problems(document: &mut Document<'_>, distribution: &Distribution) {
    if !document.is_sound() {
        return;
    }
    let numbered = with_newest(distribution, |_| Some(1));
    for problem in check(&numbered, &Quotas::UNLIMITED, &|_| true) {
        document.note_at(&key_path(&problem.path), problem.message);
    }
}

/// The place of a path of the document in a project file, which has a table for its head.
fn key_path(path: &str) -> String {
    let head = [
        "id",
        "aliases",
        "default_root_object",
        "geo_restriction",
        "viewer_certificate",
        "logging",
    ];
    if head.iter().any(|key| path.starts_with(key)) {
        format!("distribution.{path}")
    } else {
        path.to_owned()
    }
}
