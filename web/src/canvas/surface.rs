//! Puts marks on a canvas. Keeps what is costly to make again: the theme's colours, patterns, the paths of curves and
//! icons; changes the context's state only where it differs from the mark before.

use super::icon::Icon;
use super::mark::{Align, Area, Dash, Fill, Ink, Map, Mark, Pattern, Point, Shape, Stroke, Weight};
use js_sys::{Array, Float64Array};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::{Rc, Weak};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CanvasPattern, CanvasRenderingContext2d, DomMatrix, HtmlCanvasElement, Path2d, SvgMatrix};

/// The fonts, as the style sheet has them.
const SANS: &str = "system-ui, -apple-system, \"Segoe UI\", \"Noto Sans KR\", \"Noto Sans CJK KR\", sans-serif";
const MONO: &str = "ui-monospace, \"SF Mono\", \"DejaVu Sans Mono\", Consolas, monospace";

/// Side of a pattern's tile, in CSS pixels.
const TILE: f64 = 6.0;

/// More device pixels than these make a picture slower, and no sharper to the eye.
const RATIO_MAX: f64 = 2.0;

/// A canvas that marks are put on.
pub struct Surface {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: (f64, f64),
    ratio: f64,
    palette: Palette,
    curves: BTreeMap<(usize, Outline), (Weak<Shape>, Path2d)>,
    icons: BTreeMap<Icon, Path2d>,
    state: State,
}

/// Whether a curve's path is its line, or runs around the surface under it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outline {
    Line,
    Surface,
}

/// What the context was last told; `None` where that is unknown.
#[derive(Default)]
struct State {
    fill: Option<(Ink, Pattern)>,
    stroke: Option<Ink>,
    opacity: Option<f64>,
    width: Option<f64>,
    dash: Option<Dash>,
    font: Option<(Weight, u32)>,
    align: Option<Align>,
}

/// The theme's colours, and the patterns made from them.
struct Palette {
    theme: Option<String>,
    colours: Vec<String>,
    patterns: BTreeMap<(Ink, Pattern), CanvasPattern>,
}

