// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Framing": what FRM-6 verifies of the encapsulation header, in its order.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "cases/endpoint/moved_in.hh"
#include "cases/registry.hh"
#include "pdu/checksum.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::Fault;
using endpoint::MovedIn;
using Values = std::initializer_list<std::uint8_t>;

// Offsets in a whole frame.
constexpr std::size_t kSourceMac = 6;
constexpr std::size_t kSourcePort = kEthernetHeaderSize + 4;
constexpr std::size_t kDestination = kEthernetHeaderSize + 6;
constexpr std::size_t kDestinationPort = kEthernetHeaderSize + 10;
constexpr std::size_t kType = kEthernetHeaderSize + 12;
constexpr std::size_t kProtocol = kEthernetHeaderSize + 13;
constexpr std::size_t kChecksum = kEthernetHeaderSize + kEncapsulationChecksumOffset;
constexpr std::size_t kServerPort = kEthernetHeaderSize + kEncapsulationHeaderSize + 4;
/// Ethernet's least frame without its check sequence.
constexpr std::size_t kLeastFrame = 60;
/// As long as an authentication trailer, and none.
constexpr std::size_t kTrailerSize = 40;

Fault byte_fault(const char* requirement, const char* what, std::size_t offset,
                 std::uint8_t value) {
    return {requirement, fmt::format("with {} 0x{:02x}", what, value),
            [offset, value](Bytes& frame) {
                frame[offset] = value;
                repair_encapsulation_checksum(frame);
            }};
}

Fault destination_fault(const char* whose, Ipv4Address address) {
    return {"FRM-6", fmt::format("with Dest. IP {}, {}", address.to_string(), whose),
            [address](Bytes& frame) {
                store_u32(frame, kDestination, address.value);
                repair_encapsulation_checksum(frame);
            }};
}

