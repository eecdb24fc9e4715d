// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/object_asker.hh"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/object_messages.hh"

namespace shunt::farm {
namespace {

using wire::ControlKind;
using wire::ObjectStatus;

constexpr AskerId kAsker = 4;
constexpr std::uint64_t kObject = 0xAB;

class ObjectAskerTest : public testing::Test {
  protected:
    ObjectTicket create(std::vector<ServerId> servers, bool is_kept = true) {
        const auto ticket =
            asker_.create({kAsker, "map", ObjectBytes{9}, is_kept, std::move(servers)}, now_);
        EXPECT_TRUE(ticket);
        return *ticket;
    }
    ObjectMessage sent() {
        auto message = asker_.poll_message();
        if (!message) {
            ADD_FAILURE() << "expected a message";
            return {};
        }
        return *std::move(message);
    }
    template <typename Body>
    void answer(const ObjectMessage& to, ControlKind kind, const Body& body) {
        ObjectBytes bytes(body.size());
        body.write_to(bytes);
        asker_.handle_answer(to.server, to.number, kind, bytes);
    }
    void answer_created(const ObjectMessage& to, ObjectStatus status,
                        std::uint64_t object = kObject) {
        answer(to, ControlKind::ObjectCreated, wire::ObjectCreatedBody{object, status});
    }
    void answer_result(const ObjectMessage& to, ObjectStatus status, const ObjectBytes& bytes) {
        answer(to, ControlKind::ObjectResult, wire::ObjectResultBody{status, bytes});
    }
    ObjectCompletion::Done done() {
        auto completion = asker_.poll_completion();
        if (!completion || !completion->outcome) {
            ADD_FAILURE() << "expected a success";
            return {};
        }
        return *std::move(completion->outcome);
    }
    ObjectFailure failure() {
        const auto completion = asker_.poll_completion();
        if (!completion || completion->outcome) {
            ADD_FAILURE() << "expected a failure";
            return {};
        }
        text_ = completion->outcome.error().text;
        EXPECT_FALSE(text_.empty());
        return completion->outcome.error().failure;
    }
    /// A handle of an object on s2.
    std::uint64_t made(bool is_kept = true, std::uint64_t object = kObject) {
        create({2}, is_kept);
        answer_created(sent(), ObjectStatus::Ok, object);
        return done().handle;
    }
    ObjectMessage called(std::uint64_t handle) {
        EXPECT_TRUE(asker_.call(kAsker, handle, ObjectBytes{1, 2}, now_));
        return sent();
    }
    void expect_quiet() {
        EXPECT_FALSE(asker_.poll_message());
        EXPECT_FALSE(asker_.poll_completion());
        EXPECT_FALSE(asker_.poll_deadline());
    }

    FarmConfig config_ = standard_plan(3);
    Counters counters_;
    ObjectAsker asker_{config_, counters_, Rng(3)};
    Instant now_;
    std::string text_;
};

TEST_F(ObjectAskerTest, TheBestServerIsAskedFirst) {
    const ObjectTicket ticket = create({3, 1});
    const ObjectMessage message = sent();
    EXPECT_EQ(message.server, 3U);
    EXPECT_EQ(message.kind, ControlKind::ObjectCreate);
    const auto body = wire::ObjectCreateBody::parse(message.body);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->class_name, "map");
    EXPECT_EQ(body->arguments.size(), 1U);
    answer_created(message, ObjectStatus::Ok);
    const auto completion = asker_.poll_completion();
    ASSERT_TRUE(completion && completion->outcome);
    EXPECT_EQ(completion->ticket, ticket);
    EXPECT_EQ(completion->asker, kAsker);
    EXPECT_NE(completion->outcome->handle, kObject) << "it says nothing of where the object is";
    EXPECT_EQ(asker_.handles().find(completion->outcome->handle)->server, 3U);
    expect_quiet();
}

TEST_F(ObjectAskerTest, WhoCannotMakeItIsFollowedByTheNext) {
    create({2, 3, 1});
    answer_created(sent(), ObjectStatus::UnknownClass);
    answer(sent(), ControlKind::Error, wire::ErrorBody{3, "not ready"});
    const ObjectMessage last = sent();
    EXPECT_EQ(last.server, 1U);
    answer_created(last, ObjectStatus::Ok);
    done();
    expect_quiet();
}

TEST_F(ObjectAskerTest, NobodyMakesIt) {
    create({});
    EXPECT_EQ(failure(), ObjectFailure::UnknownClass);
    create({2, 3});
    answer_created(sent(), ObjectStatus::UnknownClass);
    answer(sent(), ControlKind::Error, wire::ErrorBody{1, "unknown kind"});
    EXPECT_EQ(failure(), ObjectFailure::UnknownClass);
    create({2, 3});
    answer_created(sent(), ObjectStatus::NotHosted);
    answer_created(sent(), ObjectStatus::UnknownClass);
    EXPECT_EQ(failure(), ObjectFailure::NoServer);
    create({2, 3});
    answer_created(sent(), ObjectStatus::Failed);
    EXPECT_EQ(failure(), ObjectFailure::Refused) << "others have the same code";
    expect_quiet();
}

TEST_F(ObjectAskerTest, ACallHasItsResult) {
    const std::uint64_t handle = made();
    const ObjectMessage call = called(handle);
    const auto body = wire::ObjectCallBody::parse(call.body);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->handle, kObject);
    answer_result(call, ObjectStatus::Ok, {7});
    EXPECT_EQ(done().bytes, ObjectBytes{7});
    answer_result(called(handle), ObjectStatus::Failed, {'n', 'o'});
    EXPECT_EQ(failure(), ObjectFailure::Failed);
    EXPECT_EQ(text_, "no");
    expect_quiet();
}

