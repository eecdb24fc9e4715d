// SPDX-License-Identifier: Apache-2.0
#include "bench/worlds/farm.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

constexpr wire::Ipv4Address kGateway(10, 7, 0, 254);
constexpr wire::MacAddress kGatewayMac{{0x02, 0x09, 0, 0, 0, 254}};
/// The first client; those that follow have the addresses behind it (RFC 6598's block).
constexpr std::uint32_t kFirstClient = 0x6440'0000;
constexpr std::uint16_t kFirstPort = 1'024;
constexpr std::size_t kPortsOfClient = 60'000;
constexpr Duration kPatience = Duration::milliseconds(100);
/// A tick of the timestamp clock beyond what a client has said (RFC 7323 5).
constexpr std::uint32_t kLater = 1'000'000;

farm::FarmConfig plan(const FarmSettings& settings) {
    farm::FarmConfig config = farm::standard_plan(2);
    config.farm.has_extensions = true;
    config.urls.push_back({"/s2/", {"s2"}});
    // Only what the map names moves, however many connections s1 has.
    config.selection.hysteresis = 1'000'000;
    for (farm::Server& server : config.servers)
        server.gateway = kGateway;
    for (farm::Listen& listen : config.listens)
        listen.profile = settings.profile;
    config.limits.local_entries = settings.connections;
    config.limits.forward_entries = settings.connections;
    config.limits.forward_connect_entries = settings.connections;
    if (settings.send_buffer_bytes > 0)
        config.limits.tcp_send_buffer_bytes = settings.send_buffer_bytes;
    return config;
}

