// SPDX-License-Identifier: Apache-2.0
// Two nodes of the standard plan, and clients beyond the gateway of the front link, joined by
// perfect links in virtual time. A client is a TCP connection of its own while it opens and
// asks; then it falls silent, and its endpoint stays with the farm.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "bench/worlds/segment_frame.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/node.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/arp.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::bench {

struct FarmSettings {
    /// That each server takes.
    std::size_t connections = 1;
    /// Small segments are acknowledged as RFC 5681 4.2 says; those of a SegmentFrame one by one
    /// where this is set.
    bool is_each_acknowledged = false;
    /// What a server takes from an application that writes faster than the client reads; 0: as much
    /// as a server does by itself.
    std::size_t send_buffer_bytes = 0;
    std::uint16_t back_mtu = 0;  // 0: as long as a front packet needs
    /// How connections move.
    farm::Profile profile = farm::Profile::Endpoint;
};

class Farm {
  public:
    /// A request that s1 serves itself, one whose body it reads without end, and the latter for s2.
    static constexpr std::string_view kRequest = "GET /bytes/100 HTTP/1.1\r\nHost: x\r\n\r\n";
    static constexpr std::string_view kUpload =
        "POST /bytes/100 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000000\r\n\r\n";
    static constexpr std::string_view kUploadToS2 =
        "POST /s2/up HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000000\r\n\r\n";

    explicit Farm(const FarmSettings& settings);
    Farm(const Farm&) = delete;
    Farm& operator=(const Farm&) = delete;

    node::Node& s1() { return *nodes_[0]; }
    node::Node& s2() { return *nodes_[1]; }
    const farm::FarmConfig& config() const { return config_; }
    PacketPool& pool() { return pool_; }
    Instant now() const { return now_; }
    void pass(Duration span) { now_ = now_ + span; }

    /// The how-manyth client; each its own address and port.
    wire::ConnectionTuple tuple(std::size_t number) const;
    /// Opens, sends `request`, takes what comes, until nobody has anything to send or to wait for
    /// within 100 ms. Returns where the client's next full segment stands.
    SegmentPlace converse(std::size_t number, std::string_view request);

    /// Opens that client's connection, which stays until the next one opens.
    tcp::Connection& open(std::size_t number);
    /// From now on the client takes nothing from its receive queue.
    void stop_reading() { is_reading_ = false; }
    /// The client's last frame.
    ByteView last_of_client() const { return last_of_client_.bytes(); }
    /// Hands a frame of the front link to the one whom it is for.
    void put(ByteView frame) { carry(link::LinkId::Front, frame); }
    /// Everything that can be sent without time going by.
    void exchange();
    /// Each has a turn. Where nobody has anything to send, the next deadline has come.
    void step();
    /// From now on it is noted who sends to a client that does not read.
    void forget_answers() { answered_ = {}; }
    /// Since then a server with this id has.
    bool has_answered(farm::ServerId server) const { return answered_.at(server - 1); }

  private:
    void run_for(Duration span);
    bool take_turns();
    bool pass_to_deadline(Instant end);
    bool transmit_client();
    void carry(link::LinkId link, ByteView frame);
    void deliver_to_gateway(ByteView frame);
    void answer_arp(const wire::ArpView& question);

    farm::FarmConfig config_;
    node::NoContents contents_;
    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    PacketPool pool_;
    tcp::Config client_config_;
    std::array<std::unique_ptr<node::Node>, 2> nodes_;
    std::optional<tcp::Connection> client_;
    Packet last_of_client_;
    bool is_reading_ = true;
    std::array<bool, 2> answered_{};
    std::uint32_t client_timestamp_ = 0;
    std::uint32_t server_timestamp_ = 0;
};

}  // namespace shunt::bench
