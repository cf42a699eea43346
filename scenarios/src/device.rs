//! Devices by the names of their presets.
//!
//! A preset is data; what a scenario says beside its name is laid over it, key by key, before the
//! device is built.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sim_disk::device::Device;
use sim_disk::hdd::drive::Drive;
use sim_disk::ideal::{Ideal, Settings};
use sim_disk::presets::{self, Preset};
use sim_disk::ssd::SolidState;

use crate::nearest::help_for;
use crate::scenario::device::DeviceChoice;

/// The device without mechanics, whose parameters the schema knows.
pub const IDEAL: &str = "ideal";

/// The presets that a scenario may name.
pub fn names() -> Vec<&'static str> {
    [IDEAL].into_iter().chain(presets::names()).collect()
}

/// Why a device cannot be built; the key is the one of the scenario's `device` that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeviceError {
    /// The key.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// How it may be mended.
    pub help: Option<String>,
    /// Whether there is no such key, and not only no such value.
    pub is_unknown: bool,
}

impl DeviceError {
    fn new(key: &str, message: impl ToString) -> DeviceError {
        DeviceError { key: key.to_owned(), message: message.to_string(), help: None, is_unknown: false }
    }
}

/// Builds a device, idle.
///
/// # Errors
/// [`DeviceError`], if there is no such preset or its parameters make no device.
pub fn build(choice: &DeviceChoice) -> Result<Device, DeviceError> {
    if choice.preset == IDEAL {
        return ideal(choice);
    }
    let given = given(choice);
    let wrong = |error: &dyn ToString| DeviceError::new(&key_of(&given), error.to_string());
    match presets::find(&choice.preset) {
        Some(Preset::Hdd(parameters)) => {
            let drive = Drive::new(laid_over(parameters, &given)?).map_err(|error| wrong(&error))?;
            Ok(Device::Hdd(Box::new(drive)))
        }
        Some(Preset::Ssd(parameters)) => {
            let drive = SolidState::new(&laid_over(parameters, &given)?).map_err(|error| wrong(&error))?;
            Ok(Device::Ssd(Box::new(drive)))
        }
        None => {
            let help = Some(help_for(&choice.preset, &names()));
            let message = format!("no device \"{}\"", choice.preset);
            Err(DeviceError { help, ..DeviceError::new("preset", message) })
        }
    }
}

fn ideal(choice: &DeviceChoice) -> Result<Device, DeviceError> {
    if let Some(key) = choice.parameters.keys().next() {
        return Err(unknown(key, &["sectors", "latency", "per_sector", "queue_depth"]));
    }
    let own = Settings::default();
    Ok(Device::Ideal(Box::new(Ideal::new(Settings {
        sectors: choice.sectors.unwrap_or(own.sectors),
        latency: choice.latency.map_or(own.latency, |span| span.0),
        per_sector: choice.per_sector.map_or(own.per_sector, |span| span.0),
        queue_depth: choice.queue_depth.unwrap_or(own.queue_depth),
    }))))
}

/// What is said beside the preset, with what only `ideal` has a type for.
fn given(choice: &DeviceChoice) -> BTreeMap<String, Value> {
    let typed = [
        ("sectors", choice.sectors.map(Value::from)),
        ("latency", choice.latency.map(|span| Value::from(span.to_string()))),
        ("per_sector", choice.per_sector.map(|span| Value::from(span.to_string()))),
        ("queue_depth", choice.queue_depth.map(Value::from)),
    ];
    let typed = typed.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    typed.chain(choice.parameters.clone()).collect()
}

/// The key to blame for parameters that only together make no device.
fn key_of(given: &BTreeMap<String, Value>) -> String {
    given.keys().next().cloned().unwrap_or_else(|| "preset".to_owned())
}

fn unknown(key: &str, known: &[&str]) -> DeviceError {
    let message = format!("this device has no parameter \"{key}\"");
    DeviceError { help: Some(help_for(key, known)), is_unknown: true, ..DeviceError::new(key, message) }
}

/// A preset's parameters with others in their place, one by one, so that the wrong one is told.
fn laid_over<T: Serialize + DeserializeOwned>(
    preset: T,
    given: &BTreeMap<String, Value>,
) -> Result<T, DeviceError> {
    let mut parameters = preset;
    for (key, value) in given {
        let mut all = serde_json::to_value(&parameters).map_err(|error| DeviceError::new(key, error))?;
        let known: Vec<&str> =
            all.as_object().into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
        if !known.contains(&key.as_str()) {
            return Err(unknown(key, &known));
        }
        join(&mut all[key.as_str()], value);
        parameters = serde_json::from_value(all).map_err(|error| DeviceError::new(key, error))?;
    }
    Ok(parameters)
}

/// Objects are joined key by key, everything else is replaced.
fn join(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                join(base.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sim_disk::device::BlockDevice;

    use super::*;

    fn choice(preset: &str, parameters: Value) -> DeviceChoice {
        let parameters = serde_json::from_value(parameters).unwrap();
        DeviceChoice { preset: preset.to_owned(), parameters, ..DeviceChoice::default() }
    }

    #[test]
    fn every_preset_that_can_be_named_can_be_built() {
        for name in names() {
            let device = build(&choice(name, json!({}))).unwrap();
            assert!(device.limits().sectors > 0, "{name}");
        }
    }

    #[test]
    fn parameters_are_laid_over_the_preset() {
        let faster = choice("cheetah9LP", json!({ "rotation_rpm": 15_000 }));
        assert!(build(&faster).is_ok());
        let halved = choice("nvme-tlc-64l", json!({ "channels": 4 }));
        let whole = choice("nvme-tlc-64l", json!({}));
        let sectors = |choice| build(choice).unwrap().limits().sectors;
        assert_eq!(sectors(&halved) * 2, sectors(&whole));
        let deep = DeviceChoice { queue_depth: Some(7), ..whole };
        assert!(build(&deep).is_ok());
    }

    #[test]
    fn a_parameter_that_the_device_does_not_have_is_refused_by_its_name() {
        let error = build(&choice("cheetah9LP", json!({ "rotation_rmp": 15_000 }))).err().unwrap();
        assert_eq!(
            (error.key.as_str(), error.help.as_deref()),
            ("rotation_rmp", Some("did you mean \"rotation_rpm\"?"))
        );
        let error = build(&choice("cheetah9LP", json!({ "rotation_rpm": "fast" }))).err().unwrap();
        assert_eq!(error.key, "rotation_rpm");
        let error = build(&choice("ideal", json!({ "channels": 1 }))).err().unwrap();
        assert_eq!(error.key, "channels");
        assert_eq!(build(&choice("cheetah", json!({}))).err().unwrap().key, "preset");
    }
}
