// SPDX-License-Identifier: Apache-2.0
// The body of control kind 0x30: one server's rows of the tables Server State, Listening Sockets
// and Application Information (SEL-6; S004 F12).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

/// The figures by which servers are compared (SEL-3).
struct ServerLoad {
    /// Established TCP connections.
    std::uint32_t connections = 0;
    std::uint16_t cpu_per_mille = 0;
    std::uint64_t unused_memory_bytes = 0;
    std::uint64_t unused_bandwidth_bps = 0;

    bool operator==(const ServerLoad&) const = default;
};

struct ListeningSocket {
    Ipv4Address address;
    std::uint16_t port = 0;
    std::uint32_t process = 0;

    bool operator==(const ListeningSocket&) const = default;
};

struct ApplicationLoad {
    std::uint32_t process = 0;
    std::uint64_t memory_bytes = 0;
    std::uint16_t cpu_per_mille = 0;

    bool operator==(const ApplicationLoad&) const = default;
};

class ServerStateView {
  public:
    /// Fails unless the body is as long as its counts say.
    static Result<ServerStateView, Counter> parse(ByteView body);

    std::uint32_t server() const { return load_u32(body_, 0); }
    ServerLoad load() const;
    std::size_t listening_count() const;
    /// `index` is below listening_count().
    ListeningSocket listening(std::size_t index) const;
    std::size_t application_count() const;
    /// `index` is below application_count().
    ApplicationLoad application(std::size_t index) const;

  private:
    explicit ServerStateView(ByteView body) : body_(body) {}
    ByteView applications() const;
    ByteView body_;
};

struct ServerStateBody {
    std::uint32_t server = 0;
    ServerLoad load;
    /// At most 65,535 of each.
    std::span<const ListeningSocket> listening;
    std::span<const ApplicationLoad> applications;

    std::size_t size() const;
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;
};

}  // namespace shunt::wire
