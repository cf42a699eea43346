//! Recorded kernel traces, chosen to cover the rules: the simulator sends what the kernel sent.

use std::io::Write;
use std::path::PathBuf;

use scenarios::conform::images::Images;
use scenarios::conform::level::{Level, Row, Side};
use scenarios::conform::recorded::Recorded;
use scenarios::conform::{compare, conform, explain, find_traces, report};

use crate::images::{VolumeImage, volume};

fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces"))
}

fn recorded(name: &str) -> Recorded {
    let text = std::fs::read_to_string(directory().join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Those that write; their images lie in `tests/images`.
fn writes() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/writes"))
}

fn written(name: &str) -> Recorded {
    scenarios::conform::read_trace(&writes().join(format!("{name}.json"))).unwrap()
}

#[test]
fn every_trace_is_equal_at_every_level_that_counts() {
    let verdicts = conform(&find_traces(&[directory(), writes()]).unwrap(), None).unwrap();
    assert!(report::all_equal(&verdicts), "{}", report::text(&verdicts));
    let l1 = report::count(&verdicts, Level::L1);
    assert!(l1.of >= 100 && l1.equal == l1.of, "{l1:?}");
    let files_after = report::count(&verdicts, Level::FilesAfter);
    assert!(files_after.of >= 20 && files_after.equal == files_after.of, "{files_after:?}");
}

#[test]
fn what_is_not_written_is_missing_in_the_files_at_the_end() {
    let mut trace = written("wsync_4096");
    trace.ops.clear();
    trace.ops_at_us.clear();
    let verdict = compare(&trace, &Images::default(), Some(Level::FilesAfter));
    assert!(verdict.levels[0].1.is_some());
}

#[test]
fn a_bio_that_moved_is_shown_with_its_blocks() {
    // The kernel of the other arm: what it sent is not what boundary handling sends.
    let mut other = recorded("readahead_4096_16_b0");
    other.boundary = true;
    let verdict = compare(&other, &Images::default(), Some(Level::L1));
    let (_, difference) = &verdict.levels[0];
    let difference = difference.as_ref().unwrap();
    assert_eq!(difference.at, 0);
    assert_eq!(difference.expected, "Q R 8096+8           ind");
    assert_eq!(difference.got, "Q RA 8000+96         0-11");
    let row = |side, text: &str| Row { side, text: text.to_owned() };
    assert_eq!(
        difference.rows,
        [
            row(Side::Kernel, "Q R 8096+8           ind"),
            row(Side::Both, "Q RA 8000+96         0-11"),
            row(Side::Simulated, "Q R 8096+8           ind"),
            row(Side::Both, "Q RA 8104+32         12-15"),
        ]
    );
    assert_eq!(
        difference.because,
        [
            "wl calls readahead 0 0 65536",
            "readahead 0-15: asked for  [readahead.forced]",
            "get_block 0 max 16: 12 at 1000 boundary  [ext2-get-block.boundary]",
            "Q RA 8000+96  0-11  used up at its boundary  [mpage-read.boundary]",
        ]
    );
    let text = report::text(std::slice::from_ref(&verdict));
    assert!(text.contains("readahead_4096_16_b0: l1 differs behind 0 equal lines"), "{text}");
    assert!(text.ends_with("conform: 0 of 1 traces equal at L1 (bio), 0 of 0 at L2 (issue)\n"), "{text}");
    assert!(!report::all_equal(&[verdict]));
}

#[test]
fn a_trace_that_ends_early_differs_where_it_ends() {
    let mut short = recorded("readahead_4096_16_b1");
    short.events.truncate(6);
    let verdict = compare(&short, &Images::default(), Some(Level::L1));
    let difference = verdict.levels[0].1.as_ref().unwrap();
    assert_eq!((difference.at, difference.expected.as_str()), (2, "nothing more"));
}

#[test]
fn calls_that_cannot_be_made_count_as_a_difference_at_each_level() {
    let mut trace = recorded("readahead_4096_16_b1");
    trace.ops[0] = "fsnyc 0".to_owned();
    let verdict = compare(&trace, &Images::default(), None);
    assert!(verdict.levels.len() >= 4);
    for (level, difference) in verdict.levels {
        let difference = difference.unwrap_or_else(|| panic!("{level:?} is equal"));
        assert_eq!(difference.got, "unknown call \"fsnyc\"; did you mean \"fsync\"?");
    }
}

#[test]
fn ios_that_go_on_where_the_last_one_ended_are_told_in_one_line() {
    let mut other = recorded("readahead_4096_16_b1");
    let single = |block: u64| {
        let sector = 8000 + 8 * block;
        serde_json::json!({ "e": "Q", "rwbs": "RA", "sector": sector, "sectors": 8, "task": "wl" })
    };
    let singles = (0..12).map(|block| serde_json::from_value(single(block)).unwrap());
    other.events.splice(2..3, singles);
    let verdict = compare(&other, &Images::default(), Some(Level::L1));
    let difference = verdict.levels[0].1.as_ref().unwrap();
    assert_eq!(difference.expected, "Q RA 8000+8          0");
    let texts: Vec<&str> = difference.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(texts[..2], ["Q RA 8000+8 x12      0-11", "Q RA 8000+96         0-11"]);
}

#[test]
fn the_story_of_a_trace_is_told_with_its_rules() {
    // To renew it: SNAPSHOTS=overwrite cargo test -p scenarios
    for (name, golden) in [
        ("readahead_4096_16_b1", snapbox::file!["../../goldens/explain-classic.txt"]),
        ("rmmap_rand_4096", snapbox::file!["../../goldens/explain-faults.txt"]),
    ] {
        snapbox::assert_data_eq!(explain(&recorded(name), &Images::default()), golden.raw());
    }
    for (name, golden) in [
        ("wsync_4096", snapbox::file!["../../goldens/explain-sync.txt"]),
        ("fl_over_1024", snapbox::file!["../../goldens/explain-flusher.txt"]),
    ] {
        snapbox::assert_data_eq!(explain(&written(name), &Images::default()), golden.raw());
    }
}

#[test]
fn a_story_has_a_bounded_width_whatever_happened() {
    for path in find_traces(&[directory(), writes()]).unwrap() {
        let mut trace = scenarios::conform::read_trace(&path).unwrap();
        // So that the sides are not the same.
        trace.boundary = !trace.boundary;
        let story = explain(&trace, &Images::default());
        let longest = story.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(120), "{}: {longest:?}", trace.id);
    }
}

