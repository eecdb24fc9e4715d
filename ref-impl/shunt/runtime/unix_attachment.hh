// SPDX-License-Identifier: Apache-2.0
// The unix: attachment (docs/interfaces.md): a tester connects to a SOCK_SEQPACKET socket on which
// the device listens, one tester at a time, and talks to it in messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/runtime/attachment_message.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"
#include "shunt/runtime/unix_listener.hh"

namespace shunt::runtime {

class UnixAttachment {
  public:
    /// Longest message: a frame or a control line.
    static constexpr std::size_t kMessageMax = (1 << 20) + 1;
    /// Messages taken from the socket while a send waits for room.
    static constexpr std::size_t kQueueMax = 4'096;
    /// A tester that makes no room for this long is disconnected.
    static constexpr int kStallMaxMs = 10'000;

    static Result<UnixAttachment, SetupError> open(const std::string& path);

    /// Readable when a tester wants to connect.
    int listener_descriptor() const { return listener_.descriptor(); }
    /// Takes a waiting tester if there is none now; its descriptor, to be watched, or nothing.
    std::optional<int> accept();
    bool is_connected() const { return static_cast<bool>(connection_); }
    /// Ends the connection; the next tester may come.
    void disconnect();

    /// The next message's bytes, valid until the next call; nothing if none waits or the tester
    /// has left, which is_connected() tells.
    std::optional<ByteView> receive();

    /// Waits for room, so that nothing is lost, and takes in messages meanwhile, so that two sides
    /// that both send do not lock each other.
    void send(ByteView message);
    /// False if there was no room: the message is lost, as on a real link.
    bool send_or_lose(ByteView message);
    /// An answer to a control line; one that is too long for the socket is replaced by
    /// `if_too_long`.
    void send_control(std::string_view line, std::string_view if_too_long);

  private:
    enum class Sent { Whole, NoRoom, TooLong, Failed };
    explicit UnixAttachment(UnixListener listener);
    Sent try_send(ByteView message);
    std::size_t read_message(std::vector<std::uint8_t>& into);
    bool wait_for_room();
    Sent send_patiently(ByteView message);

    UnixListener listener_;
    FileDescriptor connection_;
    std::vector<std::uint8_t> current_;  // the message that receive() has handed out
    std::deque<std::vector<std::uint8_t>> queue_;
};

}  // namespace shunt::runtime
