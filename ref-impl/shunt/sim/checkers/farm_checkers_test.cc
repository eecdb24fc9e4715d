// SPDX-License-Identifier: Apache-2.0
// Each checker of a farm sees the lie of a host that breaks its rule, and says nothing where the
// rule is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

#include "shunt/sim/checkers/client_view.hh"
#include "shunt/sim/checkers/farm_observer.hh"
#include "shunt/sim/checkers/forward_checker.hh"
#include "shunt/sim/checkers/owner_checker.hh"
#include "shunt/sim/world.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

using wire::EncapsulationType;

constexpr std::uint64_t kSeed = 11;
constexpr std::uint16_t kEtherType = 0x88B5;
const wire::Ipv4Address kClient(10, 7, 0, 9);
const wire::Ipv4Address kService(10, 7, 1, 1);
const wire::MacAddress kClientMac({2, 7, 0, 0, 1, 9});

wire::MacAddress front_mac(std::uint8_t server) {
    return wire::MacAddress({2, 7, 0, 0, 0, server});
}
wire::MacAddress back_mac(std::uint8_t server) {
    return wire::MacAddress({2, 8, 0, 0, 0, server});
}

// Sends whatever a test wants, right or wrong.
class Liar : public Host {
  public:
    void say(link::LinkId link, Packet frame) { outgoing_.push_back({link, std::move(frame)}); }

    void handle_frame(link::LinkId, Packet, Instant) override {}
    void handle_deadline(Instant) override {}
    std::optional<link::OutgoingFrame> poll_transmit(Instant) override {
        if (outgoing_.empty()) return std::nullopt;
        link::OutgoingFrame frame = std::move(outgoing_.front());
        outgoing_.pop_front();
        return frame;
    }
    std::optional<Instant> poll_deadline() const override { return std::nullopt; }

  private:
    std::deque<link::OutgoingFrame> outgoing_;
};

struct Numbers {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
};

// Servers 1 (the home of the service) and 2, and a client; all of them say what the test makes
// them say.
class LyingFarm : public ::testing::TestWithParam<bool> {
  protected:
    LyingFarm() {
        SegmentConfig front;
        SegmentConfig back;
        back.faults.delay = Duration::microseconds(10);
        roles_.front = world_.add_segment(std::move(front));
        roles_.back = world_.add_segment(std::move(back));
        roles_.encapsulation_ether_type = kEtherType;
        roles_.has_extensions = GetParam();
        for (std::uint8_t i = 1; i <= 2; ++i) {
            const HostId id = world_.add_host("s" + std::to_string(i), servers_[i - 1]);
            world_.attach(id, link::LinkId::Front, roles_.front, front_mac(i));
            world_.attach(id, link::LinkId::Back, roles_.back, back_mac(i));
            roles_.servers.push_back(
                {id, "s" + std::to_string(i), front_mac(i), back_mac(i), {}, {}});
        }
        roles_.servers[0].services.push_back(kService);
        roles_.servers[0].forward_ips.push_back(wire::Ipv4Address(10, 8, 1, 1));
        client_id_ = world_.add_host("client", client_);
        world_.attach(client_id_, link::LinkId::Front, roles_.front, kClientMac);
        observer_.add(owner_);
        observer_.add(view_);
        observer_.add(forwarding_);
        world_.add_observer(observer_);
    }

    Packet segment(wire::Ipv4Address source, wire::Ipv4Address destination, wire::TcpFlags flags,
                   std::uint32_t timestamp, Numbers numbers = {}) {
        Packet packet = pool_.take();
        wire::TcpHeader tcp;
        tcp.sequence = SequenceNumber(numbers.sequence);
        tcp.acknowledgment = SequenceNumber(numbers.acknowledgment);
        const bool is_from_client = source == kClient;
        tcp.source_port = is_from_client ? 4711 : 80;
        tcp.destination_port = is_from_client ? 80 : 4711;
        tcp.flags = flags;
        tcp.options.timestamps = wire::TcpTimestamps{timestamp, 0};
        tcp.prepend_to(packet, source, destination);
        wire::Ipv4Header ip;
        ip.source = source;
        ip.destination = destination;
        ip.prepend_to(packet);
        return packet;
    }

