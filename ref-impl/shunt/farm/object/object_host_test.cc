// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/object_host.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace shunt::farm {
namespace {

using wire::ControlKind;
using wire::ObjectStatus;
using Answered = Result<ObjectBytes, std::string>;

constexpr ServerId kSelf = 1;
constexpr ProcessId kProcess = 7;

ObjectBytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

/// Gives back what it was made of and what it is called with; "fail" fails.
class Echo final : public Object {
  public:
    explicit Echo(ByteView of) : of_(of.begin(), of.end()) {}
    Result<ObjectBytes, std::string> call(ByteView called) override {
        if (std::ranges::equal(called, bytes("fail"))) return Failure{std::string("as asked")};
        if (std::ranges::equal(called, bytes("long")))
            return ObjectBytes(wire::kObjectBytesMax + 1);
        ObjectBytes result = of_;
        result.insert(result.end(), called.begin(), called.end());
        return result;
    }

  private:
    ObjectBytes of_;
};

class ObjectHostTest : public testing::Test {
  protected:
    ObjectHostTest() {
        EXPECT_FALSE(host_.register_class(
            "echo", [](ByteView of) -> Result<std::unique_ptr<Object>, std::string> {
                if (of.size() > 8) return Failure{std::string("too much")};
                return std::unique_ptr<Object>(std::make_unique<Echo>(of));
            }));
        EXPECT_FALSE(host_.serve_class("remote", kProcess));
    }

    template <typename Body>
    bool hear(const RequestOrigin& origin, ControlKind kind, const Body& body) {
        ObjectBytes written(body.size());
        body.write_to(written);
        return host_.handle_request(origin, kind, written, is_draining_, now_);
    }
    bool create(const RequestOrigin& origin, std::string_view name, std::string_view of = "") {
        return hear(origin, ControlKind::ObjectCreate, wire::ObjectCreateBody{name, bytes(of)});
    }
    bool call(const RequestOrigin& origin, std::uint64_t handle, std::string_view with) {
        return hear(origin, ControlKind::ObjectCall, wire::ObjectCallBody{handle, bytes(with)});
    }
    void release(const RequestOrigin& origin, std::uint64_t handle) {
        EXPECT_TRUE(hear(origin, ControlKind::ObjectRelease, wire::ObjectReleaseBody{handle}));
    }
    wire::ObjectCreatedBody created() {
        const auto answer = host_.poll_answer();
        if (!answer || answer->kind != ControlKind::ObjectCreated) {
            ADD_FAILURE() << "expected an 0x41";
            return {};
        }
        return *wire::ObjectCreatedBody::parse(answer->body);
    }
    std::pair<ObjectStatus, std::string> result() {
        const auto answer = host_.poll_answer();
        if (!answer || answer->kind != ControlKind::ObjectResult) {
            ADD_FAILURE() << "expected an 0x43";
            return {};
        }
        const auto body = wire::ObjectResultBody::parse(answer->body);
        return {body->status, {body->bytes.begin(), body->bytes.end()}};
    }
    std::uint64_t made(const RequestOrigin& origin, std::string_view name) {
        create(origin, name, "x");
        if (name == "remote") {
            const auto request = host_.next_request(kProcess);
            EXPECT_TRUE(request);
            EXPECT_TRUE(host_.answer_request(kProcess, request->number, ObjectBytes()));
        }
        const auto answer = created();
        EXPECT_EQ(answer.status, ObjectStatus::Ok);
        return answer.handle;
    }
    /// What is asked of `remote`, fetched by its process.
    std::uint64_t fetch(ProcessRequest::Kind kind) {
        const auto request = host_.next_request(kProcess);
        if (!request) {
            ADD_FAILURE() << "expected a request";
            return 0;
        }
        EXPECT_EQ(request->kind, kind);
        return request->number;
    }

