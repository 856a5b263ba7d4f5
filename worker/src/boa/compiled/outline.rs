//! An ES module as two halves: what it declares, and what it does.
//!
//! The engine ties a module's code to the environment that links it. So a module is divided: its
//! imports and exports stay a module, which is small, and the rest becomes the body of a function,
//! whose code environments share. The module calls the function with what it imports, and exports
//! what the function answers.
//!
//! That is right as long as nobody can tell that bindings became values, which are taken at the
//! end of the body and at the start of those that import it. `graph` knows about the others;
//! here it is seen whether the module itself changes what it exports when it already ran.

use std::cell::Cell;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ExportDefaultDeclaration, ExportDefaultDeclarationKind, ImportDeclaration,
    ImportDeclarationSpecifier, Statement,
};
use oxc_parser::Parser;
use oxc_semantic::{Scoping, SemanticBuilder, SymbolId};
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::module_record::ModuleRecord;

use super::super::rewrite::{self, Edit, Findings};
use super::survey::Survey;
use super::text::{IMPORTING, Text};

/// Where a module gets the function of its other half.
pub(in super::super) const BODY: &str = "brink:body";

/// What is known of an ES module from its text alone.
pub(super) struct Outline {
    /// True if it has the syntax of an ES module, and not only its name.
    pub(super) is_declared: bool,
    /// What it asks for in declarations.
    pub(super) requests: Vec<Request>,
    /// True if its own exports keep their values once it ran.
    pub(super) is_settled: bool,
    /// None if it has what only a module can have.
    pub(super) halves: Option<Halves>,
}

/// One specifier of a declaration.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) specifier: String,
    /// It has a name for something of that module, or for all of it.
    pub(super) binds: bool,
    /// It uses single exports of it.
    pub(super) takes_names: bool,
    /// It exports what that module exports.
    pub(super) passes_on: bool,
}

/// The halves of a module.
pub(in super::super) struct Halves {
    /// The text of a module that imports [`BODY`] and what the author's module imports, and
    /// exports what that exports.
    pub(in super::super) declarations: String,
    /// The function, until it is compiled.
    body: Cell<Option<Text>>,
}

/// Reads a module's statements.
struct Divider<'t> {
    text: &'t str,
    scoping: &'t Scoping,
    record: &'t ModuleRecord<'t>,
    /// Begins every name that is added; the text has it nowhere.
    mark: &'t str,
    edits: Vec<Edit>,
    declarations: String,
    requests: Vec<Request>,
    /// Names that are imported, and by which request; none for a whole module.
    imported: Vec<(&'t str, Option<usize>)>,
    /// What `export` names, local and exported.
    named: Vec<(&'t str, &'t str)>,
    /// The values that the body answers, each with its symbol if it is a variable.
    answered: Vec<(String, Option<SymbolId>)>,
    /// `local as exported`.
    exported: Vec<String>,
}

// === impl Outline ===

impl Outline {
    /// None if the text is no ES module to the parser.
    pub(super) fn of(text: &str) -> Option<Self> {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            return None;
        }
        let semantic = SemanticBuilder::new_compiler().build(&parsed.program);
        if !semantic.diagnostics.is_empty() {
            return None;
        }
        let scoping = semantic.semantic.scoping();
        let mark = rewrite::unused_name(text);

        let survey = Survey::of(&parsed.program, scoping);
        let findings = rewrite::find(&parsed.program, true);
        let mut divider = Divider::new(text, scoping, &parsed.module_record, &mark);
        let read = parsed
            .program
            .body
            .iter()
            .try_for_each(|statement| divider.read(statement))
            .and_then(|()| divider.export_named());

        // What evaluates code may assign anything later.
        let is_settled = read.is_some() && findings.is_shareable && divider.is_settled(&survey);
        let keeps_imports = divider.imported.iter().all(|(name, _)| {
            let symbol = scoping.get_root_binding((*name).into());
            symbol.is_some_and(|symbol| !survey.assigned.contains(&symbol))
        });
        let is_divisible = survey.is_divisible && is_settled && keeps_imports;
        Some(Self {
            is_declared: parsed.module_record.has_module_syntax,
            is_settled,
            halves: is_divisible.then(|| divider.halves(&survey, findings)),
            requests: divider.requests,
        })
    }
}

