// SPDX-License-Identifier: Apache-2.0
/// The upper tester of a device in wall time: its control socket, a line of JSON each way
/// (interfaces page, "Control socket").
#pragma once

#include <string>
#include <vector>

#include "attach/descriptor.hh"

namespace conform {

class ControlStream {
  public:
    /// Connects to the device that listens on `path`; throws AttachmentError.
    explicit ControlStream(const std::string& path);

    /// Throws DeviceGone.
    void send(const std::string& line);
    /// The whole lines that have come since, without waiting. Throws DeviceGone.
    std::vector<std::string> take();

  private:
    Descriptor descriptor_;
    std::string begun_;  ///< of a line that is not whole yet
};

}  // namespace conform
