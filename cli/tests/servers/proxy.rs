//! What stands between the program and a server, relays what they say message by message, and does something at a chosen one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Message number so much of the program, counted from 0, has been sent and not reached the server.
    Before(usize),
    /// It has reached the server, and no answer is heard.
    After(usize),
    /// So long after the first message that has the text in it.
    Within { text: &'static str, after: Duration },
    /// Never: messages are only counted.
    Never,
}

/// Whose messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Postgres,
    Mysql,
}

/// What is done.
type Action = Box<dyn Fn() + Send + Sync>;

struct Shared {
    protocol: Protocol,
    moment: Moment,
    action: Action,
    cut: bool,
    messages: Mutex<Vec<String>>,
    /// Whether the moment has come.
    come: AtomicBool,
    /// Whether it is done.
    done: AtomicBool,
    /// All connections, both sides.
    sockets: Mutex<Vec<TcpStream>>,
}

/// A relay to one server.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    ended: Arc<AtomicBool>,
}

impl Proxy {
    /// A relay to a server on this machine. The action is done once; with `cut`, the connections end right after it.
    pub fn new(
        protocol: Protocol,
        port: u16,
        moment: Moment,
        cut: bool,
        action: impl Fn() + Send + Sync + 'static,
    ) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            protocol,
            moment,
            action: Box::new(action),
            cut,
            messages: Mutex::default(),
            come: AtomicBool::new(false),
            done: AtomicBool::new(false),
            sockets: Mutex::default(),
        });
        let ended = Arc::new(AtomicBool::new(false));
        let (own, stop) = (shared.clone(), ended.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(client) = client else { continue };
                // Where the server is gone, so is the program's connection.
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                own.relay(client, server);
            }
        });
        Proxy { address, shared, ended }
    }

    /// A URL that names the server itself, as one that names this.
    pub fn url(&self, url: &str, port: u16) -> String {
        // What is encrypted can't be told apart.
        let parameter = match self.shared.protocol {
            Protocol::Postgres => "sslmode=disable",
            Protocol::Mysql => "ssl-mode=disabled",
        };
        format!("{}?{parameter}", url.replace(&format!(":{port}/"), &format!(":{}/", self.address.port())))
    }

    /// Whether the moment came; if it did, it is done by now.
    pub fn done(&self) -> bool {
        while self.shared.come.load(Ordering::SeqCst) && !self.shared.done.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.shared.done.load(Ordering::SeqCst)
    }

    /// The beginnings of the messages so far.
    pub fn messages(&self) -> Vec<String> {
        self.shared.messages.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.shared.close();
    }
}

impl Shared {
    fn relay(self: &Arc<Shared>, client: TcpStream, server: TcpStream) {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let copies = (client.try_clone().unwrap(), server.try_clone().unwrap());
        self.sockets.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        std::thread::spawn(move || {
            let (mut to, mut from) = copies;
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let shared = self.clone();
        std::thread::spawn(move || {
            let (mut from, mut to) = (client, server);
            let mut first = true;
            while let Ok(message) = shared.read(&mut from, &mut first) {
                if shared.forward(&mut to, &message).is_err() {
                    break;
                }
            }
            // The program is gone, or has said all.
            let _ = to.shutdown(Shutdown::Both);
        });
    }

    /// One message, whole.
    fn read(&self, from: &mut TcpStream, first: &mut bool) -> io::Result<Vec<u8>> {
        let (head, length_at): (usize, usize) = match self.protocol {
            Protocol::Postgres if *first => (4, 0),
            Protocol::Postgres => (5, 1),
            Protocol::Mysql => (4, 0),
        };
        *first = false;
        let mut message = vec![0; head];
        from.read_exact(&mut message)?;
        let length = match self.protocol {
            Protocol::Postgres => {
                let bytes = [0, 1, 2, 3].map(|at| message[length_at + at]);
                u32::from_be_bytes(bytes) as usize - 4
            }
            Protocol::Mysql => u32::from_le_bytes([message[0], message[1], message[2], 0]) as usize,
        };
        message.resize(head + length, 0);
        from.read_exact(&mut message[head..])?;
        Ok(message)
    }

    /// Sends a message on, or does what is to be done at it.
    fn forward(self: &Arc<Shared>, to: &mut TcpStream, message: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(&message[..message.len().min(400)]).into_owned();
        let (index, has_text) = {
            let mut messages = self.messages.lock().unwrap();
            messages.push(text.chars().take(60).collect());
            let wanted = matches!(self.moment, Moment::Within { text: wanted, .. } if text.contains(wanted));
            (messages.len() - 1, wanted)
        };
        match self.moment {
            Moment::Before(at) if at == index => {
                self.act();
                if self.cut {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
            }
            Moment::After(at) if at == index => {
                to.write_all(message)?;
                self.act();
                return if self.cut { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) };
            }
            Moment::Within { after, .. } if has_text && !self.come.swap(true, Ordering::SeqCst) => {
                let shared = self.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(after);
                    shared.act();
                });
            }
            _ => {}
        }
        to.write_all(message)
    }

    fn act(&self) {
        self.come.store(true, Ordering::SeqCst);
        (self.action)();
        if self.cut {
            self.close();
        }
        self.done.store(true, Ordering::SeqCst);
    }

    fn close(&self) {
        for socket in self.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
