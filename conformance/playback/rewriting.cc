// SPDX-License-Identifier: Apache-2.0
#include "playback/rewriting.hh"

#include <algorithm>

#include "pdu/checksum.hh"

namespace conform {
namespace {

constexpr std::size_t kTcpHeaderLeast = 20;
constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kFlags = 13;

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kSack = 5;
constexpr std::uint8_t kTimestamps = 8;

std::size_t ip_header_size(ByteView packet) {
    return (packet[0] & 0x0FU) * 4U;
}

std::size_t tcp_header_size(ByteView packet) {
    return (packet[ip_header_size(packet) + 12] >> 4) * 4U;
}

void rewrite_option(std::span<std::uint8_t> option, const LiveNumbers& numbers) {
    if (option[0] == kTimestamps && option.size() == 10) {
        store_u32(option, 2, numbers.timestamps.value);
        store_u32(option, 6, numbers.timestamps.echo);
    }
    if (option[0] != kSack || option.size() % 8 != 2) return;
    for (std::size_t at = 2; at < option.size(); at += 4)
        store_u32(option, at, numbers.other_sequence(load_u32(option, at)));
}

void rewrite_options(std::span<std::uint8_t> options, const LiveNumbers& numbers) {
    while (!options.empty() && options[0] != kEnd) {
        if (options[0] == kNoOperation) {
            options = options.subspan(1);
            continue;
        }
        const std::size_t size = options.size() < 2 ? 0 : options[1];
        if (size < 2 || size > options.size()) return;
        rewrite_option(options.first(size), numbers);
        options = options.subspan(size);
    }
}

void set_checksums(Bytes& packet) {
    const std::span<std::uint8_t> bytes(packet);
    const std::size_t header = ip_header_size(packet);
    store_u16(bytes, 10, 0);
    store_u16(bytes, 10, internet_checksum(bytes.first(header)));
    const auto segment = bytes.subspan(header);
    store_u16(segment, 16, 0);
    const std::uint32_t start =
        pseudo_header_sum({load_u32(bytes, 12)}, {load_u32(bytes, 16)}, kTcp, segment.size());
    store_u16(segment, 16, internet_checksum(segment, start));
}

}  // namespace

Bytes rewrite_packet(ByteView packet, const LiveNumbers& numbers) {
    Bytes rewritten(packet.begin(), packet.end());
    const std::span<std::uint8_t> bytes(rewritten);
    store_u32(bytes, 12, numbers.source.address.value);
    store_u32(bytes, 16, numbers.destination.address.value);
    const auto segment = bytes.subspan(ip_header_size(packet));
    store_u16(segment, 0, numbers.source.port);
    store_u16(segment, 2, numbers.destination.port);
    store_u32(segment, 4, numbers.sequence);
    store_u32(segment, 8, numbers.acknowledgment);
    const std::size_t header = tcp_header_size(packet);
    rewrite_options(segment.subspan(kTcpHeaderLeast, header - kTcpHeaderLeast), numbers);
    set_checksums(rewritten);
    return rewritten;
}

std::vector<Bytes> cut_packet(Bytes packet, std::size_t most) {
    const std::size_t header = ip_header_size(packet) + tcp_header_size(packet);
    if (packet.size() <= most || most <= header) return {std::move(packet)};
    constexpr std::uint8_t kOfTheLast = tcp_flag::kFin | tcp_flag::kPsh;
    const std::uint32_t sequence = load_u32(packet, ip_header_size(packet) + 4);
    const std::size_t size = most - header;
    std::vector<Bytes> pieces;
    for (std::size_t at = header; at < packet.size(); at += size) {
        const std::size_t end = std::min(at + size, packet.size());
        Bytes piece(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
        append(piece, ByteView(packet).subspan(at, end - at));
        const std::span<std::uint8_t> bytes(piece);
        store_u16(bytes, 2, static_cast<std::uint16_t>(piece.size()));
        const auto segment = bytes.subspan(ip_header_size(piece));
        store_u32(segment, 4, sequence + static_cast<std::uint32_t>(at - header));
        if (end < packet.size()) segment[kFlags] &= static_cast<std::uint8_t>(~kOfTheLast);
        if (at > header) segment[kFlags] &= static_cast<std::uint8_t>(~tcp_flag::kCwr);
        set_checksums(piece);
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

}  // namespace conform
