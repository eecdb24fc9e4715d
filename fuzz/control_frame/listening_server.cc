// SPDX-License-Identifier: Apache-2.0
#include "control_frame/listening_server.hh"

#include <algorithm>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/wire/control_messages.hh"

namespace shunt::fuzz {
namespace {

constexpr farm::ServerId kMember = 1;
constexpr farm::ServerId kServer = 2;
/// What a frame of 16 bytes may be answered with: an error frame and its text; and what a server
/// says by itself in ten seconds: hellos, pings, states.
constexpr std::size_t kAnswerMax = 64;
constexpr std::size_t kByItselfMax = 4'096;

tcp::Config prompt() {
    tcp::Config config;
    config.no_delay = true;
    return config;
}

std::vector<std::uint8_t> hello() {
    const wire::HelloBody body{kMember, 0x55AA, wire::kProfileEndpoint, "member"};
    std::vector<std::uint8_t> frame(wire::kControlHeaderSize + body.size());
    wire::ControlHeader{wire::ControlKind::Hello, 0, 0}.write_to(frame, body.size());
    body.write_to(MutableBytes(frame).subspan(wire::kControlHeaderSize));
    return frame;
}

farm::FarmConfig farm_of_two() {
    farm::FarmConfig config = farm::standard_plan(2);
    config.farm.has_extensions = true;
    return config;
}

}  // namespace

ListeningServer::ListeningServer()
    : config_(farm_of_two()),
      routes_{{config_.servers[0].control_ip.address, 16, std::nullopt}},
      route_table_(routes_),
      member_addresses_{config_.servers[0].control_ip.address},
      server_({config_, config_.servers[1], pool_, counters_, routes_, 1'500}, Rng(kServer), now_),
      member_({member_addresses_, route_table_, pool_, member_counters_}, {}, prompt(),
              Rng(kMember)) {}

void ListeningServer::exchange() {
    for (bool moved = true; moved;) {
        moved = false;
        while (auto packet = member_.poll_transmit(now_)) {
            moved = true;
            server_.handle_packet(*wire::Ipv4View::parse(packet->bytes()), now_);
        }
        while (auto packet = server_.poll_transmit(now_)) {
            moved = true;
            member_.handle_tcp(*wire::Ipv4View::parse(packet->bytes()), now_);
        }
    }
}

void ListeningServer::pass(Duration span) {
    const Instant end = now_ + span;
    for (;;) {
        exchange();
        const auto next = earlier(server_.poll_deadline(), member_.poll_deadline());
        if (!next || *next > end) break;
        now_ = std::max(now_, *next);
        if (is_due(server_.poll_deadline(), now_)) server_.handle_deadline(now_);
        if (is_due(member_.poll_deadline(), now_)) member_.handle_deadline(now_);
    }
    now_ = end;
}

stack::SocketId ListeningServer::connect() {
    const auto id = member_.open(stack::SocketKind::Tcp);
    const stack::SocketAddress to{config_.server_by_id(kServer)->control_ip.address,
                                  wire::kControlPort};
    const auto fault = member_.connect(*id, to, now_);
    SHUNT_ASSERT(!fault, "the member's own call");
    exchange();
    return *id;
}

void ListeningServer::say(stack::SocketId id, ByteView bytes) {
    // What the server has closed takes nothing, and that is all right.
    static_cast<void>(member_.send(id, bytes, now_));
    exchange();
}

std::size_t ListeningServer::read(stack::SocketId id) {
    std::vector<std::uint8_t> chunk(4'096);
    std::size_t total = 0;
    for (;;) {
        const auto count = member_.receive(id, chunk, now_);
        if (!count || *count == 0) return total;
        total += *count;
    }
}

void ListeningServer::hear(ByteView stream, std::size_t piece) {
    const auto first = connect();
    for (ByteView rest = stream; !rest.empty();) {
        const std::size_t count = std::min(piece, rest.size());
        say(first, rest.first(count));
        rest = rest.subspan(count);
    }
    const std::size_t at_once = read(first);
    SHUNT_ASSERT(at_once <= kByItselfMax + stream.size() / wire::kControlHeaderSize * kAnswerMax,
                 "SEC-5: answers are bounded by what is asked");
    pass(Duration::seconds(10));
    SHUNT_ASSERT(!server_.is_open(kMember), "a member that is silent has no channel (CTL-3)");
    const auto second = connect();
    say(second, hello());
    SHUNT_ASSERT(server_.is_open(kMember), "whatever came before, a member is heard again");
}

}  // namespace shunt::fuzz
