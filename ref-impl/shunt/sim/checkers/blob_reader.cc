// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/blob_reader.hh"

#include <algorithm>

#include "shunt/wire/blob.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/flow_messages.hh"
#include "shunt/wire/flow_rewrite.hh"

namespace shunt::sim {

using wire::ControlKind;
using wire::EncapsulationType;

namespace {

std::uint64_t end_of(wire::Ipv4Address address, std::uint16_t port) {
    return std::uint64_t{address.value()} << 16 | port;
}

}  // namespace

bool BlobReader::read_sent(ByteView frame, Instant time, HostId from, const Tell& tell) {
    const auto ethernet = wire::EthernetView::parse(frame);
    const ServerRole* addressee =
        ethernet ? roles_.server_by_back_mac(ethernet->destination()) : nullptr;
    return addressee != nullptr && read(sent_, frame, {time, from, addressee->host}, tell);
}

bool BlobReader::read_arrived(ByteView frame, Instant time, HostId from, HostId to,
                              const Tell& tell) {
    const auto ethernet = wire::EthernetView::parse(frame);
    const ServerRole* addressee =
        ethernet ? roles_.server_by_back_mac(ethernet->destination()) : nullptr;
    return addressee != nullptr && addressee->host == to &&
           read(arrived_, frame, {time, from, to}, tell);
}

bool BlobReader::read(Streams& streams, ByteView frame, const Ends& ends, const Tell& tell) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (ethernet->type() != wire::kEtherTypeIpv4) return false;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->protocol() != wire::IpProtocol::Tcp || packet->is_fragment()) {
        return false;
    }
    if (roles_.service_of(packet->destination()) || roles_.service_of(packet->source())) {
        read_rewritten(*packet, ends, tell);
        return false;
    }
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment) return false;
    const bool is_control = segment->source_port() == wire::kControlPort ||
                            segment->destination_port() == wire::kControlPort;
    if (!is_control) return false;
    Stream& stream = streams[{end_of(packet->source(), segment->source_port()),
                              end_of(packet->destination(), segment->destination_port())}];
    return read_segment(stream, *segment, ends, tell);
}

bool BlobReader::read_segment(Stream& stream, const wire::TcpView& segment, const Ends& ends,
                              const Tell& tell) {
    const std::uint32_t sequence = segment.sequence().value();
    if (segment.flags().syn) {
        if (stream.next && stream.start == sequence + 1) return false;  // repeated
        stream = {};
        stream.next = stream.start = sequence + 1;
        return false;
    }
    if (!stream.next) return false;
    const std::uint64_t before = stream.taken;
    take(stream, sequence, segment.payload());
    read_frames(stream, ends, tell);
    return stream.taken > before && !stream.bytes.empty();
}

void BlobReader::take(Stream& stream, std::uint32_t sequence, ByteView text) {
    const std::uint32_t ahead = sequence - *stream.next;
    const bool is_repeated = ahead >= 0x8000'0000U;
    const std::size_t known = is_repeated ? *stream.next - sequence : 0;
    if (text.size() <= known) return;
    auto& kept = stream.ahead[is_repeated ? stream.taken : stream.taken + ahead];
    const ByteView fresh = text.subspan(known);
    if (kept.size() < fresh.size()) kept.assign(fresh.begin(), fresh.end());
    while (!stream.ahead.empty() && stream.ahead.begin()->first <= stream.taken) {
        const auto first = stream.ahead.extract(stream.ahead.begin());
        const std::uint64_t taken = stream.taken - first.key();
        if (first.mapped().size() <= taken) continue;
        const ByteView rest = ByteView(first.mapped()).subspan(taken);
        stream.bytes.insert(stream.bytes.end(), rest.begin(), rest.end());
        stream.taken += rest.size();
    }
    stream.next = stream.start + static_cast<std::uint32_t>(stream.taken);
}

void BlobReader::read_frames(Stream& stream, const Ends& ends, const Tell& tell) {
    std::size_t done = 0;
    for (;;) {
        const ByteView rest = ByteView(stream.bytes).subspan(done);
        if (rest.size() < wire::kControlHeaderSize) break;
        const auto size = wire::ControlFrameView::size_of(rest);
        if (!size || rest.size() < *size) break;
        const auto frame = wire::ControlFrameView::parse(rest.first(*size));
        if (frame) read_frame(*frame, ends, tell);
        done += *size;
    }
    stream.bytes.erase(stream.bytes.begin(),
                       stream.bytes.begin() + static_cast<std::ptrdiff_t>(done));
}

