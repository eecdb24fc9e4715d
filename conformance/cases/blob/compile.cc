// SPDX-License-Identifier: Apache-2.0
/// Blob page, "Blob", with the device as forwarder: what makes it compile one, and what is in it
/// (BL-1 to BL-5).
#include <fmt/format.h>

#include <algorithm>

#include "cases/blob/steps.hh"
#include "cases/endpoint/image.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using blob::Forwarded;
using std::chrono::milliseconds;

constexpr std::uint16_t kNegotiated = block_flag::kRequestedScale | block_flag::kReceivedScale |
                                      block_flag::kRequestedTimestamps |
                                      block_flag::kReceivedTimestamps | block_flag::kSackPermitted;

/// The block is that of a connection whose handshake is done, and of nothing more: what the request
/// says was looked at and not taken (SEL-5).
void check_fresh_block(Stage& stage, Forwarded& moved) {
    const ControlBlock& block = moved.block();
    const Client& client = moved.client();
    const std::uint32_t iss = client.server_initial_sequence();
    const std::size_t frame = moved.frame();
    stage.check("BL-4", "iss", iss, block.iss, frame);
    stage.check("BL-4", "irs", client.initial_sequence(), block.irs, frame);
    stage.check("BL-4", "t_state", block_state::kEstablished, block.t_state, frame);
    stage.check("BL-4", "snd_una, relative to iss,", 1, block.snd_una - iss, frame);
    stage.check("BL-4", "snd_nxt, relative to iss,", 1, block.snd_nxt - iss, frame);
    stage.check("BL-4", "rcv_nxt, relative to irs,", 1, block.rcv_nxt - block.irs, frame);
    stage.check("BL-4", "rcv_queue", 0, block.rcv_queue, frame);
    stage.check("BL-4", "snd_queue", 0, block.snd_queue, frame);
    stage.check("BL-4", "snd_scale", *client.offer().window_scale, block.snd_scale, frame);
    stage.check("BL-4", "snd_wnd", client.window_bytes(), block.snd_wnd, frame);
    stage.check("BL-4", "negotiated options in t_flags", kNegotiated, block.t_flags & kNegotiated,
                frame);
    const BlobIpState ip = *moved.blob().ip_state();
    stage.check_that(ip.time_to_live > 0, "BL-4", "a TTL above 0 in section 3", "0", frame);
}

/// BL-2: what the client has sent decides; another connection at the same port stays.
Task<> request_starts_blob(Stage& stage) {
    Forwarded stays(stage);
    co_await stays.client().connect("EP-2");
    co_await endpoint::exchange_locally(stage, stays.client());
    co_await blob::expect_none(stage, stays.channel(), "BL-2", control_kind::kBlob,
                               "for a request that the device serves itself", milliseconds(200));
    Forwarded moved(stage);
    co_await moved.provoke();
    check_fresh_block(stage, moved);
    moved.accept();
    co_await moved.expect_commit("BL-14");
    co_await moved.expect_held_forwarded("BL-14");
    co_await endpoint::exchange_locally(stage, stays.client());
}

/// Every byte that the client has seen is in section 5, unacknowledged, and the response goes on
/// from there.
void check_in_use(Stage& stage, const Forwarded& moved, const Client& client) {
    const ControlBlock& block = moved.block();
    const std::uint32_t iss = client.server_initial_sequence();
    const std::size_t frame = moved.frame();
    stage.check("BL-18", "snd_una, relative to iss,", 1, block.snd_una - iss, frame);
    stage.check("BL-18", "snd_max, relative to iss,", 1 + moved.flight.size(), block.snd_max - iss,
                frame);
    const Bytes queue = moved.blob().bytes_of(blob_section::kSendData);
    const bool has_flight = queue.size() >= moved.flight.size() &&
                            std::equal(moved.flight.begin(), moved.flight.end(), queue.begin());
    stage.check_that(has_flight, "BL-18", "the bytes that are unacknowledged first in section 5",
                     to_hex(queue, 16), frame);
    stage.check_that(moved.blob().find(blob_section::kContext) != nullptr, "BL-18",
                     "section 7 of a response that goes on", "none", frame);
    stage.check_that(block.snd_cwnd + block.t_maxseg >= moved.flight.size(), "EP-49",
                     fmt::format("snd_cwnd of the {} bytes that were sent less a probe, or more",
                                 moved.flight.size()),
                     fmt::format("{}", block.snd_cwnd), frame);
}

/// BL-1: an operator's order reaches a connection in use.
Task<> order_starts_blob(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke_in_use();
    Client& client = moved.client();
    check_in_use(stage, moved, client);
    // EP-40: frozen. What comes is held, and goes out in order.
    client.accept_payload(moved.flight);
    for (int i = 0; i < 3; ++i)
        moved.send(client.make(tcp_flag::kAck));
    co_await client.expect_silence("EP-40", "of an endpoint that is frozen", milliseconds(100));
    moved.accept();
    co_await moved.expect_commit("BL-14");
    co_await moved.expect_held_forwarded("BL-18");
    co_await client.expect_silence("EP-12", "of a connection that has moved",
                                   stage.iut().timers.silence);
}

