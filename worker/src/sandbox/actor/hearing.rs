//! How an actor hears its sandbox: the messages of the dialect, and the lines that it writes.

use tokio::net::TcpListener;

use brink_frames::interpreter::Descriptors;

use super::{Duty, Loading};
use crate::runtime_api::RuntimeApi;
use crate::sandbox::dialect::{Dialect, Heard, over_runtime_api};
use crate::sandbox::output::{Output, Said};

/// All that a sandbox says, and its Runtime API if it has one. `socket` has the messages that come
/// over its socket.
pub(super) fn hear(
    dialect: Dialect,
    socket: Heard,
    output: Option<Output>,
    descriptors: &mut Descriptors,
    duty: &Duty,
) -> (Heard, Option<RuntimeApi>) {
    let (mut heard, mut runtime_api) = (socket, None);
    let listener = descriptors.runtime_api.take();
    if let (Dialect::RuntimeApi, Loading::Files { load, .. }, Some(listener)) =
        (dialect, &duty.load, listener)
        && let Ok(listener) = TcpListener::from_std(listener)
    {
        let (api, messages) = RuntimeApi::serve(listener, load);
        heard = over_runtime_api(messages, heard);
        runtime_api = Some(api);
    }
    if let Some(output) = output {
        heard = Box::pin(Said::new(heard, output));
    }
    (heard, runtime_api)
}
