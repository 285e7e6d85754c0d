//! A gRPC app over HTTP/2 without TLS, written by hand for tonic: five methods, one for each kind of call.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;

use anyhow::Result;
use futures::{Stream, StreamExt, future, stream};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response as HttpResponse};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn as method;

use crate::apps;

/// The largest message that either end takes, in bytes.
pub const LARGEST: usize = 32 << 20;

/// The path of the method that never answers.
const WAIT: &str = "/suite.Notes/Wait";

/// The only message.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Note {
    /// Some text.
    #[prost(string, tag = "1")]
    pub text: String,
    /// A number; its meaning is the method's.
    #[prost(uint64, tag = "2")]
    pub number: u64,
    /// Any bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub bytes: Vec<u8>,
}

impl Note {
    /// A note of text and a number.
    pub fn new(text: &str, number: u64) -> Self {
        Self { text: text.to_owned(), number, bytes: Vec::new() }
    }
}

/// The running app.
pub struct Notes {
    /// Where it listens.
    pub address: SocketAddr,
    /// Names each call that was dropped before it was done.
    pub cancelled: UnboundedReceiver<&'static str>,
    /// The path of each call that arrived.
    pub arrived: UnboundedReceiver<String>,
}

/// Starts it.
///
/// # Errors
/// When no port is free.
pub async fn start() -> Result<Notes> {
    let (tells, cancelled) = unbounded_channel();
    let (names, arrived) = unbounded_channel();
    let address = apps::listen(move |stream| {
        let (tells, names) = (tells.clone(), names.clone());
        let answer = move |request: HttpRequest<Incoming>| {
            let path = request.uri().path().to_owned();
            // Made before anybody hears of the call, which may be given up before a part of it was read.
            let watch = (path == WAIT).then(|| Watch("Wait", tells.clone()));
            // The test may be over.
            let _ = names.send(path);
            let tells = tells.clone();
            async move {
                let _watch = watch;
                Ok::<_, Infallible>(answer(request, tells).await)
            }
        };
        async move {
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            drop(connection.serve_connection(TokioIo::new(stream), service_fn(answer)).await);
        }
    });
    Ok(Notes { address: address.await?, cancelled, arrived })
}

async fn answer(request: HttpRequest<Incoming>, tells: UnboundedSender<&'static str>) -> HttpResponse<Body> {
    let codec = ProstCodec::<Note, Note>::default();
    let mut grpc = tonic::server::Grpc::new(codec).max_decoding_message_size(LARGEST);
    match request.uri().path() {
        "/suite.Notes/Echo" => grpc.unary(method(echo), request).await,
        "/suite.Notes/Count" => grpc.server_streaming(method(count), request).await,
        "/suite.Notes/Collect" => grpc.client_streaming(method(collect), request).await,
        "/suite.Notes/Chat" => grpc.streaming(method(chat), request).await,
        WAIT => grpc.unary(method(wait), request).await,
        "/suite.Notes/Tick" => grpc.server_streaming(method(move |note| tick(note, tells.clone())), request).await,
        _ => Status::unimplemented("no such method").into_http(),
    }
}

type Notice = Pin<Box<dyn Stream<Item = Result<Note, Status>> + Send>>;

/// Gives the note back, with the metadata of the call; or, where the text is "fail", a status with all it can carry.
async fn echo(request: Request<Note>) -> Result<Response<Note>, Status> {
    let metadata = request.metadata().clone();
    let note = request.into_inner();
    if note.text == "fail" {
        let mut status = Status::with_details(Code::FailedPrecondition, "nicht möglich: 100 %", vec![0, 1, 255].into());
        status.metadata_mut().insert("x-reason", MetadataValue::from_static("closed"));
        return Err(status);
    }
    let mut response = Response::new(note);
    for name in ["x-trace", "te", "user-agent", "grpc-timeout"] {
        if let Some(value) = metadata.get(name) {
            let name = if name == "x-trace" { name } else { "x-saw" };
            response.metadata_mut().append(name, value.clone());
        }
    }
    if let Some(value) = metadata.get_bin("x-trace-bin") {
        response.metadata_mut().insert_bin("x-trace-bin", value.clone());
    }
    Ok(response)
}

/// As many notes as the number says, and a status that ends them.
async fn count(request: Request<Note>) -> Result<Response<Notice>, Status> {
    let number = request.into_inner().number;
    let notes = stream::iter(0..number).map(|number| Ok(Note::new("counted", number)));
    let end = stream::iter((number == 13).then(|| Err(Status::data_loss("thirteen"))));
    Ok(Response::new(Box::pin(notes.chain(end))))
}

/// How many notes came, and the sum of their numbers in the text.
async fn collect(request: Request<Streaming<Note>>) -> Result<Response<Note>, Status> {
    let (mut notes, mut seen, mut sum) = (request.into_inner(), 0, 0);
    while let Some(note) = notes.message().await? {
        (seen, sum) = (seen + 1, sum + note.number);
    }
    Ok(Response::new(Note::new(&sum.to_string(), seen)))
}

/// Each note back as it comes.
async fn chat(request: Request<Streaming<Note>>) -> Result<Response<Notice>, Status> {
    Ok(Response::new(Box::pin(request.into_inner())))
}

/// Tells when it is dropped before its time.
struct Watch(&'static str, UnboundedSender<&'static str>);

impl Drop for Watch {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.1.send(self.0);
    }
}

/// Never answers.
async fn wait(_: Request<Note>) -> Result<Response<Note>, Status> {
    future::pending().await
}

/// One note, and then nothing for ever.
async fn tick(_: Request<Note>, tells: UnboundedSender<&'static str>) -> Result<Response<Notice>, Status> {
    let watch = Watch("Tick", tells);
    let rest = stream::once(async move {
        let _watch = watch;
        future::pending().await
    });
    Ok(Response::new(Box::pin(stream::once(future::ready(Ok(Note::new("tick", 1)))).chain(rest))))
}
