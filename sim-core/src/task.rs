//! Cooperative tasks on one simulated CPU: who can run, who sleeps, who runs next.
//!
//! A simulated thread is an `async fn`. It is never preempted: it runs until it sleeps, spends CPU
//! time, or gives way at a point that says so. [`Tasks`] is the book-keeping that everything a task
//! calls may reach; the futures themselves live in an [`Executor`], in the frame of whoever drives
//! the clock, and so may borrow what outlives that frame.
//!
//! `W` says what a sleeper waits for, in the words of the crate above.

use std::cell::{Cell, RefCell};
use std::fmt;

use crate::random::Stream;

mod executor;
mod pause;
mod ready;

pub use executor::{Executor, Ran};
pub use pause::{GiveWay, Occupy, Sleep, StepOut};
use ready::ReadyQueue;

/// A task, numbered in the order in which tasks are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of thread a task stands for; it decides who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A process of the workload.
    Process,
    /// The block layer's kernel worker.
    BlockWorker,
    /// The thread that writes dirty pages back.
    Flusher,
}

/// Which class runs first when several tasks can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precedence {
    /// The ordinary scheduler: the block worker goes before all others, and a running process lets
    /// it go first where it gives way.
    #[default]
    WorkerFirst,
    /// Real-time processes, first in first out: kernel threads run only when no process can.
    ProcessesFirst,
}

impl Precedence {
    /// The queue that a class stands in; lower queues go first.
    // [processes.ordinary] [processes.workers] [block-worker.policy-fifo]
    #[inline]
    const fn queue(self, class: Class) -> usize {
        match (self, class) {
            (Precedence::WorkerFirst, Class::BlockWorker) | (Precedence::ProcessesFirst, Class::Process) => 0,
            (Precedence::WorkerFirst, Class::Process | Class::Flusher)
            | (Precedence::ProcessesFirst, Class::BlockWorker) => 1,
            (Precedence::ProcessesFirst, Class::Flusher) => 2,
        }
    }

    /// Of those queues, how many go before a running task of a class where it gives way.
    // [processes.flusher-gives-way]
    #[inline]
    const fn queues_before(self, class: Class) -> usize {
        match (self, class) {
            (Precedence::WorkerFirst, Class::Process | Class::Flusher) => 1,
            (Precedence::ProcessesFirst, Class::Flusher) => 2,
            (_, Class::BlockWorker) | (Precedence::ProcessesFirst, Class::Process) => 0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum State<W> {
    /// In a queue of those that can run, or running.
    Ready,
    /// About to sleep: a wake that comes now is remembered.
    Preparing,
    /// Was woken while it prepared to sleep.
    WokenEarly,
    /// Asleep, until this comes.
    Sleeping(W),
    /// Its future has returned.
    Ended,
}

#[derive(Debug)]
struct Record<W> {
    class: Class,
    /// The queue in which it stands when it can run.
    queue: usize,
    name: String,
    state: State<W>,
}

#[derive(Debug)]
struct Book<W> {
    records: Vec<Record<W>>,
    queues: [ReadyQueue; 3],
    /// The task whose CPU time has just been spent: it never left the CPU.
    resumed: Option<TaskId>,
    /// The task that holds the CPU while time passes.
    occupied: Option<TaskId>,
}

/// The tasks of a run: their states and the queues of those that can run.
#[derive(Debug)]
pub struct Tasks<W> {
    precedence: Precedence,
    book: RefCell<Book<W>>,
    current: Cell<TaskId>,
}

/// A task that sleeps, for the report of a hang.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sleeper<W> {
    /// Which task.
    pub task: TaskId,
    /// Its name.
    pub name: String,
    /// What it waits for.
    pub waits_for: W,
}

impl<W: Copy> Tasks<W> {
    /// No task yet.
    pub fn new(precedence: Precedence) -> Tasks<W> {
        let book = Book { records: Vec::new(), queues: Default::default(), resumed: None, occupied: None };
        Tasks { precedence, book: RefCell::new(book), current: Cell::new(TaskId(0)) }
    }

    /// Which class goes first.
    pub fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// Adds a task, at the end of those that can run. Its future is handed to the [`Executor`].
    pub fn add(&self, name: &str, class: Class) -> TaskId {
        let mut book = self.book.borrow_mut();
        // A run has a handful of tasks; their number is far below 2^32.
        let task = TaskId(u32::try_from(book.records.len()).unwrap_or(u32::MAX));
        let queue = self.precedence.queue(class);
        book.records.push(Record { class, queue, name: name.to_owned(), state: State::Ready });
        book.queues[queue].push_back(task);
        task
    }

    /// The task that runs, or ran last.
    #[inline]
    pub fn current(&self) -> TaskId {
        self.current.get()
    }

    /// The name that a task was added with.
    pub fn name(&self, task: TaskId) -> String {
        self.book.borrow().records[task.0 as usize].name.clone()
    }

    #[inline]
    fn set_state(&self, state: State<W>) {
        self.book.borrow_mut().records[self.current.get().0 as usize].state = state;
    }

    /// Says that the running task is about to sleep. A wake between this and [`Tasks::sleep`] is
    /// not lost: the sleep then ends at once.
    #[inline]
    pub fn prepare_to_sleep(&self) {
        self.set_state(State::Preparing);
    }

    /// Takes back [`Tasks::prepare_to_sleep`].
    #[inline]
    pub fn stay_awake(&self) {
        self.set_state(State::Ready);
    }

    /// Sleeps until woken. Call [`Tasks::prepare_to_sleep`] first, then say to whoever wakes that
    /// this task waits.
    pub fn sleep(&self, waits_for: W) -> Sleep<'_, W> {
        Sleep { tasks: self, waits_for: Some(waits_for) }
    }

    /// Wakes a sleeping task: it goes to the end of those that can run. Waking one that does not
    /// sleep does nothing.
    #[inline]
    pub fn wake(&self, task: TaskId) {
        let book = &mut *self.book.borrow_mut();
        let record = &mut book.records[task.0 as usize];
        match record.state {
            State::Sleeping(_) => {
                record.state = State::Ready;
                book.queues[record.queue].push_back(task);
            }
            State::Preparing => record.state = State::WokenEarly,
            State::Ready | State::WokenEarly | State::Ended => {}
        }
    }

    /// Whether somebody can run who goes before the running task where that gives way.
    #[inline]
    pub fn would_give_way(&self) -> bool {
        let book = self.book.borrow();
        let class = book.records[self.current.get().0 as usize].class;
        book.queues[..self.precedence.queues_before(class)].iter().any(|queue| !queue.is_empty())
    }

    /// Lets those go first who come before the running task and can run: the block worker, or, before
    /// the flusher under the real-time policy, all others; it goes on when they cannot run any more.
    /// Ready at once if there is nobody.
    pub fn give_way(&self) -> GiveWay<'_, W> {
        GiveWay { tasks: self, given: false }
    }

