//! An origin that speaks HTTP/2 over TLS, with the certificate for `localhost`.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use parking_lot::Mutex;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::programs::testdata;

/// The answers' side of a stream.
pub type Respond = h2::server::SendResponse<Bytes>;

/// A request as the origin got it.
pub struct Got {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub trailers: HeaderMap,
}

/// The origin, and the requests that it read to their ends.
pub struct Http2Origin {
    pub port: u16,
    pub got: Arc<Mutex<Vec<Got>>>,
}

impl Http2Origin {
    /// Offers these protocols in the handshake. Each request is read to its end, and then answered
    /// by `answer`.
    pub async fn start<Answered>(
        protocols: &[&str],
        answer: impl Fn(Respond) -> Answered + Clone + 'static,
    ) -> Self
    where
        Answered: Future<Output = ()> + 'static,
    {
        let certificate = CertificateDer::from_pem_file(testdata("origin.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(testdata("origin.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::<Mutex<Vec<Got>>>::default();
        let kept = got.clone();
        actix_rt::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let Ok(session) = acceptor.accept(tcp).await else { continue };
                let Ok(mut session) = h2::server::handshake(session).await else { continue };
                let (kept, answer) = (kept.clone(), answer.clone());
                actix_rt::spawn(async move {
                    while let Some(Ok((request, respond))) = session.accept().await {
                        let (kept, answer) = (kept.clone(), answer.clone());
                        actix_rt::spawn(async move {
                            if let Ok(got) = read(request).await {
                                kept.lock().push(got);
                                answer(respond).await;
                            }
                        });
                    }
                });
            }
        });
        Self { port, got }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

async fn read(request: Request<h2::RecvStream>) -> Result<Got, h2::Error> {
    let (head, mut stream) = request.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece?;
        let _ = stream.flow_control().release_capacity(piece.len());
        body.extend_from_slice(&piece);
    }
    let trailers = stream.trailers().await?.unwrap_or_default();
    Ok(Got { headers: head.headers, body, trailers })
}
