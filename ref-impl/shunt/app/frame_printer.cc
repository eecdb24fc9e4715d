// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/frame_printer.hh"

#include <fmt/format.h>

#include "shunt/wire/describe.hh"

namespace shunt::app {

FramePrinter::FramePrinter(std::uint16_t client_port, std::FILE* out)
    : port_text_(fmt::format(":{} ", client_port)), out_(out) {}

void FramePrinter::observe(const sim::Transmission& transmission) {
    print(transmission.time, transmission.names, "->", transmission.frame);
}

void FramePrinter::observe(const sim::Arrival& arrival) {
    print(arrival.time, arrival.names, "=>", arrival.frame);
}

void FramePrinter::print(Instant time, const sim::PlaceNames& names, std::string_view arrow,
                         ByteView frame) {
    const std::string text = wire::describe_frame(frame);
    if (text.find(port_text_) == std::string::npos) return;
    fmt::print(out_, "{:>11} us  {:<5} {:>6} {} {:<6}  {}\n", time.since_origin().to_microseconds(),
               names.segment, names.from, arrow, names.to, text);
}

}  // namespace shunt::app
