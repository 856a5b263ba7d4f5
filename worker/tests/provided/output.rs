//! Lines that the code of an interpreter's function writes past its runtime, as native code does.

use brink_shared::registry::Runtime;
use serde_json::json;

use super::{Files, Function, settings};

const NODE: &str = "const fs = require('fs');
exports.handler = async (event) => {
  console.log('by the runtime', event);
  fs.writeSync(1, `out ${event}\\n`);
  fs.writeSync(2, `err ${event}\\n`);
  if (event === 2) { fs.writeSync(2, 'last words'); process.kill(process.pid, 'SIGKILL'); }
  return event;
};";

const PYTHON: &str = "import os
def handler(event, context):
    print('by the runtime', event)
    os.write(1, b'out %d\\n' % event)
    os.write(2, b'err %d\\n' % event)
    if event == 2:
        os.write(2, b'last words')
        os.kill(os.getpid(), 9)
    return event
";

#[actix_rt::test]
async fn lines_past_the_runtime_are_lines_of_their_event() {
    for (runtime, file, code) in
        [(Runtime::Nodejs, "app.js", NODE), (Runtime::Python, "app.py", PYTHON)]
    {
        let mut settings = settings();
        settings.runtime = runtime.into();
        let files = Files::from([(file.to_owned(), code.into())]);
        let function = Function::start_with(files, settings).await.unwrap();
        let outcome = function.run(&json!(1)).await;
        assert_eq!(outcome.result.unwrap(), json!(1), "{runtime:?}");
        let mut logs = outcome.logs;
        // The runtime's own lines come another way.
        logs.sort();
        assert_eq!(logs, ["by the runtime 1", "err 1", "out 1"], "{runtime:?}");

        let outcome = function.run(&json!(2)).await;
        let failure = outcome.result.unwrap_err();
        assert!(failure.message.ends_with("signal 9 (killed): last words"), "{failure:?}");
        assert!(outcome.logs.contains(&"last words".to_owned()), "{:?}", outcome.logs);
    }
}
