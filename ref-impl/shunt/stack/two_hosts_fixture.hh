// SPDX-License-Identifier: Apache-2.0
// For tests: two hosts on a link that loses, repeats and delays frames as a seed says, in virtual
// time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/base/deadline.hh"
#include "shunt/base/rng.hh"
#include "shunt/stack/host.hh"

namespace shunt::stack {

class TwoHosts : public testing::Test {
  protected:
    static constexpr wire::Ipv4Address kClientIp{10, 7, 0, 1};
    static constexpr wire::Ipv4Address kServerIp{10, 7, 0, 2};
    static constexpr wire::Ipv4Address kServerOtherIp{10, 7, 0, 3};
    static constexpr SocketAddress kServer{kServerIp, 80};
    static constexpr Duration kMillisecond = Duration::milliseconds(1);

    static Host::Config config_of(bool is_server) {
        Host::Config config;
        config.mac = wire::MacAddress({0x02, 0, 0, 0, 0, std::uint8_t(is_server ? 2 : 1)});
        config.addresses = {is_server ? kServerIp : kClientIp};
        if (is_server) config.addresses.push_back(kServerOtherIp);
        config.routes = {{kClientIp, 24, std::nullopt}};
        return config;
    }

    /// Fresh hosts.
    void start(const Host::Config& client = config_of(false),
               const Host::Config& server = config_of(true), std::uint64_t seed = 1) {
        in_flight_.clear();
        chance_ = Rng(seed);
        client_.emplace(client, seed * 2, now_);
        server_.emplace(server, seed * 2 + 1, now_);
    }
    void SetUp() override { start(); }

    SocketSet& client() { return client_->sockets(); }
    SocketSet& server() { return server_->sockets(); }

    static ByteView bytes_of(std::string_view text) {
        return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    }

    /// A socket of the server that listens on port 80.
    SocketId listen(std::size_t backlog = 8) {
        const auto id = server().open(SocketKind::Tcp);
        EXPECT_FALSE(server().bind(*id, {{}, kServer.port}));
        EXPECT_FALSE(server().listen(*id, backlog));
        return *id;
    }
    SocketId connect(SocketAddress to = kServer) {
        const auto id = client().open(SocketKind::Tcp);
        EXPECT_EQ(client().connect(*id, to, now_), std::nullopt);
        return *id;
    }
    /// Both ends of a connection: the client's and the server's socket.
    std::pair<SocketId, SocketId> pair() {
        const SocketId listener = listen();
        const SocketId here = connect();
        run_for(kMillisecond * 50);
        const auto there = server().accept(listener);
        EXPECT_TRUE(there);
        return {here, there ? *there : SocketId{}};
    }

    /// What can be read now; nothing behind an error.
    std::string read(SocketSet& set, SocketId id) {
        std::string text;
        std::array<std::uint8_t, 3'000> buffer{};
        for (;;) {
            const auto count = set.receive(id, buffer, now_);
            if (!count || *count == 0) return text;
            text.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*count));
        }
    }
    ApiError reading_fault(SocketSet& set, SocketId id) {
        std::array<std::uint8_t, 1> buffer{};
        return set.receive(id, buffer, now_).error();
    }

    void run_for(Duration span) {
        const Instant end = now_ + span;
        for (;;) {
            collect(*client_, true);
            collect(*server_, false);
            std::optional<Instant> next =
                earlier(client_->poll_deadline(), server_->poll_deadline());
            if (!in_flight_.empty()) next = earlier(next, in_flight_.begin()->first);
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            deliver();
            client_->handle_deadline(now_);
            server_->handle_deadline(now_);
        }
        now_ = end;
    }

    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    Ratio loss_;
    Ratio repetition_;
    Duration delay_ = Duration::milliseconds(1);
    Duration jitter_;
    bool is_cut_ = false;
    std::size_t frames_ = 0;
    std::optional<Host> client_;
    std::optional<Host> server_;

  private:
    struct Frame {
        bool is_for_server;
        std::vector<std::uint8_t> bytes;
    };

    void collect(Host& host, bool is_for_server) {
        while (const auto frame = host.poll_transmit(now_)) {
            ++frames_;
            const ByteView bytes = frame->bytes();
            const bool is_lost = chance_.chance(loss_);
            if (is_lost || is_cut_) continue;
            const int copies = chance_.chance(repetition_) ? 2 : 1;
            for (int copy = 0; copy < copies; ++copy) {
                Instant at = now_ + delay_;
                const auto spread = static_cast<std::uint64_t>(jitter_.to_nanoseconds());
                if (spread > 0) {
                    const auto late = static_cast<std::int64_t>(chance_.below(spread));
                    at = at + Duration::nanoseconds(late);
                }
                in_flight_.emplace(at, Frame{is_for_server, {bytes.begin(), bytes.end()}});
            }
        }
    }

    void deliver() {
        while (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
            const Frame frame = std::move(in_flight_.begin()->second);
            in_flight_.erase(in_flight_.begin());
            Host& host = frame.is_for_server ? *server_ : *client_;
            host.handle_frame(host.pool().copy(frame.bytes), now_);
        }
    }

    std::multimap<Instant, Frame> in_flight_;
    Rng chance_{1};
};

}  // namespace shunt::stack
