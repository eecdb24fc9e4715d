// SPDX-License-Identifier: Apache-2.0
#include "attach/unix_port.hh"

namespace conform {

std::optional<LinkFrame> UnixPort::receive() {
    std::optional<UnixMessage> message = socket_.receive(std::chrono::milliseconds(0));
    if (!message) return std::nullopt;
    LinkFrame* frame = std::get_if<LinkFrame>(&*message);
    if (frame == nullptr) throw AttachmentError("the device sent a clock message in wall time");
    return std::move(*frame);
}

}  // namespace conform
