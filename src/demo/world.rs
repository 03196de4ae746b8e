//! The fictional world behind a real HTTP server: feeds in three forms with pages, ETag and Last-Modified, the two
//! endpoints of a judgments service, and one source that always fails.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::{Path, Query, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::fmt::rfc2822;
use serde::Deserialize;
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    archive::{self, Archive, Form, Outlet, Published},
    judgments::{document, escaped, search},
};

/// Items on one page of a feed.
const PAGE: usize = 50;

/// A running server; it stops when this is dropped.
pub struct World {
    address: SocketAddr,
    archive: Arc<Archive>,
    _server: JoinSet<()>,
}

struct Served {
    archive: Arc<Archive>,
    base: String,
}

impl World {
    /// Starts serving an archive on a free loopback port.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(archive: Archive) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("een poort openen voor de demo")?;
        let address = listener.local_addr()?;
        let archive = Arc::new(archive);
        let served = Arc::new(Served { archive: archive.clone(), base: format!("http://{address}") });
        let router = Router::new()
            .route("/bron/{slug}", get(feed))
            .route("/uitspraken/zoeken", get(find))
            .route("/uitspraken/content", get(content))
            .with_state(served);
        let mut server = JoinSet::new();
        server.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the demo's server stopped: {error}");
            }
        });
        Ok(Self { address, archive, _server: server })
    }

    /// How many records each source of this world holds that can be read, by name.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, usize)> {
        let feeds =
            self.archive.outlets.iter().zip(&self.archive.items).filter(|(outlet, _)| outlet.form != Form::Broken);
        let mut counts: Vec<(String, usize)> =
            feeds.map(|(outlet, items)| (outlet.slug.to_owned(), items.len())).collect();
        let judgments = self.archive.judgments.iter().filter(|decided| decided.ecli != archive::HOSTILE);
        counts.push(("uitspraken".to_owned(), judgments.count()));
        counts
    }

    /// Source files of this world: name and TOML.
    #[must_use]
    pub fn source_files(&self) -> Vec<(String, String)> {
        let base = format!("http://{}", self.address);
        let common = |title: &str| {
            format!(
                "title = \"{title}\"\nowner = \"verzonnen, voor de demo\"\nlicence = \"vrij\"\npersonal-data = \"geen: alles is verzonnen\"\n\
                 checked = \"alleen in de demo\"\nevery = \"1h\"\nprivate = true\n"
            )
        };
        let mut files: Vec<(String, String)> = self
            .archive
            .outlets
            .iter()
            .map(|outlet| {
                let text = format!(
                    "{}max-pages = 10000\n\n[adapter]\nkind = \"feed\"\nurl = \"{base}/bron/{}\"\n",
                    common(outlet.title),
                    outlet.slug
                );
                (outlet.slug.to_owned(), text)
            })
            .collect();
        let start = self
            .archive
            .judgments
            .first()
            .map_or_else(String::new, |decided| crate::domain::week::day(decided.at).to_string());
        let text = format!(
            "{}\n[adapter]\nkind = \"judgments\"\nendpoint = \"{base}\"\nstart = \"{start}\"\npage-size = {}\n",
            common("Uitspraken (fictief)"),
            if self.archive.judgments.len() > 100 { 100 } else { 10 }
        );
        files.push(("uitspraken".to_owned(), text));
        files
    }
}

#[derive(Deserialize)]
struct FeedQuery {
    page: Option<usize>,
}

