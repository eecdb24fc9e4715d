// SPDX-License-Identifier: Apache-2.0
// One end of a connection as a receiver, judged by what reached it and by what it sends: it
// acknowledges only what came (RFC 9293 3.10.7.4), selectively too (RFC 2018 4), and the right edge
// of its window never goes back (TCP-5) further than its window scale rounds (RFC 7323 2.4). It
// may be several machines one after the other: a moved connection is one receiver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/interval_set.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {

/// A rule and how it was broken.
struct Finding {
    std::string_view rule;
    std::string text;
};

class ReceiverView {
  public:
    /// A segment of the peer with a right checksum has reached the receiver.
    void arrived(const wire::TcpView& segment);
    /// The receiver sends. Costs what the segment brings, whatever came before.
    std::optional<Finding> sent(const wire::TcpView& segment);

  private:
    void begin(const wire::TcpView& syn);
    void begin_own(const wire::TcpView& syn);
    std::uint64_t offset_of(SequenceNumber number) const;
    std::optional<Finding> check_blocks(const wire::TcpOptions& options) const;
    std::optional<Finding> check_edge(std::uint64_t acknowledged, const wire::TcpView& segment);

    /// The peer's initial sequence number: offset 0.
    std::optional<SequenceNumber> initial_;
    /// Everything below this offset has arrived; and what has arrived above it.
    std::uint64_t contiguous_ = 0;
    IntervalSet beyond_;
    /// The furthest right edge that was shown.
    std::uint64_t edge_ = 0;
    /// Of the receiver's own SYN: another one is another connection that a late SYN has opened.
    std::optional<SequenceNumber> own_initial_;
    std::optional<std::uint8_t> own_scale_;
    bool does_peer_scale_ = false;
};

}  // namespace shunt::sim
