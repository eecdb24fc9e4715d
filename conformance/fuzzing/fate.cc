// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/fate.hh"

#include <algorithm>
#include <optional>

#include "fuzzing/block_fault.hh"
#include "pdu/checksum.hh"
#include "pdu/reception.hh"

namespace conform::fuzzing {
namespace {

using Kind = Fate::Kind;

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::uint16_t kMoreFragmentsAndOffset = 0x3FFF;
constexpr std::uint16_t kUnknownEndpoint = 3;  // a reason of 0x10
constexpr std::size_t kIpv4HeaderSize = 20;

Fate dropped(const char* requirement, std::string_view why) {
    return {Kind::Dropped, requirement, why, true};
}
Fate harmless(const char* requirement, std::string_view why) {
    return {Kind::Harmless, requirement, why};
}
/// A 0x01 of this connection that changes nothing about it.
Fate refused(const char* requirement, std::string_view why) {
    return {Kind::Harmless, requirement, why, true};
}
Fate open(std::string_view why) {
    return {Kind::Open, "FRM-7", why};
}

/// FRM-6, in its words.
Fate dropped_for(std::string_view fault) {
    namespace name = reception_fault;
    if (fault == name::kChecksum) return dropped("FRM-4", "a frame whose checksum is wrong");
    if (fault == name::kTruncated) return dropped("FRM-6", "a frame without 16 bytes of header");
    if (fault == name::kType) return dropped("FRM-8", "a frame of an unknown Type");
    if (fault == name::kLength) return dropped("FRM-6", "a frame whose length is wrong");
    if (fault == name::kProtocol) return dropped("FRM-6", "a frame of an unknown Protocol");
    if (fault == name::kPayload) return dropped("FRM-6", "a frame whose payload is wrong");
    if (fault == name::kInnerHeader) return dropped("FRM-6", "a wrong inner header");
    if (fault == name::kInnerProtocol) return dropped("FRM-6", "another inner protocol");
    if (fault == name::kInnerSource) return dropped("FRM-6", "another inner source");
    return dropped("FRM-6", "another inner destination port");
}

bool has(const std::vector<Ipv4Address>& list, Ipv4Address wanted) {
    return std::ranges::count(list, wanted) > 0;
}

/// SEC-2: no client has such an address.
bool is_farm_address(Ipv4Address address, const Iut& iut) {
    const auto owns = [address](const ServerAddresses& server) {
        return has(server.service, address) || server.has_forward_ip(address) ||
               address == server.control_ip || address == server.front_ip;
    };
    return owns(iut.device) || std::ranges::any_of(iut.peers, owns);
}

/// A whole frame, and who has sent it.
class Reading {
  public:
    Reading(ByteView frame, const Situation& situation, const Iut& iut)
        : frame_(frame),
          behind_(frame.subspan(kEthernetHeaderSize)),
          situation_(situation),
          iut_(iut) {
        std::copy_n(frame.begin() + 6, 6, mac_.octets.begin());
        for (const ServerAddresses& peer : iut.peers) {
            if (peer.back_mac == mac_) sender_ = &peer;
        }
    }

    Fate fate() {
        if (load_u16(frame_, 12) != iut_.framing.ethertype) return of_another_type();
        if (sender_ == nullptr) return dropped("SEC-1", "a frame from nobody of the farm");
        if (const auto fault = find_reception_fault(behind_, iut_.framing.has_extensions))
            return dropped_for(*fault);
        if (!iut_.device.has_forward_ip({load_u32(behind_, 6)}))
            return dropped("FRM-6", "a frame to another Dest. IP");
        const std::size_t size =
            stated_payload_size(behind_, iut_.framing.has_extensions).value_or(0);
        payload_ = behind_.subspan(kEncapsulationHeaderSize, size);
        switch (static_cast<EncapsulationType>(behind_[12])) {
            case EncapsulationType::Connection:
                return of_connection();
            case EncapsulationType::Forwarded:
                return of_forwarded();
            case EncapsulationType::Acknowledgement:
                return of_acknowledgement();
            case EncapsulationType::Reject:
                return of_reject();
            case EncapsulationType::Release:
                return of_release();
            case EncapsulationType::Go:
                return of_go();
            case EncapsulationType::Data:
                return of_data();
            case EncapsulationType::Missing:
                return of_missing();
            case EncapsulationType::Challenge:
                return harmless("AT-3", "a challenge without a trailer");
        }
        return open("a frame of a Type without a reading");
    }

  private:
    Fate of_another_type() const {
        if (iut_.framing.is_routed) return open("a frame of no binding");
        const std::uint16_t type = load_u16(frame_, 12);
        if (type == ether_type::kIpv4 || type == ether_type::kArp)
            return open("a frame of another Type");
        return dropped("FRM-2", "a frame of another Ethernet Type");
    }

