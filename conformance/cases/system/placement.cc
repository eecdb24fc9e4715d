// SPDX-License-Identifier: Apache-2.0
/// System page, SEL-2, SES-2 and SES-5: which of an identifier, the URL map and the state decides.
#include <fmt/format.h>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "cases/system/conversation.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using web::Conversation;
using web::Decision;

constexpr milliseconds kDecided{200};
constexpr milliseconds kSettles{100};
constexpr milliseconds kDead{6'500};       // EP-33, and what its clocks may add
constexpr milliseconds kReconnect{6'000};  // CTL-2
constexpr std::uint32_t kNobody = 77;

/// A request with a cookie that names `server`; without one: no cookie.
HttpRequest request_for(Stage& stage, const std::string& target,
                        std::optional<std::uint32_t> server = {}) {
    if (!server) return web::get(target);
    return web::get(stage, target, web::value_naming(stage, *server));
}

/// A new connection with this request must be offered to `named`, and not to `other`.
Task<> expect_offered(Stage& stage, const char* requirement, const HttpRequest& request,
                      std::size_t named, std::size_t other) {
    Conversation conversation = co_await web::connect(stage);
    Peer& right = stage.open_peer(conversation.client(), named);
    Peer& wrong = stage.open_peer(conversation.client(), other);
    conversation.send(request);
    co_await right.expect(requirement,
                          endpoint::about(EncapsulationType::Connection, conversation.client()),
                          stage.iut().timers.answer);
    co_await wrong.expect_silence(requirement, "for a connection that another server is to get",
                                  Duration::zero());
}

/// It must be served here, with a session of the device's own (SES-5) if `is_new`, else with none.
Task<> expect_here(Stage& stage, const char* requirement, const HttpRequest& request, bool is_new) {
    Conversation conversation = co_await web::connect(stage);
    Peer& peer = stage.open_peer(conversation.client());
    const web::Reply reply = co_await conversation.ask(requirement, request);
    co_await peer.expect_silence(requirement, "for a connection that stays here", Duration::zero());
    const auto session = web::session_set(stage, reply);
    const bool is_right = is_new ? session && session->server == stage.iut().device.id : !session;
    stage.check_that(
        is_right, requirement, is_new ? "a session of the device's own" : "no other session",
        session ? fmt::format("one of server {}", session->server) : "none", reply.frame);
}

/// The peer is as loaded as can be, and the URL names nobody; what it gets is the client's request.
Task<> identifier_before_state(Stage& stage) {
    Conversation conversation = co_await web::connect(stage);
    Client& client = conversation.client();
    Peer& peer = stage.open_peer(client);
    const TcpSegment request =
        client.make(tcp_flag::kPsh | tcp_flag::kAck,
                    encode(request_for(stage, stage.iut().requests.local, stage.server(0).id)));
    client.send(request);
    const endpoint::Offer offer = endpoint::take_offer(
        co_await peer.expect("SES-2", endpoint::about(EncapsulationType::Connection, client),
                             stage.iut().timers.answer));
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await endpoint::expect_forwarded(stage, client, peer, "SES-2", encode_tcp_packet(request));
    // The twin: the same request without it.
    co_await expect_here(stage, "SES-1", request_for(stage, stage.iut().requests.local), true);
}

Task<> identifier_before_url(Stage& stage) {
    const std::string& moved = stage.iut().requests.moved;
    co_await expect_here(stage, "SEL-2", request_for(stage, moved, stage.iut().device.id), false);
    Conversation twin = co_await web::connect(stage);
    Peer& peer = stage.open_peer(twin.client());
    twin.send(request_for(stage, moved));
    stage.check_that(co_await twin.decision(peer, kDecided) == Decision::Elsewhere, "SEL-2",
                     "without an identifier the URL to decide", "served here",
                     stage.wire().capture().size() - 1);
}

/// Cookie and URL name two servers, and neither is the device.
Task<> identifier_of_another_before_url(Stage& stage) {
    const std::string& moved = stage.iut().requests.moved;
    stage.channel(1).tell(web::listening_state(stage, stage.server(1), false));
    co_await stage.sleep(kSettles);
    co_await expect_offered(stage, "SES-2", request_for(stage, moved, stage.server(1).id), 1, 0);
    co_await expect_offered(stage, "SEL-2", request_for(stage, moved), 0, 1);
}

Task<> longest_prefix_decides(Stage& stage) {
    if (stage.iut().requests.deeper.empty()) {
        throw NotRunnable("needs ixit.requests.deeper, none given");
    }
    if (stage.iut().statement.has_option("control-channel")) {
        stage.channel(1).tell(web::listening_state(stage, stage.server(1), false));
        co_await stage.sleep(kSettles);
    }
    co_await expect_offered(stage, "SEL-2", web::get(stage.iut().requests.deeper), 1, 0);
    co_await expect_offered(stage, "SEL-2", web::get(stage.iut().requests.moved), 0, 1);
}

/// Of two servers that the URL names the idle one, whichever that is; the device is idle too, and
/// is not named.
Task<> state_among_several(Stage& stage) {
    const HttpRequest request = web::get(stage.iut().requests.several);
    if (request.target.empty()) throw NotRunnable("needs ixit.requests.several, none given");
    for (const std::size_t idle : {std::size_t{1}, std::size_t{0}, std::size_t{1}}) {
        for (const std::size_t each : {std::size_t{0}, std::size_t{1}}) {
            stage.channel(each).tell(web::listening_state(stage, stage.server(each), each == idle));
        }
        co_await stage.sleep(kSettles);
        co_await expect_offered(stage, "SEL-2", request, idle, 1 - idle);
    }
}

/// Where a client brings two (RFC 6265 5.4), the first one that a member has made decides.
Task<> first_genuine_decides(Stage& stage) {
    const std::string& local = stage.iut().requests.local;
    const std::string peers = web::value_naming(stage, stage.server(0).id);
    const std::string own = web::value_naming(stage, stage.iut().device.id);
    const std::string between = "; " + stage.iut().sessions.cookie + "=";
    co_await expect_offered(stage, "SES-2", web::get(stage, local, peers + between + own), 0, 1);
    co_await expect_here(stage, "SES-2", web::get(stage, local, own + between + peers), false);
    co_await expect_offered(stage, "SES-2", web::get(stage, local, "forged" + between + peers), 0,
                            1);
}

/// SES-5: the keeper is there, but does not answer the offer (EP-6).
Task<> silent_keeper_replaced(Stage& stage) {
    Conversation conversation = co_await web::connect(stage);
    Client& client = conversation.client();
    Peer& peer = stage.open_peer(client);
    conversation.send(request_for(stage, stage.iut().requests.local, stage.server(0).id));
    co_await peer.expect("SES-2", endpoint::about(EncapsulationType::Connection, client),
                         stage.iut().timers.answer);
    co_await stage.sleep(stage.iut().timers.fall_back);
    const web::Reply reply = co_await conversation.reply("SES-5");
    const auto session = web::session_set(stage, reply);
    stage.check_that(session && session->server == stage.iut().device.id, "SES-5",
                     "a session of the device's own",
                     session ? fmt::format("one of server {}", session->server) : "none",
                     reply.frame);
}

/// SES-5: a genuine cookie of a server that is none.
Task<> keeper_of_no_farm(Stage& stage) {
    co_await expect_here(stage, "SES-5", request_for(stage, stage.iut().requests.local, kNobody),
                         true);
}

/// SES-5: dead, it gets nothing; back again, it gets what is its own.
Task<> dead_keeper_replaced(Stage& stage) {
    const std::string& local = stage.iut().requests.local;
    const std::uint32_t keeper = stage.server(0).id;
    co_await expect_offered(stage, "SES-2", request_for(stage, local, keeper), 0, 1);
    stage.channel().cut();
    co_await stage.sleep(kDead);
    co_await expect_here(stage, "SES-5", request_for(stage, local, keeper), true);
    stage.channel().mend();
    if (!co_await stage.channel().wait_until_ready(2 * kReconnect)) {
        throw Violation({"CTL-2", "the channel again", "none"});
    }
    co_await stage.sleep(kSettles);
    co_await expect_offered(stage, "SES-2", request_for(stage, local, keeper), 0, 1);
}

/// SES-5: a keeper that takes no connections for a while (EP-43).
Task<> draining_keeper_replaced(Stage& stage) {
    const std::string& local = stage.iut().requests.local;
    const std::uint32_t keeper = stage.server(0).id;
    const ServerState listening = stage.channel().state();
    ServerState draining = listening;
    draining.listening.clear();
    stage.channel().tell(draining);
    co_await stage.sleep(kSettles);
    co_await expect_here(stage, "SES-5", request_for(stage, local, keeper), true);
    stage.channel().tell(listening);
    co_await stage.sleep(kSettles);
    co_await expect_offered(stage, "SES-2", request_for(stage, local, keeper), 0, 1);
}

CaseInfo placement_case(std::string_view id, std::string_view claim,
                        std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage),
                        std::string_view needs) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, needs};
}

}  // namespace

