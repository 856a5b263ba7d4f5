//! Contexts that are prepared before there is a version, and environments that are recycled.

use std::time::Instant;

use super::*;
use crate::ENVIRONMENT_SOURCE_MAX;

fn prepared() -> WarmContext {
    let mut warm_context = WarmContext::new(Rc::default()).unwrap();
    while !warm_context.is_prepared(USUAL) {
        warm_context.prepare(USUAL);
    }
    warm_context
}

async fn start_prepared(load: Arc<Load>) -> (Environment, Rc<Recorder>) {
    let host = Rc::new(Recorder::default());
    let environment = Environment::start(prepared(), load, host.clone()).await;
    (environment.unwrap(), host)
}

#[test]
fn every_usual_module_runs_without_a_version() {
    let mut warm_context = WarmContext::new(Rc::default()).unwrap();
    for name in USUAL {
        platform::load(name, &mut warm_context.context).unwrap();
    }
}

#[test]
fn a_version_finds_itself_in_what_was_prepared() {
    on_a_thread(|| async {
        let code = "const crypto = require('crypto');
        const env = process.env;
        exports.handler = async () => ({
            color: env.COLOR,
            same: env === process.env,
            variables: Object.keys(env).filter((name) => !/^(AWS_|LAMBDA_|LANG$|LD_LIBRARY_PATH$|PATH$|TZ$|_HANDLER$)/.test(name)),
            name: env.AWS_LAMBDA_FUNCTION_NAME,
            hash: crypto.createHash('md5').update('x').digest('hex'),
            buffer: Buffer.from('x').toString('base64'),
            host: require('url').parse('https://example.com/').host,
        })";
        let (mut environment, _) =
            start_prepared(load("index.handler", &[("index.js", code)])).await;
        assert_eq!(
            ask(&mut environment, &json!({})).await.unwrap(),
            json!({
                "color": "blue", "same": true, "variables": ["COLOR"], "name": "greeter",
                "hash": "9dd4e461268c8034f5c8564e155c67a6", "buffer": "eA==", "host": "example.com",
            })
        );
    });
}

#[test]
fn nothing_of_one_version_is_in_the_context_of_the_next() {
    on_a_thread(|| async {
        let first = "globalThis.left = 1; Array.prototype.left = 1; process.env.LEFT = '1';
        require('url').left = 1; Buffer.left = 1;
        exports.handler = async () => 1";
        let (mut environment, _) =
            start_prepared(load("index.handler", &[("index.js", first)])).await;
        ask(&mut environment, &json!({})).await.unwrap();
        let second = "exports.handler = async () => [typeof left, typeof [].left,
            typeof process.env.LEFT, typeof require('url').left, typeof Buffer.left]";
        let (mut other, _) = start_prepared(load("index.handler", &[("index.js", second)])).await;
        let found = ask(&mut other, &json!({})).await.unwrap();
        assert_eq!(found, json!(["undefined", "undefined", "undefined", "undefined", "undefined"]));
    });
}

#[test]
fn the_largest_buffer_is_the_versions() {
    on_a_thread(|| async {
        let code = "exports.handler = async ({ mb }) => new ArrayBuffer(mb * 1048576).byteLength";
        let small = Load {
            memory_mb: 4,
            ..Arc::unwrap_or_clone(load("index.handler", &[("index.js", code)]))
        };
        let (mut environment, _) = start_prepared(Arc::new(small)).await;
        assert_eq!(ask(&mut environment, &json!({"mb": 3})).await.unwrap(), json!(3 * 1024 * 1024));
        let failure = ask(&mut environment, &json!({"mb": 5})).await.unwrap_err();
        assert_eq!(failure.error_type, "RangeError");
    });
}

#[test]
fn a_timer_of_the_start_counts_from_the_start() {
    on_a_thread(|| async {
        let warm_context = prepared();
        std::thread::sleep(Duration::from_millis(60));
        let code = "let over = false;
        setTimeout(() => { over = true }, 50);
        exports.handler = async () => {
            while (!over) await new Promise((resolve) => setTimeout(resolve, 1));
        }";
        let load = load("index.handler", &[("index.js", code)]);
        let host = Rc::new(Recorder::default());
        let begun = Instant::now();
        let mut environment = Environment::start(warm_context, load, host).await.unwrap();
        ask(&mut environment, &json!({})).await.unwrap();
        let after = begun.elapsed();
        // The clock counts whole milliseconds.
        assert!(after >= Duration::from_millis(49), "{after:?}");
    });
}

#[test]
fn the_host_learns_which_modules_a_version_asks_for() {
    on_a_thread(|| async {
        let code = "require('querystring'); exports.handler = async () => Buffer.from('x').length";
        let (mut environment, host) =
            start_prepared(load("index.handler", &[("index.js", code)])).await;
        assert_eq!(*host.asked.borrow(), ["querystring"]);
        ask(&mut environment, &json!({})).await.unwrap();
        assert_eq!(*host.asked.borrow(), ["querystring", "buffer"]);
    });
}

#[test]
fn text_compiled_at_run_time_wears_an_environment_out() {
    on_a_thread(|| async {
        let code = "let n = 0;
        exports.handler = async ({ length }) => new Function(`return ${++n} /*${'x'.repeat(length)}*/`)()";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        assert_eq!(ask(&mut environment, &json!({"length": 1000})).await.unwrap(), json!(1));
        assert!(!environment.needs_recycling());
        let length = ENVIRONMENT_SOURCE_MAX;
        assert_eq!(ask(&mut environment, &json!({ "length": length })).await.unwrap(), json!(2));
        assert!(environment.needs_recycling() && !environment.is_spent());
        // It goes on until another is there.
        assert_eq!(ask(&mut environment, &json!({"length": 0})).await.unwrap(), json!(3));
    });
}
