//! What a page says about itself: title, address and dates, from JSON-LD, Open Graph, Dublin Core and the text.

use jiff::Timestamp;
use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::{dates, dom};
use crate::adapters::date;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub(super) title: String,
    pub(super) link: Option<String>,
    pub(super) published: Option<Timestamp>,
    pub(super) updated: Option<Timestamp>,
    /// The summary that the page gives of itself.
    pub(super) description: String,
    /// The whole text, where JSON-LD has it.
    pub(super) body: String,
}

/// Reads what a page says about itself. `url` is where it came from, empty when unknown.
pub(super) fn read(html: &Html, raw: &str, url: &str) -> Meta {
    let linked = linked_data(html);
    let tags = Tags::of(html);
    let heading = heading(html);
    let base = base(html, url);
    let title = title(html, &tags, &linked, &heading);
    let page = html.root_element();
    let near = near_heading(&dom::text(page, &["nav", "footer", "aside", "form"]), &heading);
    let time =
        |names: &[&str]| names.iter().find_map(|name| dom::first(html, name)).and_then(|found| of_element(found));
    let published = linked
        .date("datePublished")
        .or_else(|| tags.date(&PUBLISHED))
        .or_else(|| {
            time(&["[itemprop=datePublished]", "time[pubdate]", "article time[datetime]", "main time[datetime]"])
        })
        .or_else(|| dates::find(&near, dates::Format::Auto))
        .or_else(|| time(&["time[datetime]", "time"]))
        .or_else(|| linked.date("dateCreated"));
    let changed = near.to_lowercase().find("gewijzigd").or_else(|| near.to_lowercase().find("bijgewerkt"));
    let updated = linked
        .date("dateModified")
        .or_else(|| tags.date(&UPDATED))
        .or_else(|| time(&["[itemprop=dateModified]"]))
        .or_else(|| dates::find(near.get(changed?..)?, dates::Format::Auto));
    Meta {
        title,
        link: link(html, &tags, &linked, base.as_ref(), raw),
        published: published.or(updated),
        updated,
        description: tags.first(&["og:description", "description", "dcterms.description", "twitter:description"]),
        body: linked.text("articleBody"),
    }
}

const PUBLISHED: [&str; 20] = [
    "article:published_time",
    "og:published_time",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.available",
    "dcterms.date",
    "dc.date",
    "dcterms.created",
    "dc.date.created",
    "datepublished",
    "publishdate",
    "pubdate",
    "publication_date",
    "publicationdate",
    "publicatiedatum",
    "article.published",
    "article:published",
    "parsely-pub-date",
    "sailthru.date",
    "date",
];
const UPDATED: [&str; 10] = [
    "article:modified_time",
    "og:updated_time",
    "dcterms.modified",
    "dc.date.modified",
    "datemodified",
    "last-modified",
    "lastmod",
    "modified",
    "article.updated",
    "article:modified",
];

/// Names in lower case and contents of the `meta` elements.
struct Tags(Vec<(String, String)>);

impl Tags {
    fn of(html: &Html) -> Self {
        let Some(selector) = dom::selector("meta[content]") else { return Self(Vec::new()) };
        let named = html.select(&selector).take(500).filter_map(|tag| {
            let name = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| tag.value().attr(key))?;
            let content = tag.value().attr("content")?.split_whitespace().collect::<Vec<_>>().join(" ");
            (!content.is_empty()).then(|| (name.trim().to_lowercase(), content))
        });
        Self(named.collect())
    }

    fn first(&self, names: &[&str]) -> String {
        let of_name = |name: &&str| self.0.iter().find(|(known, _)| known == name).map(|(_, content)| content.clone());
        names.iter().find_map(of_name).unwrap_or_default()
    }

    fn date(&self, names: &[&str]) -> Option<Timestamp> {
        let of_name =
            |name: &&str| self.0.iter().filter(|(known, _)| known == name).find_map(|(_, content)| any_date(content));
        names.iter().find_map(of_name)
    }
}

