//! From a bio to a request: split, merge, or make, and place.
//!
//! One bio at a time goes through the stages below; each stage is one step of the specification, and
//! between two of them the task may have to give way, issue or sleep. Source: Linux 6.1,
//! `blk_mq_submit_bio`. Left out: bios that are no reads or writes.

use sim_core::io::{BioId, Flags, Operation, Sector};
use sim_core::time::Time;
use sim_core::trace::What;

use super::bio::{Bio, Part};
use super::merge::{Outcome, Seeker, try_request};
use super::plug::{FlushReason, Plug};
use super::request::{Origin, Slot};
use super::{BlockLayer, Queue};

/// How far a bio has come on its way into requests.
#[derive(Clone, Debug)]
pub struct Submission {
    bio: BioId,
    operation: Operation,
    flags: Flags,
    /// Whether it may have to be split.
    looked_at: bool,
    /// What is not placed yet.
    rest: Part,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Is what is left too long for one request?
    Look,
    /// So much at its front goes by itself.
    Split { front: u32 },
    /// All that is left may join a request.
    Merge,
    /// A request is needed for this part.
    Make { part: Part, mergeable: bool },
    /// The request goes into the plug, to the scheduler or to the device.
    Place { slot: Slot },
    /// The plug has room for it now.
    Plug { slot: Slot },
    /// Nothing is left.
    Done,
}

/// What the task has to do before the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: all of the bio is placed.
    Done,
    /// The bio is about to be split: give way, then go on.
    GiveWay,
    /// Requests wait in [`BlockLayer::take_direct`]: issue them all, then go on.
    Issue,
    /// There is no tag: flush the plug (sleep), call [`BlockLayer::wait_for_tag`], sleep, then go on.
    /// No time may pass between this and the wait: a tag given back meanwhile would wake nobody.
    WaitForTag,
}

/// Where a stage leads.
enum Next {
    Stage(Stage),
    /// The task first has to do something.
    After(Step, Stage),
}

impl BlockLayer {
    /// Takes a bio that was queued: once and whole, after its task gave way.
    // [block-bio.queued]
    pub fn begin(&mut self, bio: Bio) -> Submission {
        let data = matches!(bio.operation, Operation::Read | Operation::Write);
        assert!(data, "only reads and writes are bios: {bio:?}");
        let rest = Part::whole(&bio);
        Submission {
            bio: bio.id,
            operation: bio.operation,
            flags: self.settings.submitted_flags(bio.flags),
            looked_at: self.limits.looks_at(&rest),
            rest,
            stage: Stage::Look,
        }
    }

    /// Takes a bio on until it is placed, or its task has to do something first. `plug` is the
    /// task's plug if it is in a plugged section. Events are added in the order in which they happen.
    pub fn step(
        &mut self,
        submission: &mut Submission,
        mut plug: Option<&mut Plug>,
        now: Time,
        events: &mut Vec<What>,
    ) -> Step {
        loop {
            let next = match submission.stage {
                Stage::Look => self.look(submission),
                Stage::Split { front } => self.split(submission, front, events),
                Stage::Merge => self.merge(submission, plug.as_deref(), events),
                Stage::Make { part, mergeable } => self.make(submission, part, mergeable, now, events),
                Stage::Place { slot } => self.place(submission, slot, plug.as_deref_mut(), now, events),
                Stage::Plug { slot } => match plug.as_deref_mut() {
                    Some(plug) => {
                        plug.add(slot, events);
                        Next::Stage(submission.next_part())
                    }
                    None => Next::Stage(Stage::Place { slot }),
                },
                Stage::Done => return Step::Done,
            };
            match next {
                Next::Stage(stage) => submission.stage = stage,
                Next::After(step, stage) => {
                    submission.stage = stage;
                    return step;
                }
            }
        }
    }

    // [block-worker.gives-way]
    fn look(&self, submission: &Submission) -> Next {
        match self.limits.front(&submission.rest).filter(|_| submission.looked_at) {
            Some(front) => Next::After(Step::GiveWay, Stage::Split { front }),
            None => Next::Stage(Stage::Merge),
        }
    }

    // [block-split.front]
    fn split(&mut self, submission: &mut Submission, front: u32, events: &mut Vec<What>) -> Next {
        let part = submission.rest.take_front(front);
        let rest = Sector(part.end());
        events.push(What::Split { bio: submission.bio, sector: part.sector, rest });
        self.count_split(submission.bio);
        Next::Stage(Stage::Make { part, mergeable: false })
    }

    // [block-merge.order]
    fn merge(&mut self, submission: &mut Submission, plug: Option<&Plug>, events: &mut Vec<What>) -> Next {
        let part = submission.rest.take_front(u32::MAX);
        let Submission { bio, operation, .. } = *submission;
        let seeker = Seeker { bio, operation, part };
        // [block-nomerges.two]
        if self.settings.nomerges < 2
            && (self.merge_into_plug(&seeker, plug, events) || self.merge_into_queue(&seeker, events))
        {
            return Next::Stage(Stage::Done);
        }
        Next::Stage(Stage::Make { part, mergeable: true })
    }

    fn merge_into_plug(&mut self, seeker: &Seeker, plug: Option<&Plug>, events: &mut Vec<What>) -> bool {
        let Some(last) = plug.and_then(Plug::last) else { return false };
        try_request(&mut self.requests[last], seeker, &self.limits, events) == Outcome::Joined
    }

    // [block-request.made]
    fn make(
        &mut self,
        submission: &Submission,
        part: Part,
        mergeable: bool,
        now: Time,
        events: &mut Vec<What>,
    ) -> Next {
        let Submission { bio, operation, flags, .. } = *submission;
        // The first who asks gets a free tag, whoever waits; one that was woken asks again.
        // [block-tags.retry]
        if !self.request_tags.take(operation) {
            return self.want_tag(Stage::Make { part, mergeable }, now);
        }
        let slot = self.requests.make(Origin { bio, operation, flags, part, mergeable });
        let Part { sector, sectors, .. } = part;
        events.push(What::Made { request: self.requests[slot].id, bio, sector, sectors });
        Next::Stage(Stage::Place { slot })
    }

    // [block-worker.tag-call]
    fn want_tag(&mut self, stage: Stage, now: Time) -> Next {
        if self.is_queued() {
            self.run_or_call(now);
        }
        // Issuing takes time, and a tag may come back meanwhile: it is asked for again after that.
        let step = if self.direct.is_empty() { Step::WaitForTag } else { Step::Issue };
        Next::After(step, stage)
    }

    // [block-request.placed]
    fn place(
        &mut self,
        submission: &Submission,
        slot: Slot,
        plug: Option<&mut Plug>,
        now: Time,
        events: &mut Vec<What>,
    ) -> Next {
        match (plug, &self.queue) {
            (Some(plug), _) => {
                if self.is_full(plug) {
                    self.flush_plug(plug, FlushReason::Full, now, events);
                }
                let stage = Stage::Plug { slot };
                if self.direct.is_empty() { Next::Stage(stage) } else { Next::After(Step::Issue, stage) }
            }
            (None, Queue::Software(_)) => {
                self.send(slot);
                Next::After(Step::Issue, submission.next_part())
            }
            (None, Queue::Deadline(_)) => {
                self.insert(slot, now, events);
                self.worker_called = true;
                Next::Stage(submission.next_part())
            }
        }
    }
}

impl Submission {
    /// The rest is looked at like a bio of its own, but is not queued again.
    // [block-split.rest]
    fn next_part(&self) -> Stage {
        if self.rest.sectors == 0 { Stage::Done } else { Stage::Look }
    }
}
