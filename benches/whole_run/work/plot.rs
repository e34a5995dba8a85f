//! Both charts side by side as SVG, in colours that are seen on a white page and on a dark one.

use std::fmt::Write as _;

use super::line::Line;
use super::{Chart, Series};

/// Of one chart and of what stands around it, in the picture's own unit.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 70.0;
const BELOW: f64 = 50.0;
/// From one chart to the next.
const STRIDE: f64 = WIDTH + 80.0;
/// Letters and axes: half as bright as a white page.
const GREY: &str = "#777";
/// One for each choice of models.
const COLOURS: [&str; 2] = ["#2f81d6", "#d9730d"];
/// Lines across a chart, beside the axis.
const STEPS: u8 = 4;

/// The picture.
pub(super) fn svg(charts: &[Chart]) -> String {
    let (width, height) = (LEFT + STRIDE * charts.len() as f64 - 40.0, TOP + HEIGHT + BELOW);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{GREY}\">\n\
         <title>Processor time against work, with the straight lines nearest to the points</title>\n"
    );
    for (chart, number) in charts.iter().zip(0_u8..) {
        let left = LEFT + STRIDE * f64::from(number);
        add(&mut svg, &format!("<g transform=\"translate({left} {TOP})\">\n{}</g>\n", drawn(chart)));
    }
    svg + "</svg>\n"
}

fn add(svg: &mut String, text: &str) {
    svg.write_str(text).expect("a text takes all");
}

fn drawn(chart: &Chart) -> String {
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let most = points().fold((0.0, 0.0), |(n, ms), point| (point.0.max(n), point.1.max(ms)));
    let scale = Scale { most_n: most.0, most_ms: round_up(most.1) };
    let mut svg = scale.axes(chart);
    for ((series, colour), number) in chart.series.iter().zip(COLOURS).zip(0_u8..) {
        add(&mut svg, &scale.series(series, colour));
        let y = 18.0 * f64::from(number) - 34.0;
        let line = Line::through(&series.points);
        add(
            &mut svg,
            &format!(
                "<circle cx=\"6\" cy=\"{}\" r=\"4\" fill=\"{colour}\"/><text x=\"16\" y=\"{y}\">{}: {line}</text>\n",
                y - 4.0,
                series.name
            ),
        );
    }
    svg
}

/// Where a point of a chart is in the picture.
struct Scale {
    most_n: f64,
    most_ms: f64,
}

impl Scale {
    fn x(&self, n: f64) -> f64 {
        n / self.most_n * WIDTH
    }

    fn y(&self, ms: f64) -> f64 {
        HEIGHT - ms / self.most_ms * HEIGHT
    }

    /// What is measured along them, and where.
    fn axes(&self, chart: &Chart) -> String {
        let mut svg = format!("<text x=\"0\" y=\"-54\" font-weight=\"bold\">CPU ms for {}</text>\n", chart.cost);
        for step in 0..=STEPS {
            let ms = self.most_ms * f64::from(step) / f64::from(STEPS);
            let (y, faint) = (self.y(ms), if step == 0 { 1.0 } else { 0.3 });
            add(
                &mut svg,
                &format!(
                    "<path d=\"M0 {y:.1}H{WIDTH}\" stroke=\"{GREY}\" stroke-opacity=\"{faint}\"/>\
                     <text x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{ms}</text>\n",
                    y + 4.0
                ),
            );
        }
        let work = chart.series.first().map(|series| series.points.as_slice()).unwrap_or_default();
        for (n, _) in work {
            let (x, y) = (self.x(*n), HEIGHT + 18.0);
            add(&mut svg, &format!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{n}</text>\n"));
        }
        let (x, y) = (WIDTH / 2.0, HEIGHT + 38.0);
        add(&mut svg, &format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}</text>\n", chart.work));
        svg
    }

    /// The straight line, from no work to the most, and the points.
    fn series(&self, series: &Series, colour: &str) -> String {
        let line = Line::through(&series.points);
        let (from, to) = (self.y(line.at(0.0)), self.y(line.at(self.most_n)));
        let mut svg = format!("<path d=\"M0 {from:.1}L{WIDTH} {to:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n");
        for (n, ms) in &series.points {
            let (x, y) = (self.x(*n), self.y(*ms));
            add(&mut svg, &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>\n"));
        }
        svg
    }
}

/// The next number that is 1, 2, 4, 6 or 8 with noughts: it can be halved twice and stays short.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= value).unwrap_or(value)
}
