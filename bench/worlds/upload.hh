// SPDX-License-Identifier: Apache-2.0
// An upload through a farm: the client's full-sized frames reach s1, which serves them itself or is
// their home only, and then they go on as 0x02 to s2.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bench/worlds/farm.hh"
#include "bench/worlds/segment_frame.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::bench {

class Upload {
  public:
    /// Who reads it.
    enum class Reader { Home, Target };

    /// Beside `idle` connections that s1 serves and that are silent.
    explicit Upload(Reader reader, std::size_t idle = 0);

    /// The next frame into s1; what comes out.
    [[nodiscard]] std::optional<link::OutgoingFrame> into_home();
    /// `frame` into s2; what comes out.
    [[nodiscard]] std::optional<link::OutgoingFrame> into_target(ByteView frame);

    /// What into_home() takes next.
    ByteView frame() const { return frame_.bytes(); }
    Farm& farm() { return farm_; }

  private:
    std::optional<link::OutgoingFrame> through(node::Node& node, link::LinkId link, ByteView frame);

    Farm farm_;
    SegmentFrame frame_;
};

}  // namespace shunt::bench
