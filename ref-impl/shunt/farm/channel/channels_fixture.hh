// SPDX-License-Identifier: Apache-2.0
// For tests: the control channels of a few servers, joined by a link that carries what the test
// lets pass, in virtual time; and a handmade end that says what a server never would.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/base/deadline.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/stack/socket_set.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::farm {

class ChannelsFixture : public testing::Test {
  protected:
    using Bytes = wire::test::Bytes;
    static constexpr Duration kMillisecond = Duration::milliseconds(1);
    static constexpr Duration kDelay = Duration::microseconds(100);

    /// One end of the link.
    struct Station {
        Counters counters;
        std::unique_ptr<ControlChannels> channels;  // of a server
        std::unique_ptr<stack::SocketSet> sockets;  // of a handmade end
        bool is_paused = false;
        std::vector<PeerEvent> events;
    };

    /// Server `id` starts, or starts anew with another seed.
    void start(ServerId id, std::uint64_t seed) {
        Station& station = stations_[id];
        station.events.clear();
        const ControlChannels::Environment environment{
            config_, *config_.server_by_id(id), pool_, station.counters, routes_, 1'500};
        station.channels = std::make_unique<ControlChannels>(environment, Rng(seed), now_);
    }
    /// The control address of `id` is a handmade end's.
    stack::SocketSet& hand(ServerId id) {
        Station& station = stations_[id];
        if (!station.sockets) {
            addresses_[id] = {config_.server_by_id(id)->control_ip.address};
            tcp::Config prompt;
            prompt.no_delay = true;
            station.sockets = std::make_unique<stack::SocketSet>(
                stack::SocketSet::Environment{addresses_[id], route_table_, pool_,
                                              station.counters},
                stack::SocketLimits{}, prompt, Rng(id));
        }
        return *station.sockets;
    }
    ControlChannels& at(ServerId id) { return *stations_[id].channels; }
    std::uint64_t counted(ServerId id, Counter counter) {
        return stations_[id].counters.value(counter);
    }
    const std::vector<PeerEvent>& events(ServerId id) { return stations_[id].events; }
    std::size_t count(ServerId id, PeerEvent::Kind kind) {
        const auto& all = events(id);
        return static_cast<std::size_t>(std::count_if(
            all.begin(), all.end(), [&](const PeerEvent& event) { return event.kind == kind; }));
    }

    void run_for(Duration span) { run_until(now_ + span); }
    void run_until(Instant end) {
        for (;;) {
            send_all();
            std::optional<Instant> next;
            if (!flying_.empty()) next = flying_.begin()->first;
            for (auto& [id, station] : stations_)
                if (!station.is_paused) next = earlier(next, deadline_of(station));
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            deliver_due();
            for (auto& [id, station] : stations_)
                if (!station.is_paused && is_due(deadline_of(station), now_)) expire(station);
        }
        now_ = end;
    }
    /// Nobody is there any more, and nothing is on its way.
    void clear() {
        flying_.clear();
        stations_.clear();
    }
    void pause(ServerId id) { stations_[id].is_paused = true; }
    void resume(ServerId id) {
        stations_[id].is_paused = false;
        for (Packet& packet : std::exchange(waiting_[id], {}))
            hand_over(id, std::move(packet));
    }

    /// False: a packet between these two is lost.
    std::function<bool(ServerId from, ServerId to)> passes_ = [](ServerId, ServerId) {
        return true;
    };

    FarmConfig config_ = [] {
        FarmConfig config = standard_plan(3);
        config.farm.has_extensions = true;
        return config;
    }();
    Instant now_;
    PacketPool pool_;

    static Bytes frame(wire::ControlKind kind, const Bytes& body = {},
                       std::uint64_t transaction = 7) {
        Bytes bytes(wire::kControlHeaderSize);
        wire::ControlHeader{kind, 0, transaction}.write_to(bytes, body.size());
        return wire::test::followed_by(bytes, body);
    }
    static Bytes hello(ServerId id, std::uint64_t boot = 1) {
        const wire::HelloBody body{id, boot, 9, "hand"};
        Bytes bytes(body.size());
        body.write_to(bytes);
        return frame(wire::ControlKind::Hello, bytes, 0);
    }
    /// A connection of the hand `from` to the control port of `to`.
    stack::SocketId connect(ServerId from, ServerId to) {
        const auto id = hand(from).open(stack::SocketKind::Tcp);
        EXPECT_FALSE(hand(from).connect(
            *id, {config_.server_by_id(to)->control_ip.address, wire::kControlPort}, now_));
        run_for(kMillisecond);
        return *id;
    }
    void say(ServerId from, stack::SocketId id, const Bytes& bytes) {
        EXPECT_TRUE(hand(from).send(id, bytes, now_));
        run_for(kMillisecond);
    }
    /// All frames that have come to a hand's socket.
    std::vector<Bytes> heard(ServerId hand_id, stack::SocketId id) {
        Bytes chunk(4'096);
        Bytes& all = heard_[hand_id];
        for (;;) {
            const auto count = hand(hand_id).receive(id, chunk, now_);
            if (!count || *count == 0) break;
            all.insert(all.end(), chunk.begin(),
                       chunk.begin() + static_cast<std::ptrdiff_t>(*count));
        }
        std::vector<Bytes> frames;
        while (all.size() >= wire::kControlHeaderSize) {
            const auto size = *wire::ControlFrameView::size_of(all);
            if (all.size() < size) break;
            const auto end = all.begin() + static_cast<std::ptrdiff_t>(size);
            frames.emplace_back(all.begin(), end);
            all.erase(all.begin(), end);
        }
        return frames;
    }
    static wire::ControlFrameView view(const Bytes& bytes) {
        return *wire::ControlFrameView::parse(bytes);
    }

  private:
    static std::optional<Instant> deadline_of(const Station& station) {
        return station.channels ? station.channels->poll_deadline()
                                : station.sockets->poll_deadline();
    }
    void expire(Station& station) {
        if (station.channels) {
            station.channels->handle_deadline(now_);
        } else {
            station.sockets->handle_deadline(now_);
        }
    }

    void send_all() {
        for (auto& [id, station] : stations_) {
            while (!station.is_paused) {
                if (station.channels) station.channels->expire_owners(now_);
                auto packet = station.channels ? station.channels->poll_transmit(now_)
                                               : station.sockets->poll_transmit(now_);
                if (!packet) break;
                flying_.emplace(now_ + kDelay, std::pair(id, std::move(*packet)));
            }
            while (station.channels) {
                const auto event = station.channels->poll_event();
                if (!event) break;
                station.events.push_back(*event);
            }
        }
    }

    void deliver_due() {
        while (!flying_.empty() && flying_.begin()->first <= now_) {
            auto [from, packet] = std::move(flying_.begin()->second);
            flying_.erase(flying_.begin());
            const auto ip = wire::Ipv4View::parse(packet.bytes());
            const Server* to = config_.server_by_control_ip(ip->destination());
            if (to != nullptr && stations_.contains(to->id) && passes_(from, to->id)) {
                hand_over(to->id, std::move(packet));
            }
        }
    }

    void hand_over(ServerId to, Packet packet) {
        Station& station = stations_[to];
        if (station.is_paused) return waiting_[to].push_back(std::move(packet));
        const auto ip = wire::Ipv4View::parse(packet.bytes());
        if (station.channels) {
            station.channels->handle_packet(*ip, now_);
        } else {
            station.sockets->handle_tcp(*ip, now_);
        }
    }

    const std::vector<stack::Route> routes_{{wire::Ipv4Address(10, 8, 0, 1), 16, std::nullopt}};
    const stack::RouteTable route_table_{routes_};
    std::map<ServerId, std::vector<wire::Ipv4Address>> addresses_;
    std::map<ServerId, Station> stations_;
    std::multimap<Instant, std::pair<ServerId, Packet>> flying_;
    std::map<ServerId, std::vector<Packet>> waiting_;
    std::map<ServerId, Bytes> heard_;
};

}  // namespace shunt::farm
