// SPDX-License-Identifier: Apache-2.0
// What answers a flow must be an echo of what it has said, and of each word one.
#include "shunt/sim/client/datagram_client.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/udp.hh"

namespace shunt::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Instant kStart = Instant::from_nanoseconds(1'000'000'000);
const wire::MacAddress kClientMac({2, 7, 0, 0, 1, 0x0A});
const wire::MacAddress kServerMac({2, 7, 0, 0, 0, 1});

DatagramPlan one_flow() {
    DatagramPlan plan;
    plan.address = wire::Ipv4Address(10, 7, 0, 10);
    plan.mac = kClientMac;
    plan.service = wire::Ipv4Address(10, 7, 1, 1);
    plan.service_port = 5'353;
    plan.start = kStart;
    plan.silence = kStart + Duration::milliseconds(15);
    plan.again = kStart + Duration::seconds(60);
    plan.last_words = 1;
    plan.is_answered_once = true;
    return plan;
}

class DatagramClientTest : public ::testing::Test {
  protected:
    DatagramClientTest() : client_(one_flow()) {}

    /// Everything until `end` happens.
    void pass(Instant end) {
        while (const auto next = client_.poll_deadline()) {
            if (*next > end) return;
            client_.handle_deadline(*next);
        }
    }
    void hear(std::string_view text) {
        const wire::ConnectionTuple flow = client_.tuple(0);
        Packet packet =
            pool_.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        wire::UdpHeader{flow.service_port, flow.client_port}.prepend_to(packet, flow.service,
                                                                        flow.client);
        wire::Ipv4Header header;
        header.protocol = wire::IpProtocol::Udp;
        header.source = flow.service;
        header.destination = flow.client;
        header.prepend_to(packet);
        wire::EthernetHeader{kClientMac, kServerMac, wire::kEtherTypeIpv4}.prepend_to(packet);
        client_.handle_frame(link::LinkId::Front, std::move(packet), kStart);
    }
    std::vector<std::string> complaints() {
        ViolationLog log(1);
        client_.report_answers(kStart, log);
        std::vector<std::string> rules;
        for (const Violation& violation : log.kept())
            rules.push_back(violation.rule + ": " + violation.text);
        return rules;
    }

    PacketPool pool_;
    DatagramClient client_;
};

TEST_F(DatagramClientTest, SaysNothingBeforeItsStartAndInItsSilence) {
    EXPECT_EQ(client_.poll_deadline(), kStart);
    pass(kStart);
    EXPECT_FALSE(client_.has_said_all());
    EXPECT_EQ(client_.poll_deadline(), kStart + Duration::seconds(1)) << "ARP";
    pass(kStart + Duration::seconds(60));
    EXPECT_TRUE(client_.has_said_all());
}

TEST_F(DatagramClientTest, AnAnswerThatComesTwiceIsWrong) {
    pass(kStart);
    hear("s1 0/0 ");
    EXPECT_THAT(complaints(), IsEmpty());
    hear("s2 0/0 ");
    EXPECT_THAT(complaints(),
                ElementsAre("EP-52: 10.7.0.10:20000>10.7.1.1:5353/udp: datagram 0 is answered "
                            "twice"));
    EXPECT_EQ(client_.answers(), 2U);
}

TEST_F(DatagramClientTest, AnAnswerToWhatWasNotSaidIsWrong) {
    pass(kStart);
    hear("s1 0/1 b");
    EXPECT_EQ(complaints().size(), 1U);
    EXPECT_EQ(client_.answers(), 0U);
}

}  // namespace
}  // namespace shunt::sim
