//! The environment variables and names that a function finds, in every runtime: those that Lambda
//! gives it, and its own.
//!
//! The source of the variables is "Defined runtime environment variables" in Lambda's guide.
//! Functions here have no AWS identity, so there are no credentials among them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::Load;

/// The folder of the bundle, as the function sees it.
pub const TASK_ROOT: &str = "/var/task";

/// Folder of a runtime's own libraries on Lambda. Nothing is there.
pub const RUNTIME_DIR: &str = "/var/runtime";

/// Hosts that clients ask directly although there is a proxy.
const NO_PROXY: &str = "127.0.0.1,localhost,::1";

/// The region of every function. Brink has no regions, but code may ask for one.
const REGION: &str = "us-east-1";

/// The account in a function's ARN. Brink has no accounts.
const ACCOUNT: &str = "000000000000";

/// The parts of a function's environment that its version does not know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// Lambda's identifier of the runtime, as in `nodejs20.x`; none for the runtime `provided`,
    /// which has no `AWS_EXECUTION_ENV` on Lambda either.
    pub identifier: Option<&'a str>,
    /// The folder of the bundle; none for [`TASK_ROOT`].
    pub task_root: Option<&'a str>,
    /// Address of the Lambda Runtime API; only for the runtime `provided`.
    pub runtime_api: Option<SocketAddr>,
    /// Address of the HTTP proxy through which the function calls out; none if it needs none.
    pub proxy: Option<SocketAddr>,
}

/// All variables of a function's environment. Its own variables and its secrets replace those that
/// Lambda sets.
pub fn variables(load: &Load, surroundings: &Surroundings<'_>) -> BTreeMap<String, String> {
    let task_root = surroundings.task_root.unwrap_or(TASK_ROOT);
    let libraries = format!(
        "/lib64:/usr/lib64:{RUNTIME_DIR}:{RUNTIME_DIR}/lib:{task_root}:{task_root}/lib:/opt/lib"
    );
    let fixed = [
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", load.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", load.function.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", load.version_name()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", load.log_group()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", load.log_stream()),
        ("AWS_REGION", REGION.to_owned()),
        ("LAMBDA_RUNTIME_DIR", RUNTIME_DIR.to_owned()),
        ("LAMBDA_TASK_ROOT", task_root.to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("LD_LIBRARY_PATH", libraries),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", load.handler.clone()),
    ];
    let mut variables: BTreeMap<String, String> =
        fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut put = |name: &str, value: String| variables.insert(name.to_owned(), value);
    if let Some(identifier) = surroundings.identifier {
        put("AWS_EXECUTION_ENV", format!("AWS_Lambda_{identifier}"));
    }
    if let Some(address) = surroundings.runtime_api {
        put("AWS_LAMBDA_RUNTIME_API", address.to_string());
    }
    if let Some(address) = surroundings.proxy {
        // Some clients read only one of the two cases.
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
            put(name, format!("http://{address}"));
        }
        for name in ["NO_PROXY", "no_proxy"] {
            put(name, NO_PROXY.to_owned());
        }
    }
    for (name, value) in &load.env {
        put(name, value.clone());
    }
    for (name, value) in &load.secrets {
        put(name.as_str(), value.expose().to_owned());
    }
    variables
}

// === impl Load ===

impl Load {
    /// The function's ARN, for `context.invokedFunctionArn`.
    pub fn arn(&self) -> String {
        let (name, version) = (&self.function, self.version_name());
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:{version}")
    }

    /// `context.logGroupName`.
    pub fn log_group(&self) -> String {
        format!("/aws/lambda/{}", self.function)
    }

    /// `context.logStreamName`.
    pub fn log_stream(&self) -> String {
        format!("{}/[{}]", self.function, self.version_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load() -> Load {
        let env = BTreeMap::from([("TZ".to_owned(), "Asia/Tokyo".to_owned())]);
        Load {
            function: "greeter".to_owned(),
            version: 3,
            handler: "index.handler".to_owned(),
            memory_mb: 256,
            env,
            ..Load::default()
        }
    }

    #[test]
    fn the_functions_own_variables_replace_those_of_lambda() {
        let variables = variables(&load(), &Surroundings::default());
        assert_eq!(variables["TZ"], "Asia/Tokyo");
        assert_eq!(variables["_HANDLER"], "index.handler");
        assert_eq!(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
        assert_eq!(variables["AWS_LAMBDA_LOG_STREAM_NAME"], "greeter/[3]");
        assert!(!variables.contains_key("AWS_EXECUTION_ENV"), "{variables:?}");
        assert!(!variables.contains_key("AWS_LAMBDA_RUNTIME_API"), "{variables:?}");
        assert!(!variables.contains_key("HTTPS_PROXY"), "{variables:?}");
    }

    #[test]
    fn the_surroundings_add_theirs() {
        let surroundings = Surroundings {
            identifier: Some("python3.12"),
            task_root: Some("/srv/task"),
            runtime_api: Some(([127, 0, 0, 1], 9001).into()),
            proxy: Some(([127, 0, 0, 1], 3128).into()),
        };
        let variables = variables(&load(), &surroundings);
        assert_eq!(variables["AWS_EXECUTION_ENV"], "AWS_Lambda_python3.12");
        assert_eq!(variables["LAMBDA_TASK_ROOT"], "/srv/task");
        assert!(variables["LD_LIBRARY_PATH"].contains(":/srv/task/lib:"), "{variables:?}");
        assert_eq!(variables["AWS_LAMBDA_RUNTIME_API"], "127.0.0.1:9001");
        assert_eq!(variables["https_proxy"], "http://127.0.0.1:3128");
    }
}
