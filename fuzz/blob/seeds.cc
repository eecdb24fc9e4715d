// SPDX-License-Identifier: Apache-2.0
// Blobs of connections with something of everything, and one for each rule that a blob can break.
#include <functional>
#include <string>
#include <utility>

#include "fuzz_target.hh"
#include "shunt/base/crc32c.hh"
#include "shunt/wire/blob.hh"

namespace shunt::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using wire::BlobBody;
using wire::BlockFlag;

const Bytes kReceive(40, 'r');
const Bytes kSend(60, 's');
const Bytes kFirst(5, 'f');
const Bytes kSecond(9, 'g');
const Bytes kContext(7, 'c');

Bytes written(const BlobBody& body) {
    Bytes bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

BlobBody idle() {
    BlobBody body;
    body.mapping = {.flow = wire::FlowId(0xABCD'1234),
                    .tuple = {.client = wire::Ipv4Address(10, 7, 0, 9),
                              .client_port = 4'711,
                              .service = wire::Ipv4Address(10, 7, 1, 1),
                              .service_port = 80,
                              .protocol = wire::TransportProtocol::Tcp},
                    .forwarder = wire::Ipv4Address(10, 8, 0, 1)};
    body.block.epoch = 1;
    body.block.mss = 1'460;
    body.block.initial_send_sequence = SequenceNumber(0xFFFFFFFE);
    body.block.send_unacknowledged = body.block.initial_send_sequence + 1;
    body.block.send_next = body.block.send_max = body.block.send_unacknowledged;
    body.block.initial_receive_sequence = SequenceNumber(7'000);
    body.block.receive_next = body.block.last_acknowledgment_sent = SequenceNumber(7'001);
    body.block.receive_advertised = body.block.receive_next + 65'535;
    body.block.send_window = body.block.send_window_max = 64'240;
    body.block.congestion_window = 14'600;
    body.ip = {.path_mtu = 1'500, .identification = 77};
    return body;
}

BlobBody with_queues(BlobBody body) {
    body.receive = kReceive;
    body.block.receive_queue = 40;
    body.send = kSend;
    body.block.send_queue = 60;
    body.block.send_next = body.block.send_max = body.block.send_unacknowledged + 60;
    return body;
}

/// Everything that a blob can have.
Bytes whole(const std::function<void(BlobBody&)>& change = [](BlobBody&) {}) {
    BlobBody body = with_queues(idle());
    const wire::BlobRange ranges[] = {{body.block.receive_next + 3, kFirst},
                                      {body.block.receive_next + 20, kSecond}};
    const SequenceNumber sent = body.block.send_unacknowledged;
    const wire::SackBlock scoreboard[] = {{sent + 4, sent + 8}, {sent + 10, sent + 60}};
    body.out_of_order = ranges;
    body.block.out_of_order_ranges = 2;
    body.block.out_of_order_bytes = 14;
    body.scoreboard = scoreboard;
    body.block.set(BlockFlag::SackPermitted);
    body.block.sack_ranges = 2;
    body.context = kContext;
    body.block.set(BlockFlag::Context);
    body.congestion = {.algorithm = wire::FineState::kCubic,
                       .cubic = wire::CubicFields{.window_max = 30'000}};
    change(body);
    return written(body);
}

Bytes with_right_crc(Bytes bytes) {
    const std::size_t covered = bytes.size() - wire::kBlobTrailerSize;
    store_u32(bytes, covered, crc32c(ByteView(bytes).first(covered)));
    return bytes;
}

Bytes with_u16(Bytes bytes, std::size_t offset, std::uint16_t value) {
    store_u16(bytes, offset, value);
    return with_right_crc(std::move(bytes));
}

/// Another section in front of the CRC.
Bytes with_section(Bytes bytes, std::uint16_t kind, const Bytes& content) {
    Bytes section(wire::kBlobSectionHeaderSize);
    store_u16(section, 0, kind);
    store_u32(section, 4, static_cast<std::uint32_t>(content.size()));
    section.insert(section.end(), content.begin(), content.end());
    bytes.insert(bytes.end() - 4, section.begin(), section.end());
    const auto count = static_cast<std::uint16_t>(load_u16(bytes, 6) + 1);
    return with_u16(std::move(bytes), 6, count);
}

Bytes other_congestion(const wire::CongestionState& congestion) {
    BlobBody body = idle();
    body.congestion = congestion;
    return written(body);
}

Bytes closing() {
    BlobBody body = with_queues(idle());
    body.block.state = wire::BlockState::Closing;
    body.block.set(BlockFlag::SentFin);
    body.block.send_next = body.block.send_max = body.block.send_unacknowledged + 61;
    return written(body);
}

Bytes base_block() {
    BlobBody body = idle();
    body.block.version = 0;
    return written(body);
}

}  // namespace

std::vector<Seed> seeds() {
    const Bytes plain = written(idle());
    Bytes wrong_crc = plain;
    wrong_crc.back() ^= 1U;
    constexpr std::size_t first_section = 8;
    constexpr std::size_t second_section = 8 + 28;
    const auto unsaid = [](BlobBody& body) { --body.block.send_queue; };
    const auto lying = [](BlobBody& body) { body.block.send_next = body.block.send_max + 1; };
    return {
        {"idle", plain},
        {"queues", written(with_queues(idle()))},
        {"whole", whole()},
        {"closing", closing()},
        {"version-0", base_block()},
        {"new-reno", other_congestion({})},
        {"unknown-algorithm", other_congestion({.algorithm = 9})},
        {"unknown-kind", with_section(whole(), 0x7777, kContext)},
        {"empty-context", whole([](BlobBody& body) { body.context = ByteView(); })},
        {"flags", with_u16(plain, first_section + 2, 0xFFFF)},
        {"cut", Bytes(plain.begin(), plain.begin() + 100)},
        {"refused-magic", with_u16(plain, 0, 0x5349)},
        {"refused-version", with_u16(plain, 4, 2)},
        {"refused-crc", wrong_crc},
        {"refused-count", with_u16(plain, 6, 4)},
        {"refused-order", with_u16(plain, first_section, 2)},
        {"refused-length", with_u16(plain, second_section + 6, 141)},
        {"refused-length-beyond", with_u16(plain, second_section + 4, 0xFFFF)},
        {"refused-repeated", with_section(whole(), 5, kSend)},
        {"refused-flow", with_u16(plain, first_section + 8, 0)},
        {"refused-block", whole(lying)},
        {"refused-queue", whole(unsaid)},
        {"refused-context", with_section(plain, 7, kContext)},
        {"refused-range", with_section(plain, 6, Bytes(4))},
    };
}

}  // namespace shunt::fuzz
