//! A recorded trace, as its file tells it. What the simulator does not need is passed over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// A recorded trace.
#[derive(Clone, Debug, Deserialize)]
pub struct Recorded {
    /// The directory that its file lies in; not told by the file.
    #[serde(skip)]
    pub directory: PathBuf,
    /// Its name.
    pub id: String,
    /// The levels that it is good for: `l1`, `l2`.
    pub compare: Vec<String>,
    /// The process that made the calls.
    pub pid: u32,
    /// Whether `get_block` reported the boundary flag.
    pub boundary: bool,
    /// Bytes.
    pub page_size: u32,
    /// Bytes.
    pub block_size: u32,
    /// The device and its queue.
    pub device: RecordedDevice,
    /// The files that the calls may name.
    pub files: Vec<RecordedFile>,
    /// The image that the run starts from, for those that write.
    #[serde(default)]
    pub image: Option<String>,
    /// Calls before recording started.
    pub setup: Vec<String>,
    /// When each began, in microseconds from the start of a second.
    #[serde(default)]
    pub setup_at_us: Vec<u64>,
    /// The recorded calls.
    #[serde(default)]
    pub ops: Vec<String>,
    /// When each began, on the same clock.
    #[serde(default)]
    pub ops_at_us: Vec<u64>,
    /// What each returned: a number, or an error text.
    #[serde(default)]
    pub results: Vec<serde_json::Value>,
    /// What happened.
    pub events: Vec<RecordedEvent>,
    /// The files' maps at the end.
    #[serde(default)]
    pub files_after: Option<Vec<RecordedFile>>,
    /// Several processes, instead of `ops`.
    #[serde(default)]
    pub tasks: Option<Vec<RecordedTask>>,
    /// Whether caches were dropped after all set-ups.
    #[serde(default)]
    pub drop_after_setup: bool,
    /// Settings under `/proc/sys/vm`.
    #[serde(default)]
    pub vm: BTreeMap<String, u64>,
    /// How the processes were scheduled.
    #[serde(default)]
    pub policy: Option<String>,
}

/// One of several processes.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedTask {
    /// Its process id.
    pub pid: u32,
    /// Its calls before recording started.
    pub setup: Vec<String>,
    /// When each began, in microseconds from the start of a second.
    #[serde(default)]
    pub setup_at_us: Vec<u64>,
    /// Its recorded calls.
    pub ops: Vec<String>,
    /// When each began, on the same clock.
    pub ops_at_us: Vec<u64>,
    /// What each returned.
    pub results: Vec<serde_json::Value>,
}

/// mq-deadline's settings; times in milliseconds.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedIosched {
    /// How many requests go in one direction in a row.
    pub fifo_batch: u32,
    /// How often reads may go first while writes wait.
    pub writes_starved: u32,
    /// Whether bios may be merged at the front.
    pub front_merges: u8,
    /// How long a read may wait.
    pub read_expire: u32,
    /// How long a write may wait.
    pub write_expire: u32,
    /// How many writes may hold a tag.
    pub async_depth: u32,
}

/// A process whose calls were recorded, whether it was the only one or not.
#[derive(Clone, Copy, Debug)]
pub struct Process<'a> {
    /// Its process id.
    pub pid: u32,
    /// Its calls before recording started.
    pub setup: &'a [String],
    /// When each began, in microseconds from the start of a second.
    pub setup_at_us: &'a [u64],
    /// Its recorded calls.
    pub ops: &'a [String],
    /// When each began, on the same clock.
    pub ops_at_us: &'a [u64],
    /// What each returned.
    pub results: &'a [serde_json::Value],
}

