// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Moving an endpoint that is in use", with the device as target.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_queues.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

using endpoint::Image;
using endpoint::InUse;
using endpoint::MovedIn;
using std::chrono::milliseconds;

constexpr std::uint16_t kMalformedState = 5;     // a reason of 0x10
constexpr milliseconds kDataBeforeItsBlock{50};  // EP-41

Bytes response_of(std::size_t size) {
    Bytes text = to_bytes(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size));
    for (std::size_t i = 0; i < size; ++i)
        text.push_back(static_cast<std::uint8_t>('a' + i % 23));
    return text;
}

Task<> take_and_check(Stage& stage, InUse& in_use, const Bytes& expected) {
    const auto forward = [&in_use](const TcpSegment& segment) {
        in_use.peer().send_frame(in_use.connection.forwarded_frame(segment));
    };
    const Bytes response =
        co_await endpoint::take_response(stage, in_use.client(), "EP-41", {}, forward);
    stage.check_that(response == expected, "EP-41", "the bytes of queue 1 to the client",
                     to_hex(response, 16), stage.wire().capture().size() - 1);
}

/// What the home has not sent yet the target sends, at the numbers that it had.
Task<> send_queue_goes_on(Stage& stage) {
    InUse in_use(stage);
    in_use.client().set_window_field(200);
    in_use.block().snd_wnd = in_use.block().max_sndwnd = in_use.client().window_bytes();
    const Bytes response = response_of(9'000);
    in_use.put_unsent(response);
    endpoint::send_connection(in_use.peer(), in_use.image());
    endpoint::send_queues(in_use.peer(), in_use.image());
    co_await in_use.connection.expect_acknowledgement("EP-41");
    co_await in_use.client().expect_silence("EP-13", "before the release", milliseconds(20));
    in_use.connection.release();
    co_await take_and_check(stage, in_use, response);
}

/// EP-42: the target's own application reads what nobody has read.
Task<> unread_request_answered(Stage& stage) {
    InUse in_use(stage);
    in_use.put_unread(http_request(stage.iut().requests.local));
    endpoint::send_connection(in_use.peer(), in_use.image());
    endpoint::send_queues(in_use.peer(), in_use.image());
    co_await in_use.connection.expect_acknowledgement("EP-42");
    in_use.connection.release();
    const auto forward = [&in_use](const TcpSegment& segment) {
        in_use.peer().send_frame(in_use.connection.forwarded_frame(segment));
    };
    co_await endpoint::take_response(stage, in_use.client(), "EP-42", {}, forward);
}

/// Without all that the block announces there is no 0x03; a repeated 0x01 asks for what is missing.
Task<> incomplete_asks(Stage& stage) {
    InUse in_use(stage);
    in_use.client().set_window_field(200);
    in_use.block().snd_wnd = in_use.block().max_sndwnd = in_use.client().window_bytes();
    const Bytes response = response_of(6'000);
    in_use.put_unsent(response);
    const Image whole = in_use.image();
    Image part = whole;
    auto& queue = part.pieces[endpoint_queue::kSend];
    constexpr std::uint32_t kGapFrom = 1'400;
    constexpr std::uint32_t kGapTo = 2'800;
    const Bytes text = queue[0];
    queue[0].resize(kGapFrom);
    queue[kGapTo].assign(text.begin() + kGapTo, text.end());
    endpoint::send_connection(in_use.peer(), part);
    endpoint::send_queues(in_use.peer(), part);
    co_await in_use.connection.expect_nothing("EP-41", "while a piece is missing",
                                              milliseconds(40));
    endpoint::send_connection(in_use.peer(), whole);
    const ReceivedEncapsulation asked = co_await in_use.peer().expect(
        "EP-41", endpoint::about(EncapsulationType::Missing, in_use.client()),
        stage.iut().timers.answer);
    const auto missing = parse_missing_ranges(asked.header().payload);
    const MissingRanges::Range gap{endpoint_queue::kSend, kGapFrom, kGapTo - kGapFrom};
    const bool is_right =
        missing && missing->id == whole.id() && missing->ranges == std::vector{gap};
    stage.check_that(is_right, "EP-41",
                     fmt::format("0x15 for {} bytes at {} of queue 1", gap.length, gap.offset),
                     to_hex(asked.header().payload), asked.frame);
    Image rest = whole;
    rest.pieces = {{endpoint_queue::kSend,
                    {{kGapFrom, Bytes(text.begin() + kGapFrom, text.begin() + kGapTo)}}}};
    endpoint::send_queues(in_use.peer(), rest);
    co_await in_use.connection.expect_acknowledgement("EP-41");
    in_use.connection.release();
    co_await take_and_check(stage, in_use, response);
}

/// Without the bytes from `from` on.
Image cut_image(const Image& whole, std::uint32_t from) {
    Image part = whole;
    part.pieces[endpoint_queue::kSend][0].resize(from);
    return part;
}

/// The bytes from `from` on alone.
Image rest_of(const Image& whole, std::uint32_t from) {
    const Bytes& text = whole.pieces.at(endpoint_queue::kSend).at(0);
    Image rest = whole;
    rest.pieces = {{endpoint_queue::kSend, {{from, Bytes(text.begin() + from, text.end())}}}};
    return rest;
}

/// A piece of another attempt is none of this one's (EP-41), and a new attempt starts with nothing
/// of the one before (EP-17).
Task<> attempts_kept_apart(Stage& stage) {
    constexpr std::uint32_t kCut = 1'400;
    InUse in_use(stage);
    in_use.client().set_window_field(200);
    in_use.block().snd_wnd = in_use.block().max_sndwnd = in_use.client().window_bytes();
    const Bytes response = response_of(2'000);
    in_use.put_unsent(response);
    const Image first = in_use.image();
    endpoint::send_connection(in_use.peer(), first);
    endpoint::send_queues(in_use.peer(), cut_image(first, kCut));
    Image stray = rest_of(first, kCut);
    stray.information.block.epoch += 5;
    endpoint::send_queues(in_use.peer(), stray);
    co_await in_use.connection.expect_nothing("EP-41", "for a piece of another attempt",
                                              2 * kDataBeforeItsBlock);
    ++in_use.block().epoch;
    const Image second = in_use.image();
    endpoint::send_connection(in_use.peer(), second);
    endpoint::send_queues(in_use.peer(), rest_of(second, kCut));
    co_await in_use.connection.expect_nothing("EP-17", "with pieces of two attempts",
                                              2 * kDataBeforeItsBlock);
    endpoint::send_queues(in_use.peer(), cut_image(second, kCut));
    co_await in_use.connection.expect_acknowledgement("EP-41");
    in_use.connection.release();
    co_await take_and_check(stage, in_use, response);
}

/// EP-42: an application that cannot go on from the context says so before the target answers.
Task<> unknown_context_refused(Stage& stage) {
    constexpr std::uint16_t kNoListener = 1;
    constexpr std::uint16_t kContextFlag = 0x4000;
    InUse in_use(stage);
    in_use.block().t_flags |= kContextFlag;
    Bytes context = from_hex("00000008");
    append(context, Bytes(8, 0xEE));
    in_use.pieces[endpoint_queue::kContext][0] = context;
    endpoint::send_connection(in_use.peer(), in_use.image());
    endpoint::send_queues(in_use.peer(), in_use.image());
    const ReceivedEncapsulation refused = co_await in_use.peer().expect(
        "EP-42", endpoint::about(EncapsulationType::Reject, in_use.client()),
        stage.iut().timers.answer);
    endpoint::check_reject(stage, "EP-42", refused, in_use.image().id(), kNoListener);
    co_await in_use.connection.expect_nothing("EP-42", "but the refusal",
                                              stage.iut().timers.silence / 4);
    MovedIn twin(stage);
    co_await twin.move();
}

/// EP-41: 0x12 that overtakes its 0x01 is held for 50 ms.
Task<> early_data_held(Stage& stage) {
    for (const milliseconds pause : {kDataBeforeItsBlock / 2, 2 * kDataBeforeItsBlock}) {
        InUse in_use(stage);
        in_use.client().set_window_field(200);
        in_use.block().snd_wnd = in_use.block().max_sndwnd = in_use.client().window_bytes();
        const Bytes response = response_of(2'000);
        in_use.put_unsent(response);
        endpoint::send_queues(in_use.peer(), in_use.image());
        co_await stage.sleep(pause);
        endpoint::send_connection(in_use.peer(), in_use.image());
        if (pause > kDataBeforeItsBlock) {
            co_await in_use.connection.expect_nothing("EP-41", "for 0x12 that was held too long",
                                                      milliseconds(20));
            endpoint::send_queues(in_use.peer(), in_use.image());
        }
        co_await in_use.connection.expect_acknowledgement("EP-41");
        in_use.connection.release();
        co_await take_and_check(stage, in_use, response);
    }
}

/// What is out of order needs only its gap from the client.
Task<> gap_alone_completes(Stage& stage) {
    InUse in_use(stage);
    const Bytes request = http_request(stage.iut().requests.local);
    const std::size_t cut = 7;
    in_use.put_out_of_order(cut, Bytes(request.begin() + cut, request.end()));
    endpoint::send_connection(in_use.peer(), in_use.image());
    endpoint::send_queues(in_use.peer(), in_use.image());
    co_await in_use.connection.expect_acknowledgement("EP-41");
    in_use.connection.release();
    const TcpSegment head = in_use.client().make(tcp_flag::kPsh | tcp_flag::kAck,
                                                 Bytes(request.begin(), request.begin() + cut));
    in_use.client().skip_sent(request.size());
    in_use.peer().send_frame(in_use.connection.forwarded_frame(head));
    const auto forward = [&in_use](const TcpSegment& segment) {
        in_use.peer().send_frame(in_use.connection.forwarded_frame(segment));
    };
    co_await endpoint::take_response(stage, in_use.client(), "EP-41", {}, forward);
}

/// TCB-1: ranges that touch, overlap or lie outside make no endpoint; nothing of them stays.
Task<> impossible_ranges_refused(Stage& stage) {
    struct Ranges {
        const char* what;
        std::uint32_t first;
        std::uint32_t second;
        /// Two runs with all bytes; else they are never complete, and 0x03 does not come.
        bool are_complete;
    };
    constexpr Ranges kRanges[] = {{"touch the stream", 0, 100, true},
                                  {"touch each other", 10, 30, false},
                                  {"overlap", 10, 25, false},
                                  {"lie outside of the window", 10, 65'530, true}};
    for (const Ranges& ranges : kRanges) {
        InUse in_use(stage);
        bool is_refused = false;
        in_use.put_out_of_order(ranges.first, Bytes(20, 0x41));
        in_use.put_out_of_order(ranges.second, Bytes(20, 0x42));
        endpoint::send_connection(in_use.peer(), in_use.image());
        endpoint::send_queues(in_use.peer(), in_use.image());
        while (const auto answer = co_await in_use.peer().receive(milliseconds(50))) {
            if (!answer->header().is(EncapsulationType::Reject)) {
                throw Violation({"TCB-1", fmt::format("no 0x03 for ranges that {}", ranges.what),
                                 describe(answer->content), answer->frame});
            }
            endpoint::check_reject(stage, "TCB-1", *answer, in_use.image().id(), kMalformedState);
            is_refused = true;
        }
        stage.check_that(is_refused || !ranges.are_complete, "TCB-1",
                         fmt::format("0x10 for ranges that {}", ranges.what), "nothing",
                         stage.wire().capture().size() - 1);
        const std::string when = fmt::format("for ranges that {}", ranges.what);
        co_await in_use.connection.expect_nothing("TCB-1", when, milliseconds(20));
    }
    MovedIn twin(stage);
    co_await twin.move();
}

CaseInfo moved_case(std::string_view id, std::string_view claim,
                    std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "target", run, "ext"};
}

}  // namespace

std::vector<CaseInfo> endpoint_moved_in_use_cases() {
    return {moved_case("endpoint/moved-in-use/send-queue-goes-on",
                       "What the home has not sent the target sends, byte for byte, once released.",
                       {"EP-41", "EP-25", "EP-48"}, send_queue_goes_on),
            moved_case("endpoint/moved-in-use/unread-request-answered",
                       "What nobody has read the target's own application reads.",
                       {"EP-42", "EP-41"}, unread_request_answered),
            moved_case("endpoint/moved-in-use/incomplete-asks",
                       "No 0x03 before all is there; a repeated 0x01 is answered with 0x15 for "
                       "what is missing.",
                       {"EP-41"}, incomplete_asks),
            moved_case("endpoint/moved-in-use/attempts-kept-apart",
                       "Pieces of two attempts never make one endpoint.", {"EP-41", "EP-17"},
                       attempts_kept_apart),
            moved_case("endpoint/moved-in-use/unknown-context-refused",
                       "A context that the target's application does not know is refused with "
                       "reason 1.",
                       {"EP-42"}, unknown_context_refused),
            moved_case("endpoint/moved-in-use/early-data-held",
                       "0x12 before its 0x01 is held for 50 ms and no longer.", {"EP-41"},
                       early_data_held),
            moved_case("endpoint/moved-in-use/gap-alone-completes",
                       "Of text out of order the client sends the gap alone again.",
                       {"EP-41", "EP-48"}, gap_alone_completes),
            moved_case("endpoint/moved-in-use/impossible-ranges-refused",
                       "Ranges that touch, overlap or lie outside of the window are refused.",
                       {"TCB-1", "SEC-10"}, impossible_ranges_refused)};
}

}  // namespace conform
