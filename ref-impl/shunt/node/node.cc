// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/node.hh"

#include <algorithm>
#include <array>

#include "shunt/base/deadline.hh"
#include "shunt/base/drawn_key.hh"
#include "shunt/base/mutant.hh"
#include "shunt/farm/derived_key.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::node {
namespace {

/// Segments that one connection sends before the next one has its turn.
constexpr int kBurst = 8;
/// An application is told of room to send once that share of its send queue is free: of what the
/// queue holds whatever the network takes, so that there is such a time.
constexpr std::size_t kRoomWorthWaking = 4;
/// Endpoints that may hold the memory of empty buffers. A queue that held little has 2 KiB.
constexpr std::size_t kWarmEndpointsMax = 4'096;
/// So that what objects draw shifts nobody else's chance.
constexpr std::uint64_t kObjectsChance = 0x6F62'6A65'6374'7321;
/// A response of that size is made at once; of a longer one what the client's network takes.
constexpr std::uint32_t kSendBufferFloor = 256 * 1'024;

bool is_encapsulated(const migrate::FarmLink& link, const Packet& frame) {
    const auto ethernet = wire::EthernetView::parse(frame.bytes());
    return ethernet && link.is_farm_type(ethernet->type());
}

stack::Interface::Config front_config(const farm::FarmConfig& config, const farm::Server& self,
                                      LinkMtus mtus) {
    stack::Interface::Config front;
    front.mac = self.front_mac;
    front.own = self.services;
    front.own.push_back(self.front_ip.address);
    front.arp_sender = self.front_ip.address;
    front.routes.push_back({self.front_ip.address, self.front_ip.prefix_length, std::nullopt});
    if (self.gateway) front.routes.push_back({wire::Ipv4Address(0), 0, self.gateway});
    for (const farm::Server& member : config.servers) {
        if (member.id == self.id) continue;
        front.static_neighbors.push_back({member.front_ip.address, member.front_mac});
        for (const auto service : member.services) {
            front.static_neighbors.push_back({service, member.front_mac});
            const bool claims_all =
                is_mutant(Mutant::ClaimsServicesOfOthers) || is_mutant(Mutant::ServesAnyService);
            if (claims_all) front.own.push_back(service);
        }
    }
    front.mtu = mtus.front;
    front.train_max = mtus.front_train;
    return front;
}

stack::Interface::Config back_config(const farm::FarmConfig& config, const farm::Server& self,
                                     std::size_t mtu) {
    stack::Interface::Config back;
    back.mac = self.back_mac;
    back.own = {self.control_ip.address};
    back.own_silent = self.forward_ips;
    if (is_mutant(Mutant::AnswersAtForwardAddress)) {
        back.own.insert(back.own.end(), self.forward_ips.begin(), self.forward_ips.end());
    }
    back.arp_sender = self.control_ip.address;
    back.routes.push_back({self.control_ip.address, self.control_ip.prefix_length, std::nullopt});
    for (const farm::Server& member : config.servers) {
        back.static_neighbors.push_back({member.control_ip.address, member.back_mac});
        for (const auto address : member.forward_ips) {
            back.static_neighbors.push_back({address, member.back_mac});
        }
    }
    back.mtu = mtu;
    return back;
}

tcp::Config tcp_config_of(const farm::FarmConfig& config, LinkMtus mtus) {
    constexpr std::size_t headers = wire::kIpv4HeaderSize + wire::kTcpHeaderSize;
    tcp::Config tcp;
    tcp.mtu = static_cast<std::uint16_t>(mtus.front);
    tcp.train_max = static_cast<std::uint32_t>(mtus.front_train);
    // A client's largest segment must fit the back link once encapsulated (FRM-9).
    tcp.advertised_mss = static_cast<std::uint16_t>(
        std::min(mtus.front, mtus.back - migrate::FarmLink::overhead(config)) - headers);
    tcp.send_buffer_max = static_cast<std::uint32_t>(config.limits.tcp_send_buffer_bytes);
    tcp.receive_buffer_max = static_cast<std::uint32_t>(config.limits.tcp_receive_buffer_bytes);
    tcp.send_buffer_floor = kSendBufferFloor;
    tcp.no_delay = true;
    tcp.user_timeout = config.timers.user_timeout;
    tcp.keep_alive_idle = config.timers.keep_alive_idle;
    return tcp;
}

migrate::ConnectionTables::Capacities capacities_of(const farm::Limits& limits) {
    return {limits.temporary_entries, limits.local_entries, limits.forward_entries,
            limits.forward_connect_entries};
}

/// Half of the table at most, so that the connections of SYN cookies find room.
std::size_t backlog_of(const farm::Limits& limits) {
    return std::min(limits.half_open_entries,
                    std::max<std::size_t>(1, limits.temporary_entries / 2));
}

/// A server of a farm without a secret can check its own cookies alone.
tcp::Listener::Keys listener_keys(const farm::FarmConfig& config, SipKey sequence_key) {
    constexpr std::array<std::uint8_t, 2> halves{0, 1};
    const SipKey own{siphash_2_4(sequence_key, ByteView(halves).first(1)),
                     siphash_2_4(sequence_key, ByteView(halves).last(1))};
    return {sequence_key, farm::derive_sip_key(config, farm::kSynCookieKeyInfo).value_or(own)};
}

}  // namespace

