//! What the program says about itself: the screenful without arguments, and the long parts of the
//! help. Options and subcommands describe themselves where they are defined.

/// Help pages: what it is, examples, and only then usage and options.
pub(super) const TEMPLATE: &str = "\
{about-with-newline}
{before-help}{usage-heading} {usage}

{all-args}{after-help}";

/// Without arguments, on a terminal: 24 lines of 80 columns at most.
pub(super) const INTRODUCTION: &str = r#"mpagesim: which I/O a Linux kernel sends for a file, in which order, why, and
what that costs on a disk. Kernel, filesystem (ext2) and device are simulated;
nothing real is read or written.

Start with the classic:

    mpagesim run classic

It reads a file of 16 blocks. On the disk its indirect block `ind`, which says
where blocks 12-15 lie, stands between blocks 0-11 and 12-15. The kernel's
boundary handling decides whether the disk has to step back:

    off  issue  ind 12-15 0-11
    on   issue  0-11+ind 12-15

Then:

    mpagesim run classic --explain                    why each I/O was sent
    mpagesim run classic --set device=nvme-tlc-64l    the same on an SSD
    mpagesim scenarios                                what else there is
    mpagesim run --image disk.img --file /a.bin       a file of your own
    mpagesim --help                                   everything
"#;

/// The examples of the whole.
pub(super) const EXAMPLES: &str = "\
Examples:
  mpagesim run classic                              the first thing to try
  mpagesim run classic --explain                    why each I/O was sent
  mpagesim run classic --set device=nvme-tlc-64l    the same on an SSD
  mpagesim run mine.scenario.json --out pictures    your own scenario, with pictures
  mpagesim scenarios                                what comes with the program
  mpagesim inspect disk.img /a.bin                  where a file's blocks lie
";

/// The examples of `run`.
pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  mpagesim run classic                              orders, figures, and what they mean
  mpagesim run classic --explain                    why each I/O was sent
  mpagesim run classic --view disk                  positions on the disk: 12 0-11 13-16
  mpagesim run classic --set queue.read_ahead_kb=16 change anything; --dry-run shows it
  mpagesim run classic --format json                as data
  mpagesim run --image disk.img --file /a.bin       a file of a real ext2 image
  mpagesim run write --arm on --write-image out.img the image that the run leaves
";

/// The examples of `check`.
pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  mpagesim check                                    the whole library
  mpagesim check mine.scenario.json                 a file of your own
  mpagesim check scenarios --junit results.xml      a directory, as results of tests
";

/// What stands behind the options of `check` in the long help.
pub(super) const EXPECTATIONS: &str = r#"A scenario says what must come out in its list "expect":
  { "arm": "on", "at": "issue", "order": "0-11+ind 12-15" }
                  all I/Os of the arm in order, at `bio` or `issue`; without
                  "arm", of every arm
  { "arm": "on", "before": ["0-11", "ind"] }
                  each block of a piece comes before each of the next piece
  { "assert": "on.backward_steps < off.backward_steps" }
                  a condition over figures: those of `run --format json`,
                  `completed` and `calls.TASK.failed`; numbers are whole or
                  have a unit (5ms, 64KiB); == != < <= > >=, + - * /, && || !

Exit codes:
  0  all came out as it should
  1  something came out otherwise
  2  wrong use, or wrong input, or nothing to check
  3  the machine failed: a disk is full, a file cannot be read"#;

/// What stands behind the options in the long help.
pub(super) const REFERENCE: &str = "\
How orders are written:
  0-11            logical blocks 0 to 11 of the file, in one I/O
  ind             its indirect block, which says where blocks from 12 on lie;
                  dind and dleaf/N are the double indirect block and its Nth
                  leaf, tind, tmid/N, tleaf/N/N those of the triple one
  0-11+ind        both in one I/O
  W0-11           written, all others are read; F is a flush
  /b:0-3          blocks of file /b, where there are several files
  0-11@1000       in layouts: block 0 lies at block 1000 of the device, and so on

The order at `bio` is that in which the kernel sends I/O; the order at `issue` is
that in which requests reach the device, after merging and scheduling.

Scenarios are JSON files with comments; `mpagesim schema` describes them. Sizes and
times have units: 64KiB, 5ms. In the calls of a scenario a space in a path is written
\\040, as in /proc/mounts: \"open f /my\\\\040file r\" in JSON, which doubles backslashes.

Exit codes:
  0  as it should be
  1  a difference was found
  2  wrong use, or wrong input
  3  the machine failed: a disk is full, a file cannot be read

Colours are used on terminals only, and not if NO_COLOR is set.";
