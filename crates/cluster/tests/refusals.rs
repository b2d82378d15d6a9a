//! What the scheduler does not take, and what it says about it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fixture;

use fixture::parties::{as_client, as_worker, client_hello, worker_hello, worker_offering};
use fixture::tasks::*;
use fixture::{builder, cluster, started, until, within};
use std::time::Duration;
use taskloom_client::Notice;
use taskloom_core::limits::{MESSAGE_BYTES_MAX, PROTOCOL_VERSION};
use taskloom_core::message::{ClientHello, FromClient, WorkerHello};
use taskloom_core::{ErrorCode, Operation, Ticket};
use taskloom_rpc::{ConnectError, RefusedAs};
use taskloom_task::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn another_protocol_is_refused() {
    let (cluster, client) = cluster(1).await;
    let other = PROTOCOL_VERSION + 1;
    let hello = WorkerHello {
        protocol: other,
        ..worker_hello("other")
    };
    let errors = [
        as_worker(&cluster, hello).await.err().unwrap(),
        as_client(
            &cluster,
            ClientHello {
                protocol: other,
                ..client_hello()
            },
        )
        .await
        .err()
        .unwrap(),
    ];
    for error in errors {
        assert!(
            matches!(
                error,
                ConnectError::Refused {
                    reason: RefusedAs::Protocol,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(
            error.to_string().contains(&format!("speaks {other}")),
            "{error}"
        );
    }
    assert_eq!(
        within("the result", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn an_operation_with_another_signature_is_refused() {
    let (cluster, client) = cluster(1).await;
    let known = Registry::linked().unwrap().operations();
    let known = known
        .iter()
        .find(|operation| operation.name.ends_with("inc"))
        .unwrap();
    let other = Operation::new(known.name.clone(), known.version, known.signature ^ 1);
    let hello = worker_offering("outdated", vec![other]);
    let error = as_worker(&cluster, hello).await.err().unwrap();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains(&known.to_string()), "{error}");
    assert_eq!(
        within("the result", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn what_nobody_offers_waits_visibly_and_then_errs() {
    let short = Duration::from_millis(700);
    let (cluster, client) = started(
        builder()
            .workers(0)
            .scheduler(|scheduler| scheduler.no_worker_timeout = short),
    )
    .await;
    let mut notices = client.notices();
    // A worker with a similar operation, so that there is something to point at.
    let near = Operation::new("refusals::fixture::tasks::ink", 1, 7);
    let _played = as_worker(&cluster, worker_offering("other", vec![near]))
        .await
        .unwrap();
    let task = client.submit(inc::task(1));
    let notice = within("the notice", notices.next()).await.unwrap();
    let Notice::Waiting {
        operation,
        tasks,
        near,
        text,
        ..
    } = notice
    else {
        panic!("{notice:?}");
    };
    assert!(
        operation.contains("inc") && tasks == 1,
        "{operation} {tasks}"
    );
    assert!(near.iter().any(|near| near.contains("ink")), "{near:?}");
    assert!(text.contains("inc"), "{text}");
    let error = within("the error", task).await.unwrap_err();
    assert_eq!(
        error.failure().unwrap().code,
        ErrorCode::NoWorker,
        "{error}"
    );
    assert!(error.to_string().contains("inc"), "{error}");
}

#[tokio::test]
async fn what_waits_runs_when_a_worker_comes() {
    let (cluster, client) = cluster(0).await;
    let futures = client.map(0..100, inc::task).await.unwrap();
    until(&client, "the tasks", |identity| {
        identity.tasks.no_worker + identity.tasks.queued == 100
    })
    .await;
    cluster.add_worker().await.unwrap();
    let results = within("the results", client.gather(&futures))
        .await
        .unwrap();
    assert_eq!(results, (1..=100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn an_argument_over_the_limit_is_an_error_that_says_what_to_do() {
    let (_cluster, client) = cluster(1).await;
    let large = vec![0_u8; taskloom_core::limits::ARGUMENT_BYTES_MAX + 1];
    let error = within("the error", client.submit(count::task(large, 0)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("scatter"), "{error}");
    assert_eq!(
        within("the result", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn a_message_over_the_limit_ends_its_session_and_no_other() {
    let (cluster, client) = cluster(1).await;
    let mut link = as_client(&cluster, client_hello()).await.unwrap();
    // Each of these takes 10 bytes on the wire.
    let tickets = (0..MESSAGE_BYTES_MAX as u64 / 8)
        .map(|n| Ticket(u64::MAX - n))
        .collect();
    link.outbox.push(FromClient::Locate {
        request: 1,
        tickets,
    });
    within("the end of the session", async {
        while let Ok(Some(_)) = link.inbox.next().await {}
    })
    .await;
    until(&client, "the loss of the client", |identity| {
        identity.clients == 1
    })
    .await;
    assert_eq!(
        within("the result", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn garbage_on_the_port_hurts_nobody() {
    let (cluster, client) = cluster(1).await;
    for garbage in [
        &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        b"\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\n\n\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut stream = TcpStream::connect(cluster.address()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut answer = Vec::new();
        // Closed or reset, but not left open.
        let _ = within("the end of the connection", stream.read_to_end(&mut answer)).await;
    }
    assert_eq!(
        within("the result", client.submit(inc::task(1)))
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let (cluster, _client) = cluster(0).await;
    let port: u16 = cluster
        .address()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let error = builder()
        .scheduler(|scheduler| scheduler.listen.port = port)
        .start()
        .await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains(&port.to_string()) && error.contains("in use"),
        "{error}"
    );
}

#[tokio::test]
async fn a_setting_without_sense_is_named() {
    let builder = builder().scheduler(|scheduler| scheduler.heartbeat = Duration::ZERO);
    let error = builder.start().await.unwrap_err().to_string();
    assert!(error.contains("heartbeat"), "{error}");
}