async fn feed(
    State(served): State<Arc<Served>>,
    Path(slug): Path<String>,
    Query(query): Query<FeedQuery>,
    headers: HeaderMap,
) -> Response {
    let archive = &served.archive;
    let found = archive.outlets.iter().enumerate().find(|(_, outlet)| outlet.slug == slug);
    let Some((place, outlet)) = found else { return StatusCode::NOT_FOUND.into_response() };
    if outlet.form == Form::Broken {
        return (StatusCode::INTERNAL_SERVER_ERROR, "storing").into_response();
    }
    let all = archive.items.get(place).map(Vec::as_slice).unwrap_or_default();
    let page = query.page.unwrap_or(1).max(1);
    let items: Vec<&Published> = all.iter().skip((page - 1) * PAGE).take(PAGE).collect();
    let newest = items.first().map_or(0, |item| item.id);
    let etag = format!("\"{slug}-{page}-{newest}-{}\"", all.len());
    if headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == etag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let next = (page * PAGE < all.len()).then(|| format!("{}/bron/{slug}?page={}", served.base, page + 1));
    let (kind, body) = match outlet.form {
        Form::Rss | Form::Broken => {
            ("application/rss+xml; charset=utf-8", rss(&served.base, outlet, &items, next.as_deref()))
        }
        Form::Atom => ("application/atom+xml; charset=utf-8", atom(&served.base, outlet, &items, next.as_deref())),
        Form::Json => ("application/feed+json", json(&served.base, outlet, &items, next.as_deref())),
    };
    let mut answer = ([(header::CONTENT_TYPE, kind)], body).into_response();
    let modified =
        items.first().and_then(|item| rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&item.at).ok());
    for (name, value) in [(header::ETAG, Some(etag)), (header::LAST_MODIFIED, modified)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn link(outlet: &Outlet, item: &Published) -> String {
    format!("https://{}.example/{}", outlet.slug, item.id)
}

fn rss(base: &str, outlet: &Outlet, items: &[&Published], next: Option<&str>) -> String {
    let next = next.map(|next| format!("<atom:link rel=\"next\" href=\"{next}\"/>")).unwrap_or_default();
    // One record without a title and without a text: it must be refused with a reason, and cost nothing else.
    let empty = if outlet.slug == "de-kop" && next.is_empty() {
        format!("<item><guid>{}-leeg</guid></item>\n", outlet.slug)
    } else {
        String::new()
    };
    let items: String = items
        .iter()
        .map(|item| {
            let date = rfc2822::DateTimePrinter::new().timestamp_to_string(&item.at).unwrap_or_default();
            format!(
                "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}-{}</guid><pubDate>{date}</pubDate>\
                 <description>{}</description></item>\n",
                escaped(&item.title), link(outlet, item), outlet.slug, item.id, escaped(&format!("<p>{}</p>", item.text))
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel>\
         <title>{} (fictief)</title><link>{base}</link><description>Verzonnen nieuws voor de demo van Uitkijk</description>{next}\n{items}{empty}</channel></rss>",
        outlet.title
    )
}

fn atom(_base: &str, outlet: &Outlet, items: &[&Published], next: Option<&str>) -> String {
    let next = next.map(|next| format!("<link rel=\"next\" href=\"{next}\"/>")).unwrap_or_default();
    let updated = items.first().map(|item| item.at.to_string()).unwrap_or_default();
    let items: String = items
        .iter()
        .map(|item| {
            format!(
                "<entry><id>urn:uitkijk-demo:{}:{}</id><title>{}</title><link href=\"{}\"/><published>{at}</published><updated>{at}</updated>\
                 <content type=\"html\">{}</content></entry>\n",
                outlet.slug, item.id, escaped(&item.title), link(outlet, item),
                escaped(&format!("<p>{}</p>", item.text)), at = item.at
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:uitkijk-demo:{}</id><title>{} (fictief)</title>\
         <updated>{updated}</updated>{next}\n{items}</feed>",
        outlet.slug, outlet.title
    )
}

fn json(_base: &str, outlet: &Outlet, items: &[&Published], next: Option<&str>) -> String {
    let items: Vec<serde_json::Value> = items
        .iter()
        .map(|item| {
            serde_json::json!({
                "id": format!("{}-{}", outlet.slug, item.id), "url": link(outlet, item), "title": item.title,
                "content_text": item.text, "date_published": item.at.to_string(),
            })
        })
        .collect();
    let mut feed = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1", "title": format!("{} (fictief)", outlet.title), "items": items,
    });
    if let (Some(next), Some(feed)) = (next, feed.as_object_mut()) {
        feed.insert("next_url".into(), next.into());
    }
    feed.to_string()
}

async fn find(State(served): State<Arc<Served>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let values =
        |name: &str| pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| value.clone()).collect::<Vec<_>>();
    let number =
        |name: &str, default: usize| values(name).first().and_then(|value| value.parse().ok()).unwrap_or(default);
    let modified = values("modified");
    let from = modified.first().cloned().unwrap_or_default();
    let to = modified.get(1).cloned().unwrap_or_else(|| "9999".to_owned());
    let body = search(&served.archive.judgments, &from, &to, number("max", 1000).min(1000), number("from", 0));
    ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], body).into_response()
}

#[derive(Deserialize)]
struct ContentQuery {
    id: String,
}

async fn content(State(served): State<Arc<Served>>, Query(query): Query<ContentQuery>) -> Response {
    let found = served.archive.judgments.iter().find(|decided| decided.ecli == query.id);
    // One document brings a DTD of its own: it must be refused.
    let hostile = "<?xml version=\"1.0\"?><!DOCTYPE open-rechtspraak [<!ENTITY a \"aaaa\">]><open-rechtspraak>&a;</open-rechtspraak>";
    match found.and_then(|decided| Some((decided, decided.judgment.as_ref()?))) {
        Some((decided, _)) if decided.ecli == archive::HOSTILE => {
            ([(header::CONTENT_TYPE, "text/xml")], hostile).into_response()
        }
        Some((decided, judgment)) => {
            ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document(decided, judgment)).into_response()
        }
        None => (StatusCode::NOT_FOUND, "<html><body>Niet gevonden</body></html>").into_response(),
    }
}
