//! How handlers answer, and how they fail.

use super::*;

#[test]
fn a_handler_answers_by_promise_callback_or_context() {
    on_a_thread(|| async {
        for style in [
            "exports.handler = async (event) => event.n + 1",
            "exports.handler = (event) => Promise.resolve(event.n + 1)",
            "exports.handler = (event) => ({ then(done) { done(event.n + 1) } })",
            "exports.handler = (event, context, callback) => callback(null, event.n + 1)",
            "exports.handler = (event, context) => context.succeed(event.n + 1)",
            "exports.handler = (event, context) => context.done(null, event.n + 1)",
            "exports.handler = (e, c, callback) => setTimeout(() => callback(null, e.n + 1), 5)",
            "exports.handler = async (e) => { await new Promise(r => setTimeout(r, 5)); return e.n + 1 }",
            "module.exports = { handler: async (event) => event.n + 1 }",
        ] {
            assert_eq!(answer(style).await, Ok(json!(2)), "{style}");
        }
    });
}

/// Error type and message of a handler that fails.
async fn failing(code: &str) -> (String, String) {
    let failure = answer(code).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Execution, "{code}");
    (failure.error_type, failure.message)
}

#[test]
fn a_handler_that_answers_nothing_answers_null() {
    on_a_thread(|| async {
        for code in [
            "exports.handler = () => {}",
            "exports.handler = () => 5",
            "exports.handler = async () => {}",
            "exports.handler = () => new Promise(() => {})",
            "exports.handler = (event, context, callback) => callback()",
            "exports.handler = () => { setTimeout(() => {}, 3) }",
        ] {
            assert_eq!(answer(code).await, Ok(Value::Null), "{code}");
        }
    });
}

#[test]
fn only_the_first_answer_counts() {
    on_a_thread(|| async {
        for code in [
            "exports.handler = (e, c, callback) => { callback(null, 1); callback(null, 2) }",
            "exports.handler = (e, c, callback) => { callback(null, 1); throw new Error('late') }",
            "exports.handler = (e, c, callback) => { c.succeed(1); callback(new Error('late')) }",
            "exports.handler = async (e, c) => { c.done(null, 1); return 2 }",
        ] {
            assert_eq!(answer(code).await, Ok(json!(1)), "{code}");
        }
    });
}

#[test]
fn a_callback_waits_for_what_is_left_to_run_unless_told_not_to() {
    on_a_thread(|| async {
        let waiting = "exports.handler = (event, context, callback) => {
            const answer = { late: false };
            setTimeout(() => { answer.late = true }, 5);
            context.callbackWaitsForEmptyEventLoop = WAITS;
            callback(null, answer);
        }";
        for waits in [true, false] {
            let code = waiting.replace("WAITS", &waits.to_string());
            assert_eq!(answer(&code).await, Ok(json!({ "late": waits })));
        }
    });
}

#[test]
fn leftover_work_goes_on_with_the_next_event_and_cannot_answer_it() {
    on_a_thread(|| async {
        let code = "let kept; let count = 0;
        exports.handler = (event, context, callback) => {
            if (event.first) { kept = callback; setTimeout(() => { count++ }, 1); context.succeed(0); }
            else { kept(null, 'stolen'); setTimeout(() => callback(null, count), 10); }
        }";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        let first = ask(&mut environment, &json!({"first": true})).await;
        assert_eq!(first, Ok(json!(0)));
        assert_eq!(ask(&mut environment, &json!({})).await, Ok(json!(1)));
    });
}

#[test]
fn an_interval_runs_until_it_is_cleared() {
    on_a_thread(|| async {
        let code = "exports.handler = (event, context, callback) => {
            let n = 0;
            const timer = setInterval(() => {
                if (++n === 3) { clearInterval(timer); callback(null, n) }
            }, 0);
        }";
        assert_eq!(answer(code).await, Ok(json!(3)));
    });
}