    void transmit(std::size_t server, link::LinkId link, Packet frame) {
        servers_[server - 1].say(link, std::move(frame));
        world_.wake(roles_.servers[server - 1].host);
    }

    // A segment to the client.
    void act(std::uint8_t server, std::uint8_t flags = 0x10, std::uint32_t timestamp = 1,
             std::uint8_t mac_of = 0) {
        Packet frame = segment(kService, kClient, wire::TcpFlags::from_byte(flags), timestamp);
        const wire::MacAddress mac = front_mac(mac_of == 0 ? server : mac_of);
        wire::EthernetHeader{kClientMac, mac, wire::kEtherTypeIpv4}.prepend_to(frame);
        transmit(server, link::LinkId::Front, std::move(frame));
    }

    // The segments that end a connection carry numbers.
    void end(std::uint8_t flags, Numbers numbers) {
        Packet frame = segment(kService, kClient, wire::TcpFlags::from_byte(flags), 1, numbers);
        wire::EthernetHeader{kClientMac, front_mac(1), wire::kEtherTypeIpv4}.prepend_to(frame);
        transmit(1, link::LinkId::Front, std::move(frame));
    }
    void reply(std::uint8_t flags, Numbers numbers) {
        Packet frame = segment(kClient, kService, wire::TcpFlags::from_byte(flags), 1, numbers);
        wire::EthernetHeader{front_mac(1), kClientMac, wire::kEtherTypeIpv4}.prepend_to(frame);
        client_.say(link::LinkId::Front, std::move(frame));
        world_.wake(client_id_);
    }

    // A message about the connection that names an ID, as 0x10, 0x11, 0x14 do.
    void tell(std::uint8_t from, std::uint8_t to, EncapsulationType type, std::uint32_t epoch = 1,
              std::uint32_t copy = 0) {
        Packet frame = pool_.take();
        if (type == EncapsulationType::Acknowledgement && !roles_.has_extensions)
            return encapsulate(from, to, type, std::move(frame));
        const bool is_reject = type == EncapsulationType::Reject;
        const std::size_t size = is_reject ? 16 : 18;
        MutableBytes payload = frame.append(2 + size);
        std::ranges::fill(payload, std::uint8_t{0});
        store_u16(payload, 0, static_cast<std::uint16_t>(size));
        store_u32(payload, 2, kService.value());
        store_u16(payload, 6, 80);
        store_u32(payload, 12, epoch);
        if (!is_reject) store_u32(payload, 16, copy);
        encapsulate(from, to, type, std::move(frame));
    }

    // A 0x01 with an epoch; nobody here looks at the rest of its block.
    void offer(std::uint8_t from, std::uint8_t to, std::uint32_t epoch) {
        constexpr std::size_t size = 6 + 140;
        Packet frame = pool_.take();
        MutableBytes payload = frame.append(size);
        std::ranges::fill(payload, std::uint8_t{0});
        store_u32(payload, 0, kService.value());
        store_u16(payload, 4, 80);
        store_u32(payload, 10, epoch);
        encapsulate(from, to, EncapsulationType::Connection, std::move(frame));
    }

    // A client's packet as 0x02.
    void forward(std::uint8_t from, std::uint8_t to, std::uint8_t flags = 0x18,
                 Numbers numbers = {}) {
        encapsulate(from, to, EncapsulationType::Forwarded,
                    segment(kClient, kService, wire::TcpFlags::from_byte(flags), 1, numbers));
    }

    // The client says something, and it reaches the home.
    void ask(Numbers numbers = {}, std::uint8_t flags = 0x18) {
        reply(flags, numbers);
        pass_time();
    }

    // Of a base home: the first packet of the client.
    void release(std::uint8_t from, std::uint8_t to) {
        if (roles_.has_extensions) {
            tell(from, to, EncapsulationType::Go);
        } else {
            ask();
            forward(from, to);
        }
    }

    void encapsulate(std::uint8_t from, std::uint8_t to, EncapsulationType type, Packet frame) {
        wire::EncapsulationHeader header;
        header.source = kClient;
        header.source_port = 4711;
        header.destination = wire::Ipv4Address(10, 8, 1, to);
        header.destination_port = 80;
        header.type = type;
        header.prepend_to(frame);
        wire::EthernetHeader{back_mac(to), back_mac(from), kEtherType}.prepend_to(frame);
        transmit(from, link::LinkId::Back, std::move(frame));
    }

