// SPDX-License-Identifier: Apache-2.0
// The client sees what a client sees: right content from an honest server on a bad link is no
// violation, and every lie of a server is one.
#include "shunt/sim/client/sim_client.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "shunt/sim/world.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 5;
const wire::Ipv4Address kService(10, 7, 1, 1);
const wire::MacAddress kServerMac({2, 7, 0, 0, 0, 1});
const wire::MacAddress kClientMac({2, 7, 0, 0, 1, 9});

enum class Lie { None, SkipsABlock, ResetsInTheMiddle, ClosesInTheMiddle, IsSilent };

// Answers every request with the object that it names, as a server of the farm would, or lies.
class OneServer : public Host {
  public:
    explicit OneServer(Lie lie) : lie_(lie) {}

    void handle_frame(link::LinkId, Packet frame, Instant now) override {
        const auto ours = interface_.handle_frame(std::move(frame), now);
        if (!ours) return;
        const auto ethernet = wire::EthernetView::parse(ours->bytes());
        const auto packet = wire::Ipv4View::parse(ethernet->payload());
        const auto segment = wire::TcpView::parse(*packet);
        if (!segment) return;
        const std::uint16_t port = segment->source_port();
        auto found = connections_.find(port);
        if (found == connections_.end()) {
            const tcp::Identity identity{kService, 80, packet->source(), port};
            auto accepted = tcp::Connection::accept(tcp_config_, identity, *segment,
                                                    {SequenceNumber(1), 0}, now);
            if (!accepted) return;
            found = connections_.emplace(port, Peer{std::move(*accepted), {}, {}}).first;
        } else {
            found->second.tcp.handle_segment(*segment, now);
        }
        settle(found->second, now);
    }
    void handle_deadline(Instant now) override {
        if (interface_.poll_deadline() <= now) interface_.handle_deadline(now);
        for (auto& [port, peer] : connections_) {
            const auto deadline = peer.tcp.poll_deadline();
            if (!deadline || *deadline > now) continue;
            peer.tcp.handle_deadline(now);
            settle(peer, now);
        }
    }
    std::optional<link::OutgoingFrame> poll_transmit(Instant) override {
        auto frame = interface_.poll_transmit();
        if (!frame) return std::nullopt;
        return link::OutgoingFrame{link::LinkId::Front, std::move(*frame)};
    }
    std::optional<Instant> poll_deadline() const override {
        std::optional<Instant> deadline = interface_.poll_deadline();
        for (const auto& [port, peer] : connections_) {
            const auto own = peer.tcp.poll_deadline();
            if (own && (!deadline || *own < *deadline)) deadline = own;
        }
        return deadline;
    }

  private:
    struct Peer {
        tcp::Connection tcp;
        std::string request;
        std::vector<std::uint8_t> unsent;
    };

    static stack::Interface::Config interface_config() {
        stack::Interface::Config config;
        config.mac = kServerMac;
        config.own = {kService};
        config.arp_sender = kService;
        config.routes.push_back({kService, 16, std::nullopt});
        return config;
    }

    void settle(Peer& peer, Instant now) {
        bool has_finished = false;
        while (const auto event = peer.tcp.poll_event())
            has_finished = has_finished || *event == tcp::Event::PeerFinished;
        const ByteView bytes = peer.tcp.readable();
        peer.request.append(bytes.begin(), bytes.end());
        peer.tcp.consume(bytes.size());
        if (lie_ != Lie::IsSilent) answer(peer);
        const std::size_t sent = peer.tcp.send(peer.unsent);
        peer.unsent.erase(peer.unsent.begin(),
                          peer.unsent.begin() + static_cast<std::ptrdiff_t>(sent));
        if (has_finished) peer.tcp.close();
        Packet packet = pool_.take();
        while (peer.tcp.poll_transmit(now, packet)) {
            interface_.send_ipv4(std::move(packet), now);
            packet = pool_.take();
        }
    }

    void answer(Peer& peer) {
        for (std::size_t end = peer.request.find("\r\n\r\n"); end != std::string::npos;
             end = peer.request.find("\r\n\r\n")) {
            const std::size_t size = std::stoul(peer.request.substr(sizeof "GET /bytes/" - 1));
            peer.request.erase(0, end + 4);
            const std::string head =
                "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
            peer.unsent.insert(peer.unsent.end(), head.begin(), head.end());
            auto body = content_range(0, size);
            if (lie_ == Lie::SkipsABlock) body.erase(body.begin() + 64, body.begin() + 80);
            if (lie_ == Lie::ClosesInTheMiddle || lie_ == Lie::ResetsInTheMiddle)
                body.resize(size / 2);
            peer.unsent.insert(peer.unsent.end(), body.begin(), body.end());
            if (lie_ == Lie::ResetsInTheMiddle) peer.tcp.abort();
            if (lie_ == Lie::ClosesInTheMiddle) {
                peer.tcp.send(peer.unsent);
                peer.tcp.close();
            }
        }
    }

    Lie lie_;
    tcp::Config tcp_config_;
    PacketPool pool_;
    Counters counters_;
    stack::Interface interface_{interface_config(), pool_, counters_, Instant{}};
    std::map<std::uint16_t, Peer> connections_;
};

