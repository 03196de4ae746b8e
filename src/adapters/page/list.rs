//! A page that lists entries: one record each, by selectors.

use std::collections::HashSet;

use jiff::Timestamp;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{ACCEPT, Spec, article, consent, dates, digest, dom, meta};
use crate::{
    adapters::{Next, Page, ReadError},
    domain::{
        exchange::Request,
        record::{Body, Record, Rejection},
    },
};

/// Most entries that are read from one page.
const MOST: usize = 1_000;

/// Reads a list page.
///
/// # Errors
/// When the selector of entries finds nothing: an empty list and a changed page look alike, and silence would hide it.
pub(super) fn read(spec: &Spec, html: &Html, raw: &str, url: &str) -> Result<Page, ReadError> {
    let item = spec.item.as_deref().unwrap_or_default();
    let selector = dom::selector(item).ok_or_else(|| ReadError::Broken(format!("de selector '{item}' is ongeldig")))?;
    let base = meta::base(html, url);
    let items: Vec<ElementRef<'_>> = html.select(&selector).take(MOST).collect();
    if let Some(wall) = consent::looks_like(raw).filter(|_| items.is_empty()) {
        return Err(ReadError::NotThis { expected: "webpagina", found: wall.into() });
    }
    if items.is_empty() {
        // Page numbers run on past the last page; there the walk ends.
        if spec.page_param.is_some() && number(spec, url) > spec.first_page {
            return Ok(Page::default());
        }
        return Err(ReadError::Broken(format!(
            "de selector '{item}' vindt niets op deze pagina: is de pagina veranderd?"
        )));
    }
    let reader = Reader::new(spec, base.as_ref());
    let mut page = Page::default();
    let (mut seen, mut undated) = (HashSet::new(), 0_usize);
    for (place, element) in items.iter().enumerate() {
        let outcome = reader.entry(*element).and_then(|record| {
            seen.insert(record.key.clone())
                .then_some(record)
                .ok_or_else(|| "zelfde adres als eerder op deze pagina".into())
        });
        match outcome {
            Ok(record) => {
                undated += usize::from(record.published.is_none());
                page.records.push(record);
            }
            Err(why) => page.rejected.push(Rejection::new(format!("bericht {}", place + 1), why)),
        }
    }
    let is_dated = spec.date.as_deref().or(spec.date_in_link.as_deref());
    if let Some(how) = is_dated.filter(|_| undated * 2 > page.records.len()) {
        let why = format!("bij {undated} van {} berichten vindt '{how}' geen datum", page.records.len());
        page.rejected.push(Rejection::new("datum", why));
    }
    match next(spec, html, base.as_ref(), url) {
        Ok(next) => page.next = next,
        Err(why) => page.rejected.push(Rejection::new("volgende pagina", why)),
    }
    Ok(page)
}

/// The selectors of one source, parsed once a page.
struct Reader<'a> {
    spec: &'a Spec,
    base: Option<&'a Url>,
    link: Option<Selector>,
    title: Option<Selector>,
    date: Option<Selector>,
    lead: Option<Selector>,
    date_in_link: Option<Regex>,
}

impl<'a> Reader<'a> {
    fn new(spec: &'a Spec, base: Option<&'a Url>) -> Self {
        let parsed = |text: &Option<String>| text.as_deref().and_then(dom::selector);
        Self {
            spec,
            base,
            link: dom::selector(spec.link.as_deref().unwrap_or("a[href]")),
            title: parsed(&spec.title),
            date: parsed(&spec.date),
            lead: parsed(&spec.lead),
            date_in_link: spec.date_in_link.as_deref().and_then(|text| Regex::new(text).ok()),
        }
    }