fn any_date(text: &str) -> Option<Timestamp> {
    date::parse(text).or_else(|| dates::find(dom::cut(text, 200), dates::Format::Auto))
}

/// The objects of all JSON-LD on the page, those about an article first.
struct Linked(Vec<Value>);

impl Linked {
    fn text(&self, name: &str) -> String {
        self.0.iter().find_map(|object| object.get(name)?.as_str()).unwrap_or_default().trim().to_owned()
    }

    fn date(&self, name: &str) -> Option<Timestamp> {
        self.0.iter().find_map(|object| any_date(object.get(name)?.as_str()?))
    }
}

fn linked_data(html: &Html) -> Linked {
    let Some(selector) = dom::selector("script[type='application/ld+json']") else { return Linked(Vec::new()) };
    let mut objects = Vec::new();
    for script in html.select(&selector).take(50) {
        let text: String = script.text().collect();
        let text = text.trim().trim_start_matches("<!--").trim_start_matches("//<![CDATA[").trim_end_matches("-->");
        let text = text.trim().trim_end_matches("//]]>");
        // Editors leave line breaks in strings, which JSON does not allow.
        let smooth = || serde_json::from_str::<Value>(&text.replace(|c: char| c.is_control(), " ")).ok();
        if let Some(value) = serde_json::from_str(text).ok().or_else(smooth) {
            gather(value, 0, &mut objects);
        }
    }
    let about = |object: &Value| {
        let kinds = object.get("@type").map(Value::to_string).unwrap_or_default();
        match () {
            () if ["Article", "BlogPosting", "Report"].iter().any(|kind| kinds.contains(kind)) => 0,
            () if kinds.contains("WebPage") => 1,
            () => 2,
        }
    };
    objects.retain(|object| about(object) < 2);
    objects.sort_by_key(about);
    Linked(objects)
}

fn gather(value: Value, depth: usize, objects: &mut Vec<Value>) {
    const MOST: usize = 500;
    if depth > 4 || objects.len() > MOST {
        return;
    }
    match value {
        Value::Array(all) => all.into_iter().for_each(|one| gather(one, depth + 1, objects)),
        Value::Object(mut object) => {
            for nested in ["@graph", "mainEntity"] {
                if let Some(inner) = object.remove(nested) {
                    gather(inner, depth + 1, objects);
                }
            }
            objects.push(Value::Object(object));
        }
        _ => {}
    }
}

/// The first heading of the page; one in an article or in the main part before one in a banner.
fn heading(html: &Html) -> String {
    let found = ["article h1", "main h1", "[role=main] h1", "h1"].iter().find_map(|name| {
        let selector = dom::selector(name)?;
        html.select(&selector).map(dom::line).find(|line| !line.is_empty())
    });
    found.unwrap_or_default()
}

fn title(html: &Html, tags: &Tags, linked: &Linked, heading: &str) -> String {
    let site = tags.first(&["og:site_name", "application-name"]);
    let own = dom::first(html, "title").map(|title| title.text().collect::<String>()).unwrap_or_default();
    let own = own.split_whitespace().collect::<Vec<_>>().join(" ");
    let stated = [tags.first(&["og:title"]), linked.text("headline"), tags.first(&["dcterms.title", "dc.title"])];
    for candidate in stated {
        let bare = without_site(&candidate, &site, heading, false);
        // A site that calls all its pages by its own name says nothing.
        if !bare.is_empty() && !bare.eq_ignore_ascii_case(&site) {
            return bare;
        }
    }
    if heading.is_empty() { without_site(&own, &site, heading, true) } else { heading.to_owned() }
}

