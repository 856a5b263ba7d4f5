//! The settings of a function, as options.

use std::path::Path;
use std::time::Duration;

use brink_shared::limits::MEMORY_MB_MAX;
use brink_shared::registry::RuntimeName;
use brink_shared::registry::function::FunctionSettings;
use clap::Args;

use super::values::{seconds, variable};
use crate::runtime_choice;

/// How a function runs, if no project file says so.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// The runtime: boa, nodejs, python, provided, or a name of Lambda such as nodejs22.x or
    /// python3.13 [default: boa, or python if the handler is in a .py file]
    #[arg(long, value_name = "NAME")]
    pub runtime: Option<RuntimeName>,
    /// File without its ending, a dot, and the name of the export [default: index.handler, or the
    /// name of the single file; for Python, lambda_function.lambda_handler if there is such a file]
    #[arg(long, value_name = "FILE.EXPORT")]
    pub handler: Option<String>,
    /// Time per event: seconds, or a number with a unit, such as 250ms [default: 5]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Memory in MB [default: 128]
    #[arg(long, value_name = "MB",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MEMORY_MB_MAX)))]
    pub memory: Option<u32>,
    /// Environment variable of the function; may be given again
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// Private host that the function may call, HOST or HOST:PORT; may be given again
    #[arg(long, value_name = "HOST")]
    pub egress: Vec<String>,
}

/// Values of secrets.
#[derive(Debug, Args)]
pub struct SecretArgs {
    /// Secret of the function, which finds it as the environment variable NAME. The value is that
    /// of this command's own variable NAME, or the content of a file (`@-` is standard input); may
    /// be given again
    // Not parsed here: the parser's error would repeat the text, which may be a secret value.
    #[arg(long, value_name = "NAME[=@FILE]")]
    pub secret: Vec<String>,
}

// === impl SettingsArgs ===

impl SettingsArgs {
    /// The settings of a function whose files are at `path`.
    pub fn settings(&self, path: &Path) -> FunctionSettings {
        let unset = FunctionSettings::default();
        let handler = self.handler.clone();
        self.over(runtime_choice::complete(unset, path, self.runtime, handler, None))
    }

    /// The settings of a project's function, with those given here in their place. Variables and
    /// hosts are added to the project's.
    pub fn over(&self, mut settings: FunctionSettings) -> FunctionSettings {
        if let Some(runtime) = self.runtime {
            settings.runtime = runtime;
        }
        if let Some(handler) = &self.handler {
            settings.handler.clone_from(handler);
        }
        settings.timeout = self.timeout.unwrap_or(settings.timeout);
        settings.memory_mb = self.memory.unwrap_or(settings.memory_mb);
        settings.env.extend(self.env.iter().cloned());
        settings.egress.extend(self.egress.iter().cloned());
        settings
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::limits::{MEMORY_MB_DEFAULT, TIMEOUT_DEFAULT};
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    struct Tool {
        #[command(flatten)]
        settings: SettingsArgs,
    }

    #[test]
    fn the_help_names_the_defaults_that_hold() {
        let help = Tool::command().render_help().to_string();
        let settings = Tool::parse_from(["tool"]).settings.settings(Path::new("no/such"));
        assert_eq!(settings, FunctionSettings::default());
        assert!(help.contains(&format!("[default: {MEMORY_MB_DEFAULT}]")), "{help}");
        assert!(help.contains(&format!("[default: {}]", TIMEOUT_DEFAULT.as_secs())), "{help}");
        assert!(help.contains("[default: boa, or python if"), "{help}");
    }
}
