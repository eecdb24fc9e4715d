// SPDX-License-Identifier: Apache-2.0
// The node that hears the frames: server s2 of a farm of two, with one connection in each stage of
// a move that a frame of s1 can be about. Made anew for each input, always the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shunt/node/node.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::fuzz {

/// How far a connection of the node has moved.
enum class MoveStage : std::uint8_t {
    MovedIn,     // from s1, released: Forward-Connect
    Unreleased,  // from s1, not released yet: Forward-Connect
    MovedAway,   // to s1: Forward
    Migrating,   // to s1, offered and not answered yet: Temporary
};
inline constexpr std::size_t kMoveStages = 4;

/// What names a connection in frames.
struct KnownConnection {
    wire::ConnectionTuple tuple;
    wire::MigrationId id;
    std::uint32_t copy = 0;  // 0 in a base farm, and where none was drawn yet
};

/// What a node has, to be compared before and after.
struct NodeState {
    std::array<std::uint64_t, kCounterCount> counters{};
    std::vector<std::string> rows;
    std::optional<Instant> deadline;
};

class FarmNode {
  public:
    explicit FarmNode(bool has_extensions);

    /// What stands behind an Ethernet header from s1 to the node.
    void receive(ByteView datagram);
    /// Takes all frames that the node has to send now; returns how many, and how many bytes.
    struct Sent {
        std::size_t frames = 0;
        std::size_t bytes = 0;
    };
    Sent take_sent();
    /// Lets time pass and every timer in it fire.
    Sent pass(Duration span);

    NodeState state() const;
    const KnownConnection& known(MoveStage stage) const {
        return known_[static_cast<std::size_t>(stage)];
    }
    const farm::Server& self() const { return node_.self(); }
    wire::ProtocolSet protocol_set() const;

    /// A header from s1 about a connection, towards the node.
    static wire::EncapsulationHeader header_about(const wire::ConnectionTuple& tuple,
                                                  wire::EncapsulationType type);

  private:
    static bool is_control(const link::OutgoingFrame& outgoing);
    void carry_control(ByteView frame);
    void hear_other();
    std::optional<Instant> next_deadline() const;
    void move_in(MoveStage stage, std::uint16_t port);
    void move_away(MoveStage stage, std::uint16_t port);
    void release(const KnownConnection& moved);
    SequenceNumber open(const wire::ConnectionTuple& tuple);
    void send_segment(const wire::ConnectionTuple& tuple, bool is_syn, SequenceNumber acknowledges);
    void answer_arp(ByteView frame);
    std::vector<Packet> collect(link::LinkId link);

    Instant now_ = Instant() + Duration::seconds(1'000);
    PacketPool pool_;
    node::NoContents contents_;
    bool has_extensions_;
    node::Node node_;
    node::Node other_;  // s1, as far as its control channel goes
    std::array<KnownConnection, kMoveStages> known_;
};

}  // namespace shunt::fuzz
