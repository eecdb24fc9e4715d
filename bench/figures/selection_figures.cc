// SPDX-License-Identifier: Apache-2.0
// What it costs to look at a request before somebody serves it: all that a home does between the
// packet that it holds and the name of a server.
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "bench/figures/figures.hh"
#include "bench/figures/tins_parse.hh"
#include "shunt/base/assert.hh"
#include "shunt/farm/derived_key.hh"
#include "shunt/farm/request_start.hh"
#include "shunt/farm/selection.hh"
#include "shunt/farm/session/session_cookie.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/migrate/held_packets.hh"
#include "shunt/node/request_peek.hh"
#include "shunt/node/sessions.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

constexpr std::size_t kServers = 4;
constexpr std::size_t kPeekMax = 8 * 1024;
constexpr SequenceNumber kNext{1'000};

farm::FarmConfig farm_with_sessions() {
    farm::FarmConfig config = farm::standard_plan(kServers);
    config.session.mode = farm::SessionMode::Cookie;
    config.secret.assign(32, 1);
    config.urls.push_back({"/images/", {"s2", "s3"}});
    return config;
}

/// A browser's: eleven fields, two cookies of others before the session's.
std::string request(const farm::FarmConfig& config) {
    const farm::SessionCookie cookies(config.session.cookie,
                                      *farm::derive_sip_key(config, farm::kSessionKeyInfo));
    return "GET /images/logo.png HTTP/1.1\r\n"
           "Host: shop.example.com\r\n"
           "Connection: keep-alive\r\n"
           "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
           "Chrome/120.0.0.0 Safari/537.36\r\n"
           "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
           "Sec-Fetch-Site: same-origin\r\n"
           "Sec-Fetch-Mode: no-cors\r\n"
           "Sec-Fetch-Dest: image\r\n"
           "Referer: http://shop.example.com/index.html\r\n"
           "Accept-Encoding: gzip, deflate\r\n"
           "Accept-Language: en-US,en;q=0.9\r\n"
           "Cookie: theme=dark; lang=en; SHUNT=" +
           cookies.value_of({3, 0x1234'5678'9ABC'DEF0}) + "\r\n\r\n";
}

/// A home that holds a request.
struct Home {
    Home() {
        const std::string text = request(config);
        Packet packet = pool.take();
        packet.append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        wire::TcpHeader header;
        header.source_port = 4'711;
        header.destination_port = 80;
        header.sequence = kNext;
        header.flags.acknowledgment = true;
        const auto client = farm::standard_client_address();
        const auto service = config.servers[0].services[0];
        header.prepend_to(packet, client, service);
        wire::Ipv4Header ip;
        ip.source = client;
        ip.destination = service;
        ip.prepend_to(packet);
        Packet framed = pool.copy(packet.bytes());
        wire::EthernetHeader{config.servers[0].front_mac, config.servers[1].front_mac,
                             wire::kEtherTypeIpv4}
            .prepend_to(framed);
        frame.assign(framed.bytes().begin(), framed.bytes().end());
        const bool is_held = held.hold(std::move(packet), {});
        SHUNT_ASSERT(is_held, "one packet has room");
    }

    /// As Node::decide() does: what came, who is named, whether that server listens, who gets it.
    farm::Decision decide() const {
        const node::PeekedRequest peeked = node::peek_request(held, kNext, kPeekMax);
        farm::RequestStart start(peeked.bytes());
        const node::Sessions::Named named = sessions.named_by(start, peeked.bytes(), now);
        farm::SelectionInput said;
        said.self = 1;
        said.target = start.target();
        said.identified = named.keeper;
        const farm::Listen* own = config.listen_of(config.servers[0], 80);
        if (own == nullptr || named.may_come || !named.keeper) return {};
        const farm::Server* keeper = config.server_by_id(*named.keeper);
        if (config.listen_of(*keeper, 80) == nullptr) return {};
        const farm::Candidate candidate{*named.keeper, true};
        said.candidates = {&candidate, 1};
        return farm::select_server(said, urls);
    }

    farm::FarmConfig config = farm_with_sessions();
    farm::UrlMap urls{config};
    Counters counters;
    node::Sessions sessions{config, config.servers[0], Rng(1), counters};
    PacketPool pool;
    migrate::HeldBudget budget{16};
    migrate::HeldPackets held{budget};
    std::vector<std::uint8_t> frame;
    Instant now;
};

Samples selected(const Effort& effort) {
    const auto home = std::make_shared<Home>();
    const farm::Decision wanted{farm::Decision::Action::Move, {3}};
    SHUNT_ASSERT(home->decide() == wanted, "the cookie names s3");
    const auto ours = [home](benchmark::State& state) {
        for (auto _ : state) {
            const farm::Decision decision = home->decide();
            benchmark::DoNotOptimize(decision.servers.data());
        }
    };
    return take_turns(ours, tins_parse_of(home->frame), effort);
}

}  // namespace

std::vector<Figure> selection_figures() {
    return {
        {.name = "selection",
         .ours = "a browser's request with a session's cookie is looked at and its server found",
         .named = "libtins 4.0 parses the request's frame",
         .unit = "ns",
         .limit = 2.0,
         .measure = selected},
    };
}

}  // namespace shunt::bench
