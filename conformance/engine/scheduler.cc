// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduler.hh"

#include <algorithm>
#include <stdexcept>

namespace conform {

Waiter::~Waiter() {
    if (scheduler_ != nullptr) scheduler_->forget(*this);
}

void Scheduler::spawn(Task<> task) {
    ready_.push_back(task.handle());
    tasks_.push_back(std::move(task));
}

void Scheduler::spawn_beside(Task<> task) {
    ready_.push_back(task.handle());
    tasks_beside_.push_back(std::move(task));
}

void Scheduler::wait(Waiter& waiter, std::coroutine_handle<> handle, Time deadline) {
    waiter.scheduler_ = this;
    waiter.handle_ = handle;
    waiter.key_ = {deadline, serial_++};
    waiting_.emplace(waiter.key_, &waiter);
}

void Scheduler::forget(Waiter& waiter) {
    waiting_.erase(waiter.key_);
    waiter.scheduler_ = nullptr;
}

void Scheduler::wake(Waiter& waiter) {
    if (waiter.scheduler_ == nullptr) return;
    forget(waiter);
    ready_.push_back(waiter.handle_);
}

void Scheduler::run_ready() {
    while (!ready_.empty()) {
        const std::coroutine_handle<> handle = ready_.front();
        ready_.pop_front();
        handle.resume();
        throw_what_left();
    }
}

void Scheduler::throw_what_left() const {
    for (const auto* tasks : {&tasks_, &tasks_beside_}) {
        for (const Task<>& task : *tasks) {
            if (task.handle().done()) task.handle().promise().take();
        }
    }
}

bool Scheduler::all_done() const {
    return std::all_of(tasks_.begin(), tasks_.end(),
                       [](const Task<>& task) { return task.handle().done(); });
}

bool Scheduler::is_done() const {
    return ready_.empty() && all_done();
}

Time Scheduler::next_wake() const {
    if (waiting_.empty()) throw std::logic_error("a case waits for nothing that can come");
    return waiting_.begin()->first.first;
}

void Scheduler::begin() {
    run_ready();
}

void Scheduler::take_turn(const std::vector<LinkFrame>& frames, Time now) {
    now_ = now;
    turns_.push_back(now);
    bool has_change = false;
    for (const LinkFrame& frame : frames)
        has_change |= on_frame_(frame, now);
    // What arrived at the very deadline is seen before the deadline is.
    while (ready_.empty() && !waiting_.empty() && waiting_.begin()->first.first <= now)
        wake(*waiting_.begin()->second);
    if (!has_change && ready_.empty()) turns_.pop_back();
    run_ready();
}

void Scheduler::run() {
    begin();
    while (!is_done()) {
        const std::vector<LinkFrame> frames = attachment_.progress(next_wake());
        take_turn(frames, attachment_.now());
    }
    tasks_.clear();
    tasks_beside_.clear();
}

}  // namespace conform
