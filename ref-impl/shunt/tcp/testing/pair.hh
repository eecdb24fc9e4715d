// SPDX-License-Identifier: Apache-2.0
// Two connections joined by a wire in virtual time, for tests: what is lost, repeated or late is
// said by a plan.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/base/deadline.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/reset.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::tcp::testing {

/// Byte `offset` of the stream that a side sends: neither side's is the other's.
inline std::uint8_t stream_byte(std::size_t side, std::uint64_t offset) {
    return static_cast<std::uint8_t>(offset * 7 + (offset >> 8) * 13 + (offset >> 16) + side * 101);
}

/// The same stream for who takes no copy.
class StreamSource final : public ByteSource {
  public:
    explicit StreamSource(std::size_t side) : side_(side) {}
    void read(std::uint64_t offset, MutableBytes into) const override {
        for (std::size_t i = 0; i < into.size(); ++i)
            into[i] = stream_byte(side_, offset + i);
    }

  private:
    std::size_t side_;
};

/// One end, with an application that sends a stream of known content and checks what it reads.
struct Side {
    Config config;
    Identity identity;
    Chance chance;
    std::optional<Connection> connection;
    bool listens = false;
    bool reads = true;
    /// Bytes that the application wants to send in all, and whether it then closes.
    std::uint64_t wanted = 0;
    bool closes = false;
    /// Every second piece that it sends stays with its source.
    bool lends = false;
    std::uint64_t handed_over = 0;
    std::uint64_t read = 0;
    bool is_content_right = true;
    std::vector<Event> events;
    std::map<Counter, int> dropped;
    /// Every packet sent, for tests that look at the wire.
    std::vector<std::vector<std::uint8_t>> sent;

    bool had(Event event) const {
        for (const Event seen : events)
            if (seen == event) return true;
        return false;
    }
};

/// What the wire does with the n-th packet (from 0) of a side.
struct Fate {
    bool is_lost = false;
    int copies = 1;
    Duration delay = Duration::milliseconds(5);
    /// The network marks it, if it may be marked (RFC 3168 5).
    bool is_marked = false;
};

class Pair {
  public:
    using Plan = std::function<Fate(std::size_t side, std::size_t index, const wire::TcpView&)>;

