// SPDX-License-Identifier: Apache-2.0
/// Moves by blob as they pass by: what control channels say of flows, and the clients' packets
/// behind rewritten ones, which look like ordinary TCP.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "pdu/blob.hh"
#include "pdu/capture.hh"
#include "pdu/control_stream.hh"
#include "pdu/fragments.hh"
#include "pdu/frame.hh"

namespace conform {

/// A control frame of the kinds 0x10 to 0x15.
struct FlowMessage {
    std::uint8_t kind = 0;
    std::uint16_t flags = 0;
    std::uint32_t flow = 0;      ///< 0: of a flow that no blob has begun
    std::optional<Blob> blob{};  ///< of 0x10
    /// Client and service; absent where no blob has said.
    std::optional<std::pair<SocketAddress, SocketAddress>> connection{};

    bool is_eager() const { return (flags & control_flag::kEager) != 0; }
    bool is_answer() const { return (flags & control_flag::kAnswer) != 0; }
};

/// What one frame brought.
struct FlowSight {
    std::vector<ControlFrame> control{};  ///< whichever control frames it completed
    std::vector<FlowMessage> messages{};  ///< those of them that are about flows
    std::uint32_t flow = 0;               ///< of a rewritten packet; 0: it is none
    std::optional<Ipv4Packet> restored{};
};

class FlowWatch {
  public:
    FlowWatch() = default;
    /// Knows from the first which blobs come and which of them are refused: packets may overtake
    /// their blob (BL-13, BL-14).
    explicit FlowWatch(const Capture& capture);

    /// Every frame of a capture in its order.
    FlowSight look_at(const Frame& frame);

  private:
    /// Two servers by their addresses, the lower one first, and a number between them.
    using Numbered = std::tuple<Ipv4Address, Ipv4Address, std::uint64_t>;

    FlowMessage read(const ControlFrame& frame, Ipv4Address from, Ipv4Address to);
    void read_blob(const Numbered& asked, FlowMessage& message);
    void restore(const Ipv4Packet& packet, FlowSight& sight);

    ControlStreams streams_;
    Reassembly fragments_;
    std::map<Numbered, BlobMapping> flows_;
    std::map<Numbered, BlobMapping> transactions_;
    std::set<Numbered> refused_;  ///< transactions
    /// By the forwarder's forward IP.
    std::map<std::pair<Ipv4Address, std::uint32_t>, BlobMapping> mappings_;
};

}  // namespace conform
