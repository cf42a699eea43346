//! Subjects to draw in tests.

use proptest::prelude::*;
use sim_core::io::{Operation, Part, Parts};
use sim_core::time::Duration;
use sim_core::trace::ReadaheadRule;

use super::io::{Arm, BlockKind, Io, Piece, Run, Subject, Window};

pub(crate) fn piece(label: &str, kind: BlockKind, first: u64, blocks: u64) -> Piece {
    Piece { label: label.into(), kind, first_block_on_disk: first, blocks }
}

pub(crate) fn read(pieces: &[&Piece], start_ns: u64, end_ns: u64) -> Io {
    let pieces = pieces.iter().map(|piece| (*piece).clone()).collect();
    Io { operation: Operation::Read, pieces, start_ns, end_ns, parts: Parts::default() }
}

/// An I/O with these parts of its time, in microseconds; what they do not account for is transfer.
pub(crate) fn with_parts(mut io: Io, parts: &[(Part, u64)]) -> Io {
    let mut rest = io.end_ns - io.start_ns;
    for (part, microseconds) in parts {
        rest -= microseconds * 1_000;
        io.parts.add(*part, Duration::from_nanoseconds(microseconds * 1_000));
    }
    io.parts.add(Part::Transfer, Duration::from_nanoseconds(rest));
    io
}

/// A window that was decided at the beginning and reads these runs.
pub(crate) fn window(label: &str, rule: ReadaheadRule, runs: &[(u64, u64)]) -> Window {
    let runs =
        runs.iter().map(|&(first_block_on_disk, blocks)| Run { first_block_on_disk, blocks }).collect();
    Window { label: label.into(), rule, decided_ns: 0, read_ns: 0, runs, mark_on_disk: None }
}

/// The classic: without boundary handling the indirect block goes first, and scheduler `none`
/// takes the plug from its end.
pub(crate) fn classic() -> Subject {
    let first = piece("0-11", BlockKind::Data, 1_000, 12);
    let indirect = piece("ind", BlockKind::Indirect, 1_012, 1);
    let rest = piece("12-15", BlockKind::Data, 1_013, 4);
    let window =
        |read_ns| Window { read_ns, ..window("0-15", ReadaheadRule::Forced, &[(1_000, 12), (1_013, 4)]) };
    Subject {
        title: "Boundary handling saves the way back".into(),
        subtitle: "the classic, 16 blocks of 4 KiB; Cheetah 9LP, scheduler none".into(),
        arms: vec![
            Arm {
                name: "off".into(),
                note: "12.9 ms".into(),
                bio: vec![read(&[&indirect], 0, 0), read(&[&first], 0, 0), read(&[&rest], 0, 0)],
                issue: vec![
                    with_parts(
                        read(&[&indirect], 0, 3_900_000),
                        &[(Part::Overhead, 300), (Part::Rotation, 3_300)],
                    ),
                    with_parts(
                        read(&[&rest], 4_000_000, 5_150_000),
                        &[(Part::Overhead, 300), (Part::Rotation, 250)],
                    ),
                    with_parts(
                        read(&[&first], 4_000_000, 12_300_000),
                        &[
                            (Part::DeviceQueue, 1_150),
                            (Part::Overhead, 300),
                            (Part::Seek, 500),
                            (Part::Rotation, 3_450),
                        ],
                    ),
                ],
                windows: vec![window(12_300_000)],
                end_ns: 12_900_000,
            },
            Arm {
                name: "on".into(),
                note: "7.05 ms".into(),
                bio: vec![read(&[&first], 0, 0), read(&[&indirect], 0, 0), read(&[&rest], 0, 0)],
                issue: vec![
                    with_parts(
                        read(&[&first, &indirect], 0, 5_850_000),
                        &[(Part::Overhead, 300), (Part::Rotation, 2_400)],
                    ),
                    with_parts(
                        read(&[&rest], 5_900_000, 7_050_000),
                        &[(Part::Overhead, 300), (Part::Rotation, 250)],
                    ),
                ],
                windows: vec![window(7_050_000)],
                end_ns: 7_050_000,
            },
        ],
    }
}

