//! Other people's decoders read the compressed form.

use std::process::Command;

use super::*;

const LENGTH: usize = 300_000;

/// Runs a program that fetches the object, and returns its output.
fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; install it to run this test"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
    output.stdout
}

#[actix_rt::test]
async fn curl_and_nodejs_decode_what_they_get() {
    let stand =
        Stand::start(|_, _| html(&["Cache-Control: max-age=60", "ETag: \"a\""], &text(LENGTH)))
            .await;
    let url = format!("http://{}/", stand.edge.address());
    let script = "fetch(process.argv[1], { headers: { 'Accept-Encoding': process.argv[2] } })
        .then(async (answer) => {
            process.stdout.write(answer.headers.get('content-encoding') + '\\n');
            process.stdout.write(Buffer.from(await answer.arrayBuffer()));
        });";
    for coding in ["gzip", "br"] {
        // The first answer is compressed while it is sent; the others come from the cache.
        for _ in 0..2 {
            let (url, coding) = (url.clone(), coding.to_owned());
            let outputs = tokio::task::spawn_blocking(move || {
                let accept = format!("Accept-Encoding: {coding}");
                let curl = run("curl", &["-sS", "--fail", "--compressed", "-H", &accept, &url]);
                let node = run("node", &["-e", script, &url, &coding]);
                (curl, node, coding)
            });
            let (curl, node, coding) = outputs.await.unwrap();
            assert!(curl == text(LENGTH), "curl must know {coding}: see `curl --version`");
            assert!(node == [format!("{coding}\n").as_bytes(), &text(LENGTH)].concat());
        }
    }
    assert_eq!(stand.asked().len(), 2);
    stand.stop().await;
}
