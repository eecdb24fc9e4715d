// SPDX-License-Identifier: Apache-2.0
/// Tasks, scheduler, selectors and chance.
#include <gtest/gtest.h>

#include <set>

#include "engine/random.hh"
#include "engine/scheduler.hh"
#include "engine/selector.hh"
#include "engine/verdict.hh"
#include "roles/wire.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

/// Time that jumps to where it is asked to go, and frames at given times.
class FakeAttachment : public Attachment {
  public:
    explicit FakeAttachment(std::vector<std::pair<Time, Bytes>> arrivals = {})
        : arrivals_(std::move(arrivals)) {}

    Time now() const override { return now_; }
    void send(Link, ByteView) override {}
    std::vector<LinkFrame> progress(Time until) override {
        std::vector<LinkFrame> frames;
        const Time next = arrivals_.empty() ? until : std::min(until, arrivals_.front().first);
        now_ = std::max(now_, next);
        while (!arrivals_.empty() && arrivals_.front().first <= now_) {
            frames.push_back({Link::Back, arrivals_.front().second});
            arrivals_.erase(arrivals_.begin());
        }
        return frames;
    }

  private:
    Time now_{0};
    std::vector<std::pair<Time, Bytes>> arrivals_;
};

Task<int> deeper(Scheduler& scheduler, int value) {
    co_await scheduler.sleep(milliseconds(1));
    if (value < 0) throw std::runtime_error("negative");
    co_return value * 2;
}

TEST(Task, HandsValuesAndExceptionsToWhoAwaits) {
    FakeAttachment attachment;
    Scheduler scheduler(attachment, {});
    std::vector<int> seen;
    const auto body = [](Scheduler& s, std::vector<int>& out) -> Task<> {
        out.push_back(co_await deeper(s, 21));
        try {
            (void)co_await deeper(s, -1);
        } catch (const std::runtime_error&) {
            out.push_back(-1);
        }
    };
    scheduler.spawn(body(scheduler, seen));
    scheduler.run();
    EXPECT_EQ(seen, (std::vector<int>{42, -1}));
    EXPECT_EQ(scheduler.now(), milliseconds(2));
}

TEST(Scheduler, RunsTasksInTheOrderOfTheirDeadlinesThenOfTheirWaiting) {
    FakeAttachment attachment;
    Scheduler scheduler(attachment, {});
    std::string order;
    const auto sleeper = [](Scheduler& s, std::string& out, char name, int ms) -> Task<> {
        co_await s.sleep(milliseconds(ms));
        out += name;
        co_await s.sleep(milliseconds(10));
        out += name;
    };
    scheduler.spawn(sleeper(scheduler, order, 'c', 7));
    scheduler.spawn(sleeper(scheduler, order, 'a', 5));
    scheduler.spawn(sleeper(scheduler, order, 'b', 5));
    scheduler.run();
    EXPECT_EQ(order, "abcabc");
    EXPECT_EQ(scheduler.now(), milliseconds(17));
}

TEST(Scheduler, PassesAnExceptionOnAndAbandonsTheOthers) {
    FakeAttachment attachment;
    Scheduler scheduler(attachment, {});
    bool is_abandoned = false;
    struct Mark {
        bool& flag;
        ~Mark() { flag = true; }
    };
    const auto waits = [](Scheduler& s, bool& flag) -> Task<> {
        const Mark mark{flag};
        co_await s.sleep(milliseconds(100));
    };
    const auto fails = [](Scheduler& s) -> Task<> {
        co_await s.sleep(milliseconds(1));
        throw DeviceGone("gone");
    };
    {
        Scheduler short_lived(attachment, {});
        short_lived.spawn(waits(short_lived, is_abandoned));
        short_lived.spawn(fails(short_lived));
        EXPECT_THROW(short_lived.run(), DeviceGone);
        EXPECT_FALSE(is_abandoned);
    }
    EXPECT_TRUE(is_abandoned);
}

TEST(Scheduler, RefusesToWaitForNothing) {
    FakeAttachment attachment;
    Scheduler scheduler(attachment, {});
    scheduler.spawn([]() -> Task<> { co_await std::suspend_always{}; }());
    EXPECT_THROW(scheduler.run(), std::logic_error);
}