    bool is_flow() const { return fuzzing::is_flow(situation_.state); }
    bool is_home() const { return fuzzing::is_home(situation_.state); }
    bool is_of_peer() const { return sender_ == &iut_.peers.front(); }
    /// Header Source, Dest. Port and Protocol are the connection's.
    bool names_connection() const {
        return load_u32(behind_, 0) == situation_.client.address.value &&
               load_u16(behind_, 4) == situation_.client.port &&
               load_u16(behind_, 10) == situation_.service.port &&
               behind_[13] ==
                   (is_flow() ? encapsulated_protocol::kUdp : encapsulated_protocol::kTcp);
    }
    bool has_id() const { return names(situation_.id); }
    bool names(const std::optional<MigrationId>& wanted) const {
        if (payload_.size() < 16) return false;
        const MigrationId id{{{load_u32(payload_, 2)}, load_u16(payload_, 6)},
                             load_u32(payload_, 8),
                             load_u32(payload_, 12)};
        return id == wanted;
    }
    bool has_id_and_copy() const {
        return has_id() && payload_.size() >= 20 && load_u32(payload_, 16) == situation_.copy;
    }
    /// EP-14: a message acts only if its ID is the record's and its sender the record's peer.
    std::optional<Fate> of_others() const {
        if (!is_of_peer()) return harmless("EP-14", "a frame of another member's");
        if (names_connection()) return std::nullopt;
        // The ID names the service too, and no rule says which of both counts.
        const bool is_of_client = load_u32(behind_, 0) == situation_.client.address.value &&
                                  load_u16(behind_, 4) == situation_.client.port;
        if (is_of_client && (has_id() || names(situation_.earlier)))
            return open("a frame with another Dest. Port or Protocol");
        return harmless("EP-14", "a frame about another connection");
    }

    Fate of_connection() const {
        const Ipv4Address service{load_u32(payload_, 0)};
        if (!has(sender_->service, service) && !has(iut_.device.service, service))
            return dropped("SEC-12", "a 0x01 that is not from the home of its Server IP");
        if (has(iut_.device.service, service)) return is_home() ? of_return() : open("a return");
        if (!names_connection() || service != situation_.service.address || is_home())
            return harmless("EP-28", "a 0x01 of another connection");
        if (is_flow()) return of_flow_again();
        if (is_given_back(situation_.state)) return open("a 0x01 to whom it was moved");
        const auto information = parse_connection_information(payload_);
        if (!information) return open("a 0x01 of another form");
        if (situation_.state == SubjectState::Released)
            return refused("EP-17", "a 0x01 of what is released");
        // SEC-10: what it would have replaced stays.
        if (find_block_fault(information->block))
            return refused("TCB-1", "a block that contradicts itself");
        return open("a 0x01 that may be taken");
    }

    /// EP-51: what is known is answered again, and nothing else.
    Fate of_flow_again() const {
        const auto information = parse_flow_information(payload_);
        const bool is_same =
            !iut_.framing.has_extensions ||
            (information && information->flow == std::optional(situation_.id.epoch));
        return is_same ? refused("EP-51", "a 0x01 of what is released")
                       : open("a 0x01 of another flow of the tuple");
    }

    Fate of_return() const {
        return is_of_peer() ? open("a return") : harmless("EP-45", "a return of another member's");
    }

    Fate of_forwarded() const {
        const std::size_t header_size = (payload_[0] & 0x0FU) * 4U;
        const Ipv4Address source{load_u32(payload_, 12)};
        const Ipv4Address destination{load_u32(payload_, 16)};
        if (is_farm_address(source, iut_))
            return dropped("SEC-2", "an inner source that is the farm's");
        if (has(iut_.device.service, destination)) return open("a packet that comes back");
        if (!has(sender_->service, destination))
            return dropped("SEC-2", "an inner destination that is not its sender's");
        const bool is_ours = names_connection() && destination == situation_.service.address;
        if (is_home() || !is_ours) return harmless("EP-28", "a packet of another connection");
        if (situation_.state == SubjectState::Returned)
            return harmless("EP-27", "a packet of what was given back");
        if (situation_.state == SubjectState::Returning) return open("a packet that is held");
        const bool is_fragment = (load_u16(payload_, 6) & kMoreFragmentsAndOffset) != 0;
        if (payload_[9] != (is_flow() ? kUdp : kTcp) || is_fragment)
            return open("a fragment, or an ICMP error");
        if (is_flow()) return of_datagram(payload_.subspan(header_size), source, destination);
        if (situation_.state == SubjectState::Absent)
            return harmless("EP-23", "a packet of what is not here");
        if (has_right_segment(header_size, source, destination)) return open("a segment");
        return situation_.state == SubjectState::Released
                   ? dropped("TCP-1", "a segment whose checksum is wrong")
                   : harmless("EP-13", "a segment whose checksum is wrong");
    }

