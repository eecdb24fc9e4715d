// SPDX-License-Identifier: Apache-2.0
// For tests: a node with a gateway, a client of the same engine on its front link, and real
// backends on sockets of this machine. The time is the test's, so that patience costs none.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shunt/app/gateway.hh"
#include "shunt/app/node_host.hh"
#include "shunt/base/deadline.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/runtime/edge_poller.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/stack/host.hh"

namespace shunt::app {

/// What came of reading a socket until it blocks.
struct Heard {
    std::string text;
    bool is_end = false;
    bool is_reset = false;
};

/// A program behind the gateway: one listening socket, and what it accepts.
class Backend {
  public:
    using Socket = runtime::FileDescriptor;

    /// On a path, with room for `backlog` connections and one more that nobody has accepted.
    static Backend on_path(const std::string& path, int backlog) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        return Backend(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                       backlog);
    }
    /// On a free port of the loopback interface.
    static Backend on_loopback() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return Backend(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address, 16);
    }

    std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }
    /// Closed if nobody waits.
    Socket accept() const {
        return Socket(accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }
    void stop_listening() { listener_.close(); }

    static Heard read(const Socket& socket) {
        Heard heard;
        std::array<char, 65'536> buffer{};
        for (;;) {
            const ssize_t count = recv(socket.number(), buffer.data(), buffer.size(), 0);
            if (count > 0) {
                heard.text.append(buffer.data(), static_cast<std::size_t>(count));
                continue;
            }
            heard.is_end = count == 0;
            heard.is_reset = count < 0 && errno == ECONNRESET;
            return heard;
        }
    }
    /// How much of it was taken.
    static std::size_t write(const Socket& socket, std::string_view text) {
        std::size_t sent = 0;
        while (sent < text.size()) {
            const ssize_t count =
                send(socket.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (count < 0) break;
            sent += static_cast<std::size_t>(count);
        }
        return sent;
    }
    static void reset(Socket socket) {
        const linger at_once{1, 0};
        setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

  private:
    Backend(int family, const sockaddr* address, socklen_t size, int backlog)
        : listener_(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        EXPECT_EQ(bind(listener_.number(), address, size), 0) << std::strerror(errno);
        EXPECT_EQ(listen(listener_.number(), backlog), 0) << std::strerror(errno);
    }

    Socket listener_;
};

class GatewayFixture : public testing::Test {
  protected:
    static constexpr Duration kMillisecond = Duration::milliseconds(1);
    static constexpr std::uint16_t kByPath = 80;
    static constexpr std::uint16_t kByPort = 81;
    static constexpr std::size_t kQueue = 64 * 1024;  // of the node, in each direction
    static constexpr std::size_t kLinks = 8;          // of the gateway

    GatewayFixture() {
        std::string name = "/tmp/shunt-gateway-XXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        config_.limits.tcp_receive_buffer_bytes = kQueue;
        config_.limits.tcp_send_buffer_bytes = kQueue;
        config_.listens.clear();
        add_listener(kByPath, "unix:" + path());
    }
    ~GatewayFixture() override { std::filesystem::remove_all(folder_); }

    std::string path() const { return folder_ + "/backend.sock"; }

    void add_listener(std::uint16_t port, const std::string& backend) {
        farm::Listen listen;
        listen.server = "s1";
        listen.port = port;
        listen.application = farm::kGatewayApplication;
        listen.backend = farm::BackendAddress::parse(backend);
        EXPECT_TRUE(listen.backend) << backend;
        config_.listens.push_back(listen);
    }

    /// A fresh node, gateway and client.
    void start() {
        host_.emplace(config_, config_.servers[0], contents_);
        host_->restart(1, now_);
        auto poller = runtime::EdgePoller::open();
        ASSERT_TRUE(poller);
        gateway_.emplace(*host_, std::move(*poller), kLinks);
        stack::Host::Config client;
        client.mac = wire::MacAddress({0x02, 0, 0, 0, 0, 9});
        client.addresses = {farm::standard_client_address()};
        client.routes = {{client.addresses.front(), 16, std::nullopt}};
        client.static_neighbors = {{service(), config_.servers[0].front_mac}};
        client_.emplace(client, 7, now_);
    }

    wire::Ipv4Address service() const { return config_.servers[0].services.front(); }
    stack::SocketSet& client() { return client_->sockets(); }
    stack::SocketId connect(std::uint16_t port = kByPath) {
        const auto id = client().open(stack::SocketKind::Tcp);
        EXPECT_FALSE(client().connect(*id, {service(), port}, now_));
        settle();
        return *id;
    }
    std::size_t say(stack::SocketId id, std::string_view text) {
        const ByteView bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
        const auto taken = client().send(id, bytes, now_);
        settle();
        return taken ? *taken : 0;
    }
    Heard hear(stack::SocketId id) {
        Heard heard;
        std::array<std::uint8_t, 65'536> buffer{};
        for (;;) {
            const auto count = client().receive(id, buffer, now_);
            settle();
            heard.is_reset = !count && count.error() == stack::ApiError::ConnectionReset;
            heard.is_end = count && *count == 0;
            if (!count || *count == 0) return heard;
            heard.text.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*count));
        }
    }
    bool is_reset(stack::SocketId id) {
        return client().readiness(id)->has_error &&
               *client().take_error(id) == stack::ApiError::ConnectionReset;
    }

    /// What the client has to say reaches the node; its gateway has no turn.
    void deliver() {
        while (auto frame = client_->poll_transmit(now_))
            host_->node().handle_frame(link::LinkId::Front, std::move(*frame), now_);
    }
    /// Everything that happens without the time going on.
    void settle() {
        for (bool has_moved = true; has_moved;) {
            has_moved = gateway_->turn(now_);
            while (auto frame = client_->poll_transmit(now_)) {
                host_->node().handle_frame(link::LinkId::Front, std::move(*frame), now_);
                has_moved = true;
            }
            while (auto outgoing = host_->node().poll_transmit(now_)) {
                if (is_client_deaf_) continue;
                client_->handle_frame(std::move(outgoing->frame), now_);
                has_moved = true;
            }
        }
    }
    void run_for(Duration span) {
        const Instant end = now_ + span;
        for (;;) {
            settle();
            auto next = earlier(client_->poll_deadline(), host_->node().poll_deadline());
            next = earlier(next, gateway_->poll_deadline());
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            client_->handle_deadline(now_);
            host_->node().handle_deadline(now_);
        }
        now_ = end;
        settle();
    }
    /// The kernel's TCP has something to tell the gateway. Its own time, which is short.
    void wait_for_backend() {
        pollfd descriptor{gateway_->descriptor(), POLLIN, 0};
        EXPECT_EQ(poll(&descriptor, 1, 10'000), 1);
        settle();
    }
    std::uint64_t count(Counter counter) { return host_->device_counters().value(counter); }

    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    std::string folder_;
    farm::FarmConfig config_ = farm::standard_plan(1);
    node::NoContents contents_;
    std::optional<NodeHost> host_;
    std::optional<Gateway> gateway_;
    std::optional<stack::Host> client_;
    bool is_client_deaf_ = false;
};

}  // namespace shunt::app
