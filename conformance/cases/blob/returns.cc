// SPDX-License-Identifier: Apache-2.0
/// Blob page, BL-18 and BL-3: connections that come back, go back, and arrive by a bad path.
#include <fmt/format.h>

#include <algorithm>

#include "cases/blob/steps.hh"
#include "cases/endpoint/image.hh"
#include "cases/endpoint/steps.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using blob::Forwarded;
using blob::Hosted;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The next attempt, from the host back to the home, with a number of the host's.
Blob returning(Stage& stage, const Forwarded& moved, std::uint32_t steps) {
    Blob back = moved.blob();
    BlobMapping mapping = *back.mapping();
    mapping.flow = stage.random().next_u32() | 0x0001'0001U;
    mapping.forward_ip = stage.server(0).forward_ip.front();
    ControlBlock block = *back.block();
    block.epoch += steps;
    back.find(blob_section::kMapping)->bytes = encode(mapping);
    back.find(blob_section::kTcpState)->bytes = encode_block(block);
    return back;
}

/// The answer to a blob of the host's.
Task<ReceivedControlFrame> offer_back(Stage& stage, Forwarded& moved, const Blob& back) {
    const std::uint64_t transaction = stage.random().next_u64();
    moved.channel().forget_received();
    moved.channel().send({control_kind::kBlob, transaction, encode(back)});
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    for (;;) {
        auto received = co_await moved.channel().receive(deadline - stage.wire().now());
        if (!received) throw Violation({"BL-18", "an answer to a return", "nothing"});
        if (received->content.transaction == transaction) co_return std::move(*received);
    }
}

Task<> expect_taken(Stage& stage, Forwarded& moved, const Blob& back) {
    const ReceivedControlFrame answer = co_await offer_back(stage, moved, back);
    const bool is_taken = answer.content.kind == control_kind::kBlobAcknowledgement &&
                          answer.content.body == blob::flow_body(back.mapping()->flow);
    stage.check_that(is_taken, "BL-18", "0x11 for a return",
                     fmt::format("{} with {}", describe_control_kind(answer.content.kind),
                                 to_hex(answer.content.body, 8)),
                     answer.frame);
}

Task<> expect_refused(Stage& stage, Forwarded& moved, const Blob& back, std::uint16_t reason) {
    const ReceivedControlFrame answer = co_await offer_back(stage, moved, back);
    const bool is_refused = answer.content.kind == control_kind::kBlobReject &&
                            answer.content.body == blob::reason_body(reason);
    stage.check_that(is_refused, "BL-18", fmt::format("0x12 with reason {}", reason),
                     fmt::format("{} with {}", describe_control_kind(answer.content.kind),
                                 to_hex(answer.content.body, 8)),
                     answer.frame);
    co_await moved.expect_forwarded("BL-18");
}

Task<> go_away(Stage& stage, Forwarded& moved) {
    co_await moved.provoke_in_use();
    moved.accept();
    co_await moved.expect_commit("BL-14");
    static_cast<void>(stage);
}

/// The response goes on at the device, application and all, to the last byte.
Task<> expect_rest(Stage& stage, Forwarded& moved) {
    Client& client = moved.client();
    client.accept_payload(moved.flight);
    client.send(tcp_flag::kAck);
    co_await endpoint::take_response(stage, client, "BL-18", moved.flight);
    co_await endpoint::exchange_locally(stage, client);
}

/// What follows the first response.
Bytes behind_response(const Bytes& bytes) {
    const std::size_t size = endpoint::size_of_response(bytes).value_or(bytes.size());
    return {bytes.begin() + static_cast<std::ptrdiff_t>(std::min(size, bytes.size())), bytes.end()};
}

Task<> comes_back(Stage& stage) {
    Forwarded moved(stage);
    co_await go_away(stage, moved);
    co_await expect_taken(stage, moved, returning(stage, moved, 1));
    co_await expect_rest(stage, moved);
    co_await moved.port().expect_silence("BL-18", "of what came back", Duration::zero());
}

