//! Nobody can be somebody else: not a client, and not a leaf node.

use std::process::Stdio;

use async_nats::HeaderMap;
use brink_shared::bus::{Message, Subscription};
use brink_shared::identity::{Verb, permissions};
use brink_shared::subject;
use futures_util::StreamExt;
use tokio::process::{Child, Command};

use super::*;

/// The identity that somebody would like to have.
const FORGED: &str =
    r#"{"acc":"A","user":"U","name_tag":"root","tags":["role:admin","may:delete:*"]}"#;

fn forged() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Request-Info", FORGED);
    headers
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn next(heard: &mut Subscription) -> Message {
    soon(heard.next()).await.unwrap()
}

fn is_vera(message: &Message) {
    let sender = message.sender.as_ref().unwrap();
    assert_eq!((sender.name.as_str(), sender.role), ("vera", Some(Role::Viewer)));
    assert!(sender.may(Verb::Logs, "a") && !sender.may(Verb::Delete, "a"));
}

#[tokio::test]
async fn the_server_says_who_sent_a_request() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin-1", Role::Admin).await;
    let list = subject::admin("function", "list");
    let mut heard = admin.subscribe(&list, None, 8).await.unwrap();
    admin.flush().await.unwrap();
    let vera = secured.raw("vera", Role::Viewer).await;
    vera.client.publish(list.clone(), "".into()).await.unwrap();
    is_vera(&next(&mut heard).await);
    vera.client.publish_with_headers(list.clone(), forged(), "".into()).await.unwrap();
    is_vera(&next(&mut heard).await);
    // The name of the connection is the client's own word.
    let creds = secured.creds("vera-2", Role::Viewer);
    let options = async_nats::ConnectOptions::with_credentials_file(creds).await.unwrap();
    let named = options.name("root").connect(secured.server.url()).await.unwrap();
    named.publish(list.clone(), "".into()).await.unwrap();
    assert_eq!(next(&mut heard).await.sender.unwrap().name, "vera-2");
    // Rights are in the credentials.
    let right = "publish:shop-*".parse().unwrap();
    let creds = secured.authority.add_user(&node("sam"), Role::Publisher, None, vec![right]);
    let sam = Raw::connect(&secured.server.url(), creds.unwrap(), "sam").await.unwrap();
    sam.client.publish(list, "".into()).await.unwrap();
    let sender = next(&mut heard).await.sender.unwrap();
    assert!(sender.may(Verb::Publish, "shop-a") && !sender.may(Verb::Publish, "blog"));
    assert!(!sender.may(Verb::Delete, "shop-a"));
}

/// The answer to a person goes to the subject that the person's request names, and the answering node
/// writes its headers. So it could be an admin request, with a sender that the node makes up.
#[tokio::test]
async fn an_answer_of_a_node_is_no_request_of_a_person() {
    let mut secured = Secured::start().await;
    let admin = secured.bus("admin-1", Role::Admin).await;
    let delete = subject::admin("function", "delete");
    let mut heard = admin.subscribe(&delete, None, 4_096).await.unwrap();
    admin.flush().await.unwrap();
    let nodes =
        [secured.raw("gateway", Role::Gateway).await, secured.raw("worker", Role::Worker).await];
    let mut arrivals = Vec::new();
    for (node, role) in nodes.iter().zip([Role::Gateway, Role::Worker]) {
        for (pattern, group) in subscriptions(role) {
            arrivals.push((
                node.client.clone(),
                match group {
                    None => node.client.subscribe(pattern).await.unwrap(),
                    Some(group) => node.client.queue_subscribe(pattern, group).await.unwrap(),
                },
            ));
        }
        node.client.flush().await.unwrap();
    }
    let mut people = Vec::new();
    for role in [Role::Publisher, Role::Viewer, Role::Auditor] {
        let person = secured.raw(role.name(), role).await;
        for pattern in permissions::of(role).r#pub.allow {
            let to = pattern.replace(['*', '>'], "a");
            person.client.publish_with_reply(to, delete.clone(), "".into()).await.unwrap();
        }
        person.client.flush().await.unwrap();
        people.push(person);
    }
    let mut answered = 0;
    for (client, arrivals) in &mut arrivals {
        let quiet = Duration::from_millis(50);
        while let Ok(Some(asked)) = tokio::time::timeout(quiet, arrivals.next()).await {
            let Some(to) = asked.reply else { continue };
            let mut answer = HeaderMap::new();
            answer.insert("Nats-Request-Info", FORGED);
            let reply_to = "_BG.gateway.1".to_owned();
            let sent = client.publish_with_reply_and_headers(to, reply_to, answer, "".into());
            sent.await.unwrap();
            client.flush().await.unwrap();
            answered += 1;
        }
    }
    assert!(answered > 0, "people ask nodes for their status");
    let quiet = Duration::from_millis(300);
    while let Ok(message) = tokio::time::timeout(quiet, heard.next()).await {
        let message = message.unwrap();
        let sender = message.sender.map(|sender| sender.name);
        let known = ["publisher", "viewer", "auditor"].map(str::to_owned);
        assert!(sender.as_ref().is_some_and(|name| known.contains(name)), "{sender:?}");
    }
}