#[test]
fn a_story_of_two_sides_marks_what_only_one_has() {
    let mut other = recorded("readahead_4096_16_b0");
    other.boundary = true;
    let story = explain(&other, &Images::default());
    let marked = |mark: &str| story.lines().filter(|line| line.starts_with(mark)).count();
    assert!(marked("< ") > 0 && marked("> ") > 0 && marked("= ") > 0, "{story}");
}

#[test]
fn a_trace_that_cannot_be_run_is_told_from_the_kernels_side() {
    let mut trace = recorded("readahead_4096_16_b1");
    trace.ops[0] = "fsnyc 0".to_owned();
    let story = explain(&trace, &Images::default());
    assert!(story.contains("not run: unknown call \"fsnyc\"; did you mean \"fsync\"?"), "{story}");
    assert!(story.contains("< Q RA 8000+96             0-11"), "{story}");
}

#[test]
fn the_traces_stay_small() {
    let sizes = find_traces(&[directory(), writes()]).unwrap().into_iter();
    let total: u64 = sizes.map(|path| std::fs::metadata(path).unwrap().len()).sum();
    assert!(total < 900 * 1024, "{total} bytes");
}

#[test]
fn the_report_as_data_has_the_promised_shape() {
    let verdict = compare(&recorded("readahead_4096_16_b1"), &Images::default(), None);
    let data = serde_json::to_value(report::data(&[verdict])).unwrap();
    for level in ["l1", "l2", "get_block", "results", "events"] {
        assert_eq!(data["levels"][level], serde_json::json!({ "equal": 1, "of": 1 }), "{level}");
    }
    assert_eq!(data["levels"]["files_after"], serde_json::json!({ "equal": 0, "of": 0 }));
    assert_eq!((data["traces"].as_u64(), data["failures"].as_array().map(Vec::len)), (Some(1), Some(0)));
}