    Counters counters_;
    ObjectHost host_{kSelf, counters_, Rng(5)};
    bool is_draining_ = false;
    Instant now_;
    const RequestOrigin two_{2, 11, 100};
};

TEST_F(ObjectHostTest, MakesAnObjectAndCallsItUntilItIsReleased) {
    const std::uint64_t handle = made(two_, "echo");
    ASSERT_TRUE(call(two_, handle, "yz"));
    EXPECT_EQ(result(), (std::pair(ObjectStatus::Ok, std::string("xyz"))));
    EXPECT_EQ(host_.rows().size(), 1U);
    release(two_, handle);
    EXPECT_TRUE(host_.rows().empty());
    call(two_, handle, "yz");
    EXPECT_EQ(result().first, ObjectStatus::Gone);
    EXPECT_EQ(counters_.value(Counter::ObjectCreated), 1U);
    EXPECT_EQ(counters_.value(Counter::ObjectEnded), 1U);
}

TEST_F(ObjectHostTest, SaysWhyThereIsNoObjectOrNoResult) {
    create(two_, "nonsense");
    EXPECT_EQ(created().status, ObjectStatus::UnknownClass);
    create(two_, "echo", "more than eight");
    EXPECT_EQ(created().status, ObjectStatus::Failed);
    const std::uint64_t handle = made(two_, "echo");
    call(two_, handle, "fail");
    EXPECT_EQ(result(), (std::pair(ObjectStatus::Failed, std::string("as asked"))));
    call(two_, handle, "long");
    EXPECT_EQ(result(), (std::pair(ObjectStatus::Failed,
                                   std::string("its result is longer than 524288 bytes"))));
    is_draining_ = true;
    create(two_, "echo");
    EXPECT_EQ(created().status, ObjectStatus::NotHosted);
    create(two_, "nonsense");
    EXPECT_EQ(created().status, ObjectStatus::UnknownClass);
    call(two_, handle, "");
    EXPECT_EQ(result().first, ObjectStatus::Ok) << "what is here goes on";
}

TEST_F(ObjectHostTest, AnObjectIsItsAskersAlone) {
    const std::uint64_t handle = made(two_, "echo");
    for (const RequestOrigin& other : {RequestOrigin{3, 11, 1}, RequestOrigin{2, 12, 1}}) {
        release(other, handle);
        call(other, handle, "");
        EXPECT_EQ(result().first, ObjectStatus::Gone);
    }
    call(two_, handle, "");
    EXPECT_EQ(result().first, ObjectStatus::Ok);
}

TEST_F(ObjectHostTest, ALostChannelEndsWhatWasAskedForByIt) {
    made(two_, "echo");
    made(two_, "remote");
    made({3, 11, 1}, "echo");
    create(two_, "remote");  // under way
    host_.keep_only(2, 12);
    ASSERT_EQ(host_.rows().size(), 1U);
    EXPECT_EQ(host_.rows()[0].asker, 3U);
    const std::uint64_t number = fetch(ProcessRequest::Kind::Create);
    fetch(ProcessRequest::Kind::Release);
    fetch(ProcessRequest::Kind::Release);
    EXPECT_TRUE(host_.answer_request(kProcess, number, ObjectBytes()));
    EXPECT_FALSE(host_.poll_answer()) << "nobody waits for it";
    EXPECT_EQ(host_.rows().size(), 1U);
}

TEST_F(ObjectHostTest, NoHandleIsDrawnAgainByAnotherStart) {
    const std::uint64_t handle = made(two_, "echo");
    Counters counters;
    ObjectHost other(kSelf, counters, Rng(6));
    ObjectBytes written(12);
    wire::ObjectCallBody{handle, {}}.write_to(written);
    ASSERT_TRUE(other.handle_request(two_, ControlKind::ObjectCall, written, false, now_));
    EXPECT_EQ(wire::ObjectResultBody::parse(other.poll_answer()->body)->status, ObjectStatus::Gone);
}

TEST_F(ObjectHostTest, ABodyThatContradictsItselfIsNotUnderstood) {
    for (const ControlKind kind :
         {ControlKind::ObjectCreate, ControlKind::ObjectCall, ControlKind::ObjectRelease})
        EXPECT_FALSE(host_.handle_request(two_, kind, ObjectBytes(3), false, now_));
    EXPECT_FALSE(host_.poll_answer());
}

TEST_F(ObjectHostTest, OneServerCannotTakeAllPlaces) {
    for (std::size_t count = 0; count < ObjectHost::kObjectsOfOneServerMax; ++count)
        made(two_, "echo");
    create(two_, "echo");
    EXPECT_EQ(created().status, ObjectStatus::NotHosted);
    EXPECT_EQ(counters_.value(Counter::ObjectRefused), 1U);
    for (std::size_t count = host_.rows().size(); count < ObjectHost::kObjectsMax; ++count)
        made({kSelf, 0, 1}, "echo");
    create({kSelf, 0, 1}, "echo");
    EXPECT_EQ(created().status, ObjectStatus::NotHosted);
}

TEST_F(ObjectHostTest, AProcessAnswersInAnyOrder) {
    const std::uint64_t handle = made(two_, "remote");
    call(two_, handle, "a");
    call({2, 11, 101}, handle, "b");
    const std::uint64_t first = fetch(ProcessRequest::Kind::Call);
    const std::uint64_t second = fetch(ProcessRequest::Kind::Call);
    EXPECT_TRUE(host_.answer_request(kProcess, second, bytes("B")));
    EXPECT_TRUE(host_.answer_request(kProcess, first, Answered(Failure{std::string("no")})));
    EXPECT_EQ(result(), (std::pair(ObjectStatus::Ok, std::string("B"))));
    EXPECT_EQ(result(), (std::pair(ObjectStatus::Failed, std::string("no"))));
    EXPECT_FALSE(host_.answer_request(kProcess, first, bytes("again")));
    EXPECT_FALSE(host_.answer_request(kProcess, 999, bytes("?")));
    EXPECT_EQ(counters_.value(Counter::ObjectAnswerUnknown), 2U);
}

TEST_F(ObjectHostTest, NoProcessAnswersForAnother) {
    const std::uint64_t handle = made(two_, "remote");
    call(two_, handle, "a");
    const std::uint64_t number = fetch(ProcessRequest::Kind::Call);
    EXPECT_FALSE(host_.answer_request(kProcess + 1, number, bytes("mine")));
    EXPECT_FALSE(host_.poll_answer());
}

TEST_F(ObjectHostTest, AProcessThatEndsTakesItsObjectsWithIt) {
    const std::uint64_t handle = made(two_, "remote");
    call(two_, handle, "a");
    create(two_, "remote");
    host_.end_process(kProcess);
    EXPECT_EQ(result(),
              (std::pair(ObjectStatus::Gone, std::string("the process of its class has ended"))));
    EXPECT_EQ(created().status, ObjectStatus::NotHosted);
    EXPECT_TRUE(host_.rows().empty());
    call(two_, handle, "b");
    EXPECT_EQ(result().first, ObjectStatus::Gone);
    create(two_, "remote");
    EXPECT_EQ(created().status, ObjectStatus::UnknownClass);
    EXPECT_FALSE(host_.poll_deadline());
}

TEST_F(ObjectHostTest, AProcessThatSleepsHoldsUpNobodyForLong) {
    const std::uint64_t handle = made(two_, "remote");
    call(two_, handle, "a");
    const std::uint64_t number = fetch(ProcessRequest::Kind::Call);
    create(two_, "remote");
    ASSERT_EQ(host_.poll_deadline(), now_ + ProcessRequests::kPatience);
    now_ = now_ + ProcessRequests::kPatience;
    host_.handle_deadline(now_);
    EXPECT_EQ(result(),
              (std::pair(ObjectStatus::Failed,
                         std::string("the process of its class did not answer within 8 s"))));
    EXPECT_EQ(created().status, ObjectStatus::NotHosted);
    EXPECT_EQ(counters_.value(Counter::ObjectOverdue), 2U);
    EXPECT_FALSE(host_.answer_request(kProcess, number, bytes("late")));
    EXPECT_FALSE(host_.next_request(kProcess)) << "nor is it asked for what nobody waits for";
    call(two_, handle, "b");
    EXPECT_TRUE(host_.next_request(kProcess)) << "the object is there still";
}

TEST_F(ObjectHostTest, WhatIsMadeTooLateIsReleased) {
    create(two_, "remote");
    const std::uint64_t number = fetch(ProcessRequest::Kind::Create);
    now_ = now_ + ProcessRequests::kPatience;
    host_.handle_deadline(now_);
    EXPECT_EQ(created().status, ObjectStatus::NotHosted);
    EXPECT_FALSE(host_.answer_request(kProcess, number, ObjectBytes()));
    fetch(ProcessRequest::Kind::Release);
    EXPECT_TRUE(host_.rows().empty());
}

TEST_F(ObjectHostTest, SoManyCallsWaitForAProcessAndNoMore) {
    const std::uint64_t handle = made(two_, "remote");
    for (std::size_t count = 0; count < ProcessRequests::kUnansweredMax; ++count)
        call(two_, handle, "a");
    EXPECT_FALSE(host_.poll_answer());
    call(two_, handle, "one more");
    EXPECT_EQ(result().first, ObjectStatus::Failed);
    const std::uint64_t number = fetch(ProcessRequest::Kind::Call);
    EXPECT_TRUE(host_.answer_request(kProcess, number, bytes("")));
    EXPECT_EQ(result().first, ObjectStatus::Ok);
    call(two_, handle, "now");
    EXPECT_FALSE(host_.poll_answer());
}

TEST_F(ObjectHostTest, AClassHasOneNameAndOneCode) {
    EXPECT_TRUE(host_.serve_class("echo", 8));
    EXPECT_TRUE(host_.serve_class("remote", 8));
    EXPECT_TRUE(host_.serve_class("", 8));
    EXPECT_TRUE(host_.serve_class("two words", 8));
    EXPECT_TRUE(host_.serve_class(std::string(256, 'a'), 8));
    EXPECT_FALSE(host_.serve_class(std::string(255, 'a'), 8));
    EXPECT_FALSE(host_.serve_class("A.b_c-9", 8));
}

}  // namespace
}  // namespace shunt::farm
