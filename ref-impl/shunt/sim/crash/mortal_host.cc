// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/mortal_host.hh"

#include <utility>

namespace shunt::sim {

void MortalHost::handle_frame(link::LinkId link, Packet frame, Instant now) {
    if (is_dead_) return;
    if (life_.watcher != nullptr) life_.watcher->begins(life_.server, link, frame.bytes(), now);
    if (!survives_beginning(now)) return;
    const bool comes = link != link::LinkId::Back || cutter_.lets_in(frame.bytes(), now);
    if (comes) node_.handle_frame(link, std::move(frame), now);
    dies(Moment::State, now);
}

void MortalHost::handle_deadline(Instant now) {
    if (is_dead_) return;
    if (life_.watcher != nullptr) life_.watcher->begins(life_.server, "deadline", now);
    if (!survives_beginning(now)) return;
    node_.handle_deadline(now);
    dies(Moment::State, now);
}

void MortalHost::call(std::string_view cause, Instant now,
                      const std::function<void(node::Node&)>& act) {
    if (is_dead_) return;
    if (life_.watcher != nullptr) life_.watcher->begins(life_.server, cause, now);
    if (!survives_beginning(now)) return;
    act(node_.node());
    dies(Moment::State, now);
}

std::optional<link::OutgoingFrame> MortalHost::poll_transmit(Instant now) {
    if (is_dead_) return std::nullopt;
    auto frame = poll_node(now);
    if (frame || !has_event_) return frame;
    has_event_ = false;
    if (life_.watcher != nullptr) life_.watcher->ends(life_.server);
    dies(Moment::Frames, now);
    // Without its channels it may have something to say.
    return is_dead_ ? std::nullopt : poll_node(now);
}

std::optional<link::OutgoingFrame> MortalHost::poll_node(Instant now) {
    if (!resets_.empty()) {
        link::OutgoingFrame reset{link::LinkId::Back, std::move(resets_.front())};
        resets_.pop_front();
        return reset;
    }
    while (auto frame = node_.poll_transmit(now)) {
        const bool leaves =
            frame->link != link::LinkId::Back || cutter_.lets_out(frame->frame.bytes(), now);
        if (!leaves) continue;
        if (life_.watcher != nullptr) life_.watcher->sends(life_.server, *frame);
        return frame;
    }
    return std::nullopt;
}

std::optional<Instant> MortalHost::poll_deadline() const {
    return is_dead_ ? std::nullopt : node_.poll_deadline();
}

bool MortalHost::survives_beginning(Instant now) {
    ++life_.events;
    has_event_ = true;
    return !dies(Moment::Before, now);
}

bool MortalHost::dies(Moment moment, Instant now) {
    if (life_.deaths.empty()) return false;
    const CrashPoint& next = life_.deaths.front();
    if (next.event != life_.events || next.moment != moment) return false;
    life_.death = next;
    life_.deaths.erase(life_.deaths.begin());
    if (is_channel_loss(life_.death->comeback)) {
        lose_channels(life_.death->comeback, now);
        return false;
    }
    is_dead_ = true;
    node_.set_down();
    return true;
}

void MortalHost::lose_channels(Comeback how, Instant now) {
    if (how != Comeback::ChannelsEnded) return cutter_.silence_until(now + absence_of(how));
    ChannelCutter::Resets resets = cutter_.end_all();
    for (Packet& reset : resets.out)
        resets_.push_back(std::move(reset));
    for (Packet& reset : resets.in)
        node_.handle_frame(link::LinkId::Back, std::move(reset), now);
}

}  // namespace shunt::sim
