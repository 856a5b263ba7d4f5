//! Settings of a node: defaults, overridden by a TOML file, then by `BRINK_*` variables, then by
//! flags.
//!
//! An unknown key is an error. It names the place and the setting that was probably meant
//! ([`known`]). An unknown `BRINK_*` variable is only a warning, because systems set variables that
//! begin with the name of a service.
//!
//! Only `main` reads the environment and passes it in, so tests can pass their own.

mod known;
pub mod table;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::bus::Replicas;
use crate::id::NodeId;
use crate::telemetry::LogFormat;

pub use known::UnknownKey;

/// The settings that gateways and workers share.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeSettings {
    /// The node's name; one is made up if there is none.
    pub node: Option<NodeId>,
    /// NATS servers; the first that answers is used.
    pub nats: Vec<String>,
    /// Credentials files for NATS: one, or for a worker one of each tenant.
    #[serde(deserialize_with = "one_or_many")]
    pub creds: Vec<PathBuf>,
    /// File with further authorities that may sign the certificates of NATS servers, besides the
    /// system's.
    pub nats_ca: Option<PathBuf>,
    /// How many NATS servers keep each stream and bucket: 1, 3 or 5, the same at all nodes of a
    /// cluster. Without it, streams and buckets that exist stay as they are, and new ones get one.
    pub replicas: Option<Replicas>,
    /// Folder in which the node keeps its copy of the registry.
    pub state: Option<PathBuf>,
    /// Address for `/metrics`, `/live` and `/ready`.
    pub admin: SocketAddr,
    /// Filter for log lines: `info`, `info,brink_gateway=debug`.
    pub log: String,
    /// `text` or `json`.
    pub log_format: LogFormat,
    /// For tests: moves the machine's clock ahead by this many seconds.
    pub test_clock_shift_s: i64,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A source cannot be read.
    #[error("settings: {0}")]
    Invalid(#[from] config::ConfigError),
    /// Unknown keys.
    #[error("settings: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nsettings: "))]
    Unknown(Vec<UnknownKey>),
    /// A value has the wrong form.
    #[error("settings: {place}: {key}: {what}")]
    Value {
        /// File and line, variable or option.
        place: String,
        /// Which setting.
        key: String,
        /// The value that was found, and what to write.
        what: String,
    },
}

/// The default log filter. async-nats logs every event of its connection at info, also one line for
/// each dropped message.
pub const LOG_DEFAULT: &str = "info,async_nats=warn";

/// The default NATS server.
pub const NATS_DEFAULT: &str = "nats://127.0.0.1:4222";

/// Settings that are lists, written with commas in variables and flags.
const LISTS: [&str; 6] = [
    "nats",
    "creds",
    "sandbox.require",
    "interpreters",
    "proxy_protocol.from",
    "https.acme.contact",
];

/// Settings of every node that are numbers. Where settings are flattened, the text of a flag is not
/// read as a number.
const NUMBERS: [&str; 1] = ["replicas"];

/// Reads settings. `environment` has `BRINK_*` variables (others are ignored); `flags` are
/// the values given on the command line, by key. A key within a table is `BRINK_TABLE__KEY` as a
/// variable and `table.key` as a flag.
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: HashMap<String, String>,
    flags: Vec<(&str, Option<String>)>,
) -> Result<T, SettingsError> {
    known::check(file, environment.keys(), flags.iter().map(|(key, _)| *key))?;
    let mut builder = Config::builder();
    let variables_given: Vec<String> = environment.keys().cloned().collect();
    let flags_given: Vec<String> = flags
        .iter()
        .filter(|(_, value)| value.is_some())
        .map(|(key, _)| (*key).to_owned())
        .collect();
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
    builder.build()?.try_deserialize().map_err(|error| {
        let Some((key, what)) = wrong_value(&error) else { return error.into() };
        let variable = format!("BRINK_{}", key.to_uppercase().replace('.', "__"));
        let place = if flags_given.contains(&key) {
            format!("--{}", key.replace(['.', '_'], "-"))
        } else if variables_given.contains(&variable) {
            variable
        } else {
            let line = file.and_then(|file| line_of(file, &key));
            let file = file.map(|file| file.display().to_string()).unwrap_or_default();
            line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"))
        };
        SettingsError::Value { place, key, what }
    })
}