impl Surface {
    /// A surface on this canvas; none where the browser has no two-dimensional context left.
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        let palette = Palette::read(&canvas, current_theme());
        Some(Self {
            canvas,
            context,
            size: (0.0, 0.0),
            ratio: 0.0,
            palette,
            curves: BTreeMap::new(),
            icons: BTreeMap::new(),
            state: State::default(),
        })
    }

    /// Wipes the canvas, which is `width` by `height` CSS pixels, and draws the marks in their order.
    pub fn draw(&mut self, width: f64, height: f64, marks: &[Mark]) {
        self.follow_theme();
        self.resize(width, height);
        self.context.clear_rect(0.0, 0.0, width, height);
        for mark in marks {
            self.put(mark);
        }
        self.curves.retain(|_, (shape, _)| shape.strong_count() > 0);
    }

    fn follow_theme(&mut self) {
        let theme = current_theme();
        if self.palette.theme != theme {
            self.palette = Palette::read(&self.canvas, theme);
            self.state = State::default();
        }
    }

    fn resize(&mut self, width: f64, height: f64) {
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, RATIO_MAX);
        if self.size == (width, height) && self.ratio == ratio {
            return;
        }
        if self.ratio != ratio {
            self.palette.patterns.clear();
        }
        self.size = (width, height);
        self.ratio = ratio;
        self.canvas.set_width((width * ratio).round() as u32);
        self.canvas.set_height((height * ratio).round() as u32);
        let style = self.canvas.style();
        // Setting a size in pixels can not fail; where it does, the style sheet's own size stays.
        let _ = style.set_property("width", &format!("{width}px"));
        let _ = style.set_property("height", &format!("{height}px"));
        // Resizing resets the whole context.
        self.state = State::default();
        let _ = self.context.scale(ratio, ratio);
        self.context.set_text_baseline("middle");
    }

    fn put(&mut self, mark: &Mark) {
        match mark {
            Mark::Rect { area, radius, fill, stroke } => self.put_rect(*area, *radius, *fill, *stroke),
            Mark::Line { from, to, stroke } => self.put_line(*from, *to, *stroke),
            Mark::Curve { shape, map, stroke, fill, clip } => self.put_curve(shape, *map, *stroke, *fill, *clip),
            Mark::Dot { middle, radius, fill, stroke } => {
                self.context.begin_path();
                let _ = self.context.arc(middle.x, middle.y, *radius, 0.0, std::f64::consts::TAU);
                self.paint(*fill, *stroke);
            }
            Mark::Icon { icon, middle, size, ink } => self.put_icon(*icon, *middle, *size, *ink),
            Mark::Text { text, at, ink, size, weight, align, width_max } => {
                self.use_fill(Fill::solid(*ink));
                self.use_font(*weight, *size, *align);
                let _ = match width_max {
                    Some(width) => self.context.fill_text_with_max_width(text, at.x, at.y, *width),
                    None => self.context.fill_text(text, at.x, at.y),
                };
            }
        }
    }

    fn put_rect(&mut self, area: Area, radius: f64, fill: Option<Fill>, stroke: Option<Stroke>) {
        if radius == 0.0 && stroke.is_none() {
            if let Some(fill) = fill {
                self.use_fill(fill);
                self.context.fill_rect(area.x, area.y, area.width, area.height);
            }
            return;
        }
        self.context.begin_path();
        if radius == 0.0 {
            self.context.rect(area.x, area.y, area.width, area.height);
        } else {
            let _ = self.context.round_rect_with_f64(area.x, area.y, area.width, area.height, radius);
        }
        self.paint(fill, stroke);
    }

    fn put_line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.use_stroke(stroke);
        self.context.begin_path();
        self.context.move_to(from.x, from.y);
        self.context.line_to(to.x, to.y);
        self.context.stroke();
    }

    fn put_curve(&mut self, shape: &Rc<Shape>, map: Map, stroke: Option<Stroke>, fill: Option<Fill>, clip: Area) {
        let outline = if fill.is_some() { Outline::Surface } else { Outline::Line };
        let key = (Rc::as_ptr(shape) as usize, outline);
        // An address can be used again after its shape is gone, so the weak pointer is what decides.
        let cached =
            self.curves.get(&key).filter(|(weak, _)| weak.upgrade().is_some_and(|kept| Rc::ptr_eq(&kept, shape)));
        let base = match cached {
            Some((_, path)) => path.clone(),
            None => {
                let Some(path) = path_of(shape, outline) else { return };
                self.curves.insert(key, (Rc::downgrade(shape), path.clone()));
                path
            }
        };
        let Some(path) = mapped(&base, map) else { return };
        self.context.save();
        self.context.begin_path();
        self.context.rect(clip.x, clip.y, clip.width, clip.height);
        self.context.clip();
        if let Some(fill) = fill {
            self.use_fill(fill);
            self.context.fill_with_path_2d(&path);
        }
        if let Some(stroke) = stroke {
            self.trace(&path, stroke);
        }
        self.context.restore();
        // Restoring brought back the state before `save`.
        self.state = State::default();
    }

    /// Strokes a long path. Lines of one device pixel are drawn a hundred times faster than wider ones by browsers that
    /// draw in software, so a wider one is several of them, one under the other.
    fn trace(&mut self, path: &Path2d, stroke: Stroke) {
        let pixel = 1.0 / self.ratio.max(1.0);
        let lines = (stroke.width / pixel).ceil().max(1.0);
        let apart = (stroke.width - pixel).max(0.0) / (lines - 1.0).max(1.0);
        self.use_stroke(Stroke { width: pixel, ..stroke });
        let _ = self.context.translate(0.0, -apart * (lines - 1.0) / 2.0);
        for _ in 0..lines as u32 {
            self.context.stroke_with_path(path);
            let _ = self.context.translate(0.0, apart);
        }
    }

    fn put_icon(&mut self, icon: Icon, middle: Point, size: f64, ink: Ink) {
        let path = match self.icons.entry(icon) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => match Path2d::new_with_path_string(icon.path()) {
                Ok(path) => place.insert(path),
                Err(_) => return,
            },
        };
        let scale = size / 16.0;
        let map =
            Map { scale_x: scale, scale_y: scale, origin: Point::new(middle.x - size / 2.0, middle.y - size / 2.0) };
        let Some(path) = mapped(path, map) else { return };
        self.use_fill(Fill::solid(ink));
        self.context.fill_with_path_2d(&path);
    }

    fn paint(&mut self, fill: Option<Fill>, stroke: Option<Stroke>) {
        if let Some(fill) = fill {
            self.use_fill(fill);
            self.context.fill();
        }
        if let Some(stroke) = stroke {
            self.use_stroke(stroke);
            self.context.stroke();
        }
    }

    fn use_opacity(&mut self, opacity: f64) {
        if self.state.opacity != Some(opacity) {
            self.context.set_global_alpha(opacity);
            self.state.opacity = Some(opacity);
        }
    }

    fn use_fill(&mut self, fill: Fill) {
        self.use_opacity(fill.opacity);
        if self.state.fill == Some((fill.ink, fill.pattern)) {
            return;
        }
        self.state.fill = Some((fill.ink, fill.pattern));
        if fill.pattern != Pattern::Solid
            && let Some(pattern) = self.pattern(fill.ink, fill.pattern)
        {
            self.context.set_fill_style_canvas_pattern(&pattern);
            return;
        }
        self.context.set_fill_style_str(&self.palette.colours[fill.ink as usize]);
    }

    fn use_stroke(&mut self, stroke: Stroke) {
        self.use_opacity(stroke.opacity);
        if self.state.stroke != Some(stroke.ink) {
            self.context.set_stroke_style_str(&self.palette.colours[stroke.ink as usize]);
            self.state.stroke = Some(stroke.ink);
        }
        if self.state.width != Some(stroke.width) {
            self.context.set_line_width(stroke.width);
            self.state.width = Some(stroke.width);
        }
        if self.state.dash != Some(stroke.dash) {
            let lengths: &[f64] = match stroke.dash {
                Dash::Through => &[],
                Dash::Dashed => &[5.0, 4.0],
                Dash::Dotted => &[1.5, 2.5],
            };
            let lengths: Array = lengths.iter().map(|length| JsValue::from_f64(*length)).collect();
            let _ = self.context.set_line_dash(&lengths);
            self.state.dash = Some(stroke.dash);
        }
    }

    fn use_font(&mut self, weight: Weight, size: f64, align: Align) {
        let tenths = (size * 10.0) as u32;
        if self.state.font != Some((weight, tenths)) {
            let font = match weight {
                Weight::Plain => format!("{size}px {SANS}"),
                Weight::Strong => format!("600 {size}px {SANS}"),
                Weight::Figures => format!("{size}px {MONO}"),
            };
            self.context.set_font(&font);
            self.state.font = Some((weight, tenths));
        }
        if self.state.align != Some(align) {
            self.context.set_text_align(match align {
                Align::Start => "left",
                Align::Middle => "center",
                Align::End => "right",
            });
            self.state.align = Some(align);
        }
    }

    fn pattern(&mut self, ink: Ink, pattern: Pattern) -> Option<CanvasPattern> {
        if let Some(made) = self.palette.patterns.get(&(ink, pattern)) {
            return Some(made.clone());
        }
        let made = make_pattern(&self.palette.colours[ink as usize], pattern, self.ratio)?;
        self.palette.patterns.insert((ink, pattern), made.clone());
        Some(made)
    }
}

