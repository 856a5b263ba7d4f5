//! Which ES modules may be shared: how they lead to each other decides with what they are.
//!
//! The halves of a module exchange values where the author wrote bindings. Nobody can tell if
//! every module that it takes names from has run to its end before, and keeps its exports then.
//! So modules in a cycle are not divided, and neither are those that take names from a module in
//! a cycle or from one that changes its exports later.
//!
//! In a cycle, functions of a module may be called before it runs, and then before what it imports
//! ran: of that, too, the functions must be there. So what a module in a cycle has names for is
//! not divided, nor what that has names for.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::outline::{Halves, Outline, Request};

/// The files of a version, as its modules see them.
pub(in super::super) trait Files {
    /// The text of a file.
    fn text(&self, path: &str) -> String;
    /// True if a file's name says that it is an ES module.
    fn is_named_es(&self, path: &str) -> bool;
    /// The file that a specifier means in another, if it may be an ES module.
    fn es_module(&self, from: &str, specifier: &str) -> Option<String>;
}

/// What is known of the ES modules of a version.
#[derive(Default)]
pub(in super::super) struct Graph {
    known: RefCell<HashMap<String, Known>>,
}

/// A file that was looked at.
struct Known {
    /// True if it has the syntax of an ES module.
    is_declared: bool,
    /// True if all that it exports keeps its value once it ran.
    is_steady: bool,
    /// Its halves, if it may be divided.
    halves: Option<Rc<Halves>>,
    /// The modules that it has names for.
    bound: Vec<String>,
}

/// A file that is being looked at.
struct Found {
    path: String,
    outline: Option<Outline>,
    is_es: bool,
    /// The files that it asks for, and how.
    asked: Vec<(String, Request)>,
}

// === impl Graph ===

impl Graph {
    /// The halves of a module, if contexts may share its code.
    pub(in super::super) fn halves(&self, path: &str, files: &impl Files) -> Option<Rc<Halves>> {
        self.look_at(path, files);
        self.known.borrow().get(path)?.halves.clone()
    }

    /// True if a file has the syntax of an ES module.
    pub(in super::super) fn is_declared(&self, path: &str, files: &impl Files) -> bool {
        self.look_at(path, files);
        self.is_known(path)
    }

    /// True if a file was found to have the syntax of an ES module already.
    pub(in super::super) fn is_known(&self, path: &str) -> bool {
        self.known.borrow().get(path).is_some_and(|known| known.is_declared)
    }

    /// Takes a module as a whole from now on, because the engine cannot read its halves.
    pub(in super::super) fn join(&self, path: &str) {
        if let Some(known) = self.known.borrow_mut().get_mut(path) {
            known.halves = None;
        }
    }

    /// Takes modules as a whole, and all that they have names for, unless that was done.
    fn join_bound(&self, mut bound: Vec<String>, joined: &mut HashSet<String>) {
        let mut known = self.known.borrow_mut();
        while let Some(path) = bound.pop() {
            if let Some(known) = known.get_mut(&path).filter(|_| joined.insert(path)) {
                known.halves = None;
                bound.extend(known.bound.iter().cloned());
            }
        }
    }

    /// Gets to know a file and all that its declarations lead to.
    fn look_at(&self, path: &str, files: &impl Files) {
        if self.known.borrow().contains_key(path) {
            return;
        }
        let mut graph = self.search(path, files);
        let mut joined = HashSet::new();
        // Each before those that lead to it.
        for component in kosaraju_scc(&graph) {
            let is_alone = component.len() == 1;
            let mut bound = Vec::new();
            for node in component {
                let is_cycle = !is_alone || graph.contains_edge(node, node);
                if let Some(found) = graph.node_weight_mut(node) {
                    let known = self.judge(found, is_cycle);
                    if is_cycle {
                        bound.extend(known.bound.iter().cloned());
                    }
                    self.known.borrow_mut().insert(found.path.clone(), known);
                }
            }
            self.join_bound(bound, &mut joined);
        }
    }

    /// The unknown files that a file leads to, with itself.
    fn search(&self, path: &str, files: &impl Files) -> DiGraph<Found, ()> {
        let mut graph = DiGraph::new();
        let mut nodes = HashMap::new();
        let mut open = vec![path.to_owned()];
        while let Some(path) = open.pop() {
            if !nodes.contains_key(&path) && !self.known.borrow().contains_key(&path) {
                let found = Found::read(&path, files);
                open.extend(found.asked.iter().map(|(target, _)| target.clone()));
                nodes.insert(path, graph.add_node(found));
            }
        }
        for &node in nodes.values() {
            let asked = graph.node_weight(node).map_or(&[][..], |found| &found.asked);
            let targets: Vec<_> =
                asked.iter().filter_map(|(target, _)| nodes.get(target)).copied().collect();
            for target in targets {
                graph.add_edge(node, target, ());
            }
        }
        graph
    }

    /// All that the file leads to is known, but for a cycle.
    fn judge(&self, found: &mut Found, is_cycle: bool) -> Known {
        let known = self.known.borrow();
        let is_steady = |target: &String| known.get(target).is_some_and(|target| target.is_steady);
        let mut of_names = found.asked.iter().filter(|(_, request)| request.takes_names);
        let mut passed_on = found.asked.iter().filter(|(_, request)| request.passes_on);
        let is_divisible = !is_cycle && of_names.all(|(target, _)| is_steady(target));
        let keeps = !is_cycle && passed_on.all(|(target, _)| is_steady(target));
        let bound = found.asked.iter().filter(|(_, request)| request.binds);
        let bound = bound.map(|(target, _)| target.clone()).collect();
        let outline = found.outline.as_mut();
        Known {
            bound,
            is_declared: outline.as_ref().is_some_and(|outline| outline.is_declared),
            // What is no ES module is asked for its exports once.
            is_steady: !found.is_es
                || (keeps && outline.as_ref().is_some_and(|outline| outline.is_settled)),
            halves: outline
                .and_then(|outline| outline.halves.take())
                .filter(|_| found.is_es && is_divisible)
                .map(Rc::new),
        }
    }
}

// === impl Found ===

impl Found {
    fn read(path: &str, files: &impl Files) -> Self {
        let mut outline = Outline::of(&files.text(path));
        let requests = outline.as_mut().map(|outline| std::mem::take(&mut outline.requests));
        let asked = requests.into_iter().flatten().filter_map(|request| {
            files.es_module(path, &request.specifier).map(|target| (target, request))
        });
        Self {
            path: path.to_owned(),
            asked: asked.collect(),
            is_es: files.is_named_es(path)
                || outline.as_ref().is_some_and(|outline| outline.is_declared),
            outline,
        }
    }
}
