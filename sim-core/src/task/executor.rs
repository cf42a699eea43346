//! Running tasks: their futures, polled in the order in which the tasks can run.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{State, TaskId, Tasks};

/// What one step of the executor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// A task ran until it slept, spent CPU time or gave way.
    Polled(TaskId),
    /// A task ran to its end.
    Ended(TaskId),
    /// No task can run.
    Nothing,
}

/// The futures of a run's tasks.
#[derive(Default)]
pub struct Executor<'f> {
    futures: Vec<Option<Pin<Box<dyn Future<Output = ()> + 'f>>>>,
}

impl<'f> Executor<'f> {
    /// No future yet.
    pub fn new() -> Executor<'f> {
        Executor::default()
    }

    /// Takes the future of a task that was added to the run's [`Tasks`].
    pub fn start(&mut self, task: TaskId, future: impl Future<Output = ()> + 'f) {
        let place = task.0 as usize;
        if self.futures.len() <= place {
            self.futures.resize_with(place + 1, || None);
        }
        self.futures[place] = Some(Box::pin(future));
    }

    /// Lets the next task that can run do so, until it pauses or ends.
    pub fn run_one<W: Copy>(&mut self, tasks: &Tasks<W>) -> Ran {
        let Some(task) = tasks.switch() else {
            return Ran::Nothing;
        };
        let Some(Some(future)) = self.futures.get_mut(task.0 as usize) else {
            // A task that was added and not started has nothing to do.
            return Ran::Polled(task);
        };
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Ran::Polled(task),
            Poll::Ready(()) => self.end(tasks, task),
        }
    }

    #[cold]
    fn end<W: Copy>(&mut self, tasks: &Tasks<W>, task: TaskId) -> Ran {
        self.futures[task.0 as usize] = None;
        tasks.set_state(State::Ended);
        Ran::Ended(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;
    use crate::task::{Class, Precedence};
    use std::cell::RefCell;

    fn finish<W: Copy>(executor: &mut Executor<'_>, tasks: &Tasks<W>) {
        while executor.run_one(tasks) != Ran::Nothing {}
    }

    async fn nap(tasks: &Tasks<u32>, what: u32) {
        tasks.prepare_to_sleep();
        tasks.sleep(what).await;
    }

    #[test]
    fn the_woken_run_first_in_first_out() {
        let tasks = Tasks::new(Precedence::default());
        let order = RefCell::new(Vec::new());
        let mut executor = Executor::new();
        let ids: Vec<_> = (0..3).map(|n| tasks.add(&format!("t{n}"), Class::Process)).collect();
        for (n, &id) in ids.iter().enumerate() {
            let (tasks, order) = (&tasks, &order);
            executor.start(id, async move {
                nap(tasks, 7).await;
                order.borrow_mut().push(n);
            });
        }
        finish(&mut executor, &tasks);
        assert_eq!(tasks.sleepers().len(), 3);
        for n in [2, 0, 1] {
            tasks.wake(ids[n]);
        }
        finish(&mut executor, &tasks);
        assert_eq!(*order.borrow(), [2, 0, 1]);
        assert!(tasks.sleepers().is_empty());
    }

    #[test]
    fn only_those_who_queued_up_since_are_shuffled() {
        let tasks = Tasks::<u32>::new(Precedence::default());
        for n in 0..2 {
            tasks.add(&format!("t{n}"), Class::Process);
        }
        let before = tasks.queued();
        for n in 2..40 {
            tasks.add(&format!("t{n}"), Class::Process);
        }
        let mut stream = Streams::new(1).stream("ties").unwrap();
        tasks.shuffle_queued(before, &mut stream);
        let mut order: Vec<_> = std::iter::from_fn(|| tasks.switch()).collect();
        assert_eq!(order[..2], [TaskId(0), TaskId(1)]);
        assert!(!order.is_sorted());
        order.sort_unstable();
        assert!(order.into_iter().eq((0..40).map(TaskId)));
    }

    #[test]
    fn a_wake_while_preparing_is_not_lost() {
        let tasks = Tasks::new(Precedence::default());
        let mut executor = Executor::new();
        let id = tasks.add("t", Class::Process);
        let tasks_ref = &tasks;
        executor.start(id, async move {
            tasks_ref.prepare_to_sleep();
            tasks_ref.wake(id);
            tasks_ref.sleep(1).await;
        });
        assert_eq!(executor.run_one(&tasks), Ran::Ended(id));
    }

    #[test]
    fn whoever_steps_out_goes_on_before_all_others() {
        let tasks = Tasks::<u32>::new(Precedence::default());
        let order = RefCell::new(Vec::new());
        let mut executor = Executor::new();
        for (name, class) in [("p", Class::Process), ("q", Class::Process), ("w", Class::BlockWorker)] {
            let (tasks, order) = (&tasks, &order);
            executor.start(tasks.add(name, class), async move {
                order.borrow_mut().push(name);
                tasks.step_out().await;
                order.borrow_mut().push(name);
            });
        }
        let worker = TaskId(2);
        assert_eq!(executor.run_one(&tasks), Ran::Polled(worker));
        assert_eq!(executor.run_one(&tasks), Ran::Ended(worker));
        finish(&mut executor, &tasks);
        assert_eq!(*order.borrow(), ["w", "w", "p", "p", "q", "q"]);
    }

    /// The worker runs where a process gives way under the ordinary policy, and not before all
    /// processes sleep under the real-time one.
    #[test]
    fn giving_way_depends_on_precedence() {
        for (precedence, expected) in [
            (Precedence::WorkerFirst, ["p1", "worker", "p2"]),
            (Precedence::ProcessesFirst, ["p1", "p2", "worker"]),
        ] {
            let tasks = Tasks::<u32>::new(precedence);
            let order = RefCell::new(Vec::new());
            let mut executor = Executor::new();
            let process = tasks.add("p", Class::Process);
            let worker = tasks.add("w", Class::BlockWorker);
            let (tasks, order) = (&tasks, &order);
            executor.start(worker, async move {
                nap(tasks, 0).await;
                order.borrow_mut().push("worker");
            });
            executor.start(process, async move {
                // The worker must sleep before it can be called.
                nap(tasks, 1).await;
                order.borrow_mut().push("p1");
                tasks.wake(worker);
                tasks.give_way().await;
                order.borrow_mut().push("p2");
            });
            finish(&mut executor, tasks);
            tasks.wake(process);
            finish(&mut executor, tasks);
            assert_eq!(*order.borrow(), expected);
        }
    }

    #[test]
    fn nobody_else_runs_while_cpu_time_is_spent() {
        let tasks = Tasks::<u32>::new(Precedence::default());
        let order = RefCell::new(Vec::new());
        let mut executor = Executor::new();
        let (a, b) = (tasks.add("a", Class::Process), tasks.add("b", Class::Process));
        let (tasks, order) = (&tasks, &order);
        executor.start(a, async move {
            tasks.occupy().await;
            order.borrow_mut().push("a");
        });
        executor.start(b, async move { order.borrow_mut().push("b") });
        finish(&mut executor, tasks);
        assert!(order.borrow().is_empty());
        tasks.resume(a);
        finish(&mut executor, tasks);
        assert_eq!(*order.borrow(), ["a", "b"]);
    }
}
