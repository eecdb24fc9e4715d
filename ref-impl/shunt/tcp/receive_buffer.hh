// SPDX-License-Identifier: Apache-2.0
// What has come from the peer: bytes in order that the application has not read, and ranges that
// wait for a gap to be filled. Of bytes that come twice the first copy stays (TCP-10).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "shunt/base/ring_buffer.hh"
#include "shunt/tcp/out_of_order.hh"

namespace shunt::tcp {

/// Offsets count bytes from the in-order end (RCV.NXT).
class ReceiveBuffer {
  public:
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

    explicit ReceiveBuffer(const Limits& limits)
        : bytes_(limits.size_max + limits.slack),
          window_limit_(static_cast<std::uint32_t>(std::min(limits.size_max, kWindowInitial))),
          window_max_(static_cast<std::uint32_t>(limits.size_max)),
          ranges_max_(static_cast<std::uint16_t>(limits.ranges_max)) {}

    /// Bytes in order, not read.
    std::uint32_t unread() const { return static_cast<std::uint32_t>(bytes_.size()); }
    /// Bytes that may still come in order before the application reads. The window begins with
    /// what a SYN can say; open_window() widens it (TCP-5).
    std::uint32_t window() const {
        if (bytes_.size() >= window_limit_) return 0;
        return window_limit_ - unread();
    }
    /// window() and the slack behind it.
    std::uint32_t room() const { return static_cast<std::uint32_t>(bytes_.free()); }
    /// The largest that window() can be now.
    std::uint32_t window_limit() const { return window_limit_; }
    /// Raises the limit of the window to `wanted` bytes, as far as its bound allows; it does not
    /// fall. A connection that comes here brings what it has promised.
    void open_window(std::uint64_t wanted);
    bool has_ranges() const { return out_of_order_ && !out_of_order_->empty(); }
    /// Nothing that came out of order; else its ranges.
    const OutOfOrder* out_of_order() const { return has_ranges() ? out_of_order_.get() : nullptr; }
    std::size_t ranges_max() const { return ranges_max_; }
    std::size_t allocated() const { return bytes_.allocated(); }

    Insertion insert(std::uint32_t offset, ByteView text);
    /// Forgets what came out of order from `offset` on.
    void cut(std::uint32_t offset) {
        if (out_of_order_) out_of_order_->cut(offset);
    }
    /// The contiguous front of what is in order.
    ByteView readable() const { return bytes_.front(); }
    void consume(std::size_t count) {
        bytes_.consume(count);
        if (bytes_.allocated() > RingBuffer::kKeptMax) release_memory();
        consumed_ += static_cast<std::uint32_t>(count);
    }
    /// Bytes consumed since the connection began, or came here, modulo 2^32.
    std::uint32_t consumed() const { return consumed_; }
    /// Copies unread bytes from `offset` behind the first of them.
    void read(std::size_t offset, MutableBytes out) const { bytes_.read_at(offset, out); }
    /// Copies bytes of a range out of order.
    void read_range(Interval range, MutableBytes out) const {
        bytes_.read_written(bytes_.size() + static_cast<std::size_t>(range.begin), out);
    }
    /// Forgets everything.
    void discard();
    /// Gives memory back if nothing is held.
    void release_memory();

  private:
    bool fits(Interval added) const;

    static constexpr std::size_t kWindowInitial = 65'535;

    RingBuffer bytes_;
    // Made when something comes out of order, kept until release_memory().
    std::unique_ptr<OutOfOrder> out_of_order_;
    std::uint32_t consumed_ = 0;
    std::uint32_t window_limit_;
    std::uint32_t window_max_;
    std::uint16_t ranges_max_;
};

}  // namespace shunt::tcp