Task<> stranger_dropped(Stage& stage) {
    const auto from = [](const char* what, MacAddress mac) {
        return Fault{
            "SEC-1", fmt::format("from {}, {}", mac.to_string(), what), [mac](Bytes& frame) {
                std::copy(mac.octets.begin(), mac.octets.end(), frame.begin() + kSourceMac);
            }};
    };
    MacAddress unknown = stage.iut().peers.front().back_mac;
    unknown.octets.back() ^= 0x80;
    const std::vector<Fault> faults = {from("nobody's", unknown),
                                       from("a client's", stage.iut().client_mac)};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// Cut within its header, behind a whole frame that `spoil` makes one to be dropped. Who reads
/// behind the end of what came finds there what came before.
Fault cut_behind(Stage& stage, const char* what, std::size_t length,
                 std::function<void(Bytes& frame)> spoil) {
    return {"FRM-6",
            fmt::format("cut to {} bytes of its header, behind a whole one {}", length, what),
            [&stage, length, spoil = std::move(spoil)](Bytes& frame) {
                Bytes whole = frame;
                spoil(whole);
                stage.wire().send(Link::Back, whole);
                frame.resize(kEthernetHeaderSize + length);
            }};
}

Task<> truncated_header_dropped(Stage& stage) {
    MacAddress nobody = stage.iut().peers.front().back_mac;
    nobody.octets.back() ^= 0x80;
    const auto from_nobody = [nobody](Bytes& frame) {
        std::copy(nobody.octets.begin(), nobody.octets.end(), frame.begin() + kSourceMac);
    };
    // Its checksum is still that of the frame whose first bytes come next.
    const auto with_another_port = [](Bytes& frame) { frame[kSourcePort] ^= 0x40; };
    std::vector<Fault> faults;
    for (const std::size_t length : {0U, 1U, 12U, 15U})
        faults.push_back(cut_behind(stage, "from nobody", length, from_nobody));
    for (const std::size_t length : {5U, 12U, 15U})
        faults.push_back(cut_behind(stage, "with another port", length, with_another_port));
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> unknown_type_dropped(Stage& stage) {
    std::vector<Fault> faults;
    for (const std::uint8_t type : Values{0x00, 0x04, 0x0F, 0x16, 0x7F, 0xFF})
        faults.push_back(byte_fault("FRM-8", "Type", kType, type));
    // In a farm without extensions every ext Type is unknown.
    for (std::uint8_t type = 0x10; type <= 0x15 && !stage.has_extensions(); ++type)
        faults.push_back(byte_fault("FRM-8", "Type", kType, type));
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> length_verified(Stage& stage) {
    std::vector<Fault> faults;
    constexpr std::size_t kBehindHeaders = kEthernetHeaderSize + kEncapsulationHeaderSize;
    for (const std::size_t inner : {0U, 1U, 19U, 20U, 39U}) {
        faults.push_back({"FRM-6", fmt::format("cut to {} bytes of the inner packet", inner),
                          [inner](Bytes& frame) { frame.resize(kBehindHeaders + inner); }});
    }
    faults.push_back({"FRM-6", "cut by one byte", [](Bytes& frame) { frame.pop_back(); }});
    // Whoever reads zeros behind the end finds every checksum in order.
    faults.push_back({"FRM-6", "cut by one byte, which was zero", [](Bytes& frame) {
                          Bytes inner(frame.begin() + kBehindHeaders, frame.end());
                          inner.back() = 0;
                          repair_tcp_checksum(inner);
                          inner.pop_back();
                          frame.resize(kBehindHeaders);
                          frame.insert(frame.end(), inner.begin(), inner.end());
                      }});
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// Each cut at once, then the silence: whatever is left of a frame is none.
Task<> every_cut_dropped(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    MovedIn unmoved(stage);
    const TcpSegment request = connection.next_request();
    const Bytes forwarded = connection.forwarded_frame(request);
    const Bytes offer = unmoved.connection_frame();
    for (const Bytes* frame : {&forwarded, &offer}) {
        for (std::size_t size = kEthernetHeaderSize; size < frame->size(); ++size)
            connection.peer().send_frame(
                Bytes(frame->begin(), frame->begin() + static_cast<std::ptrdiff_t>(size)));
        co_await connection.expect_nothing("FRM-6", "after a frame cut at every length",
                                           stage.iut().timers.silence / 4);
        co_await unmoved.expect_nothing("FRM-6", "after a 0x01 cut at every length",
                                        Duration::zero());
    }
    connection.client().count_sent(request);
    connection.peer().send_frame(forwarded);
    co_await connection.expect_response(request);
    co_await connection.finish_response();
    co_await unmoved.move();
}

Task<> checksum_verified(Stage& stage) {
    const auto flipped = [](const char* what, std::size_t offset, std::uint8_t bits) {
        return Fault{"FRM-4", fmt::format("with a checksum that is wrong by a bit of {}", what),
                     [offset, bits](Bytes& frame) { frame[offset] ^= bits; }};
    };
    const std::vector<Fault> faults = {
        flipped("its own", kChecksum, 0x80),
        flipped("its own", kChecksum + 1, 0x01),
        {"FRM-4", "with checksum 0",
         [](Bytes& frame) {
             // 0 is a value like any other, and this frame's is another.
             store_u16(frame, kChecksum, load_u16(frame, kChecksum) == 0 ? 0xFFFE : 0);
         }},
        {"FRM-4", "whose checksum covers the inner packet too", [](Bytes& frame) {
             const ByteView behind = ByteView(frame).subspan(kEthernetHeaderSize);
             store_u16(frame, kChecksum, 0);
             const std::uint16_t whole = internet_checksum(behind);
             const std::uint16_t header = internet_checksum(behind.first(kEncapsulationHeaderSize));
             store_u16(frame, kChecksum, whole == header ? 0x0BAD : whole);
         }}};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> protocol_verified(Stage& stage) {
    std::vector<Fault> faults;
    // 2 is UDP: the inner packet is none. 6 is TCP's number in IPv4, not here.
    for (const std::uint8_t protocol : Values{0x00, 0x02, 0x03, 0x06, 0xFF})
        faults.push_back(byte_fault("FRM-6", "Protocol", kProtocol, protocol));
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

Task<> destination_verified(Stage& stage) {
    const ServerAddresses& device = stage.iut().device;
    const ServerAddresses& peer = stage.iut().peers.front();
    const std::vector<Fault> faults = {
        destination_fault("another server's forward IP", peer.forward_ip.front()),
        destination_fault("the device's control IP", device.control_ip),
        destination_fault("the device's service IP", device.service.front()),
        destination_fault("the device's front IP", device.front_ip),
        destination_fault("the service IP of the connection", peer.service.front())};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// FRM-6 on 0x01: Server Port = Dest. Port. The block behind it is in order.
Task<> server_port_verified(Stage& stage) {
    const auto port_fault = [](const char* what, std::size_t offset, std::uint16_t change) {
        return Fault{"FRM-6", fmt::format("with a {} that differs by 0x{:04x}", what, change),
                     [offset, change](Bytes& frame) {
                         const std::uint16_t port = load_u16(frame, offset);
                         store_u16(frame, offset, static_cast<std::uint16_t>(port ^ change));
                         repair_encapsulation_checksum(frame);
                     }};
    };
    // Nobody may listen on another Server Port; behind another Dest. Port the service is there.
    const std::vector<Fault> faults = {port_fault("Server Port", kServerPort, 0x0001),
                                       port_fault("Dest. Port", kDestinationPort, 0x0001),
                                       port_fault("Dest. Port", kDestinationPort, 0x8000)};
    co_await endpoint::expect_connections_refused(stage, faults, std::nullopt);
}

/// The checks of FRM-6 on the frame that makes state: each drops it, and nothing is left behind.
Task<> spoilt_connection_dropped(Stage& stage) {
    const Ipv4Address peer_forward = stage.iut().peers.front().forward_ip.front();
    std::vector<Fault> faults = {
        {"FRM-6", "cut by one byte", [](Bytes& frame) { frame.pop_back(); }},
        {"FRM-6", "without its block",
         [](Bytes& frame) { frame.resize(kEthernetHeaderSize + kEncapsulationHeaderSize + 6); }},
        {"FRM-4", "with a payload that the checksum does not fit",
         [](Bytes& frame) { frame.back() ^= 0x01; }},
        byte_fault("FRM-6", "Protocol", kProtocol, 3),
        destination_fault("the sender's own forward IP", peer_forward)};
    // To whoever reads zeros behind the end nothing is wrong with them.
    for (const std::size_t cut : {1U, 14U, 100U, 140U}) {
        faults.push_back({"FRM-6", fmt::format("cut by {} bytes, with a checksum that fits", cut),
                          [cut](Bytes& frame) {
                              frame.resize(frame.size() - cut);
                              repair_encapsulation_checksum(frame);
                          }});
    }
    co_await endpoint::expect_connections_refused(stage, faults, std::nullopt);
}

/// Bytes behind the length that Type and Protocol give are padding.
Task<> padding_ignored(Stage& stage) {
    MovedIn connection(stage);
    const std::uint8_t filling = 0xA5;
    Bytes frame = connection.connection_frame();
    frame.resize(frame.size() + kTrailerSize, filling);
    connection.peer().send_frame(frame);
    co_await connection.expect_acknowledgement("FRM-5");
    connection.release();
    for (const std::size_t padding : {0U, 1U, 18U, 40U}) {
        const TcpSegment request = connection.next_request();
        connection.client().count_sent(request);
        frame = connection.forwarded_frame(request);
        frame.resize(std::max(frame.size() + padding, kLeastFrame), filling);
        connection.peer().send_frame(frame);
        co_await connection.expect_response(request);
        co_await connection.finish_response();
    }
}

CaseInfo target_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "target", run};
}

}  // namespace

std::vector<CaseInfo> endpoint_framing_cases() {
    return {
        target_case("endpoint/framing/stranger-dropped",
                    "A frame from a MAC address that is no member's is dropped.",
                    {"SEC-1", "FRM-6", "FRM-7"}, stranger_dropped),
        target_case(
            "endpoint/framing/truncated-header-dropped",
            "A frame with less than 16 bytes behind Ethernet is dropped, whatever came before.",
            {"FRM-6", "FRM-7"}, truncated_header_dropped),
        target_case("endpoint/framing/unknown-type-dropped",
                    "A Type that the page does not name is dropped; without extensions every ext "
                    "Type too.",
                    {"FRM-6", "FRM-7", "FRM-8"}, unknown_type_dropped),
        target_case("endpoint/framing/length-verified",
                    "A 0x02 that is shorter than its inner packet says is dropped.",
                    {"FRM-5", "FRM-6", "FRM-7"}, length_verified),
        target_case("endpoint/framing/every-cut-dropped",
                    "A 0x02 and a 0x01 are dropped wherever they are cut, and leave nothing.",
                    {"FRM-6", "FRM-5", "SEC-3"}, every_cut_dropped),
        target_case("endpoint/framing/checksum-verified",
                    "A 0x02 whose header checksum is wrong is dropped.",
                    {"FRM-4", "FRM-6", "FRM-7"}, checksum_verified),
        target_case("endpoint/framing/protocol-verified",
                    "A Protocol that is unknown, or not the inner packet's, is dropped.",
                    {"FRM-6", "FRM-7"}, protocol_verified),
        target_case("endpoint/framing/destination-verified",
                    "A Dest. IP that is no forward IP of the device is dropped.",
                    {"FRM-6", "FRM-7"}, destination_verified),
        target_case("endpoint/framing/server-port-verified",
                    "A 0x01 whose Server Port is not its Dest. Port is dropped.",
                    {"FRM-6", "FRM-7"}, server_port_verified),
        target_case(
            "endpoint/framing/spoilt-connection-dropped",
            "A 0x01 that is cut, damaged, of an unknown Protocol or for somebody else makes "
            "no state.",
            {"FRM-4", "FRM-6", "FRM-7", "SEC-3"}, spoilt_connection_dropped),
        target_case("endpoint/framing/padding-ignored",
                    "Bytes behind a frame's length are ignored; frames below 60 bytes are taken.",
                    {"FRM-5"}, padding_ignored)};
}

}  // namespace conform
