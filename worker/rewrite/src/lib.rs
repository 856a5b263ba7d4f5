//! Rewrites JavaScript around the faults of the engine.
//!
//! The engine misreads some constructs and runs others wrong, without an error. This crate rewrites
//! them in a way that the engine runs right. It rejects constructs that it cannot rewrite, with
//! their place and a replacement. So no code silently runs wrong.
//!
//! # How
//!
//! The text is parsed once. `survey` reads the tree and collects facts that `pass` needs before it
//! reaches a construct: the contents of functions, and the loops that must be written out. Then
//! `pass` visits the tree in the order of the text. The writer copies the text up to each construct
//! that changes, inserts new text and leaves out old text. Every line break stays, so line numbers
//! never change; [`Places`] has the columns. To add a construct, override its visit in `pass`, copy
//! up to its start, write the new text, visit its children in order, and end with a copy up to its
//! end.
//!
//! New names begin with [`NATIVES`]. No author's text may use a name that begins so.
//!
//! # Natives
//!
//! A rewritten text expects the name [`NATIVES`], bound to a frozen object with a null prototype.
//! A wrapped text (`Goal::CommonJs`, `Goal::EsModule`, `Goal::Function`) gets it from a function
//! around it, the others from the realm, which declares it as a constant.
//!
//! | native | gives |
//! | --- | --- |
//! | `forIn(object)` | An iterator, iterable itself, over the names that `for (name in object)` visits, with that statement's semantics: own and inherited enumerable string keys, each once, without those that were deleted before their turn. `null` and `undefined` have none. It has no `return` method. |
//! | `expression(source, flags)` | `/source/flags`, a new object each time. |
//! | `pow(base, exponent)` | `base ** exponent`, with numbers and BigInts. |
//! | `once(value)` | The value, if it is an array or not an object. Otherwise an iterable over it, which asks its iterator for nothing after its end, and closes it when it is closed itself. |
//! | `place(object, key)` | What `raise` gets: the object, the key as a property key, and the value that it reads there. |
//! | `raise(place, exponent, strict)` | Assigns and gives the value of the place to the power of the exponent. Strict code fails if nothing can be assigned there. |
//! | `iterate(object)` | An iterator of ours over an iterable, for a loop written out; below. |
//! | `iterateAsync(object)` | The same over an async iterable, or a sync one as `for await` does. |
//! | `none` | A symbol that no object has as a key. |
//! | `cell` | An object with a writable property `v`, sealed, its prototype null. |
//! | `first(value, ...)` | Its first argument. |
//! | `bound(function, this)` | A function that calls the function with this `this`. |
//! | `define(object, key, value)` | `CreateDataPropertyOrThrow`. |
//! | `class(constructor, number)` | Nothing. Notes which of its text's functions the class is: [`Rewritten::functions`], counted from [`Rewritten::first_number`]. A file is told by the constructor's code. |
//! | `eval` | What the global `eval` is: an indirect `eval` of a rewritten text. |
//! | `code(flags, text)` | What a direct `eval` gets: the text rewritten, if it is a text, and otherwise the value. [`EvalSite::of_flags`] tells where it is. |
//! | `global(name)` | The global variable with this name, or a `ReferenceError`. |
//!
//! The iterator of `iterate` has these members. Its prototype is frozen, so they may be read by name:
//!
//! | member | does |
//! | --- | --- |
//! | `step()` | Calls `next`, and tells whether there is a value, which is `value` then. When `next`, `done` or `value` fails, or there is no value, the iterator is closed: no `return` is called later. A result that is not an object is a `TypeError`. |
//! | `value` | The value of this step. |
//! | `fail(error)` | Gives the error. Calls `return` before, unless closed, and ignores what that throws or gives. |
//! | `end()` | Calls `return` unless closed. A result that is not an object is a `TypeError`. |
//!
//! That of `iterateAsync` has these:
//!
//! | member | does |
//! | --- | --- |
//! | `next()` | Calls `next`; what it gives is awaited. When it fails, the iterator is closed. |
//! | `took(result)` | Like `step`, with what was awaited. While it is awaited the iterator counts as closed. |
//! | `value` | The value of this step, or what a `return` gave. |
//! | `fails()` | Calls `return` unless closed, and closes. False if closed, if there is no `return`, or if it throws. |
//! | `ends()` | Calls `return` unless closed, and closes. False if closed, or if there is no `return`. |
//! | `ended(result)` | Throws a `TypeError` unless the result is an object. |
//!
//! Direct calls of `eval` stay direct calls of the engine's own `eval`. A wrapped text gets it from
//! the function around it; for texts that are evaluated globally, each realm declares it as a global
//! `let`. Other references to `eval` become `ℬ.eval`.
//!
//! # What is rejected
//!
//! Syntax errors, and constructs that cannot be rewritten:
//!
//! - names that begin with [`NATIVES`], and variables named `eval`;
//! - `var` with the name of a parameter, if a function among the parameters uses that name; and such
//!   a `var` in the pattern of a loop's head, if the pattern declares other names too;
//! - fields whose key is evaluated with the class and whose initializer runs code;
//! - `**=` on a private name or on `super`, if the object or the key would be evaluated twice;
//!   `super[key]++` with such a key, if its value is used;
//! - in the test of a `case`: functions with `var`, methods with parameters, and arrow functions
//!   that use `arguments`, `super` or `new.target`;
//! - keys in brackets in an assigning pattern that also has `...object.key`;
//! - a variable named `let` that a `for` assigns, and `import` with a phase;
//! - assignments to a `let` or `const` before its declaration, a variable of a `for` that its own
//!   initializer uses, strict assignments to a function expression's own name, and `delete` of a
//!   name in a function with a direct `eval`;
//! - code nested 2,500 deep; 250 loops, `switch`, `try` and labelled statements within each other;
//!   60 of these that are `for-of` or `for-in` or have a `finally`.
//!
//! # Known differences
//!
//! - An array pattern among parameters, in a loop's head or in another pattern asks an iterator once
//!   more after its end, unless an array or a generator made the iterator.
//! - A proxy is asked for the key `ℬ.none` if the parameter of an arrow function has an object pattern
//!   with a default, or if a pattern has `...rest` beside another pattern.
//! - If a function is assigned to a name in parentheses, the function gets that name.

