// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/virtual_runner.hh"

#include <utility>

#include "shunt/app/too_long_answer.hh"
#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"

namespace shunt::app {

void VirtualRunner::run() {
    // Interruptions are looked for now and then, also while a tester keeps the node busy.
    constexpr int messages_per_look = 256;
    while (!loop_.is_interrupted()) {
        int handled = 0;
        while (handled < messages_per_look) {
            const auto message = tester_.receive();
            if (!message) break;
            handle(*message);
            ++handled;
        }
        const bool may_have_more = handled == messages_per_look;
        loop_.wait(may_have_more ? std::optional<Instant>(Instant()) : std::nullopt);
    }
}

/// A tester's first message is its hello, so that there is a device for all others.
void VirtualRunner::handle(const runtime::AttachmentMessage& message) {
    if (const auto* hello = std::get_if<runtime::HelloMessage>(&message)) {
        now_ = Instant();
        device_.restart(hello->seed, now_);
    } else if (const auto* frame = std::get_if<runtime::FrameMessage>(&message)) {
        device_.handle_frame(frame->link, pool_.copy(frame->frame), now_);
    } else if (const auto* control = std::get_if<runtime::ControlMessage>(&message)) {
        const auto answer = device_.answer(control->line, now_);
        send_frames();  // what a request has caused is known once it is answered
        if (answer) tester_.send_control(*answer, kTooLongAnswer);
    } else if (const auto* to = std::get_if<runtime::AdvanceMessage>(&message)) {
        return advance(to->to);
    }
    send_frames();
}

/// Every deadline is handled at its own time, in order; then the time is `to`.
void VirtualRunner::advance(Instant to) {
    int at_once = 0;
    while (is_due(device_.poll_deadline(), to)) {
        const Instant deadline = *device_.poll_deadline();
        if (deadline > now_) {
            now_ = deadline;
            at_once = 0;
        }
        SHUNT_ASSERT(++at_once <= kDeadlinesAtOnceMax, "a deadline that was handled moves on");
        device_.handle_deadline(now_);
        send_frames();
    }
    now_ = to;
    tester_.send_quiet(device_.poll_deadline());
}

/// And behind them the answers that were left for later.
void VirtualRunner::send_frames() {
    while (auto outgoing = device_.poll_transmit(now_))
        tester_.send_frame(outgoing->link, std::move(outgoing->frame));
    while (const auto answer = device_.poll_answer())
        tester_.send_control(*answer, kTooLongAnswer);
}

}  // namespace shunt::app
