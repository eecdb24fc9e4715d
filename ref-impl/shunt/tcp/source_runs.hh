// SPDX-License-Identifier: Apache-2.0
// Which stretches of a send queue are not held by it but read from their source each time that they
// are sent: between them lie bytes that the queue holds itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "shunt/base/byte_source.hh"
#include "shunt/base/ring_buffer.hh"

namespace shunt::tcp {

class SourceRuns {
  public:
    /// More stretches than these are not taken at once.
    static constexpr std::size_t kRunsMax = 32;

    bool empty() const { return runs_.empty(); }
    /// Bytes in all runs.
    std::uint32_t size() const { return size_; }

    /// Puts the first `length` bytes of `range` behind the `held_size` bytes that the queue holds.
    /// False if there are too many runs: nothing has changed.
    [[nodiscard]] bool append(const SourceRange& range, std::uint32_t length,
                              std::size_t held_size);
    /// Drops `count` bytes at the front of the whole queue, of which `held` are those that it
    /// holds.
    void consume(std::uint32_t count, RingBuffer& held);
    /// Copies the bytes at `offset` of the whole queue.
    void read(std::uint32_t offset, MutableBytes out, const RingBuffer& held) const;
    void clear();

  private:
    struct Run {
        /// Bytes of the queue's own between the run before and this one.
        std::uint32_t held_before = 0;
        std::uint32_t length = 0;
        /// Of its first byte in the source.
        std::uint64_t offset = 0;
        std::shared_ptr<const ByteSource> source;
    };

    bool continues_last(const SourceRange& range, std::uint32_t held_between) const;

    std::vector<Run> runs_;
    std::uint32_t size_ = 0;
    std::uint32_t held_before_ = 0;  // of all runs
};

}  // namespace shunt::tcp
