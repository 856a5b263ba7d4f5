//! The global object of functions.

use super::*;

#[test]
fn console_becomes_log_lines_with_levels() {
    on_a_thread(|| async {
        let code = "console.log('first', 1);
        exports.handler = async () => {
            console.debug('d'); console.info('%s!', 'i'); console.warn('w'); console.error('e');
            console.group('outer'); console.log('inner'); console.groupEnd();
            console.trace('here');
        }";
        let (mut environment, host) = start(&[("index.js", code)]).await;
        ask(&mut environment, &json!({})).await.unwrap();
        let logs = host.logs.borrow();
        assert_eq!(logs[0], (None, LogLevel::Info, "first 1".to_owned()));
        let lines: Vec<_> = logs[1..]
            .iter()
            .map(|(id, level, text)| {
                assert_eq!(*id, Some(EventId(7)));
                (*level, text.as_str())
            })
            .collect();
        assert_eq!(
            lines[..4],
            [
                (LogLevel::Debug, "d"),
                (LogLevel::Info, "i!"),
                (LogLevel::Warn, "w"),
                (LogLevel::Error, "e"),
            ]
        );
        assert!(lines.contains(&(LogLevel::Info, "  inner")), "{lines:?}");
        let trace = lines.last().unwrap();
        assert!(
            trace.0 == LogLevel::Trace && trace.1.starts_with("Trace: here\n    at "),
            "{trace:?}"
        );
    });
}

#[test]
fn the_log_of_an_event_is_bounded_and_says_so_once() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => {
            console.log('x'.repeat(100000));
            for (let i = 0; i < 20000; i++) console.log('');
            for (let i = 0; i < 30; i++) console.log('y'.repeat(60000));
        }";
        let (mut environment, host) = start(&[("index.js", code)]).await;
        for _ in 0..2 {
            host.logs.borrow_mut().clear();
            ask(&mut environment, &json!({})).await.unwrap();
            let logs = host.logs.borrow();
            assert_eq!(logs[0].2.len(), 64 * 1024);
            let bytes: usize = logs.iter().map(|(_, _, text)| text.len()).sum();
            assert!(bytes <= 256 * 1024 + 200, "{bytes}");
            assert!(logs.len() <= 4 * 1024, "{}", logs.len());
            let notices = logs.iter().filter(|(_, _, text)| text.starts_with("log cut off"));
            assert_eq!(notices.count(), 1);
        }
    });
}

#[test]
fn fetch_asks_the_host() {
    on_a_thread(|| async {
        let code = "exports.handler = async (event) => {
            const response = await fetch(event.url, {
                method: 'PUT', headers: { 'X-Key': 'k' }, body: JSON.stringify({ a: 1 }),
            });
            const { a } = await response.json();
            return [response.ok, response.headers.get('x-method'), response.url, a];
        }";
        let (mut environment, host) = start(&[("index.js", code)]).await;
        let url = "https://api.test/items?x=1";
        let found = ask(&mut environment, &json!({ "url": url })).await;
        assert_eq!(found, Ok(json!([true, "PUT", url, 1])));
        let call = host.calls.borrow()[0].clone();
        assert_eq!((call.method.as_str(), call.url.as_str()), ("PUT", url));
        assert!(call.headers.contains(&("X-Key".to_owned(), Bytes::from_static(b"k"))));
        assert_eq!(&call.body[..], br#"{"a":1}"#);

        let refused = ask(&mut environment, &json!({"url": "http://refused.test/"})).await;
        let failure = refused.unwrap_err();
        assert_eq!(failure.error_type, "TypeError");
        assert_eq!(failure.message, "fetch failed");
    });
}

#[test]
fn calls_run_side_by_side() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => {
            const urls = ['http://a.test/', 'http://b.test/', 'http://c.test/'];
            const responses = await Promise.all(urls.map(url => fetch(new Request(url))));
            return responses.map(response => response.url);
        }";
        let urls = json!(["http://a.test/", "http://b.test/", "http://c.test/"]);
        assert_eq!(answer(code).await, Ok(urls));
    });
}

#[test]
fn web_globals_are_there() {
    on_a_thread(|| async {
        for (expression, expected) in [
            ("atob(btoa('héllo'))", json!("héllo")),
            ("new URL('/x?q=1', 'https://a.test/y').href", json!("https://a.test/x?q=1")),
            ("new TextDecoder().decode(new TextEncoder().encode('ü'))", json!("ü")),
            ("structuredClone({ a: [1] })", json!({"a": [1]})),
            ("await new Promise(resolve => queueMicrotask(() => resolve(5)))", json!(5)),
            ("new Headers({ A: 'b' }).get('a')", json!("b")),
            ("new Response('x', { status: 418 }).status", json!(418)),
            ("new AbortController().signal.aborted", json!(false)),
            ("global === globalThis", json!(true)),
            ("process.env.COLOR + process.env._HANDLER", json!("blueindex.handler")),
            ("typeof process.nextTick", json!("function")),
            ("new Date(0).getHours() + new Date().getTimezoneOffset()", json!(0)),
            ("eval('1 + 1')", json!(2)),
        ] {
            let code = format!("exports.handler = async () => {expression}");
            assert_eq!(answer(&code).await, Ok(expected), "{expression}");
        }
    });
}

#[test]
fn buffers_are_bounded_by_the_functions_memory() {
    on_a_thread(|| async {
        let code = "exports.handler = async () => new ArrayBuffer(2 ** 30).byteLength";
        assert_eq!(answer(code).await.unwrap_err().error_type, "RangeError");
    });
}
