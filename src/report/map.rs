//! The map of the region: tiles, or the borders themselves where a file of them is configured.

use super::{
    digest::parts::{Level, TileView},
    picture::{Canvas, Ink},
};
use crate::domain::place::Shape;

/// Widest and highest picture, in pixels: twice that of the mail.
const WIDTH: f64 = 1120.0;
const HEIGHT: f64 = 1280.0;
/// Room for the border at the edge.
const EDGE: f64 = 4.0;

/// Draws the borders, each gemeente in the colour of its tile. None when nothing can be drawn.
#[must_use]
pub fn draw(shapes: &[Shape], tiles: &[TileView]) -> Option<(Vec<u8>, u32)> {
    let points = || shapes.iter().flat_map(|shape| shape.rings.iter().flatten());
    let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (west, east, south, north) = (least(|p| p.0), most(|p| p.0), least(|p| p.1), most(|p| p.1));
    // A degree of longitude is shorter than one of latitude; in a region of this size one factor is enough.
    let squeeze = ((south + north) / 2.0).to_radians().cos();
    let (wide, high) = ((east - west) * squeeze, north - south);
    if !(wide > 0.0 && high > 0.0) {
        return None;
    }
    let scale = ((WIDTH - 2.0 * EDGE) / wide).min((HEIGHT - 2.0 * EDGE) / high);
    let (width, height) = (wide * scale + 2.0 * EDGE, high * scale + 2.0 * EDGE);
    let mut canvas = Canvas::new(pixels(width), pixels(height))?;
    let place =
        |(lon, lat): &(f64, f64)| (short((lon - west) * squeeze * scale + EDGE), short((north - lat) * scale + EDGE));
    for shape in shapes {
        let level = tiles.iter().find(|tile| tile.code == shape.code).map_or(Level::None, |tile| tile.level);
        let rings: Vec<Vec<(f32, f32)>> = shape.rings.iter().map(|ring| ring.iter().map(place).collect()).collect();
        canvas.area(&rings, ink(level), Ink::LINE, 2.0);
    }
    Some((canvas.png()?, pixels(width) / 2))
}

fn ink(level: Level) -> Ink {
    match level {
        Level::None => Ink(0x80, 0x90, 0xa0, 0x20),
        Level::Few => Ink(0x7c, 0x9c, 0xbd, 0x70),
        Level::Some => Ink(0x6c, 0x92, 0xb8, 0xb0),
        Level::Many => Ink(0x4d, 0x7c, 0xab, 0xff),
        Level::News => Ink::NEWS,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between nothing and the widest picture")]
fn pixels(value: f64) -> u32 {
    value.ceil().clamp(0.0, 4000.0) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "a place on the picture")]
fn short(value: f64) -> f32 {
    value as f32
}