    /// Returns to whoever drives the executor and goes on before any other task: nothing can have
    /// happened meanwhile. A task that runs for long without a pause lets its trace be taken out so.
    pub fn step_out(&self) -> StepOut<'_, W> {
        StepOut { tasks: self, out: false }
    }

    /// Holds the CPU until [`Tasks::resume`] is called for the running task: no other task runs in
    /// the meantime, while events are handled.
    pub fn occupy(&self) -> Occupy<'_, W> {
        Occupy { tasks: self, occupied: false }
    }

    /// Ends the CPU time that `task` spends.
    pub fn resume(&self, task: TaskId) {
        let mut book = self.book.borrow_mut();
        assert_eq!(book.occupied, Some(task), "only the task that holds the CPU can be resumed");
        book.occupied = None;
        book.resumed = Some(task);
    }

    /// Whether a task holds the CPU while time passes.
    pub fn is_occupied(&self) -> bool {
        self.book.borrow().occupied.is_some()
    }

    /// Those that sleep, in order of their numbers.
    pub fn sleepers(&self) -> Vec<Sleeper<W>> {
        let book = self.book.borrow();
        (0..)
            .map(TaskId)
            .zip(book.records.iter())
            .filter_map(|(task, record)| {
                let State::Sleeping(waits_for) = record.state else { return None };
                Some(Sleeper { task, name: record.name.clone(), waits_for })
            })
            .collect()
    }

    /// How many tasks stand in each queue of those that can run.
    pub fn queued(&self) -> [usize; 3] {
        self.book.borrow().queues.each_ref().map(ReadyQueue::len)
    }

    /// Puts those who have queued up since [`Tasks::queued`] told `before` into a random order, each
    /// within its own queue.
    pub fn shuffle_queued(&self, before: [usize; 3], stream: &mut Stream) {
        for (queue, before) in self.book.borrow_mut().queues.iter_mut().zip(before) {
            queue.reorder(before, |since| stream.shuffle(since));
        }
    }

    /// Makes the next task that can run the current one.
    #[inline]
    fn switch(&self) -> Option<TaskId> {
        let book = &mut *self.book.borrow_mut();
        let next = match book.resumed.take() {
            Some(task) => task,
            None if book.occupied.is_some() => return None,
            None => book.queues.iter_mut().find_map(ReadyQueue::pop_front)?,
        };
        self.current.set(next);
        Some(next)
    }
}
