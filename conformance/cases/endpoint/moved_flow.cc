// SPDX-License-Identifier: Apache-2.0
#include "cases/endpoint/moved_flow.hh"

#include <fmt/format.h>

namespace conform::endpoint {

EncapsulationPattern about_flow(EncapsulationType type, const UdpClient& client) {
    return {.type = type, .protocol = encapsulated_protocol::kUdp, .source = client.self()};
}

MovedFlow::MovedFlow(Stage& the_stage)
    : stage(the_stage),
      client(stage.open_udp_client(std::size_t{0})),
      peer(stage.open_peer(client)) {
    information.service = client.service();
    if (stage.has_extensions()) information.flow = stage.random().next_u32() | 1U;
}

void MovedFlow::release() {
    if (!stage.has_extensions()) return;
    peer.send(EncapsulationType::Go, encode(IdentifiedCopy{id(), copy}));
}

Task<> MovedFlow::expect_acknowledgement(const char* requirement) {
    const ReceivedEncapsulation received =
        co_await peer.expect(requirement, about_flow(EncapsulationType::Acknowledgement, client),
                             stage.iut().timers.answer);
    if (!stage.has_extensions()) co_return;
    const auto identified = parse_identified_copy(received.header().payload);
    if (!identified || identified->id != id()) {
        throw Violation(
            {requirement, "0x03 with the ID " + id().to_string(),
             identified ? identified->id.to_string() : to_hex(received.header().payload),
             received.frame});
    }
    copy = identified->copy;
}

Task<ReceivedEncapsulation> provoke_flow_migration(Stage& stage, UdpClient& client, Peer& peer) {
    const TestTimers& timers = stage.iut().timers;
    client.send("here");
    co_await client.expect_answer("EP-50", "here", timers.answer);
    std::vector<UpperTester::Field> fields = {
        {"connection",
         fmt::format("{}>{}/udp", client.self().to_string(), client.service().to_string())},
        {"to", peer.self().name}};
    const auto answer = co_await stage.upper_tester().request("migrate", std::move(fields));
    if (!answer.is_ok) throw Violation({"EP-51", "the flow to move", answer.text});
    const EncapsulationPattern pattern = about_flow(EncapsulationType::Connection, client);
    co_return co_await peer.expect("EP-51", pattern, timers.answer);
}

}  // namespace conform::endpoint
