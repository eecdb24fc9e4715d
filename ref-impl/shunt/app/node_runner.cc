// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_runner.hh"

#include <algorithm>
#include <utility>

#include "shunt/app/log.hh"
#include "shunt/app/too_long_answer.hh"
#include "shunt/base/deadline.hh"
#include "shunt/runtime/clock.hh"

namespace shunt::app {

using link::LinkId;

NodeRunner::NodeRunner(NodeHost& host, ControlSession& control, runtime::EventLoop& loop,
                       PacketPool& pool, const Config& config)
    : host_(host),
      control_(control),
      loop_(loop),
      pool_(pool),
      config_(config),
      boots_(host.boots()) {}

NodeRunner::End NodeRunner::run() {
    int turns = 0;
    while (true) {
        const bool was_busy = turn() || expects_a_frame();
        if (was_busy && ++turns < kTurnsPerLook) continue;
        turns = 0;
        if (!report_complaints()) return End::DeviceLost;
        look_around(!was_busy);
        if (loop_.is_interrupted()) return End::Interrupted;
    }
}

void NodeRunner::set_time(Instant now) {
    now_ = now;
    for (const AttachedLink& attached : config_.links)
        if (attached.capture != nullptr) attached.capture->set_time(runtime::wall_clock_now());
}

/// One round over everything. True if there may be more to do at once.
bool NodeRunner::turn() {
    set_time(runtime::monotonic_now());
    int received = 0;
    AttachedTester* seen = nullptr;  // one tester may have both links
    for (std::size_t index = 0; index < link::kLinkCount; ++index) {
        AttachedLink& attached = config_.links[index];
        if (attached.port != nullptr) received += receive(static_cast<LinkId>(index), attached);
        if (attached.tester != nullptr && attached.tester != seen)
            received += receive(*attached.tester);
        seen = attached.tester;
    }
    if (is_due(host_.node().poll_deadline(), now_)) host_.node().handle_deadline(now_);
    const bool is_gateway_busy = config_.gateway != nullptr && config_.gateway->turn(now_);
    const bool is_all_sent = transmit();
    deliver_late_answers();
    return received > 0 || !is_all_sent || is_gateway_busy;
}

bool NodeRunner::expects_a_frame() const {
    const Instant last = host_.node().last_exchange();
    return last > Instant() && now_ - last < kAwake;
}

int NodeRunner::receive(LinkId link, AttachedLink& attached) {
    int count = 0;
    while (count < kReceiveBatch) {
        std::optional<Packet> frame = attached.port->receive();
        if (!frame) break;
        host_.node().handle_frame(link, std::move(*frame), now_);
        ++count;
    }
    return count;
}

int NodeRunner::receive(AttachedTester& tester) {
    int count = 0;
    while (count < kReceiveBatch) {
        const auto message = tester.receive();
        if (!message) break;
        handle(tester, *message);
        ++count;
    }
    return count;
}

void NodeRunner::handle(AttachedTester& tester, const runtime::AttachmentMessage& message) {
    if (const auto* hello = std::get_if<runtime::HelloMessage>(&message)) {
        control_.forget(client_of(tester));
        host_.reopen_listeners();
        host_.restart(hello->seed, now_);
    } else if (const auto* frame = std::get_if<runtime::FrameMessage>(&message)) {
        host_.node().handle_frame(frame->link, pool_.copy(frame->frame), now_);
    } else if (const auto* request = std::get_if<runtime::ControlMessage>(&message)) {
        const auto answer = control_.answer(request->line, client_of(tester), now_);
        if (answer) tester.send_control(*answer, kTooLongAnswer);
    }
    notice_a_fresh_node();
}

/// What the gateway holds was for connections of the node before.
void NodeRunner::notice_a_fresh_node() {
    if (boots_ == host_.boots()) return;
    boots_ = host_.boots();
    if (config_.gateway != nullptr) config_.gateway->forget_all();
}

/// False if there is more to send.
bool NodeRunner::transmit() {
    std::optional<link::OutgoingFrame> outgoing;
    for (int count = 0; count < kTransmitBatch; ++count) {
        outgoing = host_.node().poll_transmit(now_);
        if (!outgoing) break;
        const bool is_train = outgoing->frame.unfinished().segment_size > 0;
        trains_.push_back(std::move(*outgoing));
        if (!is_train || trains_.size() == kTrainsTogether) hand_over_all();
    }
    hand_over_all();
    return !outgoing;
}

void NodeRunner::hand_over_all() {
    for (link::OutgoingFrame& outgoing : trains_)
        hand_over(std::move(outgoing));
    trains_.clear();
}

/// A device counts its own losses.
void NodeRunner::hand_over(link::OutgoingFrame outgoing) {
    const AttachedLink& attached = config_.links.at(static_cast<std::size_t>(outgoing.link));
    if (outgoing.link == LinkId::Front) front_bytes_ += outgoing.frame.size();
    if (attached.port != nullptr) {
        attached.port->transmit(std::move(outgoing.frame));
        return;
    }
    const bool is_sent = attached.tester != nullptr &&
                         attached.tester->send_frame(outgoing.link, std::move(outgoing.frame));
    if (!is_sent) host_.device_counters().add(Counter::DropDeviceFull);
}

void NodeRunner::look_around(bool may_sleep) {
    measure_load();
    const bool is_asked =
        config_.control_socket != nullptr && config_.control_socket->has_waiting();
    std::optional<Instant> until = may_sleep && !is_asked ? host_.node().poll_deadline() : now_;
    if (config_.gateway != nullptr) until = earlier(until, config_.gateway->poll_deadline());
    const auto ready = loop_.wait(until);
    const bool can_read = config_.control_socket != nullptr &&
                          std::ranges::find(ready, config_.control_token) != ready.end();
    if (is_asked || can_read) answer_control();
}

void NodeRunner::measure_load() {
    if (config_.load_meter == nullptr || !config_.load_meter->is_due(now_)) return;
    host_.node().set_load(config_.load_meter->measure(front_bytes_, now_));
}

void NodeRunner::answer_control() {
    set_time(runtime::monotonic_now());
    for (const runtime::ControlSocket::Request& request : config_.control_socket->poll()) {
        const auto answer = request.is_overlong
                                ? std::optional(std::string(kTooLongAnswer))
                                : control_.answer(request.line, request.client, now_);
        // The frames of what was asked for, before anybody is woken by the answer.
        transmit();
        if (answer) config_.control_socket->answer(request.client, *answer);
        notice_a_fresh_node();
    }
    forget_departed();
}

/// True if there was one: what it served ends, and others are to be told so.
bool NodeRunner::forget_departed() {
    if (config_.control_socket == nullptr) return false;
    const auto departed = config_.control_socket->take_departed();
    for (const runtime::ControlSocket::ClientId client : departed)
        control_.forget(client);
    return !departed.empty();
}

/// Of requests that others had to be asked about.
void NodeRunner::deliver_late_answers() {
    do {
        hand_out_late_answers();
        // One that cannot be written shows that its client is gone, and nothing else may wake us.
    } while (forget_departed());
}

void NodeRunner::hand_out_late_answers() {
    while (const auto answer = control_.poll_answer()) {
        if (answer->client < ControlSession::kFirstTester) {
            const auto client = static_cast<runtime::ControlSocket::ClientId>(answer->client);
            config_.control_socket->answer(client, answer->line);
            continue;
        }
        const std::size_t link = answer->client - ControlSession::kFirstTester;
        config_.links.at(link).tester->send_control(answer->line, kTooLongAnswer);
    }
}

ControlSession::Client NodeRunner::client_of(const AttachedTester& tester) const {
    std::size_t link = 0;
    while (config_.links.at(link).tester != &tester)
        ++link;
    return ControlSession::kFirstTester + link;
}

/// False if a device is gone.
bool NodeRunner::report_complaints() {
    bool is_whole = true;
    for (const AttachedLink& attached : config_.links) {
        if (attached.device == nullptr) continue;
        if (const auto complaint = attached.device->take_complaint()) log_warning(*complaint);
        if (!attached.device->is_gone()) continue;
        log_error("the interface of a link was deleted");
        is_whole = false;
    }
    return is_whole;
}

}  // namespace shunt::app
