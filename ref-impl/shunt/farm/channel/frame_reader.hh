// SPDX-License-Identifier: Apache-2.0
// Cuts the bytes of a control channel into frames. It keeps the frame under way and no byte more,
// in memory that grows with what has arrived: an announced length costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::farm {

class FrameReader {
  public:
    static constexpr std::size_t kFrameMax = wire::kControlLengthSize + wire::kControlLengthMax;

    /// Takes bytes up to the end of the frame under way and returns how many; none while frame()
    /// is whole. Fails if they break the format: nothing after that is a frame (CTL-5).
    Result<std::size_t, Counter> take(ByteView bytes);
    /// The whole frame, valid until the next take() or drop().
    std::optional<wire::ControlFrameView> frame() const;
    /// Makes room for the next frame.
    void drop();

    /// From now on a frame of more bytes breaks the format.
    void limit(std::size_t most) { most_ = most; }

    /// Bytes of memory that are kept for the frame under way.
    std::size_t capacity() const { return bytes_.capacity(); }

  private:
    /// More than that is not kept for the next frame.
    static constexpr std::size_t kKeptMax = 64 * 1'024;

    /// Bytes that the frame under way is known to have.
    Result<std::size_t, Counter> wanted() const;

    std::size_t most_ = kFrameMax;
    std::vector<std::uint8_t> bytes_;
    bool is_whole_ = false;
};

}  // namespace shunt::farm
