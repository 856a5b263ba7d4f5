//! Warnings about a distribution: it is applied, but may not do what its author has in mind.

mod guards;
mod shared_errors;

use super::Problem;
use super::distribution::Distribution;

/// Finds everything about a distribution that its author should know.
///
/// `takes_escapes_for_slashes` tells of an origin by its name whether it may read `%2F`, `%5C` or
/// `\` as a slash. Any origin may, unless it is known better.
pub fn warnings(
    distribution: &Distribution,
    takes_escapes_for_slashes: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let mut found = guards::find(distribution, takes_escapes_for_slashes);
    found.extend(shared_errors::find(distribution));
    found
}