/// Requests that nobody has read yet and responses that nobody has written go along: one after the
/// other they are answered, to the last byte.
Task<> pipelined_come_back(Stage& stage) {
    constexpr std::size_t kRequests = 6;
    Forwarded moved(stage);
    Client& client = moved.client();
    co_await client.connect("EP-2");
    Bytes requests;
    for (std::size_t i = 0; i < kRequests; ++i)
        append(requests, large_request(stage, client));
    client.send(tcp_flag::kPsh | tcp_flag::kAck, requests);
    moved.flight = co_await endpoint::take_flight(stage, client);
    co_await stage.upper_tester().migrate("BL-1", client, stage.server(0).name);
    co_await moved.take_blob("BL-1", stage.iut().timers.answer);
    moved.accept();
    co_await moved.expect_commit("BL-14");
    co_await expect_taken(stage, moved, returning(stage, moved, 1));
    client.accept_payload(moved.flight);
    client.send(tcp_flag::kAck);
    Bytes rest = moved.flight;
    for (std::size_t i = 0; i < kRequests; ++i)
        rest = behind_response(co_await endpoint::take_response(stage, client, "BL-18", rest));
    co_await endpoint::exchange_locally(stage, client);
}

/// And away again, with the epoch behind that of its return.
Task<> goes_on(Stage& stage) {
    Forwarded moved(stage);
    co_await go_away(stage, moved);
    const std::uint32_t epoch = moved.block().epoch;
    co_await expect_taken(stage, moved, returning(stage, moved, 1));
    co_await stage.sleep(milliseconds(10));
    Forwarded onward(stage, moved.client(), 1);
    onward.flight = moved.flight;
    co_await stage.upper_tester().migrate("BL-18", moved.client(), stage.server(1).name);
    co_await onward.take_blob("BL-18", stage.iut().timers.answer);
    stage.check("BL-18", "epoch", epoch + 2, onward.block().epoch, onward.frame());
    onward.accept();
    co_await onward.expect_commit("BL-18");
    co_await stage.sleep(milliseconds(10));
    onward.port().forget_received();
    // What it says again of before its freeze has crossed.
    for (bool has_more = true; has_more;) {
        const auto repeated = co_await moved.client().receive(Duration::zero());
        has_more = repeated.has_value();
    }
    co_await onward.expect_forwarded("BL-18");
}

Task<> wrong_returns_refused(Stage& stage) {
    Forwarded moved(stage);
    co_await go_away(stage, moved);
    co_await expect_refused(stage, moved, returning(stage, moved, 0), blob_reason::kUnknown);
    co_await expect_refused(stage, moved, returning(stage, moved, 2), blob_reason::kUnknown);
    Blob other = returning(stage, moved, 1);
    ControlBlock block = *other.block();
    ++block.iss;
    other.find(blob_section::kTcpState)->bytes = encode_block(block);
    co_await expect_refused(stage, moved, other, blob_reason::kUnknown);
    co_await expect_taken(stage, moved, returning(stage, moved, 1));
    co_await expect_rest(stage, moved);
}

/// The operator of the host gives a connection back: the blob that must come.
struct GivenBack {
    Blob blob;
    std::uint64_t transaction = 0;
    std::size_t frame = 0;
};

Task<GivenBack> take_return(Stage& stage, Hosted& hosted) {
    const ReceivedControlFrame received =
        co_await hosted.channel().expect("BL-18", control_kind::kBlob, stage.iut().timers.answer);
    const std::optional<Blob> blob = parse_blob(received.content.body);
    const std::string fault = blob ? find_blob_fault(*blob) : "none";
    if (!fault.empty())
        throw Violation({"BL-5", "a blob of right sections", fault, received.frame});
    stage.check("BL-18", "epoch", hosted.block().epoch + 1, blob->block()->epoch, received.frame);
    const BlobMapping mapping = *blob->mapping();
    const bool is_right = mapping.client == hosted.client().self() &&
                          mapping.service == hosted.client().service() &&
                          stage.iut().device.has_forward_ip(mapping.forward_ip);
    stage.check_that(is_right, "BL-18", "the connection in the mapping of its return",
                     to_hex(encode(mapping)), received.frame);
    co_return GivenBack{*blob, received.content.transaction, received.frame};
}

