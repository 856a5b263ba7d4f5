//! HTTP/2 to an origin that refuses, ends connections, and breaks off.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use brink_gateway::origin::{
    BodyError, CALL_IDLE, OriginClient, OriginFault, OriginRequest, OriginResponse, OutgoingBody,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use h2::server::{Connection, SendResponse};
use parking_lot::Mutex;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::node_origins::{client, fetch, request, testdata};

type Session = Connection<TlsStream<TcpStream>, Bytes>;

/// Counts connections and streams.
#[derive(Clone, Default)]
struct Seen {
    connections: Arc<AtomicUsize>,
    streams: Arc<AtomicUsize>,
}

/// Serves each connection with `serve`, which knows how many were before it.
async fn origin<Served>(serve: impl Fn(Session, usize, Seen) -> Served + 'static) -> (u16, Seen)
where
    Served: Future<Output = ()> + 'static,
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
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let counted = seen.clone();
    actix_rt::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let session = acceptor.accept(tcp).await.unwrap();
            let session = h2::server::handshake(session).await.unwrap();
            let number = counted.connections.fetch_add(1, Ordering::SeqCst);
            actix_rt::spawn(serve(session, number, counted.clone()));
        }
    });
    (port, seen)
}

fn hello(mut respond: SendResponse<Bytes>) {
    let mut body = respond.send_response(http::Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"hello"), true).unwrap();
}

/// Refuses the streams of the first connections, and answers those of later ones.
async fn refusing(refusals: usize) -> (u16, Seen) {
    origin(move |mut session, number, seen| async move {
        while let Some(Ok((_, mut respond))) = session.accept().await {
            seen.streams.fetch_add(1, Ordering::SeqCst);
            if number < refusals {
                respond.send_reset(h2::Reason::REFUSED_STREAM);
            } else {
                hello(respond);
            }
        }
    })
    .await
}

#[actix_rt::test]
async fn a_refused_request_is_sent_again_if_its_body_is_here() {
    for method in ["GET", "POST", "DELETE"] {
        let (port, seen) = refusing(2).await;
        let mut asked = request(method, port, "/");
        if method == "POST" {
            asked.body = OutgoingBody::Whole(Bytes::from_static(b"whole"));
        }
        assert_eq!(fetch(&client(), asked).await.unwrap().2, b"hello", "{method}");
        assert_eq!(seen.streams.load(Ordering::SeqCst), 3, "{method}");
    }
    let (port, seen) = refusing(1).await;
    let mut upload = request("POST", port, "/");
    let chunks = stream::iter([Ok::<_, String>(Bytes::from_static(b"gone"))]);
    upload.body = OutgoingBody::stream(chunks, None);
    let error = client().fetch(upload).await.unwrap_err();
    assert_eq!((error.status(), seen.streams.load(Ordering::SeqCst)), (502, 1), "{error}");
}

#[actix_rt::test]
async fn an_origin_that_refuses_everything_is_given_up() {
    let (port, seen) = refusing(usize::MAX).await;
    let error = client().fetch(request("POST", port, "/")).await.unwrap_err();
    assert!(matches!(error.cause, OriginFault::Refused(_)), "{error}");
    assert_eq!(seen.streams.load(Ordering::SeqCst), 3);
}

#[actix_rt::test]
async fn a_request_that_goaway_leaves_out_is_sent_again() {
    // The first connection ends before it looks at any stream.
    let (port, seen) = origin(|mut session, number, seen| async move {
        if number == 0 {
            session.abrupt_shutdown(h2::Reason::NO_ERROR);
            let _ = std::future::poll_fn(|cx| session.poll_closed(cx)).await;
            return;
        }
        while let Some(Ok((_, respond))) = session.accept().await {
            seen.streams.fetch_add(1, Ordering::SeqCst);
            hello(respond);
        }
    })
    .await;
    let mut post = request("POST", port, "/");
    post.body = OutgoingBody::Whole(Bytes::from_static(b"once"));
    assert_eq!(fetch(&client(), post).await.unwrap().2, b"hello");
    assert_eq!(seen.connections.load(Ordering::SeqCst), 2);
    assert_eq!(seen.streams.load(Ordering::SeqCst), 1, "it was processed once");
}

