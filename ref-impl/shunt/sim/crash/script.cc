// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/script.hh"

#include <algorithm>
#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/datagram_echo.hh"

namespace shunt::sim {
namespace {

// Some round trips of everything go into it: a request that is being answered, in a few segments.
constexpr std::uint64_t kSmall = 6'000;

// Idle records go within the time that a run is watched (EP-31); a client asks often enough to be
// told of a loss.
FarmWorldConfig small_farm(bool has_extensions, std::size_t servers,
                           std::vector<std::string> candidates) {
    FarmWorldConfig config;
    config.farm = farm::standard_plan(servers);
    config.farm.farm.has_extensions = has_extensions;
    config.farm.urls.push_back({"/bytes/", std::move(candidates)});
    config.farm.timers.forward_idle = Duration::seconds(100);
    config.farm.timers.owner_report = Duration::seconds(40);
    config.client_keep_alive = Duration::seconds(5);
    config.front.delay = config.back.delay = Duration::microseconds(100);
    return config;
}

ConnectionPlan plan_at(Duration start, std::vector<std::uint64_t> sizes) {
    ConnectionPlan plan;
    plan.start = Instant{} + start;
    plan.sizes = std::move(sizes);
    return plan;
}

FrameOrder lose(wire::EncapsulationType type, std::uint64_t first, std::uint64_t last) {
    FramePattern pattern;
    pattern.ether_type = farm::FarmSettings{}.ethertype;
    pattern.encapsulation_type = static_cast<std::uint8_t>(type);
    return {pattern, first, last, OrderAction::Drop, {}};
}

FarmWorldConfig accepted(bool has_extensions) {
    FarmWorldConfig config = small_farm(has_extensions, 2, {"s2"});
    config.plans.push_back(plan_at(Duration::milliseconds(1), {kSmall, kSmall}));
    config.plans.back().upload_size = kSmall;
    return config;
}

FarmWorldConfig unbound() {
    return accepted(true);
}
FarmWorldConfig unbound_base() {
    return accepted(false);
}

// The server closes first, so that TIME-WAIT is at the target.
FarmWorldConfig closed_by_target() {
    FarmWorldConfig config = accepted(true);
    config.plans.back().does_server_close = true;
    return config;
}

// What answers is lost once each; in the base set the client's first packet is the release.
FarmWorldConfig repeated(bool has_extensions) {
    FarmWorldConfig config = accepted(has_extensions);
    config.back.orders = {
        lose(wire::EncapsulationType::Connection, 1, 1),
        lose(wire::EncapsulationType::Acknowledgement, 1, 1),
        lose(has_extensions ? wire::EncapsulationType::Go : wire::EncapsulationType::Forwarded, 1,
             1)};
    return config;
}

FarmWorldConfig unbound_repeated() {
    return repeated(true);
}
FarmWorldConfig unbound_repeated_base() {
    return repeated(false);
}

// The first 0x01 is overtaken by its repetition, and arrives when a target that crashed meanwhile
// is back: what it offers is older than what was lost (EP-16).
FarmWorldConfig unbound_late() {
    FarmWorldConfig config = accepted(true);
    FrameOrder late = lose(wire::EncapsulationType::Connection, 1, 1);
    late.action = OrderAction::Delay;
    late.delay = Duration::milliseconds(150);
    config.back.orders = {late};
    return config;
}

// The first connection fills s2's table, so that the second one goes to s3.
FarmWorldConfig refused(bool has_extensions) {
    FarmWorldConfig config = small_farm(has_extensions, 3, {"s2", "s3"});
    config.farm.limits.forward_connect_entries = 1;
    // A download that lasts for two seconds, while the other connection comes and falls back.
    config.front.rate = 400'000;
    config.plans.push_back(plan_at(Duration::milliseconds(1), {800'000}));
    config.plans.push_back(plan_at(Duration::milliseconds(20), {kSmall}));
    return config;
}

FarmWorldConfig unbound_refused() {
    return refused(true);
}
FarmWorldConfig unbound_refused_base() {
    return refused(false);
}

// Every answer of the first server is lost until the home has given up waiting for it (EP-6).
FarmWorldConfig fallen_back(bool has_extensions) {
    FarmWorldConfig config = small_farm(has_extensions, 2, {"s2"});
    config.back.orders = {lose(wire::EncapsulationType::Acknowledgement, 1, 6)};
    config.plans.push_back(plan_at(Duration::milliseconds(1), {kSmall, kSmall}));
    return config;
}

FarmWorldConfig unbound_fallen_back() {
    return fallen_back(true);
}
FarmWorldConfig unbound_fallen_back_base() {
    return fallen_back(false);
}

// Nobody uses the record for longer than it lives (EP-31).
FarmWorldConfig expired_base() {
    FarmWorldConfig config = small_farm(false, 2, {"s2"});
    config.client_keep_alive = Duration::seconds(120);
    config.plans.push_back(plan_at(Duration::milliseconds(1), {kSmall}));
    config.plans.front().does_server_close = true;
    return config;
}

// A download and an upload at once, slow enough that both are under way at every call.
FarmWorldConfig busy(std::size_t servers, const char* first_owner) {
    FarmWorldConfig config = small_farm(true, servers, {first_owner});
    config.front.rate = 400'000;
    config.plans.push_back(plan_at(Duration::milliseconds(1), {20'000, 1'000}));
    config.plans.back().upload_size = 10'000;
    return config;
}

FarmWorldConfig in_use() {
    return busy(2, "s1");
}

FarmWorldConfig in_use_repeated() {
    FarmWorldConfig config = busy(2, "s1");
    config.back.orders = {lose(wire::EncapsulationType::Connection, 1, 1),
                          lose(wire::EncapsulationType::Data, 2, 3),
                          lose(wire::EncapsulationType::Acknowledgement, 1, 1),
                          lose(wire::EncapsulationType::Go, 1, 1)};
    return config;
}

FarmWorldConfig returned() {
    return busy(2, "s2");
}

// The first 0x01 is the home's, the second one the return's.
FarmWorldConfig returned_repeated() {
    FarmWorldConfig config = busy(2, "s2");
    config.back.orders = {lose(wire::EncapsulationType::Connection, 2, 2),
                          lose(wire::EncapsulationType::Data, 2, 3),
                          lose(wire::EncapsulationType::Acknowledgement, 2, 2)};
    return config;
}

FarmWorldConfig onward() {
    return busy(3, "s2");
}

// The first connection has moved and waits; its owner's reports are lost, so its home asks whether
// it is there, and the first two answers are lost (EP-31).
FarmWorldConfig asked() {
    FarmWorldConfig config = small_farm(true, 2, {"s2"});
    config.client_keep_alive.reset();
    config.back.orders = {lose(wire::EncapsulationType::Acknowledgement, 2, 5)};
    config.plans.push_back(plan_at(Duration::milliseconds(1), {kSmall, kSmall}));
    config.plans.back().pause = Duration::seconds(105);
    return config;
}

// Its end is not told, so its home asks whether it goes on, and is told at the third time.
FarmWorldConfig asked_of_ended() {
    FarmWorldConfig config = accepted(true);
    config.back.orders = {lose(wire::EncapsulationType::Release, 1, 1),
                          lose(wire::EncapsulationType::Reject, 1, 2)};
    return config;
}

// Another one, which has come before it, is to leave too, and one at a time may.
FarmWorldConfig two_of(FarmWorldConfig config) {
    config.plans.insert(config.plans.begin(), plan_at(Duration::microseconds(100), {20'000}));
    config.farm.drain.moves_at_once = 1;
    return config;
}

FarmWorldConfig drained_home() {
    return two_of(busy(3, "s1"));
}

FarmWorldConfig drained_owner() {
    return two_of(busy(3, "s2"));
}

FarmWorldConfig flow_of(bool has_extensions) {
    FarmWorldConfig config = small_farm(has_extensions, 2, {"s2"});
    add_datagram_echo(config.farm);
    return config;
}

FarmWorldConfig flow() {
    return flow_of(true);
}
FarmWorldConfig flow_base() {
    return flow_of(false);
}

FarmWorldConfig flow_repeated() {
    FarmWorldConfig config = flow_of(true);
    config.back.orders = {lose(wire::EncapsulationType::Connection, 1, 1),
                          lose(wire::EncapsulationType::Acknowledgement, 1, 1),
                          lose(wire::EncapsulationType::Go, 1, 1)};
    return config;
}

FarmWorldConfig flow_repeated_base() {
    FarmWorldConfig config = flow_of(false);
    config.back.orders = {lose(wire::EncapsulationType::Connection, 1, 1),
                          lose(wire::EncapsulationType::Acknowledgement, 1, 1),
                          lose(wire::EncapsulationType::Forwarded, 1, 1)};
    return config;
}

// Nobody answers until its home serves it itself (EP-51).
FarmWorldConfig flow_fallen_back() {
    FarmWorldConfig config = flow_of(true);
    config.back.orders = {lose(wire::EncapsulationType::Acknowledgement, 1, 6)};
    return config;
}

FarmWorldConfig as_blobs(FarmWorldConfig config) {
    for (farm::Listen& listen : config.farm.listens)
        listen.profile = farm::Profile::Blob;
    return config;
}

FarmWorldConfig blob_unbound() {
    return as_blobs(unbound());
}
FarmWorldConfig blob_refused() {
    return as_blobs(unbound_refused());
}
FarmWorldConfig blob_in_use() {
    return as_blobs(in_use());
}
FarmWorldConfig blob_returned() {
    return as_blobs(returned());
}
FarmWorldConfig blob_onward() {
    return as_blobs(onward());
}
FarmWorldConfig blob_drained() {
    return as_blobs(drained_owner());
}

constexpr Duration kFlowSpeaks = Duration::milliseconds(200);
constexpr Duration kBeforeFirstCall = Duration::milliseconds(15);
constexpr Duration kFirstCall = Duration::milliseconds(20);
constexpr Duration kSecondCall = Duration::milliseconds(40);

const Script kScripts[] = {
    {"unbound",
     "An endpoint moves before it is bound, serves and is closed by its client.",
     unbound,
     {},
     0},
    {"unbound-base", "The same in the base set.", unbound_base, {}, 0},
    {"unbound-closed", "The same, closed by the target.", closed_by_target, {}, 0},
    {"unbound-repeated", "The first 0x01, 0x03 and 0x14 are lost.", unbound_repeated, {}, 0},
    {"unbound-repeated-base",
     "The first 0x01, 0x03 and 0x02 are lost.",
     unbound_repeated_base,
     {},
     0},
    {"unbound-late", "The first 0x01 comes long after its repetition.", unbound_late, {}, 0},
    {"unbound-refused", "The first target is full, the second one serves.", unbound_refused, {}, 1},
    {"unbound-refused-base",
     "The same in the base set, where the full one is silent.",
     unbound_refused_base,
     {},
     1},
    {"unbound-fallen-back",
     "Every 0x03 is lost until the home binds the endpoint itself.",
     unbound_fallen_back,
     {},
     0},
    {"unbound-fallen-back-base", "The same in the base set.", unbound_fallen_back_base, {}, 0},
    {"in-use",
     "An endpoint in use moves away, with its queues.",
     in_use,
     {{kFirstCall, 0, "s2"}},
     0},
    {"in-use-repeated",
     "The first 0x01, 0x03 and 0x14, and some of 0x12, are lost.",
     in_use_repeated,
     {{kFirstCall, 0, "s2"}},
     0},
    {"returned",
     "An endpoint that has moved comes back, in use.",
     returned,
     {{kFirstCall, 1, "s1"}},
     0},
    {"returned-repeated",
     "The return's first 0x01 and 0x03, and some of its 0x12, are lost.",
     returned_repeated,
     {{kFirstCall, 1, "s1"}},
     0},
    {"onward",
     "An endpoint that has moved comes back and goes on to a third server.",
     onward,
     {{kFirstCall, 1, "s1"}, {kSecondCall, 0, "s3"}},
     0},
    {"asked", "The home of an idle connection asks for its owner three times.", asked, {}, 0},
    {"asked-of-ended",
     "The home asks for a connection whose end was not told.",
     asked_of_ended,
     {},
     0},
    {"drained-home",
     "The home of a connection in use is drained.",
     drained_home,
     {{kFirstCall, 0, {}}},
     1},
    {"drained-owner",
     "The owner of a connection in use is drained: it goes back to its home.",
     drained_owner,
     {{kFirstCall, 1, {}}},
     1},
    {"drained-both",
     "Home and owner are drained: it goes back, and on to a third server.",
     drained_owner,
     {{kBeforeFirstCall, 0, {}}, {kFirstCall, 1, {}}},
     1},
    {"blob-unbound", "\"unbound\" as a blob.", blob_unbound, {}, 0},
    {"blob-refused", "\"unbound-refused\" with blobs.", blob_refused, {}, 1},
    {"blob-in-use", "\"in-use\" as a blob.", blob_in_use, {{kFirstCall, 0, "s2"}}, 0},
    {"blob-returned", "\"returned\" with blobs.", blob_returned, {{kFirstCall, 1, "s1"}}, 0},
    {"blob-onward",
     "\"onward\" with blobs.",
     blob_onward,
     {{kFirstCall, 1, "s1"}, {kSecondCall, 0, "s3"}},
     0},
    {"blob-drained", "\"drained-owner\" with blobs.", blob_drained, {{kFirstCall, 1, {}}}, 1},
    {"flow", "A UDP flow is moved, and ends.", flow, {{kFirstCall, 0, "s2"}}, 0, kFlowSpeaks},
    {"flow-base", "The same in the base set.", flow_base, {{kFirstCall, 0, "s2"}}, 0, kFlowSpeaks},
    {"flow-repeated",
     "The first 0x01, 0x03 and 0x14 are lost.",
     flow_repeated,
     {{kFirstCall, 0, "s2"}},
     0,
     kFlowSpeaks},
    {"flow-repeated-base",
     "The first 0x01, 0x03 and 0x02 are lost.",
     flow_repeated_base,
     {{kFirstCall, 0, "s2"}},
     0,
     kFlowSpeaks},
    {"flow-fallen-back",
     "Every 0x03 is lost until the home serves the flow itself.",
     flow_fallen_back,
     {{kFirstCall, 0, "s2"}},
     0,
     kFlowSpeaks},
    {"expired-base", "A moved connection ends, and its record expires.", expired_base, {}, 0},
};

}  // namespace

std::span<const Script> scripts() {
    return kScripts;
}

const Script* find_script(std::string_view name) {
    const auto found = std::ranges::find(kScripts, name, &Script::name);
    return found == std::end(kScripts) ? nullptr : found;
}

}  // namespace shunt::sim
