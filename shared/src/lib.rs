//! The types and the bus that all Brink processes share.
//!
//! The gateway and the workers never call each other: they share the types here and the bus.
//! Reading order: [`event`] (what functions see), [`contract`] (what functions may return),
//! [`wire`], [`subject`] and [`large_payloads`] (how both travel), [`bus`] (what carries them),
//! [`identity`] (who may use which subjects), [`registry`] (functions, versions, distributions).

pub mod access_log;
pub mod admin;
pub mod audit;
pub mod bus;
pub mod clock;
pub mod confinement;
pub mod contract;
pub mod duration_text;
pub mod event;
pub mod heap;
pub mod id;
pub mod identity;
pub mod invalidation;
pub mod iso8601;
pub mod large_payloads;
pub mod limits;
mod nearest_name;
pub mod network;
pub mod node;
pub mod private_content;
pub mod problem;
pub mod registry;
pub mod runtime;
pub mod secret;
pub mod settings;
pub mod status;
pub mod stop;
pub mod subject;
pub mod telemetry;
pub mod tenant_folder;
pub mod wire;
