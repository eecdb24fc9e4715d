// SPDX-License-Identifier: Apache-2.0
// What the frames of a control channel mean: greetings first, then pings, states, answers (CTL-1,
// CTL-4, CTL-7; SEL-6; EP-33).
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/base/mutant.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::farm {

using wire::ControlError;
using wire::ControlKind;

namespace {

std::string_view describe(ControlError error) {
    switch (error) {
        case ControlError::UnknownKind:
            return "unknown kind";
        case ControlError::BodyNotUnderstood:
            return "body not understood";
        case ControlError::NotReady:
            return "not ready";
    }
    return "";
}

}  // namespace

void ControlChannels::send(Channel& channel, const wire::ControlHeader& header, ByteView body) {
    if (!channel.queue(header, body)) counters_.add(Counter::DropControlQueue);
}

void ControlChannels::send_hello(Channel& channel) {
    const std::uint32_t extensions =
        is_mutant(Mutant::GreetsAsBase) ? 0 : std::uint32_t{wire::kProfileExtended};
    const std::uint32_t blob = config_.has_profile(Profile::Blob) ? wire::kProfileBlob : 0;
    const std::string_view name =
        is_mutant(Mutant::GreetsAsProgram) ? std::string_view("shunt") : self_.name;
    const wire::HelloBody hello{self_.id, boot_, wire::kProfileEndpoint | extensions | blob, name};
    std::vector<std::uint8_t> body(hello.size());
    hello.write_to(body);
    send(channel, {ControlKind::Hello, 0, 0}, body);
}

void ControlChannels::send_ping(Peer& peer, Channel& channel, Instant now) {
    const std::uint64_t transaction = ++last_transaction_;
    channel.pinged(now);
    peer.pings.sent(transaction, now);
    send(channel, {ControlKind::Ping, 0, transaction}, {});
}

void ControlChannels::send_state(Channel& channel) {
    const wire::ServerStateBody state{self_.id, own_.load, own_.listening, own_.applications};
    std::vector<std::uint8_t> body(state.size());
    state.write_to(body);
    send(channel, {ControlKind::ServerState, 0, 0}, body);
}

void ControlChannels::tell_state(const ServerState& state, Instant now) {
    own_ = state;
    if (is_mutant(Mutant::TellsStateOnce)) return;
    for (Peer& peer : peers_) {
        Channel* channel = peer.open_channel();
        if (channel == nullptr) continue;
        send_state(*channel);
        channel->flush(sockets_, now);
    }
}

void ControlChannels::answer_error(Channel& channel, const wire::ControlFrameView& frame,
                                   ControlError error) {
    send_error(channel, frame.transaction(), error);
}

void ControlChannels::send_error(Channel& channel, std::uint64_t transaction, ControlError error) {
    const wire::ErrorBody answer{static_cast<std::uint16_t>(error), describe(error)};
    std::vector<std::uint8_t> body(answer.size());
    answer.write_to(body);
    send(channel, {ControlKind::Error, 0, transaction}, body);
}

void ControlChannels::handle_frame(Peer& peer, Channel& channel,
                                   const wire::ControlFrameView& frame, Instant now) {
    if (!channel.is_open()) return handle_hello(peer, channel, frame, now);
    if (!peer.is_proven) events_.push_back({PeerEvent::Kind::Proven, peer.server->id});
    peer.is_proven = true;
    const ControlKind kind = frame.kind();
    if (!wire::is_known(kind)) {
        counters_.add(Counter::DropControlKind);
        if (is_mutant(Mutant::SilentAboutKinds)) return;
        return answer_error(channel, frame, ControlError::UnknownKind);
    }
    if (kind == ControlKind::Ping) {
        return send(channel, {ControlKind::Pong, 0, frame.transaction()}, {});
    }
    if (kind == ControlKind::Pong) return handle_pong(peer, frame.transaction(), now);
    if (kind == ControlKind::ServerState) return handle_state(peer, channel, frame, now);
    if (kind == ControlKind::Session && config_.session.mode != SessionMode::Off)
        return handle_session(peer, channel, frame);
    if (kind == ControlKind::Hello) {  // one is enough
        counters_.add(Counter::DropControlBody);
        return answer_error(channel, frame, ControlError::BodyNotUnderstood);
    }
    if (wire::is_answer(kind, frame.flags())) {
        // An answer is never answered, or two servers could talk of nothing for ever.
        for (Desk& each : desks_)  // an error answers whatever was asked
            if (each.transactions.answer(peer.server->id, frame, each.next_arrival())) return;
        if (kind == ControlKind::BlobAcknowledgement && is_served(kind)) {
            return keep_request(peer, channel, frame);
        }
        return counters_.add(Counter::DropControlAnswer);
    }
    if (is_served(kind)) return keep_request(peer, channel, frame);
    counters_.add(Counter::DropControlUnready);
    answer_error(channel, frame, ControlError::NotReady);
}

/// There is somebody here who answers it.
bool ControlChannels::is_served(ControlKind kind) const {
    switch (kind) {
        case ControlKind::ObjectCreate:
        case ControlKind::ObjectCall:
        case ControlKind::ObjectRelease:
            return true;
        case ControlKind::Blob:
        case ControlKind::BlobAcknowledgement:
        case ControlKind::FlowClosed:
        case ControlKind::FlowUnknown:
        case ControlKind::Commit:
        case ControlKind::MovedIcmp:
            return config_.has_profile(Profile::Blob);
        default:
            return false;
    }
}

void ControlChannels::handle_hello(Peer& peer, Channel& channel,
                                   const wire::ControlFrameView& frame, Instant now) {
    const bool is_greeting = frame.kind() == ControlKind::Hello;
    const auto hello = wire::HelloBody::parse(is_greeting ? frame.body() : ByteView{});
    if (!hello || hello->server != peer.server->id) {
        counters_.add(Counter::DropControlHello);
        return channel.finish();
    }
    Channel* current = peer.open_channel();
    if (peer.boot && *peer.boot != hello->boot) {
        // What a predecessor of the peer's present incarnation said once is no news.
        if (channel.origin().serial < peer.boot_serial) return channel.finish();
        if (current != nullptr) current->finish();
        counters_.add(Counter::PeerRestarted);
        states_.forget(peer.server->id);
        events_.push_back({PeerEvent::Kind::Restarted, peer.server->id});
        std::erase_if(told_sessions_,
                      [&](const ToldSession& told) { return told.server == peer.server->id; });
        peer.boot.reset();
        current = nullptr;
    }
    if (current != nullptr && !survives(peer, channel, *current)) return channel.finish();
    if (current != nullptr) current->finish();
    if (!peer.boot) greet_new_boot(peer, channel, hello->boot);
    open(peer, channel, now);
}

/// CTL-1. True if `fresh` stays and `current` goes.
bool ControlChannels::survives(const Peer& peer, const Channel& fresh,
                               const Channel& current) const {
    if (fresh.origin().is_ours == current.origin().is_ours) {
        return fresh.origin().serial > current.origin().serial &&
               !is_mutant(Mutant::KeepsOlderChannel);
    }
    const bool is_lower = self_.id < peer.server->id;
    return fresh.origin().is_ours == (is_lower != is_mutant(Mutant::KeepsChannelOfHigher));
}

/// The peer answers for what it does from now on: our hello is the first that it has heard.
void ControlChannels::greet_new_boot(Peer& peer, const Channel& channel, std::uint64_t boot) {
    peer.boot = boot;
    peer.boot_serial = channel.origin().serial;
    peer.owner.begin(channel.origin().begun);
}

void ControlChannels::open(Peer& peer, Channel& channel, Instant now) {
    channel.open();
    counters_.add(Counter::ChannelOpened);
    peer.is_dead = false;
    peer.heard_at = waited_.waited();
    // At once, for both tell the peer that we know its boot number (EP-33).
    send_ping(peer, channel, now);
    send_state(channel);
    events_.push_back({PeerEvent::Kind::Opened, peer.server->id});
}

void ControlChannels::handle_pong(Peer& peer, std::uint64_t transaction, Instant now) {
    const auto sent = peer.pings.take(transaction);
    if (!sent) return counters_.add(Counter::DropControlAnswer);
    peer.backoff.reset();
    if (!peer.owner.answer(*sent, now)) return;
    counters_.add(Counter::OwnerBack);
    events_.push_back({PeerEvent::Kind::Back, peer.server->id});
}

void ControlChannels::handle_state(Peer& peer, Channel& channel,
                                   const wire::ControlFrameView& frame, Instant now) {
    const auto state = wire::ServerStateView::parse(frame.body());
    if (!state || state->server() != peer.server->id) {
        counters_.add(Counter::DropControlBody);
        return answer_error(channel, frame, ControlError::BodyNotUnderstood);
    }
    states_.learn(peer.server->id, *state, now);
}

void ControlChannels::tell_session(const wire::SessionAnnouncement& session,
                                   std::optional<ServerId> to, Instant now) {
    std::vector<std::uint8_t> body(session.size());
    session.write_to(body);
    for (Peer& peer : peers_) {
        Channel* channel = peer.open_channel();
        if (channel == nullptr || (to && *to != peer.server->id)) continue;
        send(*channel, {ControlKind::Session, 0, 0}, body);
        channel->flush(sockets_, now);
    }
}

/// Who keeps a session says so itself, as with its state.
void ControlChannels::handle_session(Peer& peer, Channel& channel,
                                     const wire::ControlFrameView& frame) {
    const auto session = wire::SessionAnnouncement::parse(frame.body());
    const bool is_keeper = session && session->server == peer.server->id;
    if (!session || (!is_keeper && !is_mutant(Mutant::BelievesAnyTeller))) {
        counters_.add(Counter::DropControlBody);
        return answer_error(channel, frame, ControlError::BodyNotUnderstood);
    }
    if (is_mutant(Mutant::AnswersSessions)) answer_error(channel, frame, ControlError::NotReady);
    told_sessions_.push_back({session->kind,
                              {session->id.begin(), session->id.end()},
                              session->server,
                              session->lifetime_seconds});
}

std::optional<ToldSession> ControlChannels::poll_session() {
    if (told_sessions_.empty()) return std::nullopt;
    ToldSession told = std::move(told_sessions_.front());
    told_sessions_.pop_front();
    return told;
}

}  // namespace shunt::farm