    static Fate of_datagram(ByteView datagram, Ipv4Address source, Ipv4Address destination) {
        if (datagram.size() < kUdpHeaderSize || load_u16(datagram, 4) != datagram.size())
            return open("a datagram of another length");
        const std::uint32_t pseudo = pseudo_header_sum(source, destination, kUdp, datagram.size());
        const bool is_right =
            load_u16(datagram, 6) == 0 || ones_complement_sum(datagram, pseudo) == 0xFFFF;
        // RFC 1122 4.1.3.4.
        return is_right ? open("a datagram")
                        : harmless("EP-51", "a datagram whose checksum is wrong");
    }

    bool has_right_segment(std::size_t header_size, Ipv4Address source,
                           Ipv4Address destination) const {
        const ByteView segment = payload_.subspan(header_size);
        const std::uint32_t pseudo = pseudo_header_sum(source, destination, kTcp, segment.size());
        return segment.size() >= kIpv4HeaderSize && ones_complement_sum(segment, pseudo) == 0xFFFF;
    }

    Fate of_acknowledgement() const {
        if (const auto others = of_others()) return *others;
        const bool has_offered = is_home() || is_given_back(situation_.state);
        if (!has_offered) return harmless("EP-16", "a 0x03 for who is no home");
        if (payload_.empty()) return open("a 0x03 without an ID");
        if (!has_id()) return harmless("EP-16", "a 0x03 of another attempt");
        const bool is_awaited = situation_.state == SubjectState::Leaving ||
                                situation_.state == SubjectState::Returning;
        if (is_awaited) return open("the 0x03 that is awaited");
        return harmless("EP-16", "a 0x03 when the connection has moved");
    }

    Fate of_reject() const {
        if (const auto others = of_others()) return *others;
        if (!has_id()) return harmless("EP-14", "a 0x10 of another attempt");
        const std::uint16_t reason = load_u16(payload_, 16);
        const bool has_moved = situation_.state == SubjectState::Away ||
                               situation_.state == SubjectState::FlowAway ||
                               situation_.state == SubjectState::Returned;
        if (has_moved && reason != kUnknownEndpoint)
            return harmless("EP-14", "a refusal when the connection has moved");
        return open("a 0x10 of this attempt");
    }

    Fate of_release() const {
        if (const auto others = of_others()) return *others;
        // EP-16: its home may want it dropped, under the ID that brought it here.
        if (is_given_back(situation_.state)) return open("a 0x11 of what goes back");
        if (situation_.state == SubjectState::Leaving || !has_id_and_copy())
            return has_id() && situation_.state == SubjectState::Leaving
                       ? open("a 0x11 of what is offered")
                       : harmless("EP-14", "a 0x11 of another copy");
        return open("a 0x11 of this copy");
    }

    Fate of_go() const {
        if (const auto others = of_others()) return *others;
        const bool may_act = situation_.state == SubjectState::Offered ||
                             situation_.state == SubjectState::Incomplete;
        if (may_act && has_id_and_copy()) return open("the 0x14 that releases");
        return harmless("EP-13", "a 0x14 that releases nothing");
    }

    Fate of_data() const {
        if (const auto others = of_others()) return *others;
        if (!has_id()) return harmless("EP-14", "a 0x12 of another attempt");
        const bool is_served = situation_.state == SubjectState::Released ||
                               situation_.state == SubjectState::FlowHere;
        return is_served ? harmless("EP-41", "a 0x12 of what is released")
                         : open("a 0x12 of this attempt");
    }

    Fate of_missing() const {
        if (const auto others = of_others()) return *others;
        if (!has_id()) return harmless("EP-14", "a 0x15 of another attempt");
        const bool has_offered = is_home() || is_given_back(situation_.state);
        return has_offered ? open("a 0x15 of this attempt")
                           : harmless("EP-41", "a 0x15 for who is no home");
    }

    ByteView frame_;
    ByteView behind_;
    ByteView payload_;
    const Situation& situation_;
    const Iut& iut_;
    MacAddress mac_;
    const ServerAddresses* sender_ = nullptr;
};

}  // namespace

Fate fate_of(ByteView frame, const Situation& situation, const Iut& iut) {
    return Reading(frame, situation, iut).fate();
}

}  // namespace conform::fuzzing
