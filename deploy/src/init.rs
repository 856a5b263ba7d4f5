//! `brink init`: a small project that runs, as a beginning.
//!
//! No file is overwritten: if one of the files exists, none is written.

mod sample;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use brink_shared::event::{ForFunction, Trigger};
use brink_shared::id::DistributionId;
use brink_shared::registry::{Runtime, RuntimeName};
use serde_json::json;

use crate::args::{EventArgs, Global, InitArgs};
use crate::command_error::CommandError;
use crate::event;
use crate::printing;
use sample::Sample;

/// Name of the distribution if the folder's name is not valid.
const ID_DEFAULT: &str = "site";

/// The files that are the same for every function.
const FILES: [(&str, &str); 2] = [
    ("site/index.html", include_str!("init/page.html")),
    (".gitignore", include_str!("init/gitignore")),
];

/// The project file, and its template.
const PROJECT: (&str, &str) = ("brink.toml", include_str!("init/project.toml"));

/// The column of the comments in the project file.
const COMMENTS: usize = 34;

/// The sample events of the function, beside the other files.
const EVENTS: &str = "events.jsonl";

/// Makes the project and prints the next commands.
pub fn command(global: &Global, args: &InitArgs) -> Result<(), CommandError> {
    let id = id_of(&args.dir)?;
    let sample = Sample::of(args.runtime.runtime);
    let mut files = vec![
        (PROJECT.0, project(&id, args.runtime, &sample)),
        (sample.path, sample.text.to_owned()),
    ];
    files.extend(FILES.iter().map(|(name, text)| (*name, (*text).to_owned())));
    files.push((EVENTS, events()?));
    let taken: Vec<&str> =
        files.iter().map(|(name, _)| *name).filter(|name| args.dir.join(name).exists()).collect();
    if !taken.is_empty() {
        return Err(CommandError::failed(format!(
            "{} already has {}; nothing was written. Choose another folder: brink init DIR",
            args.dir.display(),
            taken.join(", ")
        )));
    }
    for (name, text) in &files {
        let is_program = args.runtime.runtime == Runtime::Provided && *name == sample.path;
        let mode = if is_program { 0o777 } else { 0o666 };
        write(&args.dir.join(name), text, mode).map_err(|error| {
            let file = args.dir.join(name);
            CommandError::failed(format!("cannot write {}: {error}", file.display()))
        })?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let made = json!({"dir": args.dir, "id": id, "files": names});
    printing::done(global.output, &made, next(&args.dir, &names)).map_err(CommandError::failed)
}

/// The project file.
fn project(id: &DistributionId, runtime: RuntimeName, sample: &Sample) -> String {
    let runtime = runtime.to_string();
    let written = "runtime = \"\"".len() + runtime.len();
    let pad = " ".repeat(COMMENTS.saturating_sub(written).max(1));
    let parts = [
        ("{ID}", id.as_str()),
        ("{SOURCE}", sample.source),
        ("{RUNTIME}", &runtime),
        ("{PAD}", &pad),
    ];
    let parts = parts.into_iter().chain([("{MEANS}", sample.means)]);
    parts.fold(PROJECT.1.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// The files that were made, and the next commands.
fn next(dir: &Path, names: &[&str]) -> String {
    let at = |name: &str| quoted(&dir.join(name).components().collect::<std::path::PathBuf>());
    format!(
        "made {} in {}\n\n\
         brink dev {}\n    \
         serves it on http://127.0.0.1:8080 and reloads it on every change\n\
         brink run {} --events {}\n    \
         tests the function with sample events; exits with 1 if one of them failed\n\
         brink event viewer-request --uri /hello\n    \
         prints a further event",
        names.join(", "),
        dir.display(),
        quoted(dir),
        at("function"),
        at(EVENTS),
    )
}

/// A path as it can be pasted into a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./+@,=:".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A distribution's name, made from that of the folder.
fn id_of(dir: &Path) -> Result<DistributionId, CommandError> {
    let real = dir.canonicalize().or_else(|_| std::path::absolute(dir)).unwrap_or_default();
    let name = real.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    name.trim_matches('-').parse().or_else(|_| ID_DEFAULT.parse()).map_err(CommandError::failed)
}

/// One event that the function answers and one that it passes on.
fn events() -> Result<String, CommandError> {
    let mut lines = String::new();
    for uri in ["/hello", "/index.html"] {
        let event = event::sample(&EventArgs {
            trigger: Trigger::ViewerRequest,
            uri: uri.to_owned(),
            method: "GET".to_owned(),
            querystring: String::new(),
            header: Vec::new(),
            status: None,
            body: None,
        })?;
        let line = serde_json::to_string(&ForFunction(&event)).map_err(CommandError::failed)?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(lines)
}

/// Writes a new file. The process's umask limits its mode.
fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file?.write_all(text.as_bytes())
}
