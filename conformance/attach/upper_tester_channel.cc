// SPDX-License-Identifier: Apache-2.0
#include "attach/upper_tester_channel.hh"

#include <string_view>

#include "attach/attachment.hh"
#include "attach/control_command.hh"
#include "attach/control_stream.hh"

namespace conform {

std::unique_ptr<UpperTesterChannel> open_upper_tester(const std::string& address) {
    constexpr std::string_view kUnix = "unix:";
    constexpr std::string_view kCommand = "command:";
    if (address.starts_with(kCommand)) {
        return std::make_unique<ControlCommand>(address.substr(kCommand.size()));
    }
    if (address.starts_with(kUnix)) {
        return std::make_unique<ControlStream>(address.substr(kUnix.size()));
    }
    throw AttachmentError("upper tester " + address + ": expected unix:PATH or command:PATH");
}

}  // namespace conform
