//! Warnings about a distribution that can be applied but may not do what its author wants.

mod compression;
mod guards;
mod shared_errors;

use super::Problem;
use super::distribution::Distribution;

/// All warnings about a distribution.
///
/// `takes_escapes_for_slashes` gets the name of an origin, and returns whether the origin may read
/// `%2F`, `%5C` or `\` as a slash. Any origin may, unless the caller knows better.
pub fn warnings(
    distribution: &Distribution,
    takes_escapes_for_slashes: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let mut found = guards::find(distribution, takes_escapes_for_slashes);
    found.extend(shared_errors::find(distribution));
    found.extend(compression::find(distribution));
    found
}
