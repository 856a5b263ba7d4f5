//! The versions of HTTP whose connections carry many requests.

/// A version of HTTP whose connections carry many requests at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http2,
    Http3,
}

// === impl Protocol ===

impl Protocol {
    /// The number of the version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Http2 => "2.0",
            Self::Http3 => "3.0",
        }
    }

    /// The counter of answers that were broken off because the viewer was too slow.
    pub(super) fn cut_counter(self) -> &'static str {
        match self {
            Self::Http2 => "brink_gateway_http2_streams_cut_total",
            Self::Http3 => "brink_gateway_http3_streams_cut_total",
        }
    }
}
