// SPDX-License-Identifier: Apache-2.0
#include "attach/unix_port.hh"

namespace conform {

std::optional<LinkFrame> UnixPort::receive() {
    std::optional<UnixMessage> message = socket_.receive(std::chrono::milliseconds(0));
    if (!message) return std::nullopt;
    // What it says of its own accord, like what it answers an upper tester, is nothing for a link.
    if (std::holds_alternative<ControlMessage>(*message)) return std::nullopt;
    LinkFrame* frame = std::get_if<LinkFrame>(&*message);
    if (frame == nullptr) throw DeviceMisbehaves("the device sent a clock message in wall time");
    return std::move(*frame);
}

}  // namespace conform
