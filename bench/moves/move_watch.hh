// SPDX-License-Identifier: Apache-2.0
// The messages of one move, as they pass the target's end of the back link, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/moves/frame_watch.hh"
#include "shunt/base/bytes.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::bench {

struct MoveTimes {
    std::optional<WallTime> offered;       // the first 0x01, or where a blob begins
    std::optional<WallTime> acknowledged;  // the first 0x03, or control frame 0x11
    std::optional<WallTime> released;      // the first 0x14, or control frame 0x15
    std::uint32_t send_queue = 0;          // what the control block says
    std::uint32_t receive_queue = 0;
};

class MoveWatch {
  public:
    /// On an interface of the namespace this thread is in, of a farm of EtherType 0x88B5.
    explicit MoveWatch(const std::string& interface) : frames_(interface) {
        frames_.leave_out_data();
    }

    /// Takes note of what has passed.
    void look();
    void wait(std::chrono::microseconds most) { frames_.wait(most); }
    /// What has passed since the last call of clear().
    const MoveTimes& times() const { return times_; }
    void clear();

  private:
    void take(ByteView encapsulated, WallTime time);
    void take_control(ByteView bytes, WallTime time);
    void note_queues(const wire::ControlBlock& block);

    FrameWatch frames_;
    MoveTimes times_;
};

}  // namespace shunt::bench
