// SPDX-License-Identifier: Apache-2.0
/// Steps that cases of the blob profile share: a connection that the device forwards, and one that
/// it hosts.
#pragma once

#include <vector>

#include "cases/endpoint/moved_in.hh"
#include "pdu/blob.hh"
#include "roles/flow_port.hh"
#include "roles/stage.hh"

namespace conform::blob {

/// No frame of this kind on the channel for so long; throws Violation otherwise.
Task<> expect_none(Stage& stage, ControlChannel& channel, const char* requirement,
                   std::uint8_t kind, const char* when, Duration length);

/// Body of 0x11, 0x13, 0x14 and 0x15.
Bytes flow_body(std::uint32_t flow);
/// Body of 0x12.
Bytes reason_body(std::uint16_t reason);

/// A channel that was cut or closed is up again.
Task<> await_channel(Stage& stage, ControlChannel& channel);

/// A connection of a client of the device's: the judge's member is its host.
class Forwarded {
  public:
    /// At the port whose blobs are confirmed, or the other one.
    explicit Forwarded(Stage& stage, bool is_eager = false, std::size_t peer = 0);
    /// Once more from the same address and port.
    Forwarded(Stage& stage, Client& client, std::size_t peer);

    Client& client() { return client_; }
    ControlChannel& channel() { return channel_; }
    FlowPort& port() { return port_; }
    const Blob& blob() const { return blob_; }
    const ControlBlock& block() const { return block_; }
    std::uint32_t flow() const { return flow_; }
    /// The capture's number of the packet that completed the blob.
    std::size_t frame() const { return frame_; }
    std::uint64_t transaction() const { return transaction_; }
    std::uint16_t flags() const { return flags_; }
    /// The client's packets that the device has got and the host has not.
    std::vector<Bytes>& held() { return held_; }

    /// Handshake and a request that selects the peer: the blob that must come (BL-1, BL-2).
    Task<> provoke(const char* requirement = "BL-2");
    /// A large response has begun at the device, which is told to move it: the blob. `flight` is
    /// what the client has got.
    Task<> provoke_in_use();
    /// The next blob that comes; `requirement` is of its coming.
    Task<> take_blob(const char* requirement, Duration within);
    /// What the client sends is held, or goes on to the host.
    Bytes send(const TcpSegment& segment);
    Bytes send_text(const Bytes& text);

    void answer(std::uint8_t kind, const Bytes& body);
    void accept() { answer(control_kind::kBlobAcknowledgement, flow_body(flow_)); }
    void refuse(std::uint16_t reason) { answer(control_kind::kBlobReject, reason_body(reason)); }
    void tell(std::uint8_t kind) { channel_.send({kind, 0, flow_body(flow_)}); }
    /// 0x15 of this flow must come; it is answered unless the case wants to.
    Task<ReceivedControlFrame> expect_commit(const char* requirement, bool is_answered = true);
    /// Everything in held(), in order.
    Task<> expect_held_forwarded(const char* requirement);
    /// Blob, 0x11, commit, and what was held.
    Task<> move();
    /// What the client sends arrives at the host; nothing comes for the client.
    Task<> expect_forwarded(const char* requirement);
    /// The device goes on with the connection, and the response to the request is the client's.
    Task<> expect_served_here(const char* requirement);

    /// What the client has got of a response before it moved.
    Bytes flight{};

  private:
    Stage& stage_;
    Client& client_;
    std::size_t peer_;
    ControlChannel& channel_;
    FlowPort port_;
    Blob blob_;
    ControlBlock block_;
    std::uint32_t flow_ = 0;
    std::size_t frame_ = 0;
    std::uint64_t transaction_ = 0;
    std::uint16_t flags_ = 0;
    std::vector<Bytes> held_;
};

/// A connection whose home and forwarder the judge plays, with the device as host.
class Hosted {
  public:
    explicit Hosted(Stage& stage);

    endpoint::MovedIn& connection() { return connection_; }
    Client& client() { return connection_.client(); }
    ControlChannel& channel() { return channel_; }
    FlowPort& port() { return port_; }
    ControlBlock& block() { return connection_.information().block; }
    std::uint32_t flow() const { return flow_; }
    void set_flow(std::uint32_t flow) {
        flow_ = flow;
        port_.hear_only(flow);
    }
    BlobIpState& ip() { return ip_; }

    /// A request that the application has not read: section 4.
    void put_unread(const Bytes& text);
    /// Bytes of the server's that were never sent: section 5.
    void put_unsent(const Bytes& text);
    void add(BlobSection section) { more_.push_back(std::move(section)); }
    Blob blob() const;

    /// The home freezes the endpoint, and sends it.
    void send_blob(std::uint16_t flags = 0) { send_body(encode(blob()), flags); }
    void send_body(const Bytes& body, std::uint16_t flags = 0);
    Task<> expect_accepted(const char* requirement);
    Task<> expect_refused(const char* requirement, std::uint16_t reason);
    /// 0x15, and its answer.
    Task<> commit(const char* requirement = "BL-14");
    void tell(std::uint8_t kind) { channel_.send({kind, 0, flow_body(flow_)}); }
    /// What the client sends, forwarded.
    void forward(const TcpSegment& segment) { connection_.forward(segment); }
    /// Blob, 0x11, commit, a request and its response.
    Task<> move();
    Task<> exchange() { return connection_.exchange(); }
    Task<> expect_silence(const char* requirement, const char* when, Duration length);
    /// 0x14 about this flow.
    Task<> expect_unknown(const char* requirement);

  private:
    Stage& stage_;
    endpoint::MovedIn connection_;
    ControlChannel& channel_;
    const ServerAddresses& peer_;
    FlowPort port_;
    std::uint32_t flow_;
    BlobIpState ip_{};
    std::vector<BlobSection> more_;
    std::uint64_t transaction_ = 0;
};

}  // namespace conform::blob
