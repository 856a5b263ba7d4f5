//! Streams and buckets have as many replicas as are set.

use super::*;

/// Three servers of one cluster, which are killed with it.
struct Servers {
    url: String,
    _processes: Vec<tokio::process::Child>,
    _dir: tempfile::TempDir,
}

#[tokio::test]
async fn replicas_follow_the_setting() {
    let servers = three_servers().await;
    let one = connect_with(&servers.url, 1).await;
    // The servers have to find each other first.
    soon(until(async || one.bucket("kept").await.is_ok())).await;
    one.objects("kept").await.unwrap();
    one.open_journal(journal()).await.unwrap();
    one.open_journal(logs()).await.unwrap();
    let kept = one.bucket("kept").await.unwrap().create("key", "value".into()).await.unwrap();
    assert_eq!(replicas(&one, "KV_kept").await, 1);

    let three = connect_with(&servers.url, 3).await;
    let bucket = three.bucket("kept").await.unwrap();
    three.objects("kept").await.unwrap();
    three.open_journal(journal()).await.unwrap();
    for stream in ["KV_kept", "OBJ_kept", "kept"] {
        assert_eq!(replicas(&three, stream).await, 3, "{stream}");
    }
    // NATS does not replicate a stream that it may write to disk later, but it is still there.
    three.open_journal(logs()).await.unwrap();
    assert_eq!(replicas(&three, "logs").await, 1);
    assert_eq!(three.append("logs", "logs.a", "line".into()).await, Ok(1));
    // It has to find a leader among the new ones.
    soon(until(async || bucket.get("key").await.is_ok())).await;
    let value = Some(Entry { key: "key".into(), value: "value".into(), revision: kept });
    assert_eq!(bucket.get("key").await, Ok(value));
    three.bucket("new").await.unwrap();
    assert_eq!(replicas(&three, "KV_new").await, 3);

    // Who does not care changes nothing.
    connect_to(servers.url.clone()).await.bucket("new").await.unwrap();
    assert_eq!(replicas(&three, "KV_new").await, 3);
    one.bucket("new").await.unwrap();
    assert_eq!(replicas(&three, "KV_new").await, 1);
}

#[tokio::test]
async fn a_small_cluster_is_an_error_and_existing_streams_serve_on() {
    let server = server().await;
    let before = connect(&server).await;
    before.bucket("old").await.unwrap().create("key", "value".into()).await.unwrap();
    let bus = connect_with(&server.url(), 3).await;
    let rejected = [
        bus.bucket("new").await.err(),
        bus.objects("new").await.err(),
        bus.open_journal(journal()).await.err(),
    ];
    for rejected in rejected {
        let said = rejected.unwrap().to_string();
        assert!(said.contains("the setting `replicas` asks for 3 NATS servers"), "{said}");
    }
    let bucket = bus.bucket("old").await.unwrap();
    assert_eq!(bucket.get("key").await.unwrap().unwrap().value, "value");
}

fn journal() -> JournalSpec {
    JournalSpec {
        name: "kept",
        subject: "kept.>",
        max_age: Duration::from_secs(60),
        max_bytes: 1 << 20,
        max_messages: None,
        synced: true,
        keeps_oldest: false,
    }
}

fn logs() -> JournalSpec {
    JournalSpec { name: "logs", subject: "logs.>", synced: false, ..journal() }
}

async fn connect_with(url: &str, replicas: u8) -> Arc<dyn Bus> {
    let replicas = Some(Replicas::try_from(replicas).unwrap());
    let clock = BusClock::shifted(Duration::ZERO, false);
    let bus = NatsBus::connect_replicated(options(url.to_owned()), clock, replicas).await.unwrap();
    soon(bus.link().wait_for(|link| *link == Link::Up)).await.unwrap();
    bus
}

/// The number of replicas in JetStream's description of a stream.
async fn replicas(bus: &Arc<dyn Bus>, stream: &str) -> u64 {
    let requester = Requester::new(bus.clone()).await.unwrap();
    let subject = format!("$JS.API.STREAM.INFO.{stream}");
    let info = requester.request(&subject, Bytes::new(), SOON).await.unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
    info["config"]["num_replicas"].as_u64().unwrap_or_else(|| panic!("{info}"))
}

async fn three_servers() -> Servers {
    let dir = tempfile::tempdir().unwrap();
    let listeners: Vec<_> =
        (0..6).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<_> = listeners.iter().map(|one| one.local_addr().unwrap().port()).collect();
    drop(listeners);
    let routes: Vec<_> = ports[3..].iter().map(|p| format!("nats://127.0.0.1:{p}")).collect();
    let program = program().await.program.unwrap();
    let processes = (0..3).map(|number| {
        let folder = dir.path().join(number.to_string());
        let mut command = tokio::process::Command::new(&program);
        command.args(["--addr", "127.0.0.1", "--port", &ports[number].to_string(), "--jetstream"]);
        command.args(["--server_name", &format!("server-{number}"), "--cluster_name", "three"]);
        command.args(["--cluster", &routes[number], "--routes", &routes.join(",")]);
        command.arg("--store_dir").arg(folder);
        command.stderr(std::process::Stdio::null()).kill_on_drop(true).spawn().unwrap()
    });
    let processes = processes.collect();
    Servers { url: format!("nats://127.0.0.1:{}", ports[0]), _processes: processes, _dir: dir }
}
