//! The edge node: proxies and caches HTTP, and asks workers at the four triggers.

pub mod cache;
pub mod invoker;
pub mod origin;
pub mod routing;