impl Recorded {
    /// The recorded processes with their names in the trace: `wl` alone, or `t0`, `t1`, ...
    pub fn processes(&self) -> Vec<(String, Process<'_>)> {
        match &self.tasks {
            None => vec![(
                "wl".to_owned(),
                Process {
                    pid: self.pid,
                    setup: &self.setup,
                    setup_at_us: &self.setup_at_us,
                    ops: &self.ops,
                    ops_at_us: &self.ops_at_us,
                    results: &self.results,
                },
            )],
            Some(tasks) => {
                let numbered = tasks.iter().enumerate();
                numbered.map(|(number, task)| (format!("t{number}"), task.process())).collect()
            }
        }
    }
}

impl RecordedTask {
    fn process(&self) -> Process<'_> {
        Process {
            pid: self.pid,
            setup: &self.setup,
            setup_at_us: &self.setup_at_us,
            ops: &self.ops,
            ops_at_us: &self.ops_at_us,
            results: &self.results,
        }
    }
}

/// The device and its queue.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedDevice {
    /// Its capacity.
    pub sectors: u64,
    /// `none` or `mq-deadline`.
    pub scheduler: String,
    /// The readahead window.
    pub read_ahead_kb: u32,
    /// The longest request.
    pub max_sectors_kb: u32,
    /// The most segments of a request.
    pub max_segments: u32,
    /// Scheduler tags.
    pub nr_requests: u32,
    /// Device tags.
    pub queue_depth: u32,
    /// Bytes.
    pub logical_block_size: u32,
    /// Bytes.
    pub physical_block_size: u32,
    /// How long each request takes, in microseconds.
    pub latency_us: u64,
    /// 0, 1 or 2.
    #[serde(default)]
    pub nomerges: u8,
    /// mq-deadline's settings.
    #[serde(default)]
    pub iosched: Option<RecordedIosched>,
    /// Whether memory pages happened to be adjacent.
    #[serde(default)]
    pub pages_adjacent: bool,
    /// Percent of the background limit that are the device's share in any case.
    #[serde(default)]
    pub bdi_min_ratio: u32,
}

/// A file and its map.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedFile {
    /// Its path.
    pub path: String,
    /// Its inode.
    pub inode: u32,
    /// Bytes.
    pub size: u64,
    /// First logical block, first physical block, how many.
    pub runs: Vec<[u64; 3]>,
    /// Where each indirect block lies, by role.
    pub indirect: BTreeMap<String, u64>,
}

/// An event.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "e")]
pub enum RecordedEvent {
    /// A call began.
    #[serde(rename = "op")]
    Call {
        /// Its text.
        op: String,
        /// Which of several processes made it.
        #[serde(default)]
        task: Option<u32>,
    },
    /// The filesystem mapped blocks.
    #[serde(rename = "get_block")]
    GetBlock {
        /// The file's inode.
        #[serde(default)]
        inode: Option<u32>,
        /// The first logical block.
        block: u64,
        /// How many were asked for.
        max: u64,
        /// Whether missing ones were to be allocated.
        create: u8,
        /// How many were mapped, or an error number.
        count: i64,
        /// The first physical block.
        phys: u64,
        /// Whether they are new.
        new: u8,
        /// Whether the boundary flag was set.
        boundary: u8,
    },
    /// A bio was queued.
    Q(Extent),
    /// A request was made.
    G(Extent),
    /// A bio was merged at the back.
    M(Extent),
    /// A bio was merged at the front.
    F(Extent),
    /// A request was inserted.
    I(Extent),
    /// A request was issued.
    D(Extent),
    /// A request completed.
    C(Extent),
    /// A bio was split.
    X {
        /// Operation and flags.
        rwbs: String,
        /// Where it began.
        sector: u64,
        /// Where the rest begins.
        new_sector: u64,
    },
    /// A plug began.
    P {},
    /// A plug was flushed.
    U {
        /// How many requests it held.
        n: u32,
    },
}

/// An operation on sectors.
#[derive(Clone, Debug, Deserialize)]
pub struct Extent {
    /// Operation and flags.
    pub rwbs: String,
    /// The first sector.
    pub sector: u64,
    /// How many.
    pub sectors: u64,
}