/// A directory for traces with an image of the classic's files beside it, compressed or not.
struct WithImage(PathBuf);

impl WithImage {
    fn new(name: &str, compressed: bool) -> WithImage {
        let path = std::env::temp_dir().join(format!("mpagesim-conform-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("images")).unwrap();
        let layout = r#"{ "block_size": "4KiB", "files": { "/f": "0-11@1000 ind@1012 12-15@1013" } }"#;
        let bytes = VolumeImage::new(&volume(layout, 16_384)).bytes();
        if compressed {
            let file = std::fs::File::create(path.join("images/disk.img.gz")).unwrap();
            let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            encoder.write_all(&bytes).unwrap();
            encoder.finish().unwrap();
        } else {
            std::fs::write(path.join("images/disk.img"), bytes).unwrap();
        }
        std::fs::create_dir_all(path.join("read")).unwrap();
        WithImage(path)
    }

    /// The classic, from the image, whose files are the same at the end.
    fn classic(&self) -> Recorded {
        let classic = recorded("readahead_4096_16_b1");
        let files_after = Some(classic.files.clone());
        Recorded { directory: self.0.join("read"), image: Some("disk".to_owned()), files_after, ..classic }
    }
}

impl Drop for WithImage {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_trace_can_start_from_an_image() {
    for compressed in [false, true] {
        let place = WithImage::new(&format!("start-{compressed}"), compressed);
        let verdict = compare(&place.classic(), &Images::default(), None);
        let text = report::text(std::slice::from_ref(&verdict));
        assert!(report::all_equal(&[verdict]), "{text}");
        assert!(text.contains("\nfiles after: 1 of 1 equal\n"), "{text}");
    }
}

#[test]
fn files_that_are_not_the_same_at_the_end_are_a_difference() {
    let place = WithImage::new("after", false);
    let mut other = place.classic();
    let after = &mut other.files_after.as_mut().unwrap()[0];
    after.size = 7;
    after.runs[1] = [12, 1014, 3];
    let verdict = compare(&other, &Images::default(), None);
    let text = report::text(std::slice::from_ref(&verdict));
    assert!(!report::all_equal(&[verdict]));
    let expected = "\
readahead_4096_16_b1: files after differs behind 0 equal lines
  kernel     f: inode 12, 7 bytes
  simulated  f: inode 12, 65536 bytes
  both       f: 0-11@1000
  both       f: ind@1012
  kernel     f: 12-14@1014
  simulated  f: 12-15@1013
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("\nfiles after: 0 of 1 equal\n"), "{text}");
}

#[test]
fn an_image_that_does_not_fit_the_trace_is_refused() {
    let place = WithImage::new("refused", false);
    let not_run = |trace: &Recorded| {
        let verdict = compare(trace, &Images::default(), Some(Level::L1));
        verdict.levels[0].1.as_ref().unwrap().got.clone()
    };
    let mut other = place.classic();
    other.device.sectors = 8;
    assert_eq!(
        not_run(&other),
        "image disk has 16384 sectors and blocks of 4096 bytes, the trace 8 and 4096"
    );
    let mut other = place.classic();
    other.files[0].path = "h".to_owned();
    other.setup.clear();
    other.ops.clear();
    assert_eq!(not_run(&other), "image disk: /h: no such file or directory");
    let mut other = place.classic();
    other.vm.insert("dirty_ratios".to_owned(), 1);
    assert_eq!(not_run(&other), "unknown setting /proc/sys/vm/dirty_ratios");
}
