#![allow(clippy::all, missing_docs)]
use sim_mpage::ext2::layout::*;
fn hwm(what: &str) {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    for l in s.lines() {
        if l.starts_with("VmHWM") || l.starts_with("VmRSS") {
            println!("{what}: {l}");
        }
    }
}
fn main() {
    let size = 1u64 << 40;
    let ds = (size + size / 64 + (64 << 20)) / 512;
    hwm("start");
    let start = first_file_block(4096, ds).unwrap();
    let p = contiguous(start, size / 4096, 4096).unwrap();
    hwm("contiguous");
    println!("{} runs {} indirect", p.runs.len(), p.indirect.len());
    let f = FileLayout { path: "/f".into(), inode: 12, size, runs: p.runs, indirect: p.indirect };
    let v = volume(Layout { block_size: 4096, device_sectors: ds, files: vec![f] }).unwrap();
    hwm("volume");
    drop(v);
    hwm("dropped");
}