/// The key whose value is wrong, and the problem.
fn wrong_value(error: &ConfigError) -> Option<(String, String)> {
    match error {
        ConfigError::Type { unexpected, expected, key: Some(key), .. } => {
            Some((key.clone(), format!("found {unexpected}, expected {expected}")))
        }
        ConfigError::At { error, key: Some(key), .. } => {
            let what = match &**error {
                ConfigError::Type { unexpected, expected, .. } => {
                    format!("found {unexpected}, expected {expected}")
                }
                other => other.to_string(),
            };
            Some((key.clone(), what))
        }
        _ => None,
    }
}

/// The line of a file that has this key, counted from 1.
fn line_of(file: &Path, key: &str) -> Option<usize> {
    let text = std::fs::read_to_string(file).ok()?;
    let table = toml::de::DeTable::parse(&text).ok()?;
    let mut steps = key.split('.');
    let (mut found, mut value) = table.get_ref().get_key_value(steps.next()?)?;
    for step in steps {
        let Some(next) = value.get_ref().as_table().and_then(|table| table.get_key_value(step))
        else {
            break;
        };
        (found, value) = next;
    }
    Some(text.get(..found.span().start)?.matches('\n').count() + 1)
}

/// Flags are text.
fn parsed(key: &str, value: String) -> Value {
    if NUMBERS.contains(&key)
        && let Ok(number) = value.parse::<i64>()
    {
        return number.into();
    }
    if LISTS.contains(&key) {
        return value.split(',').map(str::to_owned).collect::<Vec<_>>().into();
    }
    value.into()
}

/// A list, or the only item without a list.
fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a file name, or a list of file names")]
    enum OneOrMany {
        One(PathBuf),
        Many(Vec<PathBuf>),
    }
    Ok(match OneOrMany::deserialize(from)? {
        OneOrMany::One(path) => vec![path],
        OneOrMany::Many(paths) => paths,
    })
}

