// SPDX-License-Identifier: Apache-2.0
// Requests that go out and come in by control channels: each answered once, by the channel that it
// came by (CTL-4, CTL-6).
#include <utility>

#include "shunt/farm/channel/control_channels.hh"

namespace shunt::farm {

std::optional<std::uint64_t> ControlChannels::request(ServerId to, wire::ControlKind kind,
                                                      ByteView body, Duration patience, Instant now,
                                                      std::uint16_t flags) {
    Transactions& transactions = desk(subject_of(kind)).transactions;
    Peer* peer = peer_of(to);
    Channel* channel = peer != nullptr ? peer->open_channel() : nullptr;
    if (channel == nullptr || !transactions.has_room()) return std::nullopt;
    const std::uint64_t transaction = ++last_transaction_;
    if (!channel->queue({kind, flags, transaction}, body)) return std::nullopt;
    transactions.begin(transaction, to, channel->origin().serial, now + patience);
    channel->flush(sockets_, now);
    set_deadline(now);
    return transaction;
}

bool ControlChannels::tell(ServerId to, wire::ControlKind kind, ByteView body, Instant now) {
    Peer* peer = peer_of(to);
    Channel* channel = peer != nullptr ? peer->open_channel() : nullptr;
    if (channel == nullptr || !channel->queue({kind, 0, 0}, body)) return false;
    channel->flush(sockets_, now);
    return true;
}

void ControlChannels::keep_request(Peer& peer, Channel& channel,
                                   const wire::ControlFrameView& frame) {
    const ByteView body = frame.body();
    const RequestOrigin origin{peer.server->id, channel.origin().serial, frame.transaction()};
    Desk& its = desk(subject_of(frame.kind()));
    IncomingRequest request{
        origin, frame.kind(), frame.flags(), {body.begin(), body.end()}, its.next_arrival()};
    if (its.inbox.push(std::move(request))) return;
    counters_.add(Counter::DropControlUnready);
    answer_error(channel, frame, wire::ControlError::NotReady);
}

/// Null: it is gone, and so is what it has asked for.
Channel* ControlChannels::channel_of(const RequestOrigin& origin) {
    Peer* peer = peer_of(origin.peer);
    Channel* channel = peer != nullptr ? peer->open_channel() : nullptr;
    const bool is_its = channel != nullptr && channel->origin().serial == origin.channel;
    return is_its ? channel : nullptr;
}

bool ControlChannels::answer(const RequestOrigin& origin, wire::ControlKind kind, ByteView body,
                             Instant now, std::uint16_t flags) {
    Channel* channel = channel_of(origin);
    if (channel == nullptr || !channel->queue({kind, flags, origin.transaction}, body))
        return false;
    channel->flush(sockets_, now);
    return true;
}

void ControlChannels::refuse(const RequestOrigin& origin, Instant now) {
    counters_.add(Counter::DropControlBody);
    Channel* channel = channel_of(origin);
    if (channel == nullptr) return;
    send_error(*channel, origin.transaction, wire::ControlError::BodyNotUnderstood);
    channel->flush(sockets_, now);
}

std::uint64_t ControlChannels::serial_of(ServerId server) const {
    const Peer* peer = peer_of(server);
    const Channel* channel = peer != nullptr ? peer->open_channel() : nullptr;
    return channel != nullptr ? channel->origin().serial : 0;
}

}  // namespace shunt::farm