Node::Node(const farm::FarmConfig& config, farm::ServerId self, Contents& contents,
           std::uint64_t seed, Instant now, LinkMtus mtus, Duration clock_offset)
    : config_(config),
      self_(*config.server_by_id(self)),
      contents_(contents),
      urls_(config),
      tcp_config_(tcp_config_of(config, mtus)),
      rng_(seed),
      front_(front_config(config, self_, mtus), pool_, counters_, now),
      back_(back_config(config, self_, mtus.back), pool_, counters_, now),
      front_resets_(ip::IcmpReplies::kErrorsPerSecond, ip::IcmpReplies::kBurst, now),
      farm_link_(config, self, back_, counters_),
      held_budget_(config.limits.held_packets_total),
      streams_(std::min<std::size_t>(config.limits.tcp_send_buffer_bytes, kSendBufferFloor) /
               kRoomWorthWaking),
      backlog_(backlog_of(config.limits)),
      tables_(draw_key(rng_), capacities_of(config.limits)),
      offers_(draw_key(rng_), config.timers.reoffer_pause(), config.limits.remembered_offers),
      applications_(config, self_, contents, sessions_),
      context_{config,     self_,         tables_, farm_link_, offers_,  held_budget_,
               path_mtus_, applications_, pool_,   rng_,       counters_},
      exchange_(context_),
      home_(context_, exchange_, tcp_config_),
      target_(context_, exchange_, tcp_config_),
      flows_(context_, Rng(~seed), config.limits.flow_entries),
      listener_(tcp_config_, listener_keys(config, draw_key(rng_)), clock_offset, now),
      warm_(kWarmEndpointsMax),
      shedding_(config.drain),
      objects_(config, self, counters_, Rng(seed ^ kObjectsChance)) {
    if (Sessions::are_kept(config_)) sessions_.emplace(config_, self_, rng_.fork(), counters_);
    if (!config_.farm.has_extensions) return;
    if (config_.has_profile(farm::Profile::Blob)) {
        blobs_.emplace(
            migrate::blob::Carrier::Environment{config_, self_, farm_link_, pool_, rng_, counters_},
            now);
        context_.blobs = &*blobs_;
    }
    channels_.emplace(farm::ControlChannels::Environment{config_, self_, pool_, counters_,
                                                         back_.config().routes, mtus.back},
                      rng_.fork(), now);
    if (blobs_) {
        blobs_->attach(*channels_);
        blob_exchange_.emplace(context_, *channels_, home_, target_);
    }
    channels_->tell_state(own_state(), now);
    last_state_ = now;
}

void Node::handle_frame(link::LinkId link, Packet frame, Instant now) {
    if (blobs_) blobs_->advance(now);
    stop_where_cut_off(now);
    if (link == link::LinkId::Back) return handle_back_frame(std::move(frame), now);
    if (is_mutant(Mutant::TakesFramesOnFront) && is_encapsulated(farm_link_, frame)) {
        auto received = farm_link_.receive_ethernet(std::move(frame));
        if (received) handle_encapsulated(std::move(*received), now);
        return;
    }
    auto packet = front_.handle_frame(std::move(frame), now);
    if (packet) handle_front_packet(std::move(*packet), now);
}

void Node::handle_deadline(Instant now) {
    if (blobs_) blobs_->advance(now);
    handle_channel_deadline(now);
    serve_objects(now);
    if (is_due(front_.poll_deadline(), now)) front_.handle_deadline(now);
    if (is_due(back_.poll_deadline(), now)) back_.handle_deadline(now);
    if (is_due(target_.early_deadline(), now)) target_.handle_early_deadline(now);
    if (blobs_ && is_due(blobs_->deadline(), now)) blobs_->handle_deadline(now);
    if (is_due(exchange_.deadline(), now)) {
        exchange_.handle_deadline(now);
        settle_progressed(now);
    }
    while (const auto slot = deadlines_.pop_due(now))
        handle_record_deadline(*slot, now);
    if (is_due(flows_.poll_deadline(), now)) {
        flows_.handle_deadline(now);
        serve_datagrams(now);
    }
    if (is_due(shedding_deadline(), now)) shed_connections(now);
}

