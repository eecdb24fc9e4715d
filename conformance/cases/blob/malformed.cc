// SPDX-License-Identifier: Apache-2.0
/// Blob page, BL-5 and BL-10, with the device as host: blobs that are cut, corrupted, out of order,
/// repeated or contradict themselves are refused whole, and the same one without its fault is
/// taken.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "cases/blob/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using blob::Hosted;
using std::chrono::milliseconds;

constexpr std::size_t kCountAt = 6;
constexpr std::size_t kFirstLengthAt = 12;

/// One thing that is wrong about a body.
struct BodyFault {
    std::string what;
    std::function<void(Bytes& body)> spoil;
};
/// One thing that is wrong about the sections; lengths and CRC are right.
struct BlobFault {
    std::string what;
    std::function<void(Blob& blob)> spoil;
};

/// Refused, and nothing else: no copy is there that a commit could release.
Task<> expect_body_refused(Hosted& hosted, Bytes body, std::uint16_t reason) {
    hosted.send_body(body);
    co_await hosted.expect_refused("BL-5", reason);
    hosted.tell(control_kind::kCommit);
    co_await hosted.expect_unknown("BL-4");
    co_await hosted.expect_silence("BL-4", "after a blob that was refused", milliseconds(20));
}

Task<> expect_each_body_refused(Hosted& hosted, const std::vector<BodyFault>& faults) {
    for (const BodyFault& fault : faults) {
        Bytes body = encode(hosted.blob());
        fault.spoil(body);
        co_await expect_body_refused(hosted, body, blob_reason::kMalformed);
    }
}

Task<> expect_each_blob_refused(Hosted& hosted, const std::vector<BlobFault>& faults) {
    for (const BlobFault& fault : faults) {
        Blob spoilt = hosted.blob();
        fault.spoil(spoilt);
        co_await expect_body_refused(hosted, encode(spoilt), blob_reason::kMalformed);
    }
}

/// A connection before and after.
Task<> around(Stage& stage, Task<> (*judged)(Stage& stage, Hosted& hosted)) {
    Hosted before(stage);
    co_await before.move();
    Hosted hosted(stage);
    co_await judged(stage, hosted);
    co_await before.exchange();
    co_await hosted.move();
}

Task<> judge_header(Stage& /*stage*/, Hosted& hosted) {
    std::vector<BodyFault> faults;
    faults.push_back({"a wrong CRC", [](Bytes& body) { body.back() ^= 1U; }});
    faults.push_back({"a bit that flipped", [](Bytes& body) { body[body.size() / 2] ^= 0x10U; }});
    faults.push_back({"another magic", [](Bytes& body) {
                          body[0] ^= 1U;
                          repair_blob(body);
                      }});
    faults.push_back({"another version", [](Bytes& body) {
                          body[5] = 2;
                          repair_blob(body);
                      }});
    faults.push_back({"a byte too many", [](Bytes& body) {
                          body.push_back(0);
                          repair_blob(body);
                      }});
    faults.push_back({"a section more than there is", [](Bytes& body) {
                          ++body[kCountAt + 1];
                          repair_blob(body);
                      }});
    faults.push_back({"a section less than there is", [](Bytes& body) {
                          --body[kCountAt + 1];
                          repair_blob(body);
                      }});
    faults.push_back({"a length beyond the end", [](Bytes& body) {
                          store_u32(body, kFirstLengthAt, 0xFFFFFFF0);
                          repair_blob(body);
                      }});
    faults.push_back({"nothing", [](Bytes& body) { body.clear(); }});
    co_await expect_each_body_refused(hosted, faults);
}

Task<> header_faults(Stage& stage) {
    co_await around(stage, judge_header);
}

/// Every cut, with a CRC that is right for it and as it came.
Task<> judge_cuts(Stage& /*stage*/, Hosted& hosted) {
    const Bytes whole = encode(hosted.blob());
    constexpr std::size_t kStep = 7;
    for (std::size_t size = 4; size < whole.size(); size += kStep) {
        Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        if (size % 2 == 0) repair_blob(cut);
        hosted.send_body(cut);
        co_await hosted.expect_refused("BL-5", blob_reason::kMalformed);
    }
}

Task<> cuts(Stage& stage) {
    co_await around(stage, judge_cuts);
}

