//! Promises of the bus at a NATS server, and its requirements for the server.

use super::*;

#[tokio::test]
async fn state_outlives_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..program().await };
    let first = NatsServer::start(options.clone()).await.unwrap();
    let bus = connect_to(first.url()).await;
    bus.bucket("state").await.unwrap().create("key", "value".into()).await.unwrap();
    bus.close().await;
    first.stop().await;
    let second = NatsServer::start(options).await.unwrap();
    let bus = connect_to(second.url()).await;
    let entry = bus.bucket("state").await.unwrap().get("key").await.unwrap();
    assert_eq!(entry.unwrap().value, "value");
}

#[tokio::test]
async fn a_gateway_leaves_while_its_last_position_is_on_its_way() {
    let server = server().await;
    let invalidations = Invalidations::open(connect(&server).await).await.unwrap();
    let gateway = "g1".parse().unwrap();
    let made = invalidations.range().await.unwrap().made;
    for number in 1..=10 {
        invalidations.tell(&gateway, made, number).await.unwrap();
        // Both read the same position, so the one that writes second must read it again.
        let told = invalidations.tell(&gateway, made, number + 1);
        let both = tokio::join!(invalidations.leave(&gateway), told);
        assert_eq!(both, (Ok(()), Ok(())));
    }
    invalidations.leave(&gateway).await.unwrap();
    assert_eq!(invalidations.reached(1, AT_ONCE).await.unwrap().known, 0);
}

#[tokio::test]
async fn workers_that_start_at_once_make_the_same_buckets() {
    let server = server().await;
    let mut buses = Vec::new();
    for _ in 0..4 {
        buses.push(connect(&server).await);
    }
    for round in 0..20 {
        let name = format!("round_{round}");
        let opened = buses.iter().map(|bus| bus.bucket(&name));
        for bucket in futures_util::future::join_all(opened).await {
            bucket.unwrap();
        }
    }
}

#[tokio::test]
async fn it_writes_to_the_disk_before_it_acknowledges() {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..program().await };
    let server = NatsServer::start(options).await.unwrap();
    let settings = std::fs::read_to_string(dir.path().join("nats-server.conf")).unwrap();
    assert!(settings.contains("jetstream { sync_interval: always }"), "{settings}");
    // Function logs are the exception, as each write takes milliseconds.
    let bus = connect_to(server.url()).await;
    for (name, synced, mode) in [("state", true, None), ("logs", false, Some("async"))] {
        let spec = JournalSpec {
            name,
            subject: format!("{name}.>").leak(),
            max_age: Duration::from_secs(60),
            max_bytes: 1 << 20,
            max_messages: None,
            synced,
            keeps_oldest: false,
        };
        bus.open_journal(spec).await.unwrap();
        let requester = Requester::new(bus.clone()).await.unwrap();
        let subject = format!("$JS.API.STREAM.INFO.{name}");
        let info = requester.request(&subject, Bytes::new(), SOON).await.unwrap();
        let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
        let found = info["config"]["persist_mode"].as_str().filter(|mode| *mode != "default");
        assert_eq!(found, mode, "{info}");
    }
}

#[tokio::test]
async fn without_jetstream_the_error_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let _server = without_jetstream(dir.path()).await;
    let port = std::fs::read_dir(dir.path()).unwrap().find_map(|file| {
        let path = file.unwrap().path();
        let ports = path.extension().is_some_and(|end| end == "ports").then(|| std::fs::read(path));
        serde_json::from_slice::<serde_json::Value>(&ports?.unwrap()).ok()
    });
    let url = port.unwrap()["nats"][0].as_str().unwrap().to_owned();
    let bus = connect_to(url).await;
    let objects = bus.objects("any").await.err();
    for rejected in [bus.bucket("any").await.err(), objects] {
        let rejected = rejected.unwrap().to_string();
        assert!(rejected.contains("start nats-server with -js"), "{rejected}");
    }
    let rejected = bus.read_journal("any", ">", false).await.err().unwrap().to_string();
    assert!(rejected.contains("start nats-server with -js"), "{rejected}");
}

