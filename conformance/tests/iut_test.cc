// SPDX-License-Identifier: Apache-2.0
/// iut.toml: what is read, and what each mistake is called.
#include <gtest/gtest.h>

#include "iut/iut_file.hh"

namespace conform {
namespace {

constexpr const char* kFile = R"([ics]
profiles = ["endpoint"]
roles = ["home"]
options = ["ext"]
[ixit]
front = "unix:x.sock"
back = "tap:b"
[ixit.addresses]
name = "s1"
front_ip = "10.7.0.101"
front_mac = "02:07:00:00:00:01"
service = ["10.7.1.1"]
forward_ip = ["10.8.1.1"]
control_ip = "10.8.0.1"
back_mac = "02:08:00:00:00:01"
ethertype = 0x0007
clients = ["10.7.0.9"]
client_mac = "02:07:00:00:00:09"
[[ixit.peers]]
name = "s2"
front_ip = "10.7.0.102"
front_mac = "02:07:00:00:00:02"
service = ["10.7.1.2"]
forward_ip = ["10.8.1.2", "10.8.1.3"]
control_ip = "10.8.0.2"
back_mac = "02:08:00:00:00:02"
[ixit.timers]
silence_ms = 250
)";

TEST(IutFile, ReadsEveryPart) {
    const Iut iut = parse_iut(kFile, "x.toml");
    EXPECT_TRUE(iut.statement.has_role("home"));
    EXPECT_FALSE(iut.statement.has_role("target"));
    EXPECT_TRUE(iut.framing.has_extensions);
    EXPECT_EQ(iut.framing.ethertype, 0x0007);
    EXPECT_EQ(iut.front, (AttachmentAddress{AttachmentKind::Unix, "x.sock"}));
    EXPECT_EQ(iut.back, (AttachmentAddress{AttachmentKind::Tap, "b"}));
    EXPECT_EQ(iut.device.front_ip.to_string(), "10.7.0.101");
    EXPECT_EQ(iut.peers.at(0).forward_ip.size(), 2U);
    EXPECT_EQ(iut.timers.silence, std::chrono::milliseconds(250));
    EXPECT_EQ(iut.timers.answer, std::chrono::milliseconds(1000));
    EXPECT_EQ(iut.requests.moved, "/s2/bytes/64");
}

TEST(IutFile, ReadsTheFilesOfTheReferenceNode) {
    const std::string folder = CONFORM_IUT_DIRECTORY;
    EXPECT_EQ(load_iut_file(folder + "/shunt-node.toml").front.kind, AttachmentKind::Unix);
    EXPECT_EQ(load_iut_file(folder + "/shunt-node-tap.toml").front.kind, AttachmentKind::Tap);
}

struct Mistake {
    const char* from;
    const char* to;
    const char* message;
};

TEST(IutFile, NamesFileLineKeyAndWhatWasExpected) {
    const Mistake mistakes[] = {
        {R"(front_mac = "02:07:00:00:00:01")", R"(front_mac = "02:07")",
         "x.toml:11: ixit.addresses.front_mac: expected a MAC address such as "
         "02:07:00:00:00:01, got '02:07'"},
        {R"(service = ["10.7.1.1"])", R"(service = ["10.7.1.256"])",
         "x.toml:12: ixit.addresses.service: expected IPv4 addresses such as 10.7.0.9, got "
         "[ '10.7.1.256' ]"},
        {R"(silence_ms = 250)", R"(silence_ms = -1)",
         "x.toml:28: ixit.timers.silence_ms: expected a number from 0 to 3600000, got -1"},
        {R"(silence_ms = 250)", R"(silence_sm = 250)",
         "x.toml:28: ixit.timers.silence_sm: unknown key, expected one of answer_ms, silence_ms, "
         "tolerance_ms, fall_back_ms; did you mean silence_ms?"},
        {R"(roles = ["home"])", R"(roles = ["hone"])",
         "x.toml:3: ics.roles: expected some of home, target, forwarder, host, btcp-home, "
         "btcp-target, got [ 'hone' ]"},
        {R"(roles = ["home"])", "", "x.toml:1: ics.roles: expected a list of texts, got nothing"},
        {R"(back = "tap:b")", R"(back = "wire:b")",
         "x.toml:7: ixit.back: expected unix:PATH, packet:INTERFACE or tap:NAME, got 'wire:b'"},
        {R"(forward_ip = ["10.8.1.1"])", R"(forward_ip = 7)",
         "x.toml:13: ixit.addresses.forward_ip: expected a list of texts, got 7"},
        {R"(name = "s1")", R"(name = "s1)",
         "x.toml:9: Error while parsing string: unescaped control characters other than TAB "
         "(U+0009) are explicitly prohibited"},
    };
    for (const Mistake& mistake : mistakes) {
        std::string text = kFile;
        const std::size_t at = text.find(mistake.from);
        ASSERT_NE(at, std::string::npos) << mistake.from;
        text.replace(at, std::string(mistake.from).size(), mistake.to);
        try {
            (void)parse_iut(text, "x.toml");
            ADD_FAILURE() << "accepted: " << mistake.to;
        } catch (const IutFileError& error) {
            EXPECT_STREQ(error.what(), mistake.message);
        }
    }
}

TEST(IutFile, NeverThrowsAnythingElseHoweverItIsCut) {
    const std::string whole = kFile;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        try {
            (void)parse_iut(whole.substr(0, length), "x.toml");
        } catch (const IutFileError&) {
        }
    }
}

TEST(IutFile, NamesAFileThatIsNotThere) {
    EXPECT_THROW((void)load_iut_file("no-such-file.toml"), IutFileError);
}

}  // namespace
}  // namespace conform
