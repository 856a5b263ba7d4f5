//! The connections of a sandbox that opens them by itself: who serves them, and which event pays.
//!
//! Tasks of their own serve them, because bytes of connections should not wake the actor. The tasks
//! end with it.

use std::io;

use actix::prelude::*;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use brink_frames::interpreter::Descriptors;
use brink_frames::network::TRANSPARENT;
use brink_frames::{EventId, LogLevel};

use super::served::Connections;
use super::{Phase, SandboxActor};
use crate::egress::accounts::Accounts;
use crate::egress::tun::TunError;
use crate::egress::{proxy, tun};
use crate::pending::Pending;

/// A line about a connection, for the function's log.
#[derive(Message)]
#[rtype(result = "()")]
struct Told(String);

// === impl SandboxActor ===

impl SandboxActor {
    /// Serves the ways out that the sandbox has.
    pub(super) fn serve_connections(&mut self, ctx: &mut Context<Self>) -> io::Result<()> {
        let Descriptors { proxy, tun, .. } = &mut self.descriptors;
        let (proxy, device) = (proxy.take(), tun.take());
        if proxy.is_none() && device.is_none() {
            return Ok(());
        }
        let actor = ctx.address().downgrade();
        let duty = &self.duty;
        // A line is dropped if the actor has a lot to do.
        let tell = Box::new(move |line| {
            if let Some(actor) = actor.upgrade() {
                let _ = actor.try_send(Told(line));
            }
        });
        let accounts = Accounts::new(&duty.name, &duty.limits, duty.timeout, tell);
        let mut serving = Vec::new();
        if let Some(listener) = proxy {
            let listener = TcpListener::from_std(listener)?;
            let serves = proxy::serve(listener, duty.egress.clone(), accounts.clone());
            serving.push(AbortOnDropHandle::new(actix_rt::spawn(serves)));
        }
        if let Some(device) = device.filter(|_| self.network == Some(TRANSPARENT)) {
            let function = duty.name.clone();
            let serves = tun::serve(device, duty.egress.clone(), accounts.clone());
            serving.push(AbortOnDropHandle::new(actix_rt::spawn(async move {
                match serves.await {
                    Err(error @ TunError::Stack) => {
                        tracing::error!(%error, function, "a sandbox lost its network")
                    }
                    // The device is gone when the sandbox is.
                    Err(error) => {
                        tracing::debug!(%error, function, "the network of a sandbox ended")
                    }
                    Ok(()) => {}
                }
            })));
        }
        self.connections = Some(Connections { accounts, _serving: serving });
        Ok(())
    }

    /// From now on connections count for this event, which has begun.
    pub(super) fn connections_of(&mut self, id: EventId) {
        let Some(Connections { accounts, .. }) = &self.connections else { return };
        if let Some(event) = self.in_flight.find(id) {
            // An event that was answered already must not act at all.
            let may_act = event.pending.as_ref().map(Pending::may_act);
            let may_act = move || may_act.as_ref().is_some_and(|may_act| may_act());
            accounts.begin(event.until, Box::new(may_act));
        }
    }

    /// The event is done.
    pub(super) fn connections_of_none(&self) {
        if let Some(Connections { accounts, .. }) = &self.connections {
            accounts.end();
        }
    }
}

impl Handler<Told> for SandboxActor {
    type Result = ();

    fn handle(&mut self, Told(line): Told, _: &mut Context<Self>) {
        if self.phase != Phase::Dead {
            let event = self.in_flight.running();
            // The event is in the sandbox, or there is none.
            let _ = self.log(event, LogLevel::Warn, line);
        }
    }
}
