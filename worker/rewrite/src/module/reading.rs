//! Reads the imports and exports of an ES module.

use oxc_ast::ast::{
    Declaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportSpecifier,
    ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName, Program, Statement,
    StringLiteral, WithClause,
};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;
use oxc_syntax::symbol::SymbolId;
use rustc_hash::FxHashMap;

use super::search::Found;
use super::{
    ARGUMENTS, DEFAULT, Export, IMPORTS, Import, Module, Name, Place, Request, TYPE_OF_ARGUMENTS,
};
use crate::places::Reading;

/// Facts about a module, collected before it is written.
#[derive(Debug, Default)]
pub(crate) struct Lowering {
    pub(crate) module: Module,
    /// Its references to imports, and to `arguments` outside of functions, by where they start.
    pub(crate) from_outside: FxHashMap<u32, String>,
}

/// Reads the statements of a module.
struct Reader<'t, 's> {
    scoping: &'s Scoping,
    found: Found,
    module: Module,
    /// Imports by their symbol.
    imported: FxHashMap<SymbolId, usize>,
    /// `export { local as exported }`, kept until all imports are known.
    named: Vec<(&'t str, String, Place)>,
    places: Places<'t>,
}

/// Finds places in a text, each after the one before.
struct Places<'t> {
    text: &'t str,
    reading: Reading,
}

// === impl Lowering ===

impl Lowering {
    /// Reads a program that is a module.
    pub(crate) fn of(program: &Program<'_>, scoping: &Scoping) -> Self {
        let found = Found::of(program, scoping);
        let is_declared = found.awaits
            || found.has_meta
            || program.body.iter().any(Statement::is_module_declaration);
        let module = Module {
            is_async: found.awaits,
            has_arguments: !found.arguments.is_empty(),
            is_declared,
            ..Module::default()
        };
        let mut reader = Reader {
            scoping,
            found,
            module,
            imported: FxHashMap::default(),
            named: Vec::new(),
            places: Places { text: program.source_text, reading: Reading::START },
        };
        program.body.iter().for_each(|statement| reader.statement(statement));
        reader.named();
        let from_outside = reader.names_from_outside();
        Self { module: reader.module, from_outside }
    }
}

// === impl Reader ===

