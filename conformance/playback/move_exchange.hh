// SPDX-License-Identifier: Apache-2.0
/// A connection that moves in a capture of a base farm: what its client, its home and its target
/// have said, on whichever link.
#pragma once

#include <string>
#include <vector>

#include "pdu/encapsulation.hh"
#include "replay/capture_file.hh"

namespace conform {

struct MoveStep {
    enum class Kind : std::uint8_t {
        Client,    ///< a segment of the client
        Server,    ///< one for the client, of the home or of the target
        ToTarget,  ///< 0x01 or 0x02
        ToHome,    ///< 0x03
    };
    Kind kind = Kind::Client;
    std::size_t packet = 0;  ///< its number in the file, from 1
    Duration time{};         ///< since 1970
    Bytes bytes;             ///< the IPv4 packet; what an encapsulation header is in front of
    TcpSegment segment{};    ///< that packet's, where there is one
    bool is_offer = false;   ///< 0x01
};

struct MoveExchange {
    SocketAddress client;
    SocketAddress service;
    std::vector<MoveStep> steps;
    /// Why it cannot be played; empty: it can.
    std::string obstacle;
};

/// The TCP connections that a 0x01 is about, in the order of these; whatever Type and binding the
/// farm had.
std::vector<MoveExchange> read_moves(const CaptureFile& file);

}  // namespace conform
