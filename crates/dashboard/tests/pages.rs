//! Pages over real connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use taskloom_dashboard::{Dashboard, HttpAddress, Subject};
use taskloom_telemetry::{Metrics, measure_ticks};

const PATIENCE: Duration = Duration::from_secs(30);

fn pages(address: &str, metrics: &Metrics) -> Dashboard {
    let subject = Subject {
        title: "worker <1>".into(),
        metrics: metrics.clone(),
    };
    Dashboard::start(&address.parse().unwrap(), subject).unwrap()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The status line with the head, and the body.
fn ask(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ask(address, &request)
}

#[test]
fn there_is_a_list_a_feed_and_a_sign_of_life() {
    let metrics = Metrics::new("worker");
    let pages = pages("127.0.0.1:0", &metrics);
    assert_eq!(pages.url(), format!("http://{}", pages.address()));

    let (head, body) = get(pages.address(), "/");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(body.contains("<h1>worker &lt;1&gt;</h1>"), "{body}");
    assert!(body.contains("href=\"/metrics\"") && body.contains("href=\"/health\""));

    // A series that is born later is there.
    metrics.counter("op").add("who_has");
    let (head, body) = get(pages.address(), "/metrics");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("taskloom_worker_op_total{item=\"who_has\"} 1"));

    let (head, body) = get(pages.address(), "/health");
    assert!(head.starts_with("HTTP/1.1 200") && body == "ok\n", "{head}");
    let (head, body) = get(pages.address(), "/nothing");
    assert!(
        head.starts_with("HTTP/1.1 404") && body.contains("/metrics"),
        "{body}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_runs_is_well() {
    let metrics = Metrics::new("worker");
    assert_eq!(metrics.silence(), None);
    tokio::spawn(measure_ticks(metrics.clone()));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(metrics.silence().is_some_and(|silence| silence < PATIENCE));
}

#[test]
fn a_taken_port_is_left_to_whoever_has_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let metrics = Metrics::new("worker");
    let moved = pages(&format!("127.0.0.1:{port}"), &metrics);
    assert!(moved.moved());
    assert_ne!(moved.address().port(), port);
    assert!(
        get(moved.address(), "/health")
            .0
            .starts_with("HTTP/1.1 200")
    );
    assert!(!pages("127.0.0.1:0", &metrics).moved());
}

#[test]
fn an_address_of_another_machine_is_an_error_that_names_it() {
    // Set aside for documentation, so no machine has it.
    let address: HttpAddress = "192.0.2.1:8787".parse().unwrap();
    let subject = Subject {
        title: "x".into(),
        metrics: Metrics::new("x"),
    };
    let error = Dashboard::start(&address, subject).unwrap_err().to_string();
    assert!(error.contains("192.0.2.1:8787"), "{error}");
}

#[test]
fn nonsense_and_silence_keep_nobody_out() {
    let pages = pages("127.0.0.1:0", &Metrics::new("worker"));
    let _silent: Vec<TcpStream> = (0..8).map(|_| connect(pages.address())).collect();
    let (head, _) = ask(pages.address(), "\u{0}\u{1}nonsense\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    let (head, _) = ask(pages.address(), &long);
    assert!(head.starts_with("HTTP/1.1 4"), "{head}");
    assert!(get(pages.address(), "/").0.starts_with("HTTP/1.1 200"));
}

#[test]
fn the_port_is_free_when_they_end() {
    let pages = pages("127.0.0.1:0", &Metrics::new("worker"));
    let address = pages.address();
    drop(pages);
    TcpListener::bind(address).unwrap();
}
