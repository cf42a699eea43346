//! From what the file says to expectations that can be checked.

use std::ops::Range;

use sim_core::io::blocks::{NotBlocks, Order, OrderedIo};
use sim_mpage::machine::Machine;

use super::What;
use super::expression::{Mistake, parse};
use crate::load::tree::Step;
use crate::nearest::help_for;
use crate::prepare::Problem;
use crate::scenario::expect::Expectation;

/// An arm that expectations may name.
#[derive(Clone, Copy)]
pub struct KnownArm<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its machine, which knows files and tasks; none: they are not checked.
    pub machine: Option<&'a Machine>,
}

/// Reads the expectations of a scenario with these arms.
///
/// # Errors
/// All mistakes, with their places below `expect`.
pub fn read(list: &[Expectation], arms: &[KnownArm<'_>]) -> Result<Vec<What>, Vec<Problem>> {
    let mut reading = Reading { arms, index: 0, problems: Vec::new() };
    let mut expectations = Vec::new();
    for (index, one) in list.iter().enumerate() {
        reading.index = index;
        expectations.extend(reading.one(one));
    }
    if reading.problems.is_empty() { Ok(expectations) } else { Err(reading.problems) }
}

struct Reading<'a> {
    arms: &'a [KnownArm<'a>],
    index: usize,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn one(&mut self, one: &Expectation) -> Option<What> {
        self.arm(one.arm.as_deref());
        let (arm, at) = (one.arm.clone(), one.at.unwrap_or_default());
        match (&one.order, &one.before, &one.assert) {
            (Some(text), None, None) => {
                let order = self.order(text, &["order".into()], one.arm.as_deref())?;
                Some(What::Order { arm, at, order })
            }
            (None, Some(texts), None) => {
                let pieces = self.pieces(texts, one.arm.as_deref())?;
                Some(What::Before { arm, at, pieces })
            }
            (None, None, Some(text)) => self.assertion(one, text),
            _ => {
                self.problem(
                    &[],
                    "not exactly one expectation",
                    "expected exactly one of \"order\", \"before\" and \"assert\"",
                );
                // Mistakes in the texts are told all the same.
                if let Some(text) = &one.order {
                    self.order(text, &["order".into()], one.arm.as_deref());
                }
                None
            }
        }
    }

    fn add(&mut self, below: &[Step], problem: Problem) {
        let path = [Step::from("expect"), self.index.into()].into_iter().chain(below.iter().cloned());
        self.problems.push(Problem { path: path.collect(), ..problem });
    }

    fn problem(&mut self, below: &[Step], message: &str, expected: &str) {
        self.add(below, Problem::new([], message).expecting(expected));
    }

    fn arm(&mut self, arm: Option<&str>) {
        let known: Vec<&str> = self.arms.iter().map(|arm| arm.name).collect();
        if let Some(arm) = arm.filter(|arm| !known.contains(arm)) {
            let problem =
                Problem::new([], format!("no arm \"{arm}\"")).expecting("expected the name of an arm");
            self.add(&["arm".into()], Problem { help: Some(help_for(arm, &known)), ..problem });
        }
    }

    fn order(&mut self, text: &str, below: &[Step], arm: Option<&str>) -> Option<Order> {
        match text.parse::<Order>() {
            Ok(order) => {
                self.files(text, below, arm);
                Some(order)
            }
            Err(NotBlocks { start, end, wrong }) => {
                let problem = Problem::new([], "not an order of blocks").within(start..end);
                self.add(below, problem.expecting(wrong.to_string()));
                None
            }
        }
    }

    /// Blocks of files name one that the arms have, and which it is where there are several.
    fn files(&mut self, text: &str, below: &[Step], arm: Option<&str>) {
        let concerned = self.arms.iter().filter(|known| arm.is_none_or(|arm| arm == known.name));
        let machines: Vec<&Machine> = concerned.filter_map(|arm| arm.machine).collect();
        for machine in machines {
            let paths = machine.volume.files.iter().map(|file| file.path.trim_start_matches('/'));
            let paths: Vec<String> = paths.map(|path| format!("/{path}")).collect();
            for (span, word) in words(text) {
                let Ok(io) = word.parse::<OrderedIo>() else { continue };
                let of_files = io.pieces().iter().filter(|piece| piece.role.belongs_to_a_file());
                for file in of_files.map(|piece| piece.file.as_ref()) {
                    if let Some(problem) = about_file(file, &paths) {
                        return self.add(below, problem.within(span));
                    }
                }
            }
        }
    }

    fn pieces(&mut self, texts: &[String], arm: Option<&str>) -> Option<Vec<Order>> {
        if texts.len() < 2 {
            self.problem(&["before".into()], "nothing to come before", "expected at least two pieces");
            return None;
        }
        let mut pieces = Vec::new();
        for (nth, text) in texts.iter().enumerate() {
            let below = ["before".into(), nth.into()];
            match self.order(text, &below, arm) {
                Some(order) if order.0.is_empty() => {
                    self.problem(&below, "no block", "expected blocks, such as \"0-11\"");
                }
                order => pieces.extend(order),
            }
        }
        (pieces.len() == texts.len()).then_some(pieces)
    }

    fn assertion(&mut self, one: &Expectation, text: &str) -> Option<What> {
        for (key, given) in [("arm", one.arm.is_some()), ("at", one.at.is_some())] {
            if given {
                self.problem(&[key.into()], "an assertion names its arms itself", "without effect here");
            }
        }
        match parse(text, &self.arms) {
            Ok(condition) => Some(What::Assert { text: text.to_owned(), condition }),
            Err(Mistake { span, message, expected, help }) => {
                let problem = Problem::new([], message).within(span).expecting(expected);
                self.add(&["assert".into()], Problem { help, ..problem });
                None
            }
        }
    }
}

fn about_file(file: Option<&String>, paths: &[String]) -> Option<Problem> {
    match file {
        Some(name) if !paths.contains(name) => {
            let known: Vec<&str> = paths.iter().map(String::as_str).collect();
            let problem = Problem::new([], format!("no file \"{name}\" in this filesystem"))
                .expecting("expected the name of a file");
            Some(Problem { help: Some(help_for(name, &known)), ..problem })
        }
        None if paths.len() > 1 => {
            let problem = Problem::new([], "which file? There are several");
            Some(
                problem
                    .expecting(format!("expected a file's name before the blocks, such as {}:0-3", paths[0])),
            )
        }
        _ => None,
    }
}

/// The words of a text with their places; they end where those of the grammar of blocks do.
fn words(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(|c: char| c.is_ascii_whitespace()) {
        if !word.is_empty() {
            words.push((at..at + word.len(), word));
        }
        at += word.len() + 1;
    }
    words
}
