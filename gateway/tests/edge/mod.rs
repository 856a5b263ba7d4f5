//! A gateway on the embedded bus, an origin, and a worker whose function is a closure.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use brink_gateway::access_log::AccessLogSettings;
use brink_gateway::gateway::{OriginIdentity, START_ALLOWANCE_DEFAULT};
use brink_gateway::https::HttpsSettings;
use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_gateway::{Gateway, GatewayOptions};
use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::event::{Event, ForFunction};
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Distribution, Mirror, Store};
use brink_shared::wire::{self, Answer, Answers, Batch, Payload, Run, Verdict};
use brink_testing::exchange;

/// Any free port of this machine.
pub const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A running gateway and all around it.
pub struct Edge {
    pub gateway: Gateway,
    store: Store,
    mirror: Arc<Mirror>,
    stop: CancellationToken,
}

/// Where a gateway listens, what it knows and logs of viewers, who it is to origins, and its size.
struct Ends {
    listen: SocketAddr,
    https: HttpsSettings,
    geo: GeoFiles,
    access_log: AccessLogSettings,
    identity: OriginIdentity,
    size: Size,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            listen: LOCAL,
            https: HttpsSettings::default(),
            geo: GeoFiles::default(),
            access_log: AccessLogSettings::default(),
            identity: OriginIdentity::default(),
            size: Size::USUAL,
        }
    }
}

/// Sizes of a gateway.
#[derive(Clone, Copy)]
pub struct Size {
    pub cache_bytes: u64,
    pub threads: usize,
}

/// What a viewer got.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    pub headers: HeaderMap,
}

/// An origin that counts what it is asked.
pub struct Origin {
    address: SocketAddr,
    pub requests: Arc<AtomicUsize>,
}

impl Edge {
    /// With a version `f:1` that no worker serves.
    pub async fn start(distribution: Value) -> Self {
        Self::run(LOCAL, distribution, None::<fn(Value) -> Verdict>).await
    }

    /// With a worker that answers every event of `f:1` with what the closure makes of it.
    pub async fn with_function(
        distribution: Value,
        function: impl Fn(Value) -> Value + Send + 'static,
    ) -> Self {
        Self::with_worker(distribution, move |event| returned(&function(event))).await
    }

    /// With a worker whose verdict on every event of `f:1` is the closure's.
    pub async fn with_worker(
        distribution: Value,
        function: impl Fn(Value) -> Verdict + Send + 'static,
    ) -> Self {
        Self::listening(LOCAL, distribution, function).await
    }

    /// The same, listening here.
    pub async fn listening(
        listen: SocketAddr,
        distribution: Value,
        function: impl Fn(Value) -> Verdict + Send + 'static,
    ) -> Self {
        Self::run(listen, distribution, Some(function)).await
    }

