// SPDX-License-Identifier: Apache-2.0
// A device in the time of a tester, as the tester's driver sees it: a state machine on one or two
// links that can be made anew and asked by a line of text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::app {

class VirtualDevice {
  public:
    VirtualDevice() = default;
    VirtualDevice(const VirtualDevice&) = delete;
    VirtualDevice& operator=(const VirtualDevice&) = delete;
    virtual ~VirtualDevice() = default;

    /// A device that remembers nothing; always the first call. `seed` is all its chance.
    virtual void restart(std::uint64_t seed, Instant now) = 0;
    virtual void handle_frame(link::LinkId link, Packet frame, Instant now) = 0;
    virtual void handle_deadline(Instant now) = 0;
    virtual std::optional<Instant> poll_deadline() const = 0;
    /// The next frame for the tester; nothing: there is none now.
    virtual std::optional<link::OutgoingFrame> poll_transmit(Instant now) = 0;
    /// Answers a line of the control protocol (docs/interfaces.md), without line ends.
    /// Nothing: the answer comes later, by poll_answer().
    virtual std::optional<std::string> answer(std::string_view line, Instant now) = 0;
    /// The next answer that was left for later.
    virtual std::optional<std::string> poll_answer() { return std::nullopt; }
};

}  // namespace shunt::app
