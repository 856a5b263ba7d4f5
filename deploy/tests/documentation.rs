//! The documentation: pages that are written from the code are up to date (`UPDATE_GOLDEN=1`
//! writes them anew), every page is in the index, and links lead somewhere.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use brink::args::Cli;
use brink::project::Project;
use brink_shared::registry::distribution::{
    CachePolicy, ForwardPolicy, ResponseHeadersPolicy, Selection,
};
use brink_shared::registry::policies::managed::{self, Managed};
use brink_shared::settings::table::{self, Nodes, Setting};
use clap::{Command, CommandFactory};

const COMMAND_LINE: &str = "\
# Command line

<!-- Written by `UPDATE_GOLDEN=1 cargo test -p brink --test documentation`. -->

Every command prints its part of this page with `--help`. The options `--nats`, `--creds` and `--output` are
the same for every command, so they are listed only at the top.
";

const TABLE_BEGINS: &str = "<!-- The table is written by \
                            `UPDATE_GOLDEN=1 cargo test -p brink --test documentation`. -->\n\n";

/// Options of `brink gateway` and `brink worker` that are no settings.
const NO_SETTINGS: [&str; 2] = ["config", "with-parent"];

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// Compares a page with its expected text, or writes it.
fn check(name: &str, expected: &str) {
    let file = page(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, expected).unwrap();
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == expected, "{} is stale; UPDATE_GOLDEN=1 writes it anew", file.display());
}

/// The tool, which shows no values of this process's own variables.
fn tool() -> Command {
    Cli::command().mut_args(|arg| arg.hide_env_values(true))
}

fn describe(command: &Command, path: &str, text: &mut String) {
    // Not as a child of its parent: its help would repeat the options of every command.
    let mut alone = command
        .clone()
        .bin_name(path)
        .disable_help_subcommand(true)
        .mut_args(|arg| arg.hide_env_values(true));
    let help = alone.render_long_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    write!(text, "\n## {path}\n\n```text\n{}\n```\n", lines.join("\n")).unwrap();
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        describe(child, &format!("{path} {}", child.get_name()), text);
    }
}

/// The long names of a command's options.
fn options(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned).collect()
}

fn node_options() -> Vec<String> {
    let tool = tool();
    let of = |name: &str| options(tool.find_subcommand(name).unwrap());
    [of("gateway"), of("worker"), options(&tool)].concat()
}

fn option_of(setting: &Setting) -> String {
    setting.key.replace(['_', '.'], "-")
}

fn row(setting: &Setting, options: &[String]) -> String {
    let option = option_of(setting);
    let flag = if options.contains(&option) { format!("`--{option}`") } else { "-".to_owned() };
    let nodes = match setting.nodes {
        Nodes::All => "all",
        Nodes::Gateway => "gateway",
        Nodes::Worker => "worker",
    };
    let variable = setting.key.to_uppercase().replace('.', "__");
    format!(
        "| `{}` | {flag} | `BRINK_{variable}` | {nodes} | {} | {} |",
        setting.key, setting.default, setting.meaning
    )
}

#[test]
fn the_command_line_page_has_the_help_of_every_command() {
    let mut text = COMMAND_LINE.to_owned();
    describe(&tool(), "brink", &mut text);
    check("command-line.md", &text);
}

#[test]
fn the_settings_page_has_every_setting() {
    let options = node_options();
    let mut rows = "| key | flag | variable | nodes | default | meaning |\n\
                    | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for setting in table::ALL {
        writeln!(rows, "{}", row(setting, &options)).unwrap();
    }
    let stored = std::fs::read_to_string(page("settings.md")).unwrap();
    let (head, rest) = stored.split_once(TABLE_BEGINS).unwrap();
    let tail = rest.split_once("\n\n").map_or("", |(_, tail)| tail);
    check("settings.md", &format!("{head}{TABLE_BEGINS}{rows}\n{tail}"));
}

/// `a, b` of a choice of names.
fn chosen(selection: &Selection) -> String {
    match selection {
        Selection::None => "-".to_owned(),
        Selection::All => "all".to_owned(),
        Selection::Only(names) => names.join(", "),
        Selection::Except(names) => format!("all except {}", names.join(", ")),
    }
}

