// SPDX-License-Identifier: Apache-2.0
// What is in flight: one record for each segment between SND.UNA and SND.NXT, in order, without
// gaps, and what is known of it. The scoreboard of RFC 6675 and the segments of RFC 8985 5.1.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "shunt/base/assert.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::tcp {

struct SentSegment {
    std::uint32_t size() const { return end - begin; }
    /// False: it is acknowledged, or given up and waits to be sent again.
    bool is_in_flight() const { return !is_sacked && !is_lost; }

    SequenceNumber begin;
    SequenceNumber end;
    /// The last transmission.
    Instant sent_at;
    /// Transmissions are numbered as they go out, modulo 2^32: many leave in one instant.
    SequenceNumber order;
    /// Sent more than once: what acknowledges it does not say which copy (Karn).
    bool is_retransmitted = false;
    bool is_sacked = false;
    /// The last transmission is taken for lost and has not been repeated.
    bool is_lost = false;
};

/// A ring that is allocated on first use and grows by doubling. Counts are octets of the sequence
/// space and kept up to date, so that nothing is summed up per acknowledgment.
class SentSegments {
  public:
    /// Nothing more is sent while so many segments are out, however small they are
    /// (CVE-2019-11478).
    static constexpr std::size_t kCountMax = 4'096;

    bool empty() const { return count_ == 0; }
    std::size_t count() const { return count_; }
    bool is_full() const { return count_ == kCountMax; }
    const SentSegment& operator[](std::size_t index) const { return ring_[position(index)]; }
    const SentSegment& front() const { return (*this)[0]; }
    const SentSegment& back() const { return (*this)[count_ - 1]; }

    /// Octets in all; of these acknowledged out of order, and lost.
    std::uint32_t total() const { return total_; }
    std::uint32_t sacked() const { return sacked_; }
    std::uint32_t lost() const { return lost_; }
    std::size_t sacked_count() const { return sacked_count_; }
    /// Octets that are taken to be in the network: pipe of RFC 6675 4, with the last transmission
    /// of each octet counted once.
    std::uint32_t in_flight() const { return total_ - sacked_ - lost_; }

    /// [begin, end) goes out now. `begin` is where the last record ends; there is room.
    void append(SequenceNumber begin, SequenceNumber end, Instant now, bool is_retransmitted);
    /// SND.UNA has moved to `edge`. Visits each record, or the front part of one, that was not
    /// acknowledged before, then forgets it.
    template <typename Visit>
    void acknowledge(SequenceNumber edge, Visit&& visit);
    /// Marks the records that lie wholly in `block`, looking only at those that touch [from, to),
    /// and visits each that was not marked.
    template <typename Visit>
    void mark_sacked(const wire::SackBlock& block, SequenceNumber from, SequenceNumber to,
                     Visit&& visit);
    /// Takes back every selective acknowledgment, as the peer has (RFC 2018 8).
    void forget_sacked();

    void mark_lost(std::size_t index);
    /// Everything that is not acknowledged.
    void mark_all_lost();
    /// No record is lost any more: the timeout was spurious.
    void forget_lost();
    /// The first lost record; there is one if lost() > 0.
    std::size_t first_lost() const;
    /// The record goes out again now.
    void mark_resent(std::size_t index, Instant now);
    /// Makes two records of the one that `edge` lies in, if it is not the edge of one and there is
    /// room. For records whose edges are not those of the segments that were sent.
    void cut(SequenceNumber edge);
    void clear();

  private:
    /// The number of a transmission that happens now.
    SequenceNumber take_order() {
        const SequenceNumber order = next_order_;
        next_order_ = order + 1;
        return order;
    }
    SentSegment& at(std::size_t index) { return ring_[position(index)]; }
    std::size_t position(std::size_t index) const { return (first_ + index) & (capacity_ - 1); }
    /// The first record that ends after `number`.
    std::size_t find(SequenceNumber number) const;
    void forget_front();
    void grow();

    std::unique_ptr<SentSegment[]> ring_;
    std::size_t capacity_ = 0;  // zero or a power of two
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    // No lost record lies before it, so that the search for the next one does not begin at the
    // front each time.
    mutable std::size_t lost_hint_ = 0;
    std::size_t sacked_count_ = 0;
    SequenceNumber next_order_;
    std::uint32_t total_ = 0;
    std::uint32_t sacked_ = 0;
    std::uint32_t lost_ = 0;
};

template <typename Visit>
void SentSegments::acknowledge(SequenceNumber edge, Visit&& visit) {
    while (count_ > 0 && front().begin.before(edge)) {
        SentSegment& segment = at(0);
        const bool is_whole = segment.end.at_or_before(edge);
        SentSegment part = segment;
        if (!is_whole) part.end = edge;
        total_ -= part.size();
        if (segment.is_sacked) sacked_ -= part.size();
        if (segment.is_lost) lost_ -= part.size();
        if (is_whole) {
            forget_front();
        } else {
            segment.begin = edge;
        }
        if (!part.is_sacked) visit(part);
    }
}

template <typename Visit>
void SentSegments::mark_sacked(const wire::SackBlock& block, SequenceNumber from, SequenceNumber to,
                               Visit&& visit) {
    for (std::size_t i = find(from); i < count_ && at(i).begin.before(to); ++i) {
        SentSegment& segment = at(i);
        const bool is_inside =
            segment.begin.at_or_after(block.left) && segment.end.at_or_before(block.right);
        if (!is_inside || segment.is_sacked) continue;
        if (segment.is_lost) {
            segment.is_lost = false;
            lost_ -= segment.size();
        }
        segment.is_sacked = true;
        sacked_ += segment.size();
        ++sacked_count_;
        visit(static_cast<const SentSegment&>(segment));
    }
}

}  // namespace shunt::tcp
