//! Requests with a body.

use super::*;

#[actix_rt::test]
async fn request_bodies_are_framed_by_their_known_length() {
    let origin = RawOrigin::answering(OK);
    let client = client();
    let chunks = || stream::iter(["ab", "c"].map(|c| Ok::<_, String>(Bytes::from(c))));
    for body in [
        OutgoingBody::Whole(Bytes::from("abc")),
        OutgoingBody::stream(chunks(), Some(3)),
        OutgoingBody::stream(chunks(), None),
        OutgoingBody::Empty,
    ] {
        let mut post = request("POST", origin.port);
        post.headers.append("Content-Length", "77");
        post.body = body;
        assert_eq!(ok(&client, post).await.0, 200);
    }
    let requests = origin.requests();
    let tails: Vec<&str> =
        requests.iter().map(|request| request.split_once("origin.test\r\n").unwrap().1).collect();
    assert_eq!(
        tails,
        [
            "Content-Length: 3\r\n\r\nabc",
            "Content-Length: 3\r\n\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            "Content-Length: 0\r\n\r\n",
        ]
    );
}

#[actix_rt::test]
async fn a_viewers_body_that_breaks_off_is_the_viewers_fault() {
    let origin = RawOrigin::answering(OK);
    for length in [None, Some(10)] {
        let mut post = request("POST", origin.port);
        let chunks = [Ok(Bytes::from("ab")), Err("viewer left".to_owned())];
        post.body = OutgoingBody::stream(stream::iter(chunks), length);
        let broken = error(post).await;
        assert!(matches!(broken.cause, OriginFault::ViewerBody(_)), "{broken}");
        assert_eq!(broken.status(), 400);
    }
    let mut post = request("POST", origin.port);
    post.body = OutgoingBody::stream(stream::pending::<Result<_, String>>(), None);
    let stuck = error(post).await;
    assert!(matches!(stuck.cause, OriginFault::ViewerBody(_)), "{stuck}");
}

#[actix_rt::test]
async fn an_upload_may_take_longer_than_the_answer() {
    let origin = RawOrigin::answering(OK);
    let mut post = request("POST", origin.port);
    let ticks = tokio::time::interval(Duration::from_millis(400));
    let chunks = stream::unfold((ticks, 0), |(mut ticks, n)| async move {
        ticks.tick().await;
        (n < 5).then(|| (Ok::<_, String>(Bytes::from("x")), (ticks, n + 1)))
    });
    post.body = OutgoingBody::stream(chunks, None);
    assert_eq!(ok(&client(), post).await.0, 200);
}

#[actix_rt::test]
async fn an_origin_may_answer_before_the_upload_ends() {
    let origin = RawOrigin::start(|mut conn| {
        conn.wait_unread();
        conn.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        conn.stall();
    });
    let mut post = request("POST", origin.port);
    post.body = OutgoingBody::stream(stream::pending::<Result<_, String>>(), None);
    assert_eq!(ok(&client(), post).await, (413, "no".into()));
}
