// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/move_watch.hh"

#include "shunt/wire/connection_information.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::bench {
namespace {

constexpr std::uint16_t kEtherType = 0x88B5;

void note_first(std::optional<WallTime>& place, WallTime time) {
    if (!place) place = time;
}

}  // namespace

void MoveWatch::look() {
    while (const auto frame = frames_.next()) {
        const auto link = wire::EthernetView::parse(frame->bytes);
        if (!link || link->type() != kEtherType) continue;
        const auto message =
            wire::EncapsulationView::parse(link->payload(), wire::ProtocolSet::Extended);
        if (!message) continue;
        if (message->type() == wire::EncapsulationType::Connection) {
            note_first(times_.offered, frame->time);
            const auto content = wire::ConnectionInformation::parse(*message);
            if (!content || !content->block) continue;
            times_.send_queue = content->block->send_queue;
            times_.receive_queue = content->block->receive_queue;
        }
        if (message->type() == wire::EncapsulationType::Acknowledgement)
            note_first(times_.acknowledged, frame->time);
        if (message->type() == wire::EncapsulationType::Go)
            note_first(times_.released, frame->time);
    }
}

void MoveWatch::clear() {
    frames_.clear();
    times_ = {};
}

}  // namespace shunt::bench
