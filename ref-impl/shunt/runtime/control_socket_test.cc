// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/control_socket.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

namespace shunt::runtime {
namespace {

using ::testing::HasSubstr;

class ControlSocketTest : public ::testing::Test {
  protected:
    ControlSocketTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "shunt-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        path_ = (folder_ / "control").string();
        auto opened = ControlSocket::open(path_);
        if (opened) server_.emplace(std::move(*opened));
    }
    ~ControlSocketTest() override { std::filesystem::remove_all(folder_); }

    FileDescriptor connect() const {
        FileDescriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
        if (::connect(client.number(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) != 0)
            client.close();
        return client;
    }
    static void say(const FileDescriptor& client, std::string_view text) {
        ASSERT_EQ(send(client.number(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// All that waits for the client; nothing if the server has closed and all is read.
    static std::optional<std::string> hear(const FileDescriptor& client) {
        std::array<char, 1 << 16> buffer{};
        const ssize_t count = recv(client.number(), buffer.data(), buffer.size(), 0);
        if (count == 0) return std::nullopt;
        return std::string(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    }
    /// Accepting and reading are two rounds.
    std::vector<ControlSocket::Request> poll() {
        auto first = server_->poll();
        auto second = server_->poll();
        first.insert(first.end(), second.begin(), second.end());
        return first;
    }

    std::filesystem::path folder_;
    std::string path_;
    std::optional<ControlSocket> server_;
};

TEST_F(ControlSocketTest, AnswersSeveralClientsEachItsOwn) {
    ASSERT_TRUE(server_);
    const FileDescriptor a = connect();
    const FileDescriptor b = connect();
    say(a, "one\ntwo\n");
    say(b, "three\n");
    for (const std::size_t expected : {2U, 1U}) {
        const auto requests = poll();
        ASSERT_EQ(requests.size(), expected);
        for (const auto& request : requests)
            server_->answer(request.client, "re: " + request.line);
    }
    EXPECT_EQ(hear(a), "re: one\nre: two\n");
    EXPECT_EQ(hear(b), "re: three\n");
}

TEST_F(ControlSocketTest, AnswersAClientThatHasEndedItsSide) {
    ASSERT_TRUE(server_);
    const FileDescriptor client = connect();
    say(client, "one\ntwo\n");
    shutdown(client.number(), SHUT_WR);
    for (const char* answer : {"1", "2"}) {
        const auto requests = poll();
        ASSERT_EQ(requests.size(), 1U);
        EXPECT_FALSE(server_->has_waiting()) << "nothing before that is answered";
        server_->answer(requests[0].client, answer);
        EXPECT_EQ(hear(client), std::string(answer) + "\n");
    }
    EXPECT_TRUE(poll().empty());
    EXPECT_EQ(hear(client), std::nullopt);
}

TEST_F(ControlSocketTest, WhoAsksMuchAtOnceWaitsForEachAnswer) {
    ASSERT_TRUE(server_);
    const FileDescriptor client = connect();
    std::string many;
    for (int i = 0; i < 4'000; ++i)
        many += "tables\n";
    say(client, many);
    int answered = 0;
    for (int round = 0; round < 10'000 && answered < 4'000; ++round) {
        const auto requests = server_->poll();
        ASSERT_LE(requests.size(), 1U);
        for (const auto& request : requests) {
            server_->answer(request.client, "x");
            hear(client);
            ++answered;
            EXPECT_EQ(server_->has_waiting(), answered < 4'000);
        }
    }
    EXPECT_EQ(answered, 4'000);
}

TEST_F(ControlSocketTest, WhoReadsNothingIsAnsweredNothingMore) {
    ASSERT_TRUE(server_);
    const FileDescriptor client = connect();
    say(client, "one\ntwo\n");
    const auto requests = poll();
    ASSERT_EQ(requests.size(), 1U);
    const std::string answer(4 << 20, 'a');
    server_->answer(requests[0].client, answer);
    EXPECT_FALSE(server_->has_waiting());
    EXPECT_TRUE(poll().empty()) << "the answer before is not sent yet";
    std::size_t heard = 0;
    std::vector<ControlSocket::Request> next;
    for (int round = 0; round < 10'000 && next.empty(); ++round) {
        heard += hear(client).value_or("").size();
        next = server_->poll();
    }
    EXPECT_EQ(next.size(), 1U);
    EXPECT_GT(heard, answer.size() / 2);
}

TEST_F(ControlSocketTest, RefusesAnOverlongLineAndClosesAfterTheAnswer) {
    ASSERT_TRUE(server_);
    const FileDescriptor client = connect();
    std::vector<ControlSocket::Request> requests = poll();
    const std::string piece(1 << 16, 'x');
    for (std::size_t sent = 0; sent <= ControlSocket::kLineLengthMax; sent += piece.size()) {
        say(client, piece);
        for (auto& request : poll())
            requests.push_back(request);
    }
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_TRUE(requests[0].is_overlong);
    server_->answer(requests[0].client, "too long");
    EXPECT_EQ(hear(client), "too long\n");
    EXPECT_EQ(hear(client), std::nullopt);
}

TEST_F(ControlSocketTest, SendsALongAnswerAsTheClientReads) {
    ASSERT_TRUE(server_);
    const FileDescriptor client = connect();
    say(client, "tables\n");
    const auto requests = poll();
    ASSERT_EQ(requests.size(), 1U);
    const std::string answer(4 << 20, 'a');
    server_->answer(requests[0].client, answer);
    std::string heard;
    for (int round = 0; round < 10'000 && heard.size() <= answer.size(); ++round) {
        heard += hear(client).value_or("");
        poll();
    }
    EXPECT_EQ(heard.size(), answer.size() + 1);
}

TEST_F(ControlSocketTest, AnAnswerMayComeLaterAndHoldsUpNobody) {
    const FileDescriptor a = connect();
    const FileDescriptor b = connect();
    say(a, "one\ntwo\n");
    const auto first = poll();
    ASSERT_EQ(first.size(), 1U);
    say(b, "three\n");
    const auto second = poll();
    ASSERT_EQ(second.size(), 1U) << "two waits for its turn";
    server_->answer(second[0].client, "of b");
    EXPECT_EQ(hear(b), "of b\n");
    server_->answer(first[0].client, "of a");
    const auto third = poll();
    ASSERT_EQ(third.size(), 1U);
    EXPECT_EQ(third[0].line, "two");
    EXPECT_TRUE(server_->take_departed().empty());
}

TEST_F(ControlSocketTest, WhoLeavesWithoutItsAnswerIsReportedAtOnce) {
    FileDescriptor a = connect();
    say(a, "one\n");
    const auto requests = poll();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_TRUE(server_->take_departed().empty());
    a.close();
    EXPECT_TRUE(poll().empty());
    EXPECT_EQ(server_->take_departed(), std::vector{requests[0].client});
    EXPECT_TRUE(server_->take_departed().empty());
    server_->answer(requests[0].client, "too late");
}

TEST_F(ControlSocketTest, TurnsAwayMoreClientsThanItTakes) {
    ASSERT_TRUE(server_);
    std::vector<FileDescriptor> clients;
    for (std::size_t index = 0; index < ControlSocket::kClientsMax; ++index) {
        clients.push_back(connect());
        poll();
    }
    const FileDescriptor last = connect();
    poll();
    EXPECT_EQ(hear(last), std::nullopt);
    EXPECT_EQ(hear(clients.back()), "");
    clients.pop_back();
    poll();
    const FileDescriptor next = connect();
    say(next, "here\n");
    EXPECT_EQ(poll().size(), 1U);
}

TEST_F(ControlSocketTest, OnlyTheUserMayConnect) {
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ControlSocketTest, RefusesAPathThatIsServedOrIsAFileAndReplacesOneLeftBehind) {
    ASSERT_TRUE(server_);
    const auto second = ControlSocket::open(path_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().text, HasSubstr("is there already and is served"));

    const std::string file = (folder_ / "file").string();
    const FileDescriptor made(open(file.c_str(), O_CREAT | O_WRONLY, 0600));
    EXPECT_FALSE(ControlSocket::open(file));
    EXPECT_TRUE(std::filesystem::exists(file));

    const std::string left = (folder_ / "left").string();
    {
        const FileDescriptor dead(socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, left.c_str(), sizeof address.sun_path - 1);
        ASSERT_EQ(bind(dead.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
                  0);
    }
    ASSERT_TRUE(std::filesystem::exists(left));
    EXPECT_TRUE(ControlSocket::open(left));
}

TEST_F(ControlSocketTest, TakesItsPathAlong) {
    ASSERT_TRUE(std::filesystem::exists(path_));
    server_.reset();
    EXPECT_FALSE(std::filesystem::exists(path_));
}

// Somebody has removed the socket of a server that runs, and another one has taken the path.
TEST_F(ControlSocketTest, LeavesAPathThatIsAnothersByNow) {
    ASSERT_TRUE(server_);
    std::filesystem::remove(path_);
    std::optional<ControlSocket> second;
    {
        auto opened = ControlSocket::open(path_);
        ASSERT_TRUE(opened);
        second.emplace(std::move(*opened));
    }
    server_.reset();
    EXPECT_TRUE(connect());
    second.reset();
    EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace shunt::runtime