/// `windows` reads of 32 blocks, with an indirect block before every 31st.
pub(crate) fn long(windows: u64) -> Subject {
    let mut ios = Vec::new();
    for window in 0..windows {
        if window % 31 == 0 {
            let leaf = piece(&format!("dleaf/{}", window / 31), BlockKind::Indirect, 5_000 + window * 33, 1);
            ios.push(read(&[&leaf], 0, 1));
        }
        let label = format!("{}-{}", window * 32, window * 32 + 31);
        ios.push(read(&[&piece(&label, BlockKind::Data, window * 32, 32)], 0, 1));
    }
    let arm = Arm { name: "all".into(), bio: ios.clone(), issue: ios, ..Arm::default() };
    Subject { title: "Long".into(), subtitle: "a long file".into(), arms: vec![arm] }
}

/// The same with requests that take 0.1 to 9.7 ms, one issued each millisecond.
pub(crate) fn timed(mut subject: Subject) -> Subject {
    for arm in &mut subject.arms {
        for (number, io) in (0..).zip(&mut arm.issue) {
            io.start_ns = number * 1_000_000;
            io.end_ns = io.start_ns + (number * 37 % 97 + 1) * 100_000;
        }
    }
    subject
}

pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9/+ -]{0,12}",
        "[<>&\"']{0,8}",
        any::<String>(),
        "(long words ){0,40}",
        "W{0,300}",
        "[\u{0}-\u{1f}\u{202e}\u{ffff}]{0,4}",
    ]
}

pub(crate) fn any_io() -> impl Strategy<Value = Io> {
    let operation = prop_oneof![
        4 => Just(Operation::Read),
        2 => Just(Operation::Write),
        1 => Just(Operation::Flush),
        1 => Just(Operation::Discard),
    ];
    let kind = prop_oneof![Just(BlockKind::Data), Just(BlockKind::Indirect), Just(BlockKind::Metadata)];
    let number = prop_oneof![0_u64..40, any::<u64>()];
    let piece = (any_text(), kind, number.clone(), number.clone()).prop_map(
        |(label, kind, first_block_on_disk, blocks)| Piece { label, kind, first_block_on_disk, blocks },
    );
    let parts =
        prop::collection::vec((0..Part::ALL.len(), 0_u64..u64::from(u32::MAX)), 0..6).prop_map(|times| {
            let mut parts = Parts::default();
            for (part, time) in times {
                parts.add(Part::ALL[part], Duration::from_nanoseconds(time));
            }
            parts
        });
    (operation, prop::collection::vec(piece, 0..4), number.clone(), number, parts).prop_map(
        |(operation, pieces, start_ns, end_ns, parts)| Io { operation, pieces, start_ns, end_ns, parts },
    )
}

pub(crate) fn any_row() -> impl Strategy<Value = Vec<Io>> {
    prop_oneof![
        4 => prop::collection::vec(any_io(), 0..6),
        2 => prop::collection::vec(any_io(), 0..60),
        // Many alike: the number matters, not what each is.
        1 => (prop::collection::vec(any_io(), 1..4), 0_usize..400)
            .prop_map(|(ios, times)| ios.into_iter().cycle().take(times).collect()),
    ]
}

fn any_window() -> impl Strategy<Value = Window> {
    let number = || prop_oneof![0_u64..40, any::<u64>()];
    let rules = [ReadaheadRule::StartOfFile, ReadaheadRule::Sequential, ReadaheadRule::SequentialMiss];
    let runs = prop::collection::vec((number(), number()), 0..4);
    (any_text(), prop::sample::select(rules.to_vec()), number(), number(), runs, prop::option::of(number()))
        .prop_map(|(label, rule, decided_ns, read_ns, runs, mark_on_disk)| Window {
            decided_ns,
            read_ns,
            mark_on_disk,
            ..window(&label, rule, &runs)
        })
}

pub(crate) fn any_subject() -> impl Strategy<Value = Subject> {
    let windows = prop_oneof![
        4 => prop::collection::vec(any_window(), 0..6),
        1 => prop::collection::vec(any_window(), 0..200),
    ];
    let arm = (any_text(), any_row(), any_row(), windows, any_text(), any::<u64>()).prop_map(
        |(name, bio, issue, windows, note, end_ns)| Arm { name, bio, issue, windows, note, end_ns },
    );
    (any_text(), any_text(), prop::collection::vec(arm, 0..4)).prop_map(|(title, subtitle, arms)| Subject {
        title,
        subtitle,
        arms,
    })
}
