//! The result of rewriting a text.

use super::functions::FunctionText;
use super::module;
use super::places::Places;

/// The name of the object with the natives that rewritten texts call.
pub const NATIVES: &str = "ℬ";

/// The function that rewritten texts call instead of `import()`, with the specifier and the options.
/// A wrapped text gets it from the function around it.
pub const IMPORT: &str = "ℬimport";

/// A rewritten text.
#[derive(Debug)]
pub struct Rewritten {
    /// The text.
    pub text: String,
    /// Finds the author's places for places in the text.
    pub places: Places,
    /// Its functions and classes, in the order of their beginnings.
    pub functions: Vec<FunctionText>,
    /// The number of the first of them. That of a file is 0; other texts have numbers of their own.
    pub first_number: u64,
    /// It calls `eval` by this name. The evaluated code adds names to the compiled code, so the
    /// compiled code must not be shared.
    pub has_direct_eval: bool,
    /// It has a tagged template. The engine tells these apart by numbers that only one context
    /// gives, so the compiled code must not be shared.
    pub has_tagged_template: bool,
    /// It calls `import()`, and needs a function with the name [`IMPORT`].
    pub has_import: bool,
    /// The imports and exports, if it is an ES module. The text is then the body of a function, to
    /// be put between the two texts of [`module::Module::frame`].
    pub module: Option<module::Module>,
}
