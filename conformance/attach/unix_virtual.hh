// SPDX-License-Identifier: Apache-2.0
/// unix: in virtual time: the judge owns the device's clock, so that a run is deterministic and
/// waiting costs nothing.
#pragma once

#include "attach/unix_socket.hh"

namespace conform {

/// What a device may cost one conversation; beyond that it hangs. Each is far more than a case
/// needs of a device with a clock of 100 us.
struct UnixVirtualLimits {
    std::size_t messages_per_advance = 100'000;
    std::size_t bytes_per_advance = std::size_t{64} << 20;
    std::size_t advances = 100'000;
    std::chrono::seconds wall_time{120};
};

class UnixVirtual : public Attachment {
  public:
    explicit UnixVirtual(UnixSocket socket, const UnixVirtualLimits& limits = {})
        : socket_(std::move(socket)),
          limits_(limits),
          give_up_(std::chrono::steady_clock::now() + limits.wall_time) {}

    Time now() const override { return now_; }
    void send(Link link, ByteView frame) override;
    std::vector<LinkFrame> progress(Time until) override;
    void send_control(const std::string& line) override;
    std::vector<std::string> take_control() override;

  private:
    /// Sets the device's clock and returns what it sends until it is quiet. Throws DeviceHangs
    /// where it is not in time, DeviceMisbehaves where it says what only a tester may.
    std::vector<LinkFrame> advance(Time to);

    /// Keeps what is no quiet; throws DeviceMisbehaves where it is only a tester's.
    void keep(UnixMessage&& message);
    /// What the device has said since it was quiet: frames and control, but no quiet, for that has
    /// to answer an advance and would be taken for the answer to the next one.
    void take_what_came_before();

    /// Throws DeviceHangs if the conversation has taken more than it may.
    void count_advance();

    UnixSocket socket_;
    UnixVirtualLimits limits_;
    std::chrono::steady_clock::time_point give_up_;
    std::size_t advances_ = 0;
    Time now_{0};
    Time device_deadline_ = kNever;
    bool has_unanswered_ = true;  // after hello the device has not named its deadline yet
    int stale_deadlines_ = 0;
    std::vector<std::string> control_lines_;
    std::vector<LinkFrame> frames_;  ///< that came in this advance, or right before it
    std::size_t messages_in_advance_ = 0;
    std::size_t bytes_in_advance_ = 0;
};

}  // namespace conform