#[tokio::test]
async fn a_leaf_node_is_who_its_credentials_say() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = Authority::create(&dir.path().join("bus")).unwrap();
    let vera = authority.add_user(&node("vera"), Role::Viewer, None, Vec::new()).unwrap();
    let admin = authority.add_user(&node("admin-1"), Role::Admin, None, Vec::new()).unwrap();
    let (hub_port, leaf_port, port) = (free_port(), free_port(), free_port());
    let (accounts, store) = (authority.accounts_file(), dir.path().join("js"));
    let hub = format!(
        "listen: \"127.0.0.1:{hub_port}\"\ninclude '{}'\njetstream {{ store_dir: {store:?} }}\n\
         leafnodes {{ listen: \"127.0.0.1:{leaf_port}\" }}\n",
        pathdiff(dir.path(), &accounts),
    );
    let _hub = start(dir.path(), "hub.conf", &hub).await;
    let leaf = format!(
        "listen: \"127.0.0.1:{port}\"\nleafnodes {{ remotes: [{{ url: \"nats://127.0.0.1:{leaf_port}\", \
         credentials: {vera:?} }}] }}\n",
    );
    let servers = vec![format!("nats://127.0.0.1:{hub_port}")];
    let options = NatsOptions { servers, creds: Some(admin), ca: None, name: "admin-1".to_owned() };
    let bus = NatsBus::connect(options).await.unwrap();
    soon(bus.link().wait_for(|link| *link == Link::Up)).await.unwrap();
    let mut heard = bus.subscribe("brink.admin.*.*", None, 64).await.unwrap();
    bus.flush().await.unwrap();
    let _leaf = start(dir.path(), "leaf.conf", &leaf).await;
    // Everybody may do everything at the leaf's own server.
    let client = soon(async {
        loop {
            match async_nats::connect(format!("nats://127.0.0.1:{port}")).await {
                Ok(client) => return client,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    })
    .await;
    let list = subject::admin("function", "list");
    let delete = subject::admin("function", "delete");
    // The leaf may not be connected to the hub yet.
    let message = loop {
        client.publish_with_headers(delete.clone(), forged(), "".into()).await.unwrap();
        client.publish_with_headers(list.clone(), forged(), "".into()).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_millis(200), heard.next()).await;
        if let Ok(message) = heard {
            break message.unwrap();
        }
    };
    let mut all = vec![message];
    while let Ok(more) = tokio::time::timeout(Duration::from_millis(300), heard.next()).await {
        all.push(more.unwrap());
    }
    for message in all {
        assert_eq!(message.subject, list, "a viewer may not send this");
        let sender = message.sender.unwrap();
        assert_ne!(sender.name, "root");
        assert!(!sender.may(Verb::Delete, "a"), "{sender:?}");
    }
}

/// The path of a file below the folder, as the configuration in the folder includes it.
fn pathdiff(dir: &std::path::Path, file: &std::path::Path) -> String {
    file.strip_prefix(dir).unwrap().display().to_string()
}

async fn start(dir: &std::path::Path, name: &str, config: &str) -> Child {
    let path = dir.join(name);
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(program::find().await.unwrap());
    command.arg("--config").arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).spawn().unwrap()
}
