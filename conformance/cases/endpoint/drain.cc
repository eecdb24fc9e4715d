// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, EP-43: a device that is told to drain parts with its connections, takes none, and
/// selects others for new ones.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cases/endpoint/image.hh"
#include "cases/endpoint/moved_in.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::MovedIn;
using endpoint::Offer;
using std::chrono::milliseconds;

constexpr std::uint16_t kFull = 2;  // reasons of 0x10
constexpr std::uint16_t kDraining = 4;
constexpr milliseconds kPeriod{1'000};  // SEL-6

/// `action` is one of the verb's; the answer's result. Throws Violation where the device refuses
/// it.
Task<std::string> tell(Stage& stage, std::string action) {
    std::vector<UpperTester::Field> fields = {{"action", action}};
    const auto answer = co_await stage.upper_tester().request("drain", std::move(fields));
    if (answer.is_ok) co_return answer.result;
    throw Violation({"EP-43", "drain to " + action, answer.error + ": " + answer.text});
}

/// How many connections the device moves at once, as it says itself; by the page 64 at most.
std::size_t moves_at_once(const std::string& result) {
    constexpr std::size_t kPages = 64;
    constexpr std::string_view kField = "\"moves_at_once\":";
    const std::size_t at = result.find(kField);
    std::size_t count = kPages;
    if (at != std::string::npos) {
        const char* begin = result.data() + at + kField.size();
        std::from_chars(begin, result.data() + result.size(), count);
    }
    return std::min(count, kPages);
}

/// A server that listens. `is_idle`: it has nothing to do, else it is as loaded as can be.
ServerState state_of(const Stage& stage, const ServerAddresses& server, bool is_idle) {
    ServerState state;
    state.server = server.id;
    state.memory = state.bandwidth = is_idle ? 1ULL << 40 : 0;
    state.cpu_per_mille = is_idle ? 0 : 1'000;
    state.connections = is_idle ? 0 : 1'000'000;
    for (const Ipv4Address service : server.service)
        state.listening.push_back({{service, stage.iut().service_port}, 1});
    return state;
}

/// A connection that the device serves, and the peer that hears of it first.
struct Served {
    Client* client;
    Peer* peer;
};

Task<Served> serve(Stage& stage, std::size_t peer = 0) {
    Client& client = stage.open_client();
    co_await client.connect("EP-2");
    co_await endpoint::exchange_locally(stage, client);
    co_return Served{&client, &stage.open_peer(client, peer)};
}

Task<Offer> expect_offer(const Served& served, Duration within) {
    co_return endpoint::take_offer(co_await served.peer->expect(
        "EP-43", endpoint::about(EncapsulationType::Connection, *served.client), within));
}

/// The peer takes it: queues, 0x03, 0x14.
Task<> take(Stage& stage, const Served& served, const Offer& offer) {
    co_await endpoint::take_image(stage, *served.peer, offer);
    co_await endpoint::acknowledge(stage, *served.peer, offer, stage.random().next_u32());
}

/// Each is offered, in whatever order, and taken.
Task<> take_all(Stage& stage, std::vector<Served> left) {
    const Time limit = stage.wire().now() + 2 * stage.iut().timers.answer;
    while (!left.empty()) {
        for (auto each = left.begin(); each != left.end();) {
            auto received = co_await each->peer->receive(milliseconds(1));
            if (!received) {
                ++each;
                continue;
            }
            const auto wanted = endpoint::about(EncapsulationType::Connection, *each->client);
            stage.check_that(compare(wanted, received->header()).empty(), "EP-43", "0x01",
                             describe(received->content), received->frame);
            const Offer offer = endpoint::take_offer(std::move(*received));
            co_await take(stage, *each, offer);
            each = left.erase(each);
        }
        if (stage.wire().now() < limit) continue;
        throw Violation({"EP-43", "every connection offered to the server that listens",
                         fmt::format("{} of them not", left.size())});
    }
}

/// The twin of what was refused: the same offer to a device that is not draining any more.
Task<> offers_refused(Stage& stage) {
    MovedIn connection(stage);
    co_await tell(stage, "start");
    connection.peer().send_frame(connection.connection_frame());
    if (stage.has_extensions()) {
        endpoint::check_reject(
            stage, "EP-43",
            co_await connection.peer().expect("EP-43", {.type = EncapsulationType::Reject},
                                              stage.iut().timers.answer),
            connection.id(), kDraining);
    }
    co_await connection.expect_nothing("EP-43", "after an offer to a server that is draining",
                                       stage.iut().timers.silence);
    co_await tell(stage, "stop");
    co_await connection.move();
}

/// To the server that listens, though another one, which does not, is idle.
Task<> connections_leave(Stage& stage) {
    constexpr std::size_t kClients = 3;
    ServerState idle = state_of(stage, stage.server(1), true);
    idle.listening.clear();
    stage.channel(1).tell(idle);
    std::vector<Served> served;
    std::vector<Peer*> not_listening;
    for (std::size_t i = 0; i < kClients; ++i) {
        served.push_back(co_await serve(stage));
        not_listening.push_back(&stage.open_peer(*served.back().client, 1));
    }
    co_await tell(stage, "start");
    co_await take_all(stage, served);
    for (std::size_t i = 0; i < kClients; ++i) {
        co_await endpoint::expect_still_forwarded(stage, *served[i].client, *served[i].peer,
                                                  "EP-43");
        co_await served[i].client->expect_silence("EP-12", "of a connection that has moved",
                                                  stage.iut().timers.silence / 4);
        co_await not_listening[i]->expect_silence("EP-43", "as it does not listen",
                                                  Duration::zero());
    }
    co_await tell(stage, "stop");
}

/// The least loaded is asked first; what it refuses the other one gets, and the client is served.
Task<> refused_goes_elsewhere(Stage& stage) {
    stage.channel(1).tell(state_of(stage, stage.server(1), true));
    const Served first = co_await serve(stage, 1);
    const Served second{first.client, &stage.open_peer(*first.client, 0)};
    co_await tell(stage, "start");
    const Offer refused = co_await expect_offer(first, stage.iut().timers.answer);
    co_await endpoint::take_image(stage, *first.peer, refused);
    first.peer->send(EncapsulationType::Reject, encode(Rejection{refused.id(), kFull}));
    const Offer offer = co_await expect_offer(second, 2 * stage.iut().timers.answer);
    stage.check_that(offer.information.block.epoch != refused.information.block.epoch, "EP-6",
                     "another epoch for another attempt", "the same", offer.frame.frame);
    co_await take(stage, second, offer);
    co_await endpoint::expect_still_forwarded(stage, *second.client, *second.peer, "EP-43");
    co_await tell(stage, "stop");
}

Task<> few_at_once(Stage& stage) {
    constexpr milliseconds kWatched{40};  // before anything is repeated (EP-6)
    const std::size_t most = moves_at_once(co_await tell(stage, "report"));
    const std::size_t clients = most + 2;
    if (clients > Stage::kPortsPerCase) {
        throw NotRunnable(fmt::format("{} clients of a case show no more than {} at once",
                                      Stage::kPortsPerCase, Stage::kPortsPerCase - 2));
    }
    std::vector<Served> served;
    for (std::size_t i = 0; i < clients; ++i)
        served.push_back(co_await serve(stage));
    const std::size_t from = stage.wire().capture().size();
    co_await tell(stage, "start");
    co_await stage.sleep(kWatched);
    const Capture& capture = stage.wire().capture();
    std::size_t offers = 0;
    for (std::size_t number = from; number < capture.size(); ++number) {
        const auto& header = capture[number].frame.encapsulation;
        if (capture[number].direction != Direction::FromDevice || !header) continue;
        offers += header->is(EncapsulationType::Connection) ? 1U : 0U;
    }
    stage.check_that(offers > 0 && offers <= most, "EP-43",
                     fmt::format("{} moves at once at most, and one at least", most),
                     fmt::format("{}", offers), capture.size() - 1);
    co_await take_all(stage, served);
    co_await tell(stage, "stop");
}

struct Rows {
    std::size_t count;
    std::size_t frame;
};

/// Of the next state that the device tells.
Task<Rows> next_rows(Stage& stage) {
    stage.channel().forget_received();
    const ReceivedControlFrame frame = co_await stage.channel().expect(
        "SEL-6", control_kind::kServerState, kPeriod + stage.iut().timers.answer);
    const auto state = parse_server_state(frame.content.body);
    if (!state) throw Violation({"SEL-6", "a body of 0x30", "another one", frame.frame});
    co_return Rows{state->listening.size(), frame.frame};
}

Task<> listening_sockets_withdrawn(Stage& stage) {
    const Rows before = co_await next_rows(stage);
    stage.check_that(before.count > 0, "SEL-6", "Listening Sockets rows", "none", before.frame);
    co_await tell(stage, "start");
    co_await stage.sleep(milliseconds(200));
    const Rows draining = co_await next_rows(stage);
    stage.check("EP-43", "Listening Sockets rows", 0, draining.count, draining.frame);
    co_await tell(stage, "stop");
    co_await stage.sleep(milliseconds(200));
    const Rows after = co_await next_rows(stage);
    stage.check("EP-43", "Listening Sockets rows", before.count, after.count, after.frame);
}

/// It has everything, and listens on nothing.
ServerState deaf_state(const ServerAddresses& server) {
    ServerState state;
    state.server = server.id;
    state.memory = state.bandwidth = 1ULL << 40;
    return state;
}

/// A request that is served here otherwise; and to a server that listens (SEL-3).
Task<> new_ones_go_elsewhere(Stage& stage) {
    stage.channel(1).tell(deaf_state(stage.server(1)));
    co_await tell(stage, "start");
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client, 0);
    Peer& deaf = stage.open_peer(client, 1);
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    co_await deaf.expect_silence("SEL-3", "as it does not listen", stage.iut().timers.silence / 4);
    const Offer offer = co_await expect_offer({&client, &peer}, stage.iut().timers.answer);
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, client),
                         stage.iut().timers.answer);
    co_await tell(stage, "stop");
    Served local = co_await serve(stage);
    co_await local.peer->expect_silence("EP-43", "once the drain is over", Duration::zero());
}

