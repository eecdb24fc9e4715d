// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/host_device.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/rng.hh"
#include "shunt/tcp/icmp_error.hh"
#include "shunt/tcp/initial_sequence.hh"
#include "shunt/tcp/reset.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"

namespace shunt::app {

const wire::Ipv4Address HostDevice::kAddress{10, 7, 1, 1};
const wire::Ipv4Address HostDevice::kTesterAddress{10, 7, 1, 9};
const wire::MacAddress HostDevice::kMac{{0x02, 0x07, 0, 0, 1, 1}};
const wire::MacAddress HostDevice::kTesterMac{{0x02, 0x07, 0, 0, 1, 9}};

namespace {

constexpr std::uint8_t kPrefixLength = 24;

stack::Interface::Config interface_config() {
    stack::Interface::Config config;
    config.mac = HostDevice::kMac;
    config.own = {HostDevice::kAddress};
    config.arp_sender = HostDevice::kAddress;
    config.routes = {{HostDevice::kAddress, kPrefixLength, std::nullopt}};
    config.static_neighbors = {{HostDevice::kTesterAddress, HostDevice::kTesterMac}};
    return config;
}

tcp::Listener::Keys draw_keys(std::uint64_t seed) {
    Rng rng(seed);
    tcp::Listener::Keys keys;
    keys.sequence.low = rng.next_u64();
    keys.sequence.high = rng.next_u64();
    keys.cookie.low = rng.next_u64();
    keys.cookie.high = rng.next_u64();
    return keys;
}

tcp::Identity identity_of(const wire::Ipv4View& ip, const wire::TcpView& segment) {
    return {ip.destination(), segment.destination_port(), ip.source(), segment.source_port()};
}

}  // namespace

HostDevice::HostDevice(std::uint64_t seed, Instant now)
    : interface_(interface_config(), pool_, counters_, now),
      keys_(draw_keys(seed)),
      listener_(config_, keys_, Duration(), now) {}

void HostDevice::handle_frame(Packet frame, Instant now) {
    auto packet = interface_.handle_frame(std::move(frame), now);
    if (!packet) return;
    packet->trim_front(wire::kEthernetHeaderSize);
    const auto ip = wire::Ipv4View::parse(packet->bytes());
    if (!ip) return counters_.add(ip.error());
    if (ip->protocol() == wire::IpProtocol::Icmp) return handle_icmp(*ip, now);
    if (ip->protocol() == wire::IpProtocol::Tcp) return handle_segment(*ip, now);
    interface_.send_protocol_unreachable(*ip, now);
}

HostDevice::Endpoints::iterator HostDevice::find(const tcp::Identity& identity) {
    return std::find_if(endpoints_.begin(), endpoints_.end(), [&identity](const auto& each) {
        return each.second.connection.identity() == identity && !each.second.connection.is_closed();
    });
}

void HostDevice::handle_segment(const wire::Ipv4View& ip, Instant now) {
    const auto segment = wire::TcpView::parse(ip);
    if (!segment) return counters_.add(segment.error());
    const tcp::Identity identity = identity_of(ip, *segment);
    const auto found = find(identity);
    if (found == endpoints_.end()) return open_passively(identity, *segment, now);
    tcp::Connection& connection = found->second.connection;
    if (connection.can_be_replaced_by(*segment)) {  // RFC 6191: out of TIME-WAIT
        const auto listener = listener_on(identity.local_port);
        if (listener && endpoints_.size() < kSocketsMax) {
            auto next = listener_.accept_again(identity, *segment, connection.send_next(), now);
            if (!next) return counters_.add(next.error());
            connection.abort();
            settle(found, now);
            return settle(add(std::move(*next), listener), now);
        }
    }
    if (const auto dropped = connection.handle_segment(*segment, now)) counters_.add(*dropped);
    settle(found, now);
}

void HostDevice::open_passively(const tcp::Identity& identity, const wire::TcpView& segment,
                                Instant now) {
    const auto flags = segment.flags();
    const auto listener = listener_on(identity.local_port);
    const bool opens = flags.syn && !flags.acknowledgment && !flags.reset;
    if (!listener || !opens || endpoints_.size() >= kSocketsMax) {
        return refuse(identity, segment, now);
    }
    auto connection = listener_.accept(identity, segment, now);
    if (!connection) return counters_.add(connection.error());
    settle(add(std::move(*connection), listener), now);
}

HostDevice::Endpoints::iterator HostDevice::add(tcp::Connection connection,
                                                std::optional<Socket> listener) {
    return endpoints_.emplace(next_socket_++, Endpoint(std::move(connection), listener)).first;
}

/// RFC 9293 3.10.7.1 and 3.10.7.2: of a RST nothing comes.
void HostDevice::refuse(const tcp::Identity& identity, const wire::TcpView& segment, Instant now) {
    counters_.add(Counter::TcpStray);
    const auto reset = tcp::Reset::answer_to(segment);
    if (!reset) return;
    Packet reply = pool_.take();
    reset->write(identity, reply);
    interface_.send_ipv4(std::move(reply), now);
}

void HostDevice::handle_icmp(const wire::Ipv4View& ip, Instant now) {
    const auto message = wire::IcmpView::parse(ip);
    if (!message) return counters_.add(message.error());
    if (!wire::is_error(message->type())) return counters_.add(Counter::DropIcmpType);
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    if (!quoted) return counters_.add(quoted.error());
    const auto found = find({quoted->source(), quoted->source_port(), quoted->destination(),
                             quoted->destination_port()});
    if (found == endpoints_.end() || quoted->protocol() != wire::IpProtocol::Tcp) {
        return counters_.add(Counter::DropIcmpUnrelated);
    }
    tcp::IcmpError error;
    error.type = message->type();
    error.code = message->code();
    error.sequence = quoted->sequence();
    error.quoted_length = quoted->total_length();
    if (error.is_fragmentation_needed()) error.next_hop_mtu = message->next_hop_mtu();
    if (const auto dropped = found->second.connection.handle_icmp(error)) counters_.add(*dropped);
    settle(found, now);
}

void HostDevice::handle_deadline(Instant now) {
    interface_.handle_deadline(now);
    for (auto each = endpoints_.begin(); each != endpoints_.end();) {
        const auto due = each++;
        if (!is_due(due->second.connection.poll_deadline(), now)) continue;
        due->second.connection.handle_deadline(now);
        settle(due, now);
    }
}

std::optional<Instant> HostDevice::poll_deadline() const {
    std::optional<Instant> next = interface_.poll_deadline();
    for (const auto& [socket, endpoint] : endpoints_)
        next = earlier(next, endpoint.connection.poll_deadline());
    return next;
}

void HostDevice::take_events(Endpoint& endpoint) {
    const bool was_asking = !endpoint.is_established && !endpoint.listener;
    while (const auto event = endpoint.connection.poll_event()) {
        if (*event == tcp::Event::Established) endpoint.is_established = true;
        if (*event == tcp::Event::PeerFinished) endpoint.is_finished_by_peer = true;
        if (*event == tcp::Event::Reset) {
            endpoint.error = was_asking ? "ECONNREFUSED" : "ECONNRESET";
        }
        if (*event == tcp::Event::TimedOut) endpoint.error = "ETIMEDOUT";
    }
}

/// Sends what the connection owes, and forgets it where nobody has it any more.
void HostDevice::settle(Endpoints::iterator each, Instant now) {
    Endpoint& endpoint = each->second;
    if (endpoint.is_closed_by_application && !endpoint.connection.readable().empty()) {
        endpoint.connection.abort();  // nobody will read it (RFC 1122 4.2.2.13)
    }
    for (Packet packet = pool_.take(); endpoint.connection.poll_transmit(now, packet);
         packet = pool_.take()) {
        interface_.send_ipv4(std::move(packet), now);
    }
    take_events(endpoint);
    const bool has_owner =
        !endpoint.is_closed_by_application && (!endpoint.listener || endpoint.is_established);
    if (endpoint.connection.is_closed() && !has_owner) endpoints_.erase(each);
}

std::optional<HostDevice::Socket> HostDevice::listener_on(std::uint16_t port) const {
    for (const auto& [socket, listening] : listeners_)
        if (listening == port) return socket;
    return std::nullopt;
}

HostDevice::Endpoint* HostDevice::usable(Socket socket) {
    const auto found = endpoints_.find(socket);
    if (found == endpoints_.end()) return nullptr;
    Endpoint& endpoint = found->second;
    return endpoint.listener || endpoint.is_closed_by_application ? nullptr : &endpoint;
}

}  // namespace shunt::app
