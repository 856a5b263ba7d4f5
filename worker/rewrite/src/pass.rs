//! Visits a program in the order of its text and writes the changes.

mod cases;
mod classes;
mod copies;
mod exceptions;
mod expressions;
mod functions;
mod hoisted;
mod jumps;
mod loops;
mod modules;
mod names;
mod operators;
mod patterns;
mod properties;
mod state;
mod visit;

use oxc_ast::ast::Program;

use oxc_ast_visit::Visit as _;
use oxc_span::GetSpan;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::functions::first_number;
use crate::goal::{EvalSite as Site, Goal};
use crate::module::Lowering;
use crate::rejection::Rejection;
use crate::rewritten::Rewritten;
use crate::survey::Survey;
use crate::writer::Writer;

use state::{HOLD, Lowered, Mode, Pass, Spots, kept};

/// Writes a program.
pub(crate) fn write(
    program: &Program<'_>,
    survey: &Survey,
    lowering: Option<&Lowering>,
    goal: Goal,
) -> Result<Rewritten, Rejection> {
    let text = program.source_text;
    let mut pass = Pass {
        text,
        survey,
        writer: Writer::new(text),
        rejection: None,
        is_keeping: false,
        is_evaluating: false,
        is_holding: false,
        mode: Mode::Declared,
        names: 0,
        statement: None,
        discarded: FxHashSet::default(),
        label: None,
        aliases: Vec::new(),
        gates: Vec::new(),
        functions: Vec::new(),
        first_number: first_number(text, goal),
        initializers: Vec::new(),
        is_constructor: false,
        site: match goal {
            Goal::DirectEval(site) => site,
            Goal::CommonJs => Site { in_function: true, ..Site::default() },
            Goal::EsModule => Site { is_strict: true, ..Site::default() },
            Goal::Script | Goal::Function => Site::default(),
        },
        valued: None,
        setters: FxHashMap::default(),
        is_evaluated: matches!(goal, Goal::DirectEval(_)),
        is_value: matches!(goal, Goal::Script | Goal::DirectEval(_)),
        has_direct_eval: false,
        has_tagged_template: false,
        has_import: false,
        awaits_returns: false,
        in_test: false,
        boxes_body: false,
        has_plain_keys: false,
        lowered: lowering.map(Lowered::new),
        is_body: matches!(goal, Goal::CommonJs | Goal::EsModule),
        spots: Spots::default(),
    };
    if let Some(at) = survey.binds_eval {
        pass.reject(at, "`eval` as the name of a variable", "use another name");
    }
    match survey.too_deep {
        Some(at) => pass.reject(at, "code nested this deep", "split it into several functions"),
        None => pass.program(program),
    }
    match pass.rejection {
        Some(rejection) => Err(rejection),
        None => {
            let (text, places) = pass.writer.finish();
            let Pass {
                functions,
                first_number,
                has_direct_eval,
                has_tagged_template,
                has_import,
                ..
            } = pass;
            Ok(Rewritten {
                text,
                places,
                functions,
                first_number,
                has_direct_eval,
                has_tagged_template,
                has_import,
                module: None,
            })
        }
    }
}

// === impl Pass ===

impl Pass<'_> {
    fn program(&mut self, program: &Program<'_>) {
        if let Some(hashbang) = &program.hashbang {
            // Only the first line of a file may begin with `#!`, and a text is put before it.
            self.writer.skip_to(hashbang.span.start + 2);
            self.writer.insert("//");
        }
        let kept = kept(self.survey.is_keeping, self.survey.is_evaluating);
        let hold = if self.survey.is_holding { HOLD } else { "" };
        if !kept.is_empty() || !hold.is_empty() {
            // After a first line that is a comment now.
            match (program.directives.last(), program.body.first()) {
                (Some(last), _) => self.insert_at(last.span.end, &[";", kept, hold]),
                (None, Some(first)) => self.insert_at(first.span().start, &[kept, hold]),
                (None, None) => {}
            }
        }
        self.site.is_strict |= program.has_use_strict_directive();
        if self.is_evaluated && !self.site.is_strict {
            self.hoist_evaluated(program);
        }
        self.visit_statements(&program.body);
    }
}
