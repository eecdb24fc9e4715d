// SPDX-License-Identifier: Apache-2.0
/// What counts as noise: late answers, a late judge, frames that were lost on this side.
#include "app/pulse.hh"

#include <gtest/gtest.h>

#include "pdu/build.hh"
#include "plan.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A host behind a wire: answers echo requests after a while that a test chooses.
class EchoHost : public Attachment {
  public:
    Time now() const override { return now_; }
    void send(Link, ByteView frame) override {
        const Frame request = decode_frame(frame, {});
        if (!is_alive || !request.ipv4 || !request.ipv4->icmp) return;
        IcmpMessage reply = *request.ipv4->icmp;
        std::swap(reply.source, reply.destination);
        reply.type = icmp_type::kEchoReply;
        const Bytes packet = encode_icmp_packet(reply);
        answers_.push_back({std::max(now_, stands_still_until) + latency,
                            {Link::Front, encode_ethernet(request.source, request.destination,
                                                          ether_type::kIpv4, packet)}});
    }
    std::vector<LinkFrame> progress(Time until) override {
        if (answers_.empty() || answers_.front().at > until) {
            now_ = std::max(now_, until) + oversleeps;
            return {};
        }
        now_ = std::max(now_, answers_.front().at);
        std::vector<LinkFrame> frames = {answers_.front().frame};
        answers_.erase(answers_.begin());
        return frames;
    }
    std::uint64_t dropped() override { return dropped_frames; }
    /// The judge is busy with something else.
    void pass(Duration length) { now_ += length; }

    bool is_alive = true;
    Duration latency = milliseconds(2);
    Time stands_still_until{};
    Duration oversleeps{};
    std::uint64_t dropped_frames = 0;

  private:
    struct Answer {
        Time at;
        LinkFrame frame;
    };

    Time now_ = seconds(1);
    std::vector<Answer> answers_;
};

class PulseTest : public ::testing::Test {
  protected:
    PulseTest() {
        auto host = std::make_unique<EchoHost>();
        host_ = host.get();
        pulse_ = std::make_unique<Pulse>(std::move(host), iut_);
    }
    /// What the cases hear meanwhile.
    std::vector<LinkFrame> wait(Duration length) {
        return pulse_->progress(pulse_->now() + length);
    }
    Noise noise() const { return pulse_->noise_since(Time{}); }

    Iut iut_ = tests::standard_iut();
    EchoHost* host_ = nullptr;
    std::unique_ptr<Pulse> pulse_;
};

TEST_F(PulseTest, AQuietHostMakesNoNoiseAndNobodyHearsIt) {
    EXPECT_TRUE(wait(seconds(2)).empty());
    EXPECT_EQ(noise().late, Duration::zero());
    EXPECT_EQ(noise().dropped, 0U);
}

TEST_F(PulseTest, AWayThatIsLongIsNoNoise) {
    host_->latency = milliseconds(45);
    wait(seconds(2));
    EXPECT_EQ(noise().late, Duration::zero());
}

/// A case waits for what a device does that stands still; the request that the pulse has sent last
/// may have been answered just before.
TEST_F(PulseTest, AStandstillIsNeverLongerThanWhatIsNoted) {
    for (const milliseconds lasting : {milliseconds(13), milliseconds(52), milliseconds(65)}) {
        for (milliseconds phase{0}; phase < Pulse::kBeat; phase += milliseconds(1)) {
            wait(milliseconds(100) + phase);
            const Time begin = pulse_->now();
            host_->stands_still_until = begin + lasting;
            wait(milliseconds(200));
            EXPECT_GE(pulse_->noise_since(begin).late, lasting);
            EXPECT_LE(pulse_->noise_since(begin).late, lasting + Pulse::kBeat);
        }
    }
}

TEST_F(PulseTest, ALateAnswerIsNoise) {
    wait(milliseconds(200));
    host_->latency = milliseconds(120);
    wait(seconds(1));
    EXPECT_EQ(noise().late, milliseconds(118) + Pulse::kBeat) << "than 2 ms, as before";
}

TEST_F(PulseTest, NoiseBeforeACaseIsNotTheCases) {
    host_->latency = milliseconds(120);
    wait(milliseconds(400));
    host_->latency = milliseconds(2);
    wait(milliseconds(200));
    const Time begin = pulse_->now();
    wait(seconds(1));
    EXPECT_EQ(pulse_->noise_since(begin).late, Duration::zero());
}

TEST_F(PulseTest, AJudgeThatIsBusyIsNoise) {
    wait(milliseconds(200));
    host_->pass(milliseconds(180));
    wait(milliseconds(200));
    EXPECT_EQ(noise().late, milliseconds(180));
}

TEST_F(PulseTest, AJudgeThatIsWokenLateIsNoise) {
    host_->latency = milliseconds(300);
    host_->oversleeps = milliseconds(40);
    wait(milliseconds(60));
    EXPECT_EQ(noise().late, milliseconds(40));
}

TEST_F(PulseTest, FramesThatThisSideHasLostAreNoise) {
    wait(milliseconds(200));
    host_->dropped_frames = 3;
    wait(milliseconds(200));
    host_->dropped_frames = 5;
    wait(milliseconds(200));
    EXPECT_EQ(noise().dropped, 5U);
}

TEST_F(PulseTest, ADeadDeviceIsNoNoise) {
    host_->is_alive = false;
    wait(seconds(2));
    EXPECT_EQ(noise().late, Duration::zero());
}

}  // namespace
}  // namespace conform
