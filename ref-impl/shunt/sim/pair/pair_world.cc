// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/pair/pair_world.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/sim/checkers/connection_checker.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

constexpr std::array<std::string_view, 2> kNames = {"opener", "listener"};
const std::array<wire::MacAddress, 2> kMacs = {wire::MacAddress({0x02, 0x07, 0, 0, 1, 1}),
                                               wire::MacAddress({0x02, 0x07, 0, 0, 1, 2})};

PairHostConfig host_config(const PairConfig& config, Rng& rng, std::size_t side) {
    const tcp::Identity opener = {wire::Ipv4Address(10, 7, 0, 9), 10'000,
                                  wire::Ipv4Address(10, 7, 1, 1), 80};
    PairHostConfig host;
    host.mac = kMacs[side];
    host.peer_mac = kMacs[1 - side];
    host.identity = opener;
    if (side == 1) {
        host.identity = {opener.remote_address, opener.remote_port, opener.local_address,
                         opener.local_port};
    }
    host.chance.initial_sequence = SequenceNumber(rng.next_u32());
    host.chance.timestamp_offset = rng.next_u32();
    host.tcp = config.tcp[side];
    if (config.has_offload) host.tcp.train_max = OffloadHost::kTrainMax;
    host.stream = config.streams[side];
    host.does_open = side == 0 || config.open_both;
    if (side == 0) host.falsify = config.falsify;
    return host;
}

std::optional<wire::TcpView> read_segment(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet) return std::nullopt;
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment) return std::nullopt;
    return *segment;
}

}  // namespace

PairWorld::PairWorld(const PairConfig& config)
    : config_(config), log_(config.seed), world_(config.seed) {
    SegmentConfig segment;
    segment.name = "link";
    segment.mtu = config.mtu;
    segment.says_too_long = true;
    segment.faults = config.link;
    segment_ = world_.add_segment(std::move(segment));
    Rng rng(~config.seed);
    for (std::size_t side = 0; side < 2; ++side) {
        hosts_[side] =
            std::make_unique<PairHost>(host_config(config, rng, side), world_.now(), log_);
        if (config.has_offload)
            cards_[side] = std::make_unique<OffloadHost>(*hosts_[side], card_pool_);
        Host& on_link = config.has_offload ? static_cast<Host&>(*cards_[side]) : *hosts_[side];
        ids_[side] = world_.add_host(std::string(kNames[side]), on_link);
        world_.attach(ids_[side], link::LinkId::Front, segment_, kMacs[side]);
    }
    world_.add_observer(*this);
    if (config.observer != nullptr) world_.add_observer(*config.observer);
}

std::vector<LaneName> PairWorld::lanes() const {
    return {{segment_, ids_[0], ids_[1]}, {segment_, ids_[1], ids_[0]}};
}

void PairWorld::run(Instant limit) {
    troubles_.sort();
    healing_ = config_.healed_at;
    world_.wake(ids_[0]);
    world_.wake(ids_[1]);
    while (!is_finished()) {
        const std::optional<Instant> trouble = earlier(troubles_.next(), healing_);
        const std::optional<Instant> next = earlier(world_.next_event(), trouble);
        if (!next || *next > limit) break;
        if (trouble == next) {
            world_.wait_until(*next);
            befall();
        } else if (!world_.step()) {
            break;
        }
    }
    for (std::size_t side = 0; side < 2; ++side)
        report_unfinished(side);
}

void PairWorld::befall() {
    if (is_due(healing_, world_.now())) {
        world_.set_faults(segment_, config_.link.healed());
        healing_.reset();
        return;
    }
    troubles_.apply(world_, [](HostId) -> Host& {
        assertion_failed("a plan without crashes", "a pair's state is all in its two hosts",
                         __FILE__, __LINE__);
    });
}

void PairWorld::report_unfinished(std::size_t side) {
    if (hosts_[side]->is_finished()) return;
    const tcp::Connection* connection = hosts_[side]->connection();
    const StreamApplication& application = hosts_[side]->application();
    log_.add(world_.now(), "liveness",
             fmt::format("{} is in {} and has received {} octets and sent {}", kNames[side],
                         connection == nullptr ? "LISTEN" : to_string(connection->state()),
                         application.received(), application.sent()));
}

std::optional<Instant> PairWorld::completed_at() const {
    const std::optional<Instant> one = hosts_[0]->completed_at();
    const std::optional<Instant> other = hosts_[1]->completed_at();
    if (!one || !other) return std::nullopt;
    return std::max(*one, *other);
}

void PairWorld::observe(const Transmission& transmission) {
    const std::size_t side = side_of(transmission.from);
    const auto segment = read_segment(transmission.frame);
    if (!segment) {
        log_.add(transmission.time, "TCP-1",
                 fmt::format("{} sends what is no TCP segment", kNames[side]));
        return;
    }
    report(transmission.time, side, views_[side].sent(*segment));
}

void PairWorld::observe(const Arrival& arrival) {
    const auto segment = read_segment(arrival.frame);
    if (segment) views_[side_of(arrival.to)].arrived(*segment);
}

void PairWorld::observe(const Settling& settling) {
    const std::size_t side = side_of(settling.host);
    const PairHost& host = *hosts_[side];
    const tcp::Connection* connection = host.connection();
    if (connection == nullptr) return;
    report(settling.time, side, check_timers(*connection, settling.host_time));
    report(settling.time, side, check_queues(*connection, host.config().tcp));
    report(settling.time, side, check_delivery(*connection, host.application().received()));
}

void PairWorld::report(Instant time, std::size_t side, const std::optional<Finding>& finding) {
    if (!finding) return;
    log_.add(time, finding->rule, fmt::format("{}: {}", kNames[side], finding->text));
}

}  // namespace shunt::sim