mod bindings;
mod common_js;
mod functions;
mod goal;
pub mod module;
mod pass;
mod places;
mod rejection;
mod requests;
mod rewritten;
mod survey;
mod writer;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType};

pub use common_js::CommonJsExports;
pub use functions::{FunctionKind, FunctionText};
pub use goal::{EvalSite, Goal};
pub use places::{Places, line_and_column};
pub use rejection::Rejection;
pub use requests::{Request, requests};
pub use rewritten::{IMPORT, NATIVES, Rewritten};

/// Rewrites a text.
///
/// # Errors
///
/// Fails if the text has a syntax error or a construct that cannot be rewritten.
pub fn rewrite(text: &str, goal: Goal) -> Result<Rewritten, Rejection> {
    let allocator = Allocator::default();
    let source_type = match goal {
        Goal::CommonJs => SourceType::cjs(),
        Goal::EsModule => SourceType::mjs(),
        Goal::DirectEval(EvalSite { in_function: true, .. }) => SourceType::cjs(),
        Goal::Script | Goal::DirectEval(_) | Goal::Function => SourceType::script(),
    };
    let options = ParseOptions { enable_ident_hashes: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, text, source_type).with_options(options).parse();
    let diagnostics = parsed.diagnostics;
    if parsed.panicked || !diagnostics.is_empty() {
        return Err(Rejection::syntax(text, diagnostics.first()));
    }
    if goal != Goal::EsModule
        && let Some(statement) = parsed.program.body.iter().find(|one| one.is_module_declaration())
    {
        let message = "Cannot use import and export declarations outside a module".to_owned();
        return Err(Rejection::new(text, statement.span().start, message, None));
    }
    let built = SemanticBuilder::new()
        .with_build_nodes(true)
        .with_check_syntax_error(goal == Goal::EsModule)
        .build(&parsed.program);
    if goal == Goal::EsModule
        && let Some(diagnostic) = built.diagnostics.first()
    {
        return Err(Rejection::syntax(text, Some(diagnostic)));
    }
    bindings::check(&built.semantic, text)?;
    let lowering = (goal == Goal::EsModule)
        .then(|| module::Lowering::of(&parsed.program, built.semantic.scoping()));
    drop(built);
    let survey = survey::Survey::of(&parsed.program, goal);
    let rewritten = pass::write(&parsed.program, &survey, lowering.as_ref(), goal)?;
    Ok(Rewritten { module: lowering.map(|lowering| lowering.module), ..rewritten })
}