void BlobReader::read_frame(const wire::ControlFrameView& frame, const Ends& ends,
                            const Tell& tell) {
    if (frame.kind() == ControlKind::Blob) return read_blob(frame, ends, tell);
    if (frame.kind() == ControlKind::BlobReject) {
        const auto asked = asked_.find({ends.to, frame.transaction()});
        if (asked != asked_.end()) say(EncapsulationType::Reject, ends, asked->second, tell);
        return;
    }
    const auto body = wire::FlowBody::parse(frame.body());
    if (!body) return;
    if (frame.kind() == ControlKind::BlobAcknowledgement) {
        say(EncapsulationType::Acknowledgement, ends, body->flow, tell);
    } else if (frame.kind() == ControlKind::FlowClosed) {
        say(EncapsulationType::Release, ends, body->flow, tell);
    } else if (frame.kind() == ControlKind::FlowUnknown) {
        say(EncapsulationType::Reject, ends, body->flow, tell);
    } else if (frame.kind() == ControlKind::Commit &&
               (frame.flags() & wire::kControlAnswerFlag) == 0) {
        say(EncapsulationType::Go, ends, body->flow, tell);
    }
}

void BlobReader::read_blob(const wire::ControlFrameView& frame, const Ends& ends,
                           const Tell& tell) {
    const auto blob = wire::BlobView::parse(frame.body());
    if (!blob) return;
    const wire::FlowId flow = blob->mapping().flow;
    attempts_[{std::min(ends.from, ends.to), std::max(ends.from, ends.to), flow.value()}] = {
        blob->mapping().tuple, blob->block().epoch};
    asked_[{ends.from, frame.transaction()}] = flow;
    say(EncapsulationType::Connection, ends, flow, tell);
    // An eager blob is its own release (BL-14).
    if ((frame.flags() & wire::kControlEagerFlag) != 0)
        say(EncapsulationType::Go, ends, flow, tell);
}

void BlobReader::read_rewritten(const wire::Ipv4View& packet, const Ends& ends, const Tell& tell) {
    if (packet.payload().size() < 4) return;
    const auto flow =
        wire::FlowId::from_ports(load_u16(packet.payload(), 0), load_u16(packet.payload(), 2));
    const Attempt* attempt = find(ends, flow);
    if (attempt == nullptr) return;
    std::vector<std::uint8_t> bytes(packet.packet().begin(), packet.packet().end());
    if (wire::restore_tuple(bytes, attempt->tuple)) return;
    FarmMessage message;
    message.time = ends.time;
    message.from = ends.from;
    message.to = ends.to;
    message.type = EncapsulationType::Forwarded;
    message.tuple = attempt->tuple;
    message.inner_packet = bytes;
    // It was a valid packet, and the rewrite has changed addresses alone.
    const auto segment = wire::TcpView::parse(*wire::Ipv4View::parse(bytes));
    if (segment) message.inner = *segment;
    // The first one lets its host act, and so may any (BL-14).
    if (segment && is_homes(ends, *attempt)) say(EncapsulationType::Go, ends, flow, tell);
    tell(message);
}

bool BlobReader::is_homes(const Ends& ends, const Attempt& attempt) const {
    const ServerRole* home = roles_.home_of(attempt.tuple.service);
    return home != nullptr && home->host == ends.from;
}

const BlobReader::Attempt* BlobReader::find(const Ends& ends, wire::FlowId flow) const {
    const auto found =
        attempts_.find({std::min(ends.from, ends.to), std::max(ends.from, ends.to), flow.value()});
    return found == attempts_.end() ? nullptr : &found->second;
}

void BlobReader::say(EncapsulationType type, const Ends& ends, wire::FlowId flow,
                     const Tell& tell) const {
    const Attempt* attempt = find(ends, flow);
    if (attempt == nullptr) return;
    FarmMessage message;
    message.time = ends.time;
    message.from = ends.from;
    message.to = ends.to;
    message.type = type;
    message.tuple = attempt->tuple;
    message.epoch = attempt->epoch;
    message.copy = flow.value();
    tell(message);
}

}  // namespace shunt::sim
