// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/pair/pair_host.hh"

#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/tcp/icmp_error.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/quoted_packet.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {

PairHost::PairHost(const PairHostConfig& config, Instant now, ViolationLog& log)
    : config_(config), log_(log), application_(config.stream) {
    if (config.does_open) opening_ = now;
}

void PairHost::handle_frame(link::LinkId, Packet frame, Instant now) {
    const auto ethernet = wire::EthernetView::parse(frame.bytes());
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet) return;
    if (packet->protocol() == wire::IpProtocol::Icmp) return handle_icmp(*packet, now);
    if (packet->source() != config_.identity.remote_address) return;
    const auto segment =
        wire::TcpView::parse(*packet, frame.unfinished().checksum ? wire::ChecksumField::Partial
                                                                  : wire::ChecksumField::Complete);
    if (!segment || segment->source_port() != config_.identity.remote_port) return;
    if (connection_ && !connection_->is_closed()) {
        if (connection_->handle_segment(*segment, now)) ++dropped_segments_;
        return advance(now);
    }
    // Only the first SYN opens: a late repetition of it is no second connection.
    const bool is_opening = !config_.does_open && !connection_;
    if (is_opening) {
        auto accepted =
            tcp::Connection::accept(config_.tcp, config_.identity, *segment, config_.chance, now);
        if (accepted) {
            connection_.emplace(std::move(*accepted));
            return advance(now);
        }
    }
    reset_ = tcp::Reset::answer_to(*segment);
}

void PairHost::handle_icmp(const wire::Ipv4View& packet, Instant now) {
    const auto message = wire::IcmpView::parse(packet);
    if (!message || message->type() != wire::IcmpType::DestinationUnreachable) return;
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    if (!quoted || !connection_ || connection_->is_closed()) return;
    tcp::IcmpError error;
    error.type = message->type();
    error.code = message->code();
    error.sequence = quoted->sequence();
    error.quoted_length = quoted->total_length();
    error.next_hop_mtu = message->next_hop_mtu();
    connection_->handle_icmp(error);
    advance(now);
}

void PairHost::handle_deadline(Instant now) {
    if (is_due(opening_, now)) {
        opening_.reset();
        auto opened = tcp::Connection::connect(config_.tcp, config_.identity, config_.chance, now);
        connection_.emplace(std::move(*opened));
    }
    if (!connection_) return;
    if (is_due(connection_->poll_deadline(), now)) connection_->handle_deadline(now);
    advance(now);
}

void PairHost::advance(Instant now) {
    if (auto fault = application_.advance(*connection_, now))
        log_.add(now, "stream", std::move(*fault));
    if (!completed_at_ && application_.has_all()) completed_at_ = now;
}

std::optional<link::OutgoingFrame> PairHost::poll_transmit(Instant now) {
    Packet packet = config_.tcp.train_max > 0 ? pool_.take_large() : pool_.take();
    if (reset_) {
        reset_->write(config_.identity, packet);
        reset_.reset();
    } else if (!connection_ || !connection_->poll_transmit(now, packet)) {
        return std::nullopt;
    }
    wire::EthernetHeader{config_.peer_mac, config_.mac, wire::kEtherTypeIpv4}.prepend_to(packet);
    if (config_.falsify) config_.falsify(packet);
    return link::OutgoingFrame{link::LinkId::Front, std::move(packet)};
}

std::optional<Instant> PairHost::poll_deadline() const {
    if (!connection_) return opening_;
    return earlier(connection_->poll_deadline(), application_.next_read());
}

bool PairHost::is_finished() const {
    if (!connection_ || !application_.has_all()) return false;
    return connection_->is_closed() || connection_->state() == tcp::State::TimeWait;
}

}  // namespace shunt::sim
