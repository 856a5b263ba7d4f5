//! Warns about returned values that the contract allows but that the author hardly intended.

use super::outcome::Outcome;
use super::place::{Place, Quoted};

/// The warnings about an accepted value. Each text begins with the place, as errors do.
pub fn warnings(outcome: &Outcome) -> Vec<String> {
    let Outcome::Response(response) = outcome else {
        return Vec::new();
    };
    let place = Place::root("response");
    let place = place.field("headers");
    let place = place.key("location");
    let locations = response.headers.get_all("location").filter(|value| !value.is_ascii());
    locations
        .map(|value| {
            format!(
                "{place}: {} has characters beyond ASCII, which viewers read in different ways; \
                 percent-encode them, for example with encodeURI",
                Quoted(value)
            )
        })
        .collect()
}