node::LinkMtus link_mtus(const FarmSettings& settings) {
    if (settings.back_mtu > 0) return {.front = 1'500, .back = settings.back_mtu};
    // The back link takes an encapsulated full frame; or is so narrow that the MSS advertised for
    // its sake is half a full segment, so that each of those is worth two.
    constexpr std::size_t headers = wire::kIpv4HeaderSize + wire::kTcpHeaderSize;
    constexpr std::size_t half = SegmentFrame::kTextSize / 2;
    const std::size_t room = settings.is_each_acknowledged ? half + headers : std::size_t{1'500};
    return {.front = 1'500, .back = room + wire::kEncapsulationHeaderSize};
}

}  // namespace

Farm::Farm(const FarmSettings& settings) : config_(plan(settings)) {
    const node::LinkMtus mtus = link_mtus(settings);
    for (const farm::ServerId id : {1U, 2U}) {
        nodes_[id - 1] = std::make_unique<node::Node>(config_, id, contents_, id, now_, mtus);
    }
    run_for(kPatience);  // their control channel opens (EP-33)
}

wire::ConnectionTuple Farm::tuple(std::size_t number) const {
    const auto address = static_cast<std::uint32_t>(number / kPortsOfClient);
    const auto port = static_cast<std::uint16_t>(number % kPortsOfClient);
    return {.client = wire::Ipv4Address(kFirstClient + address),
            .client_port = static_cast<std::uint16_t>(kFirstPort + port),
            .service = config_.servers[0].services[0],
            .service_port = 80,
            .protocol = wire::TransportProtocol::Tcp};
}

tcp::Connection& Farm::open(std::size_t number) {
    const wire::ConnectionTuple flow = tuple(number);
    const tcp::Identity identity{flow.client, flow.client_port, flow.service, flow.service_port};
    tcp::Chance chance{};
    chance.initial_sequence = SequenceNumber(static_cast<std::uint32_t>(number) * 97);
    auto opened = tcp::Connection::connect(client_config_, identity, chance, now_);
    client_.emplace(std::move(*opened));
    exchange();
    SHUNT_ASSERT(client_->state() == tcp::State::Established, "nothing is lost here");
    return *client_;
}

SegmentPlace Farm::converse(std::size_t number, std::string_view request) {
    const wire::ConnectionTuple flow = tuple(number);
    open(number);
    client_->send({reinterpret_cast<const std::uint8_t*>(request.data()), request.size()});
    run_for(kPatience);
    SHUNT_ASSERT(!client_->poll_deadline(), "the conversation has come to rest");
    const SegmentPlace place{
        .tuple = flow,
        .source = kGatewayMac,
        .destination = config_.servers[0].front_mac,
        .sequence = client_->send_next(),
        .acknowledgment = client_->receive_next(),
        .timestamps = {.value = client_timestamp_ + kLater, .echo = server_timestamp_}};
    client_.reset();
    return place;
}

void Farm::run_for(Duration span) {
    const Instant end = now_ + span;
    do
        exchange();
    while (pass_to_deadline(end));
    now_ = end;
}

/// Whose deadline comes next, by `end`, has its turn. False if nobody's does.
bool Farm::pass_to_deadline(Instant end) {
    std::optional<Instant> next = client_ ? client_->poll_deadline() : std::nullopt;
    for (const auto& node : nodes_)
        next = earlier(next, node->poll_deadline());
    if (!next || *next > end) return false;
    now_ = std::max(now_, *next);
    if (client_ && is_due(client_->poll_deadline(), now_)) client_->handle_deadline(now_);
    for (const auto& node : nodes_)
        node->handle_deadline(now_);
    return true;
}

void Farm::exchange() {
    while (take_turns()) {
    }
}

void Farm::step() {
    if (!take_turns()) pass_to_deadline(now_ + kPatience);
}

bool Farm::take_turns() {
    bool has_moved = transmit_client();
    for (const auto& node : nodes_) {
        while (const auto outgoing = node->poll_transmit(now_)) {
            has_moved = true;
            carry(outgoing->link, outgoing->frame.bytes());
        }
    }
    return has_moved;
}

bool Farm::transmit_client() {
    bool has_moved = false;
    if (!client_) return has_moved;
    for (;;) {
        Packet packet = pool_.take();
        if (!client_->poll_transmit(now_, packet)) return has_moved;
        has_moved = true;
        const auto internet = wire::Ipv4View::parse(packet.bytes());
        const auto said = wire::TcpView::parse(*internet)->options().timestamps;
        if (said) client_timestamp_ = said->value;
        const wire::MacAddress home = config_.servers[0].front_mac;
        wire::EthernetHeader{home, kGatewayMac, wire::kEtherTypeIpv4}.prepend_to(packet);
        carry(link::LinkId::Front, packet.bytes());
        last_of_client_ = std::move(packet);
    }
}

void Farm::carry(link::LinkId link, ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    const bool is_front = link == link::LinkId::Front;
    if (is_front &&
        (ethernet->destination() == kGatewayMac || ethernet->type() == wire::kEtherTypeArp)) {
        return deliver_to_gateway(frame);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const farm::Server& server = config_.servers[i];
        const wire::MacAddress own = is_front ? server.front_mac : server.back_mac;
        if (ethernet->destination() == own) nodes_[i]->handle_frame(link, pool_.copy(frame), now_);
    }
}

void Farm::deliver_to_gateway(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (ethernet->type() == wire::kEtherTypeArp) {
        const auto question = wire::ArpView::parse(ethernet->payload());
        if (question && question->target_ip() == kGateway) answer_arp(*question);
        return;
    }
    const auto internet = wire::Ipv4View::parse(ethernet->payload());
    const auto segment = internet ? wire::TcpView::parse(*internet)
                                  : Result<wire::TcpView, Counter>(Failure{internet.error()});
    SHUNT_ASSERT(segment && client_, "the farm answers clients, with whole segments");
    if (const auto said = segment->options().timestamps) server_timestamp_ = said->value;
    client_->handle_segment(*segment, now_);
    if (is_reading_) return client_->consume(client_->readable().size());
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        answered_[i] = answered_[i] || ethernet->source() == config_.servers[i].front_mac;
}

void Farm::answer_arp(const wire::ArpView& question) {
    wire::ArpMessage answer;
    answer.operation = wire::ArpOperation::Reply;
    answer.sender_mac = kGatewayMac;
    answer.sender_ip = kGateway;
    answer.target_mac = question.sender_mac();
    answer.target_ip = question.sender_ip();
    Packet reply = pool_.take();
    answer.prepend_to(reply);
    wire::EthernetHeader{question.sender_mac(), kGatewayMac, wire::kEtherTypeArp}.prepend_to(reply);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (config_.servers[i].front_mac == question.sender_mac()) {
            nodes_[i]->handle_frame(link::LinkId::Front, std::move(reply), now_);
            return;
        }
    }
}

}  // namespace shunt::bench