/// Bytes out of order have been SACKed, and must not be forgotten: section 6, once for each range.
Task<> out_of_order_goes_along(Stage& stage) {
    constexpr std::uint32_t kGap = 30;
    constexpr std::uint32_t kRange = 200;
    constexpr std::uint32_t kRanges = 3;
    Forwarded moved(stage);
    Client& client = moved.client();
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.large));
    co_await endpoint::take_flight(stage, client);
    const std::uint32_t next = client.next_sequence();
    for (std::uint32_t i = 0; i < kRanges; ++i) {
        TcpSegment ahead =
            client.make(tcp_flag::kAck, Bytes(kRange, static_cast<std::uint8_t>('A' + i)));
        ahead.sequence += kGap + i * (kRange + kGap);
        client.carry(ahead);
    }
    co_await endpoint::take_flight(stage, client);  // its SACKs, and what they let go
    co_await stage.upper_tester().migrate("BL-1", client, stage.server(0).name);
    co_await moved.take_blob("BL-1", stage.iut().timers.answer);
    stage.check("BL-18", "ooo_ranges", kRanges, moved.block().ooo_ranges, moved.frame());
    std::vector<Bytes> ranges;
    for (const BlobSection& section : moved.blob().sections) {
        if (section.kind == blob_section::kOutOfOrderData) ranges.push_back(section.bytes);
    }
    for (std::uint32_t i = 0; i < kRanges; ++i) {
        Bytes wanted;
        append_u32(wanted, next + kGap + i * (kRange + kGap));
        append(wanted, Bytes(kRange, static_cast<std::uint8_t>('A' + i)));
        stage.check_that(std::find(ranges.begin(), ranges.end(), wanted) != ranges.end(), "BL-18",
                         fmt::format("a section 6 that begins {}", to_hex(wanted, 8)), "none",
                         moved.frame());
    }
    moved.accept();
    co_await moved.expect_commit("BL-14");
}

/// BL-3, from the device: all that carries the blob is lost for a while. Other connections are
/// served meanwhile.
Task<> arrives_though_lost(Stage& stage) {
    Client& other = stage.open_client();
    co_await other.connect("EP-2");
    Forwarded moved(stage);
    Client& client = moved.client();
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.large));
    moved.flight = co_await endpoint::take_flight(stage, client);
    moved.channel().cut();
    co_await stage.upper_tester().migrate("BL-1", client, stage.server(0).name);
    co_await stage.sleep(milliseconds(200));
    co_await endpoint::exchange_locally(stage, other);
    moved.channel().mend();
    co_await moved.take_blob("BL-3", milliseconds(4'000));
    check_in_use(stage, moved, client);
    moved.accept();
    co_await moved.expect_commit("BL-3");
}

/// EP-27 and BL-18: the epoch rises with each attempt, failed ones too, and each has a flow
/// identifier of its own.
Task<> epoch_rises(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke_in_use();
    const std::uint32_t epoch = moved.block().epoch;
    const std::uint32_t flow = moved.flow();
    moved.refuse(blob_reason::kInUse);
    co_await stage.sleep(milliseconds(10));
    co_await stage.upper_tester().migrate("BL-1", moved.client(), stage.server(0).name);
    co_await moved.take_blob("BL-1", stage.iut().timers.answer);
    stage.check("BL-18", "epoch", epoch + 1, moved.block().epoch, moved.frame());
    stage.check_that(moved.flow() != flow, "BL-10", "another flow identifier", describe_flow(flow),
                     moved.frame());
    moved.accept();
    co_await moved.expect_commit("BL-14");
}

CaseInfo compile_case(std::string_view id, std::string_view claim,
                      std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", "forwarder", run, "ext control-channel"};
}

}  // namespace

std::vector<CaseInfo> blob_compile_cases() {
    return {
        compile_case("blob/compile/request-starts-blob",
                     "A request that selects another server starts a blob with the state of its "
                     "connection; another request starts none.",
                     {"BL-1", "BL-2", "BL-4", "BL-5"}, request_starts_blob),
        compile_case("blob/compile/order-starts-blob",
                     "In the middle of a response an order starts a blob with all that is "
                     "unacknowledged, and the client's packets follow.",
                     {"BL-1", "BL-5", "BL-18"}, order_starts_blob),
        compile_case("blob/compile/out-of-order-goes-along",
                     "Bytes out of order go along, each range in a section of its own.",
                     {"BL-5", "BL-18"}, out_of_order_goes_along),
        compile_case("blob/compile/arrives-though-lost",
                     "A blob whose packets are lost arrives intact later, and nothing waits for "
                     "it meanwhile.",
                     {"BL-3"}, arrives_though_lost),
        compile_case("blob/compile/epoch-rises",
                     "Each attempt has the next epoch, and a flow identifier of its own.",
                     {"BL-10", "BL-18"}, epoch_rises),
    };
}

}  // namespace conform
