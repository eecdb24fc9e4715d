// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/attached_tester.hh"

#include <fmt/format.h>

#include <utility>

#include "shunt/app/log.hh"

namespace shunt::app {

using runtime::AdvanceMessage;
using runtime::AttachmentMessage;
using runtime::FrameMessage;
using runtime::HelloMessage;
using runtime::QuietMessage;

AttachedTester::AttachedTester(runtime::UnixAttachment attachment, const Config& config,
                               runtime::EventLoop& loop, PacketPool& pool)
    : attachment_(std::move(attachment)), config_(config), loop_(loop), pool_(pool) {
    loop_.watch(attachment_.listener_descriptor(), config_.token);
}

std::optional<AttachmentMessage> AttachedTester::receive() {
    if (!is_watched_) accept();
    const std::optional<ByteView> bytes = attachment_.receive();
    if (!bytes) {
        notice_the_end();
        return std::nullopt;
    }
    const auto message = runtime::parse_attachment_message(*bytes);
    if (!message) {
        disconnect("a message that is none of docs/interfaces.md");
        return std::nullopt;
    }
    if (!is_allowed(*message)) return std::nullopt;
    return message;
}

/// While one tester is connected, the next waits in the listener's backlog.
void AttachedTester::accept() {
    const std::optional<int> connection = attachment_.accept();
    if (!connection) return;
    loop_.unwatch(attachment_.listener_descriptor());
    loop_.watch(*connection, config_.token);
    is_watched_ = true;
    is_greeted_ = false;
    log_info("a tester has connected");
}

void AttachedTester::notice_the_end() {
    if (!is_watched_ || attachment_.is_connected()) return;
    loop_.watch(attachment_.listener_descriptor(), config_.token);
    is_watched_ = false;
    log_info("the tester has left");
}

void AttachedTester::disconnect(std::string_view why) {
    log_warning(fmt::format("the tester is disconnected: {}", why));
    attachment_.disconnect();
    notice_the_end();
}

bool AttachedTester::is_allowed(const AttachmentMessage& message) {
    if (const auto* hello = std::get_if<HelloMessage>(&message)) return greet(*hello);
    if (!is_greeted_) {
        disconnect("expected hello (kind 3) first");
        return false;
    }
    if (const auto* frame = std::get_if<FrameMessage>(&message)) {
        if (carries(frame->link)) return true;
        disconnect(fmt::format("a frame on link {}, which this socket does not carry",
                               static_cast<int>(frame->link)));
        return false;
    }
    if (std::holds_alternative<QuietMessage>(message)) {
        disconnect("quiet (kind 2) is the device's to say");
        return false;
    }
    if (const auto* advance = std::get_if<AdvanceMessage>(&message)) {
        const bool is_forward = advance->to >= last_advance_;
        if (config_.time == TimeMode::Virtual && is_forward) {
            last_advance_ = advance->to;
            return true;
        }
        disconnect(is_forward ? "advance (kind 1) in wall time" : "advance to an earlier time");
        return false;
    }
    return true;
}

bool AttachedTester::greet(const HelloMessage& hello) {
    const auto links =
        static_cast<std::uint8_t>((config_.has_front ? 1 : 0) + (config_.has_back ? 1 : 0));
    if (is_greeted_ || hello.version != runtime::kAttachmentVersion || hello.links != links) {
        disconnect(is_greeted_ ? "a second hello; connect again for a fresh device"
                               : fmt::format("hello with version {} and {} links, expected {} "
                                             "and {}",
                                             hello.version, hello.links,
                                             runtime::kAttachmentVersion, links));
        return false;
    }
    is_greeted_ = true;
    last_advance_ = Instant();
    Packet answer = pool_.take();
    runtime::store_hello(hello, answer);
    attachment_.send(answer.bytes());
    return true;
}

bool AttachedTester::send_frame(link::LinkId link, Packet frame) {
    runtime::prepend_frame_message(link, frame);
    if (!is_greeted_) return false;
    if (config_.time == TimeMode::Wall) return attachment_.send_or_lose(frame.bytes());
    attachment_.send(frame.bytes());
    return true;
}

void AttachedTester::send_quiet(std::optional<Instant> next) {
    Packet message = pool_.take();
    runtime::store_quiet({next}, message);
    attachment_.send(message.bytes());
}

}  // namespace shunt::app
