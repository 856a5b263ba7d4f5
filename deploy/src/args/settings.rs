//! How a function runs, as options.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use brink_shared::limits::Limits;
use brink_shared::registry::Runtime;
use brink_shared::registry::function::{FunctionSettings, MEMORY_MB_DEFAULT, MEMORY_MB_MAX};
use clap::{Args, ValueEnum};

use super::values::{seconds, variable};
use crate::bundle_files::default_handler;

/// How a function runs, where no project file says so.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// What runs it
    #[arg(long, value_enum, default_value_t)]
    pub runtime: RuntimeArg,
    /// File without its ending, a dot, and the name that it exports [default: index.handler, or
    /// the name of the single file]
    #[arg(long, value_name = "FILE.EXPORT")]
    pub handler: Option<String>,
    /// Time per event: seconds, or with a unit, 250ms
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "5")]
    pub timeout: Duration,
    /// Memory
    #[arg(long, value_name = "MB", default_value_t = MEMORY_MB_DEFAULT,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MEMORY_MB_MAX)))]
    pub memory: u32,
    /// Environment variable of the function; may be given again
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// Private host that it may call, HOST or HOST:PORT; may be given again
    #[arg(long, value_name = "HOST")]
    pub egress: Vec<String>,
}

/// Values of secrets.
#[derive(Debug, Args)]
pub struct SecretArgs {
    /// Secret of the function, found there as the environment variable NAME: its value is that of
    /// the tool's own variable NAME, or a file's (`@-` is standard input); may be given again
    // Not parsed here: an error of the parser would repeat what may be a value.
    #[arg(long, value_name = "NAME[=@FILE]")]
    pub secret: Vec<String>,
}

/// The runtimes by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RuntimeArg {
    /// JavaScript, embedded.
    #[default]
    Boa,
    /// The machine's own `node`.
    Nodejs,
    /// The machine's own `python3`.
    Python,
}

// === impl SettingsArgs ===

impl SettingsArgs {
    /// The settings of a function whose files are at `path`.
    pub fn settings(&self, path: &Path) -> Result<FunctionSettings, String> {
        let runtime = match self.runtime {
            RuntimeArg::Boa => Runtime::Boa,
            RuntimeArg::Nodejs => return Err(unsupported("nodejs")),
            RuntimeArg::Python => return Err(unsupported("python")),
        };
        let default = || default_handler(path);
        Ok(FunctionSettings {
            runtime,
            handler: self.handler.clone().unwrap_or_else(default),
            timeout: self.timeout,
            memory_mb: self.memory,
            env: self.env.iter().cloned().collect(),
            egress: self.egress.clone(),
            limits: Limits::default(),
            role: None,
            secrets: BTreeSet::new(),
        })
    }
}

fn unsupported(runtime: &str) -> String {
    format!("this build of brink has no runtime {runtime}; it runs JavaScript with --runtime boa")
}
