// SPDX-License-Identifier: Apache-2.0
/// Endpoint page: what a client says reaches who serves it, whole, once and in order, whoever that
/// is when it comes.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_queues.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "cases/system/conversation.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using endpoint::Image;
using endpoint::InUse;
using endpoint::MovedIn;
using endpoint::Offer;

constexpr std::size_t kPiece = 1'000;
constexpr std::size_t kSize = 16 * kPiece;
constexpr std::size_t kHalf = kSize / 2;

Bytes part_of(const Bytes& bytes, std::size_t from, std::size_t to) {
    return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// The service has seen every byte at its place, or it would say so.
Task<> expect_accepted(Stage& stage, web::Conversation& conversation, const char* requirement) {
    constexpr unsigned kOk = 200;
    const web::Reply reply = co_await conversation.reply(requirement);
    stage.check_that(reply.head.status == kOk, requirement,
                     "status 200 for content that was sent whole",
                     fmt::format("{}", reply.head.status), reply.frame);
}

/// Two connections at once, a piece of one behind a piece of the other.
Task<> two_kept_apart(Stage& stage) {
    constexpr std::size_t kRounds = 4;
    constexpr std::size_t kPart = kHalf / kRounds;
    co_await expect_verified(stage, "EP-20");
    Client& one = stage.open_client();
    Client& other = stage.open_client();
    co_await one.connect("EP-2");
    co_await other.connect("EP-2");
    web::Conversation first(stage, one);
    web::Conversation second(stage, other);
    const Upload uploads[] = {make_upload(stage, one, kHalf), make_upload(stage, other, kHalf)};
    first.send(uploads[0].head);
    second.send(uploads[1].head);
    for (std::size_t at = 0; at < kHalf; at += kPart) {
        co_await first.send_much(part_of(uploads[0].body, at, at + kPart), kPiece);
        co_await second.send_much(part_of(uploads[1].body, at, at + kPart), kPiece);
    }
    co_await expect_accepted(stage, first, "EP-20");
    co_await expect_accepted(stage, second, "EP-20");
}

/// What has been forwarded of a client's stream, which goes on at `next`.
class Forwarded {
  public:
    Forwarded(Stage& stage, Client& client, Peer& peer, std::uint32_t next)
        : stage_(stage), client_(client), peer_(peer), next_(next) {}

    /// Everything up to `end`, each byte once and in order.
    Task<> expect_until(std::uint32_t end) {
        // Each of them within the time for an answer: what carries nothing new gives no more of it.
        Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
        while (sequence_before(next_, end)) {
            const ReceivedEncapsulation received = co_await peer_.expect(
                "EP-9", endpoint::about(EncapsulationType::Forwarded, client_),
                deadline - stage_.wire().now(), EncapsulationType::Connection);
            const auto& packet = received.content.inner;
            if (!packet || !packet->tcp || packet->tcp->payload.empty()) continue;
            take(*packet->tcp, received.frame);
            deadline = stage_.wire().now() + stage_.iut().timers.answer;
        }
    }
    const Bytes& bytes() const { return bytes_; }

  private:
    void take(const TcpSegment& segment, std::size_t frame) {
        const std::uint32_t start = client_.initial_sequence();
        if (segment.sequence != next_) {
            throw Violation(
                {"EP-9",
                 fmt::format("0x02 with the client's next bytes, from {} on", next_ - start),
                 fmt::format("those from {} on", segment.sequence - start), frame});
        }
        append(bytes_, segment.payload);
        next_ += static_cast<std::uint32_t>(segment.payload.size());
    }

    Stage& stage_;
    Client& client_;
    Peer& peer_;
    std::uint32_t next_;
    Bytes bytes_;
};

void check_bytes(Stage& stage, const char* requirement, const Bytes& expected,
                 const Bytes& actual) {
    const auto [at, _] =
        std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
    stage.check_that(
        expected == actual, requirement,
        fmt::format("the {} bytes that the client has sent", expected.size()),
        fmt::format("{} bytes, other ones from byte {} on", actual.size(), at - expected.begin()),
        stage.wire().capture().size() - 1);
}

/// The request's head selects the peer. Half of its body comes while the peer is asked, half later.
Task<> forwarded_whole(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Upload upload = make_upload_to(stage.iut().requests.moved, client, kSize);
    co_await client.connect("EP-2");
    web::Conversation conversation(stage, client);
    const std::uint32_t start = client.next_sequence();
    conversation.send(upload.head);
    const Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), stage.iut().timers.answer));
    conversation.send(part_of(upload.body, 0, kHalf));
    co_await stage.cross_links();
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    Forwarded forwarded(stage, client, peer, start);
    co_await forwarded.expect_until(client.next_sequence());
    conversation.send(part_of(upload.body, kHalf, kSize));
    co_await forwarded.expect_until(client.next_sequence());
    check_bytes(stage, "EP-21", upload.bytes(), forwarded.bytes());
}

/// An upload to the device that moves away when half of it has come.
struct HalfSent {
    Client* client;
    Peer* peer;
    Upload upload;
    Offer offer;
    Image image;

    /// How much of the request has been taken, its head included.
    std::size_t taken() const {
        return offer.information.block.rcv_nxt - (client->initial_sequence() + 1);
    }
    void send(std::size_t from, std::size_t to) const {
        for (std::size_t at = from; at < to; at += kPiece)
            client->send(tcp_flag::kPsh | tcp_flag::kAck,
                         part_of(upload.body, at, std::min(to, at + kPiece)));
    }
};

