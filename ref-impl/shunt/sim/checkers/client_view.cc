// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/client_view.hh"

#include <fmt/format.h>

#include "shunt/base/sequence_number.hh"

namespace shunt::sim {

void ClientView::server_sent(const ServerSegment& segment) {
    const ServerRole* server = roles_.server(segment.server);
    if (server != nullptr && server->front_mac != segment.source_mac) {
        log_.add(segment.time, "SYS-4",
                 fmt::format("{}: a segment leaves with the MAC {} of another",
                             segment.tuple.to_string(), segment.source_mac.to_string()));
    }
    if (segment.segment.flags().reset) {
        log_.add(
            segment.time, "EP-48",
            fmt::format("host {} resets {}", index_of(segment.server), segment.tuple.to_string()));
        return;
    }
    const auto timestamps = segment.segment.options().timestamps;
    if (!timestamps) return;
    const auto [position, is_new] = latest_timestamp_.try_emplace(segment.tuple, timestamps->value);
    const std::uint32_t latest = position->second;
    if (SequenceNumber(timestamps->value).before(SequenceNumber(latest))) {
        log_.add(segment.time, "EP-25",
                 fmt::format("{}: host {} sends TSval {} after {}", segment.tuple.to_string(),
                             index_of(segment.server), timestamps->value, latest));
    }
    position->second = timestamps->value;
}

}  // namespace shunt::sim
