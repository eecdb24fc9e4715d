// SPDX-License-Identifier: Apache-2.0
/// The way to a device's upper tester in wall time: a line of JSON each way (interfaces page,
/// "Control socket").
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace conform {

class UpperTesterChannel {
  public:
    UpperTesterChannel() = default;
    UpperTesterChannel(const UpperTesterChannel&) = delete;
    UpperTesterChannel& operator=(const UpperTesterChannel&) = delete;
    virtual ~UpperTesterChannel() = default;

    /// Throws DeviceGone.
    virtual void send(const std::string& line) = 0;
    /// The whole lines that have come since, without waiting. Throws DeviceGone, DeviceMisbehaves.
    virtual std::vector<std::string> take() = 0;
};

/// Of "unix:PATH" or "command:PATH"; throws AttachmentError.
std::unique_ptr<UpperTesterChannel> open_upper_tester(const std::string& address);

}  // namespace conform