// One server that may lie, one client, one segment.
struct Pair {
    Pair(Lie lie, const FaultPlan& faults, std::vector<ConnectionPlan> plans)
        : server(lie), client(config(), std::move(plans), kSeed, log) {
        SegmentConfig front;
        front.faults = faults;
        const SegmentId segment = world.add_segment(std::move(front));
        const HostId server_id = world.add_host("server", server);
        const HostId client_id = world.add_host("client", client);
        world.attach(server_id, link::LinkId::Front, segment, kServerMac);
        world.attach(client_id, link::LinkId::Front, segment, kClientMac);
        world.wake(client_id);
    }
    static ClientConfig config() {
        ClientConfig result;
        result.address = wire::Ipv4Address(10, 7, 0, 9);
        result.mac = kClientMac;
        result.service = kService;
        return result;
    }
    void run() {
        const Instant limit = Instant{} + Duration::seconds(120);
        while (!client.is_finished() && world.next_event() <= limit && world.step()) {
        }
    }
    std::vector<std::string> rules() const {
        std::vector<std::string> result;
        for (const Violation& violation : log.kept())
            result.push_back(violation.rule);
        return result;
    }
    std::string first_text() const { return log.empty() ? "" : log.kept().front().text; }

    ViolationLog log{kSeed};
    World world{kSeed};
    OneServer server;
    SimClient client;
};

ConnectionPlan plan(std::vector<std::uint64_t> sizes, bool is_pipelined = false) {
    ConnectionPlan result;
    result.sizes = std::move(sizes);
    result.is_pipelined = is_pipelined;
    return result;
}

TEST(SimClient, FetchesObjectsOneAfterTheOtherAndPipelined) {
    Pair pair(Lie::None, FaultPlan{}, {plan({100, 0, 70'000}), plan({5, 6, 7}, true)});
    pair.run();
    EXPECT_TRUE(pair.client.is_finished()) << pair.first_text();
    EXPECT_EQ(pair.client.verified_bytes(), 70'118U);
    EXPECT_EQ(pair.client.responses(), 6U);
    EXPECT_TRUE(pair.log.empty()) << pair.first_text();
}

TEST(SimClient, PausesBehindItsFirstRequest) {
    ConnectionPlan pausing = plan({100, 200, 300});
    pausing.pause = Duration::seconds(30);
    Pair pair(Lie::None, FaultPlan{}, {pausing});
    while (pair.world.next_event() < Instant{} + pausing.pause && pair.world.step()) {
    }
    EXPECT_EQ(pair.client.responses(), 1U);
    pair.run();
    EXPECT_EQ(pair.client.responses(), 3U);
    EXPECT_LT(pair.world.now(), Instant{} + Duration::seconds(31));
    EXPECT_TRUE(pair.log.empty()) << pair.first_text();
}

TEST(SimClient, FetchesEverythingOverABadLink) {
    FaultPlan faults;
    faults.loss = faults.repetition = faults.reordering = {1, 10};
    faults.reordering_delay_max = Duration::milliseconds(3);
    faults.delay = Duration::microseconds(200);
    Pair pair(Lie::None, faults, std::vector<ConnectionPlan>(50, plan({30'000, 1'000})));
    pair.run();
    EXPECT_TRUE(pair.client.is_finished());
    EXPECT_EQ(pair.client.verified_bytes(), 50U * 31'000U);
    EXPECT_TRUE(pair.log.empty()) << pair.first_text();
}

TEST(SimClient, SeesMissingBytes) {
    Pair pair(Lie::SkipsABlock, FaultPlan{}, {plan({4'000})});
    pair.run();
    EXPECT_THAT(pair.rules(), ElementsAre("EP-48"));
    EXPECT_THAT(pair.first_text(), HasSubstr("16 bytes are missing"));
}

TEST(SimClient, SeesAReset) {
    Pair pair(Lie::ResetsInTheMiddle, FaultPlan{}, {plan({4'000})});
    pair.run();
    EXPECT_THAT(pair.rules(), ElementsAre("EP-48"));
    EXPECT_THAT(pair.first_text(), HasSubstr("a reset after 0 of 1"));
}

TEST(SimClient, SeesAnEarlyEnd) {
    Pair pair(Lie::ClosesInTheMiddle, FaultPlan{}, {plan({4'000})});
    pair.run();
    EXPECT_THAT(pair.rules(), ElementsAre("EP-48"));
    EXPECT_THAT(pair.first_text(), HasSubstr("closes after 0 of 1"));
}

TEST(SimClient, ReportsWhatNeverEnds) {
    Pair pair(Lie::IsSilent, FaultPlan{}, {plan({4'000})});
    pair.run();
    EXPECT_TRUE(pair.log.empty());
    pair.client.report_unfinished(pair.world.now());
    EXPECT_THAT(pair.rules(), ElementsAre("liveness"));
    EXPECT_THAT(pair.first_text(), HasSubstr("0 of 1 responses"));
}

}  // namespace
}  // namespace shunt::sim
