// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Framing", security and system page: who may say what on which link.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::Fault;
using endpoint::MovedIn;

constexpr std::size_t kSourceMac = 6;  // in a whole frame
constexpr std::size_t kEtherType = 12;
constexpr std::size_t kServerIp = kEthernetHeaderSize + kEncapsulationHeaderSize;
/// Neither the farm's Type nor one that means something on a link.
constexpr std::uint16_t kOtherTypes[] = {0x88B6, 0x0008, 0x9000};

void set_source_mac(Bytes& frame, const MacAddress& mac) {
    std::copy(mac.octets.begin(), mac.octets.end(), frame.begin() + kSourceMac);
}

/// FRM-2: the Type is one of two values, and a frame with the other one is none of ours.
Task<> other_type_ignored(Stage& stage) {
    const std::uint16_t own = stage.iut().framing.ethertype;
    std::vector<std::uint16_t> types(std::begin(kOtherTypes), std::end(kOtherTypes));
    types.push_back(own == 0x0007 ? 0x88B5 : 0x0007);
    std::vector<Fault> faults;
    faults.reserve(types.size());
    for (const std::uint16_t type : types) {
        faults.push_back({"FRM-2", fmt::format("with the Ethernet Type 0x{:04x}", type),
                          [type](Bytes& frame) { store_u16(frame, kEtherType, type); }});
    }
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// SEC-12: encapsulated frames belong on the back link.
Task<> front_link_dropped(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const TcpSegment request = connection.next_request();
    // To the device's MAC there, from the member's own there.
    Bytes frame = connection.forwarded_frame(request);
    const MacAddress& device = stage.iut().device.front_mac;
    std::copy(device.octets.begin(), device.octets.end(), frame.begin());
    set_source_mac(frame, stage.iut().peers.front().front_mac);
    for (const bool has_back_mac : {false, true}) {
        if (has_back_mac) set_source_mac(frame, stage.iut().peers.front().back_mac);
        stage.wire().send(Link::Front, frame);
        co_await connection.expect_nothing("SEC-12", "after 0x02 on the front link",
                                           stage.iut().timers.silence / 4);
    }
    connection.forward(request);
    co_await connection.expect_response(request);
    co_await connection.finish_response();
}

/// SEC-12: 0x01 only from the home of its Server IP.
Task<> connection_of_anothers_service_dropped(Stage& stage) {
    const ServerAddresses& other = stage.server(1);
    const MacAddress other_mac = other.back_mac;
    const Ipv4Address other_service = other.service.front();
    const Ipv4Address own_service = stage.iut().device.service.front();
    const auto of_service = [](const char* whose, Ipv4Address service) {
        return Fault{"SEC-12", fmt::format("with Server IP {}, {}", service.to_string(), whose),
                     [service](Bytes& frame) {
                         store_u32(frame, kServerIp, service.value);
                         repair_encapsulation_checksum(frame);
                     }};
    };
    const std::vector<Fault> faults = {
        {"SEC-12", "from a member that is not the home of its Server IP",
         [other_mac](Bytes& frame) { set_source_mac(frame, other_mac); }},
        of_service("another member's", other_service),
        of_service("nobody's", {other_service.value + 77}),
        of_service("the device's", own_service)};
    // A 0x01 for a service of the device's is a return that it has not asked for (EP-45): ext says
    // so, and so what is judged here is that nothing moves in.
    const std::vector<Fault> silent(faults.begin(), faults.end() - 1);
    co_await endpoint::expect_connections_refused(stage, silent, std::nullopt);
}

/// SEC-12: 0x02 only from the home of the inner destination.
Task<> packet_of_another_member_dropped(Stage& stage) {
    const MacAddress other = stage.server(1).back_mac;
    const std::vector<Fault> faults = {{"SEC-12", "from a member that is not its home",
                                        [other](Bytes& frame) { set_source_mac(frame, other); }}};
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

/// SEC-12, EP-29: on the front nobody has a farm address.
Task<> farm_address_on_front_dropped(Stage& stage) {
    const ServerAddresses& peer = stage.iut().peers.front();
    const Ipv4Address addresses[] = {peer.front_ip, peer.service.front(), peer.forward_ip.front(),
                                     peer.control_ip, stage.iut().device.service.front()};
    for (const Ipv4Address address : addresses) {
        Client& client = stage.open_client_at(address);
        Peer& target = stage.open_peer(client);
        client.send(client.make_syn());
        const auto answer = co_await client.receive(stage.iut().timers.silence / 4);
        if (!answer) continue;
        stage.check_that(false, "SEC-12", "nothing to a SYN from " + address.to_string(),
                         describe(client.to_relative(answer->segment)), answer->frame);
        // It is served. Does it move as well?
        client.learn_handshake(answer->segment);
        client.send(tcp_flag::kAck);
        client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
        co_await target.expect_silence("EP-29", "as its client has an address of the farm",
                                       stage.iut().timers.silence / 4);
    }
    Client& twin = stage.open_client();
    co_await twin.connect("EP-2");
    co_await endpoint::exchange_locally(stage, twin);
}

/// SEC-8: what is encapsulated twice is dropped, however deep.
Task<> nesting_refused(Stage& stage) {
    std::vector<Fault> faults;
    for (const std::size_t depth : {1U, 2U, 5U, 80U}) {
        faults.push_back(
            {"SEC-8", fmt::format("within {} more encapsulation headers", depth),
             [depth](Bytes& frame) {
                 const ByteView header =
                     ByteView(frame).subspan(kEthernetHeaderSize, kEncapsulationHeaderSize);
                 const Bytes copy(header.begin(), header.end());
                 for (std::size_t i = 0; i < depth; ++i)
                     frame.insert(frame.begin() + kEthernetHeaderSize, copy.begin(), copy.end());
             }});
    }
    co_await endpoint::expect_each_forwarded_dropped(stage, faults);
}

CaseInfo member_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, std::string_view role,
                     Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", role, run};
}

}  // namespace

std::vector<CaseInfo> endpoint_members_cases() {
    return {
        member_case("endpoint/members/other-type-ignored",
                    "A frame of another Ethernet Type than the farm's is nothing of the farm's.",
                    {"FRM-2"}, "target", other_type_ignored),
        member_case("endpoint/members/front-link-dropped",
                    "An encapsulated frame on the front link is dropped.", {"SEC-12"}, "target",
                    front_link_dropped),
        member_case("endpoint/members/connection-of-anothers-service-dropped",
                    "A 0x01 from a member that is not the home of its Server IP is dropped.",
                    {"SEC-12", "FRM-7"}, "target", connection_of_anothers_service_dropped),
        member_case("endpoint/members/packet-of-another-member-dropped",
                    "A 0x02 from a member that is not the home of the connection is dropped.",
                    {"SEC-12", "FRM-7"}, "target", packet_of_another_member_dropped),
        member_case("endpoint/members/farm-address-on-front-dropped",
                    "A packet on the front link with a farm address as source is dropped.",
                    {"SEC-12", "EP-29"}, "home", farm_address_on_front_dropped),
        member_case("endpoint/members/nesting-refused",
                    "A 0x02 within a 0x02 is dropped, however deep.", {"SEC-8", "FRM-7"}, "target",
                    nesting_refused)};
}

}  // namespace conform
