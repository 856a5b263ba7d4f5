//! The sandbox process. A worker starts one to run one version of a function.
//!
//! The process first gives up what it does not need ([`confinement`]). Then it runs execution
//! environments and answers its supervisor's frames ([`process`]).

pub mod confinement;
pub mod process;
