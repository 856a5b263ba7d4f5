//! The header that tells viewers of HTTP/3 (RFC 7838, RFC 9114, 3.1.1).

use actix_web::http::header::HeaderValue;

use crate::edge::Edge;
use crate::viewer::ViewerRequest;

/// The usual port of HTTPS, which URLs leave out.
const USUAL_PORT: &str = "443";

/// How long a viewer may keep the header in mind, in seconds.
const MAX_AGE_S: u32 = 86_400;

/// The value for the answer to this request; `None` if the gateway does not speak HTTP/3, or if
/// the request came by plain HTTP or by HTTP/3.
///
/// The port is the one in the viewer's URL. Something on the way may lead it to the gateway's own
/// port, and leads UDP there too.
pub(crate) fn offer(viewer: &ViewerRequest, edge: &Edge) -> Option<HeaderValue> {
    let is_on = edge.https.as_ref().is_some_and(|https| https.http3);
    if !is_on || viewer.tls.is_none() || viewer.http_version == "3.0" {
        return None;
    }
    let port = port_of(&viewer.host);
    HeaderValue::try_from(format!("h3=\":{port}\"; ma={MAX_AGE_S}")).ok()
}

fn port_of(host: &str) -> &str {
    let after_name = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    after_name.map(|(_, port)| port).filter(|port| !port.is_empty()).unwrap_or(USUAL_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_one_in_the_viewers_url() {
        for (host, port) in [
            ("shop.example", "443"),
            ("shop.example:8443", "8443"),
            ("shop.example:", "443"),
            ("[2001:db8::1]", "443"),
            ("[2001:db8::1]:8443", "8443"),
        ] {
            assert_eq!(port_of(host), port, "{host}");
        }
    }
}
