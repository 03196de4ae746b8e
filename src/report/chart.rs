//! The chart of one series: a bar for each week, the expected band behind it, and the week that is told in another colour
//! with a dot on top, so that it stands out without colour too.

use super::{
    digest::parts::NumberLine,
    picture::{Canvas, Ink},
};

/// Size in pixels: twice that of the mail, for screens that are finer.
const WIDTH: u32 = 1120;
const HEIGHT: u32 = 208;
/// Room for the dot above the highest bar, and for the line below the bars.
const HEAD: f32 = 26.0;
const FOOT: f32 = 4.0;

/// Draws a series. None without any week.
#[must_use]
pub fn draw(line: &NumberLine) -> Option<Vec<u8>> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT)?;
    let last = line.weeks.len().checked_sub(1)?;
    let (width, bottom) = (length(WIDTH), length(HEIGHT) - FOOT);
    let slot = width / count(line.weeks.len());
    let top = line.weeks.iter().map(|week| week.seen).chain([line.interval.1]).max().unwrap_or(1).max(1);
    let unit = (bottom - HEAD) / number(f64::from(top));
    let level = |value: f64| bottom - number(value.min(f64::from(top))) * unit;
    for (place, week) in line.weeks.iter().enumerate() {
        let (left, right) = ((count(place) * slot).round(), (count(place + 1) * slot).round());
        let (low, high) = band(line, week.expected);
        canvas.rect(left, level(high), right, level(low), Ink::BAND);
        let gap = (slot * 0.2).max(1.0).round();
        let ink = if place == last { Ink::NEWS } else { Ink::USUAL };
        canvas.rect(left + gap, level(f64::from(week.seen)).round(), right - gap, bottom, ink);
        if place == last {
            canvas.disc((left + right) / 2.0, level(f64::from(week.seen)) - 11.0, 11.0, Ink::NEWS);
        }
    }
    canvas.rect(0.0, bottom, width, bottom + 3.0, Ink::LINE);
    canvas.png()
}

/// Where an earlier week was expected to lie. Only the told week has an interval of its own; it is widened or narrowed with
/// the root of the expectation, as counts are.
fn band(line: &NumberLine, expected: f64) -> (f64, f64) {
    let scale = (expected.max(0.0) / line.expected.max(0.1)).sqrt();
    let low = expected - (line.expected - f64::from(line.interval.0)).max(0.0) * scale;
    let high = expected + (f64::from(line.interval.1) - line.expected).max(0.0) * scale;
    (low.max(0.0), high)
}

fn length(pixels: u32) -> f32 {
    number(f64::from(pixels))
}

fn count(value: usize) -> f32 {
    number(f64::from(u32::try_from(value).unwrap_or(u32::MAX)))
}

#[expect(clippy::cast_possible_truncation, reason = "pixels and counts are small")]
fn number(value: f64) -> f32 {
    value as f32
}
