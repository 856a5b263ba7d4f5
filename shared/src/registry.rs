//! Functions, their versions, and the distributions that point at them.
//!
//! [`function`] and [`distribution`] are the documents. [`check`] finds all errors of a
//! distribution at once, and [`warnings`] finds its risks. [`policies`] finds the policies that a
//! distribution names. [`store`] keeps the documents in a
//! bucket of the bus by compare-and-swap, and [`uploads`] has bundles on their way to it. [`mirror`] follows the bucket and keeps the last valid
//! state on disk.

pub mod bundle;
pub mod check;
pub mod distribution;
pub mod document;
pub mod function;
mod key;
pub mod mirror;
pub mod policies;
pub mod role;
pub mod store;
pub mod uploads;
pub mod warnings;

pub use crate::problem::Problem;
pub use crate::runtime::{Offer, Release, Runtime, RuntimeName};
pub use bundle::{Bundle, BundleDigest};
pub use check::Quotas;
pub use distribution::{Behavior, Distribution, DistributionRecord};
pub use function::FunctionVersion;
pub use mirror::{Mirror, Snapshot};
pub use store::Store;
pub use uploads::Uploads;
