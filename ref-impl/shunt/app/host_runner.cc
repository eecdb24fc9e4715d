// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/host_runner.hh"

#include <utility>

#include "shunt/app/control_session.hh"
#include "shunt/app/host_session.hh"
#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"

namespace shunt::app {

void HostRunner::run() {
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

/// A tester's first message is its hello, so that there is a host for all others.
void HostRunner::handle(const runtime::AttachmentMessage& message) {
    if (const auto* hello = std::get_if<runtime::HelloMessage>(&message)) {
        now_ = Instant();
        host_ = std::make_unique<HostDevice>(hello->seed, now_);
    } else if (const auto* frame = std::get_if<runtime::FrameMessage>(&message)) {
        host_->handle_frame(pool_.copy(frame->frame), now_);
    } else if (const auto* control = std::get_if<runtime::ControlMessage>(&message)) {
        const std::string answer = answer_host_request(*host_, control->line, now_);
        send_frames();
        tester_.send_control(answer, ControlSession::answer_too_long());
    } else if (const auto* to = std::get_if<runtime::AdvanceMessage>(&message)) {
        return advance(to->to);
    }
    send_frames();
}

/// Every deadline is handled at its own time, in order; then the time is `to`.
void HostRunner::advance(Instant to) {
    int at_once = 0;
    while (is_due(host_->poll_deadline(), to)) {
        const Instant deadline = *host_->poll_deadline();
        if (deadline > now_) {
            now_ = deadline;
            at_once = 0;
        }
        SHUNT_ASSERT(++at_once <= kDeadlinesAtOnceMax, "a deadline that was handled moves on");
        host_->handle_deadline(now_);
        send_frames();
    }
    now_ = to;
    tester_.send_quiet(host_->poll_deadline());
}

void HostRunner::send_frames() {
    while (auto frame = host_->poll_transmit())
        tester_.send_frame(link::LinkId::Front, std::move(*frame));
}

}  // namespace shunt::app
