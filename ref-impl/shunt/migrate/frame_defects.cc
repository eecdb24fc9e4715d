// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/frame_defects.hh"

#include <algorithm>
#include <vector>

#include "shunt/base/mutant.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::migrate {
namespace {

using wire::EncapsulationType;
using wire::kEncapsulationHeaderSize;
using wire::kIpv4HeaderSize;

constexpr std::size_t kTypeAt = 12;
constexpr std::size_t kProtocolAt = 13;
constexpr std::size_t kChecksumAt = 14;
// In the inner packet.
constexpr std::size_t kTotalLengthAt = 2;
constexpr std::size_t kInnerProtocolAt = 9;
constexpr std::size_t kInnerChecksumAt = 10;
constexpr auto kTcp = static_cast<std::uint8_t>(wire::TransportProtocol::Tcp);
constexpr auto kTcpInside = static_cast<std::uint8_t>(wire::IpProtocol::Tcp);
constexpr auto kIcmpInside = static_cast<std::uint8_t>(wire::IpProtocol::Icmp);

std::vector<std::uint8_t>& memory() {
    static std::vector<std::uint8_t> bytes;
    return bytes;
}

bool is_of(ByteView datagram, EncapsulationType type) {
    return datagram.size() >= kEncapsulationHeaderSize &&
           datagram[kTypeAt] == static_cast<std::uint8_t>(type);
}

void store_checksum(MutableBytes covered, std::size_t at) {
    store_u16(covered, at, 0);
    store_u16(covered, at, wire::internet_checksum(covered));
}

void store_header_checksum(Packet& datagram) {
    store_checksum(datagram.mutable_bytes().first(kEncapsulationHeaderSize), kChecksumAt);
}

/// What is encapsulated again and again is taken out (SEC-8).
void unwrap(Packet& datagram) {
    constexpr std::size_t size = kEncapsulationHeaderSize;
    const auto is_nested = [](ByteView bytes) {
        return bytes.size() >= 2 * size &&
               std::equal(bytes.begin(), bytes.begin() + size, bytes.begin() + size);
    };
    while (is_nested(datagram.bytes()))
        datagram.trim_front(size);
}

/// A Type that the page does not name counts as 0x02 (FRM-8).
void take_for_forwarded(Packet& datagram, wire::ProtocolSet set) {
    const auto view = wire::EncapsulationView::parse(datagram.bytes(), set);
    if (view || view.error() != Counter::DropEncapsulationType) return;
    datagram.mutable_bytes()[kTypeAt] = static_cast<std::uint8_t>(EncapsulationType::Forwarded);
    store_header_checksum(datagram);
}

/// Behind the end of a header there is what was there before.
void read_memory(Packet& datagram) {
    if (datagram.size() >= kEncapsulationHeaderSize || memory().size() <= datagram.size()) return;
    const ByteView rest = ByteView(memory()).subspan(datagram.size());
    datagram.append(rest.first(std::min(rest.size(), datagram.tailroom())));
}

/// Behind the end of a payload there are zeros.
void fill_to(Packet& datagram, std::size_t size) {
    if (size <= datagram.size() || size - datagram.size() > datagram.tailroom()) return;
    const MutableBytes added = datagram.append(size - datagram.size());
    std::fill(added.begin(), added.end(), std::uint8_t{0});
}

void fill_block(Packet& datagram) {
    const bool is_connection = is_of(datagram.bytes(), EncapsulationType::Connection) &&
                               datagram.bytes()[kProtocolAt] == kTcp;
    if (!is_connection) return;
    fill_to(datagram, kEncapsulationHeaderSize + wire::ConnectionInformation::kTcpSize);
}

/// The header of the inner packet of a 0x02, whose fields may be impossible; empty: of another
/// frame.
MutableBytes inner_header(Packet& datagram) {
    const bool has_one = is_of(datagram.bytes(), EncapsulationType::Forwarded) &&
                         datagram.size() >= kEncapsulationHeaderSize + kIpv4HeaderSize;
    if (!has_one) return {};
    return datagram.mutable_bytes().subspan(kEncapsulationHeaderSize, kIpv4HeaderSize);
}

void fill_packet(Packet& datagram) {
    const ByteView inner = inner_header(datagram);
    if (inner.empty()) return;
    fill_to(datagram, kEncapsulationHeaderSize + load_u16(inner, kTotalLengthAt));
}

void go_by_inner_protocol(Packet& datagram) {
    const ByteView inner = inner_header(datagram);
    const ByteView header =
        datagram.bytes().first(std::min(datagram.size(), kEncapsulationHeaderSize));
    const bool is_right = !inner.empty() && wire::is_checksum_valid(header);
    if (!is_right || inner[kInnerProtocolAt] != kTcpInside) return;
    datagram.mutable_bytes()[kProtocolAt] = kTcp;
    store_header_checksum(datagram);
}

void go_by_outer_protocol(Packet& datagram) {
    const MutableBytes inner = inner_header(datagram);
    const bool is_tcp = !inner.empty() && datagram.bytes()[kProtocolAt] == kTcp;
    if (!is_tcp) return;
    // An error about a connection has the connection's Protocol (EP-26).
    const bool is_known =
        inner[kInnerProtocolAt] == kTcpInside || inner[kInnerProtocolAt] == kIcmpInside;
    if (is_known) return;
    inner[kInnerProtocolAt] = kTcpInside;
    store_checksum(inner, kInnerChecksumAt);
}

void guess_header_length(Packet& datagram) {
    constexpr std::uint8_t least = 0x45;
    const MutableBytes inner = inner_header(datagram);
    if (inner.empty() || inner[0] >> 4 != 4 || inner[0] >= least) return;
    inner[0] = least;
    store_checksum(inner, kInnerChecksumAt);
}

void guess_total_length(Packet& datagram) {
    const MutableBytes inner = inner_header(datagram);
    if (inner.empty()) return;
    const std::size_t there = datagram.size() - kEncapsulationHeaderSize;
    const std::size_t said = load_u16(inner, kTotalLengthAt);
    if (said >= kIpv4HeaderSize && said <= there) return;
    store_u16(inner, kTotalLengthAt, static_cast<std::uint16_t>(there));
    store_checksum(inner, kInnerChecksumAt);
}

void mend_inner_checksum(Packet& datagram) {
    const MutableBytes inner = inner_header(datagram);
    if (!inner.empty() && inner[0] == 0x45) store_checksum(inner, kInnerChecksumAt);
}

}  // namespace

void bend_frame(Packet& datagram, wire::ProtocolSet set) {
    if (is_mutant(Mutant::UnwrapsNested)) unwrap(datagram);
    if (is_mutant(Mutant::TakesUnknownTypes)) take_for_forwarded(datagram, set);
    if (is_mutant(Mutant::ReadsWhatWasBefore)) read_memory(datagram);
    if (is_mutant(Mutant::FillsShortBlocks)) fill_block(datagram);
    if (is_mutant(Mutant::FillsShortPackets)) fill_packet(datagram);
    if (is_mutant(Mutant::GoesByInnerProtocol)) go_by_inner_protocol(datagram);
    if (is_mutant(Mutant::GoesByOuterProtocol)) go_by_outer_protocol(datagram);
    if (is_mutant(Mutant::GuessesHeaderLength)) guess_header_length(datagram);
    if (is_mutant(Mutant::GuessesTotalLength)) guess_total_length(datagram);
    if (is_mutant(Mutant::IgnoresInnerHeaderChecksum)) mend_inner_checksum(datagram);
}

void remember_dropped(ByteView datagram) {
    if (is_mutant(Mutant::ReadsWhatWasBefore)) memory().assign(datagram.begin(), datagram.end());
}

}  // namespace shunt::migrate
