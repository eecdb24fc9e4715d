// SPDX-License-Identifier: Apache-2.0
// An application may call anything at any time, in any order, with any value: it gets an error by
// its name, never a broken host, and two other applications go on talking.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "shunt/stack/two_hosts_fixture.hh"

namespace shunt::stack {
namespace {

using Error = ApiError;
using Misuse = TwoHosts;

TEST_F(Misuse, AnIdThatIsGoneIsNoSocketForAnyVerb) {
    const SocketId id = *client().open(SocketKind::Tcp);
    EXPECT_FALSE(client().close(id, now_));
    const SocketId next = *client().open(SocketKind::Tcp);
    EXPECT_EQ(next.index, id.index);
    std::vector<std::uint8_t> buffer(1);
    for (const SocketId gone : {id, SocketId{99, 0}}) {
        EXPECT_EQ(client().bind(gone, {}), Error::NotASocket);
        EXPECT_EQ(client().listen(gone, 1), Error::NotASocket);
        EXPECT_EQ(client().accept(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().connect(gone, kServer, now_), Error::NotASocket);
        EXPECT_EQ(client().send(gone, buffer, now_).error(), Error::NotASocket);
        EXPECT_EQ(client().send_to(gone, buffer, kServer).error(), Error::NotASocket);
        EXPECT_EQ(client().send_urgent(gone, buffer, now_).error(), Error::NotASocket);
        EXPECT_EQ(client().urgent_unread(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().is_listening(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().receive(gone, buffer, now_).error(), Error::NotASocket);
        EXPECT_EQ(client().receive_from(gone, buffer).error(), Error::NotASocket);
        EXPECT_EQ(client().peek(gone, buffer).error(), Error::NotASocket);
        EXPECT_EQ(client().shutdown(gone, Direction::Both, now_), Error::NotASocket);
        EXPECT_EQ(client().close(gone, now_), Error::NotASocket);
        EXPECT_EQ(client().abort(gone, now_), Error::NotASocket);
        EXPECT_EQ(client().set_option(gone, NoDelay{true}, now_), Error::NotASocket);
        EXPECT_EQ(client().options(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().local_address(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().remote_address(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().state(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().readiness(gone).error(), Error::NotASocket);
        EXPECT_EQ(client().take_error(gone).error(), Error::NotASocket);
    }
}

TEST_F(Misuse, AVerbOfAnotherKindOrStateIsRefusedByName) {
    const SocketId udp = *client().open(SocketKind::Udp);
    const SocketId tcp = *client().open(SocketKind::Tcp);
    std::vector<std::uint8_t> buffer(1);
    EXPECT_EQ(client().listen(udp, 1), Error::NotSupported);
    EXPECT_EQ(client().accept(udp).error(), Error::NotSupported);
    EXPECT_EQ(client().shutdown(udp, Direction::Both, now_), Error::NotSupported);
    EXPECT_EQ(client().set_option(udp, NoDelay{true}, now_), Error::NotSupported);
    EXPECT_EQ(client().send_to(tcp, buffer, kServer).error(), Error::NotSupported);
    EXPECT_EQ(client().send_urgent(udp, buffer, now_).error(), Error::NotSupported);
    EXPECT_EQ(client().urgent_unread(udp).error(), Error::NotSupported);
    EXPECT_EQ(client().urgent_unread(tcp).error(), Error::NotConnected);
    EXPECT_EQ(client().set_option(udp, ExplicitCongestionNotification{true}, now_),
              Error::NotSupported);
    EXPECT_EQ(client().receive_from(tcp, buffer).error(), Error::NotSupported);
    EXPECT_EQ(client().accept(tcp).error(), Error::InvalidArgument);
    EXPECT_EQ(client().send(tcp, buffer, now_).error(), Error::NotConnected);
    EXPECT_EQ(reading_fault(client(), tcp), Error::NotConnected);
    EXPECT_EQ(client().shutdown(tcp, Direction::Both, now_), Error::NotConnected);
    EXPECT_EQ(client().remote_address(tcp).error(), Error::NotConnected);
    EXPECT_FALSE(client().listen(tcp, 1));
    EXPECT_EQ(client().connect(tcp, kServer, now_), Error::NotSupported);
    EXPECT_EQ(client().bind(tcp, {}), Error::InvalidArgument);
}

TEST_F(Misuse, ADestinationThatNobodyCanHaveIsRefused) {
    const SocketId tcp = *client().open(SocketKind::Tcp);
    EXPECT_EQ(client().connect(tcp, {kServerIp, 0}, now_), Error::InvalidArgument);
    for (const auto address :
         {wire::Ipv4Address(), wire::Ipv4Address(224, 0, 0, 1), wire::Ipv4Address(127, 0, 0, 1),
          wire::Ipv4Address(255, 255, 255, 255), wire::Ipv4Address(10, 7, 0, 255), kClientIp,
          wire::Ipv4Address(192, 0, 2, 1)}) {
        EXPECT_EQ(client().connect(tcp, {address, 80}, now_), Error::NetworkUnreachable)
            << address.to_string();
    }
    EXPECT_EQ(client().connection_count(), 0U);
}

TEST_F(Misuse, AnOptionKeepsItsBounds) {
    const SocketId tcp = *client().open(SocketKind::Tcp);
    const SocketLimits limits;
    const Duration longest = Duration::nanoseconds(std::numeric_limits<std::int64_t>::max());
    const std::vector<SocketOption> bad{
        SendBuffer{0},
        SendBuffer{limits.buffer_bytes + 1},
        ReceiveBuffer{limits.buffer_bytes_min - 1},
        MaximumSegment{535},
        DifferentiatedServices{64},
        UserTimeout{Duration()},
        UserTimeout{longest},
        Linger{longest},
        Linger{Duration::nanoseconds(-1)},
        KeepAlive{true, Duration::seconds(1), Duration::seconds(1), 0},
        KeepAlive{true, Duration::nanoseconds(1), Duration::seconds(1), 1},
    };
    const SocketOptions before = *client().options(tcp);
    for (const SocketOption& option : bad)
        EXPECT_EQ(client().set_option(tcp, option, now_), Error::InvalidArgument);
    EXPECT_EQ(*client().options(tcp), before);
    EXPECT_FALSE(client().set_option(tcp, SendBuffer{limits.buffer_bytes}, now_));
    EXPECT_EQ(client().options(tcp)->send_buffer.bytes, limits.buffer_bytes);
    EXPECT_FALSE(client().connect(tcp, kServer, now_));
    EXPECT_EQ(client().set_option(tcp, SendBuffer{4'096}, now_), Error::InvalidArgument);
    EXPECT_EQ(client().set_option(tcp, ExplicitCongestionNotification{true}, now_),
              Error::InvalidArgument);
}

TEST_F(Misuse, LimitsAreNamedAndHold) {
    auto config = config_of(false);
    config.limits.sockets = 3;
    config.limits.connections = 1;
    start(config);
    const SocketId first = connect();
    const SocketId second = *client().open(SocketKind::Tcp);
    EXPECT_EQ(client().connect(second, kServer, now_), Error::NoBuffers);
    ASSERT_TRUE(client().open(SocketKind::Udp));
    EXPECT_EQ(client().open(SocketKind::Udp).error(), Error::NoBuffers);
    EXPECT_FALSE(client().close(first, now_));
    EXPECT_FALSE(client().connect(second, kServer, now_));
}

/// Verbs at random, on ids that are, were, or never have been sockets.
class RandomVerbs : public TwoHosts, public testing::WithParamInterface<std::uint64_t> {
  protected:
    Duration any_duration() {
        constexpr std::array<std::int64_t, 6> nanoseconds{
            0, 1, -1, 1'000'000'000, 20'000'000'000, std::numeric_limits<std::int64_t>::max()};
        return Duration::nanoseconds(nanoseconds[rng_.below(nanoseconds.size())]);
    }
    SocketAddress any_address() {
        constexpr std::array<wire::Ipv4Address, 6> addresses{wire::Ipv4Address(),
                                                             kClientIp,
                                                             kServerIp,
                                                             kServerOtherIp,
                                                             wire::Ipv4Address(10, 7, 0, 9),
                                                             wire::Ipv4Address(192, 0, 2, 1)};
        constexpr std::array<std::uint16_t, 5> ports{0, 80, 81, 5'000, 65'535};
        const auto address = addresses[rng_.below(addresses.size())];
        return {address, ports[rng_.below(ports.size())]};
    }
    SocketId any_id() {
        if (ids_.empty() || rng_.below(20) == 0) {
            return {static_cast<std::uint32_t>(rng_.below(40)), 0};
        }
        return ids_[rng_.below(ids_.size())];
    }
    SocketOption any_option() {
        const auto number = static_cast<std::uint32_t>(rng_.below(100'000));
        const bool is_on = rng_.below(2) == 0;
        const Duration span = any_duration();
        switch (rng_.below(11)) {
            case 0:
                return NoDelay{is_on};
            case 1:
                return KeepAlive{is_on, span, Duration::seconds(1), std::uint8_t(number)};
            case 2:
                return Linger{is_on ? std::optional(span) : std::nullopt};
            case 3:
                return ReuseAddress{is_on};
            case 4:
                return UserTimeout{span};
            case 5:
                return SendBuffer{number};
            case 6:
                return ReceiveBuffer{number};
            case 7:
                return CongestionControl{is_on ? tcp::congestion::Algorithm::NewReno
                                               : tcp::congestion::Algorithm::Cubic};
            case 8:
                return MaximumSegment{std::uint16_t(number)};
            case 9:
                return ExplicitCongestionNotification{is_on};
            default:
                return DifferentiatedServices{std::uint8_t(number)};
        }
    }

    /// Ids are kept whether or not they are of this set, so that they get mixed up too.
    void call(SocketSet& set) {
        std::vector<std::uint8_t> buffer(rng_.below(3) == 0 ? 0 : rng_.below(20'000));
        const SocketId id = any_id();
        switch (rng_.below(16)) {
            case 0: {
                const auto kind = rng_.below(3) == 0 ? SocketKind::Udp : SocketKind::Tcp;
                if (const auto opened = set.open(kind)) ids_.push_back(*opened);
                return;
            }
            case 1:
                set.bind(id, any_address());
                return;
            case 2:
                set.listen(id, rng_.below(5));
                return;
            case 3:
                if (const auto accepted = set.accept(id)) ids_.push_back(*accepted);
                return;
            case 4:
            case 5:
                set.connect(id, any_address(), now_);
                return;
            case 6:
            case 7:
                count(rng_.below(4) == 0 ? set.send_urgent(id, buffer, now_)
                                         : set.send(id, buffer, now_));
                return;
            case 8:
                count(set.receive(id, buffer, now_));
                return;
            case 9:
                count(set.send_to(id, buffer, any_address()));
                return;
            case 10:
                if (const auto received = set.receive_from(id, buffer)) ++successes_;
                return;
            case 11:
                count(set.peek(id, buffer));
                return;
            case 12:
                set.shutdown(id, static_cast<Direction>(rng_.below(3)), now_);
                return;
            case 13:
                set.set_option(id, any_option(), now_);
                return;
            case 14:
                if (rng_.below(2) == 0) {
                    set.abort(id, now_);
                } else {
                    set.close(id, now_);
                }
                return;
            default:
                while (set.poll_ready() && rng_.below(4) != 0) {
                }
                return;
        }
    }

    void count(const Result<std::size_t, Error>& result) {
        if (result) ++successes_;
    }

    Rng rng_{GetParam()};
    std::vector<SocketId> ids_;
    int successes_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Seeds, RandomVerbs, testing::Range<std::uint64_t>(1, 41));

TEST_P(RandomVerbs, BreakNothing) {
    auto config = config_of(true);
    config.limits.sockets = 24;
    config.limits.connections = 32;
    config.limits.backlog = 4;
    auto other = config_of(false);
    other.limits = config.limits;
    start(other, config, GetParam());
    loss_ = {1, 20};
    repetition_ = {1, 20};
    jitter_ = kMillisecond * 2;
    for (int step = 0; step < 3'000; ++step) {
        call(rng_.below(2) == 0 ? client() : server());
        if (rng_.below(4) == 0) {
            const auto pause = static_cast<std::int64_t>(rng_.below(30));
            run_for(kMillisecond * pause);
        }
        ASSERT_LE(client().size(), config.limits.sockets);
        ASSERT_LE(client().connection_count(), config.limits.connections);
        ASSERT_LE(server().connection_count(), config.limits.connections);
        if (ids_.size() > 60) ids_.erase(ids_.begin(), ids_.begin() + 20);
    }
    EXPECT_GT(successes_, 0);
    // Everything can be closed, and in the end nothing is left.
    for (std::uint32_t index = 0; index < config.limits.sockets; ++index) {
        for (std::uint32_t generation = 0; generation < 2'000; ++generation) {
            client().close({index, generation}, now_);
            server().close({index, generation}, now_);
        }
    }
    EXPECT_EQ(client().size() + server().size(), 0U);
    loss_ = {0, 1};
    run_for(Duration::seconds(1'200));
    EXPECT_EQ(client().connection_count() + server().connection_count(), 0U);
}

}  // namespace
}  // namespace shunt::stack
