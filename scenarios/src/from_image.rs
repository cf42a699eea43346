//! A scenario without a file: reading a file of an ext2 image from a cold cache, boundary off and on.

use std::path::Path;

use serde_json::{Value, json};
use sim_core::io::blocks::escape_name;
use sim_mpage::ext2::volume::VolumeFile;

use crate::image_file::{ImageFileError, open};
use crate::input::ScenarioInput;

/// How much a call reads: what `cat` and `cp` ask for.
const CALL_BYTES: u64 = 128 << 10;

/// The most calls: of a file of more than 8 GiB each reads more, so that a size that an image only
/// claims does not fill the memory.
const MOST_CALLS: u64 = 1 << 16;

/// The device, if none is asked for and it is large enough.
const DEVICE: &str = "cheetah9LP";

/// The scenario of reading `file` of the image from start to end.
///
/// # Errors
/// [`ImageFileError`], if the image cannot be read or has no such file.
pub fn scenario(image: &Path, file: &str, device: Option<&str>) -> Result<ScenarioInput, ImageFileError> {
    let shown = image.display().to_string();
    let opened = open(image)?;
    let wrong = |source| ImageFileError::Image { path: shown.clone(), source };
    let found = opened.lookup(file).map_err(wrong)?;
    let name = image.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(ScenarioInput::of_text(&name, document(&shown, &found, device).to_string()))
}

/// The scenario of reading a file of the image at `image` from start to end.
pub fn document(image: &str, file: &VolumeFile, device: Option<&str>) -> Value {
    let mut bytes = CALL_BYTES;
    while file.size.div_ceil(bytes) > MOST_CALLS {
        bytes *= 2;
    }
    let reads = file.size.div_ceil(bytes).max(1);
    let mut calls = vec![format!("open f {} r", escape_name(&file.path))];
    calls.extend((0..reads).map(|_| format!("read f {bytes}")));
    json!({
        "title": format!("Reading {} of {image}", file.path),
        "device": device.unwrap_or(DEVICE),
        "filesystem": { "image": image },
        "workload": { "calls": calls },
        "arms": { "off": { "filesystem.boundary": false }, "on": { "filesystem.boundary": true } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(size: u64) -> Vec<String> {
        let path = "/my file".to_owned();
        let file = VolumeFile { path, inode: 12, size, ..VolumeFile::default() };
        serde_json::from_value(document("disk.img", &file, None)["workload"]["calls"].clone()).unwrap()
    }

    #[test]
    fn a_file_is_read_from_start_to_end_in_calls_of_128_kib() {
        let expected = ["open f /my\\040file r", "read f 131072", "read f 131072"];
        assert_eq!(calls(131_073), expected);
        assert_eq!(calls(0).len(), 2);
    }

    #[test]
    fn a_huge_size_does_not_make_a_huge_scenario() {
        for size in [8 << 30, (8 << 30) + 1, 1 << 44, u64::MAX] {
            let calls = calls(size);
            assert!(calls.len() <= 65_537, "{size}: {}", calls.len());
            let bytes: u64 = calls[1].strip_prefix("read f ").unwrap().parse().unwrap();
            assert!(u128::from(bytes) * (calls.len() as u128 - 1) >= u128::from(size));
        }
    }
}