    // The client says where it is, to who has asked.
    void answer_where(std::uint8_t to) {
        Packet frame = pool_.take();
        std::ranges::fill(frame.append(28), std::uint8_t{0});
        wire::EthernetHeader{front_mac(to), kClientMac, wire::kEtherTypeArp}.prepend_to(frame);
        client_.say(link::LinkId::Front, std::move(frame));
        world_.wake(client_id_);
    }

    void pass_time() { world_.run_until(world_.now() + Duration::milliseconds(1)); }

    std::vector<std::string> rules() const {
        std::vector<std::string> result;
        for (const Violation& violation : log_.kept()) {
            EXPECT_EQ(violation.seed, kSeed);
            result.push_back(violation.rule);
        }
        return result;
    }

    World world_{kSeed};
    PacketPool pool_;
    Liar servers_[2];
    Liar client_;
    HostId client_id_{};
    FarmRoles roles_;
    ViolationLog log_{kSeed};
    OwnerChecker owner_{roles_, log_};
    ClientView view_{roles_, log_};
    ForwardChecker forwarding_{roles_, log_};
    FarmObserver observer_{roles_, log_};
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(LyingFarm, HomeMayActUntilItReleasesAndTheTargetAfterwards) {
    act(1);
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    act(2);
    EXPECT_THAT(rules(), IsEmpty());
    EXPECT_EQ(owner_.connections(), 1U);
    EXPECT_EQ(owner_.migrations(), 1U);
}

TEST_P(LyingFarm, TargetThatActsWithoutReleaseIsSeen) {
    act(1);
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(LyingFarm, TargetThatActsBeforeTheReleaseArrivesIsSeen) {
    act(1);
    release(1, 2);
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(LyingFarm, HomeThatActsAfterItsReleaseIsSeen) {
    act(1);
    release(1, 2);
    act(1);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(LyingFarm, HomeThatActsBesideTheNewOwnerIsSeen) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    act(1);
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(LyingFarm, OtherServersReleaseIsNone) {
    act(1);
    release(2, 2);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(LyingFarm, ResetOfTheClientIsSeen) {
    act(1, 0x14);
    EXPECT_THAT(rules(), ElementsAre("EP-48"));
}

TEST_P(LyingFarm, ResetAfterBothEndsIsTheAnswerToALateSegment) {
    reply(0x11, {100, 200});
    end(0x11, {200, 101});
    reply(0x10, {101, 201});
    end(0x04, {201, 0});
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(LyingFarm, ResetBeforeTheClientsEndIsAcknowledgedIsSeen) {
    reply(0x11, {100, 200});
    end(0x11, {200, 100});
    reply(0x10, {101, 201});
    end(0x04, {201, 0});
    EXPECT_THAT(rules(), ElementsAre("EP-48"));
}

TEST_P(LyingFarm, ResetBeforeTheServersEndIsAcknowledgedIsSeen) {
    reply(0x11, {100, 200});
    end(0x11, {200, 101});
    reply(0x10, {101, 200});
    end(0x04, {201, 0});
    EXPECT_THAT(rules(), ElementsAre("EP-48"));
}

TEST_P(LyingFarm, TimestampThatGoesBackIsSeenAcrossTheMove) {
    act(1, 0x10, 1'000);
    release(1, 2);
    pass_time();
    act(2, 0x10, 1'000);
    act(2, 0x10, 999);
    EXPECT_THAT(rules(), ElementsAre("EP-25"));
}

TEST_P(LyingFarm, TimestampMayWrap) {
    act(1, 0x10, 0xFFFF'FFFF);
    act(1, 0x10, 0);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(LyingFarm, MacOfAnotherServerIsSeen) {
    act(1, 0x10, 1, 2);
    EXPECT_THAT(rules(), ElementsAre("SYS-4"));
}

TEST_P(LyingFarm, WrongTcpChecksumIsSeen) {
    Packet frame = segment(kService, kClient, wire::TcpFlags::from_byte(0x10), 1);
    frame.mutable_bytes().back() ^= 1;
    wire::EthernetHeader{kClientMac, front_mac(1), wire::kEtherTypeIpv4}.prepend_to(frame);
    transmit(1, link::LinkId::Front, std::move(frame));
    EXPECT_THAT(rules(), ElementsAre("RFC 9293 3.1"));
}

TEST_P(LyingFarm, ForwardedPacketsOfTheClientInOrderAreRight) {
    ask({1, 0}, 0x10);
    ask({2, 0});
    ask({3, 0});
    forward(1, 2, 0x18, {2, 0});
    forward(1, 2, 0x18, {3, 0});
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(LyingFarm, ForwardedPacketThatIsNotTheClientsIsSeen) {
    ask({1, 0}, 0x10);
    ask({2, 0});
    forward(1, 2, 0x18, {3, 0});
    EXPECT_THAT(rules(), ElementsAre("EP-21"));
}

TEST_P(LyingFarm, PacketsForwardedInAnotherOrderAreSeen) {
    ask({1, 0}, 0x10);
    ask({2, 0});
    ask({3, 0});
    forward(1, 2, 0x18, {3, 0});
    forward(1, 2, 0x18, {2, 0});
    EXPECT_THAT(rules(), ElementsAre("EP-9"));
}

INSTANTIATE_TEST_SUITE_P(Sets, LyingFarm, ::testing::Bool(), [](const auto& set) {
    return std::string(set.param ? "Extended" : "Base");
});

class ExtendedFarm : public LyingFarm {};

TEST_P(ExtendedFarm, HandshakeAcknowledgmentForwardedAgainIsSeen) {
    ask({1, 0}, 0x10);
    forward(1, 2, 0x10, {1, 0});
    forward(1, 2, 0x10, {1, 0});
    EXPECT_THAT(rules(), ElementsAre("EP-9"));
}

TEST_P(ExtendedFarm, ForwardedPacketIsNoRelease) {
    act(1);
    ask();
    forward(1, 2);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ExtendedFarm, HomeMayActAgainOnceTheTargetHasLetGo) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    tell(2, 1, EncapsulationType::Release);
    pass_time();
    act(1);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ExtendedFarm, RejectOfTheReleaseGivesTheConnectionBack) {
    act(1);
    release(1, 2);
    pass_time();
    tell(2, 1, EncapsulationType::Reject);
    pass_time();
    act(1);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ExtendedFarm, UnwantedCopyGivesNothingBack) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    tell(2, 1, EncapsulationType::Release);
    pass_time();
    // The home answers a late 0x03: what it says is not its to give.
    tell(1, 2, EncapsulationType::Release);
    pass_time();
    act(1);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ExtendedFarm, CrashedHomeMayResetAndOpenAnewButNotActForTheOldConnection) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    for (const auto& tuple : owner_.host_crashed(roles_.servers[0].host))
        observer_.orphan(tuple);
    act(1, 0x04);
    EXPECT_THAT(rules(), IsEmpty()) << "a reset";
    act(1);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ExtendedFarm, CrashOfAServerThatHadNothingOrphansNothing) {
    act(1);
    EXPECT_TRUE(owner_.host_crashed(roles_.servers[1].host).empty());
    tell(2, 1, EncapsulationType::Acknowledgement);
    pass_time();
    EXPECT_TRUE(owner_.host_crashed(roles_.servers[1].host).empty()) << "its home has it";
    EXPECT_TRUE(owner_.take_late_orphans().empty());
}

TEST_P(ExtendedFarm, CopyThatACrashHasTakenIsMissedOnceItIsLetGoTo) {
    act(1);
    tell(2, 1, EncapsulationType::Acknowledgement, 1, 7);
    pass_time();
    owner_.host_crashed(roles_.servers[1].host);
    tell(2, 1, EncapsulationType::Acknowledgement, 1, 8);
    tell(1, 2, EncapsulationType::Go, 1, 8);
    EXPECT_TRUE(owner_.take_late_orphans().empty()) << "a copy that was made since";
    tell(1, 2, EncapsulationType::Go, 1, 7);
    EXPECT_EQ(owner_.take_late_orphans().size(), 1U);
    EXPECT_TRUE(owner_.take_late_orphans().empty()) << "told once";
}

TEST_P(ExtendedFarm, NobodyGoesOnFromAnOlderStateThanACrashHasTaken) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    for (const auto& tuple : owner_.host_crashed(roles_.servers[1].host))
        observer_.orphan(tuple);
    act(1, 0x04);
    EXPECT_THAT(rules(), IsEmpty()) << "a reset";
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ExtendedFarm, NobodyActsForAClientWhomItsHomeHasReset) {
    owner_.forbid_acting_after_a_reset();
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    const auto orphans = owner_.hosts_parted(roles_.servers[1].host, roles_.servers[0].host);
    ASSERT_EQ(orphans.size(), 1U);
    observer_.orphan(orphans.front());
    act(2);
    EXPECT_THAT(rules(), IsEmpty()) << "its owner, until then";
    act(1, 0x04);
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-33"));
}

TEST_P(ExtendedFarm, AHomeThatHasRestartedResetsWhomItDoesNotKnow) {
    owner_.forbid_acting_after_a_reset();
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    for (const auto& tuple : owner_.host_crashed(roles_.servers[0].host))
        observer_.orphan(tuple);
    act(1, 0x04);
    act(2);
    EXPECT_THAT(rules(), IsEmpty()) << "the owner has not heard of it yet";
}

TEST_P(ExtendedFarm, WhoLetsGoToOneThatItDoesNotHearIsToldOf) {
    const HostId one = roles_.servers[0].host;
    const HostId other = roles_.servers[1].host;
    act(1);
    EXPECT_TRUE(owner_.hosts_parted(other, one).empty()) << "its home has it";
    tell(1, 2, EncapsulationType::Go);
    pass_time();
    EXPECT_EQ(owner_.take_late_orphans().size(), 1U);
    owner_.hosts_joined(other, one);
    EXPECT_EQ(owner_.hosts_parted(one, other).size(), 1U) << "the other direction";
}

TEST_P(ExtendedFarm, WhomACrashedOwnerHadLetGoToGoesOn) {
    act(1);
    release(1, 2);
    owner_.host_crashed(roles_.servers[0].host);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ExtendedFarm, HomeThatHasAcceptedAReturnMissesNothingOfTheFormerOwner) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    offer(2, 1, 2);
    pass_time();
    tell(1, 2, EncapsulationType::Acknowledgement, 1);
    EXPECT_EQ(owner_.migrations(), 1U) << "the answer to an earlier return";
    tell(1, 2, EncapsulationType::Acknowledgement, 2);
    EXPECT_EQ(owner_.migrations(), 2U);
    EXPECT_TRUE(owner_.host_crashed(roles_.servers[1].host).empty());
    act(1);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ExtendedFarm, CrashOfAnOwnerWhoseReturnIsUnansweredIsALoss) {
    act(1);
    release(1, 2);
    pass_time();
    act(2);
    offer(2, 1, 2);
    pass_time();
    EXPECT_EQ(owner_.host_crashed(roles_.servers[1].host).size(), 1U);
}

TEST_P(ExtendedFarm, RejectWithoutAttemptGivesNothingBack) {
    act(1);
    release(1, 2);
    pass_time();
    tell(2, 1, EncapsulationType::Reject, 0);
    pass_time();
    act(1);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ExtendedFarm, WhatWaitedForAnAddressIsOfWhoOwnedTheConnection) {
    act(1);
    release(1, 2);
    pass_time();
    tell(2, 1, EncapsulationType::Release);
    pass_time();
    answer_where(2);
    world_.run_until(world_.now());
    act(2);
    EXPECT_THAT(rules(), IsEmpty());
    pass_time();
    world_.wait_until(world_.now() + Duration::milliseconds(1));
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12")) << "later it is its own";
}

TEST_P(ExtendedFarm, WhoNeverOwnedAConnectionMayNotSayThatItWaited) {
    act(1);
    answer_where(2);
    world_.run_until(world_.now());
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ExtendedFarm, RejectOfAnOlderOfferGivesNothingBack) {
    act(1);
    tell(1, 2, EncapsulationType::Go, 2);
    pass_time();
    act(2);
    tell(2, 1, EncapsulationType::Reject, 1);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), IsEmpty());
    tell(2, 1, EncapsulationType::Reject, 2);
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ExtendedFarm, AnAnswerFromWhoHasCrashedSinceMissesItsCopyWhereReleasesAreUnseen) {
    act(1);
    tell(2, 1, EncapsulationType::Acknowledgement, 1, 7);
    owner_.host_crashed(roles_.servers[1].host);
    pass_time();
    EXPECT_TRUE(owner_.take_late_orphans().empty()) << "the home's release will be seen";
    roles_.has_blobs = true;
    tell(2, 1, EncapsulationType::Acknowledgement, 2, 8);
    owner_.host_crashed(roles_.servers[1].host);
    pass_time();
    EXPECT_EQ(owner_.take_late_orphans().size(), 1U);
}

TEST_P(ExtendedFarm, PacketsAreKnownHoweverManyComeWhileOneIsHeld) {
    ask({1, 0}, 0x10);
    for (std::uint32_t i = 2; i < 1'000; ++i)
        ask({i, 0});
    forward(1, 2, 0x18, {2, 0});
    EXPECT_THAT(rules(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Sets, ExtendedFarm, ::testing::Values(true));

class BaseFarm : public LyingFarm {};

TEST_P(BaseFarm, CopyThatACrashHasTakenIsMissedOnceAPacketGoesThere) {
    act(1);
    tell(2, 1, EncapsulationType::Acknowledgement);
    pass_time();
    EXPECT_TRUE(owner_.host_crashed(roles_.servers[1].host).empty());
    release(1, 2);
    EXPECT_EQ(owner_.take_late_orphans().size(), 1U);
}

TEST_P(BaseFarm, HandshakeAcknowledgmentMayBeForwardedAgain) {
    ask({1, 0}, 0x10);
    forward(1, 2, 0x10, {1, 0});
    forward(1, 2, 0x10, {1, 0});
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(BaseFarm, ForwardedResetIsNoRelease) {
    act(1);
    forward(1, 2, 0x04);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

INSTANTIATE_TEST_SUITE_P(Sets, BaseFarm, ::testing::Values(false));

// Server 2 owns the connection by the attempt 1.
class ReturningFarm : public LyingFarm {
  protected:
    void move_to_target() {
        act(1);
        tell(1, 2, EncapsulationType::Go);
        pass_time();
        act(2);
    }
    void offer_back(std::uint32_t epoch) {
        offer(2, 1, epoch);
        pass_time();
    }
    void accept(std::uint32_t epoch) {
        tell(1, 2, EncapsulationType::Acknowledgement, epoch);
        pass_time();
    }
};
INSTANTIATE_TEST_SUITE_P(Sets, ReturningFarm, ::testing::Values(true));

TEST_P(ReturningFarm, HomeActsAgainOnceItHasAccepted) {
    move_to_target();
    offer_back(2);
    accept(2);
    act(1);
    EXPECT_THAT(rules(), IsEmpty());
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ReturningFarm, OwnerThatActsWhileItsReturnIsUnansweredIsSeen) {
    move_to_target();
    offer_back(2);
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ReturningFarm, OwnerMayActOnceItsReturnIsRefused) {
    move_to_target();
    offer_back(2);
    tell(1, 2, EncapsulationType::Reject, 2);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ReturningFarm, LateRefusalOfAnEarlierReturnGivesNothingBack) {
    move_to_target();
    offer_back(2);
    tell(1, 2, EncapsulationType::Reject, 2);
    pass_time();
    offer_back(3);
    tell(1, 2, EncapsulationType::Reject, 2);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), ElementsAre("EP-12"));
}

TEST_P(ReturningFarm, HomeMayPassItOnWithoutAWordToTheClient) {
    move_to_target();
    offer_back(2);
    accept(2);
    tell(1, 2, EncapsulationType::Go, 3);
    pass_time();
    act(2);
    EXPECT_THAT(rules(), IsEmpty());
}

TEST_P(ReturningFarm, OwnerMayPassItBackWithoutAWordToTheClient) {
    act(1);
    tell(1, 2, EncapsulationType::Go);
    pass_time();
    offer_back(2);
    accept(2);
    act(1);
    EXPECT_THAT(rules(), IsEmpty());
}

}  // namespace
}  // namespace shunt::sim
