// SPDX-License-Identifier: Apache-2.0
// Datagrams that came for a socket and were not read: first in, first out, bounded in bytes. Each
// counts for more than its bytes, so that empty ones fill it too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/stack/socket.hh"

namespace shunt::stack {

class DatagramQueue {
  public:
    struct Datagram {
        SocketAddress from;
        std::vector<std::uint8_t> bytes;
    };
    /// What the datagram costs besides its bytes.
    static constexpr std::size_t kOverhead = 64;

    /// False if there is no room within `bytes_max`.
    [[nodiscard]] bool push(const SocketAddress& from, ByteView bytes, std::size_t bytes_max) {
        const std::size_t cost = bytes.size() + kOverhead;
        if (held_ + cost > bytes_max) return false;
        held_ += cost;
        waiting_.push_back({from, {bytes.begin(), bytes.end()}});
        return true;
    }
    bool empty() const { return waiting_.empty(); }
    /// The oldest; there is one.
    const Datagram& front() const { return waiting_.front(); }
    void pop() {
        held_ -= waiting_.front().bytes.size() + kOverhead;
        waiting_.pop_front();
    }

  private:
    std::deque<Datagram> waiting_;
    std::size_t held_ = 0;
};

}  // namespace shunt::stack
