//! A webhook's receiver that does what it is told, one act a request, and takes everything when the script is over.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the receiver does with one request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Answers with this status.
    Answer(u16),
    /// Answers with another address.
    Redirect(String),
    /// Takes the request and never answers.
    Hang,
    /// Takes the request and closes the connection.
    Reset,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

#[derive(Debug, Clone, Default)]
struct Script {
    acts: Arc<Mutex<VecDeque<Act>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A receiver on a port of its own, ended when dropped.
pub(super) struct Server {
    port: u16,
    script: Script,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(acts: &[Act]) -> Self {
        Self::start_on(0, acts).await
    }

    /// On a port that was free a moment ago.
    pub(super) async fn start_on(port: u16, acts: &[Act]) -> Self {
        let script = Script { acts: Arc::new(Mutex::new(acts.iter().cloned().collect())), ..Script::default() };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let router = Router::new().fallback(take).with_state(script.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { port, script, task }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port())
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.script.received.lock().expect("nobody panics with it").clone()
    }

    /// Ends it; nobody listens on its port any more.
    pub(super) async fn stop(mut self) {
        self.task.abort();
        drop((&mut self.task).await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(script): State<Script>, uri: Uri, headers: HeaderMap, body: String) -> Response<Body> {
    script.received.lock().expect("nobody panics with it").push(Received { path: uri.to_string(), headers, body });
    let act = script.acts.lock().expect("nobody panics with it").pop_front().unwrap_or(Act::Answer(200));
    let answer = |status: u16| Response::builder().status(status);
    let answered = match act {
        Act::Answer(status) => answer(status).body(Body::empty()),
        Act::Redirect(to) => answer(307).header("location", to).body(Body::empty()),
        Act::Hang => std::future::pending().await,
        // The connection ends with the task that serves it; nobody need read of it.
        Act::Reset => std::panic::resume_unwind(Box::new("this connection ends here, as the test wants it")),
    };
    answered.expect("an answer")
}
