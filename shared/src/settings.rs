//! Settings of a node: defaults, under a TOML file, under `BRINK_*` variables, under flags.
//!
//! Nothing below `main` reads the environment: it is passed in, so that tests pass their own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::id::NodeId;
use crate::telemetry::LogFormat;

/// What gateways and workers have in common.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeSettings {
    /// The node's name; one is made up if there is none.
    pub node: Option<NodeId>,
    /// NATS servers; the first that answers is used.
    pub nats: Vec<String>,
    /// Credentials file for NATS.
    pub creds: Option<PathBuf>,
    /// Folder in which the node keeps what it last knew.
    pub state: Option<PathBuf>,
    /// Where `/metrics`, `/live` and `/ready` are served.
    pub admin: SocketAddr,
    /// Which log lines are written: `info`, `info,brink_gateway=debug`.
    pub log: String,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A source cannot be read, or a value is of the wrong kind; the text names file and key.
    #[error("settings: {0}")]
    Invalid(#[from] config::ConfigError),
}

/// Log lines that are written where nothing else is set. async-nats tells every event of its
/// connection at info, one line per dropped message among them.
pub const LOG_DEFAULT: &str = "info,async_nats=warn";

/// The default NATS server.
pub const NATS_DEFAULT: &str = "nats://127.0.0.1:4222";

/// Settings that are lists, written with commas in variables and flags.
const LISTS: [&str; 2] = ["nats", "sandbox.require"];

/// Reads settings. `environment` holds `BRINK_*` variables (others are ignored); `flags` are
/// the values given on the command line, by key. A key within a table is `BRINK_TABLE__KEY` as a
/// variable and `table.key` as a flag.
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: HashMap<String, String>,
    flags: Vec<(&str, Option<String>)>,
) -> Result<T, SettingsError> {
    let mut builder = Config::builder();
    if let Some(file) = file {
        builder = builder.add_source(File::from(file).format(FileFormat::Toml));
    }
    let variables = Environment::with_prefix("BRINK")
        .prefix_separator("_")
        .separator("__")
        .source(Some(environment))
        .try_parsing(true)
        .list_separator(",");
    let variables = LISTS.iter().fold(variables, |read, key| read.with_list_parse_key(key));
    builder = builder.add_source(variables);
    for (key, value) in flags {
        if let Some(value) = value {
            builder = builder.set_override(key, parsed(key, value))?;
        }
    }
    Ok(builder.build()?.try_deserialize()?)
}

/// Flags are text.
fn parsed(key: &str, value: String) -> Value {
    if LISTS.contains(&key) {
        return value.split(',').map(str::to_owned).collect::<Vec<_>>().into();
    }
    value.into()
}

// === impl NodeSettings ===

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            node: None,
            nats: vec![NATS_DEFAULT.to_owned()],
            creds: None,
            state: None,
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            log: LOG_DEFAULT.to_owned(),
            log_format: LogFormat::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(lines: &[(&str, &str)]) -> HashMap<String, String> {
        lines.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn flags_go_over_variables_over_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, "log = \"debug\"\nnode = \"from-file\"\n").unwrap();
        let variables = environment(&[("BRINK_NODE", "from-env"), ("BRINK_NATS", "a,b")]);
        let flags = vec![("state", Some("/tmp/s".to_owned())), ("log", None)];
        let read: NodeSettings = load(Some(&file), variables, flags).unwrap();
        assert_eq!(read.node.unwrap().as_str(), "from-env");
        assert_eq!(read.log, "debug");
        assert_eq!(read.nats, ["a", "b"]);
        assert_eq!(read.state.unwrap(), Path::new("/tmp/s"));
        assert_eq!(read.admin.port(), 0);
    }

    #[test]
    fn keys_of_a_table_have_a_place_in_every_source() {
        #[derive(Deserialize)]
        struct Settings {
            cache_mb: u64,
            geo: HashMap<String, String>,
        }
        let variables = environment(&[("BRINK_GEO__A", "variable"), ("BRINK_CACHE_MB", "7")]);
        let flags = vec![("geo.b", Some("flag".to_owned()))];
        let read: Settings = load(None, variables, flags).unwrap();
        assert_eq!(read.cache_mb, 7);
        assert_eq!((read.geo["a"].as_str(), read.geo["b"].as_str()), ("variable", "flag"));
    }

    #[test]
    fn a_list_within_a_table_is_a_list_in_every_source() {
        #[derive(Deserialize)]
        struct Settings {
            sandbox: HashMap<String, Vec<String>>,
        }
        let flags = vec![("sandbox.require", Some("a,b".to_owned()))];
        let flag: Settings = load(None, HashMap::new(), flags).unwrap();
        let variables = environment(&[("BRINK_SANDBOX__REQUIRE", "a,b")]);
        let variable: Settings = load(None, variables, Vec::new()).unwrap();
        assert_eq!(
            (&flag.sandbox["require"], &variable.sandbox["require"][..]),
            (&vec!["a".to_owned(), "b".to_owned()], &["a".to_owned(), "b".to_owned()][..])
        );
    }

    #[test]
    fn errors_name_the_key() {
        let flags = vec![("admin", Some("nowhere".to_owned()))];
        let error = load::<NodeSettings>(None, HashMap::new(), flags).unwrap_err().to_string();
        assert!(error.contains("admin"), "{error}");
        let flags = vec![("colour", Some("red".to_owned()))];
        let error = load::<NodeSettings>(None, HashMap::new(), flags).unwrap_err().to_string();
        assert!(error.contains("colour"), "{error}");
    }
}
