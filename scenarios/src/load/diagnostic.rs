//! A mistake in a scenario file: where it is, what is wrong, what was expected.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::{Place, Sources};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub expected: String,
    /// A second place that has to do with it, and what it is.
    pub second: Option<Box<(Place, String)>>,
    /// How it may be mended.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at `place`.
    pub fn new(place: Place, message: impl Into<String>, expected: impl Into<String>) -> Diagnostic {
        Diagnostic { place, message: message.into(), expected: expected.into(), second: None, help: None }
    }

    /// The same with a way to mend it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Diagnostic {
        Diagnostic { help: Some(help.into()), ..self }
    }

    /// The same with a second place.
    #[must_use]
    pub fn with_second(self, place: Place, what: impl Into<String>) -> Diagnostic {
        Diagnostic { second: Some(Box::new((place, what.into()))), ..self }
    }
}

/// All mistakes of a load, with the texts that they are in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.render(false))]
pub struct Diagnostics {
    /// The texts.
    pub sources: Sources,
    /// The mistakes, in the order of their places.
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// These mistakes in order of place, each told once.
    pub fn new(sources: Sources, mut list: Vec<Diagnostic>) -> Diagnostics {
        list.sort_by(|a, b| (a.place, &a.message).cmp(&(b.place, &b.message)));
        list.dedup();
        Diagnostics { sources, list }
    }

    /// All of them as text: message, file, line, column, the line itself, what was expected.
    pub fn render(&self, colours: bool) -> String {
        let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let reports: Vec<String> = self.list.iter().map(|one| self.render_one(one, &renderer)).collect();
        reports.join("\n\n")
    }

    fn render_one(&self, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
        let snippet = |place: Place| {
            let source = self.sources.get(place.source);
            Snippet::source(source.text.as_str()).path(source.name.as_str())
        };
        let primary =
            AnnotationKind::Primary.span(diagnostic.place.span()).label(diagnostic.expected.as_str());
        let mut first = snippet(diagnostic.place).annotation(primary);
        let mut other = None;
        if let Some((place, what)) = diagnostic.second.as_deref() {
            let context = AnnotationKind::Context.span(place.span()).label(what.as_str());
            if place.source == diagnostic.place.source {
                first = first.annotation(context);
            } else {
                other = Some(snippet(*place).annotation(context));
            }
        }
        let mut group = Level::ERROR.primary_title(diagnostic.message.as_str()).element(first);
        if let Some(other) = other {
            group = group.element(other);
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}
