//! The trust between gateways, and the promises of a shield about its copies.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use brink_gateway::origin::{OriginClient, OriginTls};
use brink_gateway::shield::announcements::Announcement;
use brink_gateway::shield::asking::Unanswered;
use brink_gateway::shield::message::{AnswerHead, AskedRequest, NotTaken, Question, ShieldSource};
use brink_gateway::shield::placement::Resource;
use brink_gateway::shield::settings::{NAME, ShieldSettings};
use brink_gateway::shield::{Opened, Shield};
use brink_shared::bus::{Bus as _, JournalRange};
use brink_shared::event::Headers;
use brink_shared::{subject, wire};
use brink_testing::certificates::{Authority, Issued};

use crate::fleet::{Fleet, Member, ok, origin, shielded};
use crate::raw_origin::RawOrigin;

/// A gateway of the test, which writes its questions itself.
struct Asker {
    shield: Arc<Shield>,
    origins: OriginClient,
    of: Arc<Announcement>,
}

impl Asker {
    async fn new(fleet: &Fleet, of: &Member) -> Self {
        let file = |name: &str| Some(fleet.folder.path().join(name));
        let settings = ShieldSettings {
            certificate: file("gateway.pem"),
            key: file("gateway.key"),
            authority: file("authority.pem"),
            ..ShieldSettings::default()
        };
        let node = "asker".parse().unwrap();
        let (shield, identity, _): Opened = Shield::open(&settings, &node).unwrap().unwrap();
        let tls = OriginTls::trusting([]).unwrap();
        let tls = tls.with_gateways(identity.authorities, identity.chain, identity.key).unwrap();
        let running = shield.clone().run(fleet.bus.clone(), CancellationToken::new());
        tokio::spawn(running.await.unwrap());
        let (site, resource) = ("fra".parse().unwrap(), Resource::new(&"d".parse().unwrap(), "/"));
        let of = loop {
            let known = shield.announcements.shields(&site, &resource);
            if let Some(of) = known.into_iter().find(|known| known.gateway.as_str() == of.name) {
                break of;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        Self { shield, origins: OriginClient::new(tls), of }
    }

    /// The head of the answer, and its body.
    async fn ask(&self, question: &Question) -> Result<(AnswerHead, Vec<u8>), Unanswered> {
        self.ask_bytes(wire::encode(question).unwrap()).await
    }

    async fn ask_bytes(&self, question: Bytes) -> Result<(AnswerHead, Vec<u8>), Unanswered> {
        let replied = self.shield.ask(&self.origins, &self.of, question).await?;
        let chunks: Vec<_> = replied.body.collect().await;
        let body = chunks.into_iter().flat_map(|chunk| chunk.unwrap()).collect();
        Ok((*replied.head.unwrap(), body))
    }
}

async fn question(fleet: &Fleet, path: &str) -> Question {
    let JournalRange { made, last, .. } =
        fleet.bus.journal_range(subject::INVALIDATION_STREAM).await.unwrap();
    Question {
        distribution: "d".parse().unwrap(),
        revision: 1,
        behavior: 0,
        origin: "web".to_owned(),
        request_id: "of-a-test".to_owned(),
        http_version: "1.1".to_owned(),
        is_https: false,
        cdn_loop: "brink".to_owned(),
        asked: AskedRequest {
            client_ip: [192, 0, 2, 1].into(),
            method: "GET".to_owned(),
            uri: path.to_owned(),
            querystring: String::new(),
            headers: Headers::new(),
        },
        spelling: None,
        conditions: Headers::new(),
        applied: (made.to_string(), last),
        written: None,
    }
}

async fn pair(origin: &RawOrigin) -> (Fleet, Member) {
    let fleet = Fleet::start(shielded(origin, json!({}))).await;
    let shield = fleet.gateway("fra-1", Some("fra")).await;
    (fleet, shield)
}

#[actix_rt::test]
async fn a_shield_answers_only_what_it_may() {
    let origin = origin(|_, count| ok("Cache-Control: max-age=60\r\n", &format!("answer {count}")));
    let (fleet, shield) = pair(&origin).await;
    let asker = Asker::new(&fleet, &shield).await;
    let good = question(&fleet, "/film").await;
    for source in [ShieldSource::Origin, ShieldSource::Cache] {
        let (head, body) = asker.ask(&good).await.unwrap();
        assert_eq!(
            (head.status, head.source, body.as_slice()),
            (200, source, b"answer 0".as_slice())
        );
        assert!(head.fresh_for.unwrap() <= Duration::from_secs(60));
    }
    let refused = async |change: &dyn Fn(&mut Question)| {
        let mut question = good.clone();
        change(&mut question);
        match asker.ask(&question).await {
            Err(Unanswered::NotTaken(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    // An invalidation that the shield has not applied, and another journal.
    let late = NotTaken::Invalidations;
    assert_eq!(refused(&|question| question.applied.1 += 1).await, late);
    assert_eq!(refused(&|question| question.applied.0.push('7')).await, late);
    let other = NotTaken::Revision;
    assert_eq!(refused(&|question| question.revision += 1).await, other);
    assert_eq!(refused(&|question| question.distribution = "e".parse().unwrap()).await, other);
    let unknown = NotTaken::Unknown;
    assert_eq!(refused(&|question| question.applied.0 = "what".to_owned()).await, unknown);
    assert_eq!(refused(&|question| question.origin = "other".to_owned()).await, unknown);
    assert_eq!(refused(&|question| question.behavior = 9).await, unknown);
    assert_eq!(refused(&|question| question.asked.method = "POST".to_owned()).await, unknown);
    for bytes in [Bytes::new(), Bytes::from_static(b"what"), vec![0; 300_000].into()] {
        let answered = asker.ask_bytes(bytes).await;
        assert!(matches!(answered, Err(Unanswered::NotTaken(NotTaken::Unknown))), "{answered:?}");
    }
    assert_eq!(origin.requests().len(), 1);
    fleet.stop([shield]).await;
}

#[actix_rt::test]
async fn nobody_without_a_gateways_certificate_gets_an_answer() {
    let origin = origin(|_, _| ok("", "secret"));
    let (fleet, shield) = pair(&origin).await;
    let address = shield.gateway.shield_address().unwrap();
    let stranger = Authority::new();
    let shows = |own: Option<Issued>, alpn: &[u8]| {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(fleet.authority.pem().as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match own {
            None => config.with_no_client_auth(),
            Some(own) => {
                let chain = CertificateDer::pem_slice_iter(own.chain.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
                config.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
            }
        };
        config.alpn_protocols = vec![alpn.to_vec()];
        tokio_rustls::TlsConnector::from(Arc::new(config))
    };
    // In TLS 1.3 a client hears only with the first byte that its certificate is rejected.
    let is_let_in = async |connector: tokio_rustls::TlsConnector| {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        match connector.connect(name, stream).await {
            Ok(mut stream) => matches!(stream.read(&mut [0; 1]).await, Ok(1)),
            Err(_) => false,
        }
    };
    let own = || Some(fleet.authority.issue(&[NAME]));
    assert!(is_let_in(shows(own(), b"h2")).await, "the server speaks first");
    assert!(!is_let_in(shows(None, b"h2")).await);
    assert!(!is_let_in(shows(Some(stranger.issue(&[NAME])), b"h2")).await);
    assert!(!is_let_in(shows(own(), b"http/1.1")).await);
    fleet.stop([shield]).await;
}

#[actix_rt::test]
async fn a_viewer_who_writes_a_question_is_a_viewer_like_any_other() {
    let origin = origin(|_, _| ok("", "secret"));
    let mut document = shielded(&origin, json!({ "methods": "all" }));
    document["behaviors"][0]["access"] = json!({ "deny": ["127.0.0.0/8"] });
    let fleet = Fleet::start(document).await;
    let shield = fleet.gateway("fra-1", Some("fra")).await;
    let asker = Asker::new(&fleet, &shield).await;
    let question = question(&fleet, "/film").await;
    let bytes = wire::encode(&question).unwrap();
    for path in ["/1", "/film"] {
        for host in [NAME, "d.brink.localhost"] {
            let reply = shield.request("POST", path, &[("host", host)], &bytes).await;
            assert_eq!(reply.status, 403, "{path} {host}");
        }
    }
    assert!(origin.requests().is_empty());
    // A gateway has checked its viewer already.
    let (head, body) = asker.ask(&question).await.unwrap();
    assert_eq!((head.status, body.as_slice()), (200, b"secret".as_slice()));
    fleet.stop([shield]).await;
}

#[actix_rt::test]
async fn a_question_goes_no_further_however_views_differ() {
    let origin = origin(|_, count| ok("Cache-Control: max-age=60\r\n", &format!("answer {count}")));
    let fleet = Fleet::start(shielded(&origin, json!({}))).await;
    let members =
        [fleet.gateway("fra-1", Some("fra")).await, fleet.gateway("fra-2", Some("fra")).await];
    fleet.settled(2).await;
    // Each of them is asked for the same resource, so one of them is not its shield.
    for (number, member) in members.iter().enumerate() {
        let asker = Asker::new(&fleet, member).await;
        let (_, body) = asker.ask(&question(&fleet, "/film").await).await.unwrap();
        assert_eq!(body, format!("answer {number}").as_bytes(), "it asks the origin itself");
    }
    assert_eq!(origin.requests().len(), 2);
    fleet.stop(members).await;
}
