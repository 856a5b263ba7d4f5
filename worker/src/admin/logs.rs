//! `logs.read`: the kept lines of a function, page by page.

use brink_shared::admin::{AdminError, KeptLine, LogPage, ReadLogs};
use brink_shared::bus::Message;
use brink_shared::identity::Verb;
use brink_shared::subject;

use super::Admin;
use super::request::read;

/// Most lines of a page.
const LINES_MAX: usize = 200;

/// A page ends with the line that exceeds these bytes.
const BYTES_MAX: usize = 512 * 1024;

impl Admin {
    pub(super) async fn read_logs(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<LogPage, AdminError> {
        let ReadLogs { function, trigger, from } = read(body)?;
        self.check(message, Verb::Logs, function.function.as_str())?;
        let filter = subject::log_filter(function.function.as_str(), function.number, trigger);
        let bus = &self.shared.bus;
        let mut page = LogPage { lines: Vec::new(), more: false };
        let (mut next, mut bytes) = (from, 0);
        while page.lines.len() < LINES_MAX && bytes < BYTES_MAX {
            let kept = bus.journal_from(subject::LOG_STREAM, &filter, next, 1).await;
            let kept = kept.map_err(|error| AdminError::new(error.to_string()))?;
            let Some(kept) = kept.into_iter().next() else { return Ok(page) };
            next = kept.number + 1;
            bytes += kept.payload.len();
            // Something else may have written a message of another form.
            if let Ok(line) = serde_json::from_slice(&kept.payload) {
                let (number, subject) = (kept.number, kept.subject);
                page.lines.push(KeptLine { number, subject, line });
            }
        }
        page.more = true;
        Ok(page)
    }
}
