// SPDX-License-Identifier: Apache-2.0
/// Oracle: one owner transmits at a time (EP-12). The device is silent towards the client from
/// when it lets a connection go, and until it is let act for one that moves in.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "oracle/oracle.hh"
#include "pdu/flow_watch.hh"

namespace conform {
namespace {

enum class Owner : std::uint8_t {
    Device,     ///< or nobody yet
    Elsewhere,  ///< the device, as home, has released another server
    Home,       ///< the device holds an unreleased copy
};

struct Ownership {
    Owner owner = Owner::Device;
    /// An ext target is released by 0x14 alone; what it answered 0x01 with tells.
    bool has_extensions = false;
    /// It began at the device, which is its home.
    bool is_own = false;
};

/// Client first, service second.
using ConnectionKey = std::pair<SocketAddress, SocketAddress>;

bool is_released_by(const Frame& frame) {
    // EP-13, EP-18: a RST releases nothing.
    return frame.inner && frame.inner->tcp && !frame.inner->tcp->has(tcp_flag::kRst);
}

class Owners {
  public:
    void to_device(const Frame& frame) {
        // A fresh SYN opens a connection of its own.
        if (frame.ipv4 && frame.ipv4->tcp && frame.ipv4->tcp->has(tcp_flag::kSyn)) {
            const TcpSegment& syn = *frame.ipv4->tcp;
            Ownership& ownership = owners_[{syn.source, syn.destination}];
            if (ownership.owner != Owner::Elsewhere) ownership.owner = Owner::Device;
            ownership.is_own = true;
        }
        if (!frame.encapsulation || !frame.faults.empty() || !frame.inner_faults.empty()) return;
        const Encapsulation& header = *frame.encapsulation;
        if (header.is(EncapsulationType::Connection)) return moved_in(header);
        if (header.is(EncapsulationType::Forwarded) && is_released_by(frame)) {
            Ownership& ownership = owners_[key_of(*frame.inner->tcp)];
            if (!ownership.has_extensions) release(ownership);
        }
        if (header.is(EncapsulationType::Go)) {
            if (const auto go = parse_identified_copy(header.payload)) {
                release(owners_[{header.source, go->id.service}]);
            }
        }
        // EP-23, EP-31: the owner is gone; what the home says now is its own.
        if (header.is(EncapsulationType::Reject) || header.is(EncapsulationType::Release)) {
            forget(header.source);
        }
    }

    void from_device(const Frame& frame) {
        if (!frame.encapsulation) return;
        const Encapsulation& header = *frame.encapsulation;
        if (header.is(EncapsulationType::Acknowledgement) && !header.payload.empty()) {
            if (const auto copy = parse_identified_copy(header.payload)) {
                Ownership& ownership = owners_[{header.source, copy->id.service}];
                ownership.has_extensions = true;
                // EP-45: the home takes back what it had let go.
                if (ownership.owner == Owner::Elsewhere) ownership.owner = Owner::Device;
            }
        }
        if (header.is(EncapsulationType::Forwarded) && is_released_by(frame)) {
            owners_[key_of(*frame.inner->tcp)].owner = Owner::Elsewhere;
        }
        if (header.is(EncapsulationType::Go)) {
            if (const auto go = parse_identified_copy(header.payload)) {
                owners_[{header.source, go->id.service}].owner = Owner::Elsewhere;
            }
        }
    }

    /// Moves by blob (BL-14), of what the device sent and of what it got.
    void saw(const FlowSight& sight, bool is_to_device) {
        for (const FlowMessage& message : sight.messages) {
            if (!message.connection) continue;
            if (is_to_device) {
                heard(message);
            } else {
                said(message);
            }
        }
        if (!sight.restored || !sight.restored->tcp) return;
        const ConnectionKey connection = key_of(*sight.restored->tcp);
        if (!is_to_device) {
            owners_[connection].owner = Owner::Elsewhere;
        } else if (const auto found = owners_.find(connection); found != owners_.end()) {
            release(found->second);
        }
    }

    /// Who owns the connection that the device has just sent `segment` for.
    Owner owner_of(const TcpSegment& segment) const {
        const auto found = owners_.find({segment.destination, segment.source});
        return found == owners_.end() ? Owner::Device : found->second.owner;
    }

  private:
    static ConnectionKey key_of(const TcpSegment& segment) {
        return {segment.source, segment.destination};
    }

    void heard(const FlowMessage& message) {
        if (message.kind == control_kind::kBlob) {
            const auto [place, is_new] =
                owners_.try_emplace(*message.connection, Ownership{Owner::Home, true});
            if (message.is_eager()) release(place->second);
            return;
        }
        Ownership& ownership = owners_[*message.connection];
        if (message.kind == control_kind::kCommit && !message.is_answer()) release(ownership);
        const bool is_over = message.kind == control_kind::kBlobReject ||
                             message.kind == control_kind::kFlowUnknown ||
                             message.kind == control_kind::kFlowClosed;
        if (!is_over) return;
        if (ownership.is_own) {
            ownership.owner = Owner::Device;
        } else {
            owners_.erase(*message.connection);
        }
    }

    void said(const FlowMessage& message) {
        Ownership& ownership = owners_[*message.connection];
        const bool lets_go = message.kind == control_kind::kBlob && message.is_eager();
        const bool commits = message.kind == control_kind::kCommit && !message.is_answer();
        if (lets_go || commits) ownership.owner = Owner::Elsewhere;
        // EP-45: the home takes back what it had let go.
        const bool takes_back =
            message.kind == control_kind::kBlobAcknowledgement && ownership.is_own;
        if (takes_back) ownership.owner = Owner::Device;
    }

    static void release(Ownership& ownership) {
        if (ownership.owner == Owner::Home) ownership.owner = Owner::Device;
    }

    void moved_in(const Encapsulation& header) {
        const auto information = parse_connection_information(header.payload);
        if (!information) return;
        // A repetition of what is here changes nothing (EP-8).
        owners_.try_emplace({header.source, information->service}, Ownership{Owner::Home});
    }

    /// What is offered for one that began here changes nothing about whose it is (EP-45).
    void forget(const SocketAddress& client) {
        std::erase_if(owners_, [&client](const auto& each) {
            return each.first.first == client && !each.second.is_own;
        });
        for (auto& [connection, ownership] : owners_) {
            if (connection.first == client) ownership.owner = Owner::Device;
        }
    }

    std::map<ConnectionKey, Ownership> owners_;
};

}  // namespace

std::vector<Finding> examine_ownership(const Capture& capture) {
    std::vector<Finding> findings;
    Owners owners;
    FlowWatch flows(capture);
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        const Frame& frame = captured.frame;
        if (captured.is_void) continue;
        owners.saw(flows.look_at(frame), captured.direction == Direction::ToDevice);
        if (captured.direction == Direction::ToDevice) {
            owners.to_device(frame);
            continue;
        }
        owners.from_device(frame);
        if (captured.link != Link::Front || !frame.ipv4 || !frame.ipv4->tcp) continue;
        if (captured.is_demanded) continue;
        const Owner owner = owners.owner_of(*frame.ipv4->tcp);
        if (owner == Owner::Device) continue;
        findings.push_back({"EP-12",
                            owner == Owner::Elsewhere
                                ? "nothing for the client of a connection that has moved away"
                                : "nothing for the client of a connection that is not released",
                            describe(*frame.ipv4->tcp), number});
    }
    return findings;
}

}  // namespace conform