Task<> judge_order(Stage& /*stage*/, Hosted& hosted) {
    std::vector<BlobFault> faults;
    faults.push_back({"mapping and TCP state swapped",
                      [](Blob& blob) { std::swap(blob.sections[0], blob.sections[1]); }});
    faults.push_back({"TCP and IP state swapped",
                      [](Blob& blob) { std::swap(blob.sections[1], blob.sections[2]); }});
    for (std::ptrdiff_t missing = 0; missing < 3; ++missing) {
        faults.push_back({"a section missing", [missing](Blob& blob) {
                              blob.sections.erase(blob.sections.begin() + missing);
                          }});
    }
    faults.push_back({"another section among the first three", [](Blob& blob) {
                          blob.sections.insert(blob.sections.begin() + 2, {0x77, Bytes(3, 1)});
                      }});
    for (std::size_t twice = 0; twice < 3; ++twice) {
        faults.push_back({"a section twice",
                          [twice](Blob& blob) { blob.sections.push_back(blob.sections[twice]); }});
    }
    faults.push_back(
        {"congestion state twice", [](Blob& blob) {
             blob.sections.insert(blob.sections.end(), 2, {blob_section::kCongestion, {1, 0}});
         }});
    for (std::size_t place = 0; place < 3; ++place) {
        faults.push_back({"a section with a byte too many",
                          [place](Blob& blob) { blob.sections[place].bytes.push_back(0); }});
        faults.push_back({"a section with a byte too few",
                          [place](Blob& blob) { blob.sections[place].bytes.pop_back(); }});
    }
    co_await expect_each_blob_refused(hosted, faults);
}

Task<> order_faults(Stage& stage) {
    co_await around(stage, judge_order);
}

/// Sections that the block says other things about (BL-5, TCB-1).
Task<> judge_contradictions(Stage& /*stage*/, Hosted& hosted) {
    const auto with = [](std::uint16_t kind, std::size_t size) {
        return [kind, size](Blob& blob) { blob.sections.push_back({kind, Bytes(size, 0x41)}); };
    };
    const auto block_with = [&hosted](const std::function<void(ControlBlock&)>& change) {
        ControlBlock block = hosted.block();
        change(block);
        return [block](Blob& blob) {
            blob.find(blob_section::kTcpState)->bytes = encode_block(block);
        };
    };
    std::vector<BlobFault> faults;
    faults.push_back(
        {"receive data that no rcv_queue counts", with(blob_section::kReceiveData, 5)});
    faults.push_back({"send data that no snd_queue counts", with(blob_section::kSendData, 5)});
    faults.push_back({"a range that no ooo_ranges counts", with(blob_section::kOutOfOrderData, 9)});
    faults.push_back({"a context without its flag", with(blob_section::kContext, 0)});
    faults.push_back({"edges that no sack_ranges counts", with(blob_section::kScoreboard, 8)});
    faults.push_back({"a piece of a pair of edges", with(blob_section::kScoreboard, 7)});
    faults.push_back(
        {"rcv_queue without data", block_with([](ControlBlock& block) { block.rcv_queue = 5; })});
    faults.push_back(
        {"snd_queue without data", block_with([](ControlBlock& block) { block.snd_queue = 5; })});
    faults.push_back({"state LISTEN", block_with([](ControlBlock& block) { block.t_state = 1; })});
    faults.push_back({"scale 15", block_with([](ControlBlock& block) { block.snd_scale = 15; })});
    faults.push_back({"MSS 0", block_with([](ControlBlock& block) { block.t_maxseg = 0; })});
    faults.push_back(
        {"snd_nxt before snd_una", block_with([](ControlBlock& block) { --block.snd_nxt; })});
    faults.push_back({"a right edge before rcv_nxt",
                      block_with([](ControlBlock& block) { block.rcv_adv = block.rcv_nxt - 1; })});
    co_await expect_each_blob_refused(hosted, faults);
}

Task<> contradictions(Stage& stage) {
    co_await around(stage, judge_contradictions);
}

/// Whose connection it is, and by whom: a member hands over what it is the home of, with forward
/// addresses of its own (SEC-12, EP-29).
Task<> judge_mappings(Stage& stage, Hosted& hosted) {
    const BlobMapping right = *hosted.blob().mapping();
    const ServerAddresses& third = stage.server(1);
    std::vector<BlobMapping> wrong(5, right);
    wrong[0].forward_ip = third.forward_ip.front();
    wrong[1].service.address = third.service.front();
    wrong[2].client.address = third.front_ip;
    wrong[3].service.port = stage.iut().service_port;
    wrong[4].service.address = stage.iut().clients.front();
    for (const BlobMapping& mapping : wrong) {
        Blob spoilt = hosted.blob();
        spoilt.sections[0].bytes = encode(mapping);
        co_await expect_body_refused(hosted, encode(spoilt), blob_reason::kMalformed);
    }
}

Task<> mapping_faults(Stage& stage) {
    co_await around(stage, judge_mappings);
}

