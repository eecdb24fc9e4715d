// SPDX-License-Identifier: Apache-2.0
/// A connection whose home the judge plays, with the device as its target: moved in, released,
/// used, and the one way to judge that a frame about it is dropped.
#pragma once

#include <functional>
#include <string>

#include "roles/stage.hh"

namespace conform::endpoint {

/// One thing that is wrong about a frame which is right otherwise, its checksums included.
struct Fault {
    const char* requirement;
    std::string what;  ///< "with a wrong checksum"
    /// Changes a whole frame, Ethernet header first.
    std::function<void(Bytes& frame)> spoil;
};

class MovedIn {
  public:
    /// Client and peer of the case, and the connection as it stands after a handshake that nobody
    /// has seen but us. Each further one of a case has a client port of its own.
    explicit MovedIn(Stage& stage, bool has_timestamps = true);
    /// The same of a client that has offered this, a window scale among it.
    MovedIn(Stage& stage, const ClientOffer& offer);
    /// The same of a client with this address, which may be none that a client can have.
    MovedIn(Stage& stage, Ipv4Address client);

    Client& client() { return client_; }
    const Client& client() const { return client_; }
    Peer& peer() { return peer_; }
    const Peer& peer() const { return peer_; }
    ConnectionInformation& information() { return information_; }
    const ConnectionInformation& information() const { return information_; }
    MigrationId id() const {
        return {information_.service, information_.block.iss, information_.block.epoch};
    }
    std::uint32_t copy() const { return copy_; }

    /// The frame of the 0x01.
    Bytes connection_frame() const;
    /// Sends it, as a home that freezes the endpoint now.
    void offer();
    /// The request that comes next, and the frame that forwards it.
    TcpSegment next_request();
    Bytes forwarded_frame(const TcpSegment& segment) const;

    /// EP-7: 0x03 to the forward IP of that service; learns its copy in an ext farm.
    Task<> expect_acknowledgement(const char* requirement);
    /// In an ext farm 0x14; in a base farm the first forwarded packet releases.
    void release();
    /// How the client's packets get to the device from now on, instead of as 0x02.
    using Carrier = std::function<void(const Bytes& packet)>;
    void forward_by(Carrier carrier) { carrier_ = std::move(carrier); }
    /// The home freezes the endpoint now: its clock shows ts_val now, not when the case began.
    void freeze();
    /// Forwards what the client sends, as its home does (EP-20).
    void forward(const TcpSegment& segment);
    /// The response to one request, from its first byte on (EP-22, EP-24, EP-25); pure ACKs may
    /// come before it.
    Task<> expect_response(const TcpSegment& request);
    /// Takes what is left of a response, and acknowledges it.
    Task<> finish_response();

    /// 0x01, 0x03, release, request and response: the connection is the device's.
    Task<> move();
    /// Request and response: the service is alive and the connection where it was.
    Task<> exchange();

    /// `fault` makes the device drop a forwarded packet without any answer (FRM-7). Holds the
    /// frame's twins against it by construction: the exchange before, the same frame without the
    /// fault after, which must be answered as if the other had never been.
    Task<> expect_forwarded_dropped(const Fault& fault);
    /// Nothing for the client, nothing for the peer.
    Task<> expect_nothing(const char* requirement, const std::string& after, Duration length);

  private:
    MovedIn(Stage& stage, Client& client);

    Task<ReceivedSegment> expect_next_segment();
    void check_continuity(const ReceivedSegment& received, const TcpSegment& request) const;
    void check_edge_and_clock(const ReceivedSegment& received, const TcpSegment& request) const;

    Stage& stage_;
    Client& client_;
    Peer& peer_;
    std::uint32_t timestamp_;  ///< ts_val of the block
    Time frozen_;
    ConnectionInformation information_;
    std::uint32_t copy_ = 0;
    Carrier carrier_{};
};

/// Each fault alone, on one connection that is used before and after.
Task<> expect_each_forwarded_dropped(Stage& stage, const std::vector<Fault>& faults);

/// Each of `faults` makes the device refuse a 0x01. An ext device says so with a 0x10 of `reason`
/// where the frame was in order (FRM-7), a base device never does. The twins: a connection that
/// moved before and goes on after each fault, and in the end the same 0x01 without fault.
Task<> expect_connections_refused(Stage& stage, const std::vector<Fault>& faults,
                                  std::optional<std::uint16_t> reason);

}  // namespace conform::endpoint
