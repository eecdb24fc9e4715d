// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/step_recorder.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

constexpr std::string_view kForwarded = "0x02";
constexpr std::string_view kFirstOffer = "0x01";
// Kinds of control frames have the numbers of other messages.
constexpr std::string_view kBlob = "blob";
constexpr std::string_view kControlPart = "control part";
constexpr std::string_view kControl = "control ";
constexpr std::string_view kRewritten = "rewritten ";

bool is_message(const std::string& name) {
    if (name == kBlob || name.starts_with(kControl)) return true;
    return name.starts_with("0x") && !name.starts_with(kForwarded);
}

bool is_offer(const std::string& name) {
    return name == kFirstOffer || name == kBlob || name == kControlPart;
}

/// As docs/protocol/blob.md calls what stands for that message there.
std::string_view blob_name_of(wire::EncapsulationType type) {
    switch (type) {
        case wire::EncapsulationType::Connection:
            return kBlob;
        case wire::EncapsulationType::Acknowledgement:
            return "control 0x11";
        case wire::EncapsulationType::Release:
            return "control 0x13";
        case wire::EncapsulationType::Reject:
            return "control 0x12/0x14";
        case wire::EncapsulationType::Go:
            return "control 0x15";
        case wire::EncapsulationType::Forwarded:
        case wire::EncapsulationType::Data:
        case wire::EncapsulationType::Challenge:
        case wire::EncapsulationType::Missing:
            return kRewritten;
    }
    return kRewritten;
}

std::string segment_name(const wire::Ipv4View& packet) {
    if (packet.protocol() == wire::IpProtocol::Udp) return "datagram";
    const auto segment = wire::TcpView::parse(packet, wire::ChecksumField::Partial);
    if (!segment) return "packet";
    const wire::TcpFlags flags = segment->flags();
    if (flags.reset) return "RST";
    if (flags.syn) return flags.acknowledgment ? "SYN/ACK" : "SYN";
    std::string_view name = segment->payload().empty() ? "ACK" : "data";
    return std::string(name) + (flags.fin ? "+FIN" : "");
}

/// A rewritten packet says that it releases before it says what it is.
void add_blob_name(const FarmMessage& message, std::vector<std::string>& names) {
    std::string name(blob_name_of(message.type));
    if (message.type == wire::EncapsulationType::Forwarded) {
        std::erase(names, std::string(blob_name_of(wire::EncapsulationType::Go)));
        const auto packet = wire::Ipv4View::parse(message.inner_packet);
        name += packet ? segment_name(*packet) : "packet";
    }
    names.push_back(std::move(name));
}

}  // namespace

std::string to_text(const Step& step) {
    std::string text =
        fmt::format("s{}.{:<4} {:<22} {}", step.server + 1, step.event, step.cause, step.before);
    if (step.after != step.before) text += " > " + step.after;
    if (!step.sent.empty()) text += fmt::format("; sends {}", fmt::join(step.sent, ", "));
    return text;
}

// What a frame is to the connection; nothing: it is about another one, or about none.
std::optional<std::string> StepRecorder::name(link::LinkId link, ByteView frame) const {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet) return std::nullopt;
    if (link == link::LinkId::Back) {
        if (ethernet->type() != world_.roles().encapsulation_ether_type) return std::nullopt;
        const auto view = wire::EncapsulationView::parse(
            ethernet->payload(),
            world_.roles().has_extensions ? wire::ProtocolSet::Extended : wire::ProtocolSet::Base);
        if (!view || view->source() != watched_.client ||
            view->source_port() != watched_.client_port)
            return std::nullopt;
        const auto type = static_cast<unsigned>(view->type());
        if (view->type() != wire::EncapsulationType::Forwarded) return fmt::format("{:#04x}", type);
        const auto inner = wire::Ipv4View::parse(view->payload());
        return fmt::format("{:#04x} {}", type, inner ? segment_name(*inner) : "packet");
    }
    if (ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->payload().size() < 4) return std::nullopt;
    const std::uint16_t from = load_u16(packet->payload(), 0);
    const std::uint16_t to = load_u16(packet->payload(), 2);
    const bool comes = packet->source() == watched_.client && from == watched_.client_port;
    const bool goes = packet->destination() == watched_.client && to == watched_.client_port;
    if (!comes && !goes) return std::nullopt;
    return (comes ? "client's " : "") + segment_name(*packet);
}

void StepRecorder::begins(std::size_t server, link::LinkId link, ByteView frame, Instant now) {
    Names found = std::exchange(arrived_[server], {});
    if (auto own = name(link, frame)) found.push_back(std::move(*own));
    const std::string cause = found.empty() ? "frame" : fmt::format("{}", fmt::join(found, ", "));
    open(server, cause, !found.empty(), now);
}

void StepRecorder::begins(std::size_t server, std::string_view cause, Instant now) {
    open(server, std::string(cause), cause != "deadline", now);
}

void StepRecorder::open(std::size_t server, std::string cause, bool is_about_it, Instant now) {
    Event event;
    event.step.server = server;
    event.step.event = lives_[server].events + 1;
    event.step.at = now;
    event.step.cause = std::move(cause);
    event.step.before = world_.node(server).phase(watched_);
    event.is_about_it = is_about_it;
    open_[server] = std::move(event);
}

void StepRecorder::sends(std::size_t server, const link::OutgoingFrame& frame) {
    auto found = name(frame.link, frame.frame.bytes());
    if (!found || !open_[server]) return;
    open_[server]->is_about_it = true;
    open_[server]->step.sent.push_back(std::move(*found));
}

std::size_t StepRecorder::index_of(HostId server) const {
    const auto& servers = world_.roles().servers;
    const auto found = std::ranges::find(servers, server, &ServerRole::host);
    return static_cast<std::size_t>(found - servers.begin());
}

void StepRecorder::message_sent(const FarmMessage& message) {
    auto& event = open_.at(index_of(message.from));
    if (!world_.roles().has_blobs || message.tuple != watched_ || !event) return;
    event->is_about_it = true;
    add_blob_name(message, event->step.sent);
}

void StepRecorder::message_arrived(const FarmMessage& message) {
    if (!world_.roles().has_blobs || message.tuple != watched_) return;
    add_blob_name(message, arrived_.at(index_of(message.to)));
}

void StepRecorder::control_part_sent(HostId from) {
    auto& event = open_.at(index_of(from));
    if (!event) return;
    event->is_about_it = true;
    event->step.sent.emplace_back(kControlPart);
}

void StepRecorder::control_part_arrived(HostId to) {
    arrived_.at(index_of(to)).emplace_back(kControlPart);
}

void StepRecorder::ends(std::size_t server) {
    auto event = std::exchange(open_[server], std::nullopt);
    if (!event) return;
    event->step.after = world_.node(server).phase(watched_);
    if (event->is_about_it || event->step.before != event->step.after)
        steps_.push_back(std::move(event->step));
}

std::vector<Step> StepRecorder::migration() const {
    const auto offers = [](const Step& step) { return std::ranges::any_of(step.sent, is_offer); };
    const auto matters = [](const Step& step) {
        return step.before != step.after || is_message(step.cause) ||
               std::ranges::any_of(step.sent, is_message);
    };
    const auto first = std::ranges::find_if(steps_, offers);
    auto last = steps_.end();
    while (last != first && !matters(*(last - 1)))
        --last;
    return {first, last};
}

}  // namespace shunt::sim
