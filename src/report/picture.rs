//! Small pictures without words: drawn with tiny-skia on nothing, so that they stand on white and on black, and written as PNG
//! with a palette. What a picture says stands beside it as text too.

use std::collections::BTreeMap;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform};

/// A colour with its opacity. All are of middle lightness: readable on white and on black.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink(pub u8, pub u8, pub u8, pub u8);

impl Ink {
    /// What is usual.
    pub const USUAL: Self = Self(0x7c, 0x93, 0xaa, 0xff);
    /// Where the usual lies.
    pub const BAND: Self = Self(0x7c, 0x93, 0xaa, 0x58);
    /// What this week is about.
    pub const NEWS: Self = Self(0xd9, 0x63, 0x1e, 0xff);
    /// Lines that hold the eye.
    pub const LINE: Self = Self(0x80, 0x8b, 0x96, 0xff);
}

/// Paper to draw on.
pub struct Canvas {
    pixels: Pixmap,
}

impl Canvas {
    /// Empty paper. None for a size of nothing.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Option<Self> {
        Some(Self { pixels: Pixmap::new(width, height)? })
    }

    /// A rectangle; one without a size is not drawn.
    pub fn rect(&mut self, left: f32, top: f32, right: f32, bottom: f32, ink: Ink) {
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            self.pixels.fill_rect(rect, &paint(ink, false), Transform::identity(), None);
        }
    }

    /// A disc.
    pub fn disc(&mut self, x: f32, y: f32, radius: f32, ink: Ink) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.pixels.fill_path(&path, &paint(ink, true), FillRule::Winding, Transform::identity(), None);
        }
    }

    /// An area with rings: what lies in an even number of them is a hole.
    pub fn area(&mut self, rings: &[Vec<(f32, f32)>], fill: Ink, border: Ink, width: f32) {
        let Some(path) = outline(rings) else { return };
        self.pixels.fill_path(&path, &paint(fill, false), FillRule::EvenOdd, Transform::identity(), None);
        let stroke = Stroke { width, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint(border, false), &stroke, Transform::identity(), None);
    }

    /// The picture as PNG with a palette of at most 256 colours. None when there is nothing to write.
    #[must_use]
    pub fn png(&self) -> Option<Vec<u8>> {
        // Steps of colour that no eye tells apart are made one, coarser until they fit in a palette.
        let (palette, indices) = [1, 8, 16, 32, 64].into_iter().find_map(|step| self.indexed(step))?;
        let deep = palette.len() > 16;
        let width = usize::try_from(self.pixels.width()).ok()?;
        let rows = indices.chunks(width);
        let data: Vec<u8> = if deep { indices.clone() } else { rows.flat_map(pack).collect() };
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.pixels.width(), self.pixels.height());
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(if deep { BitDepth::Eight } else { BitDepth::Four });
        encoder.set_palette(palette.iter().flat_map(|ink| [ink.0, ink.1, ink.2]).collect::<Vec<u8>>());
        encoder.set_trns(palette.iter().map(|ink| ink.3).collect::<Vec<u8>>());
        encoder.set_compression(Compression::High);
        encoder.set_filter(Filter::NoFilter);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&data).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }

    /// A palette and the place in it of each pixel; none when there are too many colours at this step.
    fn indexed(&self, step: u8) -> Option<(Vec<Ink>, Vec<u8>)> {
        let mut known: BTreeMap<(u8, u8, u8, u8), u8> = BTreeMap::new();
        let mut palette = Vec::new();
        let mut indices = Vec::with_capacity(self.pixels.pixels().len());
        let coarse = |value: u8| if value == u8::MAX { value } else { value / step * step };
        for pixel in self.pixels.pixels() {
            let plain = pixel.demultiply();
            let mut colour = (coarse(plain.red()), coarse(plain.green()), coarse(plain.blue()), coarse(plain.alpha()));
            if colour.3 == 0 {
                colour = (0, 0, 0, 0);
            }
            let index = match known.get(&colour) {
                Some(index) => *index,
                None => {
                    let index = u8::try_from(palette.len()).ok()?;
                    known.insert(colour, index);
                    palette.push(Ink(colour.0, colour.1, colour.2, colour.3));
                    index
                }
            };
            indices.push(index);
        }
        Some((palette, indices))
    }
}

/// Two pixels in a byte.
fn pack(row: &[u8]) -> Vec<u8> {
    row.chunks(2).map(|pair| pair.first().unwrap_or(&0) << 4 | pair.get(1).unwrap_or(&0)).collect()
}

fn paint(ink: Ink, smooth: bool) -> Paint<'static> {
    let shader = Shader::SolidColor(Color::from_rgba8(ink.0, ink.1, ink.2, ink.3));
    Paint { shader, anti_alias: smooth, ..Paint::default() }
}

fn outline(rings: &[Vec<(f32, f32)>]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for ring in rings {
        for (place, (x, y)) in ring.iter().enumerate() {
            if place == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
        }
        builder.close();
    }
    builder.finish()
}
