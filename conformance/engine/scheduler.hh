// SPDX-License-Identifier: Apache-2.0
/// Runs the coroutines of cases against one attachment. It does not know whether time is virtual:
/// the attachment lets the device work and says how late it is then.
#pragma once

#include <coroutine>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "attach/attachment.hh"
#include "engine/task.hh"
#include "engine/time.hh"

namespace conform {

/// A coroutine that waits until it is woken or until a deadline, whichever is first. It lives in
/// the awaiting coroutine's frame, and takes itself off the scheduler's list when that is
/// destroyed.
class Waiter {
  public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

  private:
    friend class Scheduler;
    class Scheduler* scheduler_ = nullptr;
    std::coroutine_handle<> handle_;
    std::pair<Time, std::uint64_t> key_;
};

class Scheduler {
  public:
    /// Whether the frame is the case's: one of another's is as none.
    using FrameHandler = std::function<bool(const LinkFrame&, Time)>;

    /// Frames of the device go to `on_frame` in the order of their arrival.
    Scheduler(Attachment& attachment, FrameHandler on_frame)
        : attachment_(attachment),
          on_frame_(std::move(on_frame)),
          now_(attachment.now()),
          turns_{now_} {}

    /// When this turn began. It stands still until the next one, so that what a case does is given
    /// by its turns alone.
    Time now() const { return now_; }

    /// When the turns began that have changed anything, begin() first: with what came in each they
    /// are the whole of what a case knows, and repeat it (replay/case_replay.hh).
    const std::vector<Time>& turns() const { return turns_; }
    /// The turn that it is, a position in turns().
    std::size_t turn() const { return turns_.size() - 1; }

    /// Takes a task that nobody awaits; it starts in run().
    void spawn(Task<> task);
    /// The same, but run() does not wait for its end: it goes on beside the others.
    void spawn_beside(Task<> task);

    /// Until every task of spawn() has ended. The first exception that leaves a task, and what the
    /// attachment throws (DeviceGone, DeviceHangs, Interrupted), leaves here; the tasks are then
    /// abandoned.
    void run();

    /// The same in steps, for who lets several cases share an attachment: begin() once, then a turn
    /// for whatever came by next_wake(), until is_done(). They throw as run() does.
    void begin();
    void take_turn(const std::vector<LinkFrame>& frames, Time now);
    bool is_done() const;
    /// When a turn is due at the latest.
    Time next_wake() const;

    /// Suspends `handle` until wake(waiter) or `deadline`.
    void wait(Waiter& waiter, std::coroutine_handle<> handle, Time deadline);
    /// Lets a waiting coroutine go on; one that does not wait is left alone.
    void wake(Waiter& waiter);

    /// co_await scheduler.sleep(d): goes on `duration` later, not earlier.
    auto sleep(Duration duration) {
        struct Sleep {
            Scheduler& scheduler;
            Time deadline;
            Waiter waiter{};
            bool await_ready() const { return false; }
            void await_suspend(std::coroutine_handle<> handle) {
                scheduler.wait(waiter, handle, deadline);
            }
            void await_resume() const {}
        };
        return Sleep{*this, now() + duration};
    }

  private:
    friend class Waiter;
    void forget(Waiter& waiter);
    void run_ready();
    void throw_what_left() const;
    bool all_done() const;

    Attachment& attachment_;
    FrameHandler on_frame_;
    Time now_;
    std::vector<Time> turns_;
    std::deque<std::coroutine_handle<>> ready_;
    // Ordered by deadline, then by the order of waiting, so that equal runs have equal order.
    std::map<std::pair<Time, std::uint64_t>, Waiter*> waiting_;
    std::uint64_t serial_ = 0;
    // Last, so that abandoned tasks end first: their waiters take themselves off the list above.
    std::vector<Task<>> tasks_;
    std::vector<Task<>> tasks_beside_;
};

}  // namespace conform
