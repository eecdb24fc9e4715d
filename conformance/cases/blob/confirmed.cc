// SPDX-License-Identifier: Apache-2.0
/// Blob page, BL-14, with the device as forwarder: what it waits for, what makes it take a
/// connection back, and what makes it let go for good.
#include <fmt/format.h>

#include "cases/blob/steps.hh"
#include "cases/endpoint/image.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

using blob::Forwarded;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{5};

/// Held, committed, then forwarded in order.
Task<> held_until_accepted(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    stage.check("BL-14", "flags of a blob that is to be confirmed", 0,
                moved.flags() & control_flag::kEager, moved.frame());
    for (int i = 0; i < 3; ++i) {
        co_await stage.sleep(milliseconds(100));
        moved.send_text(to_bytes("x"));
    }
    co_await moved.port().expect_silence("BL-14", "before 0x11", milliseconds(300));
    co_await moved.client().expect_silence("BL-14", "of a connection that is on its way",
                                           Duration::zero());
    co_await blob::expect_none(stage, moved.channel(), "BL-14", control_kind::kCommit,
                               "before 0x11", Duration::zero());
    moved.accept();
    const ReceivedControlFrame commit = co_await moved.expect_commit("BL-14");
    const Bytes first = moved.held().front();
    moved.held().erase(moved.held().begin());
    const ReceivedFlowPacket packet =
        co_await moved.port().expect("BL-14", moved.flow(), first, stage.iut().timers.answer);
    // Two ways, which have no order between them but that of time.
    stage.check_that(packet.at + stage.iut().timers.tolerance >= commit.at, "BL-14",
                     "no packet before 0x15", "one", packet.frame);
    co_await moved.expect_held_forwarded("BL-14");
    co_await moved.expect_forwarded("BL-14");
}

/// Each reason that a host may have leaves the client where it is.
template <std::uint16_t kReason>
Task<> refused(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    moved.refuse(kReason);
    co_await moved.expect_served_here("BL-14");
    co_await moved.port().expect_silence("BL-14", "of what was refused", milliseconds(50));
}

/// In the middle of a response, and no byte is lost.
Task<> refused_in_use(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke_in_use();
    moved.refuse(blob_reason::kFull);
    Client& client = moved.client();
    client.accept_payload(moved.flight);
    client.send(tcp_flag::kAck);
    co_await endpoint::take_response(stage, client, "BL-14", moved.flight);
    co_await endpoint::exchange_locally(stage, client);
}

Task<> lost_channel_takes_back(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    moved.channel().close();
    co_await moved.expect_served_here("BL-14");
    co_await blob::await_channel(stage, moved.channel());
    // What the host says of it by the next channel is late.
    moved.accept();
    co_await blob::expect_none(stage, moved.channel(), "BL-14", control_kind::kCommit,
                               "of what was taken back", milliseconds(100));
    co_await endpoint::exchange_locally(stage, moved.client());
}

/// No answer for 5 s: neither sooner, nor later; and the copy is told to go.
Task<> unanswered_taken_back(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    const Time begun = stage.wire().now();
    const Duration margin = milliseconds(20) + stage.iut().timers.tolerance;
    co_await moved.client().expect_silence("BL-14", "within 5 s of its blob", kPatience - margin);
    co_await moved.expect_served_here("BL-14");
    const ReceivedControlFrame closed = co_await moved.channel().expect(
        "BL-14", control_kind::kFlowClosed, stage.iut().timers.answer);
    stage.check_that(closed.content.body == blob::flow_body(moved.flow()), "BL-14",
                     "0x13 of " + describe_flow(moved.flow()), to_hex(closed.content.body, 16),
                     closed.frame);
    stage.check_that(closed.at - begun < kPatience + stage.iut().timers.answer, "BL-14",
                     "0x13 after 5 s",
                     fmt::format("after {} ms", milliseconds_of(closed.at - begun)), closed.frame);
}

