// SPDX-License-Identifier: Apache-2.0
// A connection as a value, as it leaves for another server: the control block and what of it moves
// in queues (docs/protocol/endpoint.md, EP-41; docs/protocol/blob.md, the sections).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "shunt/wire/congestion_state.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/fine_state.hh"
#include "shunt/wire/ip_state.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::tcp {

/// Bytes of the peer's stream that came before their turn.
struct OutOfOrderBytes {
    /// From RCV.NXT.
    std::uint32_t offset = 0;
    std::vector<std::uint8_t> bytes;

    std::uint64_t end() const { return std::uint64_t{offset} + bytes.size(); }
    bool operator==(const OutOfOrderBytes&) const = default;
};

/// What makes a snapshot one that is refused whole (TCB-1, reason 5).
enum class SnapshotFault : std::uint8_t {
    Block,
    SendQueue,
    ReceiveQueue,
    OutOfOrderCount,
    OutOfOrderOrder,
    OutOfOrderWindow,
    ScoreboardCount,
    ScoreboardOrder,
    ScoreboardRange,
    FineState,
    Context,
};

std::string_view to_string(SnapshotFault fault);

/// Why a control block or snapshot makes no connection here.
enum class ImportError : std::uint8_t {
    /// It contradicts itself: 0x10 reason 5 (TCB-1).
    Malformed,
    /// Our buffers are too small for its queues or its window: 0x10 reason 2 (TCB-1).
    NoRoom,
};

struct Snapshot {
    wire::ControlBlock block;
    /// Queue 1: the bytes from SND.UNA on.
    std::vector<std::uint8_t> send;
    /// Queue 2: what is in order and was not read.
    std::vector<std::uint8_t> receive;
    /// Queue 3: in order, with a gap in front of each.
    std::vector<OutOfOrderBytes> out_of_order;
    /// Queue 4: what the peer has reported out of order of what we sent, in order.
    std::vector<wire::SackBlock> scoreboard;
    /// Queue 5. Nothing: the block has to do.
    std::optional<wire::FineState> fine;
    /// What a blob has in its place (section 9), on its way in; not looked at beside `fine`.
    std::optional<wire::CongestionState> congestion;
    /// Section 3 of a blob. Nothing, as from the endpoint profile: the importer's own.
    std::optional<wire::IpState> ip;
    /// Queue 6: the application's, opaque here; there if the block's flag says so.
    std::vector<std::uint8_t> context;

    /// What contradicts what, if anything does.
    std::optional<SnapshotFault> fault() const;
    bool operator==(const Snapshot&) const = default;

  private:
    std::optional<SnapshotFault> out_of_order_fault() const;
    std::optional<SnapshotFault> scoreboard_fault() const;
};

}  // namespace shunt::tcp
