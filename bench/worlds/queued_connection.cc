// SPDX-License-Identifier: Apache-2.0
#include "bench/worlds/queued_connection.hh"

#include <utility>
#include <vector>

#include "shunt/base/assert.hh"

namespace shunt::bench {
namespace {

std::vector<std::uint8_t> text(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8U));
    return bytes;
}

}  // namespace

QueuedConnection::QueuedConnection(std::size_t queued) : connection_(filled(queued)) {}

/// The connection of the other world, as if its peer had sent more and its application, too.
tcp::Connection QueuedConnection::filled(std::size_t queued) const {
    tcp::Snapshot snapshot = world_.connection().export_snapshot(1, world_.now());
    const auto received = static_cast<std::uint32_t>(queued / 2);
    snapshot.receive = text(received);
    snapshot.block.receive_queue = received;
    snapshot.block.receive_next = snapshot.block.receive_next + received;
    snapshot.block.receive_advertised = snapshot.block.receive_advertised + received;
    snapshot.send = text(queued - received);
    snapshot.block.send_queue = static_cast<std::uint32_t>(snapshot.send.size());
    auto imported = tcp::Connection::import_snapshot(
        world_.config(), world_.connection().identity(), snapshot, world_.now());
    SHUNT_ASSERT(imported, "there is room for it");
    return std::move(*imported);
}

wire::BlobMapping QueuedConnection::mapping() const {
    const tcp::Identity& ends = connection_.identity();
    return {.flow = wire::FlowId(0xABCD'1234),
            .tuple = {.client = ends.remote_address,
                      .client_port = ends.remote_port,
                      .service = ends.local_address,
                      .service_port = ends.local_port,
                      .protocol = wire::TransportProtocol::Tcp},
            .forwarder = wire::Ipv4Address(10, 8, 0, 1)};
}

}  // namespace shunt::bench
