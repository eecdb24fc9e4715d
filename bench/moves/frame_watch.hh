// SPDX-License-Identifier: Apache-2.0
// A packet socket on an interface (packet(7)): every frame that passes in either direction, with
// the kernel's time of it, and a way to send one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/moves/descriptor.hh"
#include "shunt/base/bytes.hh"

namespace shunt::bench {

/// Nanoseconds of CLOCK_REALTIME, the clock in which the kernel stamps frames.
using WallTime = std::int64_t;

WallTime wall_now();

struct SeenFrame {
    std::vector<std::uint8_t> bytes;  // from the Ethernet header on
    WallTime time = 0;
    bool is_sent = false;  // by this host into the interface; else it came out of it
};

class FrameWatch {
  public:
    /// On an interface of the namespace this thread is in.
    explicit FrameWatch(const std::string& interface);

    /// From now on nothing is even copied but a farm's encapsulated frames, without those of Type
    /// 0x12, of which there are many, and the segments of a control channel that begin with what is
    /// said of a blob.
    void leave_out_data();
    /// The next frame, if there is one.
    std::optional<SeenFrame> next();
    /// Sleeps until there may be one, or for that long.
    void wait(std::chrono::microseconds most);
    void send(ByteView frame);
    /// Forgets what has passed.
    void clear();

  private:
    Descriptor socket_;
};

}  // namespace shunt::bench
