//! The pictures of a model's card, as SVG: reliability, and precision against recall.

use plotters::prelude::{
    BLACK, ChartBuilder, Circle, Color as _, EmptyElement, IntoDrawingArea as _, IntoFont as _, LineSeries, RGBColor,
    SVGBackend, Text, WHITE,
};

use super::{evaluate::Report, measures::number};

const SIZE: (u32, u32) = (520, 420);
const BLUE: RGBColor = RGBColor(31, 92, 153);
const GREY: RGBColor = RGBColor(150, 150, 150);

/// Said probability against the share that turned out true, in bins of equal mass over p above 0.05.
///
/// # Errors
/// When the picture cannot be drawn, in words.
pub fn reliability(report: &Report) -> Result<String, String> {
    let points: Vec<(f64, f64)> = report.reliability.iter().map(|bin| (bin.said, bin.seen)).collect();
    let title = format!("Gezegde kans en uitkomst (ijkfout {:.3})", report.calibration_error);
    drawn(&title, ["gezegde kans", "aandeel dat klopte"], 0.0, |chart| {
        chart.line(&[(0.0, 0.0), (1.0, 1.0)], GREY)?;
        chart.line(&points, BLUE)?;
        for (bin, point) in report.reliability.iter().zip(&points) {
            chart.dot(*point, &bin.count.to_string())?;
        }
        Ok(())
    })
}

/// Precision and recall of every label at its threshold.
///
/// # Errors
/// When the picture cannot be drawn, in words.
pub fn precision_recall(report: &Report) -> Result<String, String> {
    let title = format!("Precisie en recall per fenomeen (macro-F1 {:.2})", report.summary.macro_f1);
    // Where all labels are good, only the good corner is drawn, so that their names stand apart.
    let least = report.labels.iter().flat_map(|label| [label.recall, label.precision]).fold(1.0, f64::min);
    let from = ((least * 10.0).floor() / 10.0).clamp(0.0, 0.9);
    drawn(&title, ["recall", "precisie"], from, |chart| {
        for goal in [0.7, 0.85] {
            chart.line(&curve(goal), GREY)?;
        }
        for label in &report.labels {
            chart.dot((label.recall, label.precision), &label.fenomeen)?;
        }
        Ok(())
    })
}

/// All pairs of recall and precision with the same F1.
fn curve(f1: f64) -> Vec<(f64, f64)> {
    let from = f1 / (2.0 - f1);
    let recalls = (0..=60).map(|step| from + (1.0 - from) * number(step) / 60.0);
    recalls.map(|recall| (recall, (f1 * recall / (2.0 * recall - f1)).clamp(0.0, 1.0))).collect()
}

/// A chart up to 1 on both axes.
struct Chart<'a, 'b> {
    inner: plotters::chart::ChartContext<
        'a,
        SVGBackend<'b>,
        plotters::coord::cartesian::Cartesian2d<
            plotters::coord::types::RangedCoordf64,
            plotters::coord::types::RangedCoordf64,
        >,
    >,
}

impl Chart<'_, '_> {
    fn line(&mut self, points: &[(f64, f64)], colour: RGBColor) -> Result<(), String> {
        let series = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
        self.inner.draw_series(series).map(|_| ()).map_err(|error| error.to_string())
    }

    fn dot(&mut self, at: (f64, f64), label: &str) -> Result<(), String> {
        let mark = EmptyElement::at(at)
            + Circle::new((0, 0), 4, BLUE.filled())
            + Text::new(label.to_owned(), (7, -5), ("sans-serif", 11).into_font().color(&BLACK));
        self.inner.draw_series(std::iter::once(mark)).map(|_| ()).map_err(|error| error.to_string())
    }
}

fn drawn(
    title: &str,
    [across, up]: [&str; 2],
    from: f64,
    draw: impl FnOnce(&mut Chart<'_, '_>) -> Result<(), String>,
) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(|error| error.to_string())?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(44)
            .build_cartesian_2d(from..1.0, from..1.0)
            .map_err(|error| error.to_string())?;
        chart
            .configure_mesh()
            .x_desc(across)
            .y_desc(up)
            .light_line_style(WHITE)
            .draw()
            .map_err(|error| error.to_string())?;
        let mut chart = Chart { inner: chart };
        draw(&mut chart)?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(svg)
}