/// The lines of a list, or `-`.
fn listed(items: Vec<String>) -> String {
    if items.is_empty() { "-".to_owned() } else { items.join(", ") }
}

fn cache_row(Managed { name, id, policy }: Managed<CachePolicy>) -> String {
    let ttls = [policy.min_ttl, policy.default_ttl, policy.max_ttl];
    let [min, default, max] = ttls.map(brink_shared::duration_text::format);
    let (queries, cookies) = (chosen(&policy.query_strings), chosen(&policy.cookies));
    let codings = policy.accept_encoding.iter().map(|coding| format!("{coding:?}").to_lowercase());
    let (codings, headers) = (listed(codings.collect()), listed(policy.headers));
    format!(
        "| `{name}` | `{id}` | {min} | {default} | {max} | {queries} | {headers} | {cookies} | \
         {codings} |"
    )
}

fn forward_row(Managed { name, id, policy }: Managed<ForwardPolicy>) -> String {
    let mut headers = chosen(&policy.headers);
    if !policy.cloudfront_headers.is_empty() {
        write!(headers, ", and {}", policy.cloudfront_headers.join(", ")).unwrap();
    }
    let (queries, cookies) = (chosen(&policy.query_strings), chosen(&policy.cookies));
    format!("| `{name}` | `{id}` | {queries} | {headers} | {cookies} |")
}

fn headers_row(Managed { name, id, policy }: Managed<ResponseHeadersPolicy>) -> String {
    let mut lines = Vec::new();
    if let Some(cors) = &policy.cors {
        let origins = cors.allow_origins.join(", ");
        lines.push(format!("`Access-Control-Allow-Origin: {origins}`"));
        if !cors.allow_methods.is_empty() {
            lines.push(format!("`Access-Control-Allow-Methods: {}`", cors.methods()));
            let exposed = cors.expose_headers.join(", ");
            lines.push(format!("`Access-Control-Expose-Headers: {exposed}`"));
        }
        assert!(!cors.overrides && !cors.allow_credentials && cors.allow_headers.is_empty());
    }
    lines.extend(policy.added().into_iter().map(|header| {
        let overrides = if header.overrides { " (`override`)" } else { "" };
        format!("`{}: {}`{overrides}", header.name, header.value)
    }));
    format!("| `{name}` | `{id}` | {} |", lines.join("<br>"))
}

#[test]
fn the_policies_page_has_every_managed_policy() {
    let stored = std::fs::read_to_string(page("policies.md")).unwrap();
    let (head, _) = stored.split_once(TABLE_BEGINS).unwrap();
    let mut text = format!("{head}{TABLE_BEGINS}");
    for (title, columns, rows) in [
        (
            "Cache policies",
            "min_ttl | default_ttl | max_ttl | query strings | headers | cookies | accept_encoding",
            managed::cache().into_iter().map(cache_row).collect::<Vec<_>>(),
        ),
        (
            "Origin request policies",
            "query strings | headers | cookies",
            managed::origin_request().into_iter().map(forward_row).collect(),
        ),
        (
            "Response headers policies",
            "headers",
            managed::response_headers().into_iter().map(headers_row).collect(),
        ),
    ] {
        let rule = "| --- ".repeat(columns.split('|').count() + 2);
        let rows = rows.join("\n");
        write!(text, "### {title}\n\n| name | id | {columns} |\n{rule}|\n{rows}\n\n").unwrap();
    }
    check("policies.md", &format!("{}\n", text.trim_end()));
}

