//! The report of `check` as JUnit XML, for what collects the results of tests: a suite a scenario, a
//! case an expectation. It says nothing about times, so it is the same every time.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::Verdict;
use super::report::{Checked, details};

/// A scenario that could not be checked, and why.
pub type Broken = (String, String);

/// The document.
///
/// # Errors
/// [`SerializeError`], if the XML cannot be written.
pub fn junit(checked: &[Checked], broken: &[Broken]) -> Result<String, SerializeError> {
    let mut report = Report::new("mpagesim check");
    for one in checked {
        let mut suite = TestSuite::new(one.name.as_str());
        suite.add_test_cases(one.verdicts.iter().map(|verdict| case(&one.name, verdict)));
        report.add_test_suite(suite);
    }
    for (name, why) in broken {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message("cannot be checked").set_description(why.as_str());
        let mut case = TestCase::new("the scenario", status);
        case.set_classname(name.as_str());
        let mut suite = TestSuite::new(name.as_str());
        suite.add_test_case(case);
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn case(scenario: &str, verdict: &Verdict) -> TestCase {
    let status = match &verdict.difference {
        None => TestCaseStatus::success(),
        Some(difference) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let first = difference.notes.first().unwrap_or(&difference.got);
            status.set_message(first.as_str()).set_description(details(verdict, difference));
            status
        }
    };
    let arm = verdict.arm.as_ref().map(|arm| format!("arm {arm}, ")).unwrap_or_default();
    let name = format!("{}: {arm}{}: {}", verdict.written, verdict.kind, verdict.expected);
    let mut case = TestCase::new(name, status);
    case.set_classname(scenario);
    case
}
