// SPDX-License-Identifier: Apache-2.0
#include "roles/peer.hh"

#include <fmt/format.h>

#include "pdu/build.hh"

namespace conform {
namespace {

/// Each repetition of a 0x01 brings its fine state again, as 0x12 (EP-41).
bool is_repetition(const Encapsulation& header, std::optional<EncapsulationType> repeated) {
    if (!repeated) return false;
    const bool has_data = *repeated == EncapsulationType::Connection;
    return header.is(*repeated) || (has_data && header.is(EncapsulationType::Data));
}

std::string describe_frame(const ReceivedEncapsulation& received) {
    return describe(received.content);
}

}  // namespace

Peer::Peer(Wire& wire, const Iut& iut, const ServerAddresses& self, SocketAddress client,
           SocketAddress service, std::uint8_t protocol)
    : wire_(wire),
      iut_(iut),
      self_(self),
      client_(client),
      service_(service),
      protocol_(protocol),
      inbox_(wire.scheduler()) {
    wire_.add_listener(*this);
}

Task<std::optional<ReceivedEncapsulation>> Peer::receive(Duration within) {
    const std::optional<std::size_t> number = co_await inbox_.next(wire_.now() + within);
    if (!number) co_return std::nullopt;
    const CapturedFrame& captured = wire_.capture()[*number];
    co_return ReceivedEncapsulation{*number, captured.at, captured.frame};
}

Task<ReceivedEncapsulation> Peer::expect(const char* requirement, EncapsulationPattern pattern,
                                         Duration within,
                                         std::optional<EncapsulationType> repeated) {
    const Time deadline = wire_.now() + within;
    for (;;) {
        std::optional<ReceivedEncapsulation> received = co_await receive(deadline - wire_.now());
        if (!received) {
            throw Violation({requirement, fmt::format("{} for {}", describe(pattern), self_.name),
                             fmt::format("nothing within {} ms", milliseconds_of(within))});
        }
        const std::vector<Mismatch> mismatches = compare(pattern, received->header());
        if (mismatches.empty()) co_return std::move(*received);
        if (is_repetition(received->header(), repeated)) continue;
        throw Violation(
            {requirement, mismatches.front().expected, mismatches.front().actual, received->frame});
    }
}

Task<> Peer::expect_silence(const char* requirement, const char* when, Duration length,
                            std::optional<EncapsulationType> repeated) {
    const Time deadline = wire_.now() + length;
    for (;;) {
        const std::optional<ReceivedEncapsulation> received =
            co_await receive(deadline - wire_.now());
        if (!received) co_return;
        if (is_repetition(received->header(), repeated)) continue;
        throw Violation({requirement, fmt::format("nothing for {} {}", self_.name, when),
                         describe_frame(*received), received->frame});
    }
}

Bytes Peer::make(EncapsulationType type, Bytes payload) const {
    Encapsulation encapsulation;
    encapsulation.source = client_;
    encapsulation.destination = {iut_.device.forward_ip.front(), service_.port};
    encapsulation.protocol = protocol_;
    encapsulation.type = static_cast<std::uint8_t>(type);
    encapsulation.payload = std::move(payload);
    return encode_ethernet(iut_.device.back_mac, self_.back_mac, wire_.framing().ethertype,
                           encode_encapsulation(encapsulation));
}

std::size_t Peer::send(EncapsulationType type, Bytes payload) {
    return send_frame(make(type, std::move(payload)));
}

bool Peer::hear(std::size_t number, const CapturedFrame& captured) {
    if (captured.link != Link::Back || !captured.frame.encapsulation) return false;
    if (captured.frame.destination != self_.back_mac) return false;
    const Encapsulation& header = *captured.frame.encapsulation;
    if (header.source != client_ || header.protocol != protocol_) return false;
    inbox_.push(number);
    return true;
}

}  // namespace conform