// === impl NodeSettings ===

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            node: None,
            nats: vec![NATS_DEFAULT.to_owned()],
            creds: Vec::new(),
            nats_ca: None,
            replicas: None,
            state: None,
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            log: LOG_DEFAULT.to_owned(),
            log_format: LogFormat::default(),
            test_clock_shift_s: 0,
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
    fn credentials_are_one_file_or_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("worker.toml");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            load::<NodeSettings>(Some(&file), HashMap::new(), Vec::new())
        };
        assert_eq!(read("creds = \"a\"").unwrap().creds, [Path::new("a")]);
        let both = [Path::new("a"), Path::new("b")];
        assert_eq!(read("creds = [\"a\", \"b\"]").unwrap().creds, both);
        let error = read("creds = 7").unwrap_err().to_string();
        assert!(error.contains("creds"), "{error}");
        let variables = environment(&[("BRINK_CREDS", "a,b")]);
        assert_eq!(load::<NodeSettings>(None, variables, Vec::new()).unwrap().creds, both);
        let flags = vec![("creds", Some("a,b".to_owned()))];
        assert_eq!(load::<NodeSettings>(None, HashMap::new(), flags).unwrap().creds, both);
    }

    #[test]
    fn keys_of_a_table_have_a_place_in_every_source() {
        #[derive(Deserialize)]
        struct Settings {
            cache_mb: u64,
            geo: HashMap<String, String>,
        }
        let variables =
            environment(&[("BRINK_GEO__DATABASE", "variable"), ("BRINK_CACHE_MB", "7")]);
        let flags = vec![("geo.asn_database", Some("flag".to_owned()))];
        let read: Settings = load(None, variables, flags).unwrap();
        assert_eq!(read.cache_mb, 7);
        assert_eq!(
            (read.geo["database"].as_str(), read.geo["asn_database"].as_str()),
            ("variable", "flag")
        );
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
    fn a_wrong_value_is_an_error_with_its_place_and_the_right_form() {
        #[derive(Debug, Deserialize)]
        #[serde(default)]
        struct Settings {
            #[serde(flatten)]
            node: NodeSettings,
            #[serde(with = "crate::duration_text")]
            idle_stop: std::time::Duration,
            cache_mb: u64,
            geo: HashMap<String, u64>,
        }
        impl Default for Settings {
            fn default() -> Self {
                let idle_stop = std::time::Duration::ZERO;
                Self { node: NodeSettings::default(), idle_stop, cache_mb: 0, geo: HashMap::new() }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        let rejected = |text: &str, variables: &[(&str, &str)], flag: Option<&str>| {
            std::fs::write(&file, text).unwrap();
            let flags = vec![("idle_stop", flag.map(str::to_owned))];
            load::<Settings>(Some(&file), environment(variables), flags).unwrap_err().to_string()
        };
        let read: Settings = load(None, HashMap::new(), Vec::new()).unwrap();
        assert_eq!(read.node.log, LOG_DEFAULT);
        let at = |line: usize| format!("settings: {}:{line}: ", file.display());
        let sixty = "idle_stop: 60 has no unit; write \"60s\"";
        let error = rejected("log = \"warn\"\nidle_stop = 60\n", &[], None);
        assert!(error.starts_with(&format!("{}{sixty}", at(2))), "{error}");
        let error = rejected("\n\ncache_mb = \"lots\"", &[], None);
        assert!(error.starts_with(&format!("{}cache_mb: found string", at(3))), "{error}");
        let error = rejected("[geo]\n\ndatabase = \"x\"", &[], None);
        assert!(
            error.starts_with(&format!("{}geo.database: found string \"x\"", at(3))),
            "{error}"
        );
        let error = rejected("", &[("BRINK_IDLE_STOP", "60")], None);
        assert!(error.starts_with(&format!("settings: BRINK_IDLE_STOP: {sixty}")), "{error}");
        let error = rejected("idle_stop = \"1s\"", &[], Some("60"));
        assert!(error.starts_with("settings: --idle-stop: idle_stop: \"60\" has no"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_rejected_with_its_place_and_the_key_that_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("worker.toml");
        let rejected = |text: &str, variables: &[(&str, &str)]| {
            std::fs::write(&file, text).unwrap();
            let rejected = load::<NodeSettings>(Some(&file), environment(variables), Vec::new());
            rejected.unwrap_err().to_string()
        };
        let at = |line: usize| format!("settings: {}:{line}: ", file.display());
        for (text, line, said) in [
            (
                "log = \"warn\"\n[sandbx]\nrequire = []",
                2,
                "sandbx is not a setting; did you mean sandbox?",
            ),
            (
                "[sandbox]\n\nrequre = []",
                3,
                "sandbox.requre is not a setting; did you mean sandbox.require?",
            ),
            ("require = []", 1, "require is not a setting; did you mean sandbox.require?"),
            ("[log]\nlevel = 1", 2, "log.level is not a setting"),
            (
                "sandbox.require.x = 1",
                1,
                "sandbox.require.x is not a setting; did you mean sandbox.require?",
            ),
            ("Log = \"warn\"", 1, "Log is not a setting; did you mean log?"),
        ] {
            assert_eq!(rejected(text, &[]), format!("{}{said}", at(line)), "{text}");
        }
        let two = rejected("a_thing = 1\nlgo = \"warn\"", &[]);
        let all = format!(
            "{}a_thing is not a setting\n{}lgo is not a setting; did you mean log?",
            at(1),
            at(2)
        );
        assert_eq!(two, all);
        let error = rejected("", &[("BRINK_SANDBOX__REQURE", "seccomp")]);
        let said = "BRINK_SANDBOX__REQURE is not a setting; did you mean BRINK_SANDBOX__REQUIRE?";
        assert_eq!(error, format!("settings: {said}"));
    }

    #[test]
    fn a_file_may_serve_gateways_and_workers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        let text = "replicas = 3\ncache_mb = 64\n[sandbox]\nrequire = [\"seccomp\"]\n";
        std::fs::write(&file, text).unwrap();
        #[derive(Deserialize)]
        struct Settings {
            replicas: Replicas,
            cache_mb: u64,
        }
        let read: Settings = load(Some(&file), HashMap::new(), Vec::new()).unwrap();
        assert_eq!((read.replicas.count(), read.cache_mb), (3, 64));
        std::fs::write(&file, "replicas = 2").unwrap();
        let error = load::<NodeSettings>(Some(&file), HashMap::new(), Vec::new()).unwrap_err();
        assert!(
            error.to_string().contains("2 is not a number of replicas; write 1, 3 or 5"),
            "{error}"
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
