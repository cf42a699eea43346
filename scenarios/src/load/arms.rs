//! From a file to its arms: each a scenario of its own, ready to run.

use std::sync::Arc;

use schemars::Schema;
use sim_mpage::ext2::image::ReadAt;
use sim_mpage::machine::Machine;

use super::check::check;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::extend::{expand_shorthands, lay_over};
use super::locate::locate;
use super::overrides::Override;
use super::parse::parse;
use super::read::read;
use super::source::{Place, Sources};
use super::tree::{Node, Step, Tree};
use crate::expect::{self, Expected, KnownArm};
use crate::nearest::help_for;
use crate::prepare::{Problem, prepare, texts};
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
    /// A path that the scenario names, as it is reached from the working directory.
    fn place(&self, path: &str) -> String {
        path.to_owned()
    }
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
    /// All that was read as one scenario again: base, command line and defaults in their places, the
    /// arms that were asked for still overrides. It loads as the same arms.
    pub resolved: Scenario,
}

/// Reads a scenario file and resolves its arms.
///
/// # Errors
/// All mistakes that were found. Where there are some of form, what needs the whole scenario (the
/// machine, whose block is whose) is not looked at; what can be said of single texts is.
pub fn load(input: &dyn Input, options: &Options) -> Result<Loaded, Diagnostics> {
    let mut loading = Loading { sources: Sources::new(), schema: scenario_schema(), mistakes: Vec::new() };
    match loading.load(input, options) {
        Some(loaded) if loading.mistakes.is_empty() => Ok(loaded),
        _ => Err(Diagnostics::new(loading.sources, loading.mistakes)),
    }
}

/// An arm as the file writes it.
struct ArmOverrides {
    name: String,
    overrides: Vec<Override>,
}

/// What the command line sets and an arm sets again would be without effect there.
fn lost_overrides(set: &[Override], arms: &[ArmOverrides]) -> Vec<Diagnostic> {
    let lost = |set: &Override| {
        arms.iter().find_map(|arm| {
            let hides = arm.overrides.iter().find(|over| set.lies_within(over))?;
            let message = format!("the arm \"{}\" sets this itself", arm.name);
            let mistake = Diagnostic::new(set.path_place, message, "without effect in that arm");
            let help = "run another arm, or set the arm's own value: arms.NAME.\"PATH\"=VALUE";
            Some(mistake.with_second(hides.path_place, "set here").with_help(help))
        })
    };
    set.iter().filter_map(lost).collect()
}

struct Loading {
    sources: Sources,
    schema: Schema,
    mistakes: Vec<Diagnostic>,
}

impl Loading {
    /// What was read; with mistakes it is not to be used.
    fn load(&mut self, input: &dyn Input, options: &Options) -> Option<Loaded> {
        let mut tree = self.parse(input.name(), input.text())?;
        if let Some(extends) = tree.get("extends").cloned() {
            tree = self.over_base(tree, &extends, input)?;
        }
        self.check(&mut tree);
        let set = self.set(&mut tree, options);
        let resolved = self.read(&tree);
        let arms = self.arms(&mut tree);
        let names: Vec<String> = arms.iter().map(|arm| arm.name.clone()).collect();
        let chosen = self.chosen(arms, options);
        self.mistakes.extend(lost_overrides(&set, &chosen));
        let of_form = self.mistakes.clone();
        let arms: Vec<Arm> =
            chosen.into_iter().filter_map(|arm| self.resolve(arm, &tree, input, &of_form)).collect();
        let resolved = only_chosen(resolved?, &arms, names.len(), input);
        let expected = self.expected(&tree, &names, &arms)?;
        Some(Loaded { name: input.name().to_owned(), arms, expected, resolved })
    }

    /// The value, or nothing and its mistake.
    fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    fn read(&mut self, tree: &Tree) -> Option<Scenario> {
        self.keep(read(tree))
    }

    fn parse(&mut self, name: &str, text: &str) -> Option<Tree> {
        let source = self.sources.add(name, text);
        let parsed = parse(&self.sources, source, &mut self.mistakes);
        let mut tree = self.keep(parsed)?;
        if tree.members_mut().is_none() {
            self.mistakes.push(Diagnostic::new(tree.place, "not a scenario", "expected an object"));
            return None;
        }
        expand_shorthands(&mut tree);
        Some(tree)
    }

    fn over_base(&mut self, over: Tree, extends: &Tree, input: &dyn Input) -> Option<Tree> {
        let base = self.base(extends, input);
        let (name, text) = self.keep(base)?;
        let mut base = self.parse(&name, &text)?;
        if base.get("extends").is_some() {
            let message = format!("{name} extends another file itself");
            let mistake = Diagnostic::new(extends.place, message, "expected a file that does not");
            self.mistakes.push(mistake.with_help("extend that other file, and say here what this one adds"));
            return None;
        }
        lay_over(&mut base, over);
        Some(base)
    }

    fn base(&self, extends: &Tree, input: &dyn Input) -> Result<(String, String), Diagnostic> {
        let refuse = |message, expected: &str| Diagnostic::new(extends.place, message, expected);
        let Node::String(reference) = &extends.node else {
            return Err(refuse(format!("{} names no file", extends.kind()), "expected a string"));
        };
        let expected = "expected a scenario file, or a name of the library";
        input.base(reference).map_err(|reason| refuse(reason, expected))
    }

    /// Notes the mistakes of form and takes out what they spoil.
    fn check(&mut self, tree: &mut Tree) {
        self.mistakes.extend(check(tree, &self.schema));
    }

