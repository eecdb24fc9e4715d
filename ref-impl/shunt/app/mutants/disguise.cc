// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/mutants/disguise.hh"

#include <algorithm>
#include <vector>

#include "shunt/base/deadline.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::app {
namespace {

constexpr Duration kFrameDelay = Duration::milliseconds(20);
constexpr Duration kAcknowledgmentDelay = Duration::milliseconds(40);
constexpr std::size_t kTextMax = 300;
constexpr std::size_t kFrameSizeMin = 60;
constexpr std::uint8_t kTtl = 128;
constexpr std::uint8_t kAf11 = 10U << 2U;
constexpr std::uint16_t kIdentificationMask = 0x5A5A;

constexpr std::size_t kIp = wire::kEthernetHeaderSize;
constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNop = 1;

std::size_t ip_header_size(ByteView frame) {
    return std::size_t{load_u8(frame, kIp)} % 16 * 4;
}

bool is_ipv4(ByteView frame) {
    return frame.size() >= kIp + wire::kIpv4HeaderSize &&
           load_u16(frame, 12) == wire::kEtherTypeIpv4;
}

bool is_whole_tcp(ByteView frame) {
    return is_ipv4(frame) && load_u8(frame, kIp + 9) == 6 &&
           (load_u16(frame, kIp + 6) & 0x3FFFU) == 0;
}

/// Where its parts lie; what the node sends is well formed.
struct Segment {
    explicit Segment(ByteView frame)
        : tcp(kIp + ip_header_size(frame)),
          text(tcp + std::size_t{load_u8(frame, tcp + 12)} / 16 * 4),
          end(kIp + load_u16(frame, kIp + 2)),
          flags(wire::TcpFlags::from_byte(load_u8(frame, tcp + 13))) {}
    std::size_t text_size() const { return end - text; }

    std::size_t tcp;
    std::size_t text;
    std::size_t end;
    wire::TcpFlags flags;
};

void complete_ip(MutableBytes frame) {
    const MutableBytes header = frame.subspan(kIp, ip_header_size(frame));
    store_u16(header, 10, 0);
    store_u16(header, 10, wire::internet_checksum(header));
}

void complete_tcp(MutableBytes frame) {
    const Segment segment(frame);
    const MutableBytes bytes = frame.subspan(segment.tcp, segment.end - segment.tcp);
    store_u16(bytes, 16, 0);
    wire::ChecksumAccumulator sum = wire::pseudo_header_sum(
        wire::Ipv4Address(load_u32(frame, kIp + 12)), wire::Ipv4Address(load_u32(frame, kIp + 16)),
        wire::IpProtocol::Tcp, bytes.size());
    sum.add(bytes);
    store_u16(bytes, 16, sum.checksum());
}

void reverse_options(MutableBytes frame) {
    const Segment segment(frame);
    const std::size_t begin = segment.tcp + wire::kTcpHeaderSize;
    const MutableBytes options = frame.subspan(begin, segment.text - begin);
    std::vector<std::vector<std::uint8_t>> found;
    for (std::size_t at = 0; at < options.size() && options[at] != kEndOfOptions;) {
        const std::size_t size = options[at] == kNop ? 1 : load_u8(options, at + 1);
        if (options[at] != kNop) {
            const auto first = options.begin() + static_cast<std::ptrdiff_t>(at);
            found.emplace_back(first, first + static_cast<std::ptrdiff_t>(size));
        }
        at += size;
    }
    std::ranges::fill(options, kNop);
    auto to = options.begin();
    for (auto option = found.rbegin(); option != found.rend(); ++option)
        to = std::ranges::copy(*option, to).out;
    complete_tcp(frame);
}

void pad(Packet& frame) {
    if (frame.size() >= kFrameSizeMin) return;
    std::ranges::fill(frame.append(kFrameSizeMin - frame.size()), std::uint8_t{0});
}

}  // namespace

void Disguise::restart(std::uint64_t seed, Instant now) {
    queue_.clear();
    acknowledged_.clear();
    inner_.restart(seed, now);
}

void Disguise::handle_frame(link::LinkId link, Packet frame, Instant now) {
    inner_.handle_frame(link, std::move(frame), now);
    take_frames(now);
}

void Disguise::handle_deadline(Instant now) {
    if (is_due(inner_.poll_deadline(), now)) inner_.handle_deadline(now);
    take_frames(now);
}

std::optional<Instant> Disguise::poll_deadline() const {
    std::optional<Instant> deadline = inner_.poll_deadline();
    if (!queue_.empty()) deadline = earlier(deadline, queue_.front().at);
    for (const auto& [flow, acknowledged] : acknowledged_)
        if (acknowledged.kept) deadline = earlier(deadline, acknowledged.due);
    return deadline;
}

