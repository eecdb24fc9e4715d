// SPDX-License-Identifier: Apache-2.0
/// A coroutine that starts when it is awaited and hands its value, or its exception, to who awaits.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace conform {

namespace detail {

/// What the promises of all tasks share: where to go on when the body has ended.
struct TaskPromiseBase {
    struct Continue {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
            const std::coroutine_handle<> next = ended.promise().continuation;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    Continue final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { exception = std::current_exception(); }

    std::coroutine_handle<> continuation;
    std::exception_ptr exception;
};

template <class T>
struct TaskPromise : TaskPromiseBase {
    std::coroutine_handle<TaskPromise> get_return_object() {
        return std::coroutine_handle<TaskPromise>::from_promise(*this);
    }
    void return_value(T result) { value.emplace(std::move(result)); }
    T take() {
        if (exception) std::rethrow_exception(exception);
        return std::move(*value);
    }
    std::optional<T> value;
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
    std::coroutine_handle<TaskPromise> get_return_object() {
        return std::coroutine_handle<TaskPromise>::from_promise(*this);
    }
    void return_void() const noexcept {}
    void take() const {
        if (exception) std::rethrow_exception(exception);
    }
};

}  // namespace detail

/// Owns the coroutine's frame. Awaited once; destroying it earlier abandons the body where it is.
template <class T = void>
class [[nodiscard]] Task {
  public:
    using promise_type = detail::TaskPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task(Handle handle) : handle_(handle) {}  // NOLINT: made from what get_return_object gives
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        handle_.promise().continuation = awaiting;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

    /// For the scheduler, which starts a task that nobody awaits.
    Handle handle() const { return handle_; }

  private:
    Handle handle_;
};

}  // namespace conform
