// SPDX-License-Identifier: Apache-2.0
// Objects of three nodes, over their control channels (OBJ-1 to OBJ-3).
#include "shunt/node/objects.hh"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "shunt/node/built_in_classes.hh"
#include "shunt/node/farm_fixture.hh"

namespace shunt::node {
namespace {

using farm::ObjectBytes;
using farm::ObjectFailure;
using Answered = Result<ObjectBytes, std::string>;

constexpr Objects::ClientId kAsker = 5;
constexpr Objects::ClientId kProcess = 6;

ObjectBytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

class ObjectsTest : public FarmFixture {
  protected:
    void SetUp() override {
        build(true, 3);
        for (const auto& node : nodes_)
            register_built_in_classes(node->objects());
        run_for(Duration::seconds(1));
    }
    Node& s3() { return *nodes_[2]; }

    void ask(Node& node, std::string_view name, std::vector<farm::ServerId> servers) {
        EXPECT_TRUE(
            node.create_object({kAsker, std::string(name), {}, true, std::move(servers)}, now_));
    }
    std::uint64_t made(Node& node, std::string_view name, std::vector<farm::ServerId> servers) {
        ask(node, name, std::move(servers));
        run_for(kMillisecond);
        const auto completion = node.objects().poll_completion();
        if (!completion || !completion->outcome) {
            ADD_FAILURE() << (completion ? completion->outcome.error().text : "no completion");
            return 0;
        }
        return completion->outcome->handle;
    }
    void call(Node& node, std::uint64_t handle, std::string_view text) {
        EXPECT_TRUE(node.objects().call(kAsker, handle, bytes(text), now_));
    }
    /// The result, or the failure's text.
    std::string outcome(Node& node) {
        const auto completion = node.objects().poll_completion();
        if (!completion) return "nothing";
        if (!completion->outcome) return completion->outcome.error().text;
        return {completion->outcome->bytes.begin(), completion->outcome->bytes.end()};
    }
    std::string called(Node& node, std::uint64_t handle, std::string_view text) {
        call(node, handle, text);
        run_for(kMillisecond);
        return outcome(node);
    }
    void restart(farm::ServerId id) {
        nodes_[id - 1] = std::make_unique<Node>(config_, id, contents_, 900 + id, now_, mtus_);
        register_built_in_classes(nodes_[id - 1]->objects());
    }
    void cut_back_link() {
        loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    }
    /// An object of a class that a process has registered at s3.
    std::uint64_t served() {
        EXPECT_FALSE(s3().objects().serve_class("remote", kProcess));
        ask(s1(), "remote", {});
        run_for(kMillisecond);
        const auto request = s3().objects().next_request(kProcess);
        EXPECT_TRUE(request) << "who has the class is asked, whoever is best";
        EXPECT_TRUE(s3().objects().answer_request(kProcess, request->number, ObjectBytes()));
        run_for(kMillisecond);
        return s1().objects().poll_completion()->outcome->handle;
    }
};

TEST_F(ObjectsTest, IsMadeHereWhereNothingSpeaksForAnotherServer) {
    const std::uint64_t handle = made(s1(), "counter", {});
    EXPECT_EQ(s1().objects().hosted().size(), 1U);
    EXPECT_EQ(called(s1(), handle, "5"), "5");
    EXPECT_EQ(called(s1(), handle, "-7"), "-2");
    EXPECT_EQ(called(s1(), handle, "x"), "expected a decimal number to add");
}

TEST_F(ObjectsTest, IsMadeWhereStateSays) {
    farm::LocalLoad busy;
    busy.cpu_per_mille = 1'000;
    s1().set_load(busy);
    s3().set_load(busy);
    run_for(Duration::seconds(1));
    const std::uint64_t handle = made(s1(), "store", {});
    ASSERT_EQ(s2().objects().hosted().size(), 1U) << "SEL-3";
    EXPECT_EQ(called(s1(), handle, "put key a value"), "");
    EXPECT_EQ(called(s1(), handle, "get key"), "a value");
    EXPECT_EQ(called(s1(), handle, "get other"), "no value of the key \"other\"");
    EXPECT_FALSE(s1().objects().release(handle));
    run_for(kMillisecond);
    EXPECT_TRUE(s2().objects().hosted().empty());
}

TEST_F(ObjectsTest, AServerThatDrainsMakesNone) {
    s1().start_drain();
    s2().start_drain();
    const std::uint64_t handle = made(s1(), "counter", {});
    EXPECT_EQ(s3().objects().hosted().size(), 1U);
    EXPECT_EQ(called(s1(), handle, "1"), "1");
}

TEST_F(ObjectsTest, NobodyHasTheClass) {
    ask(s1(), "nonsense", {});
    run_for(kMillisecond);
    EXPECT_EQ(outcome(s1()), "no server that could be asked has the class \"nonsense\"");
}

TEST_F(ObjectsTest, TwoServersCanSendEachOtherMuch) {
    // Both links would be full in both directions at once; neither stops to read.
    const std::string much(500'000, 'x');
    const std::uint64_t there = made(s1(), "store", {2});
    const std::uint64_t here = made(s2(), "store", {1});
    for (int count = 0; count < 8; ++count) {
        call(s1(), there, much);
        call(s2(), here, much);
    }
    run_for(Duration::seconds(2));
    for (int count = 0; count < 8; ++count) {
        EXPECT_EQ(outcome(s1()), "expected put KEY VALUE, get KEY, delete KEY");
        EXPECT_EQ(outcome(s2()), "expected put KEY VALUE, get KEY, delete KEY");
    }
    EXPECT_EQ(s1().counters().value(Counter::ChannelClosed), 0U);
}

TEST_F(ObjectsTest, MuchComesBackToo) {
    const std::string value(60'000, 'v');
    const std::uint64_t handle = made(s1(), "store", {2});
    EXPECT_EQ(called(s1(), handle, "put k " + value), "");
    for (int count = 0; count < 20; ++count)
        call(s1(), handle, "get k");
    run_for(Duration::seconds(1));
    for (int count = 0; count < 20; ++count)
        EXPECT_EQ(outcome(s1()), value);
}

TEST_F(ObjectsTest, ALostServerFailsACallWithinTheLifeOfItsChannel) {
    const std::uint64_t handle = made(s1(), "counter", {2});
    cut_back_link();
    call(s1(), handle, "1");
    run_for(Duration::seconds(4));
    EXPECT_EQ(outcome(s1()), "the object's server s2 is lost; the call may have been made");
    const auto later = s1().objects().call(kAsker, handle, {}, now_);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().text, "the object's server s2 is lost");
    EXPECT_TRUE(s2().objects().hosted().empty()) << "and its object has ended";
    EXPECT_EQ(s2().counters().value(Counter::ObjectEnded), 1U);
}

TEST_F(ObjectsTest, AChannelThatIsBackBringsNoObjectBack) {
    const std::uint64_t handle = made(s1(), "counter", {2});
    cut_back_link();
    run_for(Duration::seconds(4));
    loses_ = [](const SeenFrame&) { return false; };
    run_for(Duration::seconds(4));
    EXPECT_FALSE(s1().objects().call(kAsker, handle, {}, now_));
    EXPECT_EQ(called(s1(), made(s1(), "counter", {2}), "3"), "3");
}

TEST_F(ObjectsTest, ARestartedServerHasNoObjectOfBefore) {
    const std::uint64_t handle = made(s1(), "counter", {2});
    restart(2);
    run_for(Duration::seconds(1));
    const auto later = s1().objects().call(kAsker, handle, {}, now_);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().failure, ObjectFailure::Gone) << "CTL-7";
    EXPECT_EQ(s1().counters().value(Counter::ObjectLost), 1U);
}

TEST_F(ObjectsTest, ARestartedAskersObjectsEnd) {
    made(s1(), "counter", {2});
    ASSERT_EQ(s2().objects().hosted().size(), 1U);
    restart(1);
    run_for(Duration::seconds(1));
    EXPECT_TRUE(s2().objects().hosted().empty());
}

TEST_F(ObjectsTest, WithoutAChannelItIsMadeHere) {
    cut_back_link();
    run_for(Duration::seconds(7));
    farm::LocalLoad busy;
    busy.cpu_per_mille = 1'000;
    s1().set_load(busy);
    EXPECT_EQ(called(s1(), made(s1(), "counter", {}), "3"), "3");
    ask(s1(), "counter", {2});
    run_for(kMillisecond);
    EXPECT_EQ(outcome(s1()), "no server makes an object of the class \"counter\" now");
}

TEST_F(ObjectsTest, AProcessServesAnotherNodesCalls) {
    const std::uint64_t handle = served();
    call(s1(), handle, "ping");
    run_for(kMillisecond);
    const auto request = s3().objects().next_request(kProcess);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->bytes, bytes("ping"));
    EXPECT_TRUE(s3().objects().answer_request(kProcess, request->number, bytes("pong")));
    run_for(kMillisecond);
    EXPECT_EQ(outcome(s1()), "pong");
    call(s1(), handle, "ping");
    run_for(kMillisecond);
    s3().objects().end_client(kProcess);
    run_for(kMillisecond);
    EXPECT_EQ(outcome(s1()), "the object has ended: the process of its class has ended");
    EXPECT_FALSE(s1().objects().call(kAsker, handle, {}, now_));
}

TEST_F(ObjectsTest, AProcessThatSleepsFailsACallInTime) {
    const std::uint64_t handle = served();
    call(s1(), handle, "ping");
    run_for(Duration::milliseconds(7'900));
    EXPECT_EQ(outcome(s1()), "nothing");
    run_for(Duration::milliseconds(200));
    EXPECT_EQ(outcome(s1()), "the process of its class did not answer within 8 s");
}

TEST_F(ObjectsTest, AFarmWithoutChannelsHasObjectsOfItsOwn) {
    build(false);
    register_built_in_classes(s1().objects());
    EXPECT_EQ(called(s1(), made(s1(), "counter", {}), "2"), "2");
    EXPECT_FALSE(s1().objects().serve_class("remote", kProcess));
    ask(s1(), "remote", {});
    run_for(Duration::milliseconds(8'100));
    EXPECT_EQ(outcome(s1()), "no server makes an object of the class \"remote\" now");
}

TEST_F(ObjectsTest, WhoeverAsksNonsenseHearsSo) {
    const std::uint64_t handle = made(s1(), "store", {});
    EXPECT_EQ(called(s1(), handle, ""), "expected put KEY VALUE, get KEY, delete KEY");
    EXPECT_EQ(called(s1(), handle, "move a b"), "expected put KEY VALUE, get KEY, delete KEY");
    EXPECT_EQ(called(s1(), handle, "put k " + std::string(65'535, 'v')), "");
    EXPECT_EQ(called(s1(), handle, "put l v"), "the store is full: 65536 bytes");
    EXPECT_EQ(called(s1(), handle, "delete k"), "");
    EXPECT_EQ(called(s1(), handle, "put l v"), "");
    const std::uint64_t counter = made(s1(), "counter", {});
    EXPECT_EQ(called(s1(), counter, "9223372036854775807"), "9223372036854775807");
    EXPECT_EQ(called(s1(), counter, "1"), "the sum does not fit 64 bits");
    EXPECT_EQ(called(s1(), counter, ""), "9223372036854775807");
}

}  // namespace
}  // namespace shunt::node