TEST_F(ObjectAskerTest, ResultsComeInAnyOrderAndOnce) {
    const std::uint64_t handle = made();
    const ObjectMessage first = called(handle);
    const ObjectMessage second = called(handle);
    answer_result(second, ObjectStatus::Ok, {2});
    answer_result(first, ObjectStatus::Ok, {1});
    EXPECT_EQ(done().bytes, ObjectBytes{2});
    EXPECT_EQ(done().bytes, ObjectBytes{1});
    answer_result(first, ObjectStatus::Ok, {1});
    expect_quiet();
    EXPECT_EQ(counters_.value(Counter::ObjectAnswerLate), 1U);
}

TEST_F(ObjectAskerTest, AnObjectThatIsGoneStaysGone) {
    const std::uint64_t handle = made();
    const ObjectMessage pending = called(handle);
    answer_result(called(handle), ObjectStatus::Gone, {'x'});
    EXPECT_EQ(failure(), ObjectFailure::Gone);
    EXPECT_EQ(text_, "the object has ended: x");
    const auto later = asker_.call(kAsker, handle, {}, now_);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().failure, ObjectFailure::Gone);
    answer_result(pending, ObjectStatus::Gone, {});
    EXPECT_EQ(failure(), ObjectFailure::Gone);
    EXPECT_FALSE(asker_.release(handle));
    EXPECT_EQ(asker_.call(kAsker, handle, {}, now_).error().failure, ObjectFailure::UnknownObject);
    expect_quiet();
}

TEST_F(ObjectAskerTest, ALostServerFailsPendingAndLaterCalls) {
    const std::uint64_t handle = made();
    const ObjectMessage call = called(handle);
    asker_.lose_server(3);
    EXPECT_FALSE(asker_.poll_completion());
    asker_.lose_server(2);
    EXPECT_EQ(failure(), ObjectFailure::Gone);
    EXPECT_EQ(text_, "the object's server s2 is lost; the call may have been made");
    const auto later = asker_.call(kAsker, handle, {}, now_);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().failure, ObjectFailure::Gone);
    EXPECT_EQ(later.error().text, "the object's server s2 is lost");
    EXPECT_EQ(counters_.value(Counter::ObjectLost), 1U);
    asker_.handle_loss(call.number);
    asker_.lose_server(2);
    EXPECT_EQ(counters_.value(Counter::ObjectLost), 1U);
    EXPECT_FALSE(asker_.release(handle));
    expect_quiet();
}

TEST_F(ObjectAskerTest, ACreationOutlivesAServerThatIsLost) {
    create({2, 3});
    const ObjectMessage first = sent();
    asker_.lose_server(2);
    const ObjectMessage second = sent();
    EXPECT_EQ(second.server, 3U);
    // The lost one's answer, had it come after all, is not the next one's.
    answer_created(first, ObjectStatus::Ok);
    EXPECT_FALSE(asker_.poll_completion());
    EXPECT_EQ(sent().kind, ControlKind::ObjectRelease);
    answer_created(second, ObjectStatus::Ok, 0xCD);
    done();
    expect_quiet();
}

