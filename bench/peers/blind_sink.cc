// SPDX-License-Identifier: Apache-2.0
// The least that a tap can be read by: takes every frame of one TCP connection after the other for
// the next one in order, verifies nothing, keeps nothing, acknowledges every second segment, and
// answers when Content-Length bytes have come. What a real engine's upload is measured against.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace {

constexpr std::size_t kFrameMax = 2'048;
constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIp = kEthernet + 20;  // the kernel's segments have no IP options
constexpr std::size_t kTcp = 20;
constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kAck = 0x10;
constexpr std::uint32_t kInitialSequence = 1'000;
constexpr std::uint8_t kWindowScale = 7;
constexpr std::string_view kLengthField = "Content-Length: ";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

using Frame = std::array<std::uint8_t, kFrameMax>;

template <typename Value>
Value load(const Frame& frame, std::size_t offset) {
    Value value = 0;
    std::memcpy(&value, frame.data() + offset, sizeof value);
    return value;
}

template <typename Value>
void store(Frame& frame, std::size_t offset, Value value) {
    std::memcpy(frame.data() + offset, &value, sizeof value);
}

std::uint16_t checksum(const std::uint8_t* bytes, std::size_t size, std::uint32_t sum) {
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, bytes + i, sizeof word);
        sum += ntohs(word);
    }
    if (size % 2 != 0) sum += std::uint32_t{bytes[size - 1]} << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

class Sink {
  public:
    explicit Sink(int tap) : tap_(tap) {}

    void handle(const Frame& frame, std::size_t size) {
        constexpr std::uint16_t kIpv4 = 0x0800;
        constexpr std::uint8_t kTcpProtocol = 6;
        if (size < kIp + kTcp || ntohs(load<std::uint16_t>(frame, 12)) != kIpv4 ||
            frame[kEthernet + 9] != kTcpProtocol) {
            return;
        }
        const std::size_t header = std::size_t{frame[kIp + 12]} / 16 * 4;
        const std::size_t total = ntohs(load<std::uint16_t>(frame, kEthernet + 2));
        const std::size_t length = total - 20 - header;
        const std::uint8_t flags = frame[kIp + 13];
        const std::uint32_t sequence = ntohl(load<std::uint32_t>(frame, kIp + 4));
        if ((flags & kSyn) != 0) {
            sent_ = kInitialSequence;
            next_ = sequence + 1;
            left_ = 0;
            unacknowledged_ = 0;
            reply(frame, kSyn | kAck, {});
            ++sent_;
            return;
        }
        if (length == 0 && (flags & kFin) == 0) return;
        next_ = sequence + static_cast<std::uint32_t>(length) + ((flags & kFin) != 0 ? 1 : 0);
        const std::uint8_t* const text = frame.data() + kIp + header;
        take({reinterpret_cast<const char*>(text), length});
        if (is_answer_due_) {
            is_answer_due_ = false;
            reply(frame, kAck, kAnswer);
            sent_ += static_cast<std::uint32_t>(kAnswer.size());
        } else if ((flags & kFin) != 0) {
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

    /// The frame that came, turned round.
    void reply(const Frame& to, std::uint8_t flags, std::string_view text) {
        Frame out{};
        std::memcpy(out.data(), to.data() + 6, 6);
        std::memcpy(out.data() + 6, to.data(), 6);
        store(out, 12, load<std::uint16_t>(to, 12));
        const bool is_syn = (flags & kSyn) != 0;
        const std::size_t header = kTcp + (is_syn ? 8 : 0);
        const std::size_t total = 20 + header + text.size();
        out[kEthernet] = 0x45;
        store(out, kEthernet + 2, htons(static_cast<std::uint16_t>(total)));
        out[kEthernet + 8] = 64;
        out[kEthernet + 9] = 6;
        store(out, kEthernet + 12, load<std::uint32_t>(to, kEthernet + 16));
        store(out, kEthernet + 16, load<std::uint32_t>(to, kEthernet + 12));
        store(out, kEthernet + 10, htons(checksum(out.data() + kEthernet, 20, 0)));
        store(out, kIp, load<std::uint16_t>(to, kIp + 2));
        store(out, kIp + 2, load<std::uint16_t>(to, kIp));
        store(out, kIp + 4, htonl(sent_));
        store(out, kIp + 8, htonl(next_));
        out[kIp + 12] = static_cast<std::uint8_t>(header / 4 * 16);
        out[kIp + 13] = flags;
        store(out, kIp + 14, htons(0xFFFF));
        if (is_syn) {  // MSS 1460, no operation, window scale
            const std::array<std::uint8_t, 8> options{2, 4, 5, 180, 1, 3, 3, kWindowScale};
            std::memcpy(out.data() + kIp + kTcp, options.data(), options.size());
        }
        std::memcpy(out.data() + kIp + header, text.data(), text.size());
        std::uint32_t pseudo = 6 + static_cast<std::uint32_t>(header + text.size());
        for (std::size_t offset = kEthernet + 12; offset < kIp; offset += 2)
            pseudo += ntohs(load<std::uint16_t>(out, offset));
        store(out, kIp + 16, htons(checksum(out.data() + kIp, header + text.size(), pseudo)));
        // What a full queue loses the peer asks for again.
        [[maybe_unused]] const ssize_t written = write(tap_, out.data(), kEthernet + total);
    }

    int tap_;
    std::uint32_t sent_ = 0;
    std::uint32_t next_ = 0;
    std::uint64_t left_ = 0;
    std::uint64_t unacknowledged_ = 0;
    bool is_answer_due_ = false;
};

int open_tap(const char* name) {
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    ifreq request{};
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0) return -1;
    return tap;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: blind-sink TAP\n");
        return 2;
    }
    const int tap = open_tap(argv[1]);
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
