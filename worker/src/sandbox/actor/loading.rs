//! Gives a sandbox its function.

use std::io;

use actix::prelude::*;
use tokio::net::TcpListener;

use brink_frames::interpreter::TASK;
use brink_frames::lambda_environment::{Surroundings, variables};
use brink_frames::network::{PROXIED, PROXY, RUNTIME_API};
use brink_frames::{Load, LogLevel};

use super::cause::Cause;
use super::{Loading, SandboxActor};
use crate::runtime_api::RuntimeApi;
use crate::sandbox::dialect::{Dialect, bootstrap, over_runtime_api};

/// Why there is no listener for the Runtime API.
const NO_NETWORK: &str = "the machine gives the sandbox no network of its own (user and network \
                          namespaces); `brink status` says why";

impl SandboxActor {
    /// Sends the function, or puts its files into the sandbox's folder and then sends the rest.
    pub(super) fn load(&mut self, ctx: &mut Context<Self>) {
        let duty = self.duty.clone();
        match (&duty.load, &self.folder) {
            (Loading::Frame(frame), _) => self.send(frame.clone(), ctx),
            (Loading::Files { files, .. }, Some(folder)) => {
                let (folder, files) = (folder.clone(), files.clone());
                let filled = async move { folder.fill_with(&files).await };
                ctx.spawn(filled.into_actor(self).map(|filled, actor, ctx| match filled {
                    Ok(()) => actor.say_load(ctx),
                    Err(error) => actor.end(Cause::Unfit(error.to_string()), ctx),
                }));
            }
            (Loading::Files { .. }, None) => {
                self.end(Cause::Unfit("it has no folder for the files".to_owned()), ctx);
            }
        }
    }

    /// Serves the Runtime API of a sandbox that asks for its events there.
    pub(super) fn serve_runtime_api(&mut self) -> io::Result<()> {
        let (Dialect::RuntimeApi, Loading::Files { load, .. }) = (self.dialect, &self.duty.load)
        else {
            return Ok(());
        };
        let listener = self.descriptors.runtime_api.take();
        let listener = listener.ok_or_else(|| io::Error::other(NO_NETWORK))?;
        let (api, messages) = RuntimeApi::serve(TcpListener::from_std(listener)?, load);
        self.runtime_api = Some(api);
        self.heard = self.heard.take().map(|socket| over_runtime_api(messages, socket));
        Ok(())
    }

    fn say_load(&mut self, ctx: &mut Context<Self>) {
        let duty = self.duty.clone();
        let Loading::Files { load, .. } = &duty.load else { return };
        match self.load_frame(load) {
            Ok(frame) => self.send(frame, ctx),
            Err(why) => self.end(Cause::Unfit(why), ctx),
        }
    }

    fn load_frame(&self, load: &Load) -> Result<bytes::Bytes, String> {
        let identifier = self.duty.kind.identifier();
        let task = self.folder.as_ref().filter(|_| !self.has_own_root);
        let task = task.map(|folder| folder.task().display().to_string());
        let network = self.network;
        let proxy = (network == Some(PROXIED)).then(|| PROXY.into());
        let surroundings = Surroundings {
            identifier: identifier.as_deref(),
            task_root: task.as_deref(),
            runtime_api: self.runtime_api.as_ref().map(|_| RUNTIME_API.into()),
            proxy,
        };
        let log_level =
            (load.bounds.log_level != LogLevel::default()).then_some(load.bounds.log_level);
        bootstrap::load_frame(&bootstrap::Settings {
            function: &load.function,
            version: load.version_name(),
            handler: &load.handler,
            memory_mb: load.memory_mb,
            folder: task.as_deref().unwrap_or(TASK),
            arn: load.arn(),
            log_group: load.log_group(),
            log_stream: load.log_stream(),
            env: variables(load, &surroundings),
            log_level: log_level.map(bootstrap::level_name),
            response_max: load.bounds.response_size,
            network,
            loopback: self.duty.egress.named(),
            inspect: self.inspect(),
        })
    }
}
