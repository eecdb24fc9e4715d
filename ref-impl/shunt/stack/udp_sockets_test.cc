// SPDX-License-Identifier: Apache-2.0
// Datagrams: who they come from, how long they may be, and what becomes of those nobody takes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shunt/stack/two_hosts_fixture.hh"

namespace shunt::stack {
namespace {

using Error = ApiError;

class UdpSockets : public TwoHosts {
  protected:
    SocketId bound(SocketSet& set, SocketAddress local) {
        const auto id = set.open(SocketKind::Udp);
        EXPECT_EQ(set.bind(*id, local), std::nullopt);
        return *id;
    }
    Result<ReceivedDatagram, Error> receive(SocketSet& set, SocketId id, std::string& text) {
        std::vector<std::uint8_t> buffer(10'000);
        const auto received = set.receive_from(id, buffer);
        if (received) text.assign(buffer.begin(), buffer.begin() + std::ptrdiff_t(received->size));
        return received;
    }
};

TEST_F(UdpSockets, ADatagramComesWithItsSenderAndIsAnswered) {
    const SocketId there = bound(server(), {{}, 53});
    const SocketId here = *client().open(SocketKind::Udp);
    EXPECT_EQ(*client().send_to(here, bytes_of("who"), {kServerIp, 53}), 3U);
    EXPECT_EQ(*client().send_to(here, bytes_of(""), {kServerIp, 53}), 0U);
    run_for(kMillisecond * 20);
    std::string text;
    const auto asked = receive(server(), there, text);
    ASSERT_TRUE(asked);
    EXPECT_EQ(text, "who");
    EXPECT_EQ(asked->from.address, kClientIp);
    EXPECT_EQ(asked->from.port, client().local_address(here)->port);
    EXPECT_TRUE(receive(server(), there, text));
    EXPECT_EQ(text, "");
    EXPECT_EQ(receive(server(), there, text).error(), Error::WouldBlock);
    EXPECT_TRUE(server().send_to(there, bytes_of("me"), asked->from));
    run_for(kMillisecond * 20);
    EXPECT_TRUE(receive(client(), here, text));
    EXPECT_EQ(text, "me");
}

TEST_F(UdpSockets, ALongDatagramGoesInFragmentsAndATooLongOneNotAtAll) {
    const SocketId there = bound(server(), {{}, 53});
    const SocketId here = *client().open(SocketKind::Udp);
    const std::string longest(SocketLimits().datagram_bytes, 'l');
    EXPECT_EQ(*client().send_to(here, bytes_of(longest), {kServerIp, 53}), longest.size());
    EXPECT_EQ(client().send_to(here, bytes_of(longest + "l"), {kServerIp, 53}).error(),
              Error::MessageTooLong);
    run_for(kMillisecond * 20);
    std::string text;
    EXPECT_TRUE(receive(server(), there, text));
    EXPECT_EQ(text, longest);
}

TEST_F(UdpSockets, WhatDoesNotFitIsCutAndSaidToBe) {
    const SocketId there = bound(server(), {{}, 53});
    const SocketId here = *client().open(SocketKind::Udp);
    EXPECT_TRUE(client().send_to(here, bytes_of("long"), {kServerIp, 53}));
    run_for(kMillisecond * 20);
    std::vector<std::uint8_t> buffer(3);
    EXPECT_EQ(*server().peek(there, buffer), 3U);
    const auto received = server().receive_from(there, buffer);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->size, 3U);
    EXPECT_TRUE(received->is_truncated);
    EXPECT_EQ(server().receive_from(there, buffer).error(), Error::WouldBlock);
}

TEST_F(UdpSockets, APeerLimitsWhoIsHeardAndAClosedPortIsTold) {
    const SocketId here = *client().open(SocketKind::Udp);
    EXPECT_EQ(client().send(here, bytes_of("x"), now_).error(), Error::DestinationRequired);
    EXPECT_FALSE(client().connect(here, {kServerIp, 53}, now_));
    EXPECT_TRUE(client().send(here, bytes_of("anybody?"), now_));
    run_for(kMillisecond * 20);
    EXPECT_EQ(client().send(here, bytes_of("x"), now_).error(), Error::ConnectionRefused);
    EXPECT_TRUE(client().send(here, bytes_of("x"), now_));
    const SocketId other = bound(server(), {{}, 54});
    const SocketAddress back = *client().local_address(here);
    EXPECT_TRUE(server().send_to(other, bytes_of("not asked"), back));
    run_for(kMillisecond * 20);
    std::string text;
    EXPECT_EQ(*client().take_error(here), Error::ConnectionRefused);  // of the second datagram
    EXPECT_EQ(receive(client(), here, text).error(), Error::WouldBlock);
    EXPECT_EQ(client_->counters().value(Counter::DropUdpPort), 1U);
}

TEST_F(UdpSockets, AFullQueueDropsWhatIsNew) {
    const SocketId there = bound(server(), {{}, 53});
    EXPECT_FALSE(server().set_option(there, ReceiveBuffer{4'096}, now_));
    const SocketId here = *client().open(SocketKind::Udp);
    const std::string text(1'000, 't');
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(client().send_to(here, bytes_of(text), {kServerIp, 53}));
    run_for(kMillisecond * 20);
    EXPECT_EQ(server_->counters().value(Counter::DropUdpQueue), 2U);
    std::string got;
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(receive(server(), there, got));
    EXPECT_EQ(receive(server(), there, got).error(), Error::WouldBlock);
}

TEST_F(UdpSockets, AddressesAreChosenAndKeptApart) {
    bound(server(), {kServerIp, 53});
    const SocketId second = bound(server(), {kServerOtherIp, 53});
    const SocketId third = *server().open(SocketKind::Udp);
    EXPECT_EQ(server().bind(third, {{}, 53}), Error::AddressInUse);
    EXPECT_EQ(server().bind(third, {kServerIp, 53}), Error::AddressInUse);
    EXPECT_EQ(server().bind(third, {kClientIp, 53}), Error::AddressNotAvailable);
    EXPECT_FALSE(server().bind(third, {}));
    EXPECT_GE(server().local_address(third)->port, 49'152);
    EXPECT_EQ(server().bind(third, {}), Error::InvalidArgument);
    const SocketId here = *client().open(SocketKind::Udp);
    EXPECT_TRUE(client().send_to(here, bytes_of("x"), {kServerOtherIp, 53}));
    run_for(kMillisecond * 20);
    EXPECT_TRUE(server().readiness(second)->is_readable);
    EXPECT_FALSE(server().close(second, now_));
    EXPECT_FALSE(server().bind(*server().open(SocketKind::Udp), {kServerOtherIp, 53}));
}

}  // namespace
}  // namespace shunt::stack
