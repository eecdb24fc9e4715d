// SPDX-License-Identifier: Apache-2.0
/// The tester's end of a unix: attachment: one SEQPACKET connection, hello exchanged.
#pragma once

#include <chrono>
#include <string>

#include "attach/descriptor.hh"
#include "attach/unix_message.hh"

namespace conform {

class UnixSocket {
  public:
    /// Connects to the device that listens on `path`, trying again while nobody does, at most
    /// `patience`; then exchanges hello. Throws AttachmentError, DeviceMisbehaves, DeviceHangs.
    UnixSocket(const std::string& path, std::uint8_t links, std::uint64_t seed,
               std::chrono::milliseconds patience);
    /// A connected socket; for tests, which play the device on the other end.
    UnixSocket(Descriptor connected, std::uint8_t links, std::uint64_t seed);

    int descriptor() const { return descriptor_.number(); }

    /// Throws DeviceGone or DeviceHangs; AttachmentError where the message is too long to be sent.
    void send(const Bytes& message);

    /// The next message, or nothing after `patience`. Throws DeviceGone where the device has closed
    /// the connection, DeviceMisbehaves where it sends what is no message.
    std::optional<UnixMessage> receive(std::chrono::milliseconds patience);

  private:
    void exchange_hello(std::uint8_t links, std::uint64_t seed);
    Descriptor descriptor_;
};

}  // namespace conform
