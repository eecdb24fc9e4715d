// SPDX-License-Identifier: Apache-2.0
/// System page, "Parts and addresses".
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::uint16_t kRequest = 1;
constexpr std::uint16_t kReply = 2;

/// Asks who has `target` on `link`; the answer's MAC address, absent if there is none.
Task<std::optional<MacAddress>> resolve(Stage& stage, Link link, Ipv4Address target) {
    const Iut& iut = stage.iut();
    const bool is_front = link == Link::Front;
    const MacAddress mac = is_front ? iut.client_mac : iut.peers.front().back_mac;
    const Ipv4Address asker = is_front ? iut.clients.front() : iut.peers.front().control_ip;
    const ArpMessage question{kRequest, mac, asker, {}, target};
    const std::size_t from = stage.wire().capture().size();
    stage.wire().send(link,
                      encode_ethernet(kBroadcastMac, mac, ether_type::kArp, encode_arp(question)));
    co_await stage.sleep(iut.timers.silence / 4);
    const Capture& capture = stage.wire().capture();
    for (std::size_t number = from; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.direction != Direction::FromDevice || captured.link != link) continue;
        const auto& arp = captured.frame.arp;
        if (arp && arp->operation == kReply && arp->sender == target) co_return arp->sender_mac;
    }
    co_return std::nullopt;
}

struct Question {
    Link link;
    const char* what;
    Ipv4Address address;
    bool is_answered;
};

Task<> arp_for_own_addresses(Stage& stage) {
    const ServerAddresses& device = stage.iut().device;
    const ServerAddresses& peer = stage.iut().peers.front();
    const std::vector<Question> questions = {
        {Link::Front, "its front IP", device.front_ip, true},
        {Link::Front, "its service IP", device.service.front(), true},
        {Link::Front, "its control IP", device.control_ip, false},
        {Link::Front, "its forward IP", device.forward_ip.front(), false},
        {Link::Front, "a peer's service IP", peer.service.front(), false},
        {Link::Front, "a peer's front IP", peer.front_ip, false},
        {Link::Back, "its control IP", device.control_ip, true},
        {Link::Back, "its forward IP", device.forward_ip.front(), true},
        {Link::Back, "its service IP", device.service.front(), false},
        {Link::Back, "its front IP", device.front_ip, false},
        {Link::Back, "a peer's forward IP", peer.forward_ip.front(), false}};
    // It serves a peer's address, which it must not claim for all that.
    endpoint::MovedIn connection(stage);
    co_await connection.move();
    for (const Question& question : questions) {
        const auto mac = co_await resolve(stage, question.link, question.address);
        const MacAddress own = question.link == Link::Front ? device.front_mac : device.back_mac;
        const std::string actual = mac ? mac->to_string() : "nothing";
        stage.check_that(
            question.is_answered ? mac == own : !mac, "SYS-1",
            fmt::format("ARP on the {} for {} answered with {}", to_string(question.link),
                        question.what, question.is_answered ? own.to_string() : "nothing"),
            actual, stage.wire().capture().size() - 1);
    }
    co_await connection.exchange();
}

/// SYS-5: what is none of the profiles' gets no answer at a forward IP.
Task<> forward_ip_silent(Stage& stage) {
    const Iut& iut = stage.iut();
    const ServerAddresses& peer = iut.peers.front();
    const Ipv4Address target = iut.device.forward_ip.front();
    TcpSegment syn;
    syn.source = {peer.control_ip, 4'711};
    syn.flags = tcp_flag::kSyn;
    syn.window = 1'000;
    const std::size_t from = stage.wire().capture().size();
    for (const std::uint16_t port : {iut.service_port, std::uint16_t{7007}, std::uint16_t{9}}) {
        syn.destination = {target, port};
        stage.wire().send(Link::Back, encode_ethernet(iut.device.back_mac, peer.back_mac,
                                                      ether_type::kIpv4, encode_tcp_packet(syn)));
    }
    IcmpMessage echo{peer.control_ip, target, icmp_type::kEchoRequest};
    echo.payload = to_bytes("anybody?");
    stage.wire().send(Link::Back, encode_ethernet(iut.device.back_mac, peer.back_mac,
                                                  ether_type::kIpv4, encode_icmp_packet(echo)));
    co_await stage.sleep(iut.timers.silence);
    const Capture& capture = stage.wire().capture();
    for (std::size_t number = from; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.direction != Direction::FromDevice || !captured.frame.ipv4) continue;
        stage.check_that(captured.frame.ipv4->source != target, "SYS-5",
                         "no answer from a forward IP", describe(captured.frame), number);
    }
    endpoint::MovedIn connection(stage);
    co_await connection.move();
}

}  // namespace

std::vector<CaseInfo> system_addresses_cases() {
    return {{"system/addresses/arp-for-own-addresses",
             "ARP is answered for own addresses alone, each on its link, also while a peer's "
             "service is served.",
             {"SYS-1"},
             "endpoint",
             "target",
             arp_for_own_addresses},
            {"system/addresses/forward-ip-silent",
             "What is none of the profiles' gets no answer at a forward IP.",
             {"SYS-5"},
             "endpoint",
             "target",
             forward_ip_silent}};
}

}  // namespace conform