// === impl Halves ===

impl Halves {
    /// The function, for whoever compiles it; once.
    pub(in super::super) fn take_body(&self) -> Option<Text> {
        self.body.take()
    }
}

// === impl Divider ===

impl<'t> Divider<'t> {
    fn new(
        text: &'t str,
        scoping: &'t Scoping,
        record: &'t ModuleRecord<'t>,
        mark: &'t str,
    ) -> Self {
        Self {
            text,
            scoping,
            record,
            mark,
            edits: Vec::new(),
            declarations: String::new(),
            requests: Vec::new(),
            imported: Vec::new(),
            named: Vec::new(),
            answered: Vec::new(),
            exported: Vec::new(),
        }
    }

    /// Takes a statement's declarations out of it. None if there is no saying what they mean.
    fn read(&mut self, statement: &Statement<'t>) -> Option<()> {
        match statement {
            Statement::ImportDeclaration(import) => self.import(import)?,
            Statement::ExportAllDeclaration(export) => {
                self.pass_on(&export.source.value, export.exported.is_none());
                self.declare(export.span)?;
            }
            Statement::ExportFromDeclaration(export) => {
                self.pass_on(&export.source.value, true);
                self.declare(export.span)?;
            }
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    let local = self.slice(specifier.local.span())?;
                    self.named.push((local, self.slice(specifier.exported.span())?));
                }
                self.clear(export.span)?;
            }
            Statement::ExportDeclaration(export) => {
                let span = export.span;
                let entries = self.record.local_export_entries.iter();
                for entry in entries.filter(|entry| entry.statement_span == span) {
                    let name = entry.local_name.name()?.as_str();
                    self.named.push((name, name));
                }
                self.clear(Span::new(span.start, export.declaration.span().start))?;
            }
            Statement::ExportDefaultDeclaration(export) => self.export_default(export)?,
            _ => {}
        }
        Some(())
    }

    fn import(&mut self, import: &ImportDeclaration<'t>) -> Option<()> {
        if import.phase.is_some() {
            return None;
        }
        let request = self.requests.len();
        for specifier in import.specifiers.iter().flatten() {
            let of = match specifier {
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => None,
                _ => Some(request),
            };
            self.imported.push((specifier.local().name.as_str(), of));
        }
        self.requests.push(Request {
            specifier: import.source.value.to_string(),
            binds: import.specifiers.iter().flatten().next().is_some(),
            takes_names: self.imported.iter().any(|(_, of)| *of == Some(request)),
            passes_on: false,
        });
        self.declare(import.span)
    }

    fn pass_on(&mut self, specifier: &str, passes_on: bool) {
        let specifier = specifier.to_owned();
        self.requests.push(Request { specifier, binds: true, takes_names: false, passes_on });
    }

    /// Imports may stand after what exports them.
    fn export_named(&mut self) -> Option<()> {
        for (local, exported) in std::mem::take(&mut self.named) {
            match self.imported.iter().find(|(name, _)| *name == local) {
                Some((_, request)) => {
                    if let Some(request) = request.and_then(|at| self.requests.get_mut(at)) {
                        request.passes_on = true;
                    }
                    self.exported.push(format!("{local} as {exported}"));
                }
                None => {
                    let symbol = self.scoping.get_root_binding(local.into())?;
                    self.answer(local.to_owned(), Some(symbol), exported);
                }
            }
        }
        Some(())
    }

    fn answer(&mut self, value: String, symbol: Option<SymbolId>, exported: &str) {
        let name = self.name_of(self.answered.len());
        self.answered.push((value, symbol));
        self.exported.push(format!("{name} as {exported}"));
    }

    fn name_of(&self, answer: usize) -> String {
        format!("{}{answer}", self.mark)
    }

    fn export_default(&mut self, export: &ExportDefaultDeclaration<'t>) -> Option<()> {
        let (start, inner) = (export.span.start, export.declaration.span());
        let named = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.id.as_ref(),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref(),
            _ => None,
        };
        if let Some(id) = named {
            let symbol = self.scoping.get_root_binding(id.name)?;
            self.answer(id.name.to_string(), Some(symbol), "default");
            return self.clear(Span::new(start, inner.start));
        }
        // As a property of this name, what has none is called `default`.
        let name = format!("{}default", self.mark);
        let keywords = self.slice(Span::new(start, inner.start))?;
        let lines = keywords.matches('\n').collect::<String>();
        self.edits.push(Edit {
            at: start as usize,
            length: keywords.len(),
            text: format!(";const {name} = ({{ default: {lines}"),
        });
        let text = "}).default;".to_owned();
        self.edits.push(Edit { at: inner.end as usize, length: 0, text });
        self.answer(name, None, "default");
        Some(())
    }

    /// Moves a declaration to the half of declarations.
    fn declare(&mut self, span: Span) -> Option<()> {
        let text = self.slice(span)?;
        self.declarations.push_str(text);
        self.declarations.push_str(";\n");
        self.clear(span)
    }

    /// Leaves an empty statement, and every other character where it is.
    fn clear(&mut self, span: Span) -> Option<()> {
        let text = self.slice(span)?;
        let is_kept = |c: &char| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
        let blank = text.chars().skip(1).map(|c| if is_kept(&c) { c } else { ' ' });
        let cleared: String = std::iter::once(';').chain(blank).collect();
        self.edits.push(Edit { at: span.start as usize, length: text.len(), text: cleared });
        Some(())
    }

    fn slice(&self, span: Span) -> Option<&'t str> {
        self.text.get(span.start as usize..span.end as usize)
    }

    /// True if what is exported is not assigned once the module ran.
    fn is_settled(&self, survey: &Survey<'_>) -> bool {
        let mut symbols = self.answered.iter().filter_map(|(_, symbol)| symbol.as_ref());
        !symbols.any(|symbol| survey.assigned_late.contains(symbol))
    }

    fn halves(&mut self, survey: &Survey<'_>, findings: Findings) -> Halves {
        let mark = self.mark;
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        let mut edits = std::mem::take(&mut self.edits);
        edits.extend(findings.edits);
        if !survey.metas.is_empty() {
            let name = format!("{mark}meta");
            edits.extend(survey.metas.iter().map(|span| {
                let (at, length) = (span.start as usize, span.size() as usize);
                // What follows stays where it is.
                Edit { at, length, text: format!("{name:length$}") }
            }));
            parameters.push(name);
            arguments.push("import.meta");
        }
        if !findings.imports.is_empty() {
            let name = format!("{mark}import");
            edits.extend(findings.imports.iter().map(|&at| Edit::of_import(at, &name)));
            parameters.push(name);
            arguments.push(IMPORTING);
        }
        for (name, _) in &self.imported {
            parameters.push((*name).to_owned());
            arguments.push(name);
        }

        let values = self.answered.iter().enumerate();
        let answer: Vec<_> =
            values.map(|(at, (value, _))| format!("{}: {value}", self.name_of(at))).collect();
        // In a block, functions are declared as in a module, which costs the engine much less.
        let before = format!("(function ({}) {{ 'use strict'; {{ ", parameters.join(", "));
        let after = format!("\n;return {{ {} }};\n}} }})", answer.join(", "));
        let (text, additions) = rewrite::apply(self.text, edits);
        let body = Text::wrapped((&before, &after), &text, additions, true);

        let names: Vec<_> = (0..self.answered.len()).map(|at| self.name_of(at)).collect();
        let call = format!("{mark}body({})", arguments.join(", "));
        let mut declarations = format!("import {mark}body from '{BODY}';\n{}", self.declarations);
        if !self.exported.is_empty() {
            declarations.push_str(&format!("export {{ {} }};\n", self.exported.join(", ")));
        }
        declarations.push_str(&match names.join(", ") {
            names if names.is_empty() => format!("{call};\n"),
            names => format!("let {names};\n({{ {names} }} = {call});\n"),
        });
        Halves { declarations, body: Cell::new(Some(body)) }
    }
}