/// A title without the name of the site behind it.
fn without_site(title: &str, site: &str, heading: &str, guess: bool) -> String {
    let title = title.trim();
    let begins = |with: &str| title.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let tail = title.get(heading.len()..).unwrap_or_default().trim_start();
    if !heading.is_empty() && begins(heading) && tail.starts_with(SEPARATORS) {
        return heading.to_owned();
    }
    let mut cut = title.char_indices().filter(|(at, c)| {
        let before = title.get(..*at).is_some_and(|before| before.ends_with(' '));
        let after = title.get(at + c.len_utf8()..).is_some_and(|after| after.starts_with(' '));
        SEPARATORS.contains(c) && (before && after)
    });
    let Some((at, separator)) = cut.next_back() else { return title.to_owned() };
    let (head, name) = title.split_at_checked(at).unwrap_or((title, ""));
    let name = name.trim_start_matches(separator).trim();
    let is_site = !site.is_empty() && name.eq_ignore_ascii_case(site.trim());
    let is_short = guess && name.split_whitespace().count() <= 4 && head.split_whitespace().count() >= 2;
    if is_site || is_short { head.trim().to_owned() } else { title.to_owned() }
}

const SEPARATORS: [char; 6] = ['|', '-', '–', '—', '»', '·'];

/// The base of the page's addresses: `<base>`, resolved from where the page came.
pub(super) fn base(html: &Html, url: &str) -> Option<Url> {
    let own = Url::parse(url).ok();
    let stated = dom::first(html, "base[href]").and_then(|base| base.value().attr("href").map(str::to_owned));
    stated.and_then(|href| Url::options().base_url(own.as_ref()).parse(href.trim()).ok()).or(own)
}

/// A web address made absolute; None for anything else.
pub(super) fn absolute(base: Option<&Url>, href: &str) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let url = Url::options().base_url(base).parse(href).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn link(html: &Html, tags: &Tags, linked: &Linked, base: Option<&Url>, raw: &str) -> Option<String> {
    let canonical = dom::first(html, "link[rel~=canonical]").and_then(|link| link.value().attr("href"));
    let entity = linked.0.iter().find_map(|object| {
        let entity = object.get("mainEntityOfPage")?;
        entity.as_str().or_else(|| entity.get("@id")?.as_str()).map(str::to_owned)
    });
    let stated = [
        canonical.unwrap_or_default().to_owned(),
        tags.first(&["og:url", "twitter:url", "dcterms.identifier"]),
        linked.text("url"),
        entity.unwrap_or_default(),
        saved_from(raw),
    ];
    let all: Vec<Url> = stated.iter().filter_map(|href| absolute(base, href)).collect();
    // A canonical address that is the home page is a fault of the site's templates.
    let deep = all.iter().find(|url| url.path() != "/" || url.query().is_some());
    deep.or(all.first()).or(base.filter(|base| base.has_host())).map(Url::to_string)
}

/// Browsers write in a comment where they saved a page from.
fn saved_from(raw: &str) -> String {
    let head = dom::cut(raw, 4_000);
    let after =
        ["saved from url=", "\n url: "].iter().find_map(|sign| head.split_once(sign)).map_or("", |(_, rest)| rest);
    let address = after.trim_start_matches(|c: char| c == '(' || c == ')' || c.is_ascii_digit());
    address.split([' ', '\n', '\r']).next().unwrap_or_default().to_owned()
}

/// The words around the heading: what follows it at once, and before that what stands just above it.
fn near_heading(text: &str, heading: &str) -> String {
    const AFTER: usize = 600;
    const BEFORE: usize = 200;
    let Some(at) = text.find(heading).filter(|_| !heading.is_empty()) else { return String::new() };
    let (before, after) = text.split_at_checked(at).unwrap_or(("", text));
    let after = dom::cut(after.get(heading.len()..).unwrap_or_default(), AFTER);
    let start = (before.len().saturating_sub(BEFORE)..=before.len()).find(|at| before.is_char_boundary(*at));
    format!("{after}\n{}", before.get(start.unwrap_or(0)..).unwrap_or_default())
}

/// The date of an element: its attribute, else its text.
fn of_element(element: ElementRef<'_>) -> Option<Timestamp> {
    let attribute = ["datetime", "content"].iter().find_map(|name| element.value().attr(name));
    attribute.and_then(any_date).or_else(|| dates::find(&dom::line(element), dates::Format::Auto))
}