#[actix_rt::test]
async fn a_request_that_may_have_been_processed_is_not_sent_again() {
    let (port, seen) = origin(|mut session, _, seen| async move {
        while let Some(Ok((_, mut respond))) = session.accept().await {
            seen.streams.fetch_add(1, Ordering::SeqCst);
            respond.send_reset(h2::Reason::INTERNAL_ERROR);
        }
    })
    .await;
    let error = client().fetch(request("POST", port, "/")).await.unwrap_err();
    assert_eq!((error.status(), seen.streams.load(Ordering::SeqCst)), (502, 1), "{error}");
    let mut get = request("GET", port, "/");
    get.attempts = 3;
    client().fetch(get).await.unwrap_err();
    assert!(seen.streams.load(Ordering::SeqCst) > 2, "a GET has its attempts");
}

#[actix_rt::test]
async fn a_body_that_breaks_off_is_no_whole_body() {
    for reason in [h2::Reason::NO_ERROR, h2::Reason::CANCEL, h2::Reason::INTERNAL_ERROR] {
        let (port, _) = origin(move |mut session, _, _| async move {
            while let Some(Ok((_, mut respond))) = session.accept().await {
                let mut body = respond.send_response(http::Response::new(()), false).unwrap();
                body.send_data(Bytes::from_static(b"hel"), false).unwrap();
                actix_rt::spawn(async move {
                    // Lets the bytes go first.
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    body.send_reset(reason);
                });
            }
        })
        .await;
        let broken = fetch(&client(), request("GET", port, "/")).await.unwrap_err();
        assert!(!broken.is_empty(), "{reason:?}");
    }
}

/// Begins to answer each stream, and keeps the reasons with which streams are reset.
async fn waiting() -> (u16, Arc<Mutex<Vec<h2::Reason>>>) {
    let resets = Arc::<Mutex<Vec<h2::Reason>>>::default();
    let kept = resets.clone();
    let (port, _) = origin(move |mut session, _, _| {
        let kept = kept.clone();
        async move {
            while let Some(Ok((request, mut respond))) = session.accept().await {
                let kept = kept.clone();
                actix_rt::spawn(async move {
                    let mut body = respond.send_response(http::Response::new(()), false).unwrap();
                    body.send_data(Bytes::from_static(b"begun"), false).unwrap();
                    let reason = std::future::poll_fn(|cx| body.poll_reset(cx)).await;
                    kept.lock().extend(reason.ok());
                    drop(request);
                });
            }
        }
    })
    .await;
    (port, resets)
}

/// A call that has begun to answer, while the viewer sends these pieces.
async fn begun(
    client: &OriginClient,
    port: u16,
    pieces: impl Stream<Item = Result<Bytes, &'static str>> + 'static,
) -> OriginResponse {
    let body = OutgoingBody::stream(pieces, None);
    let asked = OriginRequest { is_call: true, body, ..request("POST", port, "/") };
    let mut answer = client.fetch(asked).await.unwrap();
    assert_eq!(answer.body.next().await.unwrap().unwrap(), "begun");
    answer
}

#[actix_rt::test]
async fn a_call_that_is_given_up_is_canceled_at_the_origin() {
    let (client, (port, resets)) = (client(), waiting().await);
    let canceled = async |number| {
        while resets.lock().len() < number {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(resets.lock().iter().all(|reason| *reason == h2::Reason::CANCEL), "{resets:?}");
    };
    // The viewer is silent, has said all, or is gone.
    drop(begun(&client, port, stream::pending()).await);
    canceled(1).await;
    drop(begun(&client, port, stream::empty()).await);
    canceled(2).await;
    let leaves = stream::once(async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Err("the viewer left")
    });
    let mut answer = begun(&client, port, leaves).await;
    assert!(answer.body.next().await.unwrap().is_err());
    canceled(3).await;
}

#[actix_rt::test]
async fn a_call_ends_when_nobody_says_anything_for_long() {
    let (client, (port, _)) = (client(), waiting().await);
    let steady = stream::iter(0..3).then(async |_| {
        tokio::time::sleep(CALL_IDLE * 2 / 3).await;
        Ok(Bytes::from_static(b"x"))
    });
    let mut silent = begun(&client, port, stream::pending()).await;
    let mut speaking = begun(&client, port, steady.chain(stream::pending())).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let ended = async |answer: &mut OriginResponse| {
        let error = answer.body.next().await.unwrap().unwrap_err();
        assert_eq!(error, BodyError::Stalled(CALL_IDLE));
        began.elapsed().as_secs()
    };
    let (silent, speaking) = futures_util::join!(ended(&mut silent), ended(&mut speaking));
    assert!(silent.abs_diff(600) < 5 && speaking.abs_diff(1800) < 5, "{silent} s, {speaking} s");
}