    async fn run(
        listen: SocketAddr,
        distribution: Value,
        function: Option<impl Fn(Value) -> Verdict + Send + 'static>,
    ) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let stop = CancellationToken::new();
        if let Some(function) = function {
            tokio::spawn(work(bus.clone(), function, stop.clone()));
        }
        Self::serve(bus, stop, distribution, Ends { listen, ..Ends::default() }).await
    }

    /// Like [`with_function`](Self::with_function), and also listening for HTTPS.
    #[allow(dead_code, reason = "not every test speaks TLS")]
    pub async fn with_https(
        https: HttpsSettings,
        distribution: Value,
        function: impl Fn(Value) -> Value + Send + 'static,
    ) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let stop = CancellationToken::new();
        let worker = move |event| returned(&function(event));
        tokio::spawn(work(bus.clone(), worker, stop.clone()));
        Self::serve(bus, stop, distribution, Ends { https, ..Ends::default() }).await
    }

    /// Without functions, and with another cache or other threads than usual.
    #[allow(dead_code, reason = "not every test needs another size")]
    pub async fn sized(distribution: Value, size: Size) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let stop = CancellationToken::new();
        Self::serve(bus, stop, distribution, Ends { size, ..Ends::default() }).await
    }

    /// On this bus, with whatever workers the test puts there.
    pub async fn on(bus: Arc<dyn Bus>, stop: CancellationToken, distribution: Value) -> Self {
        Self::serve(bus, stop, distribution, Ends::default()).await
    }

    /// Like [`with_function`](Self::with_function), listening here and with these databases.
    #[allow(dead_code, reason = "not every test cares where viewers are")]
    pub async fn with_geo(
        listen: SocketAddr,
        geo: GeoFiles,
        distribution: Value,
        function: impl Fn(Value) -> Value + Send + 'static,
    ) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let stop = CancellationToken::new();
        let worker = move |event| returned(&function(event));
        tokio::spawn(work(bus.clone(), worker, stop.clone()));
        let ends = Ends { listen, geo, ..Ends::default() };
        Self::serve(bus, stop, distribution, ends).await
    }

    /// On this bus, listening here, with access logs, and with these databases.
    #[allow(dead_code, reason = "few tests read access logs")]
    pub async fn logging(
        bus: Arc<dyn Bus>,
        listen: SocketAddr,
        access_log: AccessLogSettings,
        geo: GeoFiles,
        distribution: Value,
        function: impl Fn(Value) -> Verdict + Send + 'static,
    ) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(work(bus.clone(), function, stop.clone()));
        let ends = Ends { listen, geo, access_log, ..Ends::default() };
        Self::serve(bus, stop, distribution, ends).await
    }

    /// Without functions, listening for HTTPS, with access logs.
    #[allow(dead_code, reason = "few tests read access logs")]
    pub async fn logging_https(
        https: HttpsSettings,
        access_log: AccessLogSettings,
        distribution: Value,
    ) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let stop = CancellationToken::new();
        let ends = Ends { https, access_log, ..Ends::default() };
        Self::serve(bus, stop, distribution, ends).await
    }

    /// With a worker, and with what the gateway proves to origins.
    #[allow(dead_code, reason = "not every test has origins that ask")]
    pub async fn with_identity(
        identity: OriginIdentity,
        distribution: Value,
        function: impl Fn(Value) -> Value + Send + 'static,
    ) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let stop = CancellationToken::new();
        let worker = move |event| returned(&function(event));
        tokio::spawn(work(bus.clone(), worker, stop.clone()));
        let ends = Ends { identity, ..Ends::default() };
        Self::serve(bus, stop, distribution, ends).await
    }

    async fn serve(
        bus: Arc<dyn Bus>,
        stop: CancellationToken,
        distribution: Value,
        ends: Ends,
    ) -> Self {
        let store = Store::open(bus.clone()).await.unwrap();
        let bundle = Bundle::new([("index.js".to_owned(), Bytes::new())].into()).unwrap();
        let digest = store.put_bundle(&bundle).await.unwrap();
        let settings = FunctionSettings::default();
        store
            .add_version(&"f".parse().unwrap(), settings, digest, 0, Default::default())
            .await
            .unwrap();
        let mirror = Mirror::open(None).unwrap();
        tokio::spawn(mirror.clone().follow(bus.clone(), stop.clone()));
        let gateway = Gateway::start(GatewayOptions {
            node: "g1".parse().unwrap(),
            bus,
            mirror: mirror.clone(),
            listen: ends.listen,
            https: ends.https,
            proxy_protocol: Default::default(),
            cache_bytes: ends.size.cache_bytes,
            min_rate: brink_gateway::pace::MIN_RATE_DEFAULT,
            threads: Some(ends.size.threads),
            admin: None,
            geo: ends.geo,
            start_allowance: START_ALLOWANCE_DEFAULT,
            telling: Default::default(),
            access_log: ends.access_log,
            identity: ends.identity,
            shield: Default::default(),
        })
        .await
        .unwrap();
        let edge = Self { gateway, store, mirror, stop };
        edge.apply(distribution).await;
        edge.settled().await;
        edge
    }

    pub async fn apply(&self, distribution: Value) {
        let distribution: Distribution = serde_json::from_value(distribution).unwrap();
        if let Err(error) = self.store.apply(&distribution, None).await {
            panic!("{error}: {:?}", error.problems());
        }
    }

    /// Waits until the gateway serves what was applied.
    async fn settled(&self) {
        while self.mirror.snapshot().distributions.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // No behavior lets it through, so that no origin and no function hears of it.
        let trace = "TRACE / HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\r\n";
        while raw(self.address(), trace).await.contains("No distribution answers this host") {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], b"").await
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let mut request = exchange::request(method, path, body.to_vec());
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let (head, body) = exchange::exchange(self.address(), request).await.into_parts();
        Reply { status: head.status.as_u16(), body: body.to_vec(), headers: head.headers }
    }

    pub async fn stop(self) {
        self.gateway.stop().await;
        self.stop.cancel();
    }
}

