//! The state of each module that ES modules import, as in the specification's module records.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsFunction, JsGenerator, JsPromise};
use boa_engine::{Context, JsError, JsResult, JsValue, js_error};
use brink_rewrite::module::Module;

/// The records of an environment.
#[derive(Default)]
pub(in super::super) struct Records {
    list: RefCell<Vec<Record>>,
    /// By the path of the file, or the name of the platform module.
    keys: RefCell<HashMap<String, Result<Id, JsError>>>,
    /// Number of modules that began to evaluate asynchronously.
    orders: Cell<u64>,
    /// The namespace objects that were made.
    namespaces: RefCell<Vec<JsObject>>,
}

/// Where the value of an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Binding {
    /// A variable of a module, by its number there.
    Own { module: Id, at: usize, is_steady: bool },
    /// A module's namespace object.
    Namespace(Id),
}

/// The number of a record in an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Id(usize);

/// A module.
pub(super) struct Record {
    /// The path of its file, or the name of the platform module.
    pub(super) key: Rc<str>,
    /// Its imports and exports.
    pub(super) shape: Rc<Module>,
    pub(super) code: Code,
    /// The modules that it asks for, as far as they are loaded, or why one cannot be loaded.
    pub(super) targets: Vec<Id>,
    pub(super) failed: Option<JsError>,
    /// The bindings of its imports.
    pub(super) bindings: Vec<Binding>,
    /// The bindings of exports that come from other modules, once they were looked up.
    pub(super) passed_on: HashMap<String, Binding>,
    pub(super) namespace: Option<JsObject>,
    pub(super) meta: Option<JsObject>,
    /// The object with its imports.
    pub(super) imports: Option<JsObject>,
    pub(super) status: Status,
    pub(super) evaluation: Evaluation,
}

/// The code that runs when a module is evaluated.
#[derive(Clone)]
pub(super) enum Code {
    /// None: the values of its exports are known.
    Values(Rc<Vec<JsValue>>),
    /// A CommonJS file that did not run yet, with the names of its exports.
    Later(Rc<[String]>),
    /// The function of an author's module, which was not called yet.
    Function(JsFunction),
    /// It was called, and waits to go on.
    Open(Rc<Open>),
}

/// A module whose variables are declared.
pub(super) struct Open {
    /// The functions that return the values of its variables.
    pub(super) getters: Vec<JsFunction>,
    /// How its function goes on.
    pub(super) run: Run,
}

/// How the function of a module goes on.
pub(super) enum Run {
    /// To its end.
    Sync(JsGenerator),
    /// To its first `await`: the gate that it waits at, and the promise of its end.
    Async(ResolvingFunctions, JsPromise),
}

/// How far a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Unlinked,
    Linked,
    Evaluating,
    EvaluatingAsync,
    Evaluated,
}

/// The state of a module's evaluation, by the names of the specification.
#[derive(Default)]
pub(super) struct Evaluation {
    pub(super) error: Option<JsError>,
    pub(super) index: usize,
    pub(super) ancestor_index: usize,
    pub(super) cycle_root: Option<Id>,
    pub(super) async_order: Order,
    pub(super) async_parents: Vec<Id>,
    pub(super) pending: usize,
    pub(super) capability: Option<(JsPromise, ResolvingFunctions)>,
}

/// When a module began to evaluate asynchronously.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    #[default]
    Never,
    At(u64),
    Done,
}

// === impl Records ===

impl Records {
    /// The records of this context's environment.
    pub(super) fn of(context: &Context) -> JsResult<Rc<Self>> {
        context
            .get_data::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| js_error!(Error: "this context is not an execution environment"))
    }

    /// Adds a namespace object.
    pub(super) fn add_namespace(&self, object: JsObject) {
        self.namespaces.borrow_mut().push(object);
    }

    /// True for a namespace object.
    pub(in super::super) fn has_namespace(&self, object: &JsObject) -> bool {
        self.namespaces.borrow().iter().any(|namespace| JsObject::equals(namespace, object))
    }

    /// The record of a key, or why there is no record; none if it was not asked for yet.
    pub(super) fn find(&self, key: &str) -> Option<Result<Id, JsError>> {
        self.keys.borrow().get(key).cloned()
    }

    /// Adds a record.
    pub(super) fn add(&self, key: &str, shape: Rc<Module>, code: Code) -> Id {
        let list = &mut *self.list.borrow_mut();
        let id = Id(list.len());
        list.push(Record::new(key.into(), shape, code));
        self.keys.borrow_mut().insert(key.to_owned(), Ok(id));
        id
    }

    /// Notes why there is no record of a key.
    pub(super) fn reject(&self, key: &str, error: JsError) {
        self.keys.borrow_mut().insert(key.to_owned(), Err(error));
    }

    /// Reads a record. Nothing of the engine may run meanwhile.
    pub(super) fn with<T>(&self, id: Id, read: impl FnOnce(&mut Record) -> T) -> JsResult<T> {
        let record = &mut *self.list.borrow_mut();
        let record = record.get_mut(id.0);
        record.map(read).ok_or_else(|| js_error!(Error: "there is no such module"))
    }

    /// The place of the next module that begins to evaluate asynchronously.
    pub(super) fn next_order(&self) -> Order {
        self.orders.set(self.orders.get() + 1);
        Order::At(self.orders.get())
    }
}

// === impl Record ===

impl Record {
    fn new(key: Rc<str>, shape: Rc<Module>, code: Code) -> Self {
        // A module that has its values already counts as evaluated.
        let status = match code {
            Code::Values(_) => Status::Evaluated,
            _ => Status::Unlinked,
        };
        Self {
            key,
            shape,
            code,
            targets: Vec::new(),
            failed: None,
            bindings: Vec::new(),
            passed_on: HashMap::new(),
            namespace: None,
            meta: None,
            imports: None,
            status,
            evaluation: Evaluation::default(),
        }
    }

    /// True if all modules that it leads to are loaded and linked.
    pub(super) fn is_linked(&self) -> bool {
        self.status != Status::Unlinked
    }

    /// True if its exports that are steady keep their values from now on.
    pub(super) fn has_run(&self) -> bool {
        self.status == Status::Evaluated && self.evaluation.error.is_none()
    }
}

// === impl Id ===

impl Id {
    /// The id as a number for native data.
    pub(super) fn number(self) -> usize {
        self.0
    }

    /// Reads a record of the environment at hand.
    pub(super) fn with<T>(
        self,
        context: &Context,
        read: impl FnOnce(&mut Record) -> T,
    ) -> JsResult<T> {
        Records::of(context)?.with(self, read)
    }
}

impl From<usize> for Id {
    fn from(number: usize) -> Self {
        Self(number)
    }
}
