// SPDX-License-Identifier: Apache-2.0
/// The upper tester of a device in wall time: its control socket, a line of JSON each way
/// (interfaces page, "Control socket").
#pragma once

#include <string>
#include <vector>

#include "attach/descriptor.hh"
#include "attach/upper_tester_channel.hh"

namespace conform {

class ControlStream : public UpperTesterChannel {
  public:
    /// Connects to the device that listens on `path`; throws AttachmentError.
    explicit ControlStream(const std::string& path);

    void send(const std::string& line) override;
    std::vector<std::string> take() override;

  private:
    Descriptor descriptor_;
    std::string begun_;  ///< of a line that is not whole yet
};

}  // namespace conform
