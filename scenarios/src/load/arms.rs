//! From a file to its arms: each a scenario of its own, ready to run.

use std::sync::Arc;

use schemars::Schema;
use sim_mpage::ext2::image::ReadAt;
use sim_mpage::machine::Machine;

use super::check::check;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::extend::{expand_shorthands, lay_over};
use super::overrides::Override;
use super::parse::parse;
use super::read::read;
use super::source::{Place, Sources};
use super::tree::{Node, Step, Tree};
use crate::expect::{self, Expected, KnownArm};
use crate::nearest::help_for;
use crate::prepare::{Problem, prepare};
use crate::scenario::Scenario;
use crate::scenario::expect::Expectation;
use crate::scenario::schema::scenario_schema;

/// The name of the one arm of a scenario without arms.
pub const DEFAULT_ARM: &str = "default";

/// A file, and how it reaches its base.
pub trait Input {
    /// What it is called in diagnostics.
    fn name(&self) -> &str;
    /// Its text.
    fn text(&self) -> &str;
    /// Name and text of the file that `extends` names.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn base(&self, reference: &str) -> Result<(String, String), String>;
    /// The bytes of an image that the scenario names.
    ///
    /// # Errors
    /// Why they cannot be had, in words.
    fn image(&self, path: &str) -> Result<Arc<dyn ReadAt>, String>;
}

/// What the command line changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `PATH=VALUE`, in order; they change the scenario before its arms do.
    pub set: Vec<String>,
    /// The master seed, if not the scenario's own.
    pub seed: Option<u64>,
    /// Only these arms; all if empty.
    pub arms: Vec<String>,
}

/// An arm, resolved.
#[derive(Clone)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// The scenario with the arm's overrides; it has no arms of its own.
    pub scenario: Scenario,
    /// The machine that the scenario means, ready to run.
    pub machine: Machine,
}

/// A scenario file, read.
#[derive(Clone)]
pub struct Loaded {
    /// The file's name, or that of the library scenario.
    pub name: String,
    /// The arms in the order of the file, at least one.
    pub arms: Vec<Arm>,
    /// What must come out.
    pub expected: Vec<Expected>,
}

/// Reads a scenario file and resolves its arms.
///
/// # Errors
/// All mistakes that were found; those of form hide those of sense.
pub fn load(input: &dyn Input, options: &Options) -> Result<Loaded, Diagnostics> {
    let mut loading = Loading { sources: Sources::new(), schema: scenario_schema() };
    match loading.load(input, options) {
        Ok(loaded) => Ok(loaded),
        Err(mistakes) => Err(Diagnostics::new(loading.sources, mistakes)),
    }
}

/// An arm as the file writes it.
struct ArmOverrides {
    name: String,
    overrides: Vec<Override>,
}

/// All results, or all mistakes.
fn gather<T>(results: impl Iterator<Item = Result<T, Vec<Diagnostic>>>) -> Result<Vec<T>, Vec<Diagnostic>> {
    let (mut values, mut mistakes) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => mistakes.extend(more),
        }
    }
    if mistakes.is_empty() { Ok(values) } else { Err(mistakes) }
}

fn one_mistake<T>(result: Result<T, Diagnostic>) -> Result<T, Vec<Diagnostic>> {
    result.map_err(|mistake| vec![mistake])
}

/// The arms that the command line asks for.
fn chosen(
    arms: Vec<ArmOverrides>,
    options: &Options,
    whole: Place,
) -> Result<Vec<ArmOverrides>, Vec<Diagnostic>> {
    let known: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
    let mistakes: Vec<Diagnostic> = options
        .arms
        .iter()
        .filter(|name| !known.contains(&name.as_str()))
        .map(|name| {
            let place = Place { end: whole.end.min(whole.start + 1), ..whole };
            Diagnostic::new(place, format!("no arm \"{name}\""), "in this scenario")
                .with_help(help_for(name, &known))
        })
        .collect();
    if mistakes.is_empty() {
        let wanted = |arm: &ArmOverrides| options.arms.is_empty() || options.arms.contains(&arm.name);
        Ok(arms.into_iter().filter(wanted).collect())
    } else {
        Err(mistakes)
    }
}

