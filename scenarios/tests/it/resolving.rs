//! Bases, arms and overrides.

use scenarios::load::{Options, load};
use sim_disk::block::{PlugOrder, SchedulerKind};
use sim_mpage::call::{Call, Handle};
use sim_mpage::machine::Vm;

use crate::{Text, load_text, mistakes};

const SMALL: &str = r#"{
  "filesystem": { "files": { "/f": "0-3@1000", "/g": { "layout": "0@2000", "size": "1B" } } },
  "workload": { "calls": ["open a /g r", "read a 1"] },
}"#;

#[test]
fn what_is_left_out_has_its_default() {
    let loaded = load_text(SMALL, &[]).unwrap();
    assert_eq!(loaded.arms.len(), 1);
    let arm = &loaded.arms[0];
    assert_eq!((arm.name.as_str(), arm.scenario.device.preset.as_str()), ("default", "ideal"));
    let machine = &arm.machine;
    assert_eq!(machine.queue.plug_order, PlugOrder::Lifo);
    assert_eq!((machine.queue.nr_requests, machine.queue.queue_depth), (64, 64));
    assert_eq!(machine.volume.files.iter().map(|file| file.size).collect::<Vec<_>>(), [16_384, 1]);
    assert_eq!((machine.tasks[0].name.as_str(), machine.tasks[0].pid), ("main", 100));
    assert_eq!(machine.tasks[0].calls[1].call, Call::Read { handle: Handle(0), length: 1 });
}

#[test]
fn the_command_line_changes_the_scenario_and_arms_change_that() {
    let text = SMALL.replacen('{', r#"{ "arms": { "a": {}, "b": { "queue.nr_requests": 5 } }, "#, 1);
    let set =
        ["queue.scheduler=mq-deadline", "device.queue_depth=3", "kernel.cpu=modern", "kernel.cpu.bio=1us"];
    let loaded = load_text(&text, &set).unwrap();
    let queues: Vec<_> = loaded.arms.iter().map(|arm| arm.machine.queue).collect();
    assert!(queues.iter().all(|queue| queue.scheduler == SchedulerKind::MqDeadline));
    assert_eq!(queues.iter().map(|queue| queue.nr_requests).collect::<Vec<_>>(), [6, 5]);
    let cpu = loaded.arms[0].machine.kernel.cpu;
    assert_eq!((cpu.bio.nanoseconds(), cpu.wake.nanoseconds()), (1_000, 2_000));
}

#[test]
fn one_arm_can_be_chosen() {
    let text = SMALL.replacen('{', r#"{ "arms": { "a": {}, "b": {} }, "#, 1);
    let choose = |arm: &str| {
        let options = Options { arms: vec![arm.to_owned()], ..Options::default() };
        load(&Text { name: "x.scenario.json", text: &text, bases: &[] }, &options)
    };
    assert_eq!(choose("b").unwrap().arms.len(), 1);
    assert!(choose("c").err().unwrap().list[0].message.contains("no arm \"c\""));
}

#[test]
fn a_base_gives_what_is_not_said() {
    let text = r#"{ "extends": "base", "queue": { "nomerges": 2 }, "workload": { "calls": ["drop"] } }"#;
    let bases = [("base", SMALL), ("twice", r#"{ "extends": "base" }"#)];
    let loaded = load(&Text { name: "x.scenario.json", text, bases: &bases }, &Options::default()).unwrap();
    let machine = &loaded.arms[0].machine;
    assert_eq!((machine.queue.nomerges, machine.volume.files.len()), (2, 2));
    assert_eq!(machine.tasks[0].calls.len(), 1);
    for wrong in [r#"{ "extends": "none" }"#, r#"{ "extends": "twice" }"#, r#"{ "extends": 1 }"#] {
        assert!(
            load(&Text { name: "x.scenario.json", text: wrong, bases: &bases }, &Options::default()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn what_the_setup_opens_stays_open_for_the_one_process_only() {
    let files = r#""filesystem": { "files": { "/f": "0@1000" } }, "setup": ["open a f r"]"#;
    let alone = format!(r#"{{ {files}, "workload": {{ "calls": ["read a 1"] }} }}"#);
    assert!(load_text(&alone, &[]).is_ok());
    let tasks =
        format!(r#"{{ {files}, "workload": {{ "tasks": {{ "t": {{ "calls": ["read a 1"] }} }} }} }}"#);
    assert!(mistakes(&tasks, &[]).contains("no file is open as \"a\""));
}

#[test]
fn states_and_faults_are_taken_over() {
    let text = r#"{
      "filesystem": { "block_size": "2KiB", "files": { "/f": "0-11@1000 ind@1012 12@1013" } },
      "pages": [
        { "file": "f", "page": 1, "count": 2, "dirty": true, "buffers": [["mapped", "dirty"], []] },
        { "file": "f", "metadata": "ind", "dirty": true },
      ],
      "faults": [
        { "sector": 8000, "sectors": 2, "operation": "read", "times": 3 },
        { "bio_allocation": 4 }, { "bio_allocation": 2 },
      ],
      "workload": { "tasks": { "b": { "start": "5ms", "calls": [] }, "a": { "pid": 7, "calls": ["drop"] } } },
    }"#;
    let loaded = load_text(text, &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let machine = &loaded.arms[0].machine;
    assert_eq!(machine.pages.iter().map(|page| page.index).collect::<Vec<_>>(), [1, 2]);
    assert!(machine.pages[0].buffers.as_ref().unwrap()[0].mapped);
    assert!(machine.metadata[0].dirty);
    assert_eq!(machine.bad_sectors[0].times, Some(3));
    assert_eq!(machine.failing_bio_allocations, [2, 4]);
    let tasks: Vec<_> = machine.tasks.iter().map(|task| (task.name.as_str(), task.pid)).collect();
    assert_eq!(tasks, [("b", 100), ("a", 7)]);
    assert_eq!(machine.tasks[0].start.nanoseconds(), 5_000_000);
}

#[test]
fn writeback_has_the_kernels_settings_unless_others_are_given() {
    let vm = |set: &[&str]| load_text(SMALL, set).unwrap().arms[0].machine.kernel.vm;
    assert_eq!(vm(&[]), Vm::default());
    let set =
        ["vm.dirty_bytes=8192", "vm.dirty_background_ratio=3", "vm.throttling=false", "queue.min_ratio=7"];
    let given = Vm {
        dirty_bytes: Some(8_192),
        dirty_background_ratio: 3,
        throttling: false,
        bdi_min_ratio: 7,
        ..Vm::default()
    };
    assert_eq!(vm(&set), given);
    // As in the kernel: of bytes, 0 means that the ratio counts.
    let ratio = Vm { dirty_ratio: 9, ..Vm::default() };
    assert_eq!(vm(&["vm.dirty_bytes=0", "vm.dirty_ratio=9"]), ratio);
    let adjacent = load_text(SMALL, &["kernel.pages_adjacent=true"]).unwrap();
    assert!(adjacent.arms[0].machine.kernel.pages_adjacent);
}