    fn entry(&self, item: ElementRef<'_>) -> Result<Record, String> {
        // The entry may itself be the link.
        let own = Some(item).filter(|item| self.spec.link.is_none() && item.value().attr("href").is_some());
        let anchor = own.or_else(|| item.select(self.link.as_ref()?).next()).ok_or("geen link")?;
        let href = anchor.value().attr("href").ok_or("de link heeft geen adres")?;
        let mut link =
            meta::absolute(self.base, href).ok_or_else(|| format!("'{}' is geen webadres", dom::cut(href, 100)))?;
        link.set_fragment(None);
        let title = self.name(item, anchor).ok_or_else(|| format!("geen titel bij {link}"))?;
        let link = link.to_string();
        let published = self.published(item, &link);
        let lead = self.lead.as_ref().and_then(|lead| item.select(lead).next()).map(|lead| dom::text(lead, &[]));
        let detail = self.spec.follow.then(|| Request::new(link.clone(), ACCEPT));
        // What is fetched apart is fetched again when its line in the list changes.
        let stated = published.map(|at| at.to_string()).unwrap_or_default();
        let revision = if detail.is_some() { digest(&[&title, &stated]) } else { String::new() };
        Ok(Record {
            key: link.clone(),
            revision,
            title: article::escaped(&title),
            link: Some(link),
            published,
            body: Body::Plain(lead.unwrap_or_default()),
            detail,
            ..Record::default()
        })
    }

    fn name(&self, item: ElementRef<'_>, anchor: ElementRef<'_>) -> Option<String> {
        if let Some(title) = &self.title {
            return item.select(title).map(dom::line).find(|text| !text.is_empty());
        }
        let heading = dom::selector("h1, h2, h3, h4").and_then(|heading| item.select(&heading).map(dom::line).next());
        let labels = ["title", "aria-label"].iter().filter_map(|name| anchor.value().attr(name).map(str::to_owned));
        heading.into_iter().chain([dom::line(anchor)]).chain(labels).find(|text| !text.trim().is_empty())
    }

    fn published(&self, item: ElementRef<'_>, link: &str) -> Option<Timestamp> {
        let stated = self.date.as_ref().and_then(|date| item.select(date).next()).and_then(|element| {
            let attribute = self.spec.date_attribute.as_deref().and_then(|name| element.value().attr(name));
            attribute
                .and_then(|text| dates::find(text, dates::Format::Auto))
                .or_else(|| dates::find(&dom::line(element), self.spec.date_format))
        });
        stated.or_else(|| dates::in_link(link, self.date_in_link.as_ref()?))
    }
}

/// The next page: where its link points, or one number further. Only on the same server.
fn next(spec: &Spec, html: &Html, base: Option<&Url>, url: &str) -> Result<Option<Next>, String> {
    let address = if let Some(selector) = &spec.next {
        let link = dom::first(html, selector).map(|link| {
            let inner = dom::selector("a[href]").and_then(|anchor| link.select(&anchor).next());
            link.value().attr("href").or_else(|| inner?.value().attr("href")).unwrap_or_default().to_owned()
        });
        // No such link is how the last page looks.
        let Some(href) = link.filter(|href| !href.trim().is_empty()) else { return Ok(None) };
        meta::absolute(base, &href).ok_or_else(|| format!("'{}' is geen webadres", dom::cut(&href, 100)))?
    } else if let (Some(parameter), Ok(mut address)) = (&spec.page_param, Url::parse(url)) {
        let others: Vec<(String, String)> = address
            .query_pairs()
            .filter(|(name, _)| name != parameter)
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let following = number(spec, url).saturating_add(1).to_string();
        address.query_pairs_mut().clear().extend_pairs(others).append_pair(parameter, &following);
        address
    } else {
        return Ok(None);
    };
    let here = Url::parse(url).ok();
    let same_host =
        here.as_ref().is_some_and(|here| here.host_str() == address.host_str() && here.port() == address.port());
    if !same_host {
        return Err(format!("{address} staat op een andere server en wordt niet gevolgd"));
    }
    let next = Some(address.to_string()).filter(|address| address != url);
    Ok(next.map(|address| Next { request: Request::new(address, ACCEPT), only_if_new: true }))
}

/// Which page an address asks for.
fn number(spec: &Spec, url: &str) -> u32 {
    let of_query = |address: &Url| {
        let mut pairs = address.query_pairs();
        pairs
            .find(|(name, _)| Some(name.as_ref()) == spec.page_param.as_deref())
            .and_then(|(_, value)| value.parse().ok())
    };
    Url::parse(url).ok().as_ref().and_then(of_query).unwrap_or(spec.first_page)
}