    /// Applies the command line's overrides.
    fn set(&mut self, tree: &mut Tree, options: &Options) -> Vec<Override> {
        let seed = options.seed.map(|seed| format!("seed={seed}"));
        let mut overrides = Vec::new();
        for text in options.set.iter().chain(&seed) {
            let one = Override::of_command_line(text, &mut self.sources, &self.schema);
            let Some(one) = self.keep(one) else { continue };
            let applied = one.apply(tree);
            if self.keep(applied).is_some() {
                overrides.push(one);
            }
        }
        self.check(tree);
        overrides
    }

    /// Takes the arms out of the tree.
    fn arms(&mut self, tree: &mut Tree) -> Vec<ArmOverrides> {
        let members = tree.members_mut().map(std::mem::take).unwrap_or_default();
        let (arms, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| member.key == "arms");
        tree.node = Node::Object(rest);
        let mut list = Vec::new();
        for arm in arms.iter().flat_map(|arms| arms.value.members()) {
            let mut overrides = Vec::new();
            for member in arm.value.members() {
                let one = Override::of_arm(member, &self.schema);
                overrides.extend(self.keep(one));
            }
            list.push(ArmOverrides { name: arm.key.clone(), overrides });
        }
        if list.is_empty() {
            list.push(ArmOverrides { name: DEFAULT_ARM.to_owned(), overrides: Vec::new() });
        }
        list
    }

    /// The arms that the command line asks for.
    fn chosen(&mut self, arms: Vec<ArmOverrides>, options: &Options) -> Vec<ArmOverrides> {
        let known: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
        for name in options.arms.iter().filter(|name| !known.contains(&name.as_str())) {
            let place = Place { source: self.sources.add("--arm", name.as_str()), start: 0, end: name.len() };
            let mistake = Diagnostic::new(place, format!("no arm \"{name}\""), "expected the name of an arm");
            self.mistakes.push(mistake.with_help(help_for(name, &known)));
        }
        let wanted = |arm: &ArmOverrides| options.arms.is_empty() || options.arms.contains(&arm.name);
        arms.into_iter().filter(wanted).collect()
    }

    fn resolve(
        &mut self,
        arm: ArmOverrides,
        base: &Tree,
        input: &dyn Input,
        of_form: &[Diagnostic],
    ) -> Option<Arm> {
        let mut of_form = of_form.to_vec();
        let mut tree = base.clone();
        for one in &arm.overrides {
            of_form.extend(one.apply(&mut tree).err());
        }
        of_form.extend(check(&mut tree, &self.schema));
        let scenario = match read::<Scenario>(&tree) {
            Ok(scenario) => Some(scenario),
            Err(mistake) => {
                of_form.push(mistake);
                None
            }
        };
        let prepared = scenario.as_ref().map(|scenario| match of_form.is_empty() {
            true => prepare(scenario, &|path| input.image(path)),
            false => Err(texts(scenario)),
        });
        let (machine, problems) = match prepared {
            Some(Ok(machine)) => (Some(machine), Vec::new()),
            Some(Err(problems)) => (None, problems),
            None => (None, Vec::new()),
        };
        // What was spoilt and taken out is missed elsewhere; that was said already.
        let is_new = |problem: &Problem| {
            let place = tree.nearest(&problem.path).place;
            !of_form.iter().any(|mistake| mistake.place.overlaps(place))
        };
        let problems = problems.into_iter().filter(is_new);
        self.mistakes.extend(problems.map(|problem| locate(problem, &tree, &self.sources)));
        self.mistakes.extend(of_form);
        Some(Arm { name: arm.name, scenario: scenario?, machine: machine? })
    }

    /// What must come out, in all arms of these names, of which these were resolved.
    fn expected(&mut self, tree: &Tree, names: &[String], arms: &[Arm]) -> Option<Vec<Expected>> {
        let Some(written) = tree.get("expect") else { return Some(Vec::new()) };
        let list: Vec<Expectation> = self.keep(read(written))?;
        let machine = |name: &str| arms.iter().find(|arm| arm.name == name).map(|arm| &arm.machine);
        let known: Vec<KnownArm<'_>> =
            names.iter().map(|name| KnownArm { name, machine: machine(name) }).collect();
        let read = match expect::read(&list, &known) {
            Ok(read) => read,
            Err(problems) => {
                let located = problems.into_iter().map(|problem| locate(problem, tree, &self.sources));
                self.mistakes.extend(located);
                return None;
            }
        };
        let place = |index: usize| {
            let place = written.step(&Step::from(index)).map_or(written.place, |one| one.place);
            let (line, _) = self.sources.line_and_column(place);
            format!("{}:{line}", self.sources.get(place.source).name)
        };
        let numbered = read.into_iter().enumerate();
        Some(numbered.map(|(index, what)| Expected { written: place(index), what }).collect())
    }
}

/// The scenario with the arms that were chosen, and what is expected of them; paths in it lead on
/// from the working directory.
fn only_chosen(resolved: Scenario, arms: &[Arm], all: usize, input: &dyn Input) -> Scenario {
    let mut resolved = Scenario { extends: None, schema: None, ..resolved };
    if let Some(image) = &mut resolved.filesystem.image {
        *image = input.place(image);
    }
    if arms.len() < all {
        let is_chosen = |name: &str| arms.iter().any(|arm| arm.name == name);
        resolved.arms.0.retain(|(name, _)| is_chosen(name));
        resolved.expect.retain(|one| one.assert.is_none() && one.arm.as_deref().is_none_or(is_chosen));
    }
    resolved
}
