//! A gateway that logs into files, and what is in them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use brink_gateway::access_log::{AccessLogSettings, Destination};
use brink_gateway::https::HttpsSettings;
use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_shared::bus::EmbeddedBus;
use brink_shared::wire::Verdict;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::edge::{Edge, LOCAL};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The gateway and its folder.
pub struct LoggedEdge {
    pub edge: Edge,
    folder: TempDir,
}

/// All lines of all files, by the names of their fields.
pub struct Log(Vec<Line>);

/// A line.
#[derive(Debug)]
pub struct Line {
    /// The name of its file up to the date.
    pub file: String,
    fields: BTreeMap<String, String>,
}

/// An answer, byte by byte.
pub struct Sent {
    pub answer: Vec<u8>,
    /// The viewer's port.
    pub port: u16,
}

impl LoggedEdge {
    pub async fn start(
        document: Value,
        function: impl Fn(Value) -> Verdict + Send + 'static,
    ) -> Self {
        Self::listening(LOCAL, GeoFiles::default(), document, function).await
    }

    pub async fn listening(
        listen: SocketAddr,
        geo: GeoFiles,
        document: Value,
        function: impl Fn(Value) -> Verdict + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (bus, settings) = (EmbeddedBus::new(), settings(folder.path()));
        let edge = Edge::logging(bus, listen, settings, geo, document, function).await;
        Self { edge, folder }
    }

    /// Listening for HTTPS.
    pub async fn with_https(https: HttpsSettings, document: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let edge = Edge::logging_https(https, settings(folder.path()), document).await;
        Self { edge, folder }
    }

    /// Sends these bytes and reads until the gateway closes the connection.
    pub async fn send(&self, request: impl AsRef<[u8]>) -> Sent {
        let mut stream = TcpStream::connect(self.edge.address()).await.unwrap();
        let port = stream.local_addr().unwrap().port();
        // The gateway may answer and close before it has read everything.
        let _ = stream.write_all(request.as_ref()).await;
        let mut answer = Vec::new();
        let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer));
        let _ = reading.await.expect("the gateway closes the connection");
        Sent { answer, port }
    }

    /// Stops the gateway and reads its log.
    pub async fn log(self) -> Log {
        self.edge.stop().await;
        Log::read(self.folder.path())
    }
}

fn settings(folder: &Path) -> AccessLogSettings {
    AccessLogSettings {
        to: Some(Destination::Files),
        dir: Some(folder.to_owned()),
        ..AccessLogSettings::default()
    }
}

impl Log {
    /// Reads all files of a folder.
    pub fn read(folder: &Path) -> Self {
        let mut lines = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.ends_with(".gz"), "{name} is closed");
            let (mut text, file) = (String::new(), std::fs::File::open(&path).unwrap());
            MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
            let mut rows = text.lines();
            assert_eq!(rows.next(), Some("#Version: 1.0"));
            let names: Vec<&str> = rows.next().unwrap().split(' ').skip(1).collect();
            for row in rows {
                let values: Vec<&str> = row.split('\t').collect();
                assert_eq!(values.len(), names.len(), "{row}");
                let fields = names.iter().zip(values);
                let fields = fields.map(|(name, value)| ((*name).to_owned(), value.to_owned()));
                let file = name.split(".20").next().unwrap().to_owned();
                lines.push(Line { file, fields: fields.collect() });
            }
        }
        Self(lines)
    }

    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    /// The only line of which this field has this value.
    pub fn by(&self, name: &str, value: &str) -> &Line {
        let found: Vec<&Line> = self.0.iter().filter(|line| line.get(name) == value).collect();
        assert_eq!(found.len(), 1, "{name} {value}: {found:?} of {:?}", self.0);
        found[0]
    }

    /// The line of the request whose answer this is.
    pub fn of(&self, sent: &Sent) -> &Line {
        self.by("x-edge-request-id", &sent.header("x-amz-cf-id"))
    }
}

impl Line {
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("(none)", String::as_str)
    }

    pub fn number(&self, name: &str) -> f64 {
        self.get(name).parse().unwrap_or_else(|_| panic!("{name}: {self:?}"))
    }

    /// Result, result when the answer was ready, and detailed result.
    pub fn results(&self) -> [&str; 3] {
        ["x-edge-result-type", "x-edge-response-result-type", "x-edge-detailed-result-type"]
            .map(|name| self.get(name))
    }
}

impl Sent {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }

    /// A header of the first answer.
    pub fn header(&self, name: &str) -> String {
        let text = self.text();
        let head = text.split("\r\n\r\n").next().unwrap();
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name}: {text}")).1.to_owned()
    }
}
