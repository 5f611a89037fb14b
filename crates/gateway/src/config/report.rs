//! What is wrong with a configuration: everything at once, each with its place and what would be right.

use std::path::Path;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::source::{Sources, Span};

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Report {
    pub(crate) sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

/// One finding.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    severity: Severity,
    title: String,
    place: Option<Place>,
    also: Option<Place>,
    help: Vec<String>,
    /// In how many more places the same is the case.
    again: usize,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The gateway does not start with this file.
    Error,
    /// The gateway starts without the deployment that this is about.
    LeftOut,
    /// The gateway starts.
    Warning,
}

#[derive(Debug)]
struct Place {
    span: Span,
    label: String,
}

impl Diagnostic {
    /// A finding of this severity.
    #[must_use]
    pub(crate) fn new(severity: Severity, title: impl Into<String>) -> Self {
        Self { severity, title: title.into(), place: None, also: None, help: Vec::new(), again: 0 }
    }

    /// A reason not to start.
    #[must_use]
    pub(crate) fn error(title: impl Into<String>) -> Self {
        Self::new(Severity::Error, title)
    }

    /// Something to know.
    #[must_use]
    pub(crate) fn warning(title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, title)
    }

    /// Where it is, and what to write beneath it.
    #[must_use]
    pub(crate) fn at(self, span: Span, label: impl Into<String>) -> Self {
        Self { place: Some(Place { span, label: label.into() }), ..self }
    }

    /// Another place that has to do with it.
    #[must_use]
    pub(crate) fn also(self, span: Span, label: impl Into<String>) -> Self {
        Self { also: Some(Place { span, label: label.into() }), ..self }
    }

    /// What would be right.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same, where something may be said.
    #[must_use]
    pub(crate) fn help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }
}

impl Report {
    /// Adds a finding.
    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// How many findings there are; the next one has this index.
    pub(crate) fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Forgets the findings from this index on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.diagnostics.truncate(len);
    }

    /// Counts one more place for the finding of this index.
    pub(crate) fn again(&mut self, index: usize) {
        if let Some(diagnostic) = self.diagnostics.get_mut(index) {
            diagnostic.again += 1;
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// How many findings are errors, those of deployments that are left out among them.
    pub fn errors(&self) -> usize {
        self.diagnostics.len() - self.warnings()
    }

    /// How many findings are warnings.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// Whether the gateway must not start with this: for an error that is not about a single deployment, and,
    /// when strict, for anything at all.
    pub fn refuses(&self, strict: bool) -> bool {
        self.count(Severity::Error) > 0 || (strict && !self.is_empty())
    }

    /// The findings as text, in the manner of compilers and in the order of the files, and their number at the end.
    /// Nothing when there are none. Secrets are stars.
    pub fn render(&self, colors: bool) -> String {
        let renderer = if colors { Renderer::styled() } else { Renderer::plain() };
        let mut ordered: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        ordered.sort_by_key(|diagnostic| diagnostic.place.as_ref().map(|place| place.span));
        let mut texts: Vec<String> =
            ordered.into_iter().map(|diagnostic| renderer.render(&[self.group(diagnostic)])).collect();
        texts.extend(self.summary());
        texts.join("\n\n")
    }

    /// The number of findings, where there are any.
    fn summary(&self) -> Option<String> {
        let parts = [(self.errors(), "error"), (self.warnings(), "warning")];
        let said: Vec<String> = parts.into_iter().filter(|(count, _)| *count > 0).map(plural).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// One snippet for each file.
    fn snippets<'a>(
        &'a self,
        marks: impl Iterator<Item = (&'a Place, AnnotationKind)>,
    ) -> Vec<Snippet<'a, Annotation<'a>>> {
        let mut snippets: Vec<(&Path, Snippet<'a, Annotation<'a>>)> = Vec::new();
        for (Place { span, label }, kind) in marks {
            let quote = self.sources.quote(*span);
            let mark = kind.span(quote.range).label((!label.is_empty()).then_some(label.as_str()));
            let snippet = match snippets.pop_if(|(path, _)| *path == quote.path) {
                Some((_, snippet)) => snippet,
                None => Snippet::source(quote.text).path(quote.path.to_string_lossy()).fold(true),
            };
            snippets.push((quote.path, snippet.annotation(mark)));
        }
        snippets.into_iter().map(|(_, snippet)| snippet).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    fn group<'a>(&'a self, diagnostic: &'a Diagnostic) -> Group<'a> {
        let Diagnostic { severity, title, place, also, help, again } = diagnostic;
        let level = match severity {
            Severity::Error | Severity::LeftOut => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(title.as_str()));
        let marks = [(place, AnnotationKind::Primary), (also, AnnotationKind::Context)];
        for snippet in
            self.snippets(marks.into_iter().filter_map(|(place, kind)| Some((place.as_ref()?, kind))))
        {
            group = group.element(snippet);
        }
        if *again > 0 {
            group =
                group.element(Level::NOTE.message(format!("the same in {}", plural((*again, "more place")))));
        }
        if *severity == Severity::LeftOut {
            group = group.element(Level::NOTE.message("the gateway starts without this deployment"));
        }
        group.elements(help.iter().map(|help| Level::HELP.message(help.as_str())))
    }
}

fn plural((count, noun): (usize, &str)) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
