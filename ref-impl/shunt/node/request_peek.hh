// SPDX-License-Identifier: Apache-2.0
// Reads ahead in held packets without consuming them: the bytes from the first unread one on, as
// far as they are contiguous (SEL-5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shunt/base/sequence_number.hh"
#include "shunt/migrate/held_packets.hh"

namespace shunt::node {

class PeekedRequest {
  public:
    PeekedRequest() = default;
    PeekedRequest(PeekedRequest&&) = default;
    PeekedRequest& operator=(PeekedRequest&&) = default;

    /// Valid as long as this, and as long as the packets are held.
    ByteView bytes() const { return bytes_; }
    /// The client's FIN follows: nothing more will come.
    bool is_finished() const { return is_finished_; }

    void append(ByteView fresh);
    void finish() { is_finished_ = true; }

  private:
    ByteView bytes_;
    std::vector<std::uint8_t> joined_;  // where it is more than one packet's
    bool is_finished_ = false;
};

/// `next` is the sequence number of the first byte wanted; at most `most` bytes are read.
PeekedRequest peek_request(const migrate::HeldPackets& held, SequenceNumber next, std::size_t most);

}  // namespace shunt::node
