// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/unix_attachment.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace shunt::runtime {
namespace {

using ::testing::ElementsAreArray;
using Bytes = std::vector<std::uint8_t>;

class UnixAttachmentTest : public ::testing::Test {
  protected:
    UnixAttachmentTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "shunt-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        path_ = (folder_ / "device").string();
        auto opened = UnixAttachment::open(path_);
        if (opened) device_.emplace(std::move(*opened));
    }
    ~UnixAttachmentTest() override { std::filesystem::remove_all(folder_); }

    FileDescriptor connect() const {
        FileDescriptor tester(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
        if (::connect(tester.number(), reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) != 0)
            tester.close();
        return tester;
    }
    static bool say(const FileDescriptor& tester, const Bytes& message) {
        return send(tester.number(), message.data(), message.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(message.size());
    }
    static Bytes hear(const FileDescriptor& tester) {
        Bytes message(1 << 21);
        const ssize_t count = recv(tester.number(), message.data(), message.size(), 0);
        message.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return message;
    }

    std::filesystem::path folder_;
    std::string path_;
    std::optional<UnixAttachment> device_;
};

TEST_F(UnixAttachmentTest, CarriesMessagesBothWaysAndKeepsTheirBounds) {
    ASSERT_TRUE(device_);
    const FileDescriptor tester = connect();
    ASSERT_TRUE(device_->accept());
    EXPECT_FALSE(device_->accept());  // one at a time
    ASSERT_TRUE(say(tester, {1, 2}));
    ASSERT_TRUE(say(tester, {3}));
    EXPECT_THAT(*device_->receive(), ElementsAreArray(Bytes{1, 2}));
    EXPECT_THAT(*device_->receive(), ElementsAreArray(Bytes{3}));
    EXPECT_FALSE(device_->receive());
    EXPECT_TRUE(device_->is_connected());
    device_->send(Bytes{4, 5});
    device_->send_control("{}", "x");
    EXPECT_THAT(hear(tester), ElementsAreArray(Bytes{4, 5}));
    EXPECT_THAT(hear(tester), ElementsAreArray(Bytes{4, '{', '}'}));
}

TEST_F(UnixAttachmentTest, HandsOutWhatATesterSaidBeforeItLeft) {
    ASSERT_TRUE(device_);
    {
        const FileDescriptor tester = connect();
        ASSERT_TRUE(device_->accept());
        ASSERT_TRUE(say(tester, {1}));
    }
    EXPECT_TRUE(device_->receive());
    EXPECT_TRUE(device_->is_connected());
    EXPECT_FALSE(device_->receive());
    EXPECT_FALSE(device_->is_connected());
    const FileDescriptor next = connect();
    EXPECT_TRUE(device_->accept());
}

TEST_F(UnixAttachmentTest, LosesAFrameWithoutRoomOnlyWhereItMay) {
    ASSERT_TRUE(device_);
    const FileDescriptor tester = connect();
    ASSERT_TRUE(device_->accept());
    const Bytes frame(1'500, 7);
    std::size_t sent = 0;
    while (sent < 1'000'000 && device_->send_or_lose(frame))
        ++sent;
    ASSERT_GT(sent, 1U);
    ASSERT_LT(sent, 1'000'000U);
    std::size_t heard = 0;
    while (!hear(tester).empty())
        ++heard;
    EXPECT_EQ(heard, sent);
}

TEST_F(UnixAttachmentTest, ReplacesAnAnswerThatNoMessageHolds) {
    ASSERT_TRUE(device_);
    const FileDescriptor tester = connect();
    ASSERT_TRUE(device_->accept());
    device_->send_control(std::string(64 << 20, 'a'), "long");
    EXPECT_THAT(hear(tester), ElementsAreArray(Bytes{4, 'l', 'o', 'n', 'g'}));
}

TEST_F(UnixAttachmentTest, EndsTheTalkOverAMessageLongerThanAnyMayBe) {
    ASSERT_TRUE(device_);
    const FileDescriptor tester = connect();
    ASSERT_TRUE(device_->accept());
    const int room = 4 << 20;
    setsockopt(tester.number(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    setsockopt(tester.number(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (!say(tester, Bytes(UnixAttachment::kMessageMax + 1, 4)))
        GTEST_SKIP() << "this kernel lets nobody send so long a message (net.core.wmem_max)";
    EXPECT_FALSE(device_->receive());
    EXPECT_FALSE(device_->is_connected());
}

}  // namespace
}  // namespace shunt::runtime
