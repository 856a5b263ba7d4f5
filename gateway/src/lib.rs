//! The edge node: proxies and caches HTTP, and asks workers at the four triggers.

pub mod invoker;
pub mod routing;
