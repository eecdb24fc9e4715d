// SPDX-License-Identifier: Apache-2.0
// Two engines under explicit orders and faults; and hosts with a defect, each of which is seen by
// the rule that it breaks.
#include "shunt/sim/pair/pair_world.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "shunt/sim/checkers/connection_checker.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

constexpr Instant kLimit = Instant::from_nanoseconds(200'000'000'000);
constexpr std::uint64_t kSize = 200'000;

PairConfig both_ways() {
    PairConfig config;
    config.link.delay = Duration::milliseconds(5);
    for (StreamPlan& stream : config.streams)
        stream.send_size = stream.receive_size = kSize;
    return config;
}

void expect_clean(const PairWorld& world) {
    EXPECT_TRUE(world.host(0).is_finished());
    EXPECT_TRUE(world.host(1).is_finished());
    EXPECT_EQ(world.log().count(), 0U)
        << world.log().kept().front().rule << ": " << world.log().kept().front().text;
}

TEST(PairWorld, PerfectLinkCarriesBothStreams) {
    PairWorld world(both_ways());
    world.run(kLimit);
    expect_clean(world);
    EXPECT_EQ(world.host(0).application().received(), kSize);
    EXPECT_EQ(world.host(1).application().received(), kSize);
}

TEST(PairWorld, BothMayOpenAtOnce) {
    PairConfig config = both_ways();
    config.open_both = true;
    PairWorld world(config);
    world.run(kLimit);
    expect_clean(world);
}

TEST(PairWorld, DamagedSegmentsChangeNoStream) {
    PairConfig config = both_ways();
    config.link.corruption = {1, 5};
    config.seed = 4;
    PairWorld world(config);
    world.run(kLimit);
    expect_clean(world);
    EXPECT_GT(world.world().counts(world.segment()).faults.corrupted, 50U);
}

TEST(PairWorld, LinkThatLosesEverythingIsSeenByLiveness) {
    PairConfig config = both_ways();
    config.link.loss = {1, 1};
    PairWorld world(config);
    world.run(Instant::from_nanoseconds(20'000'000'000));
    ASSERT_EQ(world.log().count(), 2U);
    EXPECT_EQ(world.log().kept().front().rule, "liveness");
}

TEST(PairWorld, EverythingArrivesOnceTheFaultsHaveEnded) {
    PairConfig config = both_ways();
    config.link.loss = {1, 1};
    config.healed_at = Instant::from_nanoseconds(10'000'000'000);
    PairWorld world(config);
    world.run(kLimit);
    expect_clean(world);
    EXPECT_GT(*world.completed_at(), *config.healed_at);
}

// --- hosts with a defect ---

// The opener's data segments and acknowledgments, written again with right checksums.
void rewrite(Packet& frame, const std::function<void(wire::TcpHeader&)>& change) {
    const std::vector<std::uint8_t> copy(frame.bytes().begin(), frame.bytes().end());
    const auto ethernet = wire::EthernetView::parse(copy);
    const auto ip = wire::Ipv4View::parse(ethernet->payload());
    const auto segment = wire::TcpView::parse(*ip);
    if (segment->flags().syn) return;
    wire::TcpHeader header{segment->source_port(),
                           segment->destination_port(),
                           segment->sequence(),
                           segment->acknowledgment(),
                           segment->flags(),
                           segment->window(),
                           0,
                           segment->options()};
    change(header);
    frame.clear();
    frame.append(segment->payload());
    header.prepend_to(frame, ip->source(), ip->destination());
    wire::Ipv4Header internet;
    internet.source = ip->source();
    internet.destination = ip->destination();
    internet.prepend_to(frame);
    wire::EthernetHeader{ethernet->destination(), ethernet->source(), ethernet->type()}.prepend_to(
        frame);
}

struct Defect {
    std::string name;
    std::string rule;
    std::function<void(Packet&)> falsify;
};

std::vector<Defect> defects() {
    return {
        {"AcknowledgesMoreThanCame", "TCP-1",
         [](Packet& frame) {
             rewrite(frame, [](wire::TcpHeader& header) {
                 header.acknowledgment = header.acknowledgment + 1;
             });
         }},
        {"BlocksWithHoles", "TCP-2",
         [](Packet& frame) {
             rewrite(frame, [](wire::TcpHeader& header) {
                 const SequenceNumber left = header.acknowledgment + 1'000'000;
                 header.options.add_sack_block({left, left + 10});
             });
         }},
        {"ShrinksItsWindow", "TCP-5",
         [count = 0](Packet& frame) mutable {
             const bool shrinks = ++count > 20;
             rewrite(frame, [shrinks](wire::TcpHeader& header) {
                 if (shrinks) header.window = static_cast<std::uint16_t>(header.window / 2);
             });
         }},
        {"SendsOtherBytes", "stream",
         [](Packet& frame) {
             rewrite(frame, [](wire::TcpHeader&) {});
             constexpr std::size_t kTextMin = 500;
             if (frame.size() < kTextMin) return;
             const std::size_t last = frame.size() - 1;
             frame.mutable_bytes()[last] ^= 1;
             // The checksum knows of it: the host computed it behind its mistake.
             const std::size_t sum = wire::kEthernetHeaderSize + wire::kIpv4HeaderSize + 16;
             const bool is_even = (last - wire::kEthernetHeaderSize) % 2 == 0;
             frame.mutable_bytes()[is_even ? sum : sum + 1] ^= 1;
         }},
        {"SendsNoTcp", "TCP-1",
         [](Packet& frame) { frame.mutable_bytes()[wire::kEthernetHeaderSize] = 0x55; }},
    };
}

class PairDefects : public ::testing::TestWithParam<Defect> {};

TEST_P(PairDefects, IsSeenByTheRuleThatItBreaks) {
    PairConfig config = both_ways();
    config.falsify = GetParam().falsify;
    PairWorld world(config);
    world.run(Instant::from_nanoseconds(5'000'000'000));
    EXPECT_GT(std::ranges::count(world.log().kept(), GetParam().rule, &Violation::rule), 0)
        << world.log().count() << " violations of other rules";
}

INSTANTIATE_TEST_SUITE_P(Each, PairDefects, ::testing::ValuesIn(defects()),
                         [](const auto& defect) { return defect.param.name; });

// --- what an engine says of itself ---

// A listener that has acknowledged and has nothing to do but, perhaps, one delayed acknowledgment.
class EngineFacts : public ::testing::Test {
  protected:
    EngineFacts() : world_(one_way()) {
        world_.world().wake(world_.host_id(0));
        while (!(connection() != nullptr && connection()->is_established_and_idle() &&
                 connection()->poll_deadline()))
            if (!world_.world().step()) break;
    }

    static PairConfig one_way() {
        PairConfig config;
        config.link.delay = Duration::milliseconds(5);
        // Both wait for more than the other one sends, so that nobody closes.
        config.streams[0].send_size = 100;
        config.streams[0].receive_size = 1;
        config.streams[1].receive_size = 101;
        return config;
    }
    const tcp::Connection* connection() const { return world_.host(1).connection(); }

    PairWorld world_;
};

TEST_F(EngineFacts, OwedAcknowledgmentIsNoIdleTimerButALateOneIs) {
    ASSERT_NE(connection(), nullptr);
    ASSERT_TRUE(connection()->poll_deadline());
    EXPECT_FALSE(check_timers(*connection(), world_.world().now()));
    const Instant long_before = world_.world().now() - Duration::seconds(10);
    const auto finding = check_timers(*connection(), long_before);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->rule, "timers");
}

TEST_F(EngineFacts, HostThatDoesNotSendWaitsWithoutATimer) {
    tcp::Config config;
    const tcp::Identity identity{wire::Ipv4Address(10, 7, 0, 9), 1, wire::Ipv4Address(10, 7, 1, 1),
                                 80};
    const auto opened = tcp::Connection::connect(config, identity, {}, Instant{});
    ASSERT_TRUE(opened);
    const auto finding = check_timers(*opened, Instant{});
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->rule, "timers");
}

TEST_F(EngineFacts, DeliveredAndKeptAreAllThatWasTaken) {
    ASSERT_NE(connection(), nullptr);
    const std::uint64_t received = world_.host(1).application().received();
    EXPECT_EQ(received, 100U);
    EXPECT_FALSE(check_delivery(*connection(), received));
    // One octet less than was taken could be the FIN; the application has lost two.
    EXPECT_TRUE(check_delivery(*connection(), received - 2));
    EXPECT_TRUE(check_delivery(*connection(), received + 1));
}

TEST(QueueBounds, MoreThanTheConfigurationAllowsIsSeen) {
    PairConfig config;
    config.link.delay = Duration::milliseconds(50);
    config.streams[0].send_size = config.streams[1].receive_size = 100'000;
    PairWorld world(config);
    world.world().wake(world.host_id(0));
    world.world().run_until(Instant::from_nanoseconds(120'000'000));
    const tcp::Connection* connection = world.host(0).connection();
    ASSERT_NE(connection, nullptr);
    EXPECT_FALSE(check_queues(*connection, config.tcp[0]));
    tcp::Config smaller = config.tcp[0];
    smaller.send_buffer_max = static_cast<std::uint32_t>(connection->send_queue_size()) - 1;
    const auto finding = check_queues(*connection, smaller);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->rule, "memory");
}

}  // namespace
}  // namespace shunt::sim
