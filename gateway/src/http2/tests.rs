use std::future::Future;
use std::sync::Arc;

use actix_server::ServerBuilder;
use actix_service::{ServiceFactory as _, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body, Frame};
use hyper::client::conn::http2::{self as client, SendRequest};
use hyper_util::rt::TokioExecutor;
use tokio::task::{JoinHandle, LocalSet};

use super::*;
use crate::viewer_head::ViewerHead;
use crate::viewer_stream::ViewerConnection;
use crate::viewer_tls::TlsSession;

/// Answers with a large body, or with what became of the request's body.
async fn handler(from: HttpRequest, mut payload: web::Payload) -> HttpResponse {
    if from.path() == "/large" {
        return HttpResponse::Ok().body(vec![b'x'; 1 << 20]);
    }
    if from.path() == "/call" {
        ViewerConnection::of(&from).unwrap().wait_for_body();
    }
    let mut len = 0;
    while let Some(piece) = payload.next().await {
        match piece {
            Ok(piece) => len += piece.len(),
            Err(error) => {
                let cut = ViewerConnection::of(&from).and_then(|request| request.why_cut());
                return HttpResponse::Ok().body(format!("{len} {error} {cut:?}"));
            }
        }
    }
    let head = ViewerHead::of(&from).unwrap();
    HttpResponse::Ok().body(format!("{len} {} {}", head.method, head.has_body))
}

/// A viewer with this window, its connection, and the connection of the gateway.
async fn viewer<B>(window: u32) -> (SendRequest<B>, JoinHandle<()>, JoinHandle<()>)
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let app = App::new().default_service(web::to(handler));
    let app = map_config(app, |()| AppConfig::default()).new_service(()).await.unwrap();
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let tls = Arc::new(TlsSession::new("TLSv1.3", "TLS_AES_128_GCM_SHA256", false));
    let peer = Peer { address: None, tls, min_rate: 1024 };
    let stops = ServerBuilder::new().graceful_shutdown_signal();
    let gateway = tokio::task::spawn_local(serve(ours, Rc::new(app), peer, stops));
    let (sender, connection) = client::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(window)
        .handshake(TokioIo::new(theirs))
        .await
        .unwrap();
    let viewer = tokio::task::spawn_local(async move { drop(connection.await) });
    (sender, viewer, gateway)
}

fn request<B>(method: &str, path: &str, body: B) -> hyper::Request<B> {
    let url = format!("https://shop.example{path}");
    hyper::Request::builder().method(method).uri(url).body(body).unwrap()
}

async fn local(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_opens_no_window_is_cut_off_after_a_minute() {
    local(async {
        let (mut sender, _viewer, _gateway) = viewer::<Full<Bytes>>(0).await;
        let began = Instant::now();
        let answer = sender.send_request(request("GET", "/large", Full::default())).await.unwrap();
        assert_eq!(answer.status(), 200);
        let broken = answer.into_body().collect().await;
        assert!(broken.is_err());
        let after = began.elapsed().as_secs();
        assert!((60..62).contains(&after), "{after} s");
        // The connection goes on.
        let body = Full::from("abc");
        let answer = sender.send_request(request("POST", "/", body)).await.unwrap();
        assert_eq!(answer.status(), 200);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_arriving_is_broken_off_after_a_minute() {
    local(async {
        let (mut sender, _viewer, _gateway) = viewer(65_535).await;
        let first =
            futures_util::stream::iter([Ok::<_, std::io::Error>(Frame::data(Bytes::from("a")))]);
        let body = StreamBody::new(Box::pin(first.chain(futures_util::stream::pending())));
        let began = Instant::now();
        let answer = sender.send_request(request("POST", "/", body)).await.unwrap();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.starts_with("1 ") && text.ends_with("Some(TooSlow)"), "{text}");
        let after = began.elapsed().as_secs();
        assert!((60..62).contains(&after), "{after} s");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_viewer_of_a_call_may_be_silent() {
    local(async {
        let (mut sender, _viewer, _gateway) = viewer(65_535).await;
        let pieces = futures_util::stream::iter(["a", "b"]).then(|piece| async move {
            tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
            Ok::<_, std::io::Error>(Frame::data(Bytes::from(piece)))
        });
        let body = StreamBody::new(Box::pin(pieces));
        let answer = sender.send_request(request("POST", "/call", body)).await.unwrap();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(text, "2 POST true");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_after_a_minute() {
    local(async {
        let (mut sender, viewer, gateway) = viewer::<Full<Bytes>>(65_535).await;
        let answer = sender.send_request(request("GET", "/", Full::default())).await.unwrap();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(text, "0 GET false");
        let began = Instant::now();
        viewer.await.unwrap();
        gateway.await.unwrap();
        let after = began.elapsed().as_secs();
        assert!((60..62).contains(&after), "{after} s");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_takes_no_answer_is_left() {
    local(async {
        let (mut sender, viewer, gateway) = viewer::<Full<Bytes>>(0).await;
        let answer = sender.send_request(request("GET", "/", Full::default())).await.unwrap();
        let began = Instant::now();
        gateway.await.unwrap();
        let after = began.elapsed().as_secs();
        assert!((60..190).contains(&after), "{after} s");
        drop(answer);
        viewer.await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_frame_after_a_get_is_no_body() {
    local(async {
        let (mut sender, _viewer, _gateway) = viewer(65_535).await;
        let empty =
            futures_util::stream::iter([Ok::<_, std::io::Error>(Frame::data(Bytes::new()))]);
        let body = StreamBody::new(Box::pin(empty));
        let answer = sender.send_request(request("GET", "/", body)).await.unwrap();
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(text, "0 GET false");
    })
    .await;
}
