// SPDX-License-Identifier: Apache-2.0
#include "cases/blob/steps.hh"

#include <fmt/format.h>

#include "cases/endpoint/image.hh"
#include "cases/endpoint/steps.hh"
#include "cases/named_content.hh"
#include "pdu/build.hh"

namespace conform::blob {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kReconnect{12};
/// As the clients of MovedIn have it: a window field of so few units that who loses the scale shows
/// it.
constexpr std::uint16_t kMaximumSegment = 1'400;
constexpr std::uint8_t kClientScale = 8;

ClientOffer offer_at(std::uint16_t port) {
    ClientOffer offer;
    offer.mss = kMaximumSegment;
    offer.window_scale = kClientScale;
    offer.service_port = port;
    return offer;
}

ClientOffer offer_to(std::uint16_t port) {
    if (port == 0) throw NotRunnable("needs ixit.addresses.eager_port, none given");
    ClientOffer offer;
    offer.service_port = port;
    return offer;
}

/// Both halves are none of zero (BL-10).
std::uint32_t draw_flow(Random& random) {
    return random.next_u32() | 0x0001'0001U;
}

Violation not_understood(const char* what, const ReceivedControlFrame& received) {
    return Violation({"BL-5", what, to_hex(received.content.body, 32), received.frame});
}

}  // namespace

Bytes flow_body(std::uint32_t flow) {
    Bytes body;
    append_u32(body, flow);
    return body;
}

Bytes reason_body(std::uint16_t reason) {
    Bytes body;
    append_u16(body, reason);
    return body;
}

Task<> expect_none(Stage& stage, ControlChannel& channel, const char* requirement,
                   std::uint8_t kind, const char* when, Duration length) {
    const Time deadline = stage.wire().now() + length;
    for (;;) {
        const auto received = co_await channel.receive(deadline - stage.wire().now());
        if (!received) co_return;
        if (received->content.kind != kind) continue;
        throw Violation({requirement, fmt::format("no {} {}", describe_control_kind(kind), when),
                         fmt::format("one with {}", to_hex(received->content.body, 16)),
                         received->frame});
    }
}

Task<> await_channel(Stage& stage, ControlChannel& channel) {
    co_await stage.sleep(milliseconds(10));
    const bool is_up = co_await channel.wait_until_ready(kReconnect);
    if (!is_up) throw Violation({"CTL-2", "a channel again", "none"});
}

Forwarded::Forwarded(Stage& stage, bool is_eager, std::size_t peer)
    : stage_(stage),
      client_(
          stage.open_client(offer_to(is_eager ? stage.iut().eager_port : stage.iut().blob_port))),
      peer_(peer),
      channel_(stage.channel(peer)),
      port_(stage.wire(), stage.iut(), stage.server(peer)) {
    // None, until the blob says: but what follows an eager one may overtake it.
    if (!is_eager) port_.hear_only(flow_);
}

Forwarded::Forwarded(Stage& stage, Client& client, std::size_t peer)
    : stage_(stage),
      client_(client),
      peer_(peer),
      channel_(stage.channel(peer)),
      port_(stage.wire(), stage.iut(), stage.server(peer)) {
    port_.hear_only(flow_);
}

Bytes Forwarded::send(const TcpSegment& segment) {
    client_.send(segment);
    held_.push_back(encode_tcp_packet(segment));
    return held_.back();
}

Bytes Forwarded::send_text(const Bytes& text) {
    return send(client_.make(tcp_flag::kPsh | tcp_flag::kAck, text));
}

