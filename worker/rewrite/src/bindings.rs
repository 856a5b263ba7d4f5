//! Uses of variables that are errors in JavaScript but not in the engine.
//!
//! When a variable of the same function is assigned, the engine does not check that it is declared
//! already. In some loops it then goes on with a value that another variable left behind. Such code
//! fails in Node.js too, so it is rejected rather than rewritten.

use oxc_ast::AstKind;
use oxc_ast::ast::UnaryOperator;
use oxc_semantic::{Reference, Scoping, Semantic, SymbolId};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::{ScopeFlags, ScopeId};

use crate::rejection::Rejection;

const DECLARE: &str = "move the declaration before it";
const RENAME: &str = "give the variable another name than the one that its value is made of";

/// Looks for such uses.
///
/// # Errors
///
/// Fails at the first one.
pub(crate) fn check(semantic: &Semantic<'_>, text: &str) -> Result<(), Rejection> {
    let scoping = semantic.scoping();
    let reject =
        |span: Span, what: &str, advice| Err(Rejection::construct(text, span, what, advice));
    for symbol in scoping.symbol_ids() {
        for reference in scoping.get_resolved_references(symbol) {
            let at = semantic.nodes().kind(reference.node_id()).span();
            if is_early(semantic, symbol, reference, at) {
                return match reference.is_write() {
                    true => {
                        reject(at, "an assignment to a variable before its declaration", DECLARE)
                    }
                    false => reject(at, "a variable of `for` that its own value uses", RENAME),
                };
            }
            if reference.is_write() && is_own_name(semantic, symbol, reference) {
                let advice = "use a variable of another name";
                return reject(at, "an assignment to the name of the function itself", advice);
            }
        }
    }
    for node in semantic.nodes().iter() {
        if let AstKind::UnaryExpression(unary) = node.kind()
            && unary.operator == UnaryOperator::Delete
            && unary.argument.without_parentheses().is_identifier_reference()
            && evaluates(scoping, node.scope_id())
        {
            let advice = "assign undefined to it, or use a property of an object";
            return reject(unary.span, "`delete` of a variable beside a direct `eval`", advice);
        }
    }
    Ok(())
}

/// True for an assignment in the dead zone of a variable of the same function, and for any use of
/// a variable of a `for` in its own initializer.
fn is_early(semantic: &Semantic<'_>, symbol: SymbolId, reference: &Reference, at: Span) -> bool {
    let scoping = semantic.scoping();
    let declared = scoping.symbol_span(symbol);
    let declaration = scoping.symbol_declaration(symbol);
    let AstKind::VariableDeclarator(declarator) = semantic.nodes().kind(declaration) else {
        return false;
    };
    if !scoping.symbol_flags(symbol).is_block_scoped() {
        return false;
    }
    let is_in_value =
        declarator.init.as_ref().is_some_and(|value| value.span().contains_inclusive(at));
    let is_before = at.start < declared.start;
    let is_in_for = || {
        let list = semantic.nodes().parent_id(declaration);
        matches!(semantic.nodes().parent_kind(list), AstKind::ForStatement(_))
            && semantic.nodes().kind(list).span().contains_inclusive(at)
    };
    let is_early = (is_before || is_in_value) && (reference.is_write() || is_in_for());
    is_early
        && function_of(scoping, reference.scope_id())
            == function_of(scoping, scoping.symbol_scope_id(symbol))
}

/// True if the variable is the own name of a function expression around strict code.
fn is_own_name(semantic: &Semantic<'_>, symbol: SymbolId, reference: &Reference) -> bool {
    let scoping = semantic.scoping();
    let declaration = semantic.nodes().kind(scoping.symbol_declaration(symbol));
    matches!(declaration, AstKind::Function(function) if function.is_expression())
        && scoping.scope_flags(reference.scope_id()).is_strict_mode()
}

/// The scope of the function around.
fn function_of(scoping: &Scoping, scope: ScopeId) -> Option<ScopeId> {
    let ends = ScopeFlags::Function | ScopeFlags::Top | ScopeFlags::ClassStaticBlock;
    scoping.scope_ancestors(scope).find(|scope| scoping.scope_flags(*scope).intersects(ends))
}

/// True if a direct `eval` stands in this scope or one around it.
fn evaluates(scoping: &Scoping, scope: ScopeId) -> bool {
    let mut scopes = scoping.scope_ancestors(scope);
    scopes.any(|scope| scoping.scope_flags(scope).contains(ScopeFlags::DirectEval))
}
