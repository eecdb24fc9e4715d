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
/// The one kind that nobody answers, and the judge never hears.
constexpr std::uint8_t kObjectRelease = 0x44;
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

Task<ObjectResult> call(Stage& stage, std::uint64_t handle, std::size_t peer = 0) {
    const Bytes body = encode(ObjectCall{handle, stage.iut().objects.call});
    const ReceivedControlFrame received =
        co_await ask(stage, peer, control_kind::kObjectCall, body, control_kind::kObjectResult);
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
    const std::uint64_t one = co_await create_and_call(stage);
    const std::uint64_t other = co_await create_and_call(stage);
    stage.check_that(one != other, "OBJ-1", "a handle for each object", "one for both",
                     stage.wire().capture().size() - 1);
}

Task<> unknown_is_told(Stage& stage) {
    const ObjectCreated none = co_await create(stage, kNoSuchClass);
    stage.check("OBJ-2", "status of a creation of no class", object_status::kUnknownClass,
                none.status, stage.wire().capture().size() - 1);
    const std::uint64_t handle = co_await create_and_call(stage);
    const ObjectResult gone = co_await call(stage, handle + 1);
    stage.check("OBJ-2", "status of a call of no object", object_status::kGone, gone.status,
                stage.wire().capture().size() - 1);
    co_await create_and_call(stage);
}

/// Each cut of a creation and of a call, and a byte too many: an error, and the channel goes on.
Task<> malformed_answered(Stage& stage) {
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
}

/// OBJ-4: for another server there is no such object, nor for its asker once it has released it, or
/// once the channel is another one.
Task<> ends_with_its_asker(Stage& stage) {
    const auto check_gone = [&stage](const char* what, const ObjectResult& result) {
        stage.check("OBJ-4", what, object_status::kGone, result.status,
                    stage.wire().capture().size() - 1);
    };
    const std::uint64_t released = co_await create_and_call(stage);
    check_gone("status of another server's call", co_await call(stage, released, 1));
    const ObjectResult still = co_await call(stage, released);
    stage.check("OBJ-4", "status of its asker's call", object_status::kOk, still.status,
                stage.wire().capture().size() - 1);
    Bytes release;
    append_u64(release, released);
    stage.channel().send({kObjectRelease, 0, release});
    check_gone("status of a call behind the release", co_await call(stage, released));

    const std::uint64_t lost = co_await create_and_call(stage);
    stage.channel().restart();
    co_await stage.sleep(milliseconds(10));
    if (!co_await stage.channel().wait_until_ready(kReconnect)) {
        throw Violation({"CTL-7", "a channel with the new boot number", "none"});
    }
    check_gone("status of a call by another channel", co_await call(stage, lost));
    co_await create_and_call(stage);
}

// The other side: a process of the device asks by its control socket (interfaces page), where bytes
// go in base64.
constexpr const char* kForeignClass = "conformance.of-a-peer";
constexpr const char* kQuestion = "question";
constexpr const char* kQuestionInBase64 = "cXVlc3Rpb24=";
constexpr const char* kAnswer = "an answer";
constexpr const char* kAnswerInBase64 = "YW4gYW5zd2Vy";

/// The first peer is asked before the second: it is idle, and the second is as busy as can be.
Task<> prefer_first_peer(Stage& stage) {
    ServerState idle = stage.channel().state();
    idle.connections = 0;
    idle.cpu_per_mille = 0;
    idle.memory = idle.bandwidth = 1ULL << 40;
    stage.channel().tell(idle);
    co_await stage.sleep(milliseconds(100));
    stage.channel().forget_received();
}

/// The device's next message of this kind for the first peer.
Task<ReceivedControlFrame> hear(Stage& stage, const char* requirement, std::uint8_t kind) {
    co_return co_await stage.channel().expect(requirement, kind, stage.iut().timers.answer);
}

Task<std::uint64_t> begin_creation(Stage& stage) {
    std::vector<UpperTester::Field> fields(1);
    fields[0] = UpperTester::Field{"class", kForeignClass};
    co_return co_await stage.upper_tester().begin("object-create", fields);
}

Task<std::uint64_t> begin_call(Stage& stage, const std::string& handle) {
    std::vector<UpperTester::Field> fields(2);
    fields[0] = UpperTester::Field{"handle", handle};
    fields[1] = UpperTester::Field{"bytes", kQuestionInBase64};
    co_return co_await stage.upper_tester().begin("object-call", fields);
}

void answer(Stage& stage, const ReceivedControlFrame& asked, std::uint8_t kind, Bytes body) {
    stage.channel().send({kind, asked.content.transaction, std::move(body)});
}

/// An object of a class that only the peer has, for a process of the device: its handle there.
Task<std::string> create_at_peer(Stage& stage, std::uint64_t handle) {
    const std::uint64_t id = co_await begin_creation(stage);
    const ReceivedControlFrame asked = co_await hear(stage, "OBJ-1", control_kind::kObjectCreate);
    const auto wish = parse_object_create(asked.content.body);
    stage.check_that(wish && wish->class_name == kForeignClass && wish->arguments.empty(), "OBJ-2",
                     fmt::format("0x40 for {}", kForeignClass), to_hex(asked.content.body, 64),
                     asked.frame);
    answer(stage, asked, control_kind::kObjectCreated, encode(ObjectCreated{handle, 0}));
    const auto created = co_await stage.upper_tester().finish(id, stage.iut().timers.answer);
    const std::string own = created.text_in_result("handle");
    if (!created.is_ok || own.empty()) {
        throw Violation(
            {"OBJ-1", "a handle for what a peer has made", created.error + ": " + created.text});
    }
    co_return own;
}

