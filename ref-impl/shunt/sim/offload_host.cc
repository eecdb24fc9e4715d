// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/offload_host.hh"

#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {

void OffloadHost::handle_frame(link::LinkId link, Packet frame, Instant now) {
    if (link != link::LinkId::Front) return host_.handle_frame(link, std::move(frame), now);
    if (joiner_.add(frame)) {
        if (!waits_until_) waits_until_ = now + kWait;
        return;
    }
    hand_over(now);
    if (joiner_.add(frame)) {
        waits_until_ = now + kWait;
        return;
    }
    host_.handle_frame(link, std::move(frame), now);
}

void OffloadHost::hand_over(Instant now) {
    waits_until_.reset();
    if (auto joined = joiner_.take())
        host_.handle_frame(link::LinkId::Front, std::move(*joined), now);
}

void OffloadHost::handle_deadline(Instant now) {
    if (is_due(waits_until_, now)) hand_over(now);
    if (is_due(host_.poll_deadline(), now)) host_.handle_deadline(now);
}

std::optional<link::OutgoingFrame> OffloadHost::poll_transmit(Instant now) {
    for (;;) {
        if (pieces_) {
            if (auto piece = pieces_->next())
                return link::OutgoingFrame{outgoing_->link, std::move(*piece)};
            pieces_.reset();
        }
        outgoing_ = host_.poll_transmit(now);
        if (!outgoing_) return std::nullopt;
        const Unfinished unfinished = outgoing_->frame.unfinished();
        if (!unfinished.any()) return std::exchange(outgoing_, std::nullopt);
        pieces_.emplace(outgoing_->frame.bytes(), wire::kEthernetHeaderSize, unfinished, pool_);
    }
}

std::optional<Instant> OffloadHost::poll_deadline() const {
    return earlier(waits_until_, host_.poll_deadline());
}

}  // namespace shunt::sim
