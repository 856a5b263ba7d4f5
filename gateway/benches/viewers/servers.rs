//! The servers, each in processes of its own, and the origin behind Brink.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use brink_shared::registry::{Distribution, Store};
use brink_testing::certificates::Authority;
use brink_testing::nats::Nats;
use brink_testing::process::{descendants, resident_kb};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

/// The name of the distribution without a log, and of the one with a log.
pub const PLAIN: &str = "plain.test";
pub const LOGGED: &str = "logged.test";

const SOON: Duration = Duration::from_secs(30);

/// All that the servers need.
pub struct Site {
    pub authority: Authority,
    nats: Nats,
    folder: TempDir,
}

/// A server that is ready.
pub struct Server {
    process: Child,
    pub plain: SocketAddr,
    pub tls: Option<SocketAddr>,
}

// === impl Site ===

impl Site {
    pub async fn start() -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let certificates = folder.path().join("certificates");
        fs::create_dir(&certificates).unwrap();
        authority.issue(&[PLAIN, LOGGED]).write(&certificates, "default");
        fs::create_dir(folder.path().join("files")).unwrap();
        fs::write(folder.path().join("files/object"), object()).unwrap();
        let nats = Nats::start().await;
        let store = Store::open(nats.connect("bench").await).await.unwrap();
        let origin = origin();
        for (id, alias) in [("plain", PLAIN), ("logged", LOGGED)] {
            let mut document = json!({
                "id": id,
                "aliases": [alias],
                "origins": { "web": { "url": format!("http://{origin}") } },
                "behaviors": [{ "path": "*", "origin": "web" }],
            });
            if alias == LOGGED {
                document["logging"] = json!({});
            }
            let document: Distribution = serde_json::from_value(document).unwrap();
            store.apply(&document, None).await.unwrap();
        }
        Self { authority, nats, folder }
    }

    /// A gateway, which writes access logs of the distribution that wants them.
    pub async fn brink(&self) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brink-gateway"));
        let certificates = self.folder.path().join("certificates");
        command.args(["--https-listen", "127.0.0.1:0", "--https-http3", "--https-certificates"]);
        command.arg(certificates);
        command.env("BRINK_LOG", "warn");
        command.env("BRINK_ACCESS_LOG__TO", "files");
        command.env("BRINK_ACCESS_LOG__DIR", self.folder.path().join("logs"));
        self.gateway(command).await
    }

    /// Another build, over plain HTTP/1.1.
    pub async fn other(&self, program: PathBuf) -> Server {
        let mut command = Command::new(program);
        command.arg("gateway");
        self.gateway(command).await
    }

    async fn gateway(&self, mut command: Command) -> Server {
        let url = self.nats.url();
        command.args(["--listen", "127.0.0.1:0", "--nats", &url]);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains(" serves ") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the gateway has ended");
        }
        let address = |scheme: &str| {
            let rest = line.split_once(scheme)?.1;
            rest.split([' ', ',', ')']).next()?.trim().parse().ok()
        };
        let server =
            Server { plain: address("http://").unwrap(), tls: address("https://"), process };
        server.wait_ready().await;
        server
    }

    pub async fn nginx(&self) -> Server {
        let folder = self.folder.path().join(format!("nginx-{}", free_port()));
        fs::create_dir(&folder).unwrap();
        let (plain, tls) = (free_port(), free_port());
        let root = self.folder.path().display();
        let configuration = format!(
            "worker_processes auto; daemon off; pid {0}/pid; error_log stderr crit;
             events {{ worker_connections 4096; }}
             http {{
               access_log off; keepalive_timeout 300; keepalive_requests 100000000;
               open_file_cache max=10; default_type text/plain;
               client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;
               uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
               server {{
                 listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl http2; root {root}/files;
                 ssl_certificate {root}/certificates/default.pem;
                 ssl_certificate_key {root}/certificates/default.key;
                 ssl_protocols TLSv1.2 TLSv1.3;
               }}
             }}",
            folder.display()
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let process = Command::new("nginx")
            .arg("-c")
            .arg(file)
            .spawn()
            .expect("this bench needs `nginx`: apt-get install nginx-light");
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let server = Server { process, plain: at(plain), tls: Some(at(tls)) };
        server.wait_ready().await;
        server
    }
}

// === impl Server ===

impl Server {
    /// Memory of its processes, in kB.
    pub fn resident_kb(&self) -> f64 {
        let own = self.process.id();
        let all = descendants(own).into_iter().chain([own]);
        all.filter_map(resident_kb).sum::<u64>() as f64
    }

    async fn wait_ready(&self) {
        let until = Instant::now() + SOON;
        while !self.is_ready().unwrap_or(false) {
            assert!(Instant::now() < until, "the server does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn is_ready(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(self.plain)?;
        stream.set_read_timeout(Some(SOON))?;
        let request = format!("GET /object HTTP/1.1\r\nHost: {PLAIN}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }

    pub async fn stop(mut self) {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::TERM).unwrap();
        self.process.wait().unwrap();
    }
}

/// 1 KiB.
fn object() -> Vec<u8> {
    vec![b'x'; 1024]
}

/// An origin whose object may be kept.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=86400\r\n\
                Content-Length: 1024\r\nConnection: close\r\n\r\n";
    let answer = [head.as_bytes(), &object()].concat();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).and_then(|_| stream.write_all(&answer));
            read.unwrap_or_default();
        }
    });
    address
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
