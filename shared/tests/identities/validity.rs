//! How identities begin and end.

use std::os::unix::fs::PermissionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;

fn in_seconds(seconds: u64) -> Option<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Some(now + seconds)
}

#[tokio::test]
async fn nobody_comes_in_without_credentials() {
    let secured = Secured::start().await;
    let options = async_nats::ConnectOptions::new().connection_timeout(SOON);
    assert!(options.connect(secured.server.url()).await.is_err());
    // Credentials of another authority.
    let mut other = Secured::start().await;
    let creds = other.creds("gateway", Role::Gateway);
    assert!(Raw::connect(&secured.server.url(), creds.clone(), "gateway").await.is_err());
    let bus = NatsBus::connect(secured.options(creds)).await.unwrap();
    let told = async || {
        let rejected = bus.publish("a", None, "".into()).await.unwrap_err().to_string();
        rejected.contains("does not accept the credentials")
    };
    soon(until(told)).await;
}

/// Speaks as much of NATS as a client needs to connect.
async fn answer_as_server(version: &str, listener: TcpListener) {
    let info = json!({
        "server_id": version, "server_name": "twin", "version": version, "proto": 1, "headers": true,
        "max_payload": 1 << 20, "auth_required": true, "nonce": "nonce", "host": "127.0.0.1",
        "port": listener.local_addr().unwrap().port(),
    });
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        write.write_all(format!("INFO {info}\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line == "PING" {
                write.write_all(b"PONG\r\n").await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_lets_clients_forge_their_identity_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = Authority::create(&dir.path().join("bus")).unwrap();
    let creds = authority.add_user(&node("edge-1"), Role::Gateway, None, Vec::new()).unwrap();
    for (version, is_used) in [("2.12.5", false), ("2.12.6", true), ("2.9.25", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let servers = vec![format!("nats://{}", listener.local_addr().unwrap())];
        let server = tokio::spawn(answer_as_server(version, listener));
        let name = "edge-1".to_owned();
        let options = NatsOptions { servers, creds: Some(creds.clone()), ca: None, name };
        let bus = NatsBus::connect(options).await.unwrap();
        if is_used {
            soon(bus.link().wait_for(|link| *link == Link::Up)).await.unwrap();
        } else {
            let expected = format!(
                "the NATS server twin has version {version}, which lets clients forge their \
                 identity; update it to 2.12.6 or newer"
            );
            let told = async || {
                let sent = bus.publish("brink.ping.w", None, "".into()).await;
                sent.is_err_and(|error| error.to_string().contains(&expected))
            };
            soon(until(told)).await;
            assert_eq!(*bus.link().borrow(), Link::Down);
        }
        server.abort();
    }
}

#[tokio::test]
async fn credentials_say_who_holds_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = Authority::create(&dir.path().join("bus")).unwrap();
    let expires = in_seconds(60);
    let creds = authority.add_user(&node("edge-1"), Role::Gateway, expires, Vec::new()).unwrap();
    assert_eq!(std::fs::metadata(&creds).unwrap().permissions().mode() & 0o777, 0o600);
    let identity = Identity::read(&creds).unwrap();
    let tenant = TenantName::default();
    let expected = Identity { name: node("edge-1"), role: Some(Role::Gateway), tenant, expires };
    assert_eq!(identity, expected);
    let again = authority.add_user(&node("edge-1"), Role::Gateway, None, Vec::new());
    assert!(again.unwrap_err().to_string().contains("brink bus revoke edge-1"));
    for key in std::fs::read_dir(dir.path().join("bus/keys")).unwrap() {
        let mode = key.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(Authority::create(&dir.path().join("bus")).is_err());
    let reopened = Authority::open(&dir.path().join("bus")).unwrap();
    assert_eq!(reopened.users().count(), 1);
    assert!(Authority::open(dir.path()).unwrap_err().to_string().contains("brink bus init"));
}

#[tokio::test]
async fn a_revoked_identity_is_thrown_out() {
    let mut secured = Secured::start().await;
    let bus = secured.bus("edge-1", Role::Gateway).await;
    let other = secured.bus("edge-2", Role::Gateway).await;
    let mut link = bus.link();
    secured.authority.revoke(&node("edge-1")).unwrap();
    secured.server.reload();
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
    let told = async || {
        let rejected = bus.publish("brink.ping.w", None, "".into()).await.unwrap_err().to_string();
        rejected.contains("does not accept the credentials")
    };
    soon(until(told)).await;
    assert_eq!(*other.link().borrow(), Link::Up);
    // The name is free again, for other credentials.
    secured.bus("edge-1", Role::Gateway).await;
    assert_eq!(*bus.link().borrow(), Link::Down);
}

#[tokio::test]
async fn credentials_end_with_their_time() {
    let mut secured = Secured::start().await;
    let creds = secured.authority.add_user(&node("w"), Role::Worker, in_seconds(2), Vec::new());
    let bus = NatsBus::connect(secured.options(creds.unwrap())).await.unwrap();
    let mut link = bus.link();
    soon(link.wait_for(|link| *link == Link::Up)).await.unwrap();
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
    let told = async || {
        // The server counts whole seconds, so the bus may come in once more.
        let sent = bus.publish("brink.log.a", None, "".into()).await;
        sent.is_err_and(|error| error.to_string().contains("does not accept the credentials"))
    };
    soon(until(told)).await;
}

#[tokio::test]
async fn signing_keys_change_and_users_stay() {
    let mut secured = Secured::start().await;
    let old = secured.bus("old", Role::Worker).await;
    secured.authority.rotate(Role::Worker).unwrap();
    secured.server.reload();
    let reloaded = async || {
        // The new key is known once its first user comes in.
        let name = format!("new-{}", rand::random::<u32>());
        let creds = secured.creds(&name, Role::Worker);
        secured.server.reload();
        Raw::connect(&secured.server.url(), creds, &name).await.is_ok()
    };
    soon(until(reloaded)).await;
    assert_eq!(*old.link().borrow(), Link::Up);
    old.publish("brink.log.a.1.viewer-request", None, "".into()).await.unwrap();
    let mut link = old.link();
    let ended = secured.authority.retire(Role::Worker).unwrap();
    assert_eq!(ended, [node("old")]);
    secured.server.reload();
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
}

/// A server that reads its configuration again keeps its operator, and rejects a configuration with
/// another JWT of it.
#[tokio::test]
async fn a_change_that_comes_later_is_read_too() {
    let mut secured = Secured::start().await;
    let bus = secured.bus("edge-1", Role::Gateway).await;
    // JWTs say in whole seconds when they were signed.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let mut link = bus.link();
    secured.authority.revoke(&node("edge-1")).unwrap();
    secured.server.reload();
    soon(link.wait_for(|link| *link == Link::Down)).await.unwrap();
}
