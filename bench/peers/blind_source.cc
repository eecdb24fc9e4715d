// SPDX-License-Identifier: Apache-2.0
// The most that can be written to a tap with segmentation offload: answers a request for /bytes/N
// with the same 64 KiB again and again, as far as the client's window goes, computes no checksum,
// keeps nothing, sends nothing twice. What a real engine's download can reach at best.
#include <fmt/format.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <vector>

#include "bench/peers/blind_tap.hh"

namespace bench::peers {
namespace {

constexpr std::uint32_t kInitialSequence = 1'000;
constexpr std::uint16_t kSegmentText = 1'460;
constexpr std::size_t kTrainText = std::size_t{kSegmentText} * 44;
constexpr std::string_view kRequest = "GET /bytes/";

// struct virtio_net_hdr, whose header is no C++ (virtio 1.2, 5.1.6).
struct Offload {
    std::uint8_t flags = 0;
    std::uint8_t segmentation = 0;
    std::uint16_t header_size = 0;
    std::uint16_t segment_size = 0;
    std::uint16_t checksum_start = 0;
    std::uint16_t checksum_offset = 0;
};
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kTcpIpv4 = 1;

class Source {
  public:
    explicit Source(int tap) : tap_(tap), content_(kTrainText, 's') {}

    void handle(const Frame& frame, std::size_t size) {
        const auto segment = read_segment(frame, size);
        if (!segment || (segment->flags & kReset) != 0) return;
        if ((segment->flags & kSyn) != 0) return open(frame, *segment);
        right_edge_ = segment->acknowledgment + (std::uint32_t{segment->window} << scale_);
        next_ = segment->sequence + static_cast<std::uint32_t>(segment->text.size());
        if (segment->text.starts_with(kRequest)) start(frame, segment->text);
        if ((segment->flags & kFin) != 0) {
            ++next_;
            send_text(frame, kFin | kAck, {});
        }
        send_content(frame);
    }

  private:
    void open(const Frame& syn, const Segment& segment) {
        sent_ = kInitialSequence;
        next_ = segment.sequence + 1;
        scale_ = window_scale(syn);
        left_ = 0;
        send_text(syn, kSyn | kAck, {});
        ++sent_;
    }

    void start(const Frame& frame, std::string_view request) {
        request.remove_prefix(kRequest.size());
        std::from_chars(request.data(), request.data() + request.size(), left_);
        const std::string head =
            fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", left_);
        send_text(frame, kAck, head);
        sent_ += static_cast<std::uint32_t>(head.size());
    }

    void send_content(const Frame& frame) {
        while (left_ > 0) {
            const std::size_t count = std::min<std::uint64_t>(left_, content_.size());
            const std::uint32_t room = right_edge_ - sent_;
            if (room < count || room > (1U << 30)) return;
            const std::string_view text(content_.data(), count);
            const std::size_t size = write_answer(out_, frame, {kAck, sent_, next_, text, true});
            if (!send_train(size, text)) return;
            sent_ += static_cast<std::uint32_t>(count);
            left_ -= count;
        }
    }

    bool send_train(std::size_t header, std::string_view text) {
        Offload offload{kNeedsChecksum, 0,   static_cast<std::uint16_t>(header),
                        kSegmentText,   kIp, 16};
        if (text.size() > kSegmentText) offload.segmentation = kTcpIpv4;
        const iovec parts[] = {{&offload, sizeof offload},
                               {out_.data(), header},
                               {const_cast<char*>(text.data()), text.size()}};
        return writev(tap_, parts, 3) > 0;
    }

    void send_text(const Frame& to, std::uint8_t flags, std::string_view text) {
        const std::size_t size = write_answer(out_, to, {flags, sent_, next_, text, false});
        Offload nothing;
        const iovec parts[] = {{&nothing, sizeof nothing}, {out_.data(), size}};
        [[maybe_unused]] const ssize_t written = writev(tap_, parts, 2);
    }

    int tap_;
    std::vector<char> content_;
    Frame out_{};
    std::uint32_t sent_ = 0;
    std::uint32_t next_ = 0;
    std::uint32_t right_edge_ = 0;
    std::uint8_t scale_ = 0;
    std::uint64_t left_ = 0;
};

}  // namespace
}  // namespace bench::peers

int main(int argc, char** argv) {
    using namespace bench::peers;
    if (argc != 2) {
        fmt::print(stderr, "usage: blind-source TAP\n");
        return 2;
    }
    const int tap = open_tap(argv[1], true);
    if (tap < 0) {
        fmt::print(stderr, "blind-source: tap {}: {}\n", argv[1], std::strerror(errno));
        return 2;
    }
    Source source(tap);
    Frame frame{};
    for (;;) {
        pollfd readable{tap, POLLIN, 0};
        if (poll(&readable, 1, -1) < 0) return 3;
        for (;;) {
            Offload offload;
            const iovec parts[] = {{&offload, sizeof offload}, {frame.data(), frame.size()}};
            const ssize_t size = readv(tap, parts, 2);
            if (size < 0) break;
            source.handle(frame, static_cast<std::size_t>(size) - sizeof offload);
        }
    }
}
