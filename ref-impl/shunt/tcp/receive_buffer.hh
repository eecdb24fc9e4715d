// SPDX-License-Identifier: Apache-2.0
// What has come from the peer: bytes in order that the application has not read, and ranges that
// wait for a gap to be filled. Of bytes that come twice the first copy stays (TCP-10).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "shunt/base/interval_set.hh"
#include "shunt/base/ring_buffer.hh"

namespace shunt::tcp {

/// Offsets count bytes from the in-order end (RCV.NXT).
class ReceiveBuffer {
  public:
    /// RFC 2018 3: as many blocks as an option holds.
    static constexpr std::size_t kReportedMax = 4;

    struct Limits {
        /// Unread bytes that the window is made from.
        std::size_t size_max = 0;
        /// Bytes beyond it that a rounded-up window may have promised.
        std::size_t slack = 0;
        std::size_t ranges_max = 0;
    };

    struct Insertion {
        /// By how much the in-order end moved.
        std::uint32_t advanced = 0;
        /// False: something was left out for want of room, and must come again.
        bool is_complete = true;
    };

    /// Ranges behind the in-order end, the one that changed last first (RFC 2018 4).
    struct Report {
        std::array<Interval, kReportedMax> ranges{};
        std::size_t count = 0;
    };

    explicit ReceiveBuffer(const Limits& limits)
        : bytes_(limits.size_max + limits.slack),
          window_limit_(std::min(limits.size_max, kWindowInitial)),
          window_max_(limits.size_max),
          ranges_max_(limits.ranges_max) {}

    /// Bytes in order, not read.
    std::uint32_t unread() const { return static_cast<std::uint32_t>(bytes_.size()); }
    /// Bytes that may still come in order before the application reads. The window begins with
    /// what a SYN can say and opens as the peer uses it, up to the limit (TCP-5).
    std::uint32_t window() const {
        if (bytes_.size() >= window_limit_) return 0;
        return static_cast<std::uint32_t>(window_limit_ - bytes_.size());
    }
    /// window() and the slack behind it.
    std::uint32_t room() const { return static_cast<std::uint32_t>(bytes_.free()); }
    /// The largest that window() can be now.
    std::uint32_t window_limit() const { return static_cast<std::uint32_t>(window_limit_); }
    /// A window of this size was promised before the connection came here.
    void restore_window(std::size_t promised);
    bool has_ranges() const { return !ranges_.empty(); }
    std::size_t allocated() const { return bytes_.allocated(); }

    Insertion insert(std::uint32_t offset, ByteView text);
    /// The contiguous front of what is in order.
    ByteView readable() const { return bytes_.front(); }
    void consume(std::size_t count) { bytes_.consume(count); }
    /// Copies unread bytes from `offset` behind the first of them.
    void read(std::size_t offset, MutableBytes out) const { bytes_.read_at(offset, out); }
    Report report() const;
    /// Forgets everything.
    void discard();
    /// Gives memory back if nothing is held.
    void release_memory();

  private:
    bool fits(Interval added) const;
    void remember(std::uint64_t begin);
    std::uint32_t advance();
    void open_window(std::size_t received);

    static constexpr std::size_t kWindowInitial = 65'535;

    RingBuffer bytes_;
    // Numbers count bytes since the connection began (or moved in), and do not wrap.
    IntervalSet ranges_;
    std::uint64_t in_order_end_ = 0;
    // A number in each of the ranges that changed last.
    std::array<std::uint64_t, kReportedMax> recent_{};
    std::size_t recent_count_ = 0;
    std::size_t window_limit_;
    std::size_t window_max_;
    std::size_t ranges_max_;
};

}  // namespace shunt::tcp