Task<GivenBack> give_back(Stage& stage, Hosted& hosted) {
    co_await stage.upper_tester().migrate("BL-18", hosted.client(), stage.server(0).name);
    GivenBack back = co_await take_return(stage, hosted);
    co_return std::move(back);
}

Task<> gives_back(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    const GivenBack back = co_await give_back(stage, hosted);
    hosted.channel().send({control_kind::kBlobAcknowledgement, back.transaction,
                           blob::flow_body(back.blob.mapping()->flow)});
    co_await hosted.expect_silence("BL-18", "of a connection that was given back",
                                   stage.iut().timers.silence);
}

/// EP-27: back to its home with the number that it came with.
Task<> expect_sent_back(Stage& stage, Hosted& hosted, const Bytes& packet) {
    const auto back = co_await hosted.port().receive(stage.iut().timers.answer);
    if (!back) throw Violation({"BL-16", "the client's packet back at its home", "nothing"});
    const Bytes right = rewrite_to_flow(packet, stage.iut().device.forward_ip.front(),
                                        stage.server(0).forward_ip.front(), hosted.flow());
    stage.check_that(back->packet == right, "BL-16",
                     "the packet as it came, with its flow: " + to_hex(right, 28),
                     to_hex(back->packet, 28), back->frame);
}

Task<> held_goes_back(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    const GivenBack back = co_await give_back(stage, hosted);
    const TcpSegment request = hosted.connection().next_request();
    hosted.forward(request);
    co_await hosted.expect_silence("BL-18", "while its return is unanswered", milliseconds(100));
    hosted.channel().send({control_kind::kBlobAcknowledgement, back.transaction,
                           blob::flow_body(back.blob.mapping()->flow)});
    const Bytes held = encode_tcp_packet(request);
    co_await expect_sent_back(stage, hosted, held);
    const TcpSegment late = hosted.connection().next_request();
    hosted.forward(late);
    const Bytes behind = encode_tcp_packet(late);
    co_await expect_sent_back(stage, hosted, behind);
    co_await hosted.expect_silence("EP-12", "of a connection that was given back",
                                   milliseconds(200));
}

Task<> refused_return_resumes(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    const GivenBack back = co_await give_back(stage, hosted);
    const TcpSegment request = hosted.connection().next_request();
    hosted.forward(request);
    co_await hosted.expect_silence("BL-18", "while its return is unanswered", milliseconds(100));
    hosted.channel().send(
        {control_kind::kBlobReject, back.transaction, blob::reason_body(blob_reason::kFull)});
    co_await hosted.connection().expect_response(request);
    co_await hosted.connection().finish_response();
    co_await hosted.exchange();
}

/// EP-46: frozen through the loss of the channel, and the same blob by the next one.
Task<> return_goes_again(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    const GivenBack first = co_await give_back(stage, hosted);
    hosted.channel().close();
    co_await blob::await_channel(stage, hosted.channel());
    const GivenBack again = co_await take_return(stage, hosted);
    stage.check_that(again.blob == first.blob, "BL-18", "the same blob by the next channel",
                     describe(again.blob), again.frame);
    co_await hosted.expect_silence("BL-18", "while its return is unanswered", milliseconds(500));
    hosted.channel().send(
        {control_kind::kBlobReject, again.transaction, blob::reason_body(blob_reason::kFull)});
    co_await hosted.exchange();
}