#[tokio::test]
async fn readings_leave_nothing_at_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..program().await };
    let server = NatsServer::start(options).await.unwrap();
    let bus = connect_to(server.url()).await;
    let bucket = bus.bucket("state").await.unwrap();
    bucket.create("key", "value".into()).await.unwrap();
    for _ in 0..200 {
        assert_eq!(bucket.entries().await.unwrap().len(), 1);
    }
    let objects = bus.objects("files").await.unwrap();
    objects.put("file", "bytes".into()).await.unwrap();
    bus.open_journal(JournalSpec {
        name: "journal",
        subject: "journal.>",
        max_age: Duration::from_secs(60),
        max_bytes: 1 << 20,
        max_messages: None,
        synced: true,
        keeps_oldest: false,
    })
    .await
    .unwrap();
    bus.append("journal", "journal.a", "line".into()).await.unwrap();
    for _ in 0..20 {
        assert_eq!(objects.list().await.unwrap().len(), 1);
        assert_eq!(objects.leftovers(UnixMillis(0)).await.unwrap(), []);
        let mut changes = bucket.watch().await.unwrap();
        assert!(matches!(soon(changes.recv()).await, Some(Change::Put(_))));
        for follow in [false, true] {
            let mut lines = bus.read_journal("journal", ">", follow).await.unwrap();
            assert_eq!(soon(lines.next()).await.unwrap().payload, "line");
        }
    }
    let requester = Requester::new(bus.clone()).await.unwrap();
    // Left to itself, the server would keep each for half a minute.
    let within = Instant::now() + Duration::from_secs(15);
    for stream in ["KV_state", "OBJ_files", "journal"] {
        let subject = format!("$JS.API.STREAM.INFO.{stream}");
        loop {
            let info = requester.request(&subject, Bytes::new(), SOON).await;
            let info: serde_json::Value = serde_json::from_slice(&info.unwrap()).unwrap();
            if info["state"]["consumer_count"] == 0 {
                break;
            }
            assert!(Instant::now() < within, "{info}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A removal while the entries are being sent. The watcher has the removed key already.
#[tokio::test]
async fn a_watcher_is_told_of_a_removal_before_it_has_all_entries() {
    const KEYS: usize = 240;
    let server = server().await;
    let bus = connect(&server).await;
    let bucket = bus.bucket("large").await.unwrap();
    let large = Bytes::from(vec![b'.'; 512 << 10]);
    let mut revisions = Vec::new();
    for number in 0..KEYS {
        revisions.push(bucket.create(&format!("key-{number}"), large.clone()).await.unwrap());
    }
    let mut changes = bucket.watch().await.unwrap();
    let first = soon(changes.recv()).await.unwrap();
    assert!(matches!(first, Change::Put(entry) if entry.key == "key-0"));
    // The server sends no more until the watcher has taken some.
    connect(&server)
        .await
        .bucket("large")
        .await
        .unwrap()
        .delete("key-0", revisions[0])
        .await
        .unwrap();
    let mut keys = 1;
    loop {
        match soon(changes.recv()).await.unwrap() {
            Change::Put(_) => keys += 1,
            Change::Deleted { key } => break assert_eq!(key, "key-0"),
            other => panic!("{other:?} after {keys} entries"),
        }
    }
    assert_eq!(keys, KEYS);
    assert_eq!(soon(changes.recv()).await, Some(Change::Current));
}

#[test]
fn a_server_of_ours_is_one_that_the_bus_takes() {
    assert_eq!(program::OLDEST, brink_shared::bus::nats::OLDEST_SERVER);
    assert_eq!(brink_nats_server::MAX_PAYLOAD, brink_shared::bus::MAX_PAYLOAD);
}

/// A server that keeps nothing.
async fn without_jetstream(dir: &std::path::Path) -> tokio::process::Child {
    let mut command = tokio::process::Command::new(program().await.program.unwrap());
    command.args(["--addr", "127.0.0.1", "--port", "-1"]);
    command.arg("--ports_file_dir").arg(dir);
    command.stderr(std::process::Stdio::null()).kill_on_drop(true);
    let child = command.spawn().unwrap();
    let ports = dir.join(format!("nats-server_{}.ports", child.id().unwrap()));
    soon(until(async || std::fs::metadata(&ports).is_ok_and(|file| file.len() > 0))).await;
    child
}