    Pair() {
        sides[0].identity = {wire::Ipv4Address(10, 7, 0, 9), 4'711, wire::Ipv4Address(10, 7, 1, 1),
                             80};
        sides[1].identity = {wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9),
                             4'711};
        sides[0].chance = {SequenceNumber(1'000), 77};
        sides[1].chance = {SequenceNumber(500'000), 4'000'000'000U};
        sides[1].listens = true;
    }

    /// Side 0 opens; side 1 listens, unless it opens too (both).
    void open(bool both = false) {
        for (std::size_t side = 0; side < (both ? 2U : 1U); ++side) {
            Side& opener = sides[side];
            auto opened = Connection::connect(opener.config, opener.identity, opener.chance, now);
            opener.connection.emplace(std::move(*opened));
        }
        settle();
    }

    /// Lets both applications act and sends what can be sent, without letting time pass.
    void settle() {
        for (std::size_t side = 0; side < 2; ++side)
            attend(side);
    }

    /// Goes to the next delivery or deadline; false if there is none before `limit`.
    bool step(Instant limit) {
        std::optional<Instant> next;
        if (!in_flight_.empty()) next = in_flight_.begin()->first.first;
        for (Side& side : sides)
            if (side.connection) next = earlier(next, side.connection->poll_deadline());
        if (!next || *next > limit) return false;
        if (*next > now) now = *next;
        for (std::size_t side = 0; side < 2; ++side) {
            auto& connection = sides[side].connection;
            if (connection && is_due(connection->poll_deadline(), now)) {
                connection->handle_deadline(now);
                attend(side);
            }
        }
        while (!in_flight_.empty() && in_flight_.begin()->first.first <= now) {
            const Flight flight = std::move(in_flight_.begin()->second);
            in_flight_.erase(in_flight_.begin());
            deliver(flight.to, flight.bytes);
            attend(flight.to);
        }
        settle();
        return true;
    }

    /// Steps until `done` says so; false if nothing more happens before `limit` has passed.
    bool run_until(const std::function<bool()>& done, Duration limit = Duration::seconds(600)) {
        const Instant end = now + limit;
        while (!done())
            if (!step(end)) return false;
        return true;
    }
    /// Lets everything happen that happens within `span`.
    void run_for(Duration span) {
        const Instant end = now + span;
        while (step(end)) {
        }
        now = end;
    }
    bool both_established() const { return in_state(0, State::Established, 1, State::Established); }
    bool both_closed() const { return in_state(0, State::Closed, 1, State::Closed); }
    /// All that each side wanted to send was read by the other.
    bool all_read() const {
        return sides[0].read == sides[1].wanted && sides[1].read == sides[0].wanted;
    }

    /// Gives `side` a packet as it would come from the wire, and lets it answer.
    void inject(std::size_t side, ByteView packet) {
        deliver(side, packet);
        attend(side);
    }
    Connection& operator[](std::size_t side) { return *sides[side].connection; }

    PacketPool pool;
    Side sides[2];
    Plan plan = [](std::size_t, std::size_t, const wire::TcpView&) { return Fate{}; };
    Instant now = Instant::from_nanoseconds(1'000'000'000);
    bool is_wire_clean = true;

  private:
    struct Flight {
        std::size_t to = 0;
        std::vector<std::uint8_t> bytes;
    };

    bool in_state(std::size_t a, State state_a, std::size_t b, State state_b) const {
        return sides[a].connection && sides[b].connection &&
               sides[a].connection->state() == state_a && sides[b].connection->state() == state_b;
    }

    void deliver(std::size_t to, ByteView packet) {
        Side& side = sides[to];
        const auto internet = wire::Ipv4View::parse(packet);
        if (!internet) return;
        const auto segment = wire::TcpView::parse(*internet);
        if (!segment) return;
        const bool is_syn = segment->flags().syn && !segment->flags().acknowledgment;
        if (side.connection && side.listens && is_syn &&
            side.connection->can_be_replaced_by(*segment)) {
            side.connection.reset();
        }
        if (!side.connection && side.listens) {
            auto accepted =
                Connection::accept(side.config, side.identity, *segment, side.chance, now);
            if (accepted) side.connection.emplace(std::move(*accepted));
            return;
        }
        if (!side.connection || side.connection->is_closed()) {
            answer_with_reset(to, *segment);
            return;
        }
        const auto dropped = side.connection->handle_segment(*segment, now);
        if (dropped) ++side.dropped[*dropped];
    }

    void answer_with_reset(std::size_t from, const wire::TcpView& segment) {
        const auto reset = Reset::answer_to(segment);
        if (!reset) return;
        Packet packet = pool.take();
        reset->write(sides[from].identity, packet);
        carry(from, packet);
    }

    void attend(std::size_t index) {
        Side& side = sides[index];
        if (!side.connection) return;
        Connection& connection = *side.connection;
        read_all(index);
        hand_over(index);
        Packet packet = pool.take();
        while (connection.poll_transmit(now, packet)) {
            carry(index, packet);
            packet = pool.take();
        }
        while (const auto event = connection.poll_event())
            side.events.push_back(*event);
    }

    void read_all(std::size_t index) {
        Side& side = sides[index];
        while (side.reads && !side.connection->readable().empty()) {
            const ByteView run = side.connection->readable();
            for (std::size_t i = 0; i < run.size(); ++i) {
                if (run[i] != stream_byte(1 - index, side.read + i)) side.is_content_right = false;
            }
            side.read += run.size();
            side.connection->consume(run.size());
        }
    }

    void hand_over(std::size_t index) {
        Side& side = sides[index];
        while (side.handed_over < side.wanted) {
            const std::uint64_t piece = side.handed_over / kPiece;
            const std::uint64_t end = std::min((piece + 1) * kPiece, side.wanted);
            const std::uint64_t size = end - side.handed_over;
            const bool is_lent = side.lends && piece % 2 == 1;
            const std::size_t taken = is_lent ? lend(index, size) : copy(index, size);
            side.handed_over += taken;
            if (taken < size) return;
        }
        // In SYN-SENT it would delete the connection and what it was given (RFC 9293 3.10.4).
        const bool is_opening = side.connection->state() == State::SynSent;
        if (side.closes && !is_opening) side.connection->close();
    }

    std::size_t copy(std::size_t index, std::uint64_t size) {
        Side& side = sides[index];
        std::vector<std::uint8_t> bytes(size);
        StreamSource(index).read(side.handed_over, bytes);
        return side.connection->send(bytes);
    }
    std::size_t lend(std::size_t index, std::uint64_t size) {
        Side& side = sides[index];
        return side.connection->send({sources_[index], side.handed_over, size});
    }

    void carry(std::size_t from, const Packet& packet) {
        const ByteView bytes = packet.bytes();
        const auto internet = wire::Ipv4View::parse(bytes);
        const auto segment = internet ? wire::TcpView::parse(*internet) : Failure{internet.error()};
        if (!segment) {
            is_wire_clean = false;
            return;
        }
        sides[from].sent.emplace_back(bytes.begin(), bytes.end());
        const Fate fate = plan(from, sides[from].sent.size() - 1, *segment);
        std::vector<std::uint8_t> carried(bytes.begin(), bytes.end());
        if (fate.is_marked && internet->ecn() != wire::EcnCodepoint::NotCapable) mark(carried);
        for (int copy = 0; !fate.is_lost && copy < fate.copies; ++copy) {
            in_flight_.emplace(std::pair{now + fate.delay, serial_++}, Flight{1 - from, carried});
        }
    }

    static void mark(std::vector<std::uint8_t>& packet) {
        packet[1] = static_cast<std::uint8_t>(packet[1] | 3U);
        packet[10] = packet[11] = 0;
        wire::ChecksumAccumulator sum;
        sum.add(ByteView(packet).first(wire::kIpv4HeaderSize));
        store_u16(packet, 10, sum.checksum());
    }

    static constexpr std::uint64_t kPiece = 4'096;

    std::shared_ptr<const ByteSource> sources_[2] = {std::make_shared<StreamSource>(0),
                                                     std::make_shared<StreamSource>(1)};
    std::map<std::pair<Instant, std::uint64_t>, Flight> in_flight_;
    std::uint64_t serial_ = 0;
};

}  // namespace shunt::tcp::testing
