// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/mortal_host.hh"

#include <utility>

namespace shunt::sim {

void MortalHost::handle_frame(link::LinkId link, Packet frame, Instant now) {
    if (is_dead_) return;
    if (life_.watcher != nullptr) life_.watcher->begins(life_.server, link, frame.bytes(), now);
    if (!survives_beginning()) return;
    node_.handle_frame(link, std::move(frame), now);
    dies(Moment::State);
}

void MortalHost::handle_deadline(Instant now) {
    if (is_dead_) return;
    if (life_.watcher != nullptr) life_.watcher->begins(life_.server, "deadline", now);
    if (!survives_beginning()) return;
    node_.handle_deadline(now);
    dies(Moment::State);
}

void MortalHost::call(std::string_view cause, Instant now,
                      const std::function<void(node::Node&)>& act) {
    if (is_dead_) return;
    if (life_.watcher != nullptr) life_.watcher->begins(life_.server, cause, now);
    if (!survives_beginning()) return;
    act(node_.node());
    dies(Moment::State);
}

std::optional<link::OutgoingFrame> MortalHost::poll_transmit(Instant now) {
    if (is_dead_) return std::nullopt;
    auto frame = node_.poll_transmit(now);
    if (frame) {
        if (life_.watcher != nullptr) life_.watcher->sends(life_.server, *frame);
        return frame;
    }
    if (has_event_) {
        has_event_ = false;
        if (life_.watcher != nullptr) life_.watcher->ends(life_.server);
        dies(Moment::Frames);
    }
    return std::nullopt;
}

std::optional<Instant> MortalHost::poll_deadline() const {
    return is_dead_ ? std::nullopt : node_.poll_deadline();
}

bool MortalHost::survives_beginning() {
    ++life_.events;
    has_event_ = true;
    return !dies(Moment::Before);
}

bool MortalHost::dies(Moment moment) {
    if (life_.deaths.empty()) return false;
    const CrashPoint& next = life_.deaths.front();
    if (next.event != life_.events || next.moment != moment) return false;
    life_.death = next;
    life_.deaths.erase(life_.deaths.begin());
    is_dead_ = true;
    node_.set_down();
    return true;
}

}  // namespace shunt::sim
