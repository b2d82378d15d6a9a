//! A scheduler without a cluster around it: starting, answering, ending.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{ClientHello, ToClient};
use taskloom_rpc::{ClientLink, ConnectError, ConnectOptions, SchedulerAddress, connect_client};
use taskloom_scheduler::{Scheduler, SchedulerConfig, SchedulerError, SchedulerHandle};
use taskloom_wire::proto::IdentityRequest;

fn scheduler() -> SchedulerHandle {
    Scheduler::spawn(SchedulerConfig::default()).unwrap()
}

async fn connect(scheduler: &SchedulerHandle) -> Result<ClientLink, ConnectError> {
    let address = SchedulerAddress::from(scheduler.address());
    let hello = ClientHello {
        protocol: PROTOCOL_VERSION,
        name: "test".into(),
        job: String::new(),
    };
    connect_client(&address, hello, &ConnectOptions::default()).await
}

#[tokio::test]
async fn it_listens_when_it_is_spawned_and_says_who_it_is() {
    let scheduler = scheduler();
    assert_ne!(scheduler.address().port(), 0);
    assert_eq!(scheduler.contact_address(), scheduler.address().to_string());
    let mut link = connect(&scheduler).await.unwrap();
    let identity = link
        .admin
        .identity(IdentityRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(identity.address, scheduler.contact_address());
    assert_eq!((identity.clients, identity.protocol), (1, PROTOCOL_VERSION));
    assert_eq!(identity.process, std::process::id());
    assert_eq!(identity.epoch, u32::from(link.welcome.epoch));
}

#[tokio::test]
async fn it_tells_its_peers_when_it_closes() {
    let scheduler = scheduler();
    let mut link = connect(&scheduler).await.unwrap();
    scheduler.close("the test is over");
    let mut said = Vec::new();
    while let Ok(Some(batch)) = link.inbox.next().await {
        said.extend(batch.messages);
    }
    let reason = "the test is over".to_owned();
    assert!(said.contains(&ToClient::Closing { reason }), "{said:?}");
    drop(link);
    scheduler.joined().await.unwrap();
}

#[test]
fn it_ends_at_once_when_nobody_is_there_or_nobody_wants_it() {
    let start = Instant::now();
    let closed = scheduler();
    closed.close("nothing to do");
    closed.join().unwrap();
    drop(scheduler());
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn it_can_be_started_and_dropped_inside_a_runtime() {
    let scheduler = scheduler();
    let link = connect(&scheduler).await.unwrap();
    drop(scheduler);
    let mut inbox = link.inbox;
    while let Ok(Some(_)) = inbox.next().await {}
}

#[test]
fn a_taken_port_is_an_error_with_the_address_and_a_hint() {
    let first = scheduler();
    let mut config = SchedulerConfig::default();
    config.listen.port = first.address().port();
    let error = Scheduler::spawn(config).unwrap_err();
    assert!(matches!(error, SchedulerError::Listen(_)), "{error:?}");
    let error = error.to_string();
    assert!(
        error.contains(&first.address().to_string()) && error.contains("hint"),
        "{error}"
    );
}

#[test]
fn settings_without_sense_are_refused() {
    let config = SchedulerConfig {
        worker_timeout: Duration::ZERO,
        ..Default::default()
    };
    let error = Scheduler::spawn(config).unwrap_err().to_string();
    assert!(error.contains("worker_timeout"), "{error}");
}
