//! The futures that a task awaits: the ways to leave the CPU.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{State, Tasks};

/// The future of [`Tasks::sleep`].
#[must_use = "a task sleeps only when this is awaited"]
pub struct Sleep<'a, W> {
    pub(super) tasks: &'a Tasks<W>,
    pub(super) waits_for: Option<W>,
}

impl<W: Copy + Unpin> Future for Sleep<'_, W> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(waits_for) = self.waits_for.take() else {
            return Poll::Ready(());
        };
        let task = self.tasks.current.get();
        let record = &mut self.tasks.book.borrow_mut().records[task.0 as usize];
        if matches!(record.state, State::WokenEarly) {
            record.state = State::Ready;
            return Poll::Ready(());
        }
        assert!(matches!(record.state, State::Preparing), "task {task} sleeps unprepared");
        record.state = State::Sleeping(waits_for);
        Poll::Pending
    }
}

/// The future of [`Tasks::give_way`].
#[must_use = "a task gives way only when this is awaited"]
pub struct GiveWay<'a, W> {
    pub(super) tasks: &'a Tasks<W>,
    pub(super) given: bool,
}

impl<W: Copy> Future for GiveWay<'_, W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let tasks = self.tasks;
        if self.given || !tasks.would_give_way() {
            return Poll::Ready(());
        }
        let task = tasks.current.get();
        let mut book = tasks.book.borrow_mut();
        let queue = book.records[task.0 as usize].queue;
        book.queues[queue].push_front(task);
        self.given = true;
        Poll::Pending
    }
}

/// The future of [`Tasks::occupy`].
#[must_use = "CPU time is spent only when this is awaited"]
pub struct Occupy<'a, W> {
    pub(super) tasks: &'a Tasks<W>,
    pub(super) occupied: bool,
}

impl<W: Copy> Future for Occupy<'_, W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.occupied {
            return Poll::Ready(());
        }
        self.occupied = true;
        let mut book = self.tasks.book.borrow_mut();
        assert_eq!(book.occupied, None, "the CPU is held already");
        book.occupied = Some(self.tasks.current.get());
        Poll::Pending
    }
}

/// The future of [`Tasks::step_out`].
#[must_use = "a task steps out only when this is awaited"]
pub struct StepOut<'a, W> {
    pub(super) tasks: &'a Tasks<W>,
    pub(super) out: bool,
}

impl<W: Copy> Future for StepOut<'_, W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.out {
            return Poll::Ready(());
        }
        self.out = true;
        self.tasks.book.borrow_mut().resumed = Some(self.tasks.current.get());
        Poll::Pending
    }
}
