// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/client/datagram_client.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/stack/single_homed.hh"
#include "shunt/wire/decimal.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/udp.hh"

namespace shunt::sim {
namespace {

constexpr std::uint8_t kPrefixLength = 16;
constexpr std::size_t kFaultsMax = 100;

}  // namespace

DatagramClient::DatagramClient(const DatagramPlan& plan)
    : plan_(plan),
      interface_(stack::single_homed(plan_.mac, plan_.address, kPrefixLength), pool_, counters_,
                 Instant{}),
      flows_(plan_.flows) {
    const Duration apart = plan_.interval / static_cast<std::int64_t>(plan_.flows);
    for (std::size_t flow = 0; flow < plan_.flows; ++flow) {
        deadlines_.set(static_cast<DeadlineHeap::Slot>(flow),
                       plan_.start + apart * static_cast<std::int64_t>(flow));
    }
}

wire::ConnectionTuple DatagramClient::tuple(std::size_t flow) const {
    return {plan_.address, static_cast<std::uint16_t>(kFirstPort + flow), plan_.service,
            plan_.service_port, wire::TransportProtocol::Udp};
}

/// The longest ones go in fragments once they are encapsulated.
std::string DatagramClient::text_of(std::size_t flow, std::uint32_t number) {
    std::string text = fmt::format("{}/{} ", flow, number);
    const std::size_t fill = number % 16 == 7 ? 1'465 : number % 64;
    text.append(fill, static_cast<char>('a' + number % 26));
    return text;
}

void DatagramClient::say(std::size_t flow, Instant now) {
    const std::string text = text_of(flow, flows_[flow].said);
    const wire::ConnectionTuple to = tuple(flow);
    Packet packet = pool_.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    wire::UdpHeader{to.client_port, to.service_port}.prepend_to(packet, to.client, to.service);
    wire::Ipv4Header header;
    header.dont_fragment = false;
    header.identification = identification_++;
    header.protocol = wire::IpProtocol::Udp;
    header.source = to.client;
    header.destination = to.service;
    header.prepend_to(packet);
    ++flows_[flow].said;
    interface_.send_ipv4(std::move(packet), now);
}

void DatagramClient::handle_deadline(Instant now) {
    if (is_due(interface_.poll_deadline(), now)) interface_.handle_deadline(now);
    while (const auto slot = deadlines_.pop_due(now)) {
        FlowState& flow = flows_[*slot];
        if (now >= plan_.again) flow.last_words.emplace(flow.said, 0);
        say(*slot, now);
        const bool is_done = flow.last_words.size() >= plan_.last_words;
        Instant next = now + plan_.interval;
        if (next >= plan_.silence && next < plan_.again) next = plan_.again;
        deadlines_.set(*slot, is_done ? std::nullopt : std::optional(next));
    }
}

void DatagramClient::handle_frame(link::LinkId, Packet frame, Instant now) {
    const std::optional<Packet> ours = interface_.handle_frame(std::move(frame), now);
    if (!ours) return;
    const auto ethernet = wire::EthernetView::parse(ours->bytes());
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->protocol() != wire::IpProtocol::Udp) return;
    const auto answer = wire::UdpView::parse(*packet);
    if (!answer) return;
    const std::size_t flow = std::size_t{answer->destination_port()} - kFirstPort;
    const bool is_expected = answer->destination_port() >= kFirstPort && flow < flows_.size() &&
                             packet->source() == plan_.service &&
                             answer->source_port() == plan_.service_port;
    if (!is_expected) return complain("an answer from or to an address that no flow has");
    hear(flow, {reinterpret_cast<const char*>(answer->payload().data()), answer->payload().size()});
}

void DatagramClient::hear(std::size_t flow, std::string_view answer) {
    const std::size_t space = answer.find(' ');
    const std::size_t slash = answer.find('/', space);
    const std::size_t end = answer.find(' ', slash);
    const bool is_whole = space != std::string_view::npos && slash != std::string_view::npos &&
                          end != std::string_view::npos;
    const auto number =
        is_whole ? wire::parse_decimal(answer.substr(slash + 1, end - slash - 1), 0xFFFF'FFFF)
                 : std::nullopt;
    const bool is_right =
        number && *number < flows_[flow].said &&
        answer.substr(space + 1) == text_of(flow, static_cast<std::uint32_t>(*number));
    if (!is_right) {
        return complain(fmt::format("{} is answered by something that it has not said",
                                    tuple(flow).to_string()));
    }
    std::vector<bool>& is_answered = flows_[flow].is_answered;
    is_answered.resize(flows_[flow].said);
    if (plan_.is_answered_once && is_answered[*number])
        complain(
            fmt::format("{}: datagram {} is answered twice", tuple(flow).to_string(), *number));
    is_answered[*number] = true;
    ++answers_;
    ++by_server_[std::string(answer.substr(0, space))];
    const auto last = flows_[flow].last_words.find(static_cast<std::uint32_t>(*number));
    if (last != flows_[flow].last_words.end()) ++last->second;
}

void DatagramClient::complain(std::string fault) {
    if (faults_.size() < kFaultsMax) faults_.push_back(std::move(fault));
}

std::optional<link::OutgoingFrame> DatagramClient::poll_transmit(Instant) {
    std::optional<Packet> frame = interface_.poll_transmit();
    if (!frame) return std::nullopt;
    return link::OutgoingFrame{link::LinkId::Front, std::move(*frame)};
}

std::optional<Instant> DatagramClient::poll_deadline() const {
    return earlier(deadlines_.earliest(), interface_.poll_deadline());
}

bool DatagramClient::has_said_all() const {
    return std::ranges::all_of(flows_, [this](const FlowState& flow) {
        return flow.last_words.size() >= plan_.last_words;
    });
}

void DatagramClient::report_answers(Instant now, ViolationLog& log) const {
    for (const std::string& fault : faults_)
        log.add(now, "EP-52", fault);
}

void DatagramClient::report(Instant now, ViolationLog& log) const {
    report_answers(now, log);
    for (std::size_t flow = 0; flow < flows_.size(); ++flow) {
        if (flows_[flow].last_words.size() < plan_.last_words)
            log.add(now, "liveness", tuple(flow).to_string() + " has not said its last words");
        for (const auto& [number, answers] : flows_[flow].last_words) {
            if (answers == 1) continue;
            log.add(now, "EP-50",
                    fmt::format("{}: datagram {} has {} answers over whole links",
                                tuple(flow).to_string(), number, answers));
        }
    }
}

}  // namespace shunt::sim
