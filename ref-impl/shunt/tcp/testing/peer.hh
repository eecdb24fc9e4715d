// SPDX-License-Identifier: Apache-2.0
// One connection against a peer that the test plays by hand: segments in, packets out, one clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/tcp/connection.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::tcp::testing {

/// A packet that the connection sent, read back.
struct Sent {
    SequenceNumber sequence;
    SequenceNumber acknowledgment;
    wire::TcpFlags flags;
    std::uint16_t window = 0;
    wire::TcpOptions options;
    std::vector<std::uint8_t> text;
    wire::EcnCodepoint ecn = wire::EcnCodepoint::NotCapable;
    std::uint16_t urgent_pointer = 0;

    static std::optional<Sent> from(ByteView packet) {
        const auto internet = wire::Ipv4View::parse(packet);
        if (!internet) return std::nullopt;
        const auto view = wire::TcpView::parse(*internet);
        if (!view) return std::nullopt;
        const ByteView text = view->payload();
        return Sent{view->sequence(), view->acknowledgment(), view->flags(),
                    view->window(),   view->options(),        {text.begin(), text.end()},
                    internet->ecn(),  view->urgent_pointer()};
    }
    bool operator==(const Sent&) const = default;
};

/// The peer's side of the conversation. Its numbers are absolute: its ISN is 1,000, ours 500,000.
class Peer {
  public:
    static constexpr SequenceNumber kPeerInitial{1'000};
    static constexpr SequenceNumber kOurInitial{500'000};

    Peer() {
        syn_options.mss = 1'460;
        syn_options.window_scale = 2;
        syn_options.sack_permitted = true;
        config.no_delay = true;
    }

    /// A passive open: SYN in, SYN/ACK out, ACK in. Options as in syn_options.
    void establish() {
        open();
        drain();
        give(ack());
        drain();
    }
    /// SYN in; the SYN/ACK is not fetched.
    void open() {
        wire::TcpHeader syn;
        syn.sequence = kPeerInitial;
        syn.flags = syn_flags;
        syn.window = window;
        syn.options = syn_options;
        const Packet packet = make(syn, {});
        auto accepted = Connection::accept(config, local, view_of(packet),
                                           {kOurInitial, timestamp_offset}, now);
        SHUNT_ASSERT(accepted, "a plain SYN opens");
        connection.emplace(std::move(*accepted));
        next = kPeerInitial + 1;
    }

    /// A segment of the peer at its next number that acknowledges what we last sent.
    wire::TcpHeader ack() const {
        wire::TcpHeader header;
        header.sequence = next;
        header.flags.acknowledgment = true;
        header.acknowledgment = heard;
        header.window = window;
        if (syn_options.timestamps) header.options.timestamps = {timestamp(), echo};
        return header;
    }
    wire::TcpHeader at(SequenceNumber sequence) const {
        wire::TcpHeader header = ack();
        header.sequence = sequence;
        return header;
    }
    wire::TcpHeader reset(SequenceNumber sequence) const {
        wire::TcpHeader header = ack();
        header.sequence = sequence;
        header.flags = {};
        header.flags.reset = true;
        return header;
    }

    std::optional<Counter> give(const wire::TcpHeader& header, std::string_view text = {}) {
        return give(make(header, text));
    }
    /// Any packet that is whole IPv4 and TCP.
    std::optional<Counter> give(const Packet& packet) {
        return connection->handle_segment(view_of(packet), now);
    }
    /// In order: moves the peer's next number.
    std::optional<Counter> give_next(std::string_view text) {
        const auto dropped = give(ack(), text);
        next = next + static_cast<std::uint32_t>(text.size());
        return dropped;
    }

    /// A packet of the peer; nobody has it yet.
    Packet make(wire::TcpHeader header, std::string_view text) {
        header.source_port = local.remote_port;
        header.destination_port = local.local_port;
        Packet packet = pool.take();
        const MutableBytes room = packet.append(text.size());
        for (std::size_t i = 0; i < text.size(); ++i)
            room[i] = static_cast<std::uint8_t>(text[i]);
        header.prepend_to(packet, local.remote_address, local.local_address);
        wire::Ipv4Header internet;
        internet.type_of_service = static_cast<std::uint8_t>(ecn);
        internet.source = local.remote_address;
        internet.destination = local.local_address;
        internet.prepend_to(packet);
        return packet;
    }

    /// All that the connection sends now; remembers what the peer has heard.
    std::vector<Sent> drain() {
        std::vector<Sent> all;
        Packet packet = pool.take();
        while (connection->poll_transmit(now, packet)) {
            auto sent = Sent::from(packet.bytes());
            SHUNT_ASSERT(sent, "what we send can be read");
            const std::uint32_t length = static_cast<std::uint32_t>(sent->text.size()) +
                                         (sent->flags.syn ? 1 : 0) + (sent->flags.fin ? 1 : 0);
            const SequenceNumber end = sent->sequence + length;
            if (length > 0 && end.after(heard)) heard = end;
            if (sent->options.timestamps) echo = sent->options.timestamps->value;
            all.push_back(std::move(*sent));
            packet = pool.take();
        }
        return all;
    }
    /// The same as packets, of which the peer hears nothing.
    std::vector<Packet> drain_packets() {
        std::vector<Packet> all;
        for (Packet packet = pool.take(); connection->poll_transmit(now, packet);
             packet = pool.take()) {
            all.push_back(std::move(packet));
        }
        return all;
    }
    std::vector<Event> events() {
        std::vector<Event> all;
        while (const auto event = connection->poll_event())
            all.push_back(*event);
        return all;
    }
    void pass(Duration span) {
        now = now + span;
        if (connection->poll_deadline() && *connection->poll_deadline() <= now) {
            connection->handle_deadline(now);
        }
    }
    void send(std::size_t count) {
        const std::vector<std::uint8_t> bytes(count, 'x');
        SHUNT_ASSERT(connection->send(bytes) == count, "the test asks for what fits");
    }
    std::uint32_t timestamp() const {
        return static_cast<std::uint32_t>(now.since_origin().to_milliseconds()) + 7'000'000;
    }

    PacketPool pool;
    Config config;
    Identity local{wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9), 4'711};
    wire::TcpOptions syn_options;
    wire::TcpFlags syn_flags{.syn = true};
    /// How what it gives is marked.
    wire::EcnCodepoint ecn = wire::EcnCodepoint::NotCapable;
    std::uint32_t timestamp_offset = 12'345;
    std::optional<Connection> connection;
    Instant now = Instant::from_nanoseconds(1'000'000'000);
    std::uint16_t window = 20'000;
    SequenceNumber next;
    SequenceNumber heard = kOurInitial;
    std::uint32_t echo = 0;

  private:
    static wire::TcpView view_of(const Packet& packet) {
        return *wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
    }
};

}  // namespace shunt::tcp::testing
