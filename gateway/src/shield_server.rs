//! The server for other gateways ([`shield`](crate::shield)).
//!
//! It speaks HTTP/2 over TLS, with the same limits as for viewers. Nobody gets past the handshake
//! without a certificate of the gateways' authority.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{ServiceFactory as _, fn_factory, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};

use crate::edge::Edge;
use crate::http2;
use crate::https::Handshakes;
use crate::multiplexed::Peer;
use crate::origin::{OriginClient, OriginTls};
use crate::paced_stream::PacedStream;
use crate::pipeline;
use crate::shield::ShieldListener;
use crate::warn_limit::WarnLimit;

/// Warnings of connections that were rejected.
static REJECTED: WarnLimit = WarnLimit::new();

/// The parts of the server.
#[derive(Clone)]
pub(crate) struct ShieldServer {
    pub(crate) edge: Arc<Edge>,
    pub(crate) tls: OriginTls,
    pub(crate) stops: GracefulShutdownSignal,
    /// The lowest rate of a connection, in bytes a second.
    pub(crate) min_rate: u32,
}

// === impl ShieldServer ===

impl ShieldServer {
    /// Adds the listener.
    pub(crate) fn listen(
        self,
        server: ServerBuilder,
        listener: ShieldListener,
    ) -> std::io::Result<ServerBuilder> {
        let ShieldListener { socket, tls } = listener;
        server.listen("other gateways", socket, move || {
            let (own, tls) = (self.clone(), tls.clone());
            fn_factory(move || {
                let (own, tls) = (own.clone(), tls.clone());
                async move {
                    let app = App::new()
                        .app_data(web::Data::from(own.edge.clone()))
                        .app_data(web::Data::new(OriginClient::new(own.tls.clone())))
                        .default_service(web::to(pipeline::reply_to_gateway));
                    let app = map_config(app, |()| AppConfig::default());
                    let app = Rc::new(app.new_service(()).await?);
                    let handshakes = Rc::new(Handshakes::under(tls));
                    let own = Rc::new(own);
                    Ok::<_, ()>(fn_service(move |stream: TcpStream| {
                        let (own, app, handshakes) = (own.clone(), app.clone(), handshakes.clone());
                        async move {
                            let peer = stream.peer_addr().ok();
                            let Some((stream, from)) = own.accept(stream, peer, &handshakes).await
                            else {
                                return Err(());
                            };
                            http2::serve(stream, app, from, own.stops.clone()).await;
                            Ok(())
                        }
                    }))
                }
            })
        })
    }

    /// Makes the handshake.
    async fn accept(
        &self,
        stream: TcpStream,
        peer: Option<SocketAddr>,
        handshakes: &Handshakes,
    ) -> Option<(crate::https::SecureStream<PacedStream<TcpStream>>, Peer)> {
        // If this fails, answers only arrive later.
        let _ = stream.set_nodelay(true);
        let stream = PacedStream::new(stream, self.min_rate);
        match handshakes.accept(stream, |_| None, false).await {
            Ok((stream, session)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                let tls = Arc::new(session);
                Some((stream, Peer { address: peer, tls, min_rate: self.min_rate }))
            }
            Ok(_) => None,
            Err(error) => {
                let from = peer.map_or_else(String::new, |peer| peer.ip().to_string());
                if let Some(left_out) = REJECTED.admit(&from) {
                    tracing::warn!(from, %error, left_out,
                        "a connection to the shield's address was rejected");
                }
                None
            }
        }
    }
}
