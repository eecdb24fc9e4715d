// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/client_view.hh"

#include <fmt/format.h>

namespace shunt::sim {
namespace {

bool acknowledges(const wire::TcpView& segment, std::optional<SequenceNumber> end) {
    return end && segment.flags().acknowledgment && segment.acknowledgment().at_or_after(*end);
}

}  // namespace

void ClientView::server_sent(const ServerSegment& segment) {
    const ServerRole* server = roles_.server(segment.server);
    if (server != nullptr && server->front_mac != segment.source_mac) {
        log_.add(segment.time, "SYS-4",
                 fmt::format("{}: a segment leaves with the MAC {} of another",
                             segment.tuple.to_string(), segment.source_mac.to_string()));
    }
    Shown& shown = shown_[segment.tuple];
    const wire::TcpView& view = segment.segment;
    if (view.flags().reset) {
        // A late segment finds no connection any more and gets the reset that RFC 9293 3.10.7.1
        // prescribes. To the client all was over before.
        if (shown.is_over() || shown.is_orphan) return;
        log_.add(
            segment.time, "EP-48",
            fmt::format("{} resets {}", roles_.name(segment.server), segment.tuple.to_string()));
        return;
    }
    if (view.flags().fin) shown.server_end = view.sequence() + view.segment_length();
    if (acknowledges(view, shown.client_end)) shown.is_client_end_acknowledged = true;
    check_timestamp(segment, shown);
}

void ClientView::client_sent(const ClientSegment& segment) {
    const wire::TcpView& view = segment.segment;
    Shown& shown = shown_[segment.tuple];
    if (view.flags().fin) shown.client_end = view.sequence() + view.segment_length();
    if (acknowledges(view, shown.server_end)) shown.is_server_end_acknowledged = true;
}

void ClientView::orphaned(const wire::ConnectionTuple& tuple) {
    Shown& shown = shown_[tuple];
    shown.is_orphan = true;
    shown.latest_timestamp.reset();
}

void ClientView::check_timestamp(const ServerSegment& segment, Shown& shown) {
    const auto timestamps = segment.segment.options().timestamps;
    if (!timestamps) return;
    const std::uint32_t latest = shown.latest_timestamp.value_or(timestamps->value);
    if (SequenceNumber(timestamps->value).before(SequenceNumber(latest))) {
        log_.add(segment.time, "EP-25",
                 fmt::format("{}: {} sends TSval {} after {}", segment.tuple.to_string(),
                             roles_.name(segment.server), timestamps->value, latest));
    }
    shown.latest_timestamp = timestamps->value;
}

}  // namespace shunt::sim
