// SPDX-License-Identifier: Apache-2.0
/// A TCP connection as a capture of any program has it: who said what, and when.
#pragma once

#include <string>
#include <vector>

#include "pdu/tcp_segment.hh"
#include "replay/capture_file.hh"

namespace conform {

struct ExchangePacket {
    std::size_t packet = 0;  ///< its number in the file, from 1
    Duration time{};         ///< since 1970
    bool is_of_client = false;
    Bytes bytes;  ///< the IPv4 packet
    TcpSegment segment;
};

struct Exchange {
    SocketAddress client;  ///< who has sent the SYN
    SocketAddress server;
    std::vector<ExchangePacket> packets;  ///< the first one is the SYN
    /// Why it cannot be played; empty: it can.
    std::string obstacle;
};

/// The connections of a capture, in the order of their first packets. A SYN with another sequence
/// number begins the next connection of its tuple. What goes on from before the capture has an
/// obstacle; so has a connection between hosts whose packets were cut, or cannot be read.
std::vector<Exchange> read_exchanges(const CaptureFile& file);

}  // namespace conform
