// SPDX-License-Identifier: Apache-2.0
// Formats: the checksum and the views, beside plain loops and libtins.
#include <cstring>
#include <memory>
#include <vector>

#include "bench/figures/figures.hh"
#include "bench/figures/tins_parse.hh"
#include "bench/worlds/receiving_connection.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {
namespace {

constexpr std::size_t kText = 1'460;

std::shared_ptr<std::vector<std::uint8_t>> text() {
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(kText);
    for (std::size_t i = 0; i < kText; ++i)
        (*bytes)[i] = static_cast<std::uint8_t>(i * 7);
    return bytes;
}

/// The loop of RFC 1071 4.1.
std::uint16_t plain_checksum(ByteView bytes) {
    std::uint32_t sum = 0;
    const std::uint8_t* next = bytes.data();
    std::size_t left = bytes.size();
    while (left > 1) {
        std::uint16_t word = 0;
        std::memcpy(&word, next, sizeof word);
        sum += word;
        next += 2;
        left -= 2;
    }
    if (left > 0) sum += *next;
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

Loop our_checksum() {
    return [bytes = text()](benchmark::State& state) {
        for (auto _ : state) {
            benchmark::DoNotOptimize(bytes->data());
            benchmark::DoNotOptimize(wire::internet_checksum(*bytes));
            benchmark::ClobberMemory();
        }
    };
}

Samples checksum_beside_plain_loop(const Effort& effort) {
    const auto named = [bytes = text()](benchmark::State& state) {
        for (auto _ : state) {
            benchmark::DoNotOptimize(bytes->data());
            benchmark::DoNotOptimize(plain_checksum(*bytes));
            benchmark::ClobberMemory();
        }
    };
    return take_turns(our_checksum(), named, effort);
}

Samples checksum_beside_copy(const Effort& effort) {
    const auto named = [bytes = text(), into = text()](benchmark::State& state) {
        for (auto _ : state) {
            std::memcpy(into->data(), bytes->data(), kText);
            benchmark::DoNotOptimize(into->data());
            benchmark::ClobberMemory();
        }
    };
    return take_turns(our_checksum(), named, effort);
}

Samples views(const Effort& effort) {
    const ReceivingConnection world;
    const std::vector<std::uint8_t> frame(world.frame().begin(), world.frame().end());
    const auto ours = [frame](benchmark::State& state) {
        for (auto _ : state) {
            benchmark::DoNotOptimize(frame.data());
            const auto ethernet = wire::EthernetView::parse(frame);
            const auto internet = wire::Ipv4View::parse(ethernet->payload());
            const auto segment = wire::TcpView::parse(*internet);
            if (!segment) return state.SkipWithError("the frame is whole");
            benchmark::DoNotOptimize(segment->options());
            benchmark::ClobberMemory();
        }
    };
    return take_turns(ours, tins_parse_of(frame), effort);
}

}  // namespace

std::vector<Figure> wire_figures() {
    return {
        {.name = "parse",
         .ours = "the views of a 1,514 byte frame and its options, all checksums verified",
         .named = "libtins 4.0 parses that frame",
         .unit = "ns",
         .limit = 1.0,
         .measure = views},
        {.name = "checksum-loop",
         .ours = "the Internet checksum of 1,460 bytes",
         .named = "the loop of RFC 1071 4.1 over 16 bit words, same compiler and options",
         .unit = "ns",
         .limit = 1.0,
         .measure = checksum_beside_plain_loop},
        {.name = "checksum-copy",
         .ours = "the Internet checksum of 1,460 bytes",
         .named = "memcpy of them",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = checksum_beside_copy},
    };
}

}  // namespace shunt::bench
