//! A scenario without a file: reading a file of an ext2 image from a cold cache, boundary off and on.

use std::path::Path;

use serde_json::json;

use crate::image_file::{ImageFileError, open};
use crate::input::ScenarioInput;

/// How much a call reads: what `cat` and `cp` ask for.
const CALL_BYTES: u64 = 128 << 10;

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
    let calls = found.size.div_ceil(CALL_BYTES).max(1);
    let reads = vec![format!("read f {CALL_BYTES}"); usize::try_from(calls).unwrap_or(usize::MAX)];
    let mut all = vec![format!("open f {file} r")];
    all.extend(reads);
    let document = json!({
        "title": format!("Reading {file} of {shown}"),
        "device": device.unwrap_or(DEVICE),
        "filesystem": { "image": shown },
        "workload": { "calls": all },
        "arms": { "off": { "filesystem.boundary": false }, "on": { "filesystem.boundary": true } },
    });
    let name = image.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(ScenarioInput::of_text(&name, document.to_string()))
}
