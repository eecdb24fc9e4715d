// SPDX-License-Identifier: Apache-2.0
// What the SACK option of an acknowledgment says that can be true and was not said by the one
// before (RFC 2018 4, RFC 2883 4).
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "shunt/base/sequence_number.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::tcp {

/// A receiver repeats its blocks on every acknowledgment. Remembering the last ones keeps the cost
/// of an acknowledgment down to what is new in it, where the blocks span thousands of segments
/// (CVE-2019-11477 and its kin lived on that cost).
class SackReader {
  public:
    /// Of `block`, the numbers [from, to) have not been looked at yet.
    struct News {
        wire::SackBlock block;
        SequenceNumber from;
        SequenceNumber to;
    };
    struct Report {
        std::span<const News> all() const { return {news.data(), count}; }

        std::array<News, 2 * wire::TcpOptions::kSackBlocksMax> news{};
        std::size_t count = 0;
        /// A D-SACK: the peer has received [duplicate.left, duplicate.right) more than once.
        bool has_duplicate = false;
        wire::SackBlock duplicate;
    };

    /// SND.UNA as this acknowledgment has moved it, and SND.MAX. Blocks that are empty, inverted
    /// or reach past what was sent say nothing; nor do those that begin at or below SND.UNA, for
    /// then the acknowledgment field would say more: unless the first one is a D-SACK.
    Report read(std::span<const wire::SackBlock> blocks, SequenceNumber unacknowledged,
                SequenceNumber maximum);
    /// The scoreboard was emptied: everything is news.
    void forget() { seen_count_ = 0; }

  private:
    void add_news(Report& report, const wire::SackBlock& block) const;

    std::array<wire::SackBlock, wire::TcpOptions::kSackBlocksMax> seen_{};
    std::size_t seen_count_ = 0;
};

}  // namespace shunt::tcp
