//! The decisions on questions that the sources leave open. Each one keeps its number.

#[path = "decisions/caching.rs"]
mod caching;
#[path = "decisions/distribution.rs"]
mod distribution;
#[path = "decisions/functions.rs"]
mod functions;

/// A question that the sources leave open.
pub struct Decision {
    pub number: u8,
    pub question: &'static str,
    pub decision: &'static str,
    pub why: &'static str,
    /// Tests beside the cases of the table that name the decision: folder or file, `::`, function.
    pub tests: &'static [&'static str],
}

const fn decided(
    number: u8,
    question: &'static str,
    decision: &'static str,
    why: &'static str,
    tests: &'static [&'static str],
) -> Decision {
    Decision { number, question, decision, why, tests }
}

/// All of them, in the order of their numbers.
pub fn decisions() -> impl Iterator<Item = &'static Decision> {
    let parts = [functions::FUNCTIONS, caching::CACHING, distribution::DISTRIBUTION];
    parts.into_iter().flatten()
}
