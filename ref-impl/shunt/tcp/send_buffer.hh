// SPDX-License-Identifier: Apache-2.0
// What the application has handed over and the peer has not acknowledged: bytes, held here or read
// from their source when they are sent, and behind the last one perhaps a FIN, which takes one
// octet of the sequence space like a byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "shunt/base/byte_source.hh"
#include "shunt/base/ring_buffer.hh"
#include "shunt/tcp/source_runs.hh"

namespace shunt::tcp {

class SendBuffer {
  public:
    explicit SendBuffer(std::size_t size_max) : bytes_(size_max) {}

    /// Data bytes queued.
    std::uint32_t size() const {
        return static_cast<std::uint32_t>(bytes_.size()) + (runs_ ? runs_->size() : 0);
    }
    /// Sequence numbers queued: the bytes, and the FIN until it is acknowledged.
    std::uint32_t octets() const { return size() + (has_fin() ? 1 : 0); }
    std::size_t free() const { return is_finished_ ? 0 : bytes_.size_max() - size(); }
    bool is_finished() const { return is_finished_; }
    /// A FIN is queued and not acknowledged.
    bool has_fin() const { return is_finished_ && !is_fin_acknowledged_; }
    bool is_fin_acknowledged() const { return is_fin_acknowledged_; }

    /// Takes what fits; nothing after finish().
    std::size_t append(ByteView content) {
        return bytes_.append(content.first(std::min(content.size(), free())));
    }
    /// The same of bytes that stay where they are; none of them if too many ranges are queued.
    std::size_t append(const SourceRange& range);
    /// Room for `most` bytes at most that are written in place; then extend().
    MutableBytes room(std::size_t most) { return bytes_.room(std::min(most, free())); }
    void extend(std::size_t count) { bytes_.extend(count); }
    /// The application sends no more: a FIN follows the last byte.
    void finish() { is_finished_ = true; }
    /// A control block says that the FIN was sent and acknowledged before it came here.
    void restore_fin_acknowledged() { is_finished_ = is_fin_acknowledged_ = true; }
    /// Drops `count` octets at the front (at most octets()).
    void acknowledge(std::uint32_t count);
    /// Copies the bytes that begin `offset` bytes behind the first unacknowledged one.
    void read(std::uint32_t offset, MutableBytes out) const {
        if (runs_) return runs_->read(offset, out, bytes_);
        bytes_.read_at(offset, out);
    }
    /// Forgets everything.
    void discard();
    /// Bytes of memory held now.
    std::size_t allocated() const { return bytes_.allocated(); }
    /// Gives memory back if nothing is queued.
    void release_memory();

  private:
    RingBuffer bytes_;
    std::unique_ptr<SourceRuns> runs_;  // with the first one
    bool is_finished_ = false;
    bool is_fin_acknowledged_ = false;
};

}  // namespace shunt::tcp