impl Palette {
    /// Each ink's colour in the theme that the canvas stands in.
    fn read(canvas: &HtmlCanvasElement, theme: Option<String>) -> Self {
        let style = web_sys::window().and_then(|window| window.get_computed_style(canvas).ok().flatten());
        let read = |ink: Ink| style.as_ref().and_then(|style| style.get_property_value(ink.variable()).ok());
        let colours = Ink::ALL.into_iter().map(|ink| read(ink).unwrap_or_default().trim().to_owned());
        Self { theme, colours: colours.collect(), patterns: BTreeMap::new() }
    }
}

/// The theme's name, as the document's element has it.
fn current_theme() -> Option<String> {
    web_sys::window()?.document()?.document_element()?.get_attribute("data-theme")
}

fn path_of(shape: &Shape, outline: Outline) -> Option<Path2d> {
    let path = Path2d::new().ok()?;
    for piece in &shape.pieces {
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else { continue };
        path.move_to(first.x, if outline == Outline::Surface { 0.0 } else { first.y });
        for point in piece {
            path.line_to(point.x, point.y);
        }
        if outline == Outline::Surface {
            path.line_to(last.x, 0.0);
            path.close_path();
        }
    }
    Some(path)
}

fn mapped(path: &Path2d, map: Map) -> Option<Path2d> {
    let cells = [map.scale_x, 0.0, 0.0, map.scale_y, map.origin.x, map.origin.y];
    let matrix = DomMatrix::new_with_f64_array(&Float64Array::from(&cells[..])).ok()?;
    let made = Path2d::new().ok()?;
    // Browsers take any DOMMatrix here; the binding still knows the older name only.
    made.add_path_with_transformation(path, matrix.unchecked_ref::<SvgMatrix>());
    Some(made)
}

fn make_pattern(colour: &str, pattern: Pattern, ratio: f64) -> Option<CanvasPattern> {
    let document = web_sys::window()?.document()?;
    let tile = document.create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
    let side = (TILE * ratio).round();
    tile.set_width(side as u32);
    tile.set_height(side as u32);
    let context = tile.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
    context.set_fill_style_str(colour);
    context.set_global_alpha(0.35);
    context.fill_rect(0.0, 0.0, side, side);
    context.set_global_alpha(1.0);
    context.set_stroke_style_str(colour);
    context.set_line_width(1.4 * ratio);
    context.begin_path();
    // Beyond the tile's corners, so that tiles join without a seam.
    for shift in [-side, 0.0, side] {
        context.move_to(shift - 1.0, side + 1.0);
        context.line_to(shift + side + 1.0, -1.0);
        if pattern == Pattern::Crossed {
            context.move_to(shift - 1.0, -1.0);
            context.line_to(shift + side + 1.0, side + 1.0);
        }
    }
    context.stroke();
    let made = context.create_pattern_with_html_canvas_element(&tile, "repeat").ok()??;
    let shrink = [1.0 / ratio, 0.0, 0.0, 1.0 / ratio, 0.0, 0.0];
    let matrix = DomMatrix::new_with_f64_array(&Float64Array::from(&shrink[..])).ok()?;
    made.set_transform(matrix.unchecked_ref::<SvgMatrix>());
    Some(made)
}
