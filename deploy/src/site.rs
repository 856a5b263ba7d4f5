//! `folder` origins: a server of static files on loopback, one for each folder.
//!
//! It does what a bucket does and no more: a path names a file, or there is no answer but 404.
//! There is no index, no listing and no way out of the folder.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::Method;
use actix_web::http::header::{self, ETag, EntityTag, HttpDate};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

/// Size of the pieces in which files are sent.
const CHUNK: usize = 64 * 1024;

/// How long running answers may go on after the stop.
const DRAIN_SECONDS: u64 = 1;

/// A loopback port of the system's choice, to serve a folder on.
pub fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves a folder until `stop`. Runs in an actix system.
pub async fn serve(
    listener: TcpListener,
    folder: PathBuf,
    stop: CancellationToken,
) -> io::Result<()> {
    let folder = web::Data::new(folder);
    let server = HttpServer::new(move || {
        App::new().app_data(folder.clone()).default_service(web::to(answer))
    })
    .workers(1)
    // Head and body may be two writes. The second one does not wait until the viewer confirms the
    // first.
    .tcp_nodelay(true)
    .disable_signals()
    .shutdown_timeout(DRAIN_SECONDS)
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => return ended,
        () = stop.cancelled() => {}
    }
    let (ended, ()) = tokio::join!(server, handle.stop(true));
    ended
}

async fn answer(request: HttpRequest, folder: web::Data<PathBuf>) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed().finish();
    }
    let Some(path) = locate(&folder, request.path()) else {
        return HttpResponse::NotFound().body("not found\n");
    };
    match send(&request, &path).await {
        Ok(response) => response,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            HttpResponse::NotFound().body("not found\n")
        }
        Err(error) => {
            tracing::warn!("cannot serve {}: {error}", path.display());
            HttpResponse::InternalServerError().finish()
        }
    }
}

async fn send(request: &HttpRequest, path: &Path) -> io::Result<HttpResponse> {
    let file = File::open(path).await?;
    let facts = file.metadata().await?;
    let modified = facts.modified().unwrap_or(UNIX_EPOCH);
    let tag = entity_tag(modified, facts.len());
    let same = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known == "*" || known.contains(&tag.to_string()));
    let mut response = if same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((header::LAST_MODIFIED, HttpDate::from(modified).to_string()));
    if same {
        return Ok(response.finish());
    }
    response.insert_header((header::CONTENT_TYPE, content_type(path)));
    let mut pieces = Box::pin(pieces(file, facts.len()));
    // The head is sent with the first piece, in one write.
    let first = if *request.method() == Method::HEAD { None } else { pieces.next().await };
    Ok(response.no_chunking(facts.len()).streaming(stream::iter(first).chain(pieces)))
}

/// The file's bytes, at most as many as announced.
fn pieces(file: File, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file.take(length), |mut file| async move {
        let mut piece = Vec::with_capacity(CHUNK);
        let read = (&mut file).take(CHUNK as u64).read_to_end(&mut piece).await?;
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    })
}

/// The file of a request's path; `None` outside of the folder, also through links.
fn locate(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut wanted = folder.to_owned();
    for part in path.strip_prefix('/')?.split('/') {
        let name = percent_decode(part)?;
        // An escaped slash is not a slash here, nor for behaviors. So a guard on a folder's name
        // sees every path into the folder.
        if matches!(name.as_str(), "" | "." | "..") || name.contains(['\0', '/', '\\']) {
            return None;
        }
        wanted.push(name);
    }
    let found = wanted.canonicalize().ok()?;
    let inside = found.starts_with(folder.canonicalize().ok()?);
    (inside && found.is_file()).then_some(found)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let byte = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                rest = tail;
                let digits = [*high, *low];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            (b'%', _) => return None,
            (byte, _) => *byte,
        };
        out.push(byte);
    }
    String::from_utf8(out).ok()
}

/// Changes when the file does.
fn entity_tag(modified: SystemTime, length: u64) -> EntityTag {
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    EntityTag::new_strong(format!("{:x}-{length:x}", since.as_nanos()))
}

fn content_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hyper::StatusCode;
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use brink_testing::exchange::{exchange, request};

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("site/guarded")).unwrap();
        std::fs::write(dir.path().join("site/guarded/page"), "hello").unwrap();
        std::fs::write(dir.path().join("site/a b.html"), "hello").unwrap();
        std::fs::write(dir.path().join("site/big.bin"), vec![7; 300_000]).unwrap();
        std::fs::write(dir.path().join("secret"), "secret").unwrap();
        dir
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let dir = folder();
        let site = dir.path().join("site");
        assert!(locate(&site, "/a%20b.html").is_some());
        assert!(locate(&site, "/g%75arded/page").is_some());
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("secret"), site.join("link")).unwrap();
        for path in [
            "/",
            "//",
            "/../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/a/../../secret",
            "/guarded%2Fpage",
            "/guarded%5cpage",
            "/x/..%2Fguarded/page",
            "/guarded//page",
            "/link",
            "/nothing",
            "/%",
            "/%zz",
            "/%00",
            "/%ff",
            "secret",
            "",
        ] {
            assert_eq!(locate(&site, path), None, "{path}");
        }
    }

    #[actix_rt::test]
    async fn files_are_streamed_with_type_and_tag() {
        let dir = folder();
        let (listener, address) = listen().unwrap();
        let stop = CancellationToken::new();
        let server = actix_web::rt::spawn(serve(listener, dir.path().join("site"), stop.clone()));
        let ask = |method, path| exchange(address, request(method, path, ""));

        let page = ask("GET", "/a%20b.html").await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers().get("content-type").unwrap(), "text/html; charset=utf-8");
        assert_eq!(page.body(), "hello");

        let tag = page.headers().get("etag").unwrap().clone();
        let mut again = request("GET", "/a%20b.html", "");
        again.headers_mut().insert("if-none-match", tag);
        let again = exchange(address, again).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);

        let big = ask("GET", "/big.bin").await;
        assert_eq!(big.headers().get("content-length").unwrap(), "300000");
        assert_eq!(big.body().len(), 300_000);
        let head = ask("HEAD", "/big.bin").await;
        assert_eq!(head.headers().get("content-length").unwrap(), "300000");

        let missing = ask("GET", "/").await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        let post = ask("POST", "/big.bin").await;
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);

        stop.cancel();
        server.await.unwrap().unwrap();
    }

    #[actix_rt::test]
    async fn a_kept_connection_brings_files_without_delay() {
        const FILES: u32 = 25;
        // Linux acknowledges a lonely segment after 40 ms; no write may wait for that.
        const WITHHELD: Duration = Duration::from_millis(40);
        let dir = folder();
        let (listener, address) = listen().unwrap();
        let stop = CancellationToken::new();
        let server = actix_web::rt::spawn(serve(listener, dir.path().join("site"), stop.clone()));
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // A new connection acknowledges at once, so the first round does not count. Of the others
        // one may be slow on a machine that is busy with other things.
        let mut quickest = Duration::MAX;
        for round in 0..4 {
            let started = Instant::now();
            for _ in 0..FILES {
                let request = b"GET /a%20b.html HTTP/1.1\r\nHost: a\r\n\r\n";
                stream.write_all(request).await.unwrap();
                let mut answer = Vec::new();
                while !answer.ends_with(b"hello") {
                    assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
                }
            }
            if round > 0 {
                quickest = quickest.min(started.elapsed());
            }
        }
        assert!(quickest < WITHHELD * FILES / 5, "{quickest:?} for {FILES} files");
        drop(stream);
        stop.cancel();
        server.await.unwrap().unwrap();
    }
}
