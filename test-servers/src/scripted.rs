//! A server that is none: a script that greets as a MySQL or MariaDB of any version, lets everybody in and answers the first query,
//! or falls silent there.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// A scripted server of that version; its port. It serves until the process ends. `answers`: as far as the first query.
///
/// # Errors
/// That no port could be had.
pub fn scripted_mysql(version: &'static str, answers: bool) -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    // A client that goes away ends its part of the script, which is all that can go wrong.
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let _ = serve(socket, version, answers);
        }
    });
    Ok(port)
}

/// The greeting, then OK to whoever logs in, then for each command one row with the version in it.
fn serve(mut socket: TcpStream, version: &str, answers: bool) -> std::io::Result<()> {
    let length = u8::try_from(version.len()).unwrap_or(u8::MAX);
    let mut greeting = vec![0x0a];
    greeting.extend(version.as_bytes());
    greeting.push(0);
    greeting.extend([1, 0, 0, 0]);
    greeting.extend(b"12345678\0");
    // Protocol 4.1, long passwords, transactions, secure connection; utf8; autocommit; plugins.
    greeting.extend([0x01, 0xa2, 33, 2, 0, 0x08, 0x00, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"123456789012\0mysql_native_password\0");
    send(&mut socket, 0, &greeting)?;
    receive(&mut socket)?;
    send(&mut socket, 2, &[0, 0, 0, 2, 0, 0, 0])?;
    loop {
        receive(&mut socket)?;
        if !answers {
            continue;
        }
        let column = b"\x03def\0\0\0\x01v\0\x0c\x21\0\0\x01\0\0\xfd\0\0\0\0\0";
        let end = [0xfe, 0, 0, 2, 0];
        let mut row = vec![length];
        row.extend(version.as_bytes());
        let packets: [&[u8]; 5] = [&[1], column, &end, &row, &end];
        for (sequence, payload) in (1..).zip(packets) {
            send(&mut socket, sequence, payload)?;
        }
    }
}

fn send(socket: &mut TcpStream, sequence: u8, payload: &[u8]) -> std::io::Result<()> {
    let [a, b, c, _] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    socket.write_all(&[&[a, b, c, sequence], payload].concat())
}

fn receive(socket: &mut TcpStream) -> std::io::Result<()> {
    let mut header = [0; 4];
    socket.read_exact(&mut header)?;
    let [a, b, c, _] = header;
    let mut payload = vec![0; u32::from_le_bytes([a, b, c, 0]) as usize];
    socket.read_exact(&mut payload)
}
