//! What a port does with those who do not belong there, and with those who look around.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{Server, client_hello, soon};
use taskloom_rpc::{ConnectOptions, connect_client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn garbage_closes_only_its_own_connection() {
    let server = Server::start().await;
    let options = ConnectOptions::default();
    let mut link = soon(connect_client(
        &server.scheduler(),
        client_hello(),
        &options,
    ))
    .await
    .unwrap();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut bad_frames = preface.to_vec();
    bad_frames.extend([0xff; 64]);
    for garbage in [
        &[0u8; 100][..],
        b"\x16\x03\x01\x02\x00\x01",
        b"hello?\n",
        &bad_frames,
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut answer = Vec::new();
        // Closed in order or reset, both will do.
        let _ = soon(stream.read_to_end(&mut answer)).await;
    }
    // One that connects and hangs up, and one that stays.
    drop(TcpStream::connect(server.address).await.unwrap());
    let _silent = TcpStream::connect(server.address).await.unwrap();
    let request = taskloom_wire::proto::IdentityRequest {};
    assert_eq!(
        soon(link.admin.identity(request))
            .await
            .unwrap()
            .into_inner()
            .release,
        "test"
    );
    soon(connect_client(
        &server.scheduler(),
        client_hello(),
        &options,
    ))
    .await
    .unwrap();
}

#[tokio::test]
async fn a_browser_is_told_what_this_is() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 505 ") && answer.contains("gRPC"),
        "{answer}"
    );
}

#[tokio::test]
async fn health_and_reflection_answer() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let server = Server::start().await;
    let url = format!("http://{}", server.address);
    let channel = tonic::transport::Endpoint::from_shared(url)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut health = HealthClient::new(channel.clone());
    for service in [
        "",
        "taskloom.v1.WorkerService",
        "taskloom.v1.Data",
        "taskloom.v1.Admin",
    ] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let reply = soon(health.check(request)).await.unwrap().into_inner();
        assert_eq!(reply.status, 1, "{service}");
    }
    let mut reflection = ServerReflectionClient::new(channel);
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(list),
    };
    let asked = reflection.server_reflection_info(futures::stream::iter([request]));
    let reply = soon(asked)
        .await
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = reply.message_response else {
        panic!("no list");
    };
    let names: Vec<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for name in ["ClientService", "WorkerService", "Data", "Admin"] {
        assert!(names.contains(&format!("taskloom.v1.{name}")), "{names:?}");
    }
}
