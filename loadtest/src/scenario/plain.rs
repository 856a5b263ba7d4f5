//! A cached object without a function. This is the fastest that the gateway can be.

use super::{Probe, Scenario};
use crate::check::Expected;

const OBJECT: &[u8] = include_bytes!("../../../deploy/examples/ab-test/site/plain.jpg");

/// Requests for always the same object.
pub const SCENARIO: Scenario =
    Scenario { name: "plain", about: "cached object of 1 KiB, no function", probes: &[PLAIN] };

/// The object.
pub const PLAIN: Probe =
    Probe { path: "/plain.jpg", cookie: None, expected: Expected::body(&[OBJECT]) };