/// What the command line sets and an arm sets again would be without effect there.
fn check_reach(set: &[Override], arms: &[ArmOverrides]) -> Result<(), Vec<Diagnostic>> {
    let lost = |set: &Override| {
        arms.iter().find_map(|arm| {
            let hides = arm.overrides.iter().find(|over| set.lies_within(over))?;
            let message = format!("the arm \"{}\" sets this itself", arm.name);
            let mistake = Diagnostic::new(set.path_place, message, "without effect in that arm");
            let help = "run another arm, or set the arm's own value: arms.NAME.\"PATH\"=VALUE";
            Some(mistake.with_second(hides.path_place, "set here").with_help(help))
        })
    };
    let mistakes: Vec<Diagnostic> = set.iter().filter_map(lost).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

struct Loading {
    sources: Sources,
    schema: Schema,
}

impl Loading {
    fn load(&mut self, input: &dyn Input, options: &Options) -> Result<Loaded, Vec<Diagnostic>> {
        let mut tree = self.parse(input.name(), input.text())?;
        if let Some(extends) = tree.get("extends").cloned() {
            tree = self.over_base(tree, &extends, input)?;
        }
        self.check(&tree)?;
        let set = self.set(&mut tree, options)?;
        let arms = self.arms(&mut tree)?;
        let names: Vec<String> = arms.iter().map(|arm| arm.name.clone()).collect();
        let chosen = chosen(arms, options, tree.place)?;
        check_reach(&set, &chosen)?;
        let arms = gather(chosen.into_iter().map(|arm| self.resolve(arm, &tree, input)));
        let expected = self.expected(&tree, &names, arms.as_deref().unwrap_or_default());
        match (arms, expected) {
            (Ok(arms), Ok(expected)) => Ok(Loaded { name: input.name().to_owned(), arms, expected }),
            (arms, expected) => Err([arms.err(), expected.err()].into_iter().flatten().flatten().collect()),
        }
    }

    fn parse(&mut self, name: &str, text: &str) -> Result<Tree, Vec<Diagnostic>> {
        let source = self.sources.add(name, text);
        let mut tree = parse(&self.sources, source)?;
        if tree.members_mut().is_none() {
            return Err(vec![Diagnostic::new(tree.place, "not a scenario", "expected an object")]);
        }
        expand_shorthands(&mut tree);
        Ok(tree)
    }

    fn over_base(&mut self, over: Tree, extends: &Tree, input: &dyn Input) -> Result<Tree, Vec<Diagnostic>> {
        let refuse =
            |message: String, expected: &str| Err(vec![Diagnostic::new(extends.place, message, expected)]);
        let Node::String(reference) = &extends.node else {
            return refuse(format!("{} names no file", extends.kind()), "expected a string");
        };
        let (name, text) = match input.base(reference) {
            Ok(base) => base,
            Err(reason) => return refuse(reason, "expected a scenario file, or a name of the library"),
        };
        let mut base = self.parse(&name, &text)?;
        if base.get("extends").is_some() {
            return refuse(format!("{name} extends another file itself"), "expected a file that does not");
        }
        lay_over(&mut base, over);
        Ok(base)
    }

    fn check(&self, tree: &Tree) -> Result<(), Vec<Diagnostic>> {
        let mistakes = check(tree, &self.schema);
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// Applies the command line's overrides.
    fn set(&mut self, tree: &mut Tree, options: &Options) -> Result<Vec<Override>, Vec<Diagnostic>> {
        let seed = options.seed.map(|seed| format!("seed={seed}"));
        let texts = options.set.iter().chain(&seed);
        let overrides = gather(
            texts.map(|text| one_mistake(Override::of_command_line(text, &mut self.sources, &self.schema))),
        )?;
        for one in &overrides {
            one_mistake(one.apply(tree))?;
        }
        self.check(tree)?;
        Ok(overrides)
    }

    /// Takes the arms out of the tree.
    fn arms(&self, tree: &mut Tree) -> Result<Vec<ArmOverrides>, Vec<Diagnostic>> {
        let members = tree.members_mut().map(std::mem::take).unwrap_or_default();
        let (arms, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| member.key == "arms");
        tree.node = Node::Object(rest);
        let named = arms.iter().flat_map(|arms| arms.value.members());
        let mut list = gather(named.map(|arm| {
            let overrides = arm.value.members().iter().map(|member| Override::of_arm(member, &self.schema));
            gather(overrides.map(one_mistake))
                .map(|overrides| ArmOverrides { name: arm.key.clone(), overrides })
        }))?;
        if list.is_empty() {
            list.push(ArmOverrides { name: DEFAULT_ARM.to_owned(), overrides: Vec::new() });
        }
        Ok(list)
    }

    fn resolve(&self, arm: ArmOverrides, base: &Tree, input: &dyn Input) -> Result<Arm, Vec<Diagnostic>> {
        let mut tree = base.clone();
        for one in &arm.overrides {
            one_mistake(one.apply(&mut tree))?;
        }
        self.check(&tree)?;
        let scenario: Scenario = one_mistake(read(&tree))?;
        match prepare(&scenario, &|path| input.image(path)) {
            Ok(machine) => Ok(Arm { name: arm.name, scenario, machine }),
            Err(problems) => Err(self.locate_all(problems, &tree)),
        }
    }

    /// What must come out, in all arms of these names, of which these were resolved.
    fn expected(
        &self,
        tree: &Tree,
        names: &[String],
        arms: &[Arm],
    ) -> Result<Vec<Expected>, Vec<Diagnostic>> {
        let Some(written) = tree.get("expect") else { return Ok(Vec::new()) };
        let list: Vec<Expectation> = one_mistake(read(written))?;
        let machine = |name: &str| arms.iter().find(|arm| arm.name == name).map(|arm| &arm.machine);
        let known: Vec<KnownArm<'_>> =
            names.iter().map(|name| KnownArm { name, machine: machine(name) }).collect();
        let read = expect::read(&list, &known).map_err(|problems| self.locate_all(problems, tree))?;
        let place = |index: usize| {
            let place = written.step(&Step::from(index)).map_or(written.place, |one| one.place);
            let (line, _) = self.sources.line_and_column(place);
            format!("{}:{line}", self.sources.get(place.source).name)
        };
        let numbered = read.into_iter().enumerate();
        Ok(numbered.map(|(index, what)| Expected { written: place(index), what }).collect())
    }

    fn locate_all(&self, problems: Vec<Problem>, tree: &Tree) -> Vec<Diagnostic> {
        problems.into_iter().map(|problem| self.locate(problem, tree)).collect()
    }

    fn locate(&self, problem: Problem, tree: &Tree) -> Diagnostic {
        let value = tree.nearest(&problem.path);
        let place = problem.span.as_ref().and_then(|span| self.inside_string(value, span.start, span.end));
        let diagnostic = Diagnostic::new(place.unwrap_or(value.place), problem.message, problem.expected);
        Diagnostic { help: problem.help, ..diagnostic }
    }

    /// A part of a string's value, if it stands in the text as it is, without escapes.
    fn inside_string(&self, value: &Tree, start: usize, end: usize) -> Option<Place> {
        let Node::String(string) = &value.node else { return None };
        let text = &self.sources.get(value.place.source).text;
        let written = text.get(value.place.span())?;
        let quote = written.find(string.as_str()).filter(|at| *at <= 1)?;
        let at = value.place.start + quote;
        Some(Place { start: at + start, end: at + end, ..value.place })
    }
}
