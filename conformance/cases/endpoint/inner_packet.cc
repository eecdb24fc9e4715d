// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Framing": what FRM-6 verifies of the packet inside a 0x02, in its order.
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/registry.hh"
#include "pdu/checksum.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::Fault;
using endpoint::MovedIn;

// Offsets in a whole frame; the inner packet has an IPv4 header without options.
constexpr std::size_t kInner = kEthernetHeaderSize + kEncapsulationHeaderSize;
constexpr std::size_t kVersion = kInner;
constexpr std::size_t kTotalLength = kInner + 2;
constexpr std::size_t kInnerProtocol = kInner + 9;
constexpr std::size_t kHeaderChecksum = kInner + 10;
constexpr std::size_t kInnerSource = kInner + 12;
constexpr std::size_t kInnerDestination = kInner + 16;
constexpr std::size_t kSegment = kInner + 20;
constexpr std::size_t kSourcePort = kSegment;
constexpr std::size_t kDestinationPort = kSegment + 2;
constexpr std::size_t kSegmentChecksum = kSegment + 16;

/// For a 0x03, which comes at once, before its first repetition (EP-15).
constexpr std::chrono::milliseconds kAnswerPause{40};

constexpr std::uint8_t kTcpNumber = 6;
constexpr std::uint8_t kUdpNumber = 17;

/// Both checksums of the inner packet, so that nothing but the address or port is wrong.
void repair_inner(Bytes& frame) {
    repair_ipv4_checksum(frame, kInner);
    store_u16(frame, kSegmentChecksum, 0);
    const ByteView segment = ByteView(frame).subspan(kSegment);
    const std::uint32_t pseudo =
        pseudo_header_sum({load_u32(frame, kInnerSource)}, {load_u32(frame, kInnerDestination)},
                          kTcpNumber, segment.size());
    store_u16(frame, kSegmentChecksum, internet_checksum(segment, pseudo));
}

/// One byte of the IPv4 header, whose checksum is right again.
Fault header_fault(const char* what, std::size_t offset, std::uint8_t value) {
    return {"FRM-6", fmt::format("with {} 0x{:02x}", what, value), [offset, value](Bytes& frame) {
                frame[offset] = value;
                repair_ipv4_checksum(frame, kInner);
            }};
}

Fault port_fault(const char* what, std::size_t offset, std::uint16_t change) {
    return {"FRM-6", fmt::format("with {} that differs by 0x{:04x}", what, change),
            [offset, change](Bytes& frame) {
                const std::uint16_t port = load_u16(frame, offset);
                store_u16(frame, offset, static_cast<std::uint16_t>(port ^ change));
                repair_inner(frame);
            }};
}

Fault source_fault(const char* requirement, const char* whose, Ipv4Address address) {
    return {requirement, fmt::format("with inner source {}, {}", address.to_string(), whose),
            [address](Bytes& frame) {
                store_u32(frame, kInnerSource, address.value);
                repair_inner(frame);
            }};
}