Task<> Forwarded::take_blob(const char* requirement, Duration within) {
    const ReceivedControlFrame received =
        co_await channel_.expect(requirement, control_kind::kBlob, within);
    std::string fault;
    const std::optional<Blob> blob = parse_blob(received.content.body, &fault);
    if (!blob) throw Violation({"BL-5", "a blob", fault, received.frame});
    fault = find_blob_fault(*blob);
    if (!fault.empty())
        throw Violation({"BL-5", "a blob of right sections", fault, received.frame});
    blob_ = *blob;
    block_ = *blob->block();
    const BlobMapping mapping = *blob->mapping();
    flow_ = mapping.flow;
    port_.hear_only(flow_);
    frame_ = received.frame;
    transaction_ = received.content.transaction;
    flags_ = received.content.flags;
    const BlobMapping wanted{flow_, client_.self(), client_.service(),
                             stage_.iut().device.forward_ip.front()};
    stage_.check_that(mapping == wanted, "BL-4", "mapping " + to_hex(encode(wanted)),
                      to_hex(encode(mapping)), frame_);
    stage_.check_that(source_port_of(flow_) != 0 && destination_port_of(flow_) != 0, "BL-10",
                      "a flow identifier without a half of zero", describe_flow(flow_), frame_);
}

Task<> Forwarded::provoke(const char* requirement) {
    co_await client_.connect("EP-2");
    send_text(http_request(stage_.iut().requests.moved));
    co_await take_blob(requirement, stage_.iut().timers.answer);
}

Task<> Forwarded::provoke_in_use() {
    co_await client_.connect("EP-2");
    client_.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage_, client_));
    flight = co_await endpoint::take_flight(stage_, client_);
    if (flight.empty()) throw Violation({"EP-3", "a response", "nothing"});
    co_await stage_.upper_tester().migrate("BL-1", client_, stage_.server(peer_).name);
    co_await take_blob("BL-1", stage_.iut().timers.answer);
    // What the client got again before it moved is no matter of what follows.
    for (bool has_more = true; has_more;) {
        const auto repeated = co_await client_.receive(Duration::zero());
        has_more = repeated.has_value();
    }
}

void Forwarded::answer(std::uint8_t kind, const Bytes& body) {
    channel_.send({kind, transaction_, body});
}

Task<ReceivedControlFrame> Forwarded::expect_commit(const char* requirement, bool is_answered) {
    ReceivedControlFrame received =
        co_await channel_.expect(requirement, control_kind::kCommit, stage_.iut().timers.answer);
    stage_.check_that(received.content.body == flow_body(flow_), requirement,
                      "0x15 of " + describe_flow(flow_), to_hex(received.content.body, 16),
                      received.frame);
    stage_.check_that((received.content.flags & control_flag::kAnswer) == 0, requirement,
                      "0x15 that is no answer", "flag bit 2", received.frame);
    if (is_answered) {
        channel_.send({control_kind::kCommit, received.content.transaction, flow_body(flow_),
                       kControlVersion, control_flag::kAnswer});
    }
    co_return std::move(received);
}

Task<> Forwarded::expect_held_forwarded(const char* requirement) {
    for (const Bytes& packet : held_)
        co_await port_.expect(requirement, flow_, packet, stage_.iut().timers.answer);
    held_.clear();
}

Task<> Forwarded::move() {
    co_await provoke();
    accept();
    co_await expect_commit("BL-14");
    co_await expect_held_forwarded("BL-14");
}

Task<> Forwarded::expect_forwarded(const char* requirement) {
    co_await stage_.cross_links();
    send(client_.make(tcp_flag::kAck));
    co_await expect_held_forwarded(requirement);
    co_await client_.expect_silence("EP-12", "of a connection that has moved", milliseconds(100));
}

Task<> Forwarded::expect_served_here(const char* requirement) {
    const auto first = co_await client_.receive(stage_.iut().timers.answer);
    if (!first) {
        throw Violation({requirement, "the connection served where it was", "nothing"});
    }
    client_.accept(first->segment);
    if (first->segment.payload.empty()) {
        co_await endpoint::expect_local_response(stage_, client_);
    } else {
        co_await endpoint::finish_response(stage_, client_);
    }
    co_await endpoint::exchange_locally(stage_, client_);
    held_.clear();
}

Hosted::Hosted(Stage& stage)
    : stage_(stage),
      connection_(stage, offer_at(stage.iut().blob_port)),
      channel_(stage.channel()),
      peer_(stage.server(0)),
      port_(stage.wire(), stage.iut(), peer_),
      flow_(draw_flow(stage.random())) {
    port_.hear_only(flow_);
    connection_.forward_by([this](const Bytes& packet) { port_.send(flow_, packet); });
}

