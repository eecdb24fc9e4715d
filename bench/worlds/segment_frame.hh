// SPDX-License-Identifier: Apache-2.0
// A client's full-sized frame, 1,514 bytes, that becomes the next one of its stream in place: only
// the sequence number and the checksum change, so that making frames costs a measurement nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/mac_address.hh"
#include "shunt/wire/tcp_options.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::bench {

/// Where a client's segment stands in its connection.
struct SegmentPlace {
    wire::ConnectionTuple tuple;
    wire::MacAddress source{};
    wire::MacAddress destination{};
    SequenceNumber sequence{};
    SequenceNumber acknowledgment{};
    wire::TcpTimestamps timestamps{};
};

class SegmentFrame {
  public:
    static constexpr std::size_t kSize = 1'514;
    /// Bytes of text: what Ethernet, IPv4 and TCP headers with timestamps leave.
    static constexpr std::uint32_t kTextSize = 1'448;

    explicit SegmentFrame(const SegmentPlace& place);

    ByteView bytes() const { return bytes_; }
    /// Becomes the segment that follows.
    void advance();

  private:
    std::vector<std::uint8_t> bytes_;
    std::uint32_t sequence_;
};

}  // namespace shunt::bench
