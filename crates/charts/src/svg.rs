//! The backend that plotters draws on: it writes SVG text. Plotters counts whole pixels, ours are tenths of one, so that
//! slopes stay smooth; and plotters carries colours of three bytes, of which ours are an [`Ink`] and a [`Dash`] by number.

use crate::ink::{Dash, Fill, Ink, Stroke};
use crate::measure::Face;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use std::convert::Infallible;
use std::fmt::Write as _;

/// So many of plotters' pixels are one of the page's.
pub(crate) const STEPS_PER_PX: i32 = 10;

/// A length of the page in plotters' pixels.
pub(crate) fn steps(px: f64) -> i32 {
    // Saturates far outside of any picture, and takes what is no number as 0.
    (px * f64::from(STEPS_PER_PX)).round() as i32
}

/// A line's look, as plotters carries it.
pub(crate) fn stroke_style(stroke: Stroke) -> ShapeStyle {
    let color = RGBAColor(stroke.ink as u8, stroke.dash as u8, 0, 1.0);
    ShapeStyle { color, filled: false, stroke_width: steps(stroke.width_px) as u32 }
}

/// A surface's look, as plotters carries it.
pub(crate) fn fill_style(fill: Fill) -> ShapeStyle {
    let color = RGBAColor(fill.ink as u8, Dash::Solid as u8, 0, fill.opacity);
    ShapeStyle { color, filled: true, stroke_width: 0 }
}

/// What is behind a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Nothing that would disturb.
    Clear,
    /// Lines, from which a rim in the colour of the panel keeps it apart.
    Lines,
}

/// An ink, as plotters carries it with a text.
pub(crate) fn text_color(ink: Ink, ground: Ground) -> BackendColor {
    BackendColor { alpha: 1.0, rgb: (ink as u8, Dash::Solid as u8, ground as u8) }
}

fn ink_of(color: BackendColor) -> Ink {
    Ink::ALL[usize::from(color.rgb.0)]
}

/// What has been drawn so far.
pub(crate) struct SvgBackend {
    size_steps: (u32, u32),
    body: String,
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl SvgBackend {
    /// An empty picture of this size.
    pub fn new(width_px: f64, height_px: f64) -> Self {
        Self { size_steps: (steps(width_px) as u32, steps(height_px) as u32), body: String::with_capacity(16_384) }
    }

    /// The whole picture; the title is what a reader of screens says.
    pub fn finish(&self, title: &str) -> String {
        let (width, height) = (length(self.size_steps.0 as i32), length(self.size_steps.1 as i32));
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label=""#
        );
        escape(title, &mut svg);
        svg.push_str(r#"" font-family="var(--sans)" font-size="11">"#);
        svg.push_str(&self.body);
        svg.push_str("</svg>");
        svg
    }

    fn stroke<S: BackendStyle>(&mut self, style: &S) {
        let color = style.color();
        self.put(format_args!(
            r#" fill="none" stroke="{}" stroke-width="{}""#,
            ink_of(color).variable(),
            length(style.stroke_width() as i32)
        ));
        if let Some(pattern) = Dash::ALL[usize::from(color.rgb.1)].pattern() {
            self.put(format_args!(r#" stroke-dasharray="{pattern}""#));
        }
        self.body.push_str(r#" stroke-linejoin="round"/>"#);
    }

    fn fill<S: BackendStyle>(&mut self, style: &S) {
        let color = style.color();
        self.put(format_args!(r#" fill="{}""#, ink_of(color).variable()));
        if color.alpha < 1.0 {
            self.put(format_args!(r#" fill-opacity="{}""#, color.alpha));
        }
        self.body.push_str("/>");
    }

    fn paint<S: BackendStyle>(&mut self, style: &S, filled: bool) {
        if filled { self.fill(style) } else { self.stroke(style) }
    }

    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (index, (x, y)) in points.into_iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            self.put(format_args!("{command}{} {}", length(x), length(y)));
        }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.body.write_fmt(text).expect("a string takes every text");
    }
}

/// Steps as the page's pixels: `12`, `12.5`.
fn length(steps: i32) -> f64 {
    f64::from(steps) / f64::from(STEPS_PER_PX)
}

/// The text, for an element or an attribute.
pub(crate) fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            // XML knows no control characters.
            letter if letter.is_control() => into.push(' '),
            letter => into.push(letter),
        }
    }
}

impl DrawingBackend for SvgBackend {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size_steps
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let (left, top) = (from.0.min(to.0), from.1.min(to.1));
        let (width, height) = (from.0.abs_diff(to.0) as i32, from.1.abs_diff(to.1) as i32);
        self.put(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}""#,
            length(left),
            length(top),
            length(width),
            length(height)
        ));
        self.paint(style, fill);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.body.push_str(r#"<path d=""#);
        self.points(path);
        self.body.push('"');
        self.stroke(style);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        self.put(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}""#,
            length(center.0),
            length(center.1),
            length(radius as i32)
        ));
        self.paint(style, fill);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        self.body.push_str(r#"<path d=""#);
        self.points(corners);
        self.body.push_str(r#"Z""#);
        self.fill(style);
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let size_px = length(style.size() as i32);
        let (x, y) = (length(at.0), length(at.1));
        // Above which part of the letters the point lies, as SVG knows a base line only.
        let drop_px = match style.anchor().v_pos {
            VPos::Top => 0.8 * size_px,
            VPos::Center => 0.35 * size_px,
            VPos::Bottom => -0.25 * size_px,
        };
        let base = (10.0 * (y + drop_px)).round() / 10.0;
        self.put(format_args!(r#"<text x="{x}" y="{base}" font-size="{size_px}""#));
        match style.anchor().h_pos {
            HPos::Left => (),
            HPos::Center => self.body.push_str(r#" text-anchor="middle""#),
            HPos::Right => self.body.push_str(r#" text-anchor="end""#),
        }
        if matches!(style.transform(), FontTransform::Rotate270) {
            self.put(format_args!(r#" transform="rotate(-90 {x} {y})""#));
        }
        if matches!(style.style(), FontStyle::Bold) {
            self.body.push_str(r#" font-weight="600""#);
        }
        if matches!(style.family(), FontFamily::Monospace) {
            self.body.push_str(r#" font-family="var(--mono)""#);
        }
        if style.color().rgb.2 == Ground::Lines as u8 {
            let rim = Ink::Panel.variable();
            self.put(format_args!(r#" stroke="{rim}" stroke-width="3" stroke-linejoin="round" paint-order="stroke""#));
        }
        self.put(format_args!(r#" fill="{}">"#, ink_of(style.color()).variable()));
        escape(text, &mut self.body);
        self.body.push_str("</text>");
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        // Plotters' own answer would come out of a browser's document.
        let width = crate::measure::width_px(text, Face::Tick);
        Ok((steps(width) as u32, steps(Face::Tick.line_px()) as u32))
    }
}
