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
mod visit;

use oxc_ast::ast::Program;

use oxc_ast_visit::Visit as _;
use oxc_span::{GetSpan, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::functions::{FunctionText, first_number};
use crate::module::Lowering;
use crate::survey::Survey;
use crate::writer::{Name, Writer};
use crate::{EvalSite as Site, Goal, NATIVES, Rejection, Rewritten};

use classes::Initializers;
use copies::Spots;
use jumps::OpenGate;
use modules::Lowered;
use patterns::Mode;

/// Makes the engine keep a function's environment.
const KEEP: &str = "new.target;";

/// Makes it keep the environment and the object of arguments as well.
const KEEP_ALL: &str = "new.target;arguments;";

/// Shows the engine a call of `eval`, which is never run.
const HOLD: &str = "if(0)()=>eval();";

/// What `a` of `async` becomes where the engine takes the name for the keyword.
const ESCAPED: &str = "\\u0061";

/// The visitor. Each node copies the text up to itself, writes its changes and visits its children
/// in the order of the text.
struct Pass<'t> {
    text: &'t str,
    survey: &'t Survey,
    writer: Writer<'t>,
    /// The first construct that cannot be run.
    rejection: Option<Rejection>,
    /// The function whose body comes next must say `new.target`.
    is_keeping: bool,
    /// It must say `arguments`.
    is_evaluating: bool,
    /// It must call `eval` in sight of the engine.
    is_holding: bool,
    /// How the patterns at hand are parsed by the engine.
    mode: Mode,
    /// How many names were made.
    names: u32,
    /// The beginning of a statement that is only an expression, until something is written there.
    statement: Option<u32>,
    /// Expressions whose value nobody uses, by where they begin.
    discarded: FxHashSet<u32>,
    /// The label to write at the next loop.
    label: Option<String>,
    /// Further labels of loops, and the one that stays.
    aliases: Vec<(String, String)>,
    gates: Vec<OpenGate>,
    functions: Vec<FunctionText>,
    /// The number of the text's first function.
    first_number: u64,
    /// Those of the classes and functions around the node at hand.
    initializers: Vec<Initializers>,
    /// The function whose body comes next is a class's constructor.
    is_constructor: bool,
    /// The words that an `eval` here may use.
    site: Site,
    /// The names of the parameters of the function whose body comes next, if they have values.
    valued: Option<Vec<String>>,
    /// How the variables of functions in blocks are set, by where the functions begin.
    setters: FxHashMap<u32, String>,
    /// The text is that of a direct `eval`.
    is_evaluated: bool,
    /// The value of the statements at hand is that of the evaluated text.
    is_value: bool,
    has_direct_eval: bool,
    has_tagged_template: bool,
    has_import: bool,
    /// Values returned here are awaited.
    awaits_returns: bool,
    /// The node at hand is in the test of a `case`, and in no function there.
    in_test: bool,
    /// The next body belongs to a function in the test of a `case`, and gets a block around its
    /// statements.
    boxes_body: bool,
    /// The key that comes next, of a pattern, stays without brackets.
    has_plain_keys: bool,
    /// Facts about the module, if the text is one.
    lowered: Option<Lowered<'t>>,
    /// The statements at hand are a function's.
    is_body: bool,
    spots: Spots,
}

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

/// The words with which a function has to begin.
fn kept(is_keeping: bool, is_evaluating: bool) -> &'static str {
    match (is_keeping, is_evaluating) {
        (_, true) => KEEP_ALL,
        (true, false) => KEEP,
        (false, false) => "",
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

    /// Copies up to an offset and adds something.
    fn insert_at(&mut self, offset: u32, parts: &[&str]) {
        self.writer.copy_to(offset);
        for part in parts {
            self.writer.insert(part);
        }
    }

    /// Opens a parenthesis before an expression. At the beginning of a statement it must not continue
    /// the line before.
    fn open_at(&mut self, offset: u32, open: &str) {
        self.writer.copy_to(offset);
        if self.statement == Some(offset) {
            self.statement = None;
            self.writer.insert("0, ");
        }
        self.writer.insert(open);
    }

    fn new_name(&mut self) -> Name {
        self.names += 1;
        Name(self.names)
    }

    fn reject(&mut self, at: Span, what: &str, advice: &'static str) {
        if self.rejection.is_none() {
            self.rejection = Some(Rejection::construct(self.text, at, what, advice));
        }
    }

    /// Rejects names that begin with the natives' name.
    fn check_name(&mut self, span: Span, name: &str) {
        if name.starts_with(NATIVES) {
            self.reject(span, "a name that begins with ℬ", "use another name");
        }
    }

    /// The text of a node.
    fn text_of(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}
