// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/connection_state.hh"

#include "shunt/base/assert.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::tcp {
namespace {

// Each acknowledgment may round the window up by less than one unit of its scale, so that the edge
// does not go back (output_header.cc). An eighth more is room for that where the application does
// not read and acknowledgments cover half a kilobyte or more.
ReceiveBuffer::Limits receive_limits(const Config& config) {
    return {.size_max = config.receive_buffer_max,
            .slack = config.receive_buffer_max / 8 + (std::size_t{1} << config.window_scale),
            .ranges_max = config.out_of_order_ranges_max};
}

RttEstimator::Limits timeout_limits(const Config& config) {
    return {.initial = config.retransmission_timeout_initial,
            .min = config.retransmission_timeout_min,
            .max = config.retransmission_timeout_max};
}

}  // namespace

ConnectionState::ConnectionState(const Config& config, const Identity& identity,
                                 const Chance& chance)
    : config_(&config),
      identity_(identity),
      is_no_delay_(config.no_delay),
      is_kept_alive_(config.keep_alive),
      time_to_live_(config.time_to_live),
      clock_(chance.timestamp_offset),
      identification_(static_cast<std::uint16_t>(chance.timestamp_offset)),
      rtt_(timeout_limits(config)),
      congestion_(config.congestion_control, 0),
      send_buffer_(config.send_buffer_max),
      receive_buffer_(receive_limits(config)) {
    SHUNT_ASSERT(config.window_scale <= wire::ControlBlock::kScaleMax, "RFC 7323 2.3");
    send_.initial = chance.initial_sequence;
    send_.unacknowledged = chance.initial_sequence;
    send_.next = chance.initial_sequence;
    send_.maximum = chance.initial_sequence;
    send_.urgent = chance.initial_sequence;
}

}  // namespace shunt::tcp
