// SPDX-License-Identifier: Apache-2.0
// Moves a connection of the kernel's TCP from one namespace to another by TCP_REPAIR, with so many
// bytes in both queues of the server, and says how long neither server had it. The packets of that
// time are held and delivered to the second server; what both ends then read is compared.
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <charconv>
#include <chrono>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <thread>

#include "bench/moves/content_socket.hh"
#include "bench/moves/frame_switch.hh"
#include "bench/moves/kernel_connection.hh"
#include "bench/moves/network_namespace.hh"

namespace shunt::bench {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr const char* kService = "10.7.1.1";
constexpr const char* kTap = "tap0";
constexpr std::uint16_t kPort = 80;
/// What each end sends once the connection has moved.
constexpr std::uint64_t kBehindBytes = 256 * 1024;
constexpr unsigned kLifeMaxSeconds = 30;
constexpr int kQuietLooks = 5;  // that find the queues as they are to be, one after the other
constexpr int kChannelBytes = 8 * 1024 * 1024;

/// Memory of all processes of the measurement. Each word has one writer.
struct Shared {
    SwitchOrder order;
    std::atomic<bool> is_listening{false};
    std::atomic<bool> is_prepared{false};
    std::atomic<bool> has_moved{false};
    Clock::time_point frozen;
    Clock::time_point released;
    std::uint64_t send_queue = 0;
    std::uint64_t receive_queue = 0;
    std::uint64_t sent_before = 0;
};

struct Setting {
    std::string client;
    std::array<std::string, 2> servers;
    std::uint64_t queued = 0;
};

void wait_for(const std::atomic<bool>& happened) {
    while (!happened.load())
        std::this_thread::sleep_for(milliseconds(1));
}

void order(Shared& shared, int wake, Present present) {
    const std::uint64_t one = 1;
    shared.order.present.store(present);
    if (write(wake, &one, sizeof one) < 0) fail("wake");
}

/// Sends content until just so much waits, and waits for the client's.
std::uint64_t fill_queues(int socket, std::uint64_t queued) {
    std::uint64_t sent = 0;
    for (int quiet = 0; quiet < kQuietLooks;) {
        std::this_thread::sleep_for(milliseconds(4));
        const std::uint64_t waiting = queued_bytes(socket, SIOCOUTQ);
        const bool is_full = waiting == queued && queued_bytes(socket, SIOCINQ) == queued;
        quiet = is_full ? quiet + 1 : 0;
        if (waiting >= queued) continue;
        send_content(socket, sent, queued - waiting);
        sent += queued - waiting;
    }
    return sent;
}

void serve_first(const Setting& setting, Shared& shared, int wake, int channel) {
    enter_namespace(setting.servers[0]);
    const sockaddr_in local = address_of(kService, kPort);
    const Descriptor listener = make_socket(kLargeBuffer);
    if (bind(listener.number(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
        listen(listener.number(), 1) != 0) {
        fail("listen");
    }
    shared.is_listening.store(true);
    const Descriptor connection(accept(listener.number(), nullptr, nullptr), "accept");
    shared.sent_before = fill_queues(connection.number(), setting.queued);
    wait_for(shared.is_prepared);
    order(shared, wake, Present::Nobody);
    while (shared.order.obeyed.load() != Present::Nobody)
        std::this_thread::yield();
    shared.frozen = Clock::now();
    const KernelConnection taken = take_connection(connection.number());
    send_connection(channel, taken);
    shared.send_queue = taken.state.send_bytes;
    shared.receive_queue = taken.state.receive_bytes;
    wait_for(shared.has_moved);
}

void serve_second(const Setting& setting, Shared& shared, int wake, int channel) {
    enter_namespace(setting.servers[1]);
    const Descriptor socket = prepare_socket(address_of(kService, kPort));
    shared.is_prepared.store(true);
    const KernelConnection taken = receive_connection(channel);
    resume_connection(socket.number(), taken);
    shared.released = Clock::now();
    order(shared, wake, Present::Second);
    send_unsent(socket.number(), taken);
    shared.has_moved.store(true);
    send_content(socket.number(), shared.sent_before, kBehindBytes);
    ContentCheck check;
    receive_content(socket.number(), check, setting.queued + kBehindBytes);
    if (check.wrong() > 0) throw std::runtime_error("what the client sent arrived changed");
}

/// Not waited for: what is on its way to the second server goes through the switch's own process.
void converse(const Setting& setting, Shared& shared) {
    wait_for(shared.is_listening);
    enter_namespace(setting.client);
    const Descriptor socket = make_socket(kSmallReceiveBuffer);
    const sockaddr_in service = address_of(kService, kPort);
    if (connect(socket.number(), reinterpret_cast<const sockaddr*>(&service), sizeof service) != 0)
        fail("connect");
    send_content(socket.number(), 0, setting.queued);
    wait_for(shared.has_moved);
    send_content(socket.number(), setting.queued, kBehindBytes);
    ContentCheck check;
    receive_content(socket.number(), check, shared.sent_before + kBehindBytes);
    if (check.wrong() > 0) throw std::runtime_error("what the servers sent arrived changed");
}

/// Runs `work` in a process of its own, which ends in time whatever happens.
pid_t start(const char* name, const std::function<void()>& work) {
    const pid_t child = fork();
    if (child != 0) return child;
    alarm(kLifeMaxSeconds);
    try {
        work();
        std::_Exit(0);
    } catch (const std::exception& error) {
        fmt::print(stderr, "repair-freeze: {}: {}\n", name, error.what());
        std::_Exit(3);
    }
}

bool has_succeeded(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Shared& share_memory() {
    void* const memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("memory");
    return *new (memory) Shared;
}

int run(const Setting& setting) {
    Shared& shared = share_memory();
    const Descriptor wake(eventfd(0, EFD_CLOEXEC), "eventfd");
    std::array<int, 2> channel{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel.data()) != 0) fail("channel");
    // All of a connection fits, so that sender and receiver wait for each other just once.
    setsockopt(channel[0], SOL_SOCKET, SO_SNDBUFFORCE, &kChannelBytes, sizeof kChannelBytes);
    FrameSwitch frames(kTap, setting.client, setting.servers, shared.order, wake.number());
    const pid_t joint = start("switch", [&] { frames.run(); });
    const std::array<pid_t, 3> ends{
        start("first server", [&] { serve_first(setting, shared, wake.number(), channel[0]); }),
        start("second server", [&] { serve_second(setting, shared, wake.number(), channel[1]); }),
        start("client", [&] { converse(setting, shared); })};
    bool is_right = true;
    for (const pid_t end : ends)
        is_right = has_succeeded(end) && is_right;
    order(shared, wake.number(), Present::Stop);
    if (!has_succeeded(joint) || !is_right) return 3;
    const auto freeze = std::chrono::duration<double, std::micro>(shared.released - shared.frozen);
    fmt::print("{{\"freeze_us\":{:.1f},\"send_queue\":{},\"receive_queue\":{}}}\n", freeze.count(),
               shared.send_queue, shared.receive_queue);
    return 0;
}

}  // namespace
}  // namespace shunt::bench

int main(int argc, char** argv) {
    constexpr int arguments = 5;
    shunt::bench::Setting setting;
    const std::string_view queued = argc == arguments ? argv[4] : "";
    const char* const end = queued.data() + queued.size();
    if (queued.empty() || std::from_chars(queued.data(), end, setting.queued).ptr != end) {
        fmt::print(stderr,
                   "usage: repair-freeze CLIENT FIRST SECOND QUEUED_BYTES\n"
                   "CLIENT, FIRST, SECOND: network namespaces, each with a tap0\n");
        return 2;
    }
    setting.client = argv[1];
    setting.servers = {argv[2], argv[3]};
    try {
        return shunt::bench::run(setting);
    } catch (const std::exception& error) {
        fmt::print(stderr, "repair-freeze: {}\n", error.what());
        return 3;
    }
}
