// SPDX-License-Identifier: Apache-2.0
// How what the state machines say of a connection travels where it moves as a blob: by the control
// channels, and what its client sends as the packet that it is (docs/protocol/blob.md; ADR 0013).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/ip/token_bucket.hh"
#include "shunt/migrate/blob/flow_packets.hh"
#include "shunt/migrate/blob/identifiers.hh"
#include "shunt/migrate/farm_link.hh"
#include "shunt/tcp/snapshot.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/reject.hh"

namespace shunt::migrate {
struct Attempt;
}

namespace shunt::migrate::blob {

class Carrier {
  public:
    /// Longest queues that move in a blob: what one control frame takes, without its other parts.
    static constexpr std::uint32_t kQueuesMax = wire::kControlLengthMax - (1U << 20U);

    struct Environment {
        const farm::FarmConfig& config;
        const farm::Server& self;
        FarmLink& link;
        PacketPool& pool;
        Rng& rng;
        Counters& counters;
    };

    Carrier(const Environment& environment, Instant now);

    /// The channels, which outlive what is sent by this.
    void attach(farm::ControlChannels& channels) { channels_ = &channels; }
    /// To be called before whatever may end a flow.
    void advance(Instant now) { identifiers_.advance(now); }
    Identifiers& identifiers() { return identifiers_; }
    FlowPackets& packets() { return packets_; }
    const Identifiers& identifiers() const { return identifiers_; }
    /// The connection moves as a blob.
    bool carries(const wire::ConnectionTuple& tuple) const;

    // What the state machines say (endpoint::Messages), with the flow as the copy's number.

    /// What attempt.payload is: the whole connection. The attempt has its flow.
    std::vector<std::uint8_t> compile(const wire::ConnectionTuple& tuple, wire::FlowId flow,
                                      const tcp::Snapshot& snapshot) const;
    /// 0x10. Where that cannot leave its outcome is that of a channel that is lost.
    void offer(Attempt& attempt, bool is_eager, Instant now);
    /// 0x03, 0x11, 0x14: 0x11, 0x13, 0x15.
    void send_copy(wire::EncapsulationType type, farm::ServerId to, wire::FlowId flow, Instant now);
    /// 0x10: as the answer to a blob 0x12, else about a flow that is not here 0x14.
    void reject(farm::ServerId to, wire::FlowId flow, wire::RejectReason reason, Instant now);
    /// 0x02: the packet itself (BL-11).
    void forward(farm::ServerId to, wire::Ipv4Address service, wire::FlowId flow, Packet packet,
                 Instant now);
    /// 0x02 with an ICMP error: 0x16 (BL-16). A client may cause as many as it likes; what is
    /// beyond the rate of such errors is dropped.
    void tell_icmp(farm::ServerId to, const wire::ConnectionTuple& tuple, ByteView packet,
                   Instant now);

    // What comes by the channels: requests of ours end, others' are answered.

    /// What has become of a 0x10 or 0x15 that was sent.
    struct Ended {
        wire::ControlKind asked = wire::ControlKind::Blob;
        wire::FlowId flow;
        farm::TransactionOutcome outcome;
    };
    std::optional<Ended> poll_ended();
    /// Of what could not be sent: poll_ended() has it first.
    bool has_unsent() const { return !not_sent_.empty(); }
    /// A commit was answered: it is not sent again.
    void end_commit(farm::ServerId host, wire::FlowId flow) { commits_.erase({host, flow}); }
    /// A commit of that flow is under way: each answer to a 0x11 is one.
    bool is_committing(farm::ServerId host, wire::FlowId flow) const {
        const auto found = commits_.find({host, flow});
        return found != commits_.end() && found->second > 0;
    }
    /// Of packets whose flow is not known (BL-13).
    std::optional<Instant> deadline() const { return packets_.deadline(); }
    /// Tells who has sent them that nobody here has it.
    void handle_deadline(Instant now);
    /// A new channel to that server: unanswered commits go again (BL-14).
    void send_commits_again(farm::ServerId host, Instant now);

    /// Until end_answer() what is said of that flow to the sender of its blob is the answer.
    void begin_answer(const farm::RequestOrigin& origin, wire::FlowId flow) {
        answering_ = Answering{origin, flow};
    }
    /// False: nothing has answered it.
    bool end_answer() { return !std::exchange(answering_, std::nullopt); }
    /// To a blob of which nothing is known that could be about a flow.
    void refuse(const farm::RequestOrigin& origin, wire::RejectReason reason, Instant now);
    /// To a commit: its flow acts here.
    void confirm(const farm::RequestOrigin& origin, wire::FlowId flow, Instant now);

  private:
    struct Answering {
        farm::RequestOrigin origin;
        wire::FlowId flow;
    };
    struct Pending {
        wire::ControlKind asked = wire::ControlKind::Blob;
        wire::FlowId flow;
    };

    bool request(farm::ServerId to, wire::ControlKind kind, wire::FlowId flow, ByteView body,
                 Duration patience, std::uint16_t flags, Instant now);
    void tell(farm::ServerId to, wire::ControlKind kind, wire::FlowId flow, Instant now);
    bool answers(farm::ServerId to, wire::FlowId flow) const;

    Environment environment_;
    Identifiers identifiers_;
    FlowPackets packets_;
    ip::TokenBucket errors_;
    farm::ControlChannels* channels_ = nullptr;
    std::optional<Answering> answering_;
    absl::flat_hash_map<std::uint64_t, Pending> pending_;  // by transaction
    std::deque<Ended> not_sent_;
    struct HostFlow {
        farm::ServerId host = 0;
        wire::FlowId flow;
        bool operator==(const HostFlow&) const = default;
        auto operator<=>(const HostFlow&) const = default;
        template <typename H>  // NOLINTNEXTLINE(readability-identifier-naming): absl's name
        friend H AbslHashValue(H state, const HostFlow& key) {
            return H::combine(std::move(state), key.host, key.flow.value());
        }
    };
    /// Not answered; how many are under way.
    absl::flat_hash_map<HostFlow, unsigned> commits_;
};

}  // namespace shunt::migrate::blob