/// The call whose number is `id` must fail `within`, and say why.
Task<> expect_failure(Stage& stage, std::uint64_t id, const char* when, Duration within) {
    UpperTester::Answer failed;
    try {
        failed = co_await stage.upper_tester().finish(id, within);
    } catch (const DeviceHangs&) {
        throw Violation({"OBJ-2", fmt::format("a clear error {}", when),
                         fmt::format("no answer within {} ms", milliseconds_of(within))});
    }
    stage.check_that(!failed.is_ok && !failed.error.empty() && !failed.text.empty(), "OBJ-2",
                     fmt::format("a clear error {}", when),
                     failed.is_ok ? failed.result : failed.error + ": " + failed.text,
                     stage.wire().capture().size() - 1);
}

Task<> relayed_to_a_peer(Stage& stage) {
    constexpr std::uint64_t kHandle = 0x1122334455667788;
    co_await prefer_first_peer(stage);
    const std::string handle = co_await create_at_peer(stage, kHandle);
    for (int i = 0; i < 2; ++i) {
        const std::uint64_t id = co_await begin_call(stage, handle);
        const ReceivedControlFrame asked = co_await hear(stage, "OBJ-2", control_kind::kObjectCall);
        const auto called = parse_object_call(asked.content.body);
        stage.check_that(
            called && called->handle == kHandle && called->bytes == to_bytes(kQuestion), "OBJ-2",
            fmt::format("0x42 for {:016x} with {}", kHandle, to_hex(to_bytes(kQuestion))),
            to_hex(asked.content.body, 64), asked.frame);
        answer(stage, asked, control_kind::kObjectResult,
               encode(ObjectResult{object_status::kOk, to_bytes(kAnswer)}));
        const auto result = co_await stage.upper_tester().finish(id, stage.iut().timers.answer);
        stage.check_that(result.text_in_result("bytes") == kAnswerInBase64, "OBJ-2",
                         fmt::format("the peer's result, {}", kAnswerInBase64), result.result,
                         asked.frame);
    }
}

/// A class that no server has; a call that fails; an object that is gone.
Task<> failures_told(Stage& stage) {
    co_await prefer_first_peer(stage);
    const std::string handle = co_await create_at_peer(stage, 1);
    for (const std::uint16_t status : {object_status::kFailed, object_status::kGone}) {
        const std::uint64_t id = co_await begin_call(stage, handle);
        const ReceivedControlFrame asked = co_await hear(stage, "OBJ-2", control_kind::kObjectCall);
        answer(stage, asked, control_kind::kObjectResult, encode(ObjectResult{status, {}}));
        co_await expect_failure(stage, id, "for a call that failed", stage.iut().timers.answer);
    }
    const std::uint64_t id = co_await begin_creation(stage);
    for (const std::size_t peer : {std::size_t{0}, std::size_t{1}}) {
        const ReceivedControlFrame asked = co_await stage.channel(peer).expect(
            "OBJ-1", control_kind::kObjectCreate, stage.iut().timers.answer);
        stage.channel(peer).send({control_kind::kObjectCreated, asked.content.transaction,
                                  encode(ObjectCreated{0, object_status::kUnknownClass})});
    }
    co_await expect_failure(stage, id, "for a class that no server has", stage.iut().timers.answer);
}

/// The peer starts again while a call is under way: that one fails at once, and a later one too.
Task<> lost_server_fails_calls(Stage& stage) {
    co_await prefer_first_peer(stage);
    const std::string handle = co_await create_at_peer(stage, 1);
    const std::uint64_t pending = co_await begin_call(stage, handle);
    co_await hear(stage, "OBJ-2", control_kind::kObjectCall);
    stage.channel().restart();
    co_await stage.sleep(milliseconds(10));
    if (!co_await stage.channel().wait_until_ready(kReconnect)) {
        throw Violation({"CTL-7", "a channel with the new boot number", "none"});
    }
    co_await expect_failure(stage, pending, "for a call under way when its server was lost",
                            stage.iut().timers.answer);
    stage.channel().forget_received();
    const std::uint64_t later = co_await begin_call(stage, handle);
    co_await expect_failure(stage, later, "for a call of an object whose server was lost",
                            stage.iut().timers.answer);
}

/// The peer takes the call, and says nothing: the caller does not wait for ever.
Task<> unanswered_call_ends(Stage& stage) {
    constexpr seconds kPatience{60};
    co_await prefer_first_peer(stage);
    const std::string handle = co_await create_at_peer(stage, 1);
    const std::uint64_t id = co_await begin_call(stage, handle);
    co_await hear(stage, "OBJ-2", control_kind::kObjectCall);
    co_await expect_failure(stage, id, "for a call that is never answered", kPatience);
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
                        {"OBJ-2"}, malformed_answered),
            object_case("system/objects/ends-with-its-asker",
                        "An object ends when its asker releases it or its channel is lost, and is "
                        "none for others.",
                        {"OBJ-4"}, ends_with_its_asker),
            object_case("system/objects/relayed-to-a-peer",
                        "What a process of the device asks of an object of a peer goes there, and "
                        "the answer comes back.",
                        {"OBJ-1", "OBJ-2"}, relayed_to_a_peer),
            object_case("system/objects/failures-told",
                        "A call that failed, an object that is gone, and a class that nobody has "
                        "are clear errors.",
                        {"OBJ-2", "OBJ-1"}, failures_told),
            object_case("system/objects/lost-server-fails-calls",
                        "When an object's server is lost, calls under way and later ones fail at "
                        "once.",
                        {"OBJ-2"}, lost_server_fails_calls),
            object_case("system/objects/unanswered-call-ends",
                        "A call that is never answered fails.", {"OBJ-2"}, unanswered_call_ends)};
}

}  // namespace conform
