//! A cached object without a function: what the gateway can do at best.

use super::{Probe, Scenario};
use crate::check::Expected;

const OBJECT: &[u8] = include_bytes!("../../../deploy/examples/ab-test/site/plain.jpg");

/// Always the same object.
pub const SCENARIO: Scenario =
    Scenario { name: "plain", about: "cached object of 1 KiB, no function", probes: &[PLAIN] };

/// The object.
pub const PLAIN: Probe =
    Probe { path: "/plain.jpg", cookie: None, expected: Expected::body(&[OBJECT]) };