TEST_F(ObjectAskerTest, NobodyWaitsForLongerThanItsPatience) {
    const std::uint64_t handle = made();
    const ObjectMessage call = called(handle);
    create({3});
    const ObjectMessage creation = sent();
    now_ = now_ + ObjectAsker::kPatience;
    ASSERT_EQ(asker_.poll_deadline(), now_);
    asker_.handle_deadline(now_);
    EXPECT_EQ(failure(), ObjectFailure::TimedOut);
    EXPECT_EQ(failure(), ObjectFailure::TimedOut);
    answer_result(call, ObjectStatus::Ok, {});
    answer_created(creation, ObjectStatus::Ok);
    const ObjectMessage release = sent();
    EXPECT_EQ(release.kind, ControlKind::ObjectRelease);
    EXPECT_EQ(release.server, 3U);
    expect_quiet();
}

TEST_F(ObjectAskerTest, AReleaseEndsTheObjectAndItsCalls) {
    const std::uint64_t handle = made();
    const ObjectMessage call = called(handle);
    EXPECT_FALSE(asker_.release(handle));
    const ObjectMessage release = sent();
    EXPECT_EQ(release.kind, ControlKind::ObjectRelease);
    EXPECT_EQ(release.number, 0U);
    EXPECT_EQ(wire::ObjectReleaseBody::parse(release.body)->handle, kObject);
    EXPECT_EQ(failure(), ObjectFailure::Gone);
    answer_result(call, ObjectStatus::Ok, {});
    EXPECT_TRUE(asker_.release(handle));
    expect_quiet();
}

TEST_F(ObjectAskerTest, AnAskerThatEndsLeavesWhatIsKept) {
    const std::uint64_t kept = made();
    const std::uint64_t own = made(false, 0xCD);
    called(kept);
    create({2}, true);
    const ObjectMessage creation = sent();
    asker_.end_asker(kAsker);
    EXPECT_EQ(wire::ObjectReleaseBody::parse(sent().body)->handle, 0xCDU);
    EXPECT_EQ(asker_.handles().find(own), nullptr);
    EXPECT_NE(asker_.handles().find(kept), nullptr);
    answer_created(creation, ObjectStatus::Ok, 0xEF);
    EXPECT_EQ(wire::ObjectReleaseBody::parse(sent().body)->handle, 0xEFU);
    EXPECT_FALSE(asker_.poll_completion()) << "nobody is there to hear it";
}

TEST_F(ObjectAskerTest, AnAnswerThatIsNotUnderstoodIsNone) {
    const std::uint64_t handle = made();
    const ObjectMessage call = called(handle);
    asker_.handle_answer(2, call.number, ControlKind::ObjectResult, ObjectBytes(3));
    EXPECT_EQ(failure(), ObjectFailure::Failed);
    create({2, 3});
    const ObjectMessage creation = sent();
    asker_.handle_answer(2, creation.number, ControlKind::ObjectCreated, ObjectBytes(3));
    EXPECT_EQ(sent().server, 3U);
    EXPECT_EQ(counters_.value(Counter::DropControlBody), 2U);
}

TEST_F(ObjectAskerTest, MoreThanIsAllowedIsRefusedAtOnce) {
    const std::uint64_t handle = made();
    const ObjectBytes much(wire::kObjectBytesMax + 1);
    EXPECT_EQ(asker_.call(kAsker, handle, much, now_).error().failure, ObjectFailure::Busy);
    for (std::size_t count = 0; count < ObjectAsker::kPendingMax; ++count)
        called(handle);
    EXPECT_EQ(asker_.call(kAsker, handle, {}, now_).error().failure, ObjectFailure::Busy);
    EXPECT_EQ(asker_.create({kAsker, "map", {}, true, {2}}, now_).error().failure,
              ObjectFailure::Busy);
    asker_.lose_server(2);
    while (asker_.poll_completion()) {
    }
    create({3});
}

TEST_F(ObjectAskerTest, TheBytesOfAllThatIsPendingAreBounded) {
    const std::uint64_t handle = made();
    const ObjectBytes most(wire::kObjectBytesMax);
    for (std::size_t taken = 0; taken < ObjectAsker::kBytesMax; taken += most.size())
        EXPECT_TRUE(asker_.call(kAsker, handle, most, now_));
    EXPECT_EQ(asker_.call(kAsker, handle, most, now_).error().failure, ObjectFailure::Busy);
}

TEST_F(ObjectAskerTest, HandlesOfWhatIsGoneGiveWay) {
    for (std::size_t count = 0; count < ObjectHandles::kMax; ++count)
        made();
    EXPECT_EQ(asker_.create({kAsker, "map", {}, true, {2}}, now_).error().failure,
              ObjectFailure::Busy);
    asker_.lose_server(2);
    create({3});
    answer_created(sent(), ObjectStatus::Ok);
    done();
    EXPECT_EQ(asker_.handles().all().size(), ObjectHandles::kMax);
}

}  // namespace
}  // namespace shunt::farm