impl<'t> Reader<'t, '_> {
    fn statement(&mut self, statement: &Statement<'t>) {
        match statement {
            Statement::ImportDeclaration(import) => self.import(import),
            Statement::ExportAllDeclaration(export) => {
                let request = self.request(&export.source, export.with_clause.as_deref());
                let export = match &export.exported {
                    Some(name) => Export::Other {
                        name: name.name().to_string(),
                        request,
                        of: Name::Namespace,
                        place: self.places.of(name.span()),
                    },
                    None => Export::All { request },
                };
                self.module.exports.push(export);
            }
            Statement::ExportFromDeclaration(export) => {
                let request = self.request(&export.source, export.with_clause.as_deref());
                for specifier in &export.specifiers {
                    let export = Export::Other {
                        name: specifier.exported.name().to_string(),
                        request,
                        of: Name::Export(specifier.local.name().to_string()),
                        place: self.places.of(specifier.span),
                    };
                    self.module.exports.push(export);
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                export.specifiers.iter().for_each(|specifier| self.name(specifier));
            }
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration),
            Statement::ExportDefaultDeclaration(export) => self.default(export),
            _ => {}
        }
    }

    fn import(&mut self, import: &ImportDeclaration<'t>) {
        let request = self.request(&import.source, import.with_clause.as_deref());
        for specifier in import.specifiers.iter().flatten() {
            let name = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    Name::Export(one.imported.name().to_string())
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => {
                    Name::Export("default".to_owned())
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => Name::Namespace,
            };
            let local = specifier.local();
            let symbol = local.symbol_id.get();
            if let Some(symbol) = symbol {
                self.imported.insert(symbol, self.module.imports.len());
            }
            self.module.imports.push(Import {
                local: local.name.to_string(),
                request,
                name,
                is_assigned: symbol.is_some_and(|symbol| self.scoping.symbol_is_mutated(symbol)),
                place: self.places.of(specifier.span()),
            });
        }
    }

    fn request(&mut self, source: &StringLiteral<'_>, with: Option<&WithClause<'_>>) -> usize {
        let mut attributes: Vec<_> = with
            .into_iter()
            .flat_map(|with| &with.with_entries)
            .map(|entry| (entry.key.as_arena_str().to_string(), entry.value.value.to_string()))
            .collect();
        attributes.sort();
        let specifier = source.value.as_str();
        let mut known = self.module.requests.iter();
        let same = |known: &Request| known.specifier == specifier && known.attributes == attributes;
        known.position(same).unwrap_or_else(|| {
            let place = self.places.of(source.span);
            let specifier = specifier.to_owned();
            self.module.requests.push(Request { specifier, attributes, place });
            self.module.requests.len() - 1
        })
    }

    fn name(&mut self, specifier: &ExportSpecifier<'t>) {
        let local = match &specifier.local {
            ModuleExportName::IdentifierName(name) => name.name.as_str(),
            ModuleExportName::IdentifierReference(name) => name.name.as_str(),
            // The parser rejects it.
            ModuleExportName::StringLiteral(_) => return,
        };
        let place = self.places.of(specifier.span);
        self.named.push((local, specifier.exported.name().to_string(), place));
    }

    fn declaration(&mut self, declaration: &Declaration<'t>) {
        let mut names = Vec::new();
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                for one in &variables.declarations {
                    names.extend(one.id.get_binding_identifiers().iter().map(|id| id.name));
                }
            }
            Declaration::FunctionDeclaration(function) => {
                names.extend(function.id.as_ref().map(|id| id.name));
            }
            Declaration::ClassDeclaration(class) => {
                names.extend(class.id.as_ref().map(|id| id.name));
            }
            _ => {}
        }
        for name in names {
            self.export(name.to_string(), name.to_string(), false);
        }
    }

    fn default(&mut self, export: &ExportDefaultDeclaration<'t>) {
        let (id, is_nameless) = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                (function.id.as_ref(), function.id.is_none())
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => (class.id.as_ref(), false),
            _ => (None, false),
        };
        let local = id.map_or(DEFAULT, |id| id.name.as_str());
        self.export(local.to_owned(), "default".to_owned(), is_nameless);
    }

    /// Imports may come after the exports that name them.
    fn named(&mut self) {
        for (local, exported, place) in std::mem::take(&mut self.named) {
            let symbol = self.scoping.get_root_binding(local.into());
            let import = symbol.and_then(|symbol| self.imported.get(&symbol));
            match import.and_then(|&import| self.module.imports.get(import)) {
                Some(Import { request, name: name @ Name::Export(_), .. }) => {
                    let (request, of) = (*request, name.clone());
                    self.module.exports.push(Export::Other { name: exported, request, of, place });
                }
                // The namespace object is a value of this module's own.
                Some(_) => self.export(format!("{IMPORTS}[\"{local}\"]"), exported, false),
                None => self.export(local.to_owned(), exported, false),
            }
        }
    }

    fn export(&mut self, local: String, name: String, is_nameless: bool) {
        let is_steady = local == DEFAULT || self.is_steady(&local);
        let own = &mut self.module.own;
        let at = own.iter().position(|own| *own == local).unwrap_or(own.len());
        if at == own.len() {
            own.push(local);
        }
        self.module.exports.push(Export::Own { name, at, is_steady, is_nameless });
    }

    /// True if a variable is only assigned while the module runs.
    fn is_steady(&self, local: &str) -> bool {
        // Evaluated code may assign anything.
        let evaluates = self.scoping.root_scope_flags().contains(ScopeFlags::DirectEval);
        let symbol = self.scoping.get_root_binding(local.into());
        !evaluates && symbol.is_some_and(|symbol| !self.found.assigned_late.contains(&symbol))
    }

    /// The places that use something from outside, and its property of [`IMPORTS`].
    fn names_from_outside(&self) -> FxHashMap<u32, String> {
        let imports = self.found.references.iter().filter_map(|(start, symbol)| {
            let import = self.module.imports.get(*self.imported.get(symbol)?)?;
            Some((*start, import.local.clone()))
        });
        let arguments = self.found.arguments.iter().map(|(start, is_type)| {
            (*start, (if *is_type { TYPE_OF_ARGUMENTS } else { ARGUMENTS }).to_owned())
        });
        imports.chain(arguments).collect()
    }
}

// === impl Places ===

impl Places<'_> {
    fn of(&mut self, span: Span) -> Place {
        let at = span.start as usize;
        if self.reading.offset > at {
            self.reading = Reading::START;
        }
        self.reading.advance(self.text, at);
        Place { line: self.reading.line, column: self.reading.column }
    }
}
