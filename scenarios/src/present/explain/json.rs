//! The chains of causes as data. Numbers of bios and requests are those of the events.

use serde_json::{Value, json};

use super::chain::{Chains, IoChain, Joining, Placement, RequestChain};
use super::why;
use crate::present::event::{piece, readahead_rule, reason_name};
use crate::present::names::blocks;
use crate::run::ArmRun;

/// The chains of an arm; null if they were not asked for.
pub fn data(arm: &ArmRun) -> Value {
    let Some(chains) = &arm.chains else { return Value::Null };
    json!({
        "ios": chains.ios.iter().map(|io| io_chain(arm, chains, io)).collect::<Vec<_>>(),
        "left_out": chains.left_out,
    })
}

fn io_chain(arm: &ArmRun, chains: &Chains, io: &IoChain) -> Value {
    let why = why::sent(io);
    json!({
        "bio": io.bio.0,
        "blocks": blocks(arm, &io.pieces),
        "rwbs": sim_core::io::Rwbs(io.operation, io.flags).to_string(),
        "sector": io.sector.0,
        "sectors": io.sectors,
        "pieces": io.pieces.iter().map(piece).collect::<Vec<_>>(),
        "queued_at_ns": io.at.nanoseconds(),
        "reason": reason_name(io.reason),
        "in_words": why.words,
        "rules": why.rules,
        "call": io.call.map(|call| json!({
            "task": arm.tasks.get(call.task.0 as usize),
            "number": call.number,
            "at_ns": call.at.nanoseconds(),
            "text": arm.call(call.task.0, call.number),
        })),
        "readahead": io.window.map(|window| json!({
            "file": window.file.0,
            "rule": readahead_rule(window.rule),
            "start": window.start,
            "size": window.size,
            "async_size": window.async_size,
            "rules": why::window(&window).rules,
        })),
        "mapping": io.mapping.map(|mapping| json!({
            "at_ns": mapping.at.nanoseconds(),
            "block": mapping.block,
            "asked": mapping.asked,
            "count": mapping.count,
            "physical": mapping.physical,
            "boundary": mapping.boundary,
        })),
        "looking_for": io.looking_for,
        "built_during": io.built_during.iter().map(|&place| chains.ios[place].bio.0).collect::<Vec<_>>(),
        "parts": io.parts.iter().map(|part| placement(arm, chains, part)).collect::<Vec<_>>(),
    })
}

fn placement(arm: &ArmRun, chains: &Chains, part: &Placement) -> Value {
    json!({
        "sector": part.sector.0,
        "sectors": part.sectors,
        "how": match part.how {
            Joining::Made => "made",
            Joining::Back => "merged_back",
            Joining::Front => "merged_front",
        },
        "request": chains.request(part.request).map(|(id, chain)| request(arm, id.0, chain)),
    })
}

fn request(arm: &ArmRun, id: u64, chain: &RequestChain) -> Value {
    json!({
        "request": id,
        "bios": chain.bios.iter().map(|bio| bio.0).collect::<Vec<_>>(),
        "issued": chain.issued.map(|(at, task, number)| json!({
            "at_ns": at.nanoseconds(),
            "by": arm.tasks.get(task.0 as usize),
            "number": number,
        })),
        "completed": chain.completed.as_ref().map(|(at, error, parts)| json!({
            "at_ns": at.nanoseconds(),
            "error": error.map(|error| error.to_string()),
            "parts_ns": parts.iter().filter(|(_, time)| !time.is_zero())
                .map(|(part, time)| (part.key().to_owned(), json!(time.nanoseconds())))
                .collect::<serde_json::Map<_, _>>(),
        })),
    })
}
