// SPDX-License-Identifier: Apache-2.0
/// A whole run: the scripted device behind a unix: socket in virtual time, evidence on disk.
#include "app/runner.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "attach/unix_message.hh"
#include "plan.hh"
#include "scripted_device.hh"

namespace conform {
namespace {

using tests::Defect;
using tests::ScriptedDevice;

/// Serves a fresh scripted device to every tester that connects, as the interfaces page says.
class ScriptedServer {
  public:
    ScriptedServer(const std::string& path, const Iut& iut, Defect defect)
        : listener_(::socket(AF_UNIX, SOCK_SEQPACKET, 0)), iut_(iut), defect_(defect) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        EXPECT_EQ(
            ::bind(listener_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
        EXPECT_EQ(::listen(listener_.number(), 1), 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        is_ending_ = true;
        thread_.join();
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

  private:
    void serve() {
        while (!is_ending_) {
            pollfd waiting{listener_.number(), POLLIN, 0};
            if (::poll(&waiting, 1, 10) <= 0) continue;
            const Descriptor tester(::accept(listener_.number(), nullptr, nullptr));
            ScriptedDevice device(iut_, defect_);
            try {
                while (answer(tester.number(), device)) {
                }
            } catch (const DeviceGone&) {
            }
        }
    }

    static void emit(int tester, const UnixMessage& message) {
        const Bytes bytes = encode(message);
        ::send(tester, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    static bool answer(int tester, ScriptedDevice& device) {
        Bytes buffer(70'000);
        const ssize_t length = ::recv(tester, buffer.data(), buffer.size(), 0);
        if (length <= 0) return false;
        const auto message =
            parse_unix_message(ByteView(buffer).first(static_cast<std::size_t>(length)));
        if (const auto* hello = std::get_if<HelloMessage>(&*message)) emit(tester, *hello);
        if (const auto* frame = std::get_if<LinkFrame>(&*message)) {
            device.send(frame->link, frame->bytes);
        }
        if (const auto* advance = std::get_if<AdvanceMessage>(&*message)) {
            const Time until(static_cast<std::int64_t>(advance->nanoseconds));
            std::vector<LinkFrame> frames;
            do {
                frames = device.progress(until);
                for (const LinkFrame& each : frames)
                    emit(tester, each);
            } while (!frames.empty());
            const Time next = device.next_deadline();
            const bool has_deadline = next != kNever;
            emit(tester, QuietMessage{has_deadline ? static_cast<std::uint64_t>(next.count())
                                                   : QuietMessage::kNoDeadline});
        }
        return true;
    }

    Descriptor listener_;
    const Iut& iut_;
    Defect defect_;
    std::atomic<bool> is_ending_ = false;
    std::thread thread_;
};

class RunnerTest : public testing::Test {
  protected:
    RunnerTest() {
        // One of its own for each test: they run side by side.
        folder_ = (std::filesystem::temp_directory_path() / "conform-XXXXXX").string();
        if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no temporary folder");
        iut_.front = {AttachmentKind::Unix, folder_ + "/device.sock"};
        iut_.back = iut_.front;
        options_.iut_path = "a device.toml";
        options_.out_path = folder_;
        options_.seed = 7;
        options_.time = TimeKind::Virtual;
    }
    ~RunnerTest() override { std::filesystem::remove_all(folder_); }

    RunResult run(Defect defect) {
        const ScriptedServer server(iut_.front.place, iut_, defect);
        const std::vector<const CaseInfo*> cases = tests::scripted_cases();
        Runner runner(options_, iut_);
        RunResult result = runner.run(
            cases, [](const CaseInfo&) {}, [](const CaseResult&) {});
        std::filesystem::remove(iut_.front.place);
        return result;
    }

    static std::string read(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::string folder_;
    Iut iut_ = tests::standard_iut();
    Options options_;
};

TEST_F(RunnerTest, PassesEveryCaseAndRepeatsByteForByte) {
    const RunResult first = run(Defect::None);
    EXPECT_EQ(verdict_of(first, false), RunVerdict::Conformant);
    std::vector<std::string> evidence;
    for (const CaseResult& result : first.cases) {
        EXPECT_EQ(result.verdict, Verdict::Pass) << result.id << ": " << result.reason;
        evidence.push_back(read(result.pcapng));
        EXPECT_GT(evidence.back().size(), 1'000U) << result.pcapng;
    }
    const RunResult second = run(Defect::None);
    for (std::size_t i = 0; i < evidence.size(); ++i) {
        EXPECT_TRUE(read(second.cases[i].pcapng) == evidence[i]) << second.cases[i].id;
    }
}

TEST_F(RunnerTest, PutsTheFindingOnThePacketAndTellsHowToRunAgain) {
    const RunResult result = run(Defect::SequenceOffByOne);
    EXPECT_EQ(verdict_of(result, false), RunVerdict::NotConformant);
    const CaseResult& failed = result.cases.back();
    EXPECT_EQ(failed.id, "endpoint/target/answers-as-the-service");
    EXPECT_EQ(failed.verdict, Verdict::Fail);
    EXPECT_EQ(failed.reason, "EP-25: expected sequence 1, got 2");
    EXPECT_NE(read(failed.pcapng).find("EP-25: expected sequence 1, got 2"), std::string::npos);
    EXPECT_EQ(failed.rerun,
              "shunt-conform run endpoint/target/answers-as-the-service --iut 'a device.toml' "
              "--seed 7 --time virtual");
}

TEST_F(RunnerTest, GoesOnWithTheNextCaseAfterACrash) {
    const RunResult result = run(Defect::DiesAtRequest);
    EXPECT_EQ(result.cases.front().verdict, Verdict::Crash);
    EXPECT_EQ(result.cases.back().verdict, Verdict::Pass) << "the target case needs no request";
}

TEST_F(RunnerTest, DoesNotRunWhatIsNotClaimed) {
    iut_.statement.roles = {"home"};
    const RunResult result = run(Defect::None);
    EXPECT_EQ(result.cases.back().verdict, Verdict::NotRun);
    EXPECT_EQ(result.cases.back().reason, "role target is not claimed");
    EXPECT_TRUE(result.cases.back().pcapng.empty());
    EXPECT_EQ(verdict_of(result, false), RunVerdict::Conformant);
}

/// Four cases against a process whose every second conversation goes wrong; what became of them.
class RecoveryTest : public RunnerTest {
  protected:
    RunResult run_with(const std::string& mode) {
        options_.device_command = {"/usr/bin/python3",
                                   std::string(CONFORM_IUT_DIRECTORY) + "/../tests/dead_device.py",
                                   "--front", "unix:" + iut_.front.place, mode};
        const std::vector<const CaseInfo*> cases(4, &all_cases().front());
        Runner runner(options_, iut_);
        return runner.run(
            cases, [](const CaseInfo&) {}, [](const CaseResult&) {});
    }
    static std::vector<Verdict> verdicts(const RunResult& run) {
        std::vector<Verdict> all;
        for (const CaseResult& result : run.cases)
            all.push_back(result.verdict);
        return all;
    }
};

TEST_F(RecoveryTest, EndsAProcessThatHangs) {
    const RunResult result = run_with("--deaf");
    EXPECT_EQ(verdicts(result),
              (std::vector{Verdict::Fail, Verdict::Hang, Verdict::Fail, Verdict::Hang}));
}

TEST_F(RecoveryTest, WaitsForTheExitCodeOfAProcessThatHungUp) {
    const RunResult result = run_with("--gone");
    EXPECT_EQ(verdicts(result),
              (std::vector{Verdict::Fail, Verdict::Crash, Verdict::Fail, Verdict::Crash}));
    EXPECT_TRUE(result.cases[1].reason.starts_with("the device ended with exit code 5"))
        << result.cases[1].reason;
}

TEST_F(RecoveryTest, BlamesTheCaseBeforeForAProcessThatEndedBehindIt) {
    const RunResult result = run_with("--late");
    EXPECT_EQ(verdicts(result),
              (std::vector{Verdict::Fail, Verdict::Crash, Verdict::Fail, Verdict::Crash}));
    EXPECT_NE(result.cases[3].reason.find("the device ended with exit code 5"), std::string::npos)
        << result.cases[3].reason;
}

TEST_F(RunnerTest, IsInconclusiveWithoutThePeersThatACaseNeeds) {
    const auto run = [](Stage& stage) -> Task<> {
        (void)stage.server(2);
        co_return;
    };
    const CaseInfo info{"endpoint/x/y", "", {}, "endpoint", "home", run};
    const ScriptedServer server(iut_.front.place, iut_, Defect::None);
    Runner runner(options_, iut_);
    const RunResult result = runner.run(
        {&info}, [](const CaseInfo&) {}, [](const CaseResult&) {});
    EXPECT_EQ(result.cases.front().verdict, Verdict::NotRun);
    EXPECT_EQ(result.cases.front().reason, "needs 3 servers in ixit.peers, 2 given");
    EXPECT_EQ(verdict_of(result, false), RunVerdict::Inconclusive);
}

TEST_F(RunnerTest, NamesTheClaimsThatNoCaseTestsAndTheSelection) {
    iut_.statement.profiles = {"endpoint", "blob"};
    iut_.statement.roles = {"forwarder"};
    Runner runner(options_, iut_);
    const auto untested = [&runner](const std::vector<const CaseInfo*>& cases) {
        return runner
            .run(
                cases, [](const CaseInfo&) {}, [](const CaseResult&) {})
            .untested;
    };
    std::vector<const CaseInfo*> cases;
    for (const CaseInfo& info : all_cases())
        cases.push_back(&info);
    const std::vector<std::string> expected = {"profile endpoint is claimed, and no case tests it",
                                               "profile blob is claimed, and no case tests it",
                                               "role forwarder is claimed, and no case tests it"};
    EXPECT_EQ(untested(cases), expected);
    cases.pop_back();
    EXPECT_TRUE(untested(cases).empty()) << "a selection speaks of itself";
}

TEST_F(RunnerTest, CallsAMissingDeviceTroubleOfTheHarness) {
    options_.device_command = {"sh", "-c", "exit 5"};
    Runner runner(options_, iut_);
    const RunResult result = runner.run(
        {&all_cases().front()}, [](const CaseInfo&) {}, [](const CaseResult&) {});
    EXPECT_EQ(result.cases.front().verdict, Verdict::Error);
    EXPECT_EQ(result.cases.front().reason, "the device ended with exit code 5 before it was ready");
    EXPECT_EQ(verdict_of(result, false), RunVerdict::Inconclusive);
}

TEST_F(RunnerTest, DoesNotTryAgainWhereNothingIsToTalkTo) {
    options_.device_command = {"sh", "-c", "exit 5"};
    Runner runner(options_, iut_);
    const std::vector<CaseInfo>& all = all_cases();
    const RunResult result = runner.run(
        {&all.at(0), &all.at(1), &all.at(2)}, [](const CaseInfo&) {}, [](const CaseResult&) {});
    EXPECT_EQ(result.cases.at(0).verdict, Verdict::Error);
    for (const std::size_t later : {1U, 2U}) {
        EXPECT_EQ(result.cases.at(later).verdict, Verdict::NotRun);
        EXPECT_EQ(result.cases.at(later).reason,
                  "not tried: " + result.cases.at(0).id + " found nothing to talk to");
    }
    EXPECT_EQ(verdict_of(result, false), RunVerdict::Inconclusive);
}

}  // namespace
}  // namespace conform