/// EP-47: what has moved in leaves by its home.
Task<> moved_in_goes_home(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    co_await tell(stage, "start");
    EncapsulationPattern pattern =
        endpoint::about(EncapsulationType::Connection, connection.client());
    pattern.destination = SocketAddress{connection.peer().self().forward_ip.front(),
                                        connection.client().service().port};
    const Offer offer = endpoint::take_offer(
        co_await connection.peer().expect("EP-43", pattern, stage.iut().timers.answer));
    stage.check("EP-45", "epoch of the return", connection.id().epoch + 1,
                offer.information.block.epoch, offer.frame.frame);
    co_await endpoint::take_image(stage, connection.peer(), offer);
    connection.peer().send(EncapsulationType::Acknowledgement,
                           encode(IdentifiedCopy{offer.id(), stage.random().next_u32()}));
    co_await connection.client().expect_silence("EP-12", "of a connection that was given back",
                                                stage.iut().timers.silence);
    co_await tell(stage, "stop");
}

CaseInfo drain_case(std::string_view id, std::string_view claim,
                    std::vector<std::string_view> requirements, std::string_view role,
                    std::string_view option, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", role, run, option};
}

}  // namespace

std::vector<CaseInfo> endpoint_drain_cases() {
    constexpr std::string_view kChannel = "control-channel";
    return {drain_case("endpoint/drain/offers-refused",
                       "A server that drains refuses what others offer it; a base device by "
                       "silence.",
                       {"EP-43", "EP-7"}, "target", "", offers_refused),
            drain_case("endpoint/drain/connections-leave",
                       "A drain moves the connections in use to a server that listens.",
                       {"EP-43", "EP-40"}, "home", kChannel, connections_leave),
            drain_case("endpoint/drain/refused-goes-elsewhere",
                       "What the least loaded server refuses is offered to another.",
                       {"EP-43", "EP-44"}, "home", kChannel, refused_goes_elsewhere),
            drain_case("endpoint/drain/few-at-once",
                       "No more connections than configured are under way at once, and all leave.",
                       {"EP-43"}, "home", kChannel, few_at_once),
            drain_case("endpoint/drain/listening-sockets-withdrawn",
                       "A server that drains tells no Listening Sockets rows.", {"EP-43", "SEL-6"},
                       "home", kChannel, listening_sockets_withdrawn),
            drain_case("endpoint/drain/new-ones-go-elsewhere",
                       "A new connection to a server that drains is given to another.",
                       {"EP-43", "SEL-3"}, "home", kChannel, new_ones_go_elsewhere),
            drain_case("endpoint/drain/moved-in-goes-home",
                       "A drain gives what has moved in back to its home.", {"EP-43", "EP-47"},
                       "target", kChannel, moved_in_goes_home)};
}

}  // namespace conform