void Hosted::put_unread(const Bytes& text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    block().rcv_queue = size;
    block().rcv_nxt += size;
    block().rcv_adv += size;
    block().last_ack_sent = block().rcv_up = block().rcv_nxt;
    client().skip_sent(size);
    more_.push_back({blob_section::kReceiveData, text});
}

void Hosted::put_unsent(const Bytes& text) {
    block().snd_queue = static_cast<std::uint32_t>(text.size());
    more_.push_back({blob_section::kSendData, text});
}

Blob Hosted::blob() const {
    Blob made = make_blob({flow_, connection_.client().self(), connection_.client().service(),
                           peer_.forward_ip.front()},
                          connection_.information().block, ip_);
    made.sections.insert(made.sections.end(), more_.begin(), more_.end());
    return made;
}

void Hosted::send_body(const Bytes& body, std::uint16_t flags) {
    connection_.freeze();
    transaction_ = stage_.random().next_u64();
    channel_.forget_received();
    channel_.send({control_kind::kBlob, transaction_, body, kControlVersion, flags});
}

Task<> Hosted::expect_accepted(const char* requirement) {
    // A refusal is not waited for in vain.
    const Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
    for (;;) {
        const auto received = co_await channel_.receive(deadline - stage_.wire().now());
        if (!received) throw Violation({requirement, "0x11 blob ack", "nothing"});
        const ControlFrame& content = received->content;
        if (content.transaction != transaction_) continue;
        if (content.kind != control_kind::kBlobAcknowledgement) {
            throw Violation({requirement, "0x11 blob ack",
                             fmt::format("{} with {}", describe_control_kind(content.kind),
                                         to_hex(content.body, 16)),
                             received->frame});
        }
        if (content.body != flow_body(flow_)) {
            throw not_understood("0x11 with the flow identifier alone", *received);
        }
        co_return;
    }
}

Task<> Hosted::expect_refused(const char* requirement, std::uint16_t reason) {
    const Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
    for (;;) {
        const auto received = co_await channel_.receive(deadline - stage_.wire().now());
        const std::string wanted = fmt::format("0x12 blob reject with reason {}", reason);
        if (!received) throw Violation({requirement, wanted, "nothing"});
        const ControlFrame& content = received->content;
        if (content.transaction != transaction_) continue;
        if (content.kind == control_kind::kBlobReject && content.body == reason_body(reason))
            co_return;
        throw Violation({requirement, wanted,
                         fmt::format("{} with {}", describe_control_kind(content.kind),
                                     to_hex(content.body, 16)),
                         received->frame});
    }
}

Task<> Hosted::commit(const char* requirement) {
    const std::uint64_t transaction = stage_.random().next_u64();
    channel_.send({control_kind::kCommit, transaction, flow_body(flow_)});
    const ReceivedControlFrame received =
        co_await channel_.expect(requirement, control_kind::kCommit, stage_.iut().timers.answer);
    const bool is_answer = (received.content.flags & control_flag::kAnswer) != 0 &&
                           received.content.transaction == transaction &&
                           received.content.body == flow_body(flow_);
    stage_.check_that(
        is_answer, requirement, "0x15 with flag bit 2, the transaction and the flow of the commit",
        fmt::format("flags {} and {}", received.content.flags, to_hex(received.content.body, 16)),
        received.frame);
}

Task<> Hosted::move() {
    send_blob();
    co_await expect_accepted("BL-4");
    co_await commit();
    co_await exchange();
}

Task<> Hosted::expect_silence(const char* requirement, const char* when, Duration length) {
    co_await client().expect_silence(requirement, when, length);
}

Task<> Hosted::expect_unknown(const char* requirement) {
    const ReceivedControlFrame received = co_await channel_.expect(
        requirement, control_kind::kFlowUnknown, stage_.iut().timers.answer);
    stage_.check_that(received.content.body == flow_body(flow_), requirement,
                      "0x14 of " + describe_flow(flow_), to_hex(received.content.body, 16),
                      received.frame);
}

}  // namespace conform::blob
