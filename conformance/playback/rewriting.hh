// SPDX-License-Identifier: Apache-2.0
/// A captured TCP packet made into one of another connection: its bytes as they were, but for
/// addresses, ports, numbers and checksums.
#pragma once

#include <functional>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/tcp_segment.hh"

namespace conform {

struct LiveNumbers {
    SocketAddress source;
    SocketAddress destination;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    TcpTimestamps timestamps{};
    /// A sequence number of the other side, as the live one counts (SACK blocks).
    std::function<std::uint32_t(std::uint32_t)> other_sequence;
};

/// `packet` is whole and has a readable TCP header. Options that are cut stay as they are.
Bytes rewrite_packet(ByteView packet, const LiveNumbers& numbers);

/// The packets of at most `most` bytes that say what `packet` says: captures where the sending
/// machine leaves cutting to its interface have longer ones. FIN and PSH are the last one's.
std::vector<Bytes> cut_packet(Bytes packet, std::size_t most);

}  // namespace conform