/// 0x11 behind that: 0x13 again, and the client's connection goes on.
Task<> late_answer_ends_copy(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    co_await stage.sleep(kPatience + milliseconds(100));
    co_await moved.expect_served_here("BL-14");
    moved.channel().forget_received();
    moved.accept();
    co_await moved.channel().expect("BL-14", control_kind::kFlowClosed, stage.iut().timers.answer);
    co_await blob::expect_none(stage, moved.channel(), "BL-14", control_kind::kCommit,
                               "of what was taken back", milliseconds(100));
    co_await endpoint::exchange_locally(stage, moved.client());
}

/// By each new channel until it is answered, and by none after that.
Task<> commit_goes_again(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    moved.accept();
    co_await moved.expect_commit("BL-14", false);
    co_await moved.expect_held_forwarded("BL-14");
    for (int i = 0; i < 2; ++i) {
        moved.channel().close();
        co_await blob::await_channel(stage, moved.channel());
        co_await moved.expect_commit("BL-14", i == 1);
    }
    co_await moved.expect_forwarded("BL-14");
    moved.channel().close();
    co_await blob::await_channel(stage, moved.channel());
    co_await blob::expect_none(stage, moved.channel(), "BL-14", control_kind::kCommit,
                               "once it was answered", milliseconds(200));
    co_await moved.expect_forwarded("BL-14");
}

/// A RST for the client's next packet, or at once, and nothing more for the host.
Task<> expect_reset(Stage& stage, Forwarded& moved, const char* requirement) {
    Client& client = moved.client();
    moved.port().forget_received();
    client.send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes("still there?"));
    const auto received = co_await client.receive(stage.iut().timers.answer);
    const bool is_reset = received && received->segment.has(tcp_flag::kRst);
    if (!is_reset) {
        throw Violation({requirement, "RST for the client",
                         received ? describe(client.to_relative(received->segment)) : "nothing"});
    }
    stage.wire().capture()[received->frame].is_demanded = true;
    co_await moved.port().expect_silence(requirement, "of a flow that is gone", milliseconds(50));
}

Task<> unknown_resets_client(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    moved.tell(control_kind::kFlowUnknown);
    co_await stage.sleep(milliseconds(10));
    co_await expect_reset(stage, moved, "BL-14");
}

/// What a host says that has not read the blob yet.
Task<> unknown_too_early(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.provoke();
    moved.tell(control_kind::kFlowUnknown);
    co_await moved.client().expect_silence("BL-14", "after 0x14 about a blob on its way",
                                           milliseconds(100));
    moved.accept();
    co_await moved.expect_commit("BL-14");
    co_await moved.expect_held_forwarded("BL-14");
    co_await moved.expect_forwarded("BL-14");
}

/// Who says it has to be the host of that flow.
Task<> strangers_change_nothing(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    ControlChannel& stranger = stage.channel(1);
    for (const std::uint8_t kind : {control_kind::kFlowUnknown, control_kind::kFlowClosed})
        stranger.send({kind, 0, blob::flow_body(moved.flow())});
    co_await stage.sleep(milliseconds(20));
    co_await moved.expect_forwarded("EP-14");
    // A number that is nobody's, and bodies that are none.
    moved.channel().send({control_kind::kFlowUnknown, 0, blob::flow_body(moved.flow() + 0x10001)});
    moved.channel().send({control_kind::kFlowUnknown, 0, Bytes(3, 0)});
    moved.channel().send({control_kind::kFlowClosed, 0, Bytes(5, 0)});
    co_await stage.sleep(milliseconds(20));
    co_await moved.expect_forwarded("EP-14");
}

Task<> eager_follows_at_once(Stage& stage) {
    Forwarded moved(stage, true);
    co_await moved.provoke();
    stage.check("BL-14", "eager flag of the blob", control_flag::kEager,
                moved.flags() & control_flag::kEager, moved.frame());
    co_await moved.expect_held_forwarded("BL-14");
    co_await moved.expect_forwarded("BL-14");
    moved.accept();
    co_await moved.expect_forwarded("BL-14");
}

