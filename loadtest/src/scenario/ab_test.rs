//! Visitors of both groups, and new ones, whom the function assigns to a group.

use super::{Probe, Scenario};
use crate::check::Expected;

// The very files that the example serves.
const CONTROL: &[u8] =
    include_bytes!("../../../deploy/examples/ab-test/site/experiment-group/control-pixel.jpg");
const TREATMENT: &[u8] =
    include_bytes!("../../../deploy/examples/ab-test/site/experiment-group/treatment-pixel.jpg");

/// Eight known visitors, half of each group, then two new ones.
pub const SCENARIO: Scenario = Scenario {
    name: "ab-test",
    about: "viewer-request function that chooses one of two cached objects by cookie",
    probes: &[A, B, A, B, NEW, A, B, A, B, NEW],
};

/// A visitor of the control group.
pub const A: Probe = Probe {
    path: "/experiment-pixel.jpg",
    cookie: Some("sid=5f2a9c0d17; theme=dark; X-Experiment-A=1; lang=en"),
    expected: Expected::body(&[CONTROL]),
};

/// A visitor of the treatment group.
pub const B: Probe = Probe {
    path: "/experiment-pixel.jpg",
    cookie: Some("sid=5f2a9c0d17; theme=dark; X-Experiment-B=1; lang=en"),
    expected: Expected::body(&[TREATMENT]),
};

/// A new visitor, who may get either.
pub const NEW: Probe = Probe {
    path: "/experiment-pixel.jpg",
    cookie: None,
    expected: Expected::body(&[CONTROL, TREATMENT]),
};