std::optional<Instant> Node::poll_deadline() const {
    const auto links = earlier(front_.poll_deadline(), back_.poll_deadline());
    const auto records = earlier(target_.early_deadline(), deadlines_.earliest());
    const auto blobs = blobs_ ? blobs_->deadline() : std::nullopt;
    const auto moves = earlier(blobs, earlier(exchange_.deadline(), flows_.poll_deadline()));
    const auto farm = earlier(channel_deadline(), shedding_deadline());
    return earlier(earlier(links, records),
                   earlier(moves, earlier(farm, objects_.poll_deadline())));
}

std::optional<link::OutgoingFrame> Node::poll_transmit(Instant now) {
    stop_where_cut_off(now);
    if (objects_.has_news()) serve_objects(now);
    if (blobs_ && blobs_->has_unsent()) hear_moves(now);
    for (;;) {
        // What is owed to the farm goes first: a release before the answer that it allows.
        if (auto frame = back_.poll_transmit()) {
            return link::OutgoingFrame{link::LinkId::Back, std::move(*frame)};
        }
        if (auto frame = front_.poll_transmit()) {
            return link::OutgoingFrame{link::LinkId::Front, std::move(*frame)};
        }
        if (auto packet = channels_ ? channels_->poll_transmit(now) : std::nullopt) {
            back_.send_ipv4(std::move(*packet), now);
            continue;
        }
        const auto slot = ready_.pop();
        if (!slot) return std::nullopt;
        if (tables_.contains(*slot) && transmit_from(*slot, now)) ready_.push(*slot);
    }
}

bool Node::transmit_from(Slot slot, Instant now) {
    migrate::Record& record = tables_.at(slot);
    const auto* temporary = record.as<migrate::TemporaryEndpoint>();
    const auto* moved_in = record.as<migrate::ForwardConnectEndpoint>();
    tcp::Connection* connection = record.connection();
    const bool is_silent =  // EP-4, EP-13
        connection == nullptr ||
        (temporary != nullptr && temporary->attempt && !is_mutant(Mutant::ServesWhileFrozen)) ||
        (moved_in != nullptr && (!moved_in->is_released || moved_in->returning));
    if (is_silent) return false;
    bool has_more = true;
    bool was_train = false;
    for (int sent = 0; sent < kBurst && has_more && !was_train; ++sent) {
        // What may be a train gets room for one; acknowledgments do not.
        const bool is_much = tcp_config_.train_max > 0 && connection->send_queue_size() > 0;
        Packet packet = is_much ? pool_.take_large() : pool_.take();
        has_more = connection->poll_transmit(now, packet);
        if (!has_more) break;
        // A train is more than a burst; and where only one is on its way, it stays in the cache.
        was_train = packet.unfinished().segment_size > 0;
        front_.send_ipv4(std::move(packet), now);
    }
    if (!has_more) deadlines_.set(slot, record_deadline(record));  // sending moves it
    return has_more;
}

Result<MoveStarted, ApiFailure> Node::migrate(const wire::ConnectionTuple& tuple,
                                              std::string_view to_server, Instant now) {
    const farm::Server* target = config_.server_by_name(to_server);
    if (target == nullptr) {
        return Failure{ApiFailure{ApiError::UnknownServer, "no server of the farm has that name"}};
    }
    if (tuple.protocol == wire::TransportProtocol::Udp) {
        return migrate_flow(tuple, target->id, now);
    }
    const auto slot = tables_.find(tuple);
    if (!slot || tables_.at(*slot).table() == migrate::Table::Forward) {
        return Failure{ApiFailure{ApiError::UnknownConnection, "no such connection is here"}};
    }
    const auto started = begin_move(*slot, target->id, now);
    if (!started) return Failure{ApiFailure{ApiError::NotMovable, started.error()}};
    settle(*slot, now);
    return MoveStarted{started->epoch};
}

/// From its home to that server, or from its owner back to its home; else why it cannot go now.
Result<wire::MigrationId, const char*> Node::begin_move(Slot slot, farm::ServerId to, Instant now) {
    const migrate::Record& record = tables_.at(slot);
    // EP-40: what was sent before has to be gone, not to leave when another server acts.
    if (front_.is_resolving(record.tuple.client)) {
        return Failure{"the client's next hop is being asked for"};
    }
    const auto* moved_in = record.as<migrate::ForwardConnectEndpoint>();
    const bool is_its_way = moved_in == nullptr || moved_in->home == to;
    if (is_its_way && !may_offer_to(to))
        return Failure{"no control channel to that server is open"};
    using migrate::endpoint::MoveRefusal;
    const auto started = moved_in == nullptr    ? home_.start_move(slot, to, now)
                         : moved_in->home == to ? target_.start_return(slot, now)
                                                : Failure{MoveRefusal::NotItsHome};
    if (!started) return Failure{migrate::endpoint::describe(started.error())};
    return *started;
}

}  // namespace shunt::node
