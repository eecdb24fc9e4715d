// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/offer.hh"

#include "shunt/wire/connection_information.hh"

namespace shunt::migrate::endpoint {

std::optional<Offer> read_offer(const EncapsulatedFrame& frame, SipKey fingerprint_key,
                                Counters& counters) {
    const auto information = wire::ConnectionInformation::parse(frame.view);
    if (!information) {
        counters.add(information.error());
        return std::nullopt;
    }
    const wire::ControlBlock& block = *information->block;
    Offer offer;
    offer.from = frame.from;
    offer.tuple = {frame.view.source(), frame.view.source_port(), information->service,
                   information->service_port, frame.view.protocol()};
    offer.id = {information->service, information->service_port, block.initial_send_sequence,
                block.epoch};
    offer.block = block;
    offer.fingerprint = siphash_2_4(fingerprint_key, frame.view.payload());
    return offer;
}

}  // namespace shunt::migrate::endpoint
