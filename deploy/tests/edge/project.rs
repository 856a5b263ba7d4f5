//! From an example's folder to what a node can serve.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use actix_web::rt::task::JoinHandle;
use brink::project::Project;
use brink::{bundle_files, origin, site};
use brink_shared::registry::distribution::OriginPlace;
use brink_shared::registry::{Runtime, Store};
use tokio_util::sync::CancellationToken;
use walkdir::WalkDir;

/// Where the examples expect the bundled origin.
const ORIGIN: &str = "127.0.0.1:8081";

/// The examples' folder.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Where an example has its twin in Python.
const PYTHON: &str = "python";

/// A copy of an example, and what it serves from.
pub struct Example {
    /// The project, with the addresses of what runs here.
    pub project: Project,
    /// The bundled origin, if `[dev]` asks for it.
    pub origin: Option<Serving>,
    /// A server for each folder.
    pub sites: Vec<Serving>,
}

/// A server that runs.
pub struct Serving {
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

// === impl Example ===

impl Example {
    /// Copies an example and starts its servers. Its functions are those for this runtime.
    pub fn start(name: &str, runtime: Runtime, to: &Path) -> Self {
        let (listener, address) = site::listen().unwrap();
        copy_files(&examples().join(name), to, address);
        let folder = if runtime == Runtime::Python { to.join(PYTHON) } else { to.to_owned() };
        let mut project = Project::load(&folder).unwrap_or_else(|error| panic!("{error}"));
        for function in project.functions.values_mut() {
            function.settings.runtime = runtime.into();
        }
        let origin = (project.origin == Some(address))
            .then(|| Serving::start(|stop| origin::serve(listener, stop)));
        let mut sites = Vec::new();
        for (name, folder) in &project.folders {
            let (listener, address) = site::listen().unwrap();
            let url = format!("http://{address}").parse().unwrap();
            project.distribution.origins.get_mut(name).unwrap().place = OriginPlace::Url(url);
            sites.push(Serving::start(|stop| site::serve(listener, folder.clone(), stop)));
        }
        Self { project, origin, sites }
    }
}

// === impl Serving ===

impl Serving {
    fn start<S: Future<Output = std::io::Result<()>> + 'static>(
        serve: impl FnOnce(CancellationToken) -> S,
    ) -> Self {
        let stop = CancellationToken::new();
        let task = actix_web::rt::spawn(serve(stop.clone()));
        Self { stop, task }
    }

    /// Stops the server and waits for its end.
    pub async fn stop(self) {
        self.stop.cancel();
        let ended = super::within("a server to stop", self.task).await;
        ended.unwrap().unwrap();
    }
}

/// Publishes every function and applies the distribution with the versions that they got.
pub async fn publish(mut project: Project, store: &Store) {
    for (name, function) in project.functions {
        let bundle = bundle_files::read(
            &function.source,
            function.settings.runtime.runtime,
            &function.settings.handler,
        )
        .unwrap()
        .bundle;
        let digest = store.put_bundle(&bundle).await.unwrap();
        let size = bundle.size();
        let version = store.add_version(&name, function.settings, digest, size, Default::default());
        let version = version.await.unwrap().version;
        for behavior in &mut project.distribution.behaviors {
            for association in behavior.functions.values_mut() {
                if association.function.function == name {
                    association.function.number = Some(version.number);
                }
            }
        }
    }
    store.apply(&project.distribution, None).await.unwrap();
}

fn copy_files(from: &Path, to: &Path, origin: SocketAddr) {
    for entry in WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => text.replace(ORIGIN, &origin.to_string()).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        std::fs::write(target, bytes).unwrap();
    }
}
