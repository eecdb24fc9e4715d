// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "UDP".
#include <fmt/format.h>

#include "cases/endpoint/moved_flow.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

using endpoint::about_flow;
using endpoint::MovedFlow;
using std::chrono::milliseconds;

constexpr milliseconds kFlowLife{30'000};        // EP-50
constexpr milliseconds kTargetFlowLife{35'000};  // EP-50
constexpr milliseconds kTimerTolerance{500};

Task<> target_answers_directly(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    MovedFlow flow(stage);
    flow.send_connection();
    co_await flow.expect_acknowledgement("EP-51");
    const std::uint32_t copy = flow.copy;
    co_await flow.client.expect_silence("EP-13", "before the release", milliseconds(20));
    flow.release();
    for (const char* text : {"one", "two"}) {
        flow.forward(text);
        co_await flow.client.expect_answer("EP-52", text, timers.answer);
    }
    // A repeated 0x01 repeats 0x03, and nothing else.
    while (co_await flow.peer.receive(Duration::zero())) {
    }
    flow.send_connection();
    co_await flow.expect_acknowledgement("EP-51");
    stage.check("EP-51", "0x03 again with copy", copy, flow.copy,
                stage.wire().capture().size() - 1);
    flow.forward("three");
    co_await flow.client.expect_answer("EP-51", "three", timers.answer);
}

/// EP-50: 35 s after the last datagram the flow is over at the target.
Task<> target_flow_ends(Stage& stage) {
    MovedFlow flow(stage);
    flow.send_connection();
    co_await flow.expect_acknowledgement("EP-51");
    flow.release();
    flow.forward("one");
    co_await flow.client.expect_answer("EP-52", "one", stage.iut().timers.answer);
    co_await stage.sleep(kTargetFlowLife - kTimerTolerance);
    flow.forward("two");
    co_await flow.client.expect_answer("EP-50", "two", stage.iut().timers.answer);
    co_await stage.sleep(kTargetFlowLife + kTimerTolerance);
    flow.forward("three");
    co_await flow.client.expect_silence("EP-50", "of a flow that is over",
                                        stage.iut().timers.silence);
}

/// A flow of the device's moves to the peer; what comes meanwhile is held and follows.
Task<> home_forwards(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    UdpClient& client = stage.open_udp_client();
    Peer& peer = stage.open_peer(client);
    const ReceivedEncapsulation offer =
        co_await endpoint::provoke_flow_migration(stage, client, peer);
    const auto information = parse_flow_information(offer.header().payload);
    stage.check_that(information && information->service == client.service() &&
                         information->flow.has_value() == stage.has_extensions(),
                     "EP-51", "0x01 with the service address, and ext a flow number",
                     to_hex(offer.header().payload), offer.frame);
    client.send("held");
    co_await client.expect_silence("EP-51", "while the flow is migrating", milliseconds(100));
    const MigrationId id{client.service(), 0, information ? information->flow.value_or(0) : 0};
    const std::uint32_t copy = stage.random().next_u32();
    peer.send(EncapsulationType::Acknowledgement,
              stage.has_extensions() ? encode(IdentifiedCopy{id, copy}) : Bytes{});
    if (stage.has_extensions()) {
        co_await peer.expect("EP-16", about_flow(EncapsulationType::Go, client), timers.answer,
                             EncapsulationType::Connection);
    }
    for (const char* text : {"held", "later"}) {
        if (std::string_view(text) == "later") client.send(text);
        const ReceivedEncapsulation forwarded =
            co_await peer.expect("EP-51", about_flow(EncapsulationType::Forwarded, client),
                                 timers.answer, EncapsulationType::Connection);
        stage.check_that(forwarded.header().payload == client.packet(text), "EP-21",
                         fmt::format("the datagram '{}' as it came", text),
                         describe(forwarded.content), forwarded.frame);
    }
    co_await client.expect_silence("EP-12", "from the home of a flow that has moved",
                                   timers.silence);
    // Each datagram begins the 30 s of EP-50 anew.
    for (const char* text : {"20 s", "40 s"}) {
        co_await stage.sleep(kFlowLife * 2 / 3);
        client.send(text);
        co_await peer.expect("EP-50", about_flow(EncapsulationType::Forwarded, client),
                             timers.answer, EncapsulationType::Connection);
    }
    // EP-50: 30 s after the last datagram the flow is over, and the next one begins another here.
    co_await stage.sleep(kFlowLife + kTimerTolerance);
    client.send("again");
    co_await client.expect_answer("EP-50", "again", timers.answer);
}

}  // namespace

std::vector<CaseInfo> endpoint_udp_cases() {
    return {{"endpoint/udp/target-answers-directly",
             "A UDP flow moves in by 0x01 and 0x03; its datagrams are answered from the service "
             "address.",
             {"EP-51", "EP-52"},
             "endpoint",
             "target",
             target_answers_directly},
            {"endpoint/udp/target-flow-ends",
             "A flow is over at the target 35 s after its client's last datagram.",
             {"EP-50"},
             "endpoint",
             "target",
             target_flow_ends},
            {"endpoint/udp/home-forwards",
             "A flow moves away: datagrams are held, then forwarded; 30 s after the last one it is "
             "over.",
             {"EP-50", "EP-51", "EP-21"},
             "endpoint",
             "home",
             home_forwards}};
}

}  // namespace conform
