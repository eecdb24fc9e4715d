// SPDX-License-Identifier: Apache-2.0
// The payload of 0x12: bytes of one queue of an endpoint that moves (EP-41; the queues are listed
// in docs/protocol/endpoint.md behind the control block).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/migration_id.hh"

namespace shunt::wire {

/// Which bytes of an endpoint these are.
enum class EndpointQueue : std::uint8_t {
    Send = 1,
    Receive = 2,
    OutOfOrder = 3,
    SackScoreboard = 4,
    FineState = 5,
    ApplicationContext = 6,
};

/// True for the six numbers of EndpointQueue.
bool is_endpoint_queue(std::uint8_t number);

struct EndpointData {
    /// With the length field and no bytes.
    static constexpr std::size_t kHeadSize = 2 + MigrationId::kSize + 6;

    MigrationId id{};
    EndpointQueue queue = EndpointQueue::Send;
    std::uint32_t offset = 0;
    ByteView bytes{};

    /// `view` is of Type 0x12 and outlives the bytes. Fails if the queue is none of the six.
    static Result<EndpointData, Counter> parse(const EncapsulationView& view);
    /// The payload without its bytes, of which `count` will be appended behind it.
    static void append_head_to(Packet& packet, const MigrationId& id, EndpointQueue queue,
                               std::uint32_t offset, std::size_t count);
};

}  // namespace shunt::wire