Task<> eager_refusal_resets(Stage& stage) {
    Forwarded moved(stage, true);
    co_await moved.provoke();
    co_await moved.expect_held_forwarded("BL-14");
    moved.refuse(blob_reason::kFull);
    co_await stage.sleep(milliseconds(10));
    co_await expect_reset(stage, moved, "BL-14");
}

CaseInfo confirmed_case(std::string_view id, std::string_view claim,
                        std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", "forwarder", run, "ext control-channel"};
}

std::vector<CaseInfo> refusal_cases() {
    return {
        confirmed_case("blob/confirmed/no-listener-taken-back",
                       "A host without a listener leaves the connection where it is.",
                       {"BL-4", "BL-14"}, refused<blob_reason::kNoListener>),
        confirmed_case("blob/confirmed/full-taken-back",
                       "A host that is full leaves the connection where it is.", {"BL-4", "BL-14"},
                       refused<blob_reason::kFull>),
        confirmed_case("blob/confirmed/draining-taken-back",
                       "A host that drains leaves the connection where it is.", {"BL-4", "BL-14"},
                       refused<blob_reason::kDraining>),
        confirmed_case("blob/confirmed/malformed-taken-back",
                       "A host that cannot read the blob leaves the connection where it is.",
                       {"BL-4", "BL-14"}, refused<blob_reason::kMalformed>),
        confirmed_case("blob/confirmed/in-use-taken-back",
                       "A host that has the number in use leaves the connection where it is.",
                       {"BL-10", "BL-14"}, refused<blob_reason::kInUse>),
        confirmed_case("blob/confirmed/refused-in-use-goes-on",
                       "Refused in the middle of a response, the device goes on with it, and no "
                       "byte is lost.",
                       {"BL-14", "BL-18"}, refused_in_use),
    };
}

}  // namespace

std::vector<CaseInfo> blob_confirmed_cases() {
    std::vector<CaseInfo> cases = {
        confirmed_case("blob/confirmed/held-until-accepted",
                       "The client's packets are held until 0x11; then 0x15 goes, then they.",
                       {"BL-14"}, held_until_accepted),
        confirmed_case("blob/confirmed/lost-channel-takes-back",
                       "A channel that is lost before 0x11 leaves the connection where it is.",
                       {"BL-14"}, lost_channel_takes_back),
        confirmed_case("blob/confirmed/unanswered-taken-back",
                       "Unanswered for 5 s the connection is taken back, and 0x13 sent.", {"BL-14"},
                       unanswered_taken_back),
        confirmed_case("blob/confirmed/late-answer-ends-copy",
                       "0x11 about what was taken back is answered by 0x13.", {"BL-14"},
                       late_answer_ends_copy),
        confirmed_case("blob/confirmed/commit-goes-again",
                       "0x15 goes again by each new channel until it is answered.", {"BL-14"},
                       commit_goes_again),
        confirmed_case("blob/confirmed/unknown-resets-client",
                       "0x14 about a flow that was accepted ends it, and the client is reset.",
                       {"BL-14"}, unknown_resets_client),
        confirmed_case("blob/confirmed/unknown-too-early-ignored",
                       "0x14 about a blob that is not answered yet changes nothing.", {"BL-14"},
                       unknown_too_early),
        confirmed_case("blob/confirmed/strangers-change-nothing",
                       "0x13 and 0x14 count from the host of the flow alone.", {"BL-14", "BL-16"},
                       strangers_change_nothing),
        confirmed_case("blob/eager/follows-at-once",
                       "Behind an eager blob the client's packets go at once.", {"BL-14"},
                       eager_follows_at_once),
        confirmed_case("blob/eager/refusal-resets", "0x12 about an eager blob resets the client.",
                       {"BL-14"}, eager_refusal_resets),
    };
    for (CaseInfo& info : refusal_cases())
        cases.push_back(std::move(info));
    return cases;
}

}  // namespace conform