impl Size {
    pub const USUAL: Self = Self { cache_bytes: 64 << 20, threads: 2 };
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Origin {
    pub async fn start() -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::from(counter.clone()))
                .app_data(web::PayloadConfig::new(64 << 20))
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        actix_rt::spawn(server);
        Self { address, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    requests: web::Data<AtomicUsize>,
) -> HttpResponse {
    let path = request.path();
    let count = requests.fetch_add(1, Ordering::Relaxed) + 1;
    match path {
        "/tagged" => HttpResponse::Ok().insert_header(("ETag", "\"t\"")).body("0123456789"),
        "/slow-cache" => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            HttpResponse::Ok().body(format!("answer {count}"))
        }
        "/count" => {
            let kind = request.headers().get("content-type").unwrap().to_str().unwrap();
            HttpResponse::Ok().body(format!("{} {kind}", body.len()))
        }
        "/flaky" if count == 1 => {
            HttpResponse::Ok().insert_header(("Cache-Control", "max-age=1")).body("fine")
        }
        "/flaky" => HttpResponse::InternalServerError().finish(),
        _ if path.starts_with("/status/") => {
            let status = path.rsplit('/').next().unwrap().parse().unwrap();
            HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
        }
        _ if path.starts_with("/cache/") => {
            let age = path.rsplit('/').next().unwrap();
            HttpResponse::Ok()
                .insert_header(("Cache-Control", format!("max-age={age}")))
                .body(format!("answer {count}"))
        }
        _ => {
            let mut text = format!("{} {path}\n", request.method());
            for (name, value) in request.headers() {
                text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
            }
            HttpResponse::Ok().body(text)
        }
    }
}

/// A handler's value, sent home.
pub fn returned(value: &Value) -> Verdict {
    Verdict::Returned { value: wire::encode_value(value).unwrap(), run: Run::default() }
}

/// Plays a worker that holds `f:1` warm.
pub async fn work(
    bus: Arc<dyn Bus>,
    function: impl Fn(Value) -> Verdict + Send + 'static,
    stop: CancellationToken,
) {
    let mut batches = bus.subscribe("brink.invoke.f.1", Some("workers"), 1024).await.unwrap();
    loop {
        let message = tokio::select! {
            message = batches.next() => message.unwrap(),
            () = stop.cancelled() => return,
        };
        let batch: Batch = wire::decode(&message.payload).unwrap();
        let answers = batch.invocations.into_iter().map(|invocation| {
            let Payload::Event(bytes) = invocation.payload else { panic!("an event") };
            let event: Event = wire::decode_value(&bytes).unwrap();
            let verdict = function(serde_json::to_value(ForFunction(&event)).unwrap());
            Answer { slot: invocation.slot, verdict }
        });
        let answers = answers.collect();
        let reply = wire::encode(&Answers { worker: "w1".parse().unwrap(), answers }).unwrap();
        bus.publish(&message.reply_to.unwrap(), None, reply).await.unwrap();
    }
}

/// Sends bytes as they are and reads until the gateway closes the connection.
pub async fn raw(address: SocketAddr, request: &str) -> String {
    String::from_utf8_lossy(&raw_bytes(address, request.as_bytes()).await).into_owned()
}

/// The same with bytes of any kind.
pub async fn raw_bytes(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The gateway may answer and close before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer));
    // A reset ends an answer as well.
    let _ = read.await.expect("the gateway closes the connection");
    answer
}