/// What the device's application has read is acknowledged, and what it has not read goes along.
Task<HalfSent> move_half(Stage& stage) {
    co_await expect_verified(stage, "EP-20");
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    Upload upload = make_upload(stage, client, kSize);
    co_await client.connect("EP-2");
    web::Conversation conversation(stage, client);
    conversation.send(upload.head);
    co_await conversation.send_much(part_of(upload.body, 0, kHalf), kPiece);
    co_await stage.upper_tester().migrate("EP-40", client, peer.self().name);
    Offer offer = endpoint::take_offer(
        co_await peer.expect("EP-41", endpoint::about(EncapsulationType::Connection, client),
                             stage.iut().timers.answer));
    Image image = co_await endpoint::take_image(stage, peer, offer);
    HalfSent sent{&client, &peer, std::move(upload), std::move(offer), std::move(image)};
    const Bytes unread = sent.image.queue(endpoint_queue::kReceive);
    const std::size_t wanted = sent.upload.head.size() + kHalf;
    if (sent.taken() != wanted || unread.size() > wanted) {
        throw Violation({"EP-41", fmt::format("rcv_nxt behind the {} bytes that came", wanted),
                         fmt::format("behind {}, {} of them unread", sent.taken(), unread.size()),
                         sent.offer.frame.frame});
    }
    check_bytes(stage, "EP-41", part_of(sent.upload.bytes(), wanted - unread.size(), wanted),
                unread);
    co_return std::move(sent);
}

/// What comes while it moves is held, and goes before what comes later.
Task<> rest_moves_away(Stage& stage) {
    constexpr std::size_t kHeld = kHalf + kHalf / 2;
    const HalfSent sent = co_await move_half(stage);
    Client& client = *sent.client;
    Forwarded forwarded(stage, client, *sent.peer, client.next_sequence());
    sent.send(kHalf, kHeld);
    co_await stage.cross_links();
    co_await endpoint::acknowledge(stage, *sent.peer, sent.offer, stage.random().next_u32());
    co_await forwarded.expect_until(client.next_sequence());
    sent.send(kHeld, kSize);
    co_await forwarded.expect_until(client.next_sequence());
    check_bytes(stage, "EP-21", part_of(sent.upload.body, kHalf, kSize), forwarded.bytes());
}

/// The peer gives it back as it came: the application goes on with its half.
Task<> rest_comes_back(Stage& stage) {
    const HalfSent sent = co_await move_half(stage);
    co_await endpoint::acknowledge(stage, *sent.peer, sent.offer, stage.random().next_u32());
    Image back = sent.image;
    ++back.information.block.epoch;
    endpoint::send_connection(*sent.peer, back);
    endpoint::send_queues(*sent.peer, back);
    co_await sent.peer->expect("EP-45",
                               endpoint::about(EncapsulationType::Acknowledgement, *sent.client),
                               stage.iut().timers.answer);
    web::Conversation conversation(stage, *sent.client);
    co_await conversation.send_much(part_of(sent.upload.body, kHalf, kSize), kPiece);
    co_await expect_accepted(stage, conversation, "EP-48");
}

/// To the device as target, packet by packet.
Task<> taken_from_home(Stage& stage) {
    co_await expect_verified(stage, "EP-22");
    MovedIn connection(stage);
    co_await connection.move();
    const Upload upload = make_upload(stage, connection.client(), kSize);
    web::Conversation conversation(stage, connection);
    conversation.send(upload.head);
    co_await conversation.send_much(upload.body, kPiece);
    co_await expect_accepted(stage, conversation, "EP-22");
}

/// Half of it has come to the home, whose application has read nothing.
Task<> unread_half_goes_on(Stage& stage) {
    co_await expect_verified(stage, "EP-42");
    InUse in_use(stage);
    const Upload upload = make_upload(stage, in_use.client(), kSize);
    Bytes unread = upload.head;
    append(unread, part_of(upload.body, 0, kHalf));
    in_use.put_unread(unread);
    endpoint::send_connection(in_use.peer(), in_use.image());
    endpoint::send_queues(in_use.peer(), in_use.image());
    co_await in_use.connection.expect_acknowledgement("EP-42");
    in_use.connection.release();
    web::Conversation conversation(stage, in_use.connection);
    co_await conversation.send_much(part_of(upload.body, kHalf, kSize), kPiece);
    co_await expect_accepted(stage, conversation, "EP-42");
}

}  // namespace

std::vector<CaseInfo> endpoint_uploads_cases() {
    return {
        {"endpoint/uploads/two-kept-apart",
         "What two clients say at once reaches the service as each has said it.",
         {"EP-20"},
         "endpoint",
         "home",
         two_kept_apart,
         "uploads"},
        {"endpoint/uploads/forwarded-whole",
         "A request with a body that is sent while the connection moves goes to its target "
         "whole, once and in order.",
         {"EP-9", "EP-21", "EP-5"},
         "endpoint",
         "home",
         forwarded_whole},
        {"endpoint/uploads/rest-moves-away",
         "A connection that moves in the middle of a body loses and repeats nothing of it.",
         {"EP-41", "EP-9", "EP-21"},
         "endpoint",
         "home",
         rest_moves_away,
         "ext uploads"},
        {"endpoint/uploads/rest-comes-back",
         "An application that has left in the middle of a body goes on with the rest of it when "
         "its connection is back.",
         {"EP-45", "EP-48", "EP-42"},
         "endpoint",
         "home",
         rest_comes_back,
         "ext uploads"},
        {"endpoint/uploads/taken-from-home",
         "A body that the home forwards reaches the target's service whole.",
         {"EP-22"},
         "endpoint",
         "target",
         taken_from_home,
         "uploads"},
        {"endpoint/uploads/unread-half-goes-on",
         "A body of which half moves in unread, and half is forwarded, reaches the target's "
         "service whole.",
         {"EP-42", "EP-41", "EP-22"},
         "endpoint",
         "target",
         unread_half_goes_on,
         "ext uploads"}};
}

}  // namespace conform
