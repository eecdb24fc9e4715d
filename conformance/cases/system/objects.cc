// SPDX-License-Identifier: Apache-2.0
/// System page, "Object model": objects that a peer asks the device for over their control channel,
/// and objects that a process of the device asks a peer for.
#include <fmt/format.h>

#include "cases/registry.hh"
#include "pdu/farm_message.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kReconnect{12};
constexpr const char* kNoSuchClass = "conformance.no-such-class";

/// The peer asks the device; the answer of this kind that belongs to it.
Task<ReceivedControlFrame> ask(Stage& stage, std::size_t peer, std::uint8_t kind, const Bytes& body,
                               std::uint8_t answer) {
    ControlChannel& channel = stage.channel(peer);
    const std::uint64_t transaction = stage.random().next_u64();
    channel.forget_received();
    channel.send({kind, transaction, body});
    ReceivedControlFrame received =
        co_await channel.expect("OBJ-2", answer, stage.iut().timers.answer);
    stage.check("OBJ-2", "an answer with transaction", transaction, received.content.transaction,
                received.frame);
    co_return std::move(received);
}

Task<ObjectCreated> create(Stage& stage, const std::string& class_name) {
    const Bytes body = encode(ObjectCreate{class_name, stage.iut().objects.arguments});
    const ReceivedControlFrame received =
        co_await ask(stage, 0, control_kind::kObjectCreate, body, control_kind::kObjectCreated);
    const auto created = parse_object_created(received.content.body);
    if (!created) {
        throw Violation({"OBJ-2", "a body of 0x41 as the page lays it out",
                         to_hex(received.content.body, 64), received.frame});
    }
    co_return *created;
}

Task<ObjectResult> call(Stage& stage, std::uint64_t handle) {
    const Bytes body = encode(ObjectCall{handle, stage.iut().objects.call});
    const ReceivedControlFrame received =
        co_await ask(stage, 0, control_kind::kObjectCall, body, control_kind::kObjectResult);
    auto result = parse_object_result(received.content.body);
    if (!result) {
        throw Violation({"OBJ-2", "a body of 0x43 as the page lays it out",
                         to_hex(received.content.body, 64), received.frame});
    }
    co_return std::move(*result);
}

/// Creates an object of the class that there is, and calls it once.
Task<std::uint64_t> create_and_call(Stage& stage) {
    const ObjectCreated created = co_await create(stage, stage.iut().objects.class_name);
    std::size_t frame = stage.wire().capture().size() - 1;
    stage.check("OBJ-1", "status of a creation", object_status::kOk, created.status, frame);
    const ObjectResult result = co_await call(stage, created.handle);
    frame = stage.wire().capture().size() - 1;
    stage.check("OBJ-2", "status of a call", object_status::kOk, result.status, frame);
    stage.check_that(result.bytes == stage.iut().objects.result, "OBJ-2",
                     "result " + to_hex(stage.iut().objects.result, 64), to_hex(result.bytes, 64),
                     frame);
    co_return created.handle;
}

/// Each has its own handle and its own state: what one was called changes no other.
Task<> created_and_called(Stage& stage) {
    co_await stage.expect_alive("before the case");
    const std::uint64_t one = co_await create_and_call(stage);
    const std::uint64_t other = co_await create_and_call(stage);
    stage.check_that(one != other, "OBJ-1", "a handle for each object", "one for both",
                     stage.wire().capture().size() - 1);
    co_await stage.expect_alive("after the case");
}

Task<> unknown_is_told(Stage& stage) {
    co_await stage.expect_alive("before the case");
    const ObjectCreated none = co_await create(stage, kNoSuchClass);
    stage.check("OBJ-2", "status of a creation of no class", object_status::kUnknownClass,
                none.status, stage.wire().capture().size() - 1);
    const std::uint64_t handle = co_await create_and_call(stage);
    const ObjectResult gone = co_await call(stage, handle + 1);
    stage.check("OBJ-2", "status of a call of no object", object_status::kGone, gone.status,
                stage.wire().capture().size() - 1);
    co_await create_and_call(stage);
    co_await stage.expect_alive("after the case");
}

/// Each cut of a creation and of a call, and a byte too many: an error, and the channel goes on.
Task<> malformed_answered(Stage& stage) {
    co_await stage.expect_alive("before the case");
    const std::pair<std::uint8_t, Bytes> whole[] = {
        {control_kind::kObjectCreate,
         encode(ObjectCreate{stage.iut().objects.class_name, stage.iut().objects.arguments})},
        {control_kind::kObjectCall, encode(ObjectCall{1, stage.iut().objects.call})}};
    for (const auto& [kind, body] : whole) {
        for (std::size_t size = 0; size <= body.size() + 1; ++size) {
            if (size == body.size()) continue;
            Bytes spoilt = body;
            spoilt.resize(size);
            const ReceivedControlFrame received =
                co_await ask(stage, 0, kind, spoilt, control_kind::kError);
            const auto error = parse_control_error(received.content.body);
            stage.check("OBJ-2", "error with code", control_error::kNotUnderstood,
                        error ? error->code : 0U, received.frame);
        }
    }
    co_await create_and_call(stage);
    co_await stage.expect_alive("after the case");
}

CaseInfo object_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "objects"};
}

}  // namespace

std::vector<CaseInfo> system_object_cases() {
    return {object_case("system/objects/created-and-called",
                        "A peer creates objects of a class of the device's and calls each.",
                        {"OBJ-1", "OBJ-2"}, created_and_called),
            object_case("system/objects/unknown-is-told",
                        "A class that there is not, and an object that there is not, are told of.",
                        {"OBJ-2"}, unknown_is_told),
            object_case("system/objects/malformed-answered",
                        "Bodies of another length are answered with an error, and the channel "
                        "goes on.",
                        {"OBJ-2"}, malformed_answered)};
}

}  // namespace conform
