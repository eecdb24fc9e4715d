// SPDX-License-Identifier: Apache-2.0
/// What one side of a connection has said, by its place in the stream, whoever sent it: of bytes
/// that came more than once the first ones.
#pragma once

#include <optional>
#include <vector>

#include "engine/bytes.hh"

namespace conform {

class HeardBytes {
  public:
    /// The first bytes of all, or those behind the handshake of a new connection.
    void begin(std::uint32_t sequence) {
        start_ = sequence;
        bytes_.clear();
        frames_.clear();
    }
    bool has_begun() const { return start_.has_value(); }

    /// Text of that frame. What is too far behind the beginning is left out.
    void add(std::uint32_t sequence, ByteView text, std::size_t frame);

    /// Which frame the bytes of a run came in.
    class Frames {
      public:
        explicit Frames(const std::uint32_t* first) : first_(first) {}
        std::size_t operator[](std::size_t place) const { return first_[place] - 1; }

      private:
        const std::uint32_t* first_;
    };

    /// Calls `read(run, frames)` for each run without a gap: what was not heard may have gone
    /// another way.
    template <class Read>
    void for_each_run(const Read& read) const {
        for (std::size_t begin = 0; begin < bytes_.size();) {
            std::size_t end = begin;
            while (end < bytes_.size() && frames_[end] != 0)
                ++end;
            if (end > begin)
                read(ByteView(bytes_).subspan(begin, end - begin), Frames(&frames_[begin]));
            begin = end + 1;
        }
    }

  private:
    std::optional<std::uint32_t> start_;
    Bytes bytes_;
    /// Which frame each byte came in first, counted from 1; 0: it has not come.
    std::vector<std::uint32_t> frames_;
};

}  // namespace conform