#[test]
fn the_policies_on_their_page_are_sound() {
    let text = std::fs::read_to_string(page("policies.md")).unwrap();
    let mut blocks = text.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let (behaviors, shares) = (blocks.next().unwrap(), blocks.next().unwrap());
    let head = "[distribution]\nid = \"d\"\n[origins.web]\nurl = \"http://127.0.0.1:1\"\n";
    let folder = tempfile::tempdir().unwrap();
    let project = |name: &str, text: &str| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("brink.toml"), text).unwrap();
        Project::load(&folder).unwrap_or_else(|error| panic!("{error}"))
    };
    let alone = project("alone", &format!("{head}{behaviors}"));
    assert!(
        alone.distribution.behaviors.iter().all(|behavior| behavior.response_headers.is_some())
    );
    let (behaviors, policies) = behaviors.split_once("\n[policies").unwrap();
    let file = folder.path().join("policies.toml");
    std::fs::write(&file, format!("[policies{policies}")).unwrap();
    let sharing = project("sharing", &format!("{head}{behaviors}{shares}"));
    assert_eq!(sharing.distribution.behaviors, alone.distribution.behaviors);
}

#[test]
fn every_option_of_a_node_is_a_setting() {
    let keys: Vec<_> = table::ALL.iter().map(option_of).collect();
    let tool = tool();
    for name in ["gateway", "worker"] {
        for option in options(tool.find_subcommand(name).unwrap()) {
            let is_known = keys.contains(&option) || NO_SETTINGS.contains(&option.as_str());
            assert!(is_known, "brink {name} --{option} is not in the table of settings");
        }
    }
}

/// The project's own pages for people.
fn pages() -> Vec<PathBuf> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = deploy.parent().unwrap();
    let at_root = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| root.join(name));
    let docs = std::fs::read_dir(deploy.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let examples = deploy.join("examples/README.md");
    at_root.into_iter().chain(docs).chain([examples]).collect()
}

/// Targets of Markdown links: `](target)`.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// The name that a heading has in links, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.collect::<String>().replace(' ', "-")
}

/// Every name of a metric in a text: `brink_`, a part of the system, and more.
fn metrics(text: &str, quote: char) -> BTreeSet<String> {
    let begins = ["brink_gateway_", "brink_worker_", "brink_bus_"];
    let words = text.split(quote).filter(|word| begins.iter().any(|begin| word.starts_with(begin)));
    let is_name = |word: &&str| {
        word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    words.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn the_metrics_page_has_every_metric() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut counted = BTreeSet::new();
    let folders =
        ["gateway", "worker", "worker/boa", "worker/frames", "worker/sandbox", "shared", "deploy"];
    for folder in folders.map(|folder| format!("{folder}/src")) {
        for entry in walkdir::WalkDir::new(root.join(folder)) {
            let entry = entry.unwrap();
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                counted.extend(metrics(&text, '"'));
            }
        }
    }
    let told = metrics(&std::fs::read_to_string(page("metrics.md")).unwrap(), '`');
    assert_eq!(counted, told);
}

#[test]
fn the_project_file_on_its_page_is_sound() {
    let text = std::fs::read_to_string(page("project.md")).unwrap();
    let (_, rest) = text.split_once("```toml\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("function")).unwrap();
    std::fs::create_dir(folder.path().join("site")).unwrap();
    for file in ["function/index.js", "auth.js"] {
        std::fs::write(folder.path().join(file), "exports.handler = async () => null;\n").unwrap();
    }
    std::fs::write(folder.path().join("brink.toml"), rest.split_once("```").unwrap().0).unwrap();
    let project = Project::load(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(project.functions.len(), 2);
    assert_eq!(project.distribution.behaviors.len(), 2);
}

#[test]
fn every_page_is_in_the_index() {
    let index = std::fs::read_to_string(page("README.md")).unwrap();
    for entry in std::fs::read_dir(page("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || targets(&index).any(|target| target == name), "{name}");
    }
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut checked = 0;
    for file in pages() {
        let text = std::fs::read_to_string(&file).unwrap();
        for target in targets(&text).filter(|target| !target.starts_with("http")) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let to = if path.is_empty() { file.clone() } else { file.with_file_name(path) };
            assert!(to.exists(), "{}: {target} leads nowhere", file.display());
            if !heading.is_empty() {
                let text = std::fs::read_to_string(&to).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let has =
                    headings.any(|line| anchor(line.trim_start_matches(['#', ' '])) == heading);
                assert!(has, "{}: {target}: there is no such heading", file.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}
