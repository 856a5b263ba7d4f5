//! The sandbox process: what a worker starts to run one version of a function in.
//!
//! The process gives up what it does not need ([`confinement`]), then runs execution environments
//! and answers its supervisor's frames ([`process`]).

pub mod confinement;
pub mod process;
