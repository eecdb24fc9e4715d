// SPDX-License-Identifier: Apache-2.0
// An owner that is cut off from its home stops before the home takes it for dead, and goes on when
// the home says so (EP-33). What is suspended waits as what is not released yet does.
#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/arrivals.hh"

namespace shunt::migrate::endpoint {

void Arrivals::suspend(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    if (endpoint.suspended_since) {  // asked, and cut off again
        endpoint.has_asked = false;
        endpoint.next_acknowledgement = end_of_waiting(endpoint);
        return;
    }
    // One that is offered back is silent, and whatever answers it comes from a live record (EP-46).
    if (!endpoint.is_released || endpoint.returning) return;
    context_.counters.add(Counter::CopySuspended);
    endpoint.is_released = false;
    endpoint.suspended_since = now;
    endpoint.has_asked = false;
    endpoint.next_acknowledgement = end_of_waiting(endpoint);
}

void Arrivals::ask_again(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    if (!endpoint.suspended_since) return;
    if (is_mutant(Mutant::GoesOnUntold)) {
        endpoint.is_released = true;
        endpoint.suspended_since.reset();
        return;
    }
    endpoint.has_asked = true;
    endpoint.acknowledgements_repeated = 0;
    endpoint.next_acknowledgement = now;
}

/// When an endpoint that may not act is dropped silently: a copy that nobody releases (EP-15), and
/// a suspended one when its home has forgotten it too (EP-31).
Instant Arrivals::end_of_waiting(const ForwardConnectEndpoint& endpoint) const {
    const auto& timers = context_.config.timers;
    if (endpoint.suspended_since) return *endpoint.suspended_since + timers.forward_idle;
    if (endpoint.flow && is_mutant(Mutant::KeepsCopyLonger)) {
        return endpoint.last_offer + timers.forward_idle;
    }
    if (endpoint.flow) return endpoint.last_offer + timers.unreleased_life_blob;
    return endpoint.last_offer + timers.unreleased_life(context_.has_extensions());
}

}  // namespace shunt::migrate::endpoint
