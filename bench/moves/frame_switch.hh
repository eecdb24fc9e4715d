// SPDX-License-Identifier: Apache-2.0
// Joins the tap of a client's kernel with those of two servers that share one address, and gives
// the client's frames to the present server. While neither is present it holds them, in order, for
// the next one: what a dropped packet costs a client is another matter.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "bench/moves/descriptor.hh"

namespace shunt::bench {

/// Who gets the client's frames.
enum class Present : std::uint32_t { First, Nobody, Second, Stop };

/// Lies in memory that several processes share.
struct SwitchOrder {
    std::atomic<Present> present{Present::First};
    /// What the switch has last acted on: from then on no frame goes where it went before.
    std::atomic<Present> obeyed{Present::First};
};

class FrameSwitch {
  public:
    /// Opens the tap of that name in each namespace. `wake` is an event descriptor that whoever
    /// changes the order writes to.
    FrameSwitch(const std::string& tap, const std::string& client,
                const std::array<std::string, 2>& servers, SwitchOrder& order, int wake);

    /// Until it is told to stop.
    void run();

  private:
    using Frame = std::vector<std::uint8_t>;

    void take_from_client();
    void take_from(const Descriptor& server);
    void deliver(const std::uint8_t* frame, std::size_t size);
    void obey();

    SwitchOrder& order_;
    Present present_ = Present::First;
    int wake_;
    Descriptor client_;
    std::array<Descriptor, 2> servers_;
    Frame frame_;
    std::deque<Frame> held_;
};

}  // namespace shunt::bench
