// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/frame_printer.hh"

#include <fmt/format.h>

#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::app {
namespace {

struct Line {
    std::uint16_t client_port = 0;
    std::string text;
};

std::string flag_letters(const wire::TcpFlags& flags) {
    std::string letters;
    if (flags.syn) letters += 'S';
    if (flags.fin) letters += 'F';
    if (flags.reset) letters += 'R';
    if (flags.push) letters += 'P';
    if (flags.acknowledgment) letters += '.';
    return letters;
}

std::optional<Line> describe_packet(ByteView bytes, bool is_encapsulated) {
    const auto packet = wire::Ipv4View::parse(bytes);
    if (!packet) return std::nullopt;
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment) return std::nullopt;
    Line line;
    const bool is_to_service = segment->destination_port() < segment->source_port();
    line.client_port = is_to_service ? segment->source_port() : segment->destination_port();
    line.text = fmt::format("{}{} {} seq {} ack {} win {} len {}", is_encapsulated ? "0x02 " : "",
                            is_to_service ? "client" : "service", flag_letters(segment->flags()),
                            segment->sequence().value(), segment->acknowledgment().value(),
                            segment->window(), segment->payload().size());
    return line;
}

std::optional<Line> describe(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet) return std::nullopt;
    if (ethernet->type() == wire::kEtherTypeIpv4)
        return describe_packet(ethernet->payload(), false);
    const auto view =
        wire::EncapsulationView::parse(ethernet->payload(), wire::ProtocolSet::Extended);
    if (!view) return std::nullopt;
    if (view->type() == wire::EncapsulationType::Forwarded)
        return describe_packet(view->payload(), true);
    const auto type = static_cast<unsigned>(view->type());
    return Line{view->source_port(),
                fmt::format("0x{:02x} of {} bytes", type, view->payload().size())};
}

}  // namespace

void FramePrinter::observe(const sim::Transmission& transmission) {
    print(transmission.time, transmission.segment,
          fmt::format("{} ->  ", index_of(transmission.from)), transmission.frame);
}

void FramePrinter::observe(const sim::Arrival& arrival) {
    print(arrival.time, arrival.segment,
          fmt::format("{} => {}", index_of(arrival.from), index_of(arrival.to)), arrival.frame);
}

void FramePrinter::print(Instant time, sim::SegmentId segment, std::string_view what,
                         ByteView frame) {
    const auto line = describe(frame);
    if (!line || line->client_port != port_) return;
    fmt::print(out_, "{:>12} us  segment {}  {}  {}\n", time.since_origin().to_microseconds(),
               index_of(segment), what, line->text);
}

}  // namespace shunt::app
