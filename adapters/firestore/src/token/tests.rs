//! Files of credentials, and the tokens that are made of them.

use std::io::Write;

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn read(text: &str) -> Result<Tokens> {
    let file = file(text);
    Tokens::read(&Credentials::File(file.path().to_owned(), "the test".to_owned()), Duration::from_secs(1))
}

fn service_account(key: &str) -> String {
    serde_json::json!({
        "type": "service_account", "client_email": "seeder@p.iam.gserviceaccount.com", "private_key": key,
        "private_key_id": "abc",
    })
    .to_string()
}

#[tokio::test]
async fn a_service_account_signs_for_firestore_alone_and_for_an_hour() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let tokens = read(&service_account(&pair.serialize_pem())).unwrap();
    assert_eq!(tokens.account(), "seeder@p.iam.gserviceaccount.com");
    let token = tokens.get().await.unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let json =
        |part: &str| -> serde_json::Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(json(parts[0]), serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": "abc" }));
    let claims = json(parts[1]);
    assert_eq!(claims["iss"], "seeder@p.iam.gserviceaccount.com");
    assert_eq!(claims["sub"], claims["iss"]);
    assert_eq!(claims["aud"], "https://firestore.googleapis.com/");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3_600);
    // RSA with PKCS #1 is deterministic: the same key signs the same text alike.
    let key = PrivateKeyDer::from_pem_slice(pair.serialize_pem().as_bytes()).unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).unwrap();
    let expected = signer.sign(format!("{}.{}", parts[0], parts[1]).as_bytes()).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap(), expected);
    assert_eq!(tokens.get().await.unwrap(), token, "a token is kept for as long as it holds");
}

#[test]
fn a_file_that_is_no_use_is_named_with_what_is_wrong_and_without_its_secrets() {
    for (text, expected) in [
        ("{\"type\": \"service_account\", \"private_key\": secret", "is not JSON"),
        ("{}", "they have no type"),
        ("{\"type\": \"service_account\", \"private_key\": \"secret\"}", "client_email or private_key is missing"),
        (service_account("secret").as_str(), "its private_key is not a key in PEM form"),
        ("{\"type\": \"authorized_user\", \"client_secret\": \"secret\"}", "refresh_token is missing"),
        ("{\"type\": \"external_account\"}", "external_account, and fastman knows"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.code(), "firestore.credentials");
        assert!(error.message().contains(expected), "{error}");
        assert!(error.message().contains("named by the test"), "{error}");
        assert!(!format!("{error:?}").contains("secret\""), "{error:?}");
    }
    let missing = Credentials::File("/nowhere/key.json".into(), "FIREBASE_CREDENTIALS_PATH".to_owned());
    let error = Tokens::read(&missing, Duration::from_secs(1)).unwrap_err();
    assert!(error.message().contains("/nowhere/key.json, named by FIREBASE_CREDENTIALS_PATH"), "{error}");
}

#[tokio::test]
async fn a_login_of_gcloud_is_exchanged_for_a_token() {
    let (address, requests) = http_server(vec![
        ("200 OK", r#"{"access_token": "ya29.token", "expires_in": 3599}"#),
        ("400 Bad Request", r#"{"error": "invalid_grant", "error_description": "Token has been revoked."}"#),
    ])
    .await;
    let text = serde_json::json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "sec/ret", "refresh_token": "1//refresh",
        "token_uri": format!("http://{address}/token"),
    })
    .to_string();
    let tokens = read(&text).unwrap();
    assert_eq!(tokens.get().await.unwrap(), "ya29.token");
    assert_eq!(tokens.get().await.unwrap(), "ya29.token");
    let request = requests.lock().unwrap()[0].clone();
    let form = "grant_type=refresh_token&client_id=id&client_secret=sec%2Fret&refresh_token=1%2F%2Frefresh";
    assert!(request.starts_with("POST /token HTTP/1.1\r\n") && request.ends_with(form), "{request}");
    let error = read(&text).unwrap().get().await.unwrap_err();
    assert_eq!(error.code(), "db.authentication");
    assert!(error.message().contains("Token has been revoked"), "{error}");
    assert!(!format!("{error:?}").contains("refresh\""), "{error:?}");
}

/// A server that gives these answers, one a connection, and keeps what it was asked.
async fn http_server(answers: Vec<(&'static str, &'static str)>) -> (String, Arc<std::sync::Mutex<Vec<String>>>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let requests = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = requests.clone();
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            while !request.contains("refresh_token=") {
                let mut buffer = [0; 4_096];
                let read = stream.read(&mut buffer).await.unwrap();
                request += std::str::from_utf8(&buffer[..read]).unwrap();
            }
            kept.lock().unwrap().push(request);
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, requests)
}