/// BL-3, to the device: what carries the blob comes corrupted, twice, and in another order.
Task<> arrives_by_a_bad_path(Stage& stage) {
    constexpr std::size_t kUnsent = 60'000;
    constexpr std::size_t kLast = 54;  // behind the headers: somewhere in the bytes
    Hosted hosted(stage);
    Bytes text(kUnsent);
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<std::uint8_t>(i * 31 % 251);
    hosted.put_unsent(text);
    std::size_t count = 0;
    std::vector<Bytes> later;
    Wire& wire = stage.wire();
    hosted.channel().carry_by([&](Bytes frame) {
        ++count;
        if (count % 3 == 0 && frame.size() > kLast + 100) {
            Bytes spoilt = frame;
            spoilt[kLast + 50] ^= 0x44U;
            wire.send(Link::Back, spoilt);
        }
        if (count % 5 == 0) return later.push_back(frame);
        if (count % 7 == 0) wire.send(Link::Back, frame);
        wire.send(Link::Back, std::move(frame));
        for (Bytes& each : later)
            wire.send(Link::Back, std::move(each));
        later.clear();
    });
    hosted.send_blob();
    // Other work goes on meanwhile.
    Client& other = stage.open_client();
    co_await other.connect("EP-2");
    co_await endpoint::exchange_locally(stage, other);
    co_await stage.sleep(milliseconds(500));
    hosted.channel().carry_by({});
    co_await hosted.expect_accepted("BL-3");
    co_await hosted.commit();
    Bytes heard;
    while (heard.size() < text.size()) {
        const auto received = co_await hosted.client().receive(stage.iut().timers.answer);
        if (!received) break;
        if (received->segment.sequence != hosted.client().acknowledged()) continue;
        append(heard, received->segment.payload);
        hosted.client().accept(received->segment);
        hosted.forward(hosted.client().make(tcp_flag::kAck));
    }
    stage.check_that(heard == text, "BL-3", fmt::format("the {} bytes of section 5", text.size()),
                     fmt::format("{} bytes, or others", heard.size()), 0);
}

CaseInfo returns_case(std::string_view id, std::string_view claim,
                      std::vector<std::string_view> requirements, std::string_view role,
                      Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", role, run, "ext control-channel"};
}

}  // namespace

std::vector<CaseInfo> blob_returns_cases() {
    return {
        returns_case("blob/returns/comes-back",
                     "What has moved in the middle of a response comes back, and the response goes "
                     "on to its last byte.",
                     {"BL-18"}, "forwarder", comes_back),
        returns_case("blob/returns/pipelined-come-back",
                     "Requests that wait move with their connection and are answered where it "
                     "comes to.",
                     {"BL-18"}, "forwarder", pipelined_come_back),
        returns_case("blob/returns/goes-onward",
                     "What has come back moves on to another server, with the next epoch.",
                     {"BL-18"}, "forwarder", goes_on),
        returns_case("blob/returns/wrong-returns-refused",
                     "A return with another epoch or another iss is refused, and changes nothing.",
                     {"BL-18"}, "forwarder", wrong_returns_refused),
        returns_case("blob/returns/gives-back",
                     "A host gives a connection back with the next epoch, and is silent.",
                     {"BL-18"}, "host", gives_back),
        returns_case("blob/returns/held-goes-back",
                     "What was held for a connection that goes back follows it with its number, "
                     "and so does what comes late.",
                     {"BL-16", "BL-18"}, "host", held_goes_back),
        returns_case("blob/returns/refused-return-resumes",
                     "A return that is refused goes on where it was.", {"BL-18"}, "host",
                     refused_return_resumes),
        returns_case("blob/returns/return-goes-again",
                     "A return whose channel is lost goes again by the next one, unchanged.",
                     {"BL-18"}, "host", return_goes_again),
        returns_case("blob/hosting/arrives-by-a-bad-path",
                     "A blob whose packets come corrupted, twice and out of order is taken as it "
                     "was sent.",
                     {"BL-3"}, "host", arrives_by_a_bad_path),
    };
}

}  // namespace conform
