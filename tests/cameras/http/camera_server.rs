//! A camera's web server, told by each test what to answer.

use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gatelpr::clock::Clock;
use image::{ImageFormat, Rgb, RgbImage};

/// What a camera was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Counts from 0.
    pub(crate) number: usize,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    /// Which connection it came on, counted from 0.
    pub(crate) connection: usize,
    /// Since the camera was started.
    pub(crate) at: Duration,
}

/// What becomes of a connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Keep,
    Close,
    /// It stays open and nothing comes.
    Freeze,
}

/// A camera; it runs until the tests end.
pub(crate) struct Camera {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Camera {
    /// Answers each request with `answer`, which writes to the connection.
    pub(crate) fn start(answer: impl Fn(&Request, &mut TcpStream) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let camera = Self { port, requests: Arc::clone(&requests) };
        let (answer, clock, connections) = (Arc::new(answer), Clock::start(), AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                let connection = connections.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || serve(stream, connection, clock, &requests, answer.as_ref()));
            }
        });
        camera
    }

    /// Answers every request with these bytes and closes the connection.
    pub(crate) fn that_says(answer: Vec<u8>) -> Self {
        Self::start(move |_, stream| {
            send(stream, &answer);
            Then::Close
        })
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    clock: Clock,
    requests: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request, &mut TcpStream) -> Then,
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    loop {
        let head: Vec<String> = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else { return };
        let header = |line: &String| line.strip_prefix("Authorization: ").map(str::to_owned);
        let authorization = head.iter().find_map(header);
        let request = {
            let mut requests = requests.lock().unwrap();
            let (number, path) = (requests.len(), path.to_owned());
            requests.push(Request { number, path, authorization, connection, at: clock.elapsed() });
            requests[number].clone()
        };
        match answer(&request, &mut stream) {
            Then::Keep => {}
            Then::Close => {
                drop(stream.shutdown(Shutdown::Both));
                return;
            }
            // Until the other side has gone.
            Then::Freeze => {
                lines.by_ref().map_while(Result::ok).for_each(drop);
                return;
            }
        }
    }
}

/// Writes, and does not mind a client that has gone.
pub(crate) fn send(stream: &mut TcpStream, bytes: &[u8]) {
    drop(stream.write_all(bytes));
}

/// A JPEG picture that [`super::number`] tells from others, 1 to 31.
pub(crate) fn picture(number: u8) -> Vec<u8> {
    let image = RgbImage::from_pixel(64, 48, Rgb([number * 8; 3]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// An answer of status 200 with a length, after which the connection can go on.
pub(crate) fn whole(content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// An answer without a body.
pub(crate) fn status(line: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\n{headers}Content-Length: 0\r\n\r\n").into_bytes()
}

/// The head of a stream.
pub(crate) const STREAM: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=cam\r\n\r\n";

/// A part of a stream.
pub(crate) fn part(body: &[u8]) -> Vec<u8> {
    let head = format!("--cam\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body, b"\r\n"].concat()
}
