// SPDX-License-Identifier: Apache-2.0
// Two hosts of an interface and a connection each, joined by a wire: active, simultaneous and lost
// opens through ARP and IPv4 (RFC 9293 3.5; TCP-11).
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/stack/interface.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::stack {
namespace {

/// A machine with one address and one connection.
struct Machine {
    Machine(std::uint8_t number, PacketPool& pool, Instant now)
        : address(10, 7, 0, number), interface(config_of(number), pool, counters, now) {}

    static Interface::Config config_of(std::uint8_t number) {
        Interface::Config config;
        config.mac = wire::MacAddress({0x02, 0, 0, 0, 0, number});
        config.own = {wire::Ipv4Address(10, 7, 0, number)};
        config.arp_sender = config.own.front();
        config.routes = {{config.own.front(), 16, std::nullopt}};
        return config;
    }

    wire::Ipv4Address address;
    Counters counters;
    Interface interface;
    std::optional<tcp::Connection> connection;
    bool listens = false;
};

class Open : public testing::Test {
  protected:
    static constexpr std::uint16_t kPort = 7'007;

    tcp::Identity identity(std::size_t of) const {
        return {machines_[of].address, kPort, machines_[1 - of].address, kPort};
    }
    tcp::Chance chance(std::size_t of) const {
        return {SequenceNumber(static_cast<std::uint32_t>(of) * 1'000'000), 7};
    }
    void connect(std::size_t of) {
        auto opened = tcp::Connection::connect(config_, identity(of), chance(of), now_);
        machines_[of].connection.emplace(std::move(*opened));
    }
    /// Sends what each has to send, all at once, then delivers it; until nobody has anything.
    void exchange() {
        for (bool moved = true; moved;) {
            moved = false;
            std::array<std::vector<Packet>, 2> sent;
            for (std::size_t i = 0; i < 2; ++i)
                sent[i] = transmit(machines_[i]);
            for (std::size_t i = 0; i < 2; ++i) {
                for (Packet& frame : sent[i]) {
                    moved = true;
                    if (!loses_(frame)) deliver(1 - i, std::move(frame));
                }
            }
        }
    }
    void run_for(Duration span) {
        const Instant end = now_ + span;
        for (;;) {
            exchange();
            std::optional<Instant> next;
            for (Machine& machine : machines_) {
                next = earlier(next, machine.interface.poll_deadline());
                if (machine.connection) next = earlier(next, machine.connection->poll_deadline());
            }
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            for (Machine& machine : machines_) {
                machine.interface.handle_deadline(now_);
                if (machine.connection && is_due(machine.connection->poll_deadline(), now_))
                    machine.connection->handle_deadline(now_);
            }
        }
        now_ = end;
    }
    void expect_both_established() {
        for (const Machine& machine : machines_) {
            ASSERT_TRUE(machine.connection);
            EXPECT_EQ(machine.connection->state(), tcp::State::Established);
        }
        EXPECT_EQ(machines_[0].connection->send_next(), machines_[1].connection->receive_next());
        EXPECT_EQ(machines_[1].connection->send_next(), machines_[0].connection->receive_next());
    }

    tcp::Config config_;
    PacketPool pool_;
    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    std::array<Machine, 2> machines_{Machine(1, pool_, now_), Machine(2, pool_, now_)};
    std::function<bool(const Packet&)> loses_ = [](const Packet&) { return false; };

  private:
    std::vector<Packet> transmit(Machine& machine) {
        if (machine.connection) {
            Packet packet = pool_.take();
            while (machine.connection->poll_transmit(now_, packet)) {
                machine.interface.send_ipv4(std::move(packet), now_);
                packet = pool_.take();
            }
        }
        std::vector<Packet> frames;
        while (auto frame = machine.interface.poll_transmit())
            frames.push_back(std::move(*frame));
        return frames;
    }
    void deliver(std::size_t to, Packet frame) {
        Machine& machine = machines_[to];
        const auto passed = machine.interface.handle_frame(std::move(frame), now_);
        if (!passed) return;
        const auto ip = wire::Ipv4View::parse(passed->bytes().subspan(wire::kEthernetHeaderSize));
        const auto segment = wire::TcpView::parse(*ip);
        ASSERT_TRUE(segment);
        if (machine.connection) {
            machine.connection->handle_segment(*segment, now_);
        } else if (machine.listens) {
            auto accepted =
                tcp::Connection::accept(config_, identity(to), *segment, chance(to), now_);
            if (accepted) machine.connection.emplace(std::move(*accepted));
        }
    }
};

TEST_F(Open, ActiveMeetsPassive) {
    machines_[1].listens = true;
    connect(0);
    run_for(Duration::milliseconds(1));
    expect_both_established();
}

TEST_F(Open, BothAtOnceMakeOneConnection) {
    connect(0);
    connect(1);
    run_for(Duration::milliseconds(1));
    expect_both_established();
    const std::array<std::uint8_t, 2> text{'h', 'i'};
    machines_[0].connection->send(text);
    run_for(Duration::milliseconds(100));
    EXPECT_EQ(machines_[1].connection->receive_queue_size(), 2U);
}

TEST_F(Open, SurvivesTheLossOfEachOfItsFirstFrames) {
    for (const bool is_simultaneous : {false, true}) {
        for (int lost = 0; lost < 8; ++lost) {
            machines_[0].connection.reset();
            machines_[1].connection.reset();
            machines_[1].listens = !is_simultaneous;
            int frame = 0;
            loses_ = [&](const Packet&) { return frame++ == lost; };
            connect(0);
            if (is_simultaneous) connect(1);
            run_for(Duration::seconds(10));
            expect_both_established();
        }
    }
}

TEST_F(Open, GivesUpOnSomebodyWhoIsNotThere) {
    loses_ = [](const Packet&) { return true; };
    connect(0);
    run_for(Duration::seconds(600));
    EXPECT_TRUE(machines_[0].connection->is_closed());
    EXPECT_EQ(machines_[0].connection->poll_deadline(), std::nullopt);
    EXPECT_EQ(machines_[0].interface.poll_deadline(), std::nullopt) << "nor is anybody asked for";
}

}  // namespace
}  // namespace shunt::stack