Task<> version_verified(Stage& stage) {
    const std::vector<Fault> faults = {header_fault("version and IHL", kVersion, 0x65),
                                       header_fault("version and IHL", kVersion, 0x05),
                                       header_fault("version and IHL", kVersion, 0x55)};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> header_length_verified(Stage& stage) {
    const std::vector<Fault> faults = {header_fault("version and IHL", kVersion, 0x40),
                                       header_fault("version and IHL", kVersion, 0x44)};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> total_length_verified(Stage& stage) {
    std::vector<Fault> faults;
    // Below the header, past the frame's end, and what a header of 20 bytes cannot be in.
    for (const std::uint16_t length :
         {std::uint16_t{0}, std::uint16_t{19}, std::uint16_t{0xFFFF}}) {
        faults.push_back(
            {"FRM-6", fmt::format("with inner total length {}", length), [length](Bytes& frame) {
                 store_u16(frame, kTotalLength, length);
                 repair_ipv4_checksum(frame, kInner);
             }});
    }
    faults.push_back(
        {"FRM-6", "with an inner total length of one byte more than there is", [](Bytes& frame) {
             const auto more = static_cast<std::uint16_t>(load_u16(frame, kTotalLength) + 1);
             store_u16(frame, kTotalLength, more);
             repair_ipv4_checksum(frame, kInner);
         }});
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> header_checksum_verified(Stage& stage) {
    const std::vector<Fault> faults = {{"FRM-6", "with a wrong inner header checksum",
                                        [](Bytes& frame) { frame[kHeaderChecksum] ^= 0x01; }},
                                       {"FRM-6", "with an inner TTL that its checksum does not fit",
                                        [](Bytes& frame) { frame[kInner + 8] ^= 0x01; }}};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> protocol_of_inner_verified(Stage& stage) {
    const std::vector<Fault> faults = {header_fault("inner protocol", kInnerProtocol, kUdpNumber),
                                       header_fault("inner protocol", kInnerProtocol, 0),
                                       header_fault("inner protocol", kInnerProtocol, 4),
                                       header_fault("inner protocol", kInnerProtocol, 0xFF)};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// Another address of the client's, which SEC-2 has nothing against.
Ipv4Address neighbour_of(Ipv4Address client) {
    return {client.value ^ 0x40U};
}

Task<> source_verified(Stage& stage) {
    const std::vector<Fault> faults = {
        source_fault("FRM-6", "not the header's", neighbour_of(stage.iut().clients.front())),
        port_fault("an inner source port", kSourcePort, 0x0001),
        port_fault("an inner source port", kSourcePort, 0x0100)};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> destination_port_verified(Stage& stage) {
    const std::vector<Fault> faults = {
        port_fault("an inner destination port", kDestinationPort, 0x0001),
        port_fault("an inner destination port", kDestinationPort, 0x8000)};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// SEC-2: the inner destination is a service of the home that sent it.
Task<> destination_address_verified(Stage& stage) {
    const auto to = [](const char* whose, Ipv4Address address) {
        return Fault{"SEC-2",
                     fmt::format("with inner destination {}, {}", address.to_string(), whose),
                     [address](Bytes& frame) {
                         store_u32(frame, kInnerDestination, address.value);
                         repair_inner(frame);
                     }};
    };
    const ServerAddresses& peer = stage.iut().peers.front();
    const std::vector<Fault> faults = {to("the home's front IP", peer.front_ip),
                                       to("the home's forward IP", peer.forward_ip.front()),
                                       to("a client's", neighbour_of(stage.iut().clients.front()))};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// SEC-2, LAND: who has such an address is no client, whatever its home says.
Task<> expect_sources_dropped(Stage& stage, const std::vector<Ipv4Address>& sources) {
    MovedIn twin(stage);
    co_await twin.move();
    for (const Ipv4Address source : sources) {
        MovedIn connection(stage, source);
        connection.peer().send_frame(connection.connection_frame());
        // Whether its connection may move in at all the page leaves open: if so, it is let act.
        while (const auto received = co_await connection.peer().receive(kAnswerPause)) {
            const auto named = parse_identified_copy(received->header().payload);
            if (!received->header().is(EncapsulationType::Acknowledgement) || !named) continue;
            connection.peer().send(EncapsulationType::Go, encode(*named));
            break;
        }
        TcpSegment request = connection.next_request();
        // In the place of 0.0.0.0 the library writes an address of the machine that it runs on.
        request.source.address.value |= 1;
        Bytes frame = connection.forwarded_frame(request);
        store_u32(frame, kInnerSource, source.value);
        repair_inner(frame);
        connection.peer().send_frame(std::move(frame));
        const std::string when = "for 0x02 with inner source " + source.to_string();
        co_await connection.client().expect_silence("SEC-2", when.c_str(),
                                                    stage.iut().timers.silence / 4);
        co_await twin.exchange();
    }
}

Task<> source_of_no_host_dropped(Stage& stage) {
    const std::vector<Ipv4Address> sources = {{0x00000000},
                                              {0x7F000001},
                                              {0xE0000005},
                                              {0xFFFFFFFF},
                                              stage.iut().peers.front().service.front()};
    co_await expect_sources_dropped(stage, sources);
}

Task<> source_of_the_farm_dropped(Stage& stage) {
    const Iut& iut = stage.iut();
    const ServerAddresses& peer = iut.peers.front();
    const std::vector<Ipv4Address> sources = {iut.device.service.front(), iut.device.front_ip,
                                              peer.front_ip, peer.forward_ip.front(),
                                              stage.server(1).service.front()};
    co_await expect_sources_dropped(stage, sources);
}

CaseInfo inner_case(std::string_view id, std::string_view claim,
                    std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "target", run};
}

}  // namespace

std::vector<CaseInfo> endpoint_inner_packet_cases() {
    return {inner_case("endpoint/inner-packet/version-verified",
                       "A 0x02 whose inner packet is not IPv4 is dropped.", {"FRM-6", "FRM-7"},
                       version_verified),
            inner_case("endpoint/inner-packet/header-length-verified",
                       "A 0x02 whose inner IHL is below five is dropped.", {"FRM-6", "FRM-7"},
                       header_length_verified),
            inner_case("endpoint/inner-packet/total-length-verified",
                       "A 0x02 whose inner total length is below its header or past the frame is "
                       "dropped.",
                       {"FRM-5", "FRM-6", "FRM-7"}, total_length_verified),
            inner_case("endpoint/inner-packet/header-checksum-verified",
                       "A 0x02 whose inner header checksum is wrong is dropped.",
                       {"FRM-6", "FRM-7"}, header_checksum_verified),
            inner_case("endpoint/inner-packet/protocol-verified",
                       "A 0x02 whose inner protocol is not its Protocol is dropped.",
                       {"FRM-6", "FRM-7"}, protocol_of_inner_verified),
            inner_case("endpoint/inner-packet/source-verified",
                       "A 0x02 whose inner source is not the header's is dropped.",
                       {"FRM-6", "FRM-7"}, source_verified),
            inner_case("endpoint/inner-packet/destination-port-verified",
                       "A 0x02 whose inner destination port is not Dest. Port is dropped.",
                       {"FRM-6", "FRM-7"}, destination_port_verified),
            inner_case("endpoint/inner-packet/destination-verified",
                       "A 0x02 whose inner destination is no service of its home is dropped.",
                       {"SEC-2", "FRM-6", "FRM-7"}, destination_address_verified),
            inner_case("endpoint/inner-packet/source-of-no-host-dropped",
                       "A 0x02 from an address that no host has, or from its own destination, is "
                       "dropped.",
                       {"SEC-2"}, source_of_no_host_dropped),
            inner_case("endpoint/inner-packet/source-of-the-farm-dropped",
                       "A 0x02 whose inner source is an address of the farm is dropped.", {"SEC-2"},
                       source_of_the_farm_dropped)};
}

}  // namespace conform
