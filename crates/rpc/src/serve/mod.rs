//! The listening end: which services a port offers, and how its connections are run.

mod accept;
mod preface;
mod seldom;
mod sessions;

pub use accept::{Incoming, Lobby, accept, lobby};
pub use sessions::{ServerClientLink, ServerWorkerLink, SessionHost};

use crate::data::{DataService, ValueSink, ValueSource};
use crate::settings::{
    CONNECTION_WINDOW_BYTES, ConnectionKind, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT,
};
use futures::FutureExt;
use std::future::Future;
use taskloom_core::limits::MESSAGE_BYTES_MAX;
use taskloom_wire::DESCRIPTORS;
use taskloom_wire::proto::actors_server::{Actors, ActorsServer};
use taskloom_wire::proto::admin_server::{Admin, AdminServer};
use taskloom_wire::proto::client_service_server::ClientServiceServer;
use taskloom_wire::proto::worker_service_server::WorkerServiceServer;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;

/// The services of a scheduler: sessions, administration, relay, health, reflection.
pub fn scheduler_routes<H, A, S>(host: H, admin: A, relay: DataService<S>) -> Routes
where
    H: SessionHost,
    A: Admin,
    S: ValueSource + ValueSink,
{
    let sessions = sessions::Sessions::new(host);
    let workers =
        WorkerServiceServer::new(sessions.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let clients = ClientServiceServer::new(sessions).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let names = [
        <WorkerServiceServer<sessions::Sessions<H>> as NamedService>::NAME,
        <ClientServiceServer<sessions::Sessions<H>> as NamedService>::NAME,
        <AdminServer<A> as NamedService>::NAME,
        <DataService<S> as NamedService>::NAME,
    ];
    let routes = Routes::new(workers)
        .add_service(clients)
        .add_service(AdminServer::new(admin))
        .add_service(relay);
    with_public_services(routes, &names)
}

/// The services of a worker: data, health, reflection.
pub fn worker_routes<S: ValueSource + ValueSink>(data: DataService<S>) -> Routes {
    with_public_services(Routes::new(data), &[<DataService<S> as NamedService>::NAME])
}

/// The same with the calls of actors: a worker's own, or the scheduler's relay.
pub fn with_actors(routes: Routes, actors: impl Actors) -> Routes {
    routes.add_service(
        ActorsServer::new(actors)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX),
    )
}

/// Adds what any gRPC tool looks for: health of the services, and reflection in both versions.
fn with_public_services(routes: Routes, names: &[&str]) -> Routes {
    let (reporter, health) = tonic_health::server::health_reporter();
    for name in names {
        // Nobody else has the reporter yet, so this never has to wait.
        let _ = reporter
            .set_service_status(name, ServingStatus::Serving)
            .now_or_never();
    }
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = routes.add_service(health);
    match (builder().build_v1(), builder().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes.add_service(v1).add_service(v1alpha),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "no reflection: the descriptors of the protocol are damaged");
            routes
        }
    }
}

/// Serves accepted connections on this runtime until `shutdown` resolves and all calls have ended,
/// or every [`Lobby`] is dropped. Drop the future to take no more connections at once.
///
/// # Errors
/// If the transport cannot be set up.
pub async fn serve(
    routes: Routes,
    incoming: Incoming,
    kind: ConnectionKind,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    Server::builder()
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_stream_window_size(kind.stream_window_bytes())
        .max_frame_size(kind.frame_bytes())
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, shutdown)
        .await
}
