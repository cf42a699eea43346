//! Locks that are slept for: of an inode, of allocation in it, of its being written.
//!
//! `docs/model/pagecache.md`, Several processes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use sim_core::io::FileId;
use sim_core::task::{Precedence, TaskId};
use sim_core::wait::WaitQueue;
use sim_disk::block::tick::ticks;

use crate::kernel::{Kernel, WaitsFor};
use crate::page::Mapping;
use crate::submit::sleep_on;

/// A lock whose waiters are woken one by one, in the order in which they came.
#[derive(Debug, Default)]
pub struct SleepLock {
    holder: Cell<Option<TaskId>>,
    waiters: RefCell<WaitQueue>,
}

impl SleepLock {
    /// Who has it.
    pub fn holder(&self) -> Option<TaskId> {
        self.holder.get()
    }

    /// Tells whether it had to wait.
    async fn lock(&self, k: &Kernel, waits_for: WaitsFor) -> bool {
        let mut waited = false;
        while self.holder.get().is_some() {
            k.tasks.prepare_to_sleep();
            self.waiters.borrow_mut().push_exclusive(k.tasks.current());
            sleep_on(k, waits_for).await;
            waited = true;
        }
        self.holder.set(Some(k.tasks.current()));
        waited
    }

    fn unlock(&self, k: &Kernel) {
        let holder = self.holder.take();
        assert_eq!(holder, Some(k.tasks.current()), "a lock was given back by who does not hold it");
        self.waiters.borrow_mut().wake_one(&k.tasks);
    }
}

/// Takes the right to allocate in a file; tells whether that had to be waited for.
// [processes.allocation]
pub async fn lock_allocation(k: &Kernel, file: FileId) -> bool {
    k.inodes[file.0 as usize].allocation.lock(k, WaitsFor::Allocation(file)).await
}

/// Gives the right to allocate in a file back.
pub fn unlock_allocation(k: &Kernel, file: FileId) {
    k.inodes[file.0 as usize].allocation.unlock(k);
}

/// Takes the right to write an inode.
// [processes.writing-inode]
pub async fn lock_writing(k: &Kernel, mapping: Mapping) {
    k.spaces.of(mapping).being_written.lock(k, WaitsFor::InodeWritten(mapping)).await;
}

/// Gives the right to write an inode back.
pub fn unlock_writing(k: &Kernel, mapping: Mapping) {
    k.spaces.of(mapping).being_written.unlock(k);
}

/// The lock of an inode (`i_rwsem`, taken for writing): open to whoever comes first, unless a waiter
/// has asked for it to be handed over.
#[derive(Debug, Default)]
pub struct InodeLock {
    holder: Cell<Option<TaskId>>,
    /// Only the first waiter may take it.
    handed_over: Cell<bool>,
    waiters: RefCell<VecDeque<TaskId>>,
}

impl InodeLock {
    /// Who has it.
    pub fn holder(&self) -> Option<TaskId> {
        self.holder.get()
    }

    /// Takes it for a waiter, if that may.
    fn try_take(&self, task: TaskId) -> bool {
        let is_first = self.waiters.borrow().front() == Some(&task);
        if self.holder.get().is_some() || (self.handed_over.get() && !is_first) {
            return false;
        }
        self.waiters.borrow_mut().retain(|&waiter| waiter != task);
        if is_first {
            self.handed_over.set(false);
        }
        self.holder.set(Some(task));
        true
    }
}

/// Takes a file's inode lock.
// [processes.inode-lock] [processes.inode-lock-handed] [processes.wait-inode]
pub async fn lock_inode(k: &Kernel, file: FileId) {
    let lock = &k.inodes[file.0 as usize].lock;
    let task = k.tasks.current();
    if lock.holder.get().is_none() && !lock.handed_over.get() {
        lock.holder.set(Some(task));
        return;
    }
    lock.waiters.borrow_mut().push_back(task);
    let began = ticks(k.now.get());
    let is_real_time = k.tasks.precedence() == Precedence::ProcessesFirst;
    while !lock.try_take(task) {
        if is_real_time || ticks(k.now.get()) > began + 1 {
            lock.handed_over.set(true);
        }
        k.tasks.prepare_to_sleep();
        sleep_on(k, WaitsFor::Inode(file)).await;
    }
}

/// Gives a file's inode lock back; its first waiter is woken.
pub fn unlock_inode(k: &Kernel, file: FileId) {
    let lock = &k.inodes[file.0 as usize].lock;
    let holder = lock.holder.take();
    assert_eq!(holder, Some(k.tasks.current()), "inode {file} was unlocked by who does not hold it");
    if let Some(&first) = lock.waiters.borrow().front() {
        k.tasks.wake(first);
    }
}
