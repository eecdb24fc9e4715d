// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/handoff_messages.hh"

#include <algorithm>

namespace shunt::wire {
namespace {

constexpr std::size_t kTupleSize = 12;
constexpr std::uint8_t kUnscaled = 255;
constexpr std::uint8_t kScaleMax = 14;
constexpr std::uint8_t kSackFlag = 1;
constexpr std::uint8_t kTimestampsFlag = 2;
constexpr std::uint8_t kEcnFlag = 4;

ConnectionTuple load_tuple(ByteView body) {
    return {.client = Ipv4Address(load_u32(body, 0)),
            .client_port = load_u16(body, 4),
            .service = Ipv4Address(load_u32(body, 6)),
            .service_port = load_u16(body, 10),
            .protocol = TransportProtocol::Tcp};
}

void store_tuple(MutableBytes bytes, const ConnectionTuple& tuple) {
    store_u32(bytes, 0, tuple.client.value());
    store_u16(bytes, 4, tuple.client_port);
    store_u32(bytes, 6, tuple.service.value());
    store_u16(bytes, 10, tuple.service_port);
}

/// The part at the front of `rest`, behind its length; `rest` is then behind it.
std::optional<ByteView> take_part(ByteView& rest) {
    if (rest.size() < 2) return std::nullopt;
    const std::size_t size = load_u16(rest, 0);
    if (rest.size() - 2 < size) return std::nullopt;
    const ByteView part = rest.subspan(2, size);
    rest = rest.subspan(2 + size);
    return part;
}

/// Writes it at the front of `rest`, which is then behind it.
void put_part(MutableBytes& rest, ByteView part) {
    SHUNT_ASSERT(part.size() <= HandoffRequestBody::kPartMax, "a packet fits its field");
    store_u16(rest, 0, static_cast<std::uint16_t>(part.size()));
    std::copy(part.begin(), part.end(), rest.subspan(2).begin());
    rest = rest.subspan(2 + part.size());
}

}  // namespace

Result<HandoffRequestBody, Counter> HandoffRequestBody::parse(ByteView body) {
    if (body.size() < kHeadSize) return Failure{Counter::DropControlBody};
    HandoffRequestBody read{.tuple = load_tuple(body),
                            .first_isn = SequenceNumber(load_u32(body, kTupleSize))};
    ByteView rest = body.subspan(kHeadSize);
    for (ByteView* const part : {&read.syn, &read.acknowledgment, &read.request}) {
        const auto taken = take_part(rest);
        if (!taken) return Failure{Counter::DropControlBody};
        *part = *taken;
    }
    if (!rest.empty()) return Failure{Counter::DropControlBody};
    return read;
}

std::size_t HandoffRequestBody::size() const {
    return kHeadSize + 2 + syn.size() + 2 + acknowledgment.size() + 2 + request.size();
}

void HandoffRequestBody::write_to(MutableBytes bytes) const {
    store_tuple(bytes, tuple);
    store_u32(bytes, kTupleSize, first_isn.value());
    MutableBytes rest = bytes.subspan(kHeadSize);
    put_part(rest, syn);
    put_part(rest, acknowledgment);
    put_part(rest, request);
}

Result<HandoffAcknowledgementBody, Counter> HandoffAcknowledgementBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    const std::uint8_t scale = load_u8(body, 4);
    const std::uint8_t flags = load_u8(body, 5);
    const bool is_known = (scale <= kScaleMax || scale == kUnscaled) &&
                          (flags & ~(kSackFlag | kTimestampsFlag | kEcnFlag)) == 0;
    if (!is_known) return Failure{Counter::DropControlBody};
    HandoffAcknowledgementBody read;
    read.second_isn = SequenceNumber(load_u32(body, 0));
    if (scale != kUnscaled) read.window_scale = scale;
    read.has_sack = (flags & kSackFlag) != 0;
    read.has_timestamps = (flags & kTimestampsFlag) != 0;
    read.has_ecn = (flags & kEcnFlag) != 0;
    read.mss = load_u16(body, 6);
    read.timestamp_base = load_u32(body, 8);
    return read;
}

void HandoffAcknowledgementBody::write_to(MutableBytes bytes) const {
    const unsigned flags = (has_sack ? kSackFlag : 0U) | (has_timestamps ? kTimestampsFlag : 0U) |
                           (has_ecn ? kEcnFlag : 0U);
    store_u32(bytes, 0, second_isn.value());
    store_u8(bytes, 4, window_scale.value_or(kUnscaled));
    store_u8(bytes, 5, static_cast<std::uint8_t>(flags));
    store_u16(bytes, 6, mss);
    store_u32(bytes, 8, timestamp_base);
}

Result<HandoffRejectBody, Counter> HandoffRejectBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    const auto reason = static_cast<RejectReason>(load_u16(body, 0));
    if (reason < RejectReason::NoListener || reason > RejectReason::Void)
        return Failure{Counter::DropControlBody};
    return HandoffRejectBody{reason};
}

void HandoffRejectBody::write_to(MutableBytes bytes) const {
    store_u16(bytes, 0, static_cast<std::uint16_t>(reason));
}

Result<HandoffTerminationBody, Counter> HandoffTerminationBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    const auto how = static_cast<How>(load_u8(body, kTupleSize));
    if (how != How::Closed && how != How::Reset) return Failure{Counter::DropControlBody};
    return HandoffTerminationBody{load_tuple(body), how};
}

void HandoffTerminationBody::write_to(MutableBytes bytes) const {
    store_tuple(bytes, tuple);
    store_u8(bytes, kTupleSize, static_cast<std::uint8_t>(how));
}

}  // namespace shunt::wire