TEST(Inbox, GivesAFrameThatArrivesAtTheDeadlineItself) {
    FakeAttachment attachment({{milliseconds(10), {1}}, {milliseconds(21), {2}}});
    std::optional<Inbox> inbox;
    std::size_t count = 0;
    Scheduler scheduler(attachment, [&](const LinkFrame&, Time) {
        inbox->push(count++);
        return true;
    });
    inbox.emplace(scheduler);
    std::vector<std::optional<std::size_t>> seen;
    const auto body = [](Scheduler& s, Inbox& box, auto& out) -> Task<> {
        out.push_back(co_await box.next(milliseconds(10)));
        out.push_back(co_await box.next(milliseconds(20)));
        EXPECT_EQ(s.now(), milliseconds(20));
        out.push_back(co_await box.next(milliseconds(30)));
        EXPECT_EQ(s.now(), milliseconds(21));
    };
    scheduler.spawn(body(scheduler, *inbox, seen));
    scheduler.run();
    using Seen = std::vector<std::optional<std::size_t>>;
    EXPECT_EQ(seen, (Seen{0, std::nullopt, 1}));
}

TEST(Selector, MatchesIdsFoldersAndGlobs) {
    constexpr std::string_view kId = "endpoint/forward/client-packet-unchanged";
    for (const char* pattern :
         {"endpoint/forward/client-packet-unchanged", "endpoint/forward", "endpoint/forward/",
          "endpoint/forward/..", "endpoint", "**", "endpoint/**", "endpoint/*/client-*",
          "*/forward", "**/*-unchanged", "endpoint/forward/client-packet-unchanged**"}) {
        EXPECT_TRUE(glob_matches(pattern, kId)) << pattern;
    }
    for (const char* pattern : {"", "endpoint/for", "forward", "endpoint/client-packet-unchanged",
                                "*-unchanged", "endpoint/forward/client-packet-unchanged/x"}) {
        EXPECT_FALSE(glob_matches(pattern, kId)) << pattern;
    }
}

TEST(Selector, StarStaysWithinOnePart) {
    EXPECT_TRUE(glob_matches("a/*/c", "a/b/c"));
    EXPECT_FALSE(glob_matches("a/*/d", "a/b/c/d"));
    EXPECT_TRUE(glob_matches("a/**/d", "a/b/c/d"));
}

TEST(Selector, TakesOutWhatACaretNames) {
    const Selection selection({"endpoint", "^endpoint/target"});
    EXPECT_TRUE(selection.matches("endpoint/forward/x"));
    EXPECT_FALSE(selection.matches("endpoint/target/x"));
    EXPECT_FALSE(selection.matches("blob/x/y"));
    const Selection all_but({"^endpoint/target"});
    EXPECT_TRUE(all_but.matches("blob/x/y"));
    EXPECT_FALSE(all_but.matches("endpoint/target/x"));
}

TEST(Verdict, OnlyGetsWorse) {
    for (const Verdict a : kVerdicts) {
        for (const Verdict b : kVerdicts) {
            EXPECT_EQ(worse(a, b), worse(b, a));
            EXPECT_GE(worse(a, b), a);
        }
    }
    EXPECT_EQ(worse(Verdict::Fail, Verdict::Pass), Verdict::Fail);
    EXPECT_EQ(worse(Verdict::Fail, Verdict::Crash), Verdict::Crash);
}

TEST(Random, RepeatsWithSeedAndNameAndDiffersWithout) {
    std::set<std::uint64_t> first;
    for (const char* name : {"a", "b", ""}) {
        for (const std::uint64_t seed : {0U, 1U}) {
            EXPECT_EQ(Random(seed, name).next_u64(), Random(seed, name).next_u64());
            first.insert(Random(seed, name).next_u64());
        }
    }
    EXPECT_EQ(first.size(), 6U);
    Random random(1, "bound");
    std::set<std::uint32_t> values;
    for (int i = 0; i < 1000; ++i)
        values.insert(random.below(7));
    EXPECT_EQ(values, (std::set<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace conform
