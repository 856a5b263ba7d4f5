//! The origins of `origins.cjs`, and the client that asks them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use brink_gateway::origin::{OriginAccess, OriginClient, OriginRequest, OriginTls, OutgoingBody};
use brink_shared::event::{CustomOrigin, Headers, Origin, OriginProtocol};
use brink_shared::registry::distribution::HttpVersion;
use futures_util::StreamExt as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use std::time::Duration;

/// A running process with its origins.
pub struct NodeOrigins {
    pub ports: Value,
    _process: Child,
}

impl NodeOrigins {
    pub fn start() -> Self {
        Self::trusting(None)
    }

    /// Origins that accept client certificates of this authority.
    pub fn trusting(authority: Option<&Path>) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let mut process = Command::new("node")
            .arg(here.join("origin_side/origins.cjs"))
            .arg(here.join("testdata"))
            .args(authority)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the origins of this test need `node` 20 in PATH");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { ports: serde_json::from_str(&line).unwrap(), _process: process }
    }

    pub fn port(&self, name: &str) -> u16 {
        self.ports[name].as_u64().unwrap().try_into().unwrap()
    }
}

pub fn testdata(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata").join(file)
}

pub fn tls() -> OriginTls {
    let authority = CertificateDer::from_pem_file(testdata("authority.pem")).unwrap();
    OriginTls::trusting([authority]).unwrap()
}

pub fn client() -> OriginClient {
    OriginClient::new(tls())
}

/// A request over TLS that may use HTTP/2.
pub fn request(method: &str, port: u16, uri: &str) -> OriginRequest {
    let (uri, querystring) = uri.split_once('?').unwrap_or((uri, ""));
    OriginRequest {
        origin: Origin::Custom(CustomOrigin {
            custom_headers: Headers::new(),
            domain_name: "localhost".into(),
            keepalive_timeout: 5,
            path: String::new(),
            port,
            protocol: OriginProtocol::Https,
            read_timeout: 10,
            ssl_protocols: vec!["TLSv1.2".into()],
        }),
        endpoint: None,
        connect_timeout: Duration::from_secs(10),
        attempts: 1,
        completion_timeout: None,
        access: OriginAccess { http_version: HttpVersion::Http2, ..Default::default() },
        method: method.into(),
        uri: uri.into(),
        querystring: querystring.into(),
        headers: [("Host", "origin.test")].into_iter().collect(),
        body: OutgoingBody::Empty,
        is_upgrade: false,
        is_call: false,
    }
}

pub fn custom(request: &mut OriginRequest) -> &mut CustomOrigin {
    match &mut request.origin {
        Origin::Custom(custom) => custom,
        Origin::S3(_) => panic!("a bucket"),
    }
}

/// Status, headers and the whole body of an answer, or the text of an error.
pub async fn fetch(
    client: &OriginClient,
    request: OriginRequest,
) -> Result<(u16, Headers, Vec<u8>), String> {
    let mut answer = client.fetch(request).await.map_err(|error| error.to_string())?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.body.next().await {
        body.extend_from_slice(&chunk.map_err(|error| error.to_string())?);
    }
    Ok((answer.status, answer.headers, body))
}

/// An origin's report of a request that it got.
pub async fn told(client: &OriginClient, request: OriginRequest) -> Value {
    let (_, _, body) = fetch(client, request).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}
