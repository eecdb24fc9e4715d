// SPDX-License-Identifier: Apache-2.0
/// System page, "Selecting a server": state that servers tell each other, and what follows from it.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPeriod{1'000};  // SEL-6
constexpr milliseconds kTimerTolerance{50};

/// The device's next row; throws Violation where none comes within a period.
Task<ServerState> next_state(Stage& stage) {
    const ReceivedControlFrame frame = co_await stage.channel().expect(
        "SEL-6", control_kind::kServerState,
        kPeriod + kTimerTolerance + 2 * stage.iut().timers.tolerance);
    const std::optional<ServerState> state = parse_server_state(frame.content.body);
    if (!state) {
        throw Violation({"SEL-6", "a body of 0x30 as the page lays it out",
                         to_hex(frame.content.body, 64), frame.frame});
    }
    stage.check("SEL-6", "server id", stage.iut().device.id, state->server, frame.frame);
    stage.check_that(state->cpu_per_mille <= 1'000, "SEL-6", "a CPU of 1,000 per mille at most",
                     fmt::format("{}", state->cpu_per_mille), frame.frame);
    const SocketAddress service{stage.iut().device.service.front(), stage.iut().service_port};
    const bool is_listed = std::any_of(state->listening.begin(), state->listening.end(),
                                       [&](const auto& row) { return row.address == service; });
    stage.check_that(is_listed, "SEL-6", "a row for " + service.to_string(), "none", frame.frame);
    co_return *state;
}

Task<> state_told_every_second(Stage& stage) {
    stage.channel().forget_received();
    const ServerState before = co_await next_state(stage);
    for (int i = 0; i < 3; ++i)
        co_await next_state(stage);
    constexpr std::uint32_t kClients = 4;
    for (std::uint32_t i = 0; i < kClients; ++i) {
        Client& client = stage.open_client();
        co_await client.connect("EP-2");
        co_await endpoint::exchange_locally(stage, client);
    }
    stage.channel().forget_received();
    co_await stage.sleep(kPeriod);
    const ServerState after = co_await next_state(stage);
    stage.check("SEL-6", "connections", before.connections + kClients, after.connections,
                stage.wire().capture().size() - 1);
}

/// A server that is idle and has everything.
ServerState idle_state(const Stage& stage, const ServerAddresses& server, bool is_listening) {
    ServerState state;
    state.server = server.id;
    state.memory = 1ULL << 40;
    state.bandwidth = 1ULL << 40;
    if (!is_listening) return state;
    for (const Ipv4Address service : server.service)
        state.listening.push_back({{service, stage.iut().service_port}, 1});
    return state;
}

/// SEL-3: one that is worse in all four is never chosen; one that does not listen, or that has not
/// told its state for three periods, is no candidate, however good it is.
Task<> no_candidate_never_chosen(Stage& stage) {
    stage.channel(1).tell(idle_state(stage, stage.server(1), false));
    co_await stage.sleep(milliseconds(100));
    for (int i = 0; i < 4; ++i) {
        Client& client = stage.open_client();
        Peer& busy = stage.open_peer(client, 0);
        Peer& not_listening = stage.open_peer(client, 1);
        co_await client.connect("EP-2");
        co_await endpoint::exchange_locally(stage, client);
        co_await busy.expect_silence("SEL-3", "as it is worse in all four", Duration::zero());
        co_await not_listening.expect_silence("SEL-3", "as it does not listen", Duration::zero());
    }
}

/// SEL-2: the URL map comes before the state rule.
Task<> url_before_state(Stage& stage) {
    stage.channel(1).tell(idle_state(stage, stage.server(1), true));
    co_await stage.sleep(milliseconds(100));
    Client& client = stage.open_client();
    Peer& named = stage.open_peer(client, 0);
    Peer& idle = stage.open_peer(client, 1);
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    co_await named.expect("SEL-2", endpoint::about(EncapsulationType::Connection, client),
                          stage.iut().timers.answer);
    co_await idle.expect_silence("SEL-2", "for a URL that names another server",
                                 stage.iut().timers.silence / 4);
}

CaseInfo selection_case(std::string_view id, std::string_view claim,
                        std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "control-channel"};
}

}  // namespace

std::vector<CaseInfo> system_selection_cases() {
    return {selection_case("system/selection/state-told-every-second",
                           "Server State and Listening Sockets are told every second, and follow "
                           "what happens.",
                           {"SEL-6"}, state_told_every_second),
            selection_case("system/selection/no-candidate-never-chosen",
                           "A server that is worse in all figures, or does not listen, is never "
                           "chosen.",
                           {"SEL-3"}, no_candidate_never_chosen),
            selection_case("system/selection/url-before-state",
                           "A URL that names a server decides, however busy that is.",
                           {"SEL-2", "SEL-1"}, url_before_state)};
}

}  // namespace conform
