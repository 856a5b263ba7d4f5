//! Regular expressions.

use oxc_ast::ast::{RegExpFlags, RegExpLiteral};
use regress::{Flags, Regex};

use super::state::Pass;

// === impl Pass ===

impl Pass<'_> {
    /// `/a/g` becomes `ℬ.expression("a", "g")`, because the engine compiles a literal each time it is
    /// evaluated. A wrong literal stays, and the engine reports it.
    pub(super) fn expression_literal(&mut self, literal: &RegExpLiteral<'_>) {
        let (source, flags) = (literal.regex.pattern.text.as_str(), literal.regex.flags);
        if !is_right(source, flags) {
            return;
        }
        self.writer.copy_to(literal.span.start);
        if self.statement == Some(literal.span.start) {
            self.statement = None;
        }
        // After a keyword, as in `return/a/`.
        let before = self.text.get(..literal.span.start as usize).unwrap_or_default();
        if before.ends_with(|last: char| last.is_alphanumeric()) {
            self.writer.insert(" ");
        }
        let mut quoted = String::with_capacity(source.len() + 32);
        quoted.push_str("ℬ.expression(\"");
        for character in source.chars() {
            if matches!(character, '\\' | '"') {
                quoted.push('\\');
            }
            quoted.push(character);
        }
        quoted.push_str("\", \"");
        quoted.push_str(flags.to_inline_string().as_str());
        quoted.push_str("\")");
        self.writer.insert(&quoted);
        self.writer.skip_to(literal.span.end);
    }
}

/// True if the engine accepts an expression.
fn is_right(source: &str, flags: RegExpFlags) -> bool {
    let (unicode, unicode_sets) = (flags.contains(RegExpFlags::U), flags.contains(RegExpFlags::V));
    if unicode && unicode_sets {
        return false;
    }
    let flags = Flags {
        icase: flags.contains(RegExpFlags::I),
        multiline: flags.contains(RegExpFlags::M),
        dot_all: flags.contains(RegExpFlags::S),
        unicode,
        unicode_sets,
        ..Flags::default()
    };
    let compiled = if unicode || unicode_sets {
        Regex::from_unicode(source.chars().map(u32::from), flags)
    } else {
        Regex::from_unicode(source.encode_utf16().map(u32::from), flags)
    };
    compiled.is_ok()
}
