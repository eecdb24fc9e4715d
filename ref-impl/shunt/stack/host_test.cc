// SPDX-License-Identifier: Apache-2.0
// A host's settings as the wire shows them: stations that nobody is asked for, and SYNs that ask
// for ECN.
#include "shunt/stack/host.hh"

#include <gtest/gtest.h>

#include <optional>

#include "shunt/stack/two_hosts_fixture.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::stack {
namespace {

constexpr wire::MacAddress kStation({0x02, 0, 0, 0, 0, 9});

class HostAlone : public TwoHosts {
  protected:
    /// A client that knows where the server is.
    static Host::Config informed() {
        Host::Config config = config_of(false);
        config.static_neighbors = {{kServerIp, kStation}};
        return config;
    }

    /// The flags of the first frame of a connect(), which is its SYN where the station is known.
    std::optional<wire::TcpFlags> flags_of_syn(std::optional<bool> is_ecn_asked) {
        const auto id = client().open(SocketKind::Tcp);
        if (is_ecn_asked) {
            const ExplicitCongestionNotification option{*is_ecn_asked};
            EXPECT_FALSE(client().set_option(*id, option, now_));
        }
        EXPECT_FALSE(client().connect(*id, kServer, now_));
        auto frame = client_->poll_transmit(now_);
        if (!frame) return std::nullopt;
        const auto ethernet = wire::EthernetView::parse(frame->bytes());
        EXPECT_EQ(ethernet->destination(), kStation);
        if (ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
        frame->trim_front(wire::kEthernetHeaderSize);
        const auto ip = wire::Ipv4View::parse(frame->bytes());
        const auto segment = wire::TcpView::parse(*ip);
        EXPECT_TRUE(segment);
        return segment->flags();
    }
};

TEST_F(HostAlone, AStationThatIsKnownIsNotAskedFor) {
    start(informed());
    const auto flags = flags_of_syn(std::nullopt);
    ASSERT_TRUE(flags);
    EXPECT_TRUE(flags->syn && !flags->acknowledgment);
}

// IP-2: what is fixed is not open to anybody's answers.
TEST_F(HostAlone, AStationThatIsKnownIsNotLearntAnew) {
    start(informed());
    connect();
    run_for(kMillisecond * 10);  // the server sees an address that is not its own, and says nothing
    EXPECT_EQ(client_->counters().value(Counter::DropArpConflict), 0U);
    const SocketId here = *server().open(SocketKind::Tcp);
    EXPECT_FALSE(server().connect(here, {kClientIp, 80}, now_));  // asks by ARP who the client is
    run_for(kMillisecond * 10);
    EXPECT_EQ(client_->counters().value(Counter::DropArpConflict), 1U);
}

// RFC 3168 6.1.1: ECE and CWR of a SYN ask for ECN.
TEST_F(HostAlone, ASynAsksForEcnWhereItsSocketDoes) {
    Host::Config config = informed();
    for (const bool is_default : {false, true}) {
        config.tcp.explicit_congestion_notification_asked = is_default;
        for (const std::optional<bool> asked : {std::optional<bool>(), {false}, {true}}) {
            start(config);
            const auto flags = flags_of_syn(asked);
            ASSERT_TRUE(flags);
            const bool is_expected = asked.value_or(is_default);
            EXPECT_EQ(flags->ecn_echo, is_expected);
            EXPECT_EQ(flags->congestion_window_reduced, is_expected);
        }
    }
}

}  // namespace
}  // namespace shunt::stack