std::vector<CaseInfo> system_placement_cases() {
    return {
        placement_case("system/placement/identifier-before-state",
                       "A cookie of a server leads to it, however loaded that is.",
                       {"SES-2", "SEL-2"}, identifier_before_state, "sessions"),
        placement_case("system/placement/identifier-before-url",
                       "A cookie of the device keeps a connection whose URL names another server.",
                       {"SEL-2", "SES-2"}, identifier_before_url, "sessions"),
        placement_case("system/placement/identifier-of-another-before-url",
                       "A cookie of one server decides against a URL of another.",
                       {"SEL-2", "SES-2"}, identifier_of_another_before_url,
                       "sessions control-channel"),
        placement_case("system/placement/longest-prefix-decides",
                       "Of two prefixes of a target the longer one decides.", {"SEL-2"},
                       longest_prefix_decides, ""),
        placement_case("system/placement/state-among-several",
                       "Of several servers that a URL names the state chooses, and of no others.",
                       {"SEL-2", "SEL-3"}, state_among_several, "control-channel"),
        placement_case("system/placement/first-genuine-decides",
                       "Of several cookies the first genuine one decides.", {"SES-2"},
                       first_genuine_decides, "sessions"),
        placement_case("system/placement/silent-keeper-replaced",
                       "Where the keeper does not answer, the client gets a session of who serves "
                       "it.",
                       {"SES-5"}, silent_keeper_replaced, "sessions"),
        placement_case(
            "system/placement/keeper-of-no-farm",
            "A session of a server that there is not falls back to the state, with a new "
            "cookie.",
            {"SES-5"}, keeper_of_no_farm, "sessions"),
        placement_case("system/placement/dead-keeper-replaced",
                       "So does one of a dead server, until it is back.", {"SES-5", "SES-2"},
                       dead_keeper_replaced, "sessions control-channel"),
        placement_case("system/placement/draining-keeper-replaced",
                       "So does one of a server that takes no connections.", {"SES-5"},
                       draining_keeper_replaced, "sessions control-channel")};
}

}  // namespace conform