#[test]
fn errors_have_the_type_and_message_that_lambda_gives_them() {
    on_a_thread(|| async {
        let own_class = "class NotFound extends Error {
            constructor(text) { super(text); this.name = 'NotFound' }
        }
        exports.handler = async () => { throw new NotFound('no such page') }";
        for (code, error_type, message) in [
            ("exports.handler = async () => { throw new TypeError('bad') }", "TypeError", "bad"),
            ("exports.handler = () => { null.x }", "TypeError", ""),
            ("exports.handler = async () => missing", "ReferenceError", ""),
            ("exports.handler = (e, c, callback) => callback(new Error('no'))", "Error", "no"),
            ("exports.handler = (e, c, callback) => callback('no')", "string", "no"),
            ("exports.handler = (e, c) => c.fail(new RangeError('far'))", "RangeError", "far"),
            ("exports.handler = () => Promise.reject(new Error('no'))", "Error", "no"),
            ("exports.handler = async () => { throw null }", "string", "handled"),
            ("exports.handler = async () => { throw undefined }", "string", "handled"),
            ("exports.handler = async () => { throw 'text' }", "string", "text"),
            ("exports.handler = async () => { throw 7 }", "number", "7"),
            ("exports.handler = async () => { throw Symbol('s') }", "symbol", "Symbol(s)"),
            ("exports.handler = async () => { throw {} }", "object", "[object Object]"),
            (own_class, "NotFound", "no such page"),
        ] {
            let found = failing(code).await;
            assert_eq!(found.0, error_type, "{code}");
            assert!(found.1 == message || message.is_empty() && !found.1.is_empty(), "{found:?}");
        }
    });
}

#[test]
fn stacks_name_places_as_the_author_counts_them() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => { throw new Error('x') }";
        let failure = answer(code).await.unwrap_err();
        assert!(failure.stack[0].contains("(/var/task/index.js:1:"), "{failure:?}");
        let column: usize =
            failure.stack[0].trim_end_matches(')').rsplit_once(':').unwrap().1.parse().unwrap();
        assert!((33..=code.len()).contains(&column), "{failure:?}");

        let code = "function deep() {\n  throw new Error('x');\n}\nexports.handler = () => deep()";
        let failure = answer(code).await.unwrap_err();
        assert!(failure.stack[0].starts_with("deep (/var/task/index.js:2:"), "{failure:?}");
        assert!(failure.stack.iter().any(|frame| frame.contains("index.js:4:")), "{failure:?}");
    });
}

#[test]
fn recursion_without_end_ends_the_environment_and_no_more() {
    on_a_thread(|| async {
        let code = "const o = { get deep() { return this.deep } };
        const list = [1]; function nest() { list.map(nest) }
        function plain() { plain() }
        exports.handler = async (event) => {
            if (event.later) await event.later;
            if (event.slow) await new Promise((done) => setTimeout(done, 1));
            if (event.how === 'getter') return o.deep;
            if (event.how === 'native') return nest();
            if (event.how === 'plain') return plain();
            return 'fine';
        }";
        let (mut beside, _) = start(&[("index.js", code)]).await;
        assert_eq!(ask(&mut beside, &json!({})).await, Ok(json!("fine")));
        for how in ["getter", "native", "plain"] {
            for (later, slow) in [(false, false), (true, false), (false, true), (true, true)] {
                let event = json!({ "how": how, "later": later, "slow": slow });
                let (mut environment, _) = start(&[("index.js", code)]).await;
                let failure = ask(&mut environment, &event).await.unwrap_err();
                assert_eq!(failure.error_type, "RangeError", "{event}");
                assert_eq!(failure.message, "Maximum call stack size exceeded");
                // No `finally` of the code ran.
                assert!(environment.is_spent() || environment.needs_recycling(), "{event}");
            }
        }
        assert_eq!(ask(&mut beside, &json!({})).await, Ok(json!("fine")));
    });
}

#[test]
fn a_handler_that_settles_late_or_never_is_not_one_that_was_cut_short() {
    on_a_thread(|| async {
        let never = "const never = () => new Promise(() => {});";
        for handler in [
            "async () => { await 1; await never(); }",
            "async () => { await 1; return never(); }",
            "async () => { try { await Promise.reject(1) } catch { return never() } }",
            "async () => { await 1; never().then(() => 1); return never(); }",
            "async () => {
                let resolve;
                new Promise((done) => { resolve = done });
                Promise.resolve(1).then(resolve);
                await 1;
                await never();
            }",
            "async () => { (async () => { await 1 })(); await never(); }",
            "async () => { for await (const one of [1, 2]) { await one } await never() }",
            "async () => { await 1; setTimeout(() => 1, 1); await never(); }",
            "() => never()",
            "() => { const own = never(); own.then(() => 1); return own; }",
            "() => { (async () => { await 1; await 2 })(); }",
            "() => (async () => { await 1; await never() })()",
        ] {
            let code = format!("{never} exports.handler = {handler};");
            assert_eq!(answer(&code).await, Ok(json!(null)), "{handler}");
        }
        let later = "const later = () => new Promise((done) => setTimeout(done, 20, 'ok'));";
        for handler in [
            "() => { Promise.resolve(1).then(Number); return later(); }",
            "async () => { Promise.resolve(1).then(Number); return later(); }",
            "async () => { await 1; Promise.resolve(1).then(Number); return later(); }",
            "async () => { let done; const own = new Promise((d) => { done = d }); later().then(done);
                Promise.resolve(1).then(Number); return own; }",
        ] {
            let code = format!("{later} exports.handler = {handler};");
            assert_eq!(answer(&code).await, Ok(json!("ok")), "{handler}");
        }
    });
}

