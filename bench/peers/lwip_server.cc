// SPDX-License-Identifier: Apache-2.0
// lwIP on a tap, by its raw API in one thread: what another stack in user space makes of the same
// work. GET /bytes/N answers N bytes; a request's body is read and thrown away.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <net/if.h>
#include <netif/ethernet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kFrameMax = 1'518;
constexpr std::uint16_t kMtu = 1'500;
constexpr std::uint16_t kPort = 80;
constexpr int kFramesPerLook = 64;
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kLengthField = "Content-Length: ";
constexpr std::string_view kBytes = " /bytes/";

/// Content without end; lwIP refers to it instead of copying it.
const std::array<char, 65'536> kContent{};

std::uint64_t number_behind(std::string_view text, std::string_view mark) {
    std::uint64_t number = 0;
    const std::size_t begin = text.find(mark);
    if (begin == std::string_view::npos) return 0;
    const char* first = text.data() + begin + mark.size();
    std::from_chars(first, text.data() + text.size(), number);
    return number;
}

/// One client's connection. lwIP calls the static functions with it as their argument.
class Exchange {
  public:
    explicit Exchange(tcp_pcb* pcb) : pcb_(pcb) {
        tcp_arg(pcb, this);
        tcp_nagle_disable(pcb);
        tcp_recv(pcb, [](void* self, tcp_pcb*, pbuf* text, err_t) {
            return static_cast<Exchange*>(self)->receive(text);
        });
        tcp_sent(pcb, [](void* self, tcp_pcb*, u16_t) {
            static_cast<Exchange*>(self)->send();
            return err_t{ERR_OK};
        });
        tcp_err(pcb, [](void* self, err_t) { delete static_cast<Exchange*>(self); });
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

  private:
    err_t receive(pbuf* text) {
        if (text == nullptr) {
            tcp_arg(pcb_, nullptr);
            tcp_err(pcb_, nullptr);
            tcp_close(pcb_);
            delete this;
            return ERR_OK;
        }
        for (const pbuf* part = text; part != nullptr; part = part->next)
            take({static_cast<const char*>(part->payload), part->len});
        tcp_recved(pcb_, text->tot_len);
        pbuf_free(text);
        send();
        return ERR_OK;
    }

    void take(std::string_view text) {
        while (!text.empty()) {
            if (body_left_ > 0) {
                const std::size_t count = std::min<std::uint64_t>(body_left_, text.size());
                body_left_ -= count;
                text.remove_prefix(count);
                if (body_left_ == 0) answer();
                continue;
            }
            head_ += text;
            const std::size_t end = head_.find(kEndOfHead);
            if (end == std::string::npos) return;
            const std::size_t size = end + kEndOfHead.size();
            text.remove_prefix(text.size() - (head_.size() - size));
            head_.resize(size);
            body_left_ = number_behind(head_, kLengthField);
            answer_size_ = number_behind(head_, kBytes);
            head_.clear();
            if (body_left_ == 0) answer();
        }
    }

    void answer() {
        answer_ += fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer_size_);
        content_left_ += answer_size_;
    }

    void send() {
        if (!answer_.empty()) {
            const u8_t flags =
                content_left_ > 0 ? TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE : TCP_WRITE_FLAG_COPY;
            if (tcp_write(pcb_, answer_.data(), static_cast<u16_t>(answer_.size()), flags) !=
                ERR_OK) {
                return;
            }
            answer_.clear();
        }
        while (content_left_ > 0) {
            const std::uint64_t room = tcp_sndbuf(pcb_);
            const auto count = static_cast<u16_t>(
                std::min<std::uint64_t>({content_left_, room, kContent.size() - 1}));
            if (count == 0 || tcp_write(pcb_, kContent.data(), count, 0) != ERR_OK) break;
            content_left_ -= count;
        }
        tcp_output(pcb_);
    }

    tcp_pcb* pcb_;
    std::string head_;
    std::string answer_;
    std::uint64_t body_left_ = 0;
    std::uint64_t answer_size_ = 0;
    std::uint64_t content_left_ = 0;
};

int open_tap(const char* name) {
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) return -1;
    return tap;
}

err_t write_frame(netif* interface, pbuf* frame) {
    std::array<std::uint8_t, kFrameMax> bytes{};
    const u16_t size = pbuf_copy_partial(frame, bytes.data(), kFrameMax, 0);
    const int tap = *static_cast<int*>(interface->state);
    return write(tap, bytes.data(), size) == size ? err_t{ERR_OK} : err_t{ERR_IF};
}

err_t start_interface(netif* interface) {
    constexpr std::array<std::uint8_t, 6> kStation = {0x02, 0x07, 0, 0, 0, 0x01};
    interface->name[0] = interface->name[1] = 't';
    interface->output = etharp_output;
    interface->linkoutput = write_frame;
    interface->mtu = kMtu;
    interface->hwaddr_len = kStation.size();
    std::copy(kStation.begin(), kStation.end(), interface->hwaddr);
    interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/// False: nothing came.
bool read_frames(int tap, netif& interface) {
    std::array<std::uint8_t, kFrameMax> bytes{};
    for (int count = 0; count < kFramesPerLook; ++count) {
        const ssize_t size = read(tap, bytes.data(), bytes.size());
        if (size <= 0) return count > 0;
        pbuf* frame = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(size), PBUF_RAM);
        if (frame == nullptr) continue;
        pbuf_take(frame, bytes.data(), static_cast<u16_t>(size));
        if (interface.input(frame, &interface) != ERR_OK) pbuf_free(frame);
    }
    return true;
}

bool listen() {
    tcp_pcb* pcb = tcp_new();
    if (pcb == nullptr || tcp_bind(pcb, IP_ADDR_ANY, kPort) != ERR_OK) return false;
    pcb = tcp_listen_with_backlog(pcb, 255);
    if (pcb == nullptr) return false;
    tcp_accept(pcb, [](void*, tcp_pcb* accepted, err_t error) {
        if (error != ERR_OK || accepted == nullptr) return err_t{ERR_VAL};
        new Exchange(accepted);  // lwIP keeps it; its end deletes it
        return err_t{ERR_OK};
    });
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        fmt::print(stderr, "lwip-server TAP ADDRESS NETMASK: serves HTTP on port 80\n");
        return 2;
    }
    int tap = open_tap(arguments[1]);
    if (tap < 0) {
        fmt::print(stderr, "lwip-server: {}: {}\n", arguments[1], std::strerror(errno));
        return 2;
    }
    lwip_init();
    netif interface {};
    ip4_addr_t address{};
    ip4_addr_t mask{};
    const ip4_addr_t none{};
    if (ip4addr_aton(arguments[2], &address) == 0 || ip4addr_aton(arguments[3], &mask) == 0)
        return 2;
    netif_add(&interface, &address, &mask, &none, &tap, start_interface, ethernet_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
    if (!listen()) return 3;
    while (true) {
        const bool was_busy = read_frames(tap, interface);
        sys_check_timeouts();
        if (was_busy) continue;
        pollfd wait{.fd = tap, .events = POLLIN, .revents = 0};
        poll(&wait, 1, static_cast<int>(std::min<u32_t>(sys_timeouts_sleeptime(), 250)));
    }
}
