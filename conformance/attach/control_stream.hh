// SPDX-License-Identifier: Apache-2.0
/// The upper tester of a device in wall time: its control socket, a line of JSON each way
/// (interfaces page, "Control socket").
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "attach/descriptor.hh"
#include "attach/upper_tester_channel.hh"

namespace conform {

class ControlStream : public UpperTesterChannel {
  public:
    /// An answer that is longer is none; nor is more of them than this taken at a time.
    static constexpr std::size_t kLineSizeMax = std::size_t{1} << 20;

    /// Connects to the device that listens on `path`; throws AttachmentError.
    /// A device that takes no more bytes for `patience` hangs.
    explicit ControlStream(const std::string& path,
                           std::chrono::milliseconds patience = std::chrono::seconds(10));

    void send(const std::string& line) override;
    std::vector<std::string> take() override;

  private:
    Descriptor descriptor_;
    std::string begun_;  ///< of a line that is not whole yet: there is no newline in it
};

}  // namespace conform
