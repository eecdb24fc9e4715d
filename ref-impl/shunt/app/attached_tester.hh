// SPDX-License-Identifier: Apache-2.0
// The device's side of a talk with a tester over the unix: attachment: hello first, then whatever
// the page allows; a tester that breaks the rules is disconnected.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/app/node_options.hh"
#include "shunt/base/packet.hh"
#include "shunt/runtime/attachment_message.hh"
#include "shunt/runtime/event_loop.hh"
#include "shunt/runtime/unix_attachment.hh"

namespace shunt::app {

class AttachedTester {
  public:
    struct Config {
        TimeMode time = TimeMode::Wall;
        /// The links that the socket carries; at least one.
        bool has_front = false;
        bool has_back = false;
        /// Of the listener and of the connection, with the loop.
        runtime::EventLoop::Token token = 0;
    };
    /// Watches the socket. `loop` and `pool` outlive the tester.
    AttachedTester(runtime::UnixAttachment attachment, const Config& config,
                   runtime::EventLoop& loop, PacketPool& pool);

    /// The next message that the rules allow, its views valid until the next call. A HelloMessage
    /// is answered already, and asks for a fresh device.
    std::optional<runtime::AttachmentMessage> receive();

    bool carries(link::LinkId link) const {
        return link == link::LinkId::Front ? config_.has_front : config_.has_back;
    }
    /// In virtual time waits for room, in wall time may lose the frame; false: lost.
    bool send_frame(link::LinkId link, Packet frame);
    void send_quiet(std::optional<Instant> next);
    void send_control(std::string_view line, std::string_view if_too_long) {
        attachment_.send_control(line, if_too_long);
    }
    bool is_connected() const { return is_watched_; }

  private:
    void accept();
    void notice_the_end();
    bool is_allowed(const runtime::AttachmentMessage& message);
    bool greet(const runtime::HelloMessage& hello);
    void disconnect(std::string_view why);

    runtime::UnixAttachment attachment_;
    Config config_;
    runtime::EventLoop& loop_;
    PacketPool& pool_;
    bool is_watched_ = false;  // the connection is; else the listener
    bool is_greeted_ = false;
    Instant last_advance_;
};

}  // namespace shunt::app
