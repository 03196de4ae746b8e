//! The weekly trendrapportage: what is up, down, new and gone, with how sure we are and the stories behind it, and how
//! complete our view was. One digest is known once and told to many readers, each with their own part of it.

pub mod lead;
pub mod parts;
pub mod select;
pub mod view;

use askama::Template;
use jiff::Timestamp;

use crate::domain::{
    message::{Image, Message, Product},
    place::Shape,
    reader::Reader,
};
use parts::Digest;
use view::View;

/// For whom a digest is composed, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Edition<'a> {
    /// What the reader asked for.
    pub reader: &'a Reader,
    /// Borders for a true map; empty for one of tiles.
    pub shapes: &'a [Shape],
    /// When it is composed.
    pub composed: Timestamp,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct Html<'a> {
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "digest.txt", escape = "none")]
struct Text<'a> {
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Entry<'a> {
    view: &'a View<'a>,
}

/// Composes the mail for one address.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn compose(digest: &Digest, to: &str, edition: &Edition<'_>) -> Result<Message, askama::Error> {
    let own = select::select(digest, edition.reader);
    let mut view = View::of(&own, edition.reader);
    let images = pictures(&mut view, edition.shapes);
    Ok(Message {
        product: Product::Digest,
        key: edition.reader.key(digest.week),
        to: to.to_owned(),
        subject: lead::subject(&own),
        text: Text { view: &view }.render()?,
        html: Html { view: &view }.render()?,
        images,
        composed: edition.composed,
    })
}

/// What a digest says, as HTML without pictures and styles: for readers of feeds.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn entry(digest: &Digest, reader: &Reader) -> Result<(String, String), askama::Error> {
    Ok((lead::subject(digest), Entry { view: &View::of(digest, reader) }.render()?))
}

/// Draws what can be drawn, and tells the view where it will stand.
fn pictures(view: &mut View<'_>, shapes: &[Shape]) -> Vec<Image> {
    let week = view.digest.week;
    let mut images = Vec::new();
    for (shown, number) in view.up.iter_mut().chain(&mut view.down).zip(1..) {
        let Some(png) = shown.finding.main().and_then(super::chart::draw) else { continue };
        let name = format!("grafiek-{number}-{week}@uitkijk");
        shown.picture = Some(name.clone());
        images.push(Image { name, png });
    }
    if let Some((png, width)) = super::map::draw(shapes, &view.tiles) {
        let name = format!("kaart-{week}@uitkijk");
        view.map_picture = Some((name.clone(), width));
        images.push(Image { name, png });
    }
    images
}

#[cfg(test)]
mod tests;
