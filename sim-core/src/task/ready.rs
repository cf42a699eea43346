//! A queue of tasks that can run. Mostly it holds one or none, so the first stands beside the others.

use std::collections::VecDeque;

use super::TaskId;

/// Tasks that can run, in the order in which they will.
#[derive(Debug, Default)]
pub(super) struct ReadyQueue {
    first: Option<TaskId>,
    /// Nobody, if there is no first.
    others: VecDeque<TaskId>,
}

impl ReadyQueue {
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    #[inline]
    pub(super) fn push_back(&mut self, task: TaskId) {
        if self.first.is_none() {
            self.first = Some(task);
        } else {
            self.others.push_back(task);
        }
    }

    pub(super) fn push_front(&mut self, task: TaskId) {
        if let Some(second) = self.first.replace(task) {
            self.others.push_front(second);
        }
    }

    #[inline]
    pub(super) fn pop_front(&mut self) -> Option<TaskId> {
        let first = self.first.take()?;
        if !self.others.is_empty() {
            self.first = self.others.pop_front();
        }
        Some(first)
    }

    /// Changes the order of those behind the first `before` ones.
    pub(super) fn reorder(&mut self, before: usize, change: impl FnOnce(&mut [TaskId])) {
        if let Some(first) = self.first.take() {
            self.others.push_front(first);
        }
        if let Some(since) = self.others.make_contiguous().get_mut(before..) {
            change(since);
        }
        self.first = self.others.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Back,
        Front,
        Pop,
        Reverse(usize),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let reverse = (0_usize..4).prop_map(Step::Reverse);
        prop_oneof![3 => Just(Step::Back), 1 => Just(Step::Front), 3 => Just(Step::Pop), 1 => reverse]
    }

    proptest! {
        #[test]
        fn it_is_a_queue(steps in prop::collection::vec(any_step(), 0..60)) {
            let (mut queue, mut reference) = (ReadyQueue::default(), VecDeque::new());
            for (task, step) in (0..).map(TaskId).zip(steps) {
                match step {
                    Step::Back => {
                        queue.push_back(task);
                        reference.push_back(task);
                    }
                    Step::Front => {
                        queue.push_front(task);
                        reference.push_front(task);
                    }
                    Step::Pop => prop_assert_eq!(queue.pop_front(), reference.pop_front()),
                    Step::Reverse(before) => {
                        queue.reorder(before, <[TaskId]>::reverse);
                        let since = before.min(reference.len());
                        reference.make_contiguous()[since..].reverse();
                    }
                }
                prop_assert_eq!((queue.len(), queue.is_empty()), (reference.len(), reference.is_empty()));
            }
            let rest: Vec<_> = std::iter::from_fn(|| queue.pop_front()).collect();
            prop_assert_eq!(rest, Vec::from(reference));
        }
    }
}
