// SPDX-License-Identifier: Apache-2.0
/// Attachments in wall time: ports that carry one link or both, waited for together.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "attach/attachment.hh"
#include "attach/upper_tester_channel.hh"

namespace conform {

/// One socket towards the device.
class WallPort {
  public:
    WallPort() = default;
    WallPort(const WallPort&) = delete;
    WallPort& operator=(const WallPort&) = delete;
    virtual ~WallPort() = default;

    virtual int descriptor() const = 0;
    virtual bool carries(Link link) const = 0;
    virtual void send(Link link, ByteView frame) = 0;
    /// What has arrived, without waiting.
    virtual std::optional<LinkFrame> receive() = 0;
    /// When the frame that receive() gave last had come, by the system's clock; 0: not known.
    virtual std::chrono::nanoseconds arrival() const { return {}; }
    /// How many the system has dropped since the last call, because nobody took them.
    virtual std::uint64_t take_dropped() { return 0; }
};

class WallAttachment : public Attachment {
  public:
    /// `control`: how its upper tester is reached (open_upper_tester), empty if it has none.
    explicit WallAttachment(std::vector<std::unique_ptr<WallPort>> ports, std::string control = {});

    Time now() const override { return std::chrono::steady_clock::now() - start_; }
    void send(Link link, ByteView frame) override;
    std::vector<LinkFrame> progress(Time until) override;
    std::uint64_t dropped() override;
    /// The first line opens the way to it.
    void send_control(const std::string& line) override;
    std::vector<std::string> take_control() override;

  private:
    /// A port, and the frame of it that comes next.
    struct Source {
        std::unique_ptr<WallPort> port;
        std::optional<LinkFrame> next{};
        std::chrono::nanoseconds arrival{};
    };

    /// Frames of all ports in the order in which they came: what a device does on one link before
    /// it does something on the other is heard before it.
    std::vector<LinkFrame> receive_all();
    /// Sees to the next frame of each port that has one.
    void look();

    std::vector<Source> sources_;
    std::string control_address_;
    std::uint64_t dropped_ = 0;
    std::int64_t read_ = 0;  ///< frames whose arrival nobody knows
    std::unique_ptr<UpperTesterChannel> control_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace conform
