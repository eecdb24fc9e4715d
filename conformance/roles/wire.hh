// SPDX-License-Identifier: Apache-2.0
/// The links as one case sees them: what is sent and received is recorded and handed to the roles.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/scheduler.hh"
#include "pdu/capture.hh"
#include "roles/binding.hh"

namespace conform {

/// A role that takes frames of the device.
class FrameListener {
  public:
    FrameListener() = default;
    FrameListener(const FrameListener&) = delete;
    FrameListener& operator=(const FrameListener&) = delete;
    virtual ~FrameListener() = default;

    /// True if the frame is for this role, which has then dealt with it or kept its number.
    virtual bool hear(std::size_t number, const CapturedFrame& frame) = 0;
};

class Wire {
  public:
    /// Whether a frame that no role takes belongs to the case all the same.
    using Keeps = std::function<bool(const Frame&)>;

    /// `keeps` tells evidence from the leftovers of other cases on the same device.
    Wire(Attachment& attachment, const Iut& iut, Keeps keeps);

    Scheduler& scheduler() { return scheduler_; }
    const Framing& framing() const { return binding_.framing(); }
    const Binding& binding() const { return binding_; }
    Time now() const { return scheduler_.now(); }
    Capture& capture() { return capture_; }
    const Capture& capture() const { return capture_; }

    void add_listener(FrameListener& listener) { listeners_.push_back(&listener); }
    /// For one that lives shorter than the wire.
    void remove_listener(FrameListener& listener) { std::erase(listeners_, &listener); }

    /// In the farm's binding. Returns the frame's number in the capture.
    std::size_t send(Link link, Bytes frame) {
        return send_as_is(link, binding_.carry(std::move(frame)));
    }
    /// The same, whatever binding the farm has.
    std::size_t send_as_is(Link link, Bytes frame);
    /// To and from the device's upper tester, a line each.
    void send_control(const std::string& line);
    std::vector<std::string> take_control();
    const std::vector<ControlLine>& control_lines() const { return control_lines_; }

  private:
    bool receive(const LinkFrame& frame, Time at);

    Attachment& attachment_;
    Binding binding_;
    Keeps keeps_;
    Capture capture_;
    std::vector<ControlLine> control_lines_;
    std::size_t questions_ = 0;
    std::size_t bytes_received_ = 0;
    std::vector<FrameListener*> listeners_;
    // Last: its tasks refer to the rest, so they end first.
    Scheduler scheduler_;
};

/// The frames for one role, in the order of their arrival, awaited one by one.
class Inbox {
  public:
    explicit Inbox(Scheduler& scheduler) : scheduler_(scheduler) {}

    void push(std::size_t number);
    /// Lets who waits go on with nothing, as if its deadline had come.
    void nudge();
    bool is_empty() const { return numbers_.empty(); }
    std::size_t pop();

    /// co_await inbox.next(deadline): the number of the next frame, or nothing by then.
    auto next(Time deadline) {
        struct Next {
            Inbox& inbox;
            Time deadline;
            Waiter waiter{};
            bool await_ready() const { return !inbox.is_empty(); }
            void await_suspend(std::coroutine_handle<> handle) {
                inbox.waiter_ = &waiter;
                inbox.scheduler_.wait(waiter, handle, deadline);
            }
            std::optional<std::size_t> await_resume() {
                inbox.waiter_ = nullptr;
                if (inbox.is_empty()) return std::nullopt;
                return inbox.pop();
            }
        };
        return Next{*this, deadline};
    }

  private:
    Scheduler& scheduler_;
    std::deque<std::size_t> numbers_;
    Waiter* waiter_ = nullptr;
};

}  // namespace conform
