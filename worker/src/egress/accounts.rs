//! The accounts of a sandbox whose program opens connections by itself: which event pays for them.
//!
//! An environment runs one event at a time, so each byte belongs to the event that runs, or to none:
//! while the version starts, and between events. The owner of the sandbox says when events begin and
//! end. The connections outlive their events, since clients keep them in pools.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use brink_frames::CallError;
use brink_shared::limits::{Limits, SUBREQUEST_BYTES, SUBREQUESTS};

use super::{MayAct, call_error};

/// Most lines about rejected connections that one event gets into its log.
const TOLD_MAX: u32 = 20;

/// Takes a line for the log of the function: why a connection was rejected or cut off.
pub type Tell = Box<dyn Fn(String)>;

/// The accounts of one sandbox. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(Rc<Book>);

struct Book {
    /// The function's name and version.
    name: String,
    limits: Limits,
    timeout: Duration,
    tell: Tell,
    /// Of the event that runs.
    event: RefCell<Option<Rc<Account>>>,
    /// Of the code that runs while no event does.
    outside: Rc<Account>,
    /// Number of events that began.
    events: Cell<u64>,
}

/// The calls and bytes of one event.
pub(super) struct Account {
    calls: Cell<u32>,
    lookups: Cell<u32>,
    bytes: Cell<u64>,
    told: Cell<u32>,
    /// Limits how many connections wait for their server at a time.
    gate: Arc<Semaphore>,
    /// When its time is over; none for code outside of events.
    until: Option<Instant>,
    may_act: MayAct,
}

// === impl Accounts ===

impl Accounts {
    /// For a sandbox of this function and version (`ab-test:3`), with these limits for each event.
    /// Code outside of events has `timeout` to open a connection.
    pub fn new(name: &str, limits: &Limits, timeout: Duration, tell: Tell) -> Self {
        let outside = Account::new(limits, None, Box::new(|| true));
        Self(Rc::new(Book {
            name: name.to_owned(),
            limits: limits.clone(),
            timeout,
            tell,
            event: RefCell::default(),
            outside: Rc::new(outside),
            events: Cell::new(0),
        }))
    }

    /// An event begins, or is sent to a sandbox without one. Connections now count for it. It has
    /// time until `until`, and may send only while `may_act` says so.
    pub fn begin(&self, until: Instant, may_act: MayAct) {
        self.end();
        self.0.events.set(self.0.events.get() + 1);
        let account = Account::new(&self.0.limits, Some(until), may_act);
        *self.0.event.borrow_mut() = Some(Rc::new(account));
    }

    /// The event is over.
    pub fn end(&self) {
        if let Some(account) = self.0.event.take() {
            // Those that wait for it turn to the next account.
            account.gate.close();
        }
    }

    /// The account that pays now.
    pub(super) fn current(&self) -> Rc<Account> {
        let event = self.0.event.borrow().clone();
        event.unwrap_or_else(|| self.0.outside.clone())
    }

    /// Counts a call, which is one connection.
    pub(super) fn call(&self) -> Result<(), CallError> {
        let account = self.current();
        let max = u64::from(self.0.limits.subrequests).saturating_mul(self.shares(&account));
        self.count(&account.calls, max, "")
    }

    /// Counts the lookup of a name for itself, of which there may be as many as calls.
    pub(super) fn lookup(&self) -> Result<(), CallError> {
        let account = self.current();
        let max = u64::from(self.0.limits.subrequests).saturating_mul(self.shares(&account));
        self.count(&account.lookups, max, " by lookups of names")
    }

    fn count(&self, so_far: &Cell<u32>, max: u64, how: &str) -> Result<(), CallError> {
        if u64::from(so_far.get()) >= max {
            let exceeded = SUBREQUESTS.exceeded(max + 1, max);
            return Err(CallError::new("EMFILE", format!("{} {exceeded}{how}", self.0.name)));
        }
        so_far.set(so_far.get().saturating_add(1));
        Ok(())
    }

    /// Counts bytes that a connection carried, in either direction.
    pub(super) fn carried(&self, bytes: usize) -> Result<(), CallError> {
        let account = self.current();
        let max = self.0.limits.subrequest_bytes.saturating_mul(self.shares(&account));
        let carried = account.bytes.get().saturating_add(bytes as u64);
        account.bytes.set(carried);
        if carried > max {
            let exceeded = SUBREQUEST_BYTES.exceeded(carried, max);
            return Err(CallError::new("EMFILE", format!("{} {exceeded}", self.0.name)));
        }
        Ok(())
    }

    /// Waits until one more connection may wait for its server.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, CallError> {
        loop {
            let account = self.current();
            let until = account.until.unwrap_or_else(|| Instant::now() + self.0.timeout);
            match timeout_at(until, account.gate.clone().acquire_owned()).await {
                Ok(Ok(permit)) if account.may_act() => return Ok(permit),
                Ok(Ok(_)) => return Err(call_error::given_up()),
                // The event ended. A connection that it must not make is not the next one's.
                Ok(Err(_)) if !account.may_act() => return Err(call_error::given_up()),
                Ok(Err(_)) => {}
                Err(_) => return Err(call_error::out_of_time()),
            }
        }
    }

    /// When an attempt to connect that begins now must be over.
    pub(super) fn until(&self) -> Instant {
        self.current().until.unwrap_or_else(|| Instant::now() + self.0.timeout)
    }

    /// Writes a line to the function's log, unless its event has a lot of them already.
    pub(super) fn tell(&self, line: impl Into<String>) {
        let account = self.current();
        let told = account.told.get();
        if told < TOLD_MAX {
            account.told.set(told + 1);
            (self.0.tell)(line.into());
        }
    }

    /// How many events the account stands for: code outside of events may have run after each.
    fn shares(&self, account: &Rc<Account>) -> u64 {
        if Rc::ptr_eq(account, &self.0.outside) { self.0.events.get().saturating_add(1) } else { 1 }
    }
}

// === impl Account ===

impl Account {
    fn new(limits: &Limits, until: Option<Instant>, may_act: MayAct) -> Self {
        let connections = (limits.connections as usize).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            calls: Cell::new(0),
            lookups: Cell::new(0),
            bytes: Cell::new(0),
            told: Cell::new(0),
            gate: Arc::new(Semaphore::new(connections)),
            until,
            may_act,
        }
    }

    /// True while its event may have effects.
    pub(super) fn may_act(&self) -> bool {
        (self.may_act)()
    }
}
