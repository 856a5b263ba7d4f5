//! Where fuzzing begins: the golden events, and files made from them.

use std::path::Path;

use brink_shared::event::{Event, event_from_json};
use serde_json::Value;

/// The golden event of each trigger.
const GOLDEN: [&str; 4] = [
    include_str!("../testdata/events/viewer-request.json"),
    include_str!("../testdata/events/origin-request.json"),
    include_str!("../testdata/events/origin-response.json"),
    include_str!("../testdata/events/viewer-response.json"),
];

/// The golden event of each trigger, and the request or response in it as JSON.
pub fn golden() -> Vec<(Event, Value)> {
    let read = |text: &&str| {
        let envelope: Value = serde_json::from_str(text).expect("a golden event is JSON");
        let event = event_from_json(&envelope).expect("a golden event is an event");
        let shown = if event.response.is_some() { "response" } else { "request" };
        let shown = envelope.pointer(&format!("/Records/0/cf/{shown}")).cloned();
        (event, shown.expect("an event has what its trigger shows"))
    };
    GOLDEN.iter().map(read).collect()
}

/// Writes inputs to begin with into the folder that the variable `SEEDS` names, if it is set.
pub fn plant(seeds: impl IntoIterator<Item = Vec<u8>>) {
    let Some(folder) = std::env::var_os("SEEDS") else { return };
    for (number, seed) in seeds.into_iter().enumerate() {
        let file = Path::new(&folder).join(format!("seed-{number:02}"));
        std::fs::write(&file, seed).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}
