// SPDX-License-Identifier: Apache-2.0
// One stream for each thing that a member can say, right and wrong.
#include <string>
#include <utility>

#include "fuzz_target.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using wire::ControlKind;

Bytes frame(ControlKind kind, const Bytes& body = {}, std::uint16_t flags = 0) {
    Bytes bytes(wire::kControlHeaderSize);
    wire::ControlHeader{kind, flags, 7}.write_to(bytes, body.size());
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

template <typename Body>
Bytes written(const Body& body) {
    Bytes bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

Bytes hello(std::uint32_t server = 1) {
    return frame(ControlKind::Hello, written(wire::HelloBody{server, 5, 9, "s1"}));
}

Bytes state() {
    const std::vector<wire::ListeningSocket> listening{{wire::Ipv4Address(10, 7, 1, 1), 80, 3}};
    const std::vector<wire::ApplicationLoad> applications{{3, 1'000'000, 50}};
    return frame(ControlKind::ServerState,
                 written(wire::ServerStateBody{
                     1, {10, 500, 1 << 30, 1'000'000'000}, listening, applications}));
}

/// `piece` - 1 is the first byte: how the stream is cut.
Seed seed(std::string name, std::uint8_t piece, std::initializer_list<Bytes> frames) {
    Bytes bytes{static_cast<std::uint8_t>(piece - 1)};
    for (const Bytes& part : frames)
        bytes.insert(bytes.end(), part.begin(), part.end());
    return {std::move(name), std::move(bytes)};
}

Bytes with_u32(Bytes bytes, std::size_t offset, std::uint32_t value) {
    store_u32(bytes, offset, value);
    return bytes;
}

}  // namespace

std::vector<Seed> seeds() {
    Bytes other_version = frame(ControlKind::Ping);
    other_version[4] = 2;
    const Bytes error = written(wire::ErrorBody{3, "no"});
    return {
        seed("hello", 255, {hello()}),
        seed("hello-of-another", 255, {hello(2)}),
        seed("hello-twice", 255, {hello(), hello()}),
        seed("ping-first", 255, {frame(ControlKind::Ping)}),
        seed("ping-in-pieces", 3, {hello(), frame(ControlKind::Ping)}),
        seed("state", 16, {hello(), state()}),
        seed("state-cut", 255, {hello(), frame(ControlKind::ServerState, Bytes(29))}),
        seed("error", 255, {hello(), frame(ControlKind::Error, error)}),
        seed("unknown-kind", 255, {hello(), frame(static_cast<ControlKind>(0x77), Bytes(9))}),
        seed("not-ready", 255, {hello(), frame(ControlKind::ObjectCall, Bytes(12))}),
        seed("trailer", 255, {hello(), frame(ControlKind::Ping, Bytes(40), 1)}),
        seed("trailer-cut", 255, {hello(), frame(ControlKind::Ping, Bytes(39), 1)}),
        seed("length-11", 255, {hello(), with_u32(frame(ControlKind::Ping), 0, 11)}),
        seed("length-most", 255, {hello(), with_u32(frame(ControlKind::Ping), 0, 16U << 20U)}),
        seed("length-beyond", 255,
             {hello(), with_u32(frame(ControlKind::Ping), 0, (16U << 20U) + 1)}),
        seed("other-version", 255, {hello(), other_version}),
    };
}

}  // namespace shunt::fuzz