std::optional<link::OutgoingFrame> Disguise::poll_transmit(Instant now) {
    take_frames(now);
    if (queue_.empty() || queue_.front().at > now) return std::nullopt;
    link::OutgoingFrame outgoing = std::move(queue_.front().outgoing);
    queue_.pop_front();
    return outgoing;
}

void Disguise::take_frames(Instant now) {
    while (auto outgoing = inner_.poll_transmit(now))
        take(std::move(*outgoing), now);
    for (auto& [flow, acknowledged] : acknowledged_) {
        if (!acknowledged.kept || acknowledged.due > now) continue;
        queue(link::LinkId::Front, std::move(*acknowledged.kept), now);
        acknowledged.kept.reset();
    }
}

void Disguise::queue(link::LinkId link, Packet frame, Instant due) {
    queue_.push_back({due, {link, std::move(frame)}});
}

void Disguise::take(link::OutgoingFrame outgoing, Instant now) {
    Packet& frame = outgoing.frame;
    if (variant_ == Variant::DelaysFrames) {
        return queue(outgoing.link, std::move(frame), now + kFrameDelay);
    }
    if (variant_ == Variant::PadsFrames) pad(frame);
    const bool is_for_client = outgoing.link == link::LinkId::Front && is_ipv4(frame.bytes());
    if (!is_for_client) return queue(outgoing.link, std::move(frame), now);
    const MutableBytes ip = frame.mutable_bytes().subspan(kIp);
    if (variant_ == Variant::OtherTtl) store_u8(ip, 8, kTtl);
    if (variant_ == Variant::MarksPackets) {
        store_u8(ip, 1, static_cast<std::uint8_t>(kAf11 | (load_u8(ip, 1) & 3U)));
    }
    if (variant_ == Variant::OtherIdentifications) {
        store_u16(ip, 4, load_u16(ip, 4) ^ kIdentificationMask);
    }
    complete_ip(frame.mutable_bytes());
    if (is_whole_tcp(frame.bytes())) return take_segment(std::move(frame), now);
    queue(outgoing.link, std::move(frame), now);
}

void Disguise::take_segment(Packet frame, Instant now) {
    if (variant_ == Variant::OtherOptionOrder) reverse_options(frame.mutable_bytes());
    if (variant_ == Variant::SmallSegments) return cut(std::move(frame), now);
    if (variant_ == Variant::DelaysAcknowledgments && keeps_acknowledgment(frame, now)) return;
    queue(link::LinkId::Front, std::move(frame), now);
}

/// FIN and PSH belong to the last piece.
void Disguise::cut(Packet frame, Instant now) {
    const Segment segment(frame.bytes());
    if (segment.text_size() <= kTextMax) return queue(link::LinkId::Front, std::move(frame), now);
    const std::uint32_t sequence = load_u32(frame.bytes(), segment.tcp + 4);
    for (std::size_t done = 0; done < segment.text_size(); done += kTextMax) {
        const std::size_t size = std::min(kTextMax, segment.text_size() - done);
        Packet piece = pool_.copy(frame.bytes().first(segment.text));
        piece.append(frame.bytes().subspan(segment.text + done, size));
        const MutableBytes bytes = piece.mutable_bytes();
        store_u16(bytes, kIp + 2, static_cast<std::uint16_t>(piece.size() - kIp));
        store_u32(bytes, segment.tcp + 4, sequence + static_cast<std::uint32_t>(done));
        if (done + size < segment.text_size()) {
            wire::TcpFlags flags = segment.flags;
            flags.fin = flags.push = false;
            store_u8(bytes, segment.tcp + 13, flags.to_byte());
        }
        complete_ip(bytes);
        complete_tcp(bytes);
        queue(link::LinkId::Front, std::move(piece), now);
    }
}

bool Disguise::keeps_acknowledgment(Packet& frame, Instant now) {
    const ByteView bytes = frame.bytes();
    const Segment segment(bytes);
    const ByteView flow = bytes.subspan(kIp + 12, 12);
    Acknowledged& acknowledged = acknowledged_[Flow(flow.begin(), flow.end())];
    const std::uint32_t number = load_u32(bytes, segment.tcp + 8);
    const wire::TcpFlags bare{.acknowledgment = true};
    const auto packet = wire::Ipv4View::parse(bytes.subspan(kIp));
    const auto view = packet ? wire::TcpView::parse(*packet)
                             : Result<wire::TcpView, Counter>(Failure{packet.error()});
    const bool has_sack = view && !view->options().sack_blocks().empty();
    const bool is_new = number != acknowledged.number;
    acknowledged.number = number;
    // RFC 9293 3.8.6.3: every second segment is acknowledged, duplicates go at once.
    const bool may_wait = segment.flags == bare && segment.text_size() == 0 && !has_sack &&
                          is_new && !acknowledged.kept;
    acknowledged.kept.reset();
    if (!may_wait) return false;
    acknowledged.kept = std::move(frame);
    acknowledged.due = now + kAcknowledgmentDelay;
    return true;
}

}  // namespace shunt::app
