// SPDX-License-Identifier: Apache-2.0
// The least that a tap can be read by: takes every frame of one TCP connection after the other for
// the next one in order, verifies nothing, keeps nothing, acknowledges every second segment, and
// answers when Content-Length bytes have come. What a real engine's upload is measured against.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "bench/peers/blind_tap.hh"

namespace bench::peers {
namespace {

constexpr std::uint32_t kInitialSequence = 1'000;
constexpr std::string_view kLengthField = "Content-Length: ";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

class Sink {
  public:
    explicit Sink(int tap) : tap_(tap) {}

    void handle(const Frame& frame, std::size_t size) {
        const auto segment = read_segment(frame, size);
        if (!segment) return;
        const bool is_end = (segment->flags & kFin) != 0;
        if ((segment->flags & kSyn) != 0) {
            sent_ = kInitialSequence;
            next_ = segment->sequence + 1;
            left_ = 0;
            unacknowledged_ = 0;
            reply(frame, kSyn | kAck, {});
            ++sent_;
            return;
        }
        if (segment->text.empty() && !is_end) return;
        next_ =
            segment->sequence + static_cast<std::uint32_t>(segment->text.size()) + (is_end ? 1 : 0);
        take(segment->text);
        if (is_answer_due_) {
            is_answer_due_ = false;
            reply(frame, kAck, kAnswer);
            sent_ += static_cast<std::uint32_t>(kAnswer.size());
        } else if (is_end) {
            reply(frame, kFin | kAck, {});
        } else if (++unacknowledged_ % 2 == 0) {
            reply(frame, kAck, {});
        }
    }

  private:
    void take(std::string_view text) {
        if (left_ == 0) {
            const std::size_t field = text.find(kLengthField);
            const std::size_t end = text.find(kEndOfHead);
            if (field >= end || end == std::string_view::npos) return;
            std::from_chars(text.data() + field + kLengthField.size(), text.data() + end, left_);
            text.remove_prefix(end + kEndOfHead.size());
        }
        left_ -= std::min<std::uint64_t>(left_, text.size());
        is_answer_due_ = left_ == 0;
    }

    void reply(const Frame& to, std::uint8_t flags, std::string_view text) {
        const std::size_t size = write_answer(out_, to, {flags, sent_, next_, text, false});
        // What a full queue loses the peer asks for again.
        [[maybe_unused]] const ssize_t written = write(tap_, out_.data(), size);
    }

    int tap_;
    Frame out_{};
    std::uint32_t sent_ = 0;
    std::uint32_t next_ = 0;
    std::uint64_t left_ = 0;
    std::uint64_t unacknowledged_ = 0;
    bool is_answer_due_ = false;
};

}  // namespace
}  // namespace bench::peers

int main(int argc, char** argv) {
    using namespace bench::peers;
    if (argc != 2) {
        fmt::print(stderr, "usage: blind-sink TAP\n");
        return 2;
    }
    const int tap = open_tap(argv[1], false);
    if (tap < 0) {
        fmt::print(stderr, "blind-sink: tap {}: {}\n", argv[1], std::strerror(errno));
        return 2;
    }
    Sink sink(tap);
    Frame frame{};
    for (;;) {
        pollfd readable{tap, POLLIN, 0};
        if (poll(&readable, 1, -1) < 0) return 3;
        for (;;) {
            const ssize_t size = read(tap, frame.data(), frame.size());
            if (size < 0) break;
            sink.handle(frame, static_cast<std::size_t>(size));
        }
    }
}
