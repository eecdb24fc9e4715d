// SPDX-License-Identifier: Apache-2.0
#include "app/burst.hh"

#include <algorithm>
#include <memory>
#include <vector>

#include "roles/stage.hh"

namespace conform {
namespace {

Task<> open_one(Stage& stage, Client& client, std::size_t& served) {
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    try {
        co_await client.connect("qualify");
        client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    } catch (const Violation&) {
        co_return;
    }
    while (stage.wire().now() < deadline) {
        const auto received = co_await client.receive(deadline - stage.wire().now());
        if (!received) break;
        // A host that has too many may say so.
        if (received->segment.has(tcp_flag::kRst)) co_return;
        if (received->segment.acknowledgment != client.next_sequence()) continue;
        ++served;
        break;
    }
    client.send(tcp_flag::kRst | tcp_flag::kAck);
}

}  // namespace

std::size_t count_served(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port,
                         std::size_t count) {
    Stage stage(device, iut, Random(seed, "burst"),
                {.port = port, .keeps_strangers = false, .has_channels = false});
    std::vector<std::unique_ptr<Client>> clients;
    clients.reserve(count);
    std::size_t served = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const SocketAddress self{iut.clients.front(), static_cast<std::uint16_t>(port + i)};
        const SocketAddress service{iut.device.service.front(), iut.service_port};
        clients.push_back(std::make_unique<Client>(stage.wire(), iut, self, service, ClientOffer{},
                                                   stage.random()));
        stage.wire().scheduler().spawn(open_one(stage, *clients.back(), served));
    }
    stage.wire().scheduler().run();
    return served;
}

std::size_t bearable(std::size_t asked, std::size_t served) {
    return served >= asked ? asked : std::max<std::size_t>(1, served / 2);
}

}  // namespace conform