/// What is not known is skipped, and what follows the first three may come in any order.
Task<> unknown_skipped(Stage& stage) {
    constexpr std::uint16_t kUnknown = 0x7777;
    Hosted hosted(stage);
    hosted.put_unsent(to_bytes("unsent"));
    hosted.put_unread(http_request(stage.iut().requests.local));
    Blob made = hosted.blob();
    made.sections.insert(made.sections.begin() + 3, {kUnknown, Bytes(1'000, 0x55)});
    made.sections.push_back({kUnknown, {}});
    made.sections.push_back({kUnknown + 1, Bytes(3, 1)});
    hosted.send_body(encode(made));
    co_await hosted.expect_accepted("BL-5");
    co_await hosted.commit();
    const auto received = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!received) throw Violation({"BL-4", "the bytes of section 5", "nothing"});
    const Bytes& text = received->segment.payload;
    const Bytes wanted = to_bytes("unsent");
    const bool begins =
        text.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), text.begin());
    stage.check_that(begins, "BL-5", "the bytes of section 5 first", to_hex(text, 16),
                     received->frame);
}

/// A number that is live between two servers is no other flow's, whoever has given it.
Task<> live_number_refused(Stage& stage) {
    Hosted first(stage);
    co_await first.move();
    Hosted second(stage);
    const std::uint32_t own = second.flow();
    second.set_flow(first.flow());
    second.send_blob();
    co_await second.expect_refused("BL-10", blob_reason::kInUse);
    co_await first.exchange();

    blob::Forwarded given(stage);
    co_await given.move();
    second.set_flow(given.flow());
    second.send_blob();
    co_await second.expect_refused("BL-10", blob_reason::kInUse);
    second.set_flow(own);
    co_await given.expect_forwarded("BL-10");
    co_await first.exchange();
    co_await second.move();
}

/// EP-17: an unreleased copy gives way to the next attempt, a released one to none.
Task<> next_epoch_replaces(Stage& stage) {
    Hosted hosted(stage);
    hosted.put_unread(http_request(stage.iut().requests.local));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-18");
    const std::uint32_t first = hosted.flow();
    ++hosted.block().epoch;
    hosted.set_flow(first + 0x0010'0010U);
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-18");
    hosted.channel().send({control_kind::kCommit, 0, blob::flow_body(first)});
    const ReceivedControlFrame unknown = co_await hosted.channel().expect(
        "BL-18", control_kind::kFlowUnknown, stage.iut().timers.answer);
    stage.check_that(unknown.content.body == blob::flow_body(first), "BL-18",
                     "0x14 of " + describe_flow(first), to_hex(unknown.content.body, 16),
                     unknown.frame);
    co_await hosted.expect_silence("BL-18", "of what was replaced", milliseconds(100));
    co_await hosted.commit("BL-18");
    const auto received = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!received) throw Violation({"BL-18", "the unread request answered", "nothing"});
    const std::uint32_t second = hosted.flow();
    ++hosted.block().epoch;
    hosted.set_flow(second + 0x0010'0010U);
    hosted.send_blob();
    co_await hosted.expect_refused("BL-18", blob_reason::kInUse);
}

CaseInfo malformed_case(std::string_view id, std::string_view claim,
                        std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", "host", run, "ext control-channel"};
}

}  // namespace

std::vector<CaseInfo> blob_malformed_cases() {
    return {
        malformed_case("blob/malformed/header-faults-refused",
                       "A wrong CRC, magic, version, count or length is refused.", {"BL-4", "BL-5"},
                       header_faults),
        malformed_case("blob/malformed/cuts-refused",
                       "A blob that is cut somewhere is refused, whatever its CRC says.", {"BL-5"},
                       cuts),
        malformed_case("blob/malformed/order-faults-refused",
                       "Sections that are missing, repeated, of a wrong size or in another order "
                       "are refused.",
                       {"BL-5"}, order_faults),
        malformed_case("blob/malformed/contradictions-refused",
                       "Sections that the block contradicts, and blocks that contradict "
                       "themselves, are refused.",
                       {"BL-5"}, contradictions),
        malformed_case("blob/malformed/mapping-faults-refused",
                       "What is not its sender's to hand over is refused.", {"BL-4", "BL-5"},
                       mapping_faults),
        malformed_case("blob/malformed/unknown-skipped",
                       "Sections of unknown kinds are skipped, and the order behind the first "
                       "three is free.",
                       {"BL-5"}, unknown_skipped),
        malformed_case("blob/malformed/live-number-refused",
                       "A number that is a live flow's is refused with reason 6.", {"BL-10"},
                       live_number_refused),
        malformed_case("blob/malformed/next-epoch-replaces",
                       "The next attempt replaces a copy that was not released, and none that was.",
                       {"BL-18"}, next_epoch_replaces),
    };
}

}  // namespace conform