#[test]
fn a_rejection_that_nobody_handles_fails_the_event_and_spends_the_environment() {
    on_a_thread(|| async {
        let code = "exports.handler = () => {
            Promise.reject(new TypeError('lost'));
            return new Promise(resolve => setTimeout(resolve, 50));
        }";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        let failure = ask(&mut environment, &json!({})).await.unwrap_err();
        assert_eq!(failure.error_type, "Runtime.UnhandledPromiseRejection");
        assert_eq!(failure.message, "TypeError: lost");
        assert!(environment.is_spent());

        let handled = "exports.handler = async () => {
            const failing = Promise.reject(new Error('x'));
            try { await failing } catch (error) { return error.message }
        }";
        assert_eq!(answer(handled).await, Ok(json!("x")));
    });
}

#[test]
fn the_context_object_says_what_runs() {
    on_a_thread(|| async {
        let code = "exports.handler = async (event, context) => ({
            ...context, left: context.getRemainingTimeInMillis()
        })";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        let (result, run) = environment.invoke(event(&json!({}))).await;
        let about: Value = decode_value(&result.unwrap()).unwrap();
        assert_eq!(about["functionName"], "greeter");
        assert_eq!(about["functionVersion"], "3");
        assert_eq!(about["memoryLimitInMB"], "128");
        assert_eq!(about["awsRequestId"], "request-1");
        assert_eq!(
            about["invokedFunctionArn"],
            "arn:aws:lambda:us-east-1:000000000000:function:greeter:3"
        );
        assert_eq!(about["logGroupName"], "/aws/lambda/greeter");
        assert_eq!(about["callbackWaitsForEmptyEventLoop"], true);
        assert!((1000..=5000).contains(&about["left"].as_u64().unwrap()));
        assert!(run.cold);
        assert!(!environment.invoke(event(&json!({}))).await.1.cold);
    });
}

#[test]
fn a_context_object_stays_that_of_its_event() {
    on_a_thread(|| async {
        let code = "const seen = [];
        exports.handler = async (event, context, callback) => {
            for (const [, answer] of seen) answer(null, 'stale');
            seen.push([context, callback]);
            return {
                ids: seen.map(([context]) => context.awsRequestId),
                left: seen.map(([context]) => context.getRemainingTimeInMillis() > 60_000),
                apart: new Set(seen.flat()).size,
            };
        }";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        for (at, seconds) in [(1, 100), (2, 5), (3, 100)] {
            let invoke = Invoke {
                request_id: format!("request-{at}"),
                deadline: UnixMillis::now().after(Duration::from_secs(seconds)),
                ..event(&json!({}))
            };
            let seen: Value = decode_value(&environment.invoke(invoke).await.0.unwrap()).unwrap();
            let ids: Vec<_> = (1..=at).map(|id| format!("request-{id}")).collect();
            assert_eq!(seen["ids"], json!(ids));
            assert_eq!(seen["left"], json!([true, false, true][..at]));
            assert_eq!(seen["apart"], json!(2 * at));
        }
    });
}

#[test]
fn a_panic_of_the_engine_fails_the_event_and_spends_the_environment() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => { console.log('panic'); }";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        for _ in 0..2 {
            let failure = ask(&mut environment, &json!({})).await.unwrap_err();
            assert_eq!(failure.error_type, "Runtime.ExitError");
            assert!(environment.is_spent());
        }
        let other = answer("exports.handler = async () => 'fine'").await;
        assert_eq!(other, Ok(json!("fine")));
    });
}
