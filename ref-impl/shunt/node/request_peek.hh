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

struct PeekedRequest {
    std::vector<std::uint8_t> bytes;
    bool is_finished = false;  // the client's FIN follows: nothing more will come
};

/// `next` is the sequence number of the first byte wanted; at most `most` bytes are read.
PeekedRequest peek_request(const migrate::HeldPackets& held, SequenceNumber next, std::size_t most);

}  // namespace shunt::node
