// SPDX-License-Identifier: Apache-2.0
/// What each packet of a conversation is, in a few words, with numbers relative to the handshake:
/// "SYN,ACK seq 0 ack 1", "0x01 connection, epoch 1".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "pdu/capture.hh"
#include "pdu/flow_watch.hh"

namespace conform {

class PacketNamer {
  public:
    PacketNamer() = default;
    explicit PacketNamer(const Capture& capture) : flows_(capture) {}

    /// For every frame of a conversation, in its order. Printable ASCII.
    std::string name(const CapturedFrame& captured);

  private:
    /// Where the numbers of a connection begin; absent while nobody has said.
    struct Origins {
        std::optional<std::uint32_t> client;
        std::optional<std::uint32_t> server;
    };

    /// Client and service port: a connection keeps them wherever it moves.
    using Key = std::pair<SocketAddress, std::uint16_t>;

    std::string name_segment(const TcpSegment& segment);
    std::string name_encapsulation(const Frame& frame);
    std::string name_packet(const Ipv4Packet& packet);

    std::map<Key, Origins> connections_;
    FlowWatch flows_;
};

}  // namespace conform
